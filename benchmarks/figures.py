"""What a row finds: figures, and how they come about. Nothing here measures or prints."""

import contextlib
import dataclasses
import math
import statistics
from collections.abc import Callable, Mapping, Sequence

Singles = Mapping[str, Sequence[float]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a row.

    Attributes:
        name: of the figure in its row, as `bounds` has it.
        value: the one that counts.
        runs: the same of each run by itself, so far as it can be told of one, which show how much it varies.
        singles: everything measured that it is made of, one a run: seconds or MB, as `unit` says.
        unit: of `singles`.
    """

    name: str
    value: float
    runs: tuple[float, ...]
    singles: Singles
    unit: str

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most of the runs."""
        return min(self.runs), max(self.runs)


@dataclasses.dataclass(frozen=True, slots=True)
class LeftOut:
    """A figure that cannot be measured here, and why."""

    name: str
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """What is to be said beside a row's figures."""

    text: str


def time_ratio(name: str, measured: Sequence[float], yardstick: Sequence[float]) -> Figure:
    """Return the ratio of seconds, each the least of its runs: what the machine takes when nothing disturbs it."""
    return _ratio(name, measured, yardstick, min, "s")


def memory_ratio(name: str, measured: Sequence[float], yardstick: Sequence[float]) -> Figure:
    """Return the ratio of MB, each the median of its runs."""
    return _ratio(name, measured, yardstick, statistics.median, "MB")


def _ratio(
    name: str,
    measured: Sequence[float],
    yardstick: Sequence[float],
    counts: Callable[[Sequence[float]], float],
    unit: str,
) -> Figure:
    return Figure(
        name=name,
        value=counts(measured) / counts(yardstick),
        runs=tuple(one / other for one, other in zip(measured, yardstick, strict=True)),
        singles={"measured": tuple(measured), "yardstick": tuple(yardstick)},
        unit=unit,
    )


def growth(name: str, taken: Mapping[int, Sequence[float]], tiny: Sequence[float], unit: str) -> Figure:
    """Return the exponent k by which a cost grows with size, as size ** k; 1 is in proportion.

    Parameters:
        taken: for each size, as a multiple of the least, the cost in each run.
        tiny: the cost in each run of next to nothing, which is taken off: imports and whatever else is always there.
        unit: of the costs.

    Raises:
        ValueError: a size costs no more than next to nothing does, so that there is nothing to fit.
    """
    sizes = list(taken)
    counts: Callable[[Sequence[float]], float] = min if unit == "s" else statistics.median
    value = exponent(sizes, [counts(taken[size]) - counts(tiny) for size in sizes])
    runs = []
    for *run, least in zip(*(taken[size] for size in sizes), tiny, strict=True):
        # One run by itself may be too much disturbed to be fitted, where the least of several is not.
        with contextlib.suppress(ValueError):
            runs.append(exponent(sizes, [cost - least for cost in run]))
    return Figure(
        name=name,
        value=value,
        runs=tuple(runs) or (value,),
        singles={"tiny": tuple(tiny), **{f"x {size}": tuple(taken[size]) for size in sizes}},
        unit=unit,
    )


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the k of the costs' best fit by a * size ** k: least squares of the logarithms.

    Raises:
        ValueError: a cost that is not above 0.
    """
    if min(costs) <= 0:
        raise ValueError("the sizes are too small to tell how the cost grows")
    return statistics.linear_regression(list(map(math.log, sizes)), list(map(math.log, costs))).slope
