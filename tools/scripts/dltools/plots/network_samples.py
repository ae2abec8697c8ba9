"""A trained network and the samples that a plot puts through it."""

from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue import target_kinds
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.plots import label_tables
from dltools.tables import tables, tsv
from dltools.tables.cells import is_boolean
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import Columns, name_positions, unmarked
from dltools.tables.tsv import is_number

if TYPE_CHECKING:
    import keras

    from dltools.data import targets
    from dltools.data.dense_table import DenseTable
    from dltools.model_files.records import Record


def check_one_output(model: "keras.Model", source: Dataset, what: str) -> None:
    """Refuse a network with several outputs, for which `what` is not shown."""
    if len(model.outputs) > 1:
        raise UserError(f"{source}: has {len(model.outputs)} outputs, but {what} is shown for networks with one.")


def features(samples: Dataset, columns: Columns, record: "Record") -> "DenseTable":
    """Read the features, in the order of the training's.

    Raises:
        UserError: as `tables.read_numbers`; they are not as many as the model was trained on.
    """
    from dltools.data.dense_table import DenseTable

    table = _in_trained_order(_read(samples, columns), record.features.names, samples)
    names = None if table.names is None else tuple(table.names)
    found = DenseTable(values=table.values, source=samples, names=names, table=table.table)
    trained_on = record.features.width
    if trained_on not in (None, found.width):
        raise UserError(
            f"{samples}: {found.width} columns are selected, but the model was trained on {trained_on}. Choose the "
            "columns that correspond to those of the training samples."
        )
    return found


def names(features: "DenseTable", record: "Record") -> list[str]:
    """Return the names of the features, of the samples or the training, or else their numbers."""
    return list(
        features.names or record.features.names or [f"column {number}" for number in range(1, features.width + 1)]
    )


def truth(table: ChosenTable | None, record: "Record", given: list, features: "DenseTable") -> "targets.Target | None":
    """Read the true labels or values as a `targets.Target`, or return None where none are given."""
    from dltools.data import input_tables, outputs

    if table is None:
        return None
    dataset, header = table.dataset, table.header
    values: list[np.ndarray] | np.ndarray
    if record.target.kind == target_kinds.REGRESSION:
        numbers = tables.read_numbers(dataset, header, dtype=np.float64)
        values, names, rows = numbers.values, numbers.names, len(numbers.values)
    else:
        values, names, _ = input_tables.label_columns(ChosenTable(dataset, header, tables.ALL_COLUMNS))
        rows = len(values[0])
    label_tables.check_lengths(dataset, rows, features.source, len(features), "labels")
    return outputs.known(outputs.Columns(values, names, dataset), record.target, given, record.builder.training)


def _read(dataset: Dataset, columns: Columns) -> tables.NumberTable:
    """Read the samples, whose first line names the features unless it holds numbers like the lines below."""
    first = tsv.first_line(dataset)
    if first.alone:
        raise UserError(
            f"{dataset} holds names but no samples. Choose the table of samples that the model was tested on."
        )
    numbers = all(is_number(cell) or is_boolean(cell) for cell in first.cells)
    header = first.marked or columns.mode.endswith("header_name") or not numbers
    return tables.read_numbers(dataset, header, columns, threads=2)


def _in_trained_order(table: tables.NumberTable, names: tuple[str, ...] | None, dataset: Dataset) -> tables.NumberTable:
    """Return the columns in the order of the training's, where both have names."""
    if not names or table.names is None or table.names == list(names):
        return table
    wanted = [name if name in table.names else unmarked(name) for name in names]
    order = name_positions(table.names, wanted, dataset, "columns")
    source = table.table and table.table._replace(positions=[table.table.positions[position] for position in order])
    return tables.NumberTable(table.values[:, order], list(names), table.first_line, source)
