"""Tables of predictions, as 'Model Prediction' writes them: which columns are predictions, and which passed through.

Columns that passed through stand first, and their names say so: ``id:sample``, or ``id``, ``id_1``, ``id_2`` of a table
without header. So a column of 0 and 1 among them is not taken for the probability of a class.
"""

import re

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.tables import tables, tsv

_MARK = "id:"
# The column of images' names, first in each table of predictions of images.
IMAGE = f"{_MARK}image"
_MARKED = re.compile(r"id(:.*|_[0-9]+)?", re.DOTALL)
_LABELS = ("Predicted", "Predicted_")
# Probabilities are written with rounding: how far the sum of a row may be from 1, for each column and in all.
_ROUNDED, _SLACK = 0.005, 0.005


def passed(names: list[str] | None, count: int) -> list[str]:
    """Return the headers of `count` columns that pass through, called `names` if their table has a header."""
    if names is None:
        return ["id"] if count == 1 else [f"id_{number}" for number in range(1, count + 1)]
    return [name if _MARKED.fullmatch(name) else _MARK + name if name else "id" for name in names]


def check_classes(classes: list[str], of_images: bool = False) -> None:
    """Refuse classes, as headers of probabilities, that could not be told from columns that passed through.

    Parameters:
        of_images: whether the images' names pass through, which they always do.

    Raises:
        UserError: names the first such class.
    """
    marked = next((name for name in classes if _MARKED.fullmatch(name)), None)
    if marked is None:
        return
    told = (
        f"a class of the model is called {quoted(marked)}, as such columns are, so that nobody could tell them from "
        "its probabilities."
    )
    if of_images:
        raise UserError(
            f"The images' names: stand in a column of their own before the predictions, and {told} Choose the method "
            "predict."
        )
    raise UserError(
        f"Columns to pass through: {told} Close this box, and put the columns beside the predictions afterwards."
    )


def predicted_columns(dataset: Dataset, header: bool) -> tables.Columns:
    """Return which columns of a prediction are predictions.

    Those without the mark. In a table without marks: those headed Predicted where there are such, else those that begin
    with a number, if there are several. A class may be called as what passed through, or Predicted: where the columns
    that are left do not add up to 1 in each row and all together do, all are classes.
    """
    source = opened(dataset, header)
    names = {position + 1: name for position, name in zip(source.positions, source.selected_names or (), strict=False)}
    found = [number for number, name in names.items() if not _MARKED.fullmatch(name)]
    if len(found) in (0, len(names)):
        found = [number for number, name in names.items() if name == _LABELS[0] or name.startswith(_LABELS[1])]
    if not found:
        found = _numbers(source) if len(names) > 1 else []
    if not found or len(found) == len(names):
        return tables.ALL_COLUMNS
    chosen = tables.Columns("by_index_number", tuple(found))
    if not _add_up(dataset, chosen) and _add_up(dataset, tables.ALL_COLUMNS):
        return tables.ALL_COLUMNS
    return chosen


def opened(dataset: Dataset, header: bool, columns: tables.Columns = tables.ALL_COLUMNS) -> tsv.Source:
    """Look at a prediction, whose header may hold anything: classes are called True and False, or 1 and 0, too.

    Raises:
        UserError: as `tsv.open_table`.
    """
    head = tsv.open_table(dataset, False, tables.ALL_COLUMNS).head
    return tsv.open_table(dataset, header, columns, numbers_may_name=tsv.names_classes(head.first, head.second))


def _numbers(source: tsv.Source) -> list[int]:
    """Return the columns that begin with a number, if there are several."""
    cells = source.first_row
    found = [position + 1 for position in source.positions if position < len(cells) and tsv.is_number(cells[position])]
    return found if len(cells) == source.width and len(found) > 1 else []


def second_cells(dataset: Dataset) -> list[str] | None:
    """Return the cells of a table's second line, or None where there is one line alone."""
    return tsv.open_table(dataset, False, tables.ALL_COLUMNS).head.second


def _add_up(dataset: Dataset, columns: tables.Columns) -> bool:
    """Tell whether columns are numbers of which each row adds up to 1."""
    try:
        table = tables.read_numbers_of(opened(dataset, True, columns))
    except UserError:
        return False
    return table.values.shape[1] > 1 and first_odd_row(table.values) is None


def first_odd_row(values: np.ndarray) -> int | None:
    """Return the position of the first row of float (rows, columns) that does not add up to 1, or None."""
    slack = min(0.5, _SLACK + _ROUNDED * values.shape[1])
    odd = np.flatnonzero(np.abs(values.sum(axis=1, dtype=np.float64) - 1) > slack)
    return int(odd[0]) if len(odd) else None
