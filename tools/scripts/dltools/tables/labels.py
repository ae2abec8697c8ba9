"""Class labels: the text that the user wrote, when such texts count as numbers, and the one-hot form.

A label is text. Blanks around it do not count. Labels count as numbers only where all of them are plainly written
whole numbers: then 9 comes before 10, and 1 and 1.0 are the same class. Whoever compares labels, of one table or of
several, does it by `classes`.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted

# Beyond this, labels are identifiers or measurements rather than classes.
MAX_CLASSES = 10_000

# What programs write where there is no label. Not "Na", which is sodium, and not "none", "null", "-", "?" or ".", which
# people use as classes: no treatment, a null mutant, the minus strand.
_MISSING = {"", "NA", "na", "<NA>"}
_MISSING_IN_ANY_CASE = {"nan", "n/a", "#n/a"}
# pandas writes whole numbers of a column with gaps with .0; a zero before other digits, an exponent, an underscore or a
# plus sign belong to an identifier.
_PLAIN = re.compile(r"(-?[1-9][0-9]*|0)(\.0)?")
# From here on, not every whole number is a float64 of its own.
_LARGEST = 2**53

_RULE = "Class labels must be whole numbers: 0, 1, 2 and so on."


def is_missing(text: str) -> bool:
    """Tell whether a cell says that there is no label."""
    text = text.strip()
    return text in _MISSING or text.lower() in _MISSING_IN_ANY_CASE


def cleaned(column: np.ndarray, dataset: Dataset, first_line: int, what: str = "label") -> np.ndarray:
    """Return a column of labels, object (rows,) of str, without the blanks around them.

    Parameters:
        first_line: the line number in the file of the first row.
        what: the labels are, for messages.

    Raises:
        UserError: a label is missing; names its line.
    """
    trimmed = {text: text.strip() for text in dict.fromkeys(column)}
    missing = next((text for text in trimmed if is_missing(text)), None)
    if missing is not None:
        line = first_line + int(np.flatnonzero(column == missing)[0])
        raise UserError(
            f"{dataset}, line {line}: the {what} is missing ({quoted(missing.strip())}). Fill it in, or remove the row "
            "here and from the tables that belong to it."
        )
    if all(text == short for text, short in trimmed.items()):
        return column
    found = np.empty(len(column), object)
    found[:] = [trimmed[text] for text in column]
    return found


def number(text: str) -> int | None:
    """Return the number that a label is where it is a plainly written whole number up to 2^53, else None."""
    found = _PLAIN.fullmatch(text)
    if found is None or len(text) > 20:
        return None
    value = int(found.group(1))
    return value if abs(value) <= _LARGEST else None


def are_numbers(texts: Iterable[str]) -> bool:
    """Tell whether labels count as numbers: all of them do, or none."""
    return all(number(text) is not None for text in texts)


class Classes(NamedTuple):
    """The classes that labels name.

    Attributes:
        names: of the classes, as they are written, in order: by value where all are numbers, else by text.
        position: each label -> the position of its class.
        numbers: the classes' values in order, or None where they are no numbers.
    """

    names: list[str]
    position: dict[str, int]
    numbers: list[int] | None

    def codes(self, column: Iterable[str]) -> np.ndarray:
        """Return the position of the class of each label, int64 (rows,)."""
        return np.fromiter((self.position[text] for text in column), np.int64)


def classes(*columns: Iterable[str]) -> Classes:
    """Return the classes of one table, or of several that are compared: there, what counts is whether all of all are
    numbers.

    A class that is written in several ways (1 and 1.0) is called by the shortest.
    """
    texts = list(dict.fromkeys(str(text) for column in columns for text in column))
    numeric = are_numbers(texts)
    keys = {text: number(text) if numeric else text for text in texts}
    names: dict = {}
    for text, key in keys.items():
        names[key] = min(names.get(key, text), text, key=len)
    ordered = sorted(names)
    place = {key: position for position, key in enumerate(ordered)}
    return Classes(
        [names[key] for key in ordered], {text: place[key] for text, key in keys.items()}, ordered if numeric else None
    )


def stored(names: Iterable[str]) -> list:
    """Return classes as model files hold them: numbers where all are whole numbers in their shortest spelling, else
    text.
    """
    names = list(names)
    values = [number(name) for name in names]
    return values if None not in values and [str(value) for value in values] == names else names


def texts(stored_classes: Iterable) -> list[str]:
    """Return classes as text from what a model file holds."""
    return [str(name) for name in stored_classes]


def integer_labels(text_column: np.ndarray, dataset: Dataset, first_line: int = 1) -> np.ndarray:
    """Read a column of class numbers, (rows,) of str, into int64 (rows,).

    "5" and "5.0" are the same label. `first_line` is the line number in the file of the first
    row, for messages.

    Raises:
        UserError: a label is missing, no plainly written whole number, negative, or too large for a class number.
    """
    values = {}
    column = cleaned(text_column, dataset, first_line)
    for text in dict.fromkeys(column):
        fault = _number_fault(text)
        if fault:
            line = first_line + int(np.flatnonzero(column == text)[0])
            raise UserError(f"{dataset}, line {line}: {fault}")
        values[text] = number(text)
    return np.fromiter((values[text] for text in column), np.int64, len(column))


def _number_fault(text: str) -> str | None:
    """Say why a label is no class number, or return None."""
    value = number(text)
    if value is None:
        return _text_fault(text)
    if value < 0:
        return f"the label {quoted(text)} is negative. {_RULE}"
    if value >= MAX_CLASSES:
        return f"the label {quoted(text)} is too large for one of at most {MAX_CLASSES} classes. {_RULE}"
    return None


def _text_fault(text: str) -> str:
    if re.fullmatch(r"[+-]?[0-9]*\.[0-9]+", text) and not float(text).is_integer():
        return f"the label {quoted(text)} is fractional. {_RULE}"
    if re.fullmatch(r"-?[0-9]+", text) and not text.lstrip("-").startswith("0"):
        return f"the label {quoted(text)} is too large for one of at most {MAX_CLASSES} classes. {_RULE}"
    return (
        f"the label {quoted(text)} is not a number. {_RULE} Labels that are names, or numbers with leading zeros, need "
        "not be converted: 'Deep learning training and evaluation' takes them as they are."
    )


def one_hot(labels: np.ndarray, num_classes: int | None = None) -> np.ndarray:
    """Return a uint8 array (rows, classes) with a 1 in the column of each row's label.

    `labels` is an integer array (rows,) of values from 0 up to, not including, `num_classes`,
    which is by default the largest label plus 1.
    """
    classes = int(labels.max()) + 1 if num_classes is None else num_classes
    table = np.zeros((len(labels), classes), np.uint8)
    table[np.arange(len(labels)), labels] = 1
    return table


def one_hot_positions(values: np.ndarray) -> np.ndarray | None:
    """Return which column holds the 1 in each row, int64 (rows,), counted from 0.

    `values` is an array (rows, columns). Returns None unless each row has one 1 and else 0s.
    """
    ones = values == 1
    if not (ones | (values == 0)).all() or not (ones.sum(axis=1) == 1).all():
        return None
    return ones.argmax(axis=1)
