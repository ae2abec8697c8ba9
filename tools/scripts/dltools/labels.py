"""Class labels: whole numbers from text, and one column for each class."""

import numpy as np

from .errors import UserError, quoted
from .parameters import Dataset
from .table_faults import is_missing
from .tsv import is_number

# Beyond this, labels are identifiers or measurements rather than classes.
MAX_CLASSES = 10_000

_RULE = "Class labels must be whole numbers: 0, 1, 2 and so on."


def integer_labels(text_column: np.ndarray, dataset: Dataset, first_line: int = 1) -> np.ndarray:
    """Read a column of class numbers, (rows,) of str, into int64 (rows,).

    "5" and "5.0" are the same label. `first_line` is the line number in the file of the first
    row, for messages.

    Raises:
        UserError: a label is no number, missing, negative or fractional, or too large for a
            class number.
    """
    values = {}
    for text in dict.fromkeys(text_column):
        fault = _label_fault(text)
        if fault:
            line = first_line + int(np.flatnonzero(text_column == text)[0])
            raise UserError(f"{dataset}, line {line}: {fault}")
        values[text] = int(float(text))
    return np.fromiter((values[text] for text in text_column), np.int64, len(text_column))


def _label_fault(text: str) -> str | None:
    """Say why a text is no class number, or return None."""
    if is_missing(text):
        return f"the label is missing ({quoted(text)}). Fill it in, or remove the row here and from the samples."
    if not is_number(text):
        return (
            f"the label {quoted(text)} is not a number. {_RULE} Labels that are names need not be converted: "
            "'Deep learning training and evaluation' takes them as they are."
        )
    value = float(text)
    if value < 0:
        return f"the label {quoted(text)} is negative. {_RULE}"
    if not value.is_integer():
        return f"the label {quoted(text)} is fractional. {_RULE}"
    if value >= MAX_CLASSES:
        return f"the label {quoted(text)} is too large for one of at most {MAX_CLASSES} classes. {_RULE}"
    return None


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
