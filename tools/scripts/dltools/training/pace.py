"""How fast a training goes, and what of it still fits the time that its job has.

Times are estimated by what was measured in this run: epochs by the epochs before, the evaluation by the forward passes
over the validation set or, where these tell less, by the steps of the training, which take longer than a forward pass.
"""

import dataclasses
from typing import NoReturn

from dltools.core.errors import UserError
from dltools.core.time_limit import TimeLimit, duration

# What is kept in any case for the evaluation, the report and the writing of files: a share of the job's time, within
# bounds, in seconds.
FLOOR_SHARE, LEAST_FLOOR, MOST_FLOOR = 0.05, 5.0, 120.0
# An evaluation is counted so many times, for it reads the samples from the start and computes scores beside.
EVALUATION_MARGIN = 1.5
# Network files are written at this speed at least, in bytes a second: several formats, to disks that others use too.
WRITING_SPEED = 50_000_000
# Of the last epochs the longest counts for the next.
EPOCHS_LOOKED_AT = 3


class OutOfTime(Exception):
    """Ends a fit between two batches: no more of them fit the time."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimePlan:
    """What the time of a job has to do for.

    Attributes:
        limit: when the job has to be over.
        evaluated: how many samples are put through the network after the training.
        number, count: which training of how many this one is; of a cross-validation, none is worth anything without
            the others.
    """

    limit: TimeLimit
    evaluated: int
    number: int = 1
    count: int = 1

    @property
    def following(self) -> int:
        """How many trainings come after this one."""
        return self.count - self.number

    def check_start(self) -> None:
        """Refuse to begin a training where there is no time for more than what comes after it.

        Raises:
            UserError: says where the time went.
        """
        left = self.limit.left()
        if left < floor(self.limit):
            raise UserError(
                f"No time is left for the training: {duration(self.limit.clock() - self.limit.began)} have gone by "
                f"until the data were read, and {duration(max(0.0, left))} are left of {self.limit.words}. Give the "
                "job more time."
            )

    def refuse(self, seconds: float) -> NoReturn:
        """End a cross-validation whose trainings do not all fit.

        Parameters:
            seconds: what this training took until now.

        Raises:
            UserError: says what there is, and what to do.
        """
        left = max(0.0, self.limit.left())
        raise UserError(
            f"Cross-validation: network {self.number} of {self.count} has taken {duration(seconds)} until now, so that "
            f"training and evaluating all of them does not fit {self.limit.words}, of which {duration(left)} are left. "
            "Scores of a part of the folds would tell nothing. Choose fewer folds or epochs, a smaller network, or "
            "more time."
        )

    def check_rest(self, seconds: float) -> None:
        """Refuse a cross-validation that cannot end in time, if the trainings to come take as long as this one took.

        Parameters:
            seconds: what this training took, with its evaluation.

        Raises:
            UserError: see `refuse`.
        """
        if self.following and self.following * seconds + floor(self.limit) > self.limit.left():
            self.refuse(seconds)


def floor(limit: TimeLimit) -> float:
    """Return what is kept in any case of a job's time for what comes after the training, in seconds."""
    return min(max(FLOOR_SHARE * (limit.end - limit.began), LEAST_FLOOR), MOST_FLOOR)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """How a training ended because its time was over.

    Attributes:
        epoch, last: the last epoch in the history, and how many there were to be.
        words: which limit it was.
        batches: how far that epoch came, where it was cut; None for a whole one.
        steps: how many batches an epoch has.
    """

    epoch: int
    last: int
    words: str
    batches: int | None = None
    steps: int = 0

    @property
    def left(self) -> int:
        """How many epochs are left to train."""
        return self.last - self.epoch

    def told(self) -> str:
        """Return what to tell the user, a line."""
        further = {0: "", 1: ": 1 epoch is left"}.get(self.left, f": {self.left} epochs are left")
        return (
            f"The training stopped for time {self._where()} {self.words}, with the evaluation after it. To go on, "
            f"train the trained model further{further}. How far a training comes depends on how fast the machine is, "
            "so the same run may give another network."
        )

    def _where(self) -> str:
        place = f"epoch {self.epoch} of {self.last}"
        if self.batches is None:
            return f"after {place}: another epoch was not expected to fit"
        if self.batches == self.steps:
            return f"in {place}, the first of this run, before it was validated: that did not fit"
        return (
            f"in {place}, the first of this run, after {self.batches:,} of its {self.steps:,} batches, so that it has "
            "not seen every sample and its scores say little of what it can reach: more did not fit"
        )


class Pace:
    """Measures a training by what its callbacks tell, and says what still fits.

    The first batch and the first validation of a run also prepare TensorFlow, which takes seconds. So the first batch
    is left out of the measure for the evaluation, and the smaller of the two measures counts.
    """

    def __init__(self, plan: TimePlan, *, batch_size: int, validated: int, parameters: int):
        """Start to measure.

        Parameters:
            batch_size: samples of a training step, or of several that Keras tells of at once.
            validated: samples that are put through the network after each epoch.
            parameters: number of weights of the network; its optimizer has up to twice as many numbers.
        """
        self.plan = plan
        self._clock = plan.limit.clock
        self._batch_size, self._validated = batch_size, validated
        self._writing = 3 * 4 * parameters / WRITING_SPEED
        self._began = self._clock()
        self._epoch = self._validation = self._began
        self._batch: float | None = None
        self._epochs: list[float] = []
        # Seconds and number of the batches after the first of the run, and seconds of the last one.
        self._steady, self._steps, self._last_batch = 0.0, -1, 0.0
        self._validation_took: float | None = None

    def epoch_begins(self) -> None:
        """Take note that an epoch begins."""
        self._epoch = self._clock()

    def batch_begins(self) -> None:
        """Take note that a batch begins, and with it that the one before is over."""
        self.batches_end()
        self._batch = self._clock()

    def batches_end(self) -> None:
        """Take note that a batch is over, if there was one."""
        if self._batch is None:
            return
        self._last_batch, self._batch = self._clock() - self._batch, None
        if self._steps >= 0:
            self._steady += self._last_batch
        self._steps += 1

    def validation_begins(self) -> None:
        """Take note that the batches of an epoch are over, and its validation begins."""
        self.batches_end()
        self._validation = self._clock()

    def validation_ends(self) -> None:
        """Take note that the validation of an epoch is over."""
        self._validation_took = self._clock() - self._validation

    def epoch_ends(self) -> None:
        """Take note that an epoch is over, with its validation."""
        self.batches_end()
        self._epochs.append(self._clock() - self._epoch)

    def in_epoch(self) -> float:
        """Return how many seconds the epoch that goes on has taken until now."""
        return self._clock() - self._epoch

    def next_epoch(self) -> float:
        """Return how long the next epoch will take, in seconds."""
        # The first one prepared TensorFlow.
        return max((self._epochs[1:] or self._epochs)[-EPOCHS_LOOKED_AT:])

    def reserve(self) -> float:
        """Return how long all that comes after the training will take, in seconds."""
        return floor(self.plan.limit) + self._writing + self._evaluation()

    def _evaluation(self) -> float:
        known = []
        if self._steps > 0:
            known.append(self._steady / (self._steps * self._batch_size))
        if self._validation_took is not None and self._validated:
            known.append(self._validation_took / self._validated)
        return EVALUATION_MARGIN * self.plan.evaluated * min(known, default=0.0)

    def is_over(self) -> bool:
        """Tell whether no time is left but for what comes after the training."""
        return self.reserve() > self.plan.limit.left()

    def fits_batch(self) -> bool:
        """Tell whether another batch is expected to be over in time."""
        return self._last_batch + self.reserve() <= self.plan.limit.left()

    def fits_epoch(self) -> bool:
        """Tell whether another epoch is expected to be over in time."""
        return self.next_epoch() + self.reserve() <= self.plan.limit.left()

    def fits_epochs(self, count: int) -> bool:
        """Tell whether even `count` more epochs are expected to be over in time."""
        return count * self.next_epoch() + self.reserve() <= self.plan.limit.left()

    def check_others(self, epochs: int) -> None:
        """Refuse a cross-validation as soon as its trainings are not expected to fit, if all take as long as this one.

        Nothing is said before there are two epochs to tell by.

        Parameters:
            epochs: how many this training has still to go, as far as that is known.

        Raises:
            UserError: see `TimePlan.refuse`.
        """
        if self.plan.count == 1 or len(self._epochs) < 2:
            return
        now = self._clock() - self._began
        rest = epochs * self.next_epoch() + self._evaluation()
        if rest + self.plan.following * (now + rest) + floor(self.plan.limit) > self.plan.limit.left():
            self.plan.refuse(now)

    def refuse(self) -> NoReturn:
        """End a cross-validation whose time is over.

        Raises:
            UserError: see `TimePlan.refuse`.
        """
        self.plan.refuse(self._clock() - self._began)
