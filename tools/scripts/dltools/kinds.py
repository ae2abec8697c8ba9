"""What a parameter of the form may hold: each kind reads a value or says what is wrong with it.

A kind's ``read(value, label)`` takes a value as Galaxy's JSON holds it (a number, or a text as
saved workflows have it) and returns it as Keras wants it, or raises a `UserError` that begins
with `label`, names the rule and quotes what was received.
"""

from typing import Any, NamedTuple

from .errors import UserError, listed, quoted
from .parameters import boolean, is_empty, literal


def _number(value, label: str, rule: str):
    """Return the literal that `value` holds, so that every kind fails with its own rule."""
    try:
        return literal(value, label)
    except UserError:
        raise _refusal(label, rule, value) from None


def _refusal(label: str, rule: str, value) -> UserError:
    return UserError(f"{label} must be {rule}. Received: {quoted(value)}.")


def _is_whole(value, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


class Whole(NamedTuple):
    """A whole number of at least `least`."""

    least: int = 1

    def read(self, value, label):
        rule = f"a whole number of at least {self.least}"
        number = _number(value, label, rule)
        if not _is_whole(number, self.least):
            raise _refusal(label, rule, value)
        return number


class Real(NamedTuple):
    """A number from `low` to `high`, both included unless `below` excludes `high`."""

    low: float = float("-inf")
    high: float = float("inf")
    below: bool = False

    def read(self, value, label):
        rule = "a number"
        if self.low > float("-inf"):
            rule += f" of at least {self.low:g}"
        if self.high < float("inf"):
            rule += f"{' and' if self.low > float('-inf') else ''} {'below' if self.below else 'at most'} {self.high:g}"
        number = _number(value, label, rule)
        is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
        if not is_number or not self.low <= number <= self.high or (self.below and number == self.high):
            raise _refusal(label, rule, value)
        return float(number)


class Choice(NamedTuple):
    """One of several words."""

    options: tuple[str, ...]

    def read(self, value, label):
        if value not in self.options:
            raise _refusal(label, f"one of {listed(self.options, 60)}", value)
        return value


class Sizes(NamedTuple):
    """A whole number, or as many in a tuple as the layer has dimensions: ``3`` or ``(3, 3)``."""

    dimensions: int

    def read(self, value, label):
        example = f", or {self.dimensions} of them in brackets" if self.dimensions > 1 else ""
        rule = f"a whole number of at least 1, such as 2{example}"
        sizes = _number(value, label, rule)
        several = tuple(sizes) if isinstance(sizes, (tuple, list)) else (sizes,)
        if not all(_is_whole(n, 1) for n in several) or len(several) not in (1, self.dimensions):
            raise _refusal(label, rule, value)
        return several if len(several) > 1 else several[0]


class Shape(NamedTuple):
    """A shape without the row dimension: ``(784,)``; `unknown` (-1 or None) may stand for a size."""

    unknown: int | None = None

    def read(self, value, label):
        rule = "whole numbers of at least 1 in brackets, such as (784,) or (28, 28, 1)"
        shape = _number(value, label, rule)
        shape = (shape,) if isinstance(shape, int) else shape
        if not isinstance(shape, (tuple, list)) or not all(_is_whole(n, 1) or n == self.unknown for n in shape):
            raise _refusal(label, rule, value)
        return tuple(shape)


class Word(NamedTuple):
    """A name of letters, digits, underscores, dashes and dots."""

    def read(self, value, label):
        if not str(value).translate({ord(c): "a" for c in "_-."}).isalnum():
            raise _refusal(label, "letters, digits, _, - and dots", value)
        return str(value)


class Flag(NamedTuple):
    """A checkbox."""

    def read(self, value, label):
        return boolean(value)


class Parameter(NamedTuple):
    """One parameter: its name in the form and in Keras, what it holds, whether it must be given.

    An empty optional parameter is left to Keras' default.
    """

    name: str
    kind: Any
    required: bool = True


def optional(name: str, kind) -> Parameter:
    """Return a parameter that may be left empty."""
    return Parameter(name, kind, required=False)


def read_parameters(parameters, values: dict, label: str) -> dict[str, Any]:
    """Read the values of a table of parameters, leaving out the empty optional ones.

    Raises:
        UserError: a value that its kind refuses, or a required one that is missing.
    """
    found = {}
    for parameter in parameters:
        value = values.get(parameter.name)
        if not is_empty(value):
            found[parameter.name] = parameter.kind.read(value, f"{label}: {parameter.name}")
        elif parameter.required:
            raise UserError(f"{label}: {parameter.name} must be given.")
    return found
