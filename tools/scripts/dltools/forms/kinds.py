"""What a parameter of the form may hold: each kind reads a value or says what is wrong with it.

A kind's ``read(value, label)`` takes a value as Galaxy's JSON holds it (a number, or a text as
saved workflows have it) and returns it as Keras wants it, or raises a `UserError` that begins
with `label`, names the rule and quotes what was received.
"""

import itertools
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from dltools.core.errors import UserError, listed, quoted
from dltools.forms.parameters import boolean, is_empty, literal

# Keras computes in 32 bits.
LARGEST = 3.4028234e38


class Kind(Protocol):
    """What a parameter holds."""

    def read(self, value: Any, label: str) -> Any:
        """Return the value as Keras wants it; refuse what is none."""


def _number(value: Any, label: str, rule: str) -> Any:
    """Return the literal that `value` holds, so that every kind fails with its own rule."""
    try:
        return literal(value, label)
    except UserError:
        raise _refusal(label, rule, value) from None


def bracketed(value: Any, label: str, rule: str) -> Any:
    """Return the literal that `value` holds; several numbers must stand in brackets, since 0,5 is half to many.

    Raises:
        UserError: says the rule.
    """
    found = _number(value, label, rule)
    if isinstance(found, tuple) and isinstance(value, str) and not value.strip().startswith("("):
        raise _refusal(label, rule, value)
    return found


def _refusal(label: str, rule: str, value: object) -> UserError:
    return UserError(f"{label} must be {rule}. Received: {quoted(value)}.")


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


class Whole(NamedTuple):
    """A whole number of at least `least`, and at most `most`: what a whole number of Keras' backends can hold."""

    least: int = 1
    most: int = 2**63 - 1

    def read(self, value: Any, label: str) -> int:
        """Return the whole number; refuse what is none."""
        rule = f"a whole number of at least {self.least}"
        number = _number(value, label, rule)
        if not _is_whole(number, self.least):
            raise _refusal(label, rule, value)
        if number > self.most:
            raise _refusal(label, f"{rule} and at most {self.most}", value)
        return number


class Real(NamedTuple):
    """A number from `low` to `high`, both included unless `below` excludes `high`."""

    low: float = float("-inf")
    high: float = float("inf")
    below: bool = False

    def read(self, value: Any, label: str) -> float:
        """Return the number, a float; refuse what is none."""
        rule = "a number"
        if self.low > float("-inf"):
            rule += f" of at least {self.low:g}"
        if self.high < float("inf"):
            rule += f"{' and' if self.low > float('-inf') else ''} {'below' if self.below else 'at most'} {self.high:g}"
        number = _number(value, label, rule)
        if not _is_number(number) or not self.low <= number <= self.high or (self.below and number == self.high):
            raise _refusal(label, rule, value)
        return float(number)


class Choice(NamedTuple):
    """One of several words."""

    options: tuple[str, ...]

    def read(self, value: Any, label: str) -> str:
        """Return the word; refuse what is none."""
        if value not in self.options:
            raise _refusal(label, f"one of {listed(self.options, 60)}", value)
        return value


class Option(NamedTuple):
    """One of several words, in capitals or not, as Keras takes it."""

    options: tuple[str, ...]

    def read(self, value: Any, label: str) -> str:
        """Return the word as Keras takes it; refuse what is none."""
        return Choice(self.options).read(
            value.lower() if isinstance(value, str) and value.lower() in self.options else value, label
        )


class Sizes(NamedTuple):
    """A whole number, or as many in a tuple as the layer has dimensions: ``3`` or ``(3, 3)``."""

    dimensions: int
    least: int = 1

    def read(self, value: Any, label: str) -> int | tuple[int, ...]:
        """Return the size, or one for each dimension; refuse what is none."""
        example = f", or {self.dimensions} of them in brackets" if self.dimensions > 1 else ""
        rule = f"a whole number of at least {self.least}, such as 2{example}"
        sizes = _number(value, label, rule)
        several = tuple(sizes) if isinstance(sizes, (tuple, list)) else (sizes,)
        if not all(_is_whole(n, self.least) for n in several) or len(several) not in (1, self.dimensions):
            raise _refusal(label, rule, value)
        return several if len(several) > 1 else several[0]


class Amounts(NamedTuple):
    """How much to cut or pad at each end: ``1``, ``(1, 1)`` or a pair for each dimension, ``((1, 1), (0, 2))``."""

    dimensions: int

    def read(self, value: Any, label: str) -> int | tuple:
        """Return the amounts; refuse what is none."""
        example = "(1, 1)" if self.dimensions == 1 else str(((1, 1),) * self.dimensions)
        rule = f"a whole number of at least 0, such as 1, or the amounts of both ends, such as {example}"
        amounts = _number(value, label, rule)
        pair = 2 if self.dimensions == 1 else self.dimensions
        if _is_whole(amounts, 0):
            return amounts
        if not isinstance(amounts, (tuple, list)) or len(amounts) != pair or not all(self._fits(a) for a in amounts):
            raise _refusal(label, rule, value)
        return tuple(tuple(a) if isinstance(a, (tuple, list)) else a for a in amounts)

    def _fits(self, amount: object) -> bool:
        if isinstance(amount, (tuple, list)):
            return self.dimensions > 1 and len(amount) == 2 and all(_is_whole(n, 0) for n in amount)
        return _is_whole(amount, 0)


class Axes(NamedTuple):
    """An axis, or several in brackets: ``-1`` or ``(1, 2)``."""

    several: bool = True

    def read(self, value: Any, label: str) -> int | tuple[int, ...]:
        """Return the axis or the axes, counted from 1 for the first that is no sample; refuse what is none."""
        rule = "a whole number, such as -1" + (", or several in brackets, such as (1, 2)" if self.several else "")
        axes = _number(value, label, rule)
        found = tuple(axes) if isinstance(axes, (tuple, list)) and self.several else (axes,)
        if not found or not all(isinstance(n, int) and not isinstance(n, bool) for n in found):
            raise _refusal(label, rule, value)
        return found if len(found) > 1 else found[0]


class Penalties(NamedTuple):
    """The weights of an L1 and an L2 penalty in brackets: ``(0., 0.01)``; both 0 is no penalty."""

    def read(self, value: Any, label: str) -> dict | None:
        """Return the regularizer as Keras writes it, or None; refuse what is none."""
        rule = "two numbers of at least 0 in brackets, such as (0., 0.01)"
        weights = bracketed(value, label, rule)
        numbers = isinstance(weights, (tuple, list)) and len(weights) == 2
        if not numbers or not all(isinstance(w, (int, float)) and not isinstance(w, bool) and w >= 0 for w in weights):
            raise _refusal(label, rule, value)
        if not any(weights):
            return None
        return serialized("keras.regularizers", "L1L2", l1=float(weights[0]), l2=float(weights[1]))


class Constraint(NamedTuple):
    """A constraint on weights: the conditional with its type and the section with its options."""

    def read(self, value: Any, label: str) -> dict | None:
        """Return the constraint as Keras writes it, or None; refuse what is none."""
        kind = value.get("constraint_type") if isinstance(value, dict) else None
        if kind in (None, "None"):
            return None
        Choice(tuple(CONSTRAINTS)).read(kind, label)
        return serialized(
            "keras.constraints", kind, **read_named(CONSTRAINTS[kind], value.get("constraint_options") or {}, label)
        )


class Numbers(NamedTuple):
    """Numbers in brackets that grow from one to the next: ``(0, 255)``; `length` of them, or one and more."""

    length: int = 0

    def read(self, value: Any, label: str) -> list[float]:
        """Return the numbers, a list of float; refuse what is none."""
        example = "two growing numbers in brackets, such as (0, 255)"
        rule = example if self.length else "growing numbers in brackets, such as (0, 0.5, 2)"
        numbers = bracketed(value, label, rule)
        several = numbers if isinstance(numbers, (tuple, list)) else ()
        grows = all(_is_number(n) for n in several) and all(a < b for a, b in itertools.pairwise(several))
        if not several or not grows or len(several) != (self.length or len(several)):
            raise _refusal(label, rule, value)
        return [float(n) for n in several]


class Factor(NamedTuple):
    """How far something is changed at random: a number, or the lower and the upper limit in brackets."""

    def read(self, value: Any, label: str) -> float | tuple[float, ...]:
        """Return the number, or both limits; refuse what is none."""
        rule = "a number, such as 0.2, or a lower and an upper limit in brackets, such as (-0.1, 0.3)"
        factor = bracketed(value, label, rule)
        limits = tuple(factor) if isinstance(factor, (tuple, list)) else (factor,)
        if len(limits) not in (1, 2) or not all(_is_number(n) for n in limits) or limits[0] > limits[-1]:
            raise _refusal(label, rule, value)
        return tuple(float(n) for n in limits) if len(limits) == 2 else float(limits[0])


class Equation(NamedTuple):
    """An equation of axes as einsum reads it, with its two inputs: ``abc,cd->abd``."""

    def read(self, value: Any, label: str) -> str:
        """Return the equation; refuse what is none."""
        text = str(value).replace(" ", "")
        if not re.fullmatch(r"[a-z.]+,[a-z]+->[a-z.]+", text, re.IGNORECASE):
            raise _refusal(label, "an equation of axes, such as abc,cd->abd", value)
        return text


class Shape(NamedTuple):
    """A shape without the row dimension: ``(784,)``; `unknown` (-1 or None) may stand for a size."""

    unknown: int | None = None

    def read(self, value: Any, label: str) -> tuple:
        """Return the shape, a tuple; refuse what is none."""
        rule = "whole numbers of at least 1 in brackets, such as (784,) or (28, 28, 1)"
        shape = _number(value, label, rule)
        shape = (shape,) if isinstance(shape, int) else shape
        if not isinstance(shape, (tuple, list)) or not all(_is_whole(n, 1) or n == self.unknown for n in shape):
            raise _refusal(label, rule, value)
        return tuple(shape)


class Word(NamedTuple):
    """A name of letters, digits, underscores, dashes and dots."""

    def read(self, value: Any, label: str) -> str:
        """Return the name; refuse what is none."""
        if not str(value).translate({ord(c): "a" for c in "_-."}).isalnum():
            raise _refusal(label, "letters, digits, _, - and dots", value)
        return str(value)


class Figures(NamedTuple):
    """A number, or numbers in brackets, in each other or not: ``0.5``, ``(0.5, 0.1)``."""

    def read(self, value: Any, label: str) -> Any:
        """Return the numbers as they are nested; refuse what is none."""
        rule = "a number, such as 0.5, or numbers in brackets, such as (0.5, 0.1)"
        figures = bracketed(value, label, rule)
        if not self._fits(figures):
            raise _refusal(label, rule, value)
        return figures

    def _fits(self, figures: object) -> bool:
        return (
            all(map(self._fits, figures)) and bool(figures)
            if isinstance(figures, (tuple, list))
            else _is_number(figures)
        )


class Flag(NamedTuple):
    """True or False: a checkbox, or the word in any case. No other text and no number stands for one of them.

    `besides` are further words that are allowed.
    """

    besides: tuple[str, ...] = ()

    def read(self, value: Any, label: str) -> bool | str:
        """Return True or False; refuse what is none."""
        if isinstance(value, str) and value.lower() in self.besides:
            return value.lower()
        if is_empty(value):
            raise _refusal(label, "True or False", value)
        return boolean(value, label)


class Nullable(NamedTuple):
    """What another kind takes, or None, by which Keras' own choice holds."""

    kind: Kind

    def read(self, value: Any, label: str) -> Any:
        """Return what the other kind makes of it, or None; refuse what is none."""
        if value is None or (isinstance(value, str) and value.strip().lower() in ("none", "null")):
            return None
        return self.kind.read(value, label)


class Named(NamedTuple):
    """An object of Keras by its name, or as the dictionary that Keras writes of it, which `gate` looks through.

    `reader` is the kind that reads some of the names, with these names.
    """

    names: tuple[str, ...]
    hint: str = ""
    reader: tuple[Kind, tuple[str, ...]] | None = None

    def read(self, value: Any, label: str) -> str | dict:
        """Return the name, or what stands for an object as Keras writes it; refuse what is none."""
        if isinstance(value, dict):
            return value
        if self.reader is not None and value in self.reader[1]:
            return self.reader[0].read(value, label)
        if not isinstance(value, str) or value not in self.names:
            known = listed(self.names if self.reader is None else self.reader[1], 60)
            raise UserError(f"{label} must be one of {known}{self.hint}. Received: {quoted(value)}.")
        return value


class ByKeras(NamedTuple):
    """What only Keras can check."""

    def read(self, value: Any, label: str) -> Any:
        """Return the value as it is; refuse what is none."""
        return value


class Parameter(NamedTuple):
    """One parameter: its name in the form, what it holds, whether it must be given, its name in Keras if another.

    An empty optional parameter is left to Keras' default.
    """

    name: str
    kind: Kind
    required: bool = True
    keras: str = ""


def optional(name: str, kind: Kind, keras: str = "") -> Parameter:
    """Return a parameter that may be left empty."""
    return Parameter(name, kind, required=False, keras=keras)


CONSTRAINTS: dict[str, tuple[Parameter, ...]] = {
    "MaxNorm": (optional("max_value", Real(0)), optional("axis", Axes())),
    "NonNeg": (),
    "UnitNorm": (optional("axis", Axes()),),
    "MinMaxNorm": (
        optional("min_value", Real(0)),
        optional("max_value", Real(0)),
        optional("rate_max_value", Real(0, 1), keras="rate"),
        optional("axis", Axes()),
    ),
}


def serialized(module: str, name: str, **config: object) -> dict:
    """Return an object of one of Keras' public modules as Keras itself writes it into a configuration."""
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def read_named(parameters: Iterable[Parameter], values: dict, label: str) -> dict[str, Any]:
    """Read a table of parameters as `read_parameters` does, under the names that Keras gives them."""
    found = read_parameters(parameters, values, label)
    return {p.keras or p.name: found[p.name] for p in parameters if p.name in found}


def read_parameters(parameters: Iterable[Parameter], values: dict, label: str) -> dict[str, Any]:
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
