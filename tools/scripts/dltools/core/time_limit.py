"""When a job has to be over, as far as anybody tells it: whoever ended it from outside would lose all that it did."""

import dataclasses
import os
import time
from collections.abc import Callable

from dltools.core.errors import UserError, quoted

# Seconds since 1970.
Clock = Callable[[], float]

# Set by Slurm since version 23.02 in every job: seconds since 1970.
SLURM_VARIABLE = "SLURM_JOB_END_TIME"
# Set by administrators where nothing tells a job its limit, as in Kubernetes and behind Pulsar: whole minutes.
MINUTES_VARIABLE = "DLTOOLS_MAX_MINUTES"
# Beyond any time, and still exact as a float.
_MOST_DIGITS = 12


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """When a job has to be over.

    Attributes:
        began, end: when its process started, and when it has to be over, in seconds since 1970.
        words: who says so, for messages.
        clock: tells the time in seconds since 1970.
    """

    began: float
    end: float
    words: str
    clock: Clock = time.time

    def left(self) -> float:
        """Return how many seconds are left; below 0 once the time is over."""
        return self.end - self.clock()


def earliest(began: float, minutes: float | None, clock: Clock = time.time) -> TimeLimit | None:
    """Return the first of the limits that the form, Slurm and the administrator set, or None if nobody sets one.

    Parameters:
        began: when the process started, in seconds since 1970.
        minutes: of the form, from the start of the process; None for no limit.

    Raises:
        UserError: a variable does not hold what it should.
    """
    ends = {}
    if minutes is not None:
        ends[f"the {minutes:g} min that the form gives the job"] = began + 60 * minutes
    slurm = _whole(SLURM_VARIABLE, "a whole number of seconds since 1970")
    if slurm:
        ends["the time limit of the job in Slurm"] = float(slurm)
    granted = _whole(MINUTES_VARIABLE, "a whole number of minutes")
    if granted is not None:
        ends[f"the {granted} min that this server gives the job"] = began + 60 * granted
    first = min(ends, key=ends.__getitem__, default=None)
    return None if first is None else TimeLimit(began=began, end=ends[first], words=first, clock=clock)


def _whole(variable: str, rule: str) -> int | None:
    """Return the whole number that an environment variable holds; None where it is not set."""
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise UserError(f"{variable}: must be {rule}. Received: {quoted(text)}. Ask your administrator.")
    return int(text)


def duration(seconds: float) -> str:
    """Return seconds as a person reads them: ``7.3 s``, ``2 min 05 s``, ``1 h 02 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
