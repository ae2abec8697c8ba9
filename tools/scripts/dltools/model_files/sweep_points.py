"""The points of a sweep: which values its hyperparameters have together, on a grid or drawn at random.

A point maps the name of each hyperparameter to its value, a text as a person would write it.
"""

import ast
import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from dltools.core.errors import UserError, quoted

SWEEP = "Sweep"
Point = dict[str, str]
# Random numbers are rounded to so many digits, which names can show.
_DIGITS = 4
# So many draws for each point that is wanted: where values are few, the same points come again.
_TRIES = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A hyperparameter with the values that it may have, each as it was written."""

    name: str
    values: tuple[str, ...]

    def drawn(self, share: float, whole: bool) -> str:
        """Return the value at a share of the list, from 0 to below 1."""
        return self.values[int(share * len(self.values))]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ranged:
    """A hyperparameter with a range of numbers, both ends included; on a logarithmic scale each size is as likely."""

    name: str
    low: float
    high: float
    logarithmic: bool

    def drawn(self, share: float, whole: bool) -> str:
        """Return the number at a share of the range, from 0 to below 1."""
        # Of whole numbers each has the same room, the last one too.
        low, high = (self.low, self.high + 1) if whole else (self.low, self.high)
        if self.logarithmic:
            found = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        else:
            found = low + share * (high - low)
        if whole:
            return str(min(int(self.high), math.floor(found)))
        return repr(min(self.high, max(self.low, float(f"{found:.{_DIGITS}g}"))))

    def check(self, whole: bool) -> None:
        """Refuse a range that is none.

        Raises:
            UserError: names the hyperparameter.
        """
        label, received = f"{SWEEP}: {self.name}", f"Received: {self.low:g} to {self.high:g}."
        if not self.low < self.high:
            raise UserError(f"{label}: the highest value must be above the lowest. {received}")
        if self.logarithmic and self.low <= 0:
            raise UserError(
                f"{label}: on a logarithmic scale the lowest value must be above 0. Raise it, or choose the linear "
                f"scale. {received}"
            )
        if whole and not (self.low.is_integer() and self.high.is_integer()):
            raise UserError(f"{label}: is a whole number, and so must be the lowest and the highest value. {received}")


Candidates = Listed | Ranged


def values(text: str, label: str) -> tuple[str, ...]:
    """Return the values in a text that lists them: ``0.1, 0.01``, ``(3, 3), (5, 5)``, ``relu, 'tanh'``; nothing is run.

    Raises:
        UserError: names the parameter.
    """
    source = f"[{text.strip()}\n]"
    try:
        # Only parsed: the syntax tree tells where each value begins and ends.
        parsed = ast.parse(source, mode="eval").body
        if not isinstance(parsed, ast.List) or not parsed.elts:
            raise ValueError(source)
        return tuple(_written(value, source) for value in parsed.elts)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise UserError(
            f"{label}: the values must be separated by commas, such as 0.1, 0.01 or relu, tanh or (3, 3), (5, 5). "
            f"Received: {quoted(text)}."
        ) from None


def _written(value: ast.expr, source: str) -> str:
    segment = ast.get_source_segment(source, value)
    if segment is None:
        raise ValueError(source)
    if not isinstance(value, ast.Name):
        ast.literal_eval(value)
    # What stands in brackets is shown without them: (3) is 3.
    return segment


def grid(parameters: Sequence[Listed]) -> list[Point]:
    """Return each value of each hyperparameter with each of the others; the last changes first."""
    names = [parameter.name for parameter in parameters]
    every = itertools.product(*(parameter.values for parameter in parameters))
    return [dict(zip(names, chosen, strict=True)) for chosen in every]


def at_random(parameters: Sequence[Candidates], count: int, seed: int, is_whole: Callable[[str], bool]) -> list[Point]:
    """Return different points drawn at random: `count`, or fewer where there are not as many.

    The same arguments give the same points, of which the first are those of a smaller count.
    """
    rng = np.random.default_rng(seed)
    whole = {parameter.name: is_whole(parameter.name) for parameter in parameters}
    found: dict[tuple[str, ...], Point] = {}
    for _ in range(_TRIES * count):
        point = {one.name: one.drawn(float(rng.random()), whole[one.name]) for one in parameters}
        found.setdefault(tuple(point.values()), point)
        if len(found) == count:
            break
    return list(found.values())
