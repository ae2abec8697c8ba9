"""The true and the predicted class of each sample, as two tables give them.

Truth stands in one column of labels or in one-hot columns; a prediction in one column of labels or
in one column of probabilities for each class. Which labels are the same class, `labels.classes` says.
"""

import dataclasses
from typing import NamedTuple, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.data import paired
from dltools.plots import image_rows
from dltools.tables import chosen, labels, tables
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import ALL_COLUMNS
from dltools.tables.prediction_tables import first_odd_row, opened, predicted_columns
from dltools.tables.tsv import HEADER_FLAG, is_number

# How far beyond 0 and 1 a probability may lie by rounding.
ROUNDING = 1e-6


class Labels(NamedTuple):
    """Labels of one table.

    `values` is an object array (rows,) of str, of which the first stands in line `first_line` of the file. `header`
    tells whether the first line was taken for a header, and `name` what it calls the labels. `classes` lists all
    labels that the table could have given, where it tells; `confidence`, float64 (rows,), how probable each was said
    to be.
    """

    values: np.ndarray
    dataset: Dataset
    header: bool
    name: str | None = None
    classes: list[str] | None = None
    confidence: np.ndarray | None = None
    first_line: int = 1

    @property
    def texts(self) -> set[str]:
        """The different labels."""
        return set(self.values)

    def line(self, text: str) -> int:
        """Line number in the file of the first row with a label."""
        return self.first_line + int(np.flatnonzero(self.values == text)[0])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TruthAndPrediction:
    """A table of true labels or values, and one of predictions of the same samples in the same order.

    Of the predictions, all columns are given: which of them are predictions, their names tell.
    """

    true: ChosenTable
    predicted: ChosenTable

    @classmethod
    def read(cls, form: dict, what: str = "labels") -> Self:
        """Read the parameters ``…_true`` and ``…_predicted`` of a form, which says what they are in its labels.

        Raises:
            UserError: no dataset or no column was chosen.
        """
        label = f"Select dataset containing true {what}"
        return cls(
            true=chosen.read(form, label, "infile_true", "header_true", "column_selector_options_true", "col"),
            predicted=chosen.read(
                form, f"Select dataset containing predicted {what}", "infile_predicted", "header_predicted"
            ),
        )


def read(table: ChosenTable) -> Labels:
    """Read labels from one column, or from one-hot columns.

    Raises:
        UserError: the table holds no labels.
    """
    dataset, header, columns = table.dataset, table.header, table.columns
    width = tables.count_columns(dataset, header, columns)
    if width == 1:
        return _single_column(tables.read_text(dataset, header, columns), dataset)
    numbers = tables.read_numbers(dataset, header, columns)
    positions = labels.one_hot_positions(numbers.values)
    if positions is None:
        raise UserError(
            f"{dataset}: {width} columns are selected, and they are no one-hot table with a single 1 "
            "in each row. Select the one column that holds the true labels."
        )
    # The columns' names are the classes, unless they only number the columns.
    names = [name.removeprefix("True_") for name in numbers.names or map(str, range(width))]
    values = np.asarray(names, object)[positions]
    return Labels(values, dataset, header, classes=names, first_line=numbers.first_line)


def read_predicted(predicted: ChosenTable) -> Labels:
    """Read predictions: labels, or probabilities.

    Raises:
        UserError: the table holds neither.
    """
    dataset, header = predicted.dataset, predicted.header
    columns = predicted_columns(dataset, header)
    if len(opened(dataset, header, columns).positions) == 1:
        return _single_column(tables.read_text(dataset, header, columns), dataset)
    table = _probabilities(dataset, header, columns)
    names = table.names or [str(number) for number in range(table.values.shape[1])]
    best = table.values.argmax(axis=1)
    confidence = table.values[np.arange(len(best)), best].astype(np.float64)
    return Labels(np.asarray(names, object)[best], dataset, header, None, names, confidence, table.first_line)


def _probabilities(dataset: Dataset, header: bool, columns: tables.Columns) -> tables.NumberTable:
    try:
        table = tables.read_numbers_of(opened(dataset, header, columns), dtype=np.float64)
    except UserError as error:
        raise UserError(
            f"{error} Several columns are read as probabilities, one column for each class; predicted labels must "
            "stand in a single column, such as 'Model Prediction' writes with the method 'predict'."
        ) from None
    check_probabilities(table.values, dataset, table.first_line, table.names)
    odd = first_odd_row(table.values)
    if odd is not None:
        raise UserError(
            f"{dataset}, line {table.first_line + odd}: the probabilities of the classes add up to "
            f"{table.values[odd].sum():.4g} instead of 1. The columns read are: "
            f"{listed([quoted(name) for name in table.names or range(1, table.values.shape[1] + 1)], 12)}. Cut out "
            "those that hold something else."
        )
    return table


def check_probabilities(values: np.ndarray, dataset: Dataset, first_line: int, names: list[str] | None = None) -> None:
    """Refuse numbers (rows, columns) that lie outside 0 to 1.

    Raises:
        UserError: names the first such number's line and column.
    """
    outside = np.argwhere((values < -ROUNDING) | (values > 1 + ROUNDING))
    if len(outside):
        row, column = outside[0]
        where = f"column {column + 1}" + (f" ({quoted(names[column])})" if names else "")
        raise UserError(
            f"{dataset}, line {first_line + row}, {where}: {values[row, column]:g} is no probability, which lies from "
            "0 to 1. Cut out columns that hold none, or choose the output of 'Model Prediction' with the method "
            "'predict_proba'."
        )


def _single_column(table: tables.TextTable, dataset: Dataset) -> Labels:
    name = table.names[0] if table.names else None
    column = labels.cleaned(table.columns[0], dataset, table.first_line)
    return Labels(column, dataset, table.names is not None, name, first_line=table.first_line)


def read_pair(asked: TruthAndPrediction) -> tuple[Labels, Labels]:
    """Read the true and the predicted labels, and check that they belong together.

    Raises:
        UserError: as `read`, `read_predicted` and `check_comparable`.
    """
    true, predicted = read(asked.true), read_predicted(asked.predicted)
    order = image_rows.chosen_order(true.dataset, true.header, predicted.dataset)
    if order is not None:
        true = true._replace(values=true.values[order])
    if true.classes and not true.texts & predicted.texts:
        # A one-hot table whose header names the columns otherwise than the predictions do.
        position = {name: str(number) for number, name in enumerate(true.classes)}
        true = true._replace(values=np.asarray([position[text] for text in true.values], object), classes=None)
    check_comparable(true, predicted)
    if order is None:
        paired.check([ChosenTable(table.dataset, table.header, ALL_COLUMNS) for table in (true, predicted)])
    return true, predicted


def check_comparable(true: Labels, predicted: Labels) -> None:
    """Refuse labels that cannot be of the same samples, or that are no class labels.

    Raises:
        UserError: the numbers of rows differ, a header was read as a label, or the labels are
            missing or of different kinds.
    """
    _check_headers(true, predicted)
    check_lengths(true.dataset, len(true.values), predicted.dataset, len(predicted.values), "labels")
    _check_same_kind(true, predicted)


def check_lengths(true: Dataset, true_rows: int, predicted: Dataset, predicted_rows: int, what: str) -> None:
    """Refuse tables of different samples.

    Raises:
        UserError: the numbers of rows differ.
    """
    if true_rows == predicted_rows:
        return
    hint = "Choose tables of the same samples."
    if abs(true_rows - predicted_rows) == 1:
        hint = f"They differ by one: check for both tables what {HEADER_FLAG} says."
    raise UserError(f"{true} has {true_rows} true {what}, {predicted} has {predicted_rows} predicted ones. {hint}")


def _check_headers(true: Labels, predicted: Labels) -> None:
    for table, other in ((true, predicted), (predicted, true)):
        where = f"{table.dataset}, line {table.first_line - table.header}:"
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
    # These are what 'Model Prediction' and 'Deep learning training and evaluation' write.
    written = ("Predicted",) if is_prediction else ("True",)
    return first in written or len(table.values) == len(other.values) + 1


def _check_same_kind(true: Labels, predicted: Labels) -> None:
    whole = [labels.are_numbers(table.texts) for table in (true, predicted)]
    fraction = next((text for text in predicted.values if is_number(text) and not float(text).is_integer()), None)
    if whole[0] and fraction is not None and all(map(is_number, predicted.texts)):
        raise UserError(
            f"{predicted.dataset}, line {predicted.line(fraction)}: {quoted(fraction)} is no class, while all "
            f"labels in {true.dataset} are whole numbers. Use labels that were predicted with the method 'predict'."
        )
    if whole[0] != whole[1] and not true.texts & predicted.texts:
        raise UserError(
            f"{predicted.dataset} and {true.dataset} have no label in common: the first has "
            f"{_examples(predicted)}, the second {_examples(true)}. Choose the column with the same labels."
        )


def _examples(table: Labels) -> str:
    return listed([quoted(text) for text in dict.fromkeys(table.values)], 3)


def one_sided(true: Labels, predicted: Labels) -> list[str]:
    """Say which labels only one of the tables has."""
    found = labels.classes(true.values, predicted.values)
    sides = [{found.position[text] for text in table.texts} for table in (true, predicted)]
    notes = []
    for only, verb in ((sides[0] - sides[1], "never predicted"), (sides[1] - sides[0], "predicted, but never true")):
        if only:
            notes.append(f"{verb}: {listed([found.names[position] for position in sorted(only)], 10)}")
    return notes
