"""The confusion matrix of a table of true labels and a table of predicted ones."""

from typing import NamedTuple

import numpy as np

from . import labels, parameters, tables
from .errors import UserError, listed, quoted
from .parameters import Dataset
from .plots import ConfusionMatrix
from .table_faults import is_missing
from .tsv import HEADER_FLAG, is_number

COLOR_MAPS = {
    "Greys": "Greys",
    "Purples": "Purples",
    "Blues": "Blues",
    "Greens": "Greens",
    "Oranges": "Oranges",
    "Reds": "Reds",
    "Summer": "summer",
    "Autumn": "autumn",
    "RdYlGn": "RdYlGn",
    "Spectral": "Spectral",
    "winter": "winter",
}
MAX_CLASSES = 1000


def from_parameters(selection: dict) -> ConfusionMatrix:
    """Read the two tables that the form's parameters name, and compare them.

    Raises:
        UserError: the tables do not belong together, or hold no labels.
    """
    color = selection.get("plot_color") or "Greens"
    if color not in COLOR_MAPS:
        raise UserError(f"Choose plot color: must be one of {listed(COLOR_MAPS)}. Received: {quoted(color)}.")
    true = _true_labels(selection)
    predicted = _predicted_labels(selection)
    check_comparable(true, predicted)
    counts, classes = count(true.values, predicted.values)
    title = selection.get("title") or "Confusion matrix"
    return ConfusionMatrix(counts, classes, title, COLOR_MAPS[color])


class Labels(NamedTuple):
    """Labels of one table.

    `values` is an object array (rows,) of str. `header` tells whether the first line was taken
    for a header, and `name` what it calls the labels.
    """

    values: np.ndarray
    dataset: Dataset
    header: bool
    name: str | None = None

    @property
    def texts(self) -> set[str]:
        """The different labels."""
        return set(self.values)

    @property
    def first_line(self) -> int:
        """Line number in the file of the first label."""
        return 1 + self.header

    def line(self, text: str) -> int:
        """Line number in the file of the first row with a label."""
        return self.first_line + int(np.flatnonzero(self.values == text)[0])


def _true_labels(selection: dict) -> Labels:
    dataset = parameters.dataset(selection.get("infile_true"), "Select dataset containing true labels")
    header = parameters.boolean(selection["header_true"])
    columns = tables.column_selection(
        selection["column_selector_options_true"],
        "selected_column_selector_option",
        "col",
        "Choose how to select data by column",
    )
    width = tables.count_columns(dataset, header, columns)
    if width == 1:
        return _single_column(tables.read_text(dataset, header, columns), dataset)
    positions = labels.one_hot_positions(tables.read_numbers(dataset, header, columns).values)
    if positions is None:
        raise UserError(
            f"{dataset}: {width} columns are selected, and they are no one-hot table with a single 1 "
            "in each row. Select the one column that holds the true labels."
        )
    return Labels(positions.astype(str).astype(object), dataset, header)


def _predicted_labels(selection: dict) -> Labels:
    dataset = parameters.dataset(selection.get("infile_predicted"), "Select dataset containing predicted labels")
    header = parameters.boolean(selection["header_predicted"])
    table = tables.read_text(dataset, header)
    if len(table.columns) > 1:
        names = f" ({listed(map(quoted, table.names), 5)})" if table.names else ""
        raise UserError(
            f"{dataset} has {len(table.columns)} columns{names}, but predicted labels are read from one "
            "column, such as 'Model Prediction' writes with the method 'predict'. Cut out that column first."
        )
    return _single_column(table, dataset)


def _single_column(table: tables.TextTable, dataset: Dataset) -> Labels:
    name = table.names[0] if table.names else None
    return Labels(table.columns[0], dataset, table.names is not None, name)


def check_comparable(true: Labels, predicted: Labels) -> None:
    """Refuse labels that cannot be of the same samples, or that are no class labels.

    Raises:
        UserError: the numbers of rows differ, a header was read as a label, or the labels are
            missing or of different kinds.
    """
    _check_headers(true, predicted)
    if len(true.values) != len(predicted.values):
        rows = f"{true.dataset} has {len(true.values)} true labels, {predicted.dataset} has {len(predicted.values)}"
        hint = "Choose tables of the same samples."
        if abs(len(true.values) - len(predicted.values)) == 1:
            hint = f"They differ by one: check for both tables what {HEADER_FLAG} says."
        raise UserError(f"{rows} predicted ones. {hint}")
    for table in (true, predicted):
        _check_not_missing(table)
    _check_same_kind(true, predicted)


def _check_headers(true: Labels, predicted: Labels) -> None:
    for table, other in ((true, predicted), (predicted, true)):
        where = f"{table.dataset}, line 1:"
        if table.name in other.texts and len(table.values) == len(other.values) - 1:
            raise UserError(
                f"{where} {quoted(table.name)} is not a header, for it is a label in {other.dataset}. "
                f"Set {HEADER_FLAG} to No for {table.dataset}."
            )
        if _starts_with_header(table, other, is_prediction=table is predicted):
            raise UserError(
                f"{where} {quoted(table.values[0])} looks like a header, for it is no label in {other.dataset}. "
                f"Set {HEADER_FLAG} to Yes for {table.dataset}."
            )


def _starts_with_header(table: Labels, other: Labels, is_prediction: bool) -> bool:
    """Tell whether the first label is a header, since it occurs nowhere else."""
    first = table.values[0]
    if table.header or first in other.texts or first == other.name or np.count_nonzero(table.values == first) > 1:
        return False
    # "Predicted" is what 'Model Prediction' writes.
    return (is_prediction and first == "Predicted") or len(table.values) == len(other.values) + 1


def _check_not_missing(table: Labels) -> None:
    missing = sorted(text for text in table.texts if is_missing(text))
    # Among names, NA may be one; among numbers, it is a gap.
    if missing and any(map(is_number, table.texts)):
        line = min(map(table.line, missing))
        raise UserError(f"{table.dataset}, line {line}: the label is missing. Remove the row from both tables.")


def _check_same_kind(true: Labels, predicted: Labels) -> None:
    whole = [all(is_number(t) and float(t).is_integer() for t in table.texts) for table in (true, predicted)]
    if whole[0] and not whole[1] and all(map(is_number, predicted.texts)):
        fraction = next(text for text in predicted.values if not float(text).is_integer())
        raise UserError(
            f"{predicted.dataset}, line {predicted.line(fraction)}: {quoted(fraction)} is no class, while all "
            f"labels in {true.dataset} are whole numbers. Use labels that were predicted with the method 'predict'."
        )
    shared = true.texts & predicted.texts
    if whole[0] != whole[1] and not shared:
        raise UserError(
            f"{predicted.dataset} and {true.dataset} have no label in common: the first has "
            f"{_examples(predicted)}, the second {_examples(true)}. Choose the column with the same labels."
        )


def _examples(table: Labels) -> str:
    return listed([quoted(text) for text in dict.fromkeys(table.values)], 3)


def count(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Count how often each label was predicted for each true one.

    `true` and `predicted` are arrays (rows,) of str. Where all are numbers, "5" and "5.0" are
    the same class, and classes are ordered as numbers; otherwise as text. Returns an int64
    array (classes, classes), true classes as rows, and the classes' names.

    Raises:
        UserError: there are too many classes.
    """
    texts = {*true, *predicted}
    keys = {text: text for text in texts}
    if all(map(is_number, texts)):
        keys = {text: float(text) for text in texts}
    ordered = sorted(set(keys.values()))
    if len(ordered) > MAX_CLASSES:
        raise UserError(
            f"There are {len(ordered)} different labels, and a confusion matrix can show {MAX_CLASSES}. "
            "It compares classes, not measurements: choose the column with the class labels."
        )
    position = {key: index for index, key in enumerate(ordered)}
    codes = {text: position[key] for text, key in keys.items()}
    size = len(ordered)
    cells = [codes[a] * size + codes[b] for a, b in zip(true, predicted, strict=True)]
    counts = np.bincount(cells, minlength=size * size).reshape(size, size)
    return counts, [_name(key) for key in ordered]


def _name(key) -> str:
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    return str(key)
