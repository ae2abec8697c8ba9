"""Ending a training before the time of its job is over, with what it has learned by then."""

from collections.abc import Iterable, Mapping

import keras
import numpy as np

from dltools.training import state
from dltools.training.best_epoch import NO_LOGS, BestEpoch
from dltools.training.pace import OutOfTime, Pace, Stop

# The model of an epoch is kept from when on the time left does not do for so many more.
EPOCHS_NEAR = 10


class InTime(keras.callbacks.Callback):
    """Ends a training early enough for the evaluation and the outputs to be made in the time that is left.

    No epoch is begun that is not expected to end in time. An epoch that takes longer than expected is cut between two
    batches, and what it changed is taken back: the model is that of the last whole epoch, to which the history and
    the figures of the validation belong, and from which training goes on as if nothing had been cut. Copying costs
    memory and time, so the last epoch is kept only where the end is near; where an epoch comes to take ten times as
    long as those before it, the model is that of the best epoch, where that is kept anyway.

    A first epoch that is cut is the model, since there is nothing else: its batches were learned from. It counts as an
    epoch in the history, with the figures of its batches and without those of the validation.

    Where the training is one of a cross-validation, whose trainings are worth nothing without each other, it is refused
    to end early.

    Attributes:
        stop: how the training ended for time; None where it did not.
        seconds: how long the epoch took that was cut and counts as one, in a list; else none.
    """

    def __init__(
        self,
        pace: Pace,
        *,
        first: int,
        last: int,
        steps: int,
        together: int = 1,
        keeper: BestEpoch | None,
        may_end_early: bool,
    ):
        """Watch the epochs after `first` up to `last`, of `steps` batches each.

        Parameters:
            together: how many batches Keras tells of at once.
            keeper: what keeps the best epoch, if anything does.
            may_end_early: whether anything else may end the training before its last epoch.
        """
        super().__init__()
        self.stop: Stop | None = None
        self.seconds: list[float] = []
        self._pace, self._keeper, self._may_end_early = pace, keeper, may_end_early
        self._first, self._last, self._steps, self._together = first, last, steps, together
        self._whole, self._batches = 0, 0
        self._figures: Mapping[str, float] = NO_LOGS
        self._kept: list[np.ndarray] | None = None

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Start to measure the epoch."""
        self._batches = 0
        self._pace.epoch_begins()

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Cut the epoch if no further batch fits; one batch is learned from in any case."""
        self._pace.batches_end()
        if (self._whole or self._batches) and not self._pace.fits_batch():
            raise OutOfTime
        self._pace.batch_begins()
        self._batches = min(self._batches + self._together, self._steps)

    def on_test_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Keep the figures of the training, of which nothing is left when the validation is cut."""
        if not self._whole:
            self._figures = self.model.get_metrics_result()
        self._pace.validation_begins()

    def on_test_batch_begin(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Cut the epoch if its validation does not fit."""
        if self._pace.is_over():
            raise OutOfTime

    def on_test_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Measure the validation."""
        self._pace.validation_ends()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] = NO_LOGS) -> None:
        """End the training if no further epoch fits; else keep this one if the end is near."""
        self._pace.epoch_ends()
        self._whole += 1
        done = epoch + 1
        if self.model.stop_training or done == self._last:
            return
        self._pace.check_others(0 if self._may_end_early else self._last - done)
        if not self._pace.fits_epoch():
            self._end(Stop(epoch=done, last=self._last, words=self._pace.plan.limit.words))
            self.model.stop_training = True
        else:
            far = self._keeper is not None and self._pace.fits_epochs(EPOCHS_NEAR)
            self._kept = None if far else self._state(done)

    def _state(self, done: int) -> list[np.ndarray]:
        """Return the model as it is, which may be kept already."""
        if self._keeper is not None and self._keeper.kept is not None and self._keeper.epoch == done:
            return self._keeper.kept
        return state.of(self.model)

    def _end(self, stop: Stop) -> None:
        if self._pace.plan.count > 1:
            self._pace.refuse()
        self.stop = stop

    def cut(self, callbacks: Iterable[keras.callbacks.Callback]) -> dict[str, list[float]]:
        """End a `fit` that `OutOfTime` ended, as Keras does with one that ends by itself.

        Parameters:
            callbacks: all of the training's.

        Returns:
            The history of this training: name -> a number for each epoch, whole ones or the one that was cut.

        Raises:
            UserError: the training is one of a cross-validation.
        """
        cut = None if self._whole else self._batches
        done, words = self._first + (self._whole or 1), self._pace.plan.limit.words
        self._end(Stop(epoch=done, last=self._last, words=words, batches=cut, steps=self._steps))
        if cut is None:
            history = self.model.history.history
            self._take_back()
        else:
            history = {name: [value] for name, value in (self._figures or self.model.get_metrics_result()).items()}
            self.seconds = [self._pace.in_epoch()]
        self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        for callback in callbacks:
            callback.on_train_end()
        return {name: [float(value) for value in values] for name, values in history.items()}

    def _take_back(self) -> None:
        if self._kept is not None:
            state.put_back(self.model, self._kept)
        elif self._keeper is not None and self._keeper.kept is not None:
            state.put_back(self.model, self._keeper.kept)
            print(f"The model is that of epoch {self._keeper.epoch}, the best, since a later one took very long.")
