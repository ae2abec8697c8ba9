"""The samples that a form names: one table, a table for each input of a network, or a sparse matrix.

Several tables are read side by side into one wide one, whose columns are divided among the network's inputs again
where the rows are fed (see `batches`).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed
from dltools.data import batches
from dltools.forms.parameters import boolean, dataset
from dltools.tables import streams, tables, tsv
from dltools.tables.columns import Columns, column_selection

HEADER = "Does the dataset contain header"


class Table(NamedTuple):
    """A table that a form names: the dataset, whether it has a header, and which columns are meant."""

    dataset: Dataset
    header: bool
    columns: Columns


class Opened(NamedTuple):
    """Samples that are about to be read, in order: `take` returns the next rows, float32 (rows, `width`)."""

    take: Callable[[int], np.ndarray]
    rows: int
    width: int
    widths: tuple[int, ...]
    source: Dataset
    # `tsv.Source` of each table, from left to right; empty for a sparse matrix.
    sources: tuple = ()


def table_of(form: dict, key: str, label: str) -> Table:
    """Return the table that a form's parameters ``infile_<key>``, ``header_<key>`` and so on name.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    source = dataset(form[f"infile_{key}"], label)
    selector, column = f"selected_column_selector_option_{key}", f"col_{key}"
    columns = column_selection(form[f"column_selector_options_{key}"], selector, column, f"Columns of {source}")
    return Table(source, boolean(form[f"header_{key}"]), columns)


def tables_of(form: dict) -> list[Table]:
    """Return the tables that `input_options` names, one for each input or one for all."""
    source = dataset(form["infile1"], "Training samples dataset")
    columns = column_selection(
        form["column_selector_options_1"], "selected_column_selector_option", "col1", f"Columns of {source}"
    )
    first = Table(source, boolean(form["header1"]), columns)
    return [first, *(table_of(entry, "input", "Further input") for entry in form.get("further_inputs") or [])]


def target_table(form: dict) -> Table:
    """Return the table of the target that `input_options` of a training run names."""
    source = dataset(form["infile2"], "Dataset containing class labels or target values")
    columns = column_selection(
        form["column_selector_options_2"], "selected_column_selector_option2", "col2", f"Columns of {source}"
    )
    return Table(source, boolean(form["header2"], "header2"), columns)


def read(form: dict, threads: int, trained_on: dict | None = None) -> batches.Features:
    """Read all samples that `input_options` names, dense or sparse.

    Parameters:
        trained_on: of a model to train further, see `facts`: its columns are found as `open_for` finds them.

    Raises:
        UserError: a table that is no good, tables of different lengths, or other columns than those trained on.
    """
    if form["selected_input"] == "sparse":
        source = dataset(form["infile1"], "Training samples dataset")
        return _as_trained(batches.Features(tables.read_sparse(source, watched=True), None, source), trained_on)
    chosen = tables_of(form)
    opened = [tsv.open_table(*table) for table in chosen] if trained_on is None else _sources(chosen, trained_on)
    first, *further = [tables.read_numbers_of(source, threads, watched=True) for source in opened]
    source = chosen[0].dataset
    if not further:
        return _as_trained(batches.Features(first.values, first.names, source, sources=(first.table,)), trained_on)
    for table, found in zip(chosen[1:], further, strict=True):
        check_lengths(source, len(first.values), table.dataset, len(found.values))
    every = [first, *further]
    headers = [table.names for table in every if table.names]
    names = [name for header in headers for name in header] if len(headers) == len(every) else None
    widths = tuple(table.values.shape[1] for table in every)
    read_from = tuple(table.table for table in every)
    return _as_trained(
        batches.Features(np.hstack([table.values for table in every]), names, source, widths, read_from), trained_on
    )


def _as_trained(features: batches.Features, trained_on: dict | None) -> batches.Features:
    """Check the number of columns of a model to train further, and give them the names that it knows them by."""
    if trained_on is None:
        return features
    _check_count(features.source, features.width, trained_on)
    return features._replace(names=trained_on["names"])


def _check_count(source: Dataset, count: int, trained_on: dict) -> None:
    if trained_on["count"] not in (None, count):
        raise UserError(
            f"{source}: has {count} columns, but the model was trained on {trained_on['count']}. "
            "Choose the columns that correspond to those of the training samples."
        )


def facts(features: batches.Features) -> dict:
    """Return what a model file says of the samples that it was trained on."""
    found = {"count": features.width, "names": features.names}
    return found | ({"tables": list(features.widths)} if features.widths else {})


def open_for(form: dict, trained_on: dict, threads: int) -> Opened:
    """Open the samples that `input_options` names, for a model that was trained on others.

    A table whose header has the names of the training's columns is read in the order of these, columns of one name in
    the order in which they come; without names on both sides the order counts, and the number.

    Parameters:
        trained_on: see `facts`.

    Raises:
        UserError: columns that are missing, or another number of them.
    """
    if form["selected_input"] == "sparse":
        opened = [streams.sparse(dataset(form["infile1"], "Training samples dataset"))]
    else:
        opened = [streams.numbers(source, threads) for source in _sources(tables_of(form), trained_on)]
    first = opened[0]
    for other in opened[1:]:
        check_lengths(first.source, first.rows, other.source, other.rows)
    width = sum(stream.width for stream in opened)
    _check_count(first.source, width, trained_on)
    widths = tuple(stream.width for stream in opened) if len(opened) > 1 else ()
    sources = tuple(stream.table for stream in opened if stream.table)
    return Opened(
        lambda rows: _beside([stream.take(rows) for stream in opened]), first.rows, width, widths, first.source, sources
    )


def _beside(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.hstack(parts)


def _sources(chosen: list[Table], trained_on: dict) -> list[tsv.Source]:
    """Look at the tables; order the columns of each as in training, where both have names."""
    widths = trained_on.get("tables") or [trained_on["count"]]
    # A network from elsewhere says nothing of tables: one for each input will do, and one for all.
    widths = [None] if len(chosen) == 1 and set(widths) == {None} else widths
    if len(chosen) != len(widths):
        raise UserError(
            f"{chosen[0].dataset}: the model was trained on {len(widths)} tables of {listed(widths)} columns, but "
            f"{len(chosen)} are given. Give one for each, in the same order, by 'Further input tables'."
        )
    ends = np.cumsum([width or 0 for width in widths])
    found = []
    for table, width, end in zip(chosen, widths, ends, strict=True):
        source = tsv.open_table(*table)
        names = trained_on["names"][end - width : end] if trained_on["names"] else None
        if source.names is None and names is not None:
            print(
                f"{table.dataset}: has no header, so its columns are taken in the order of those that the model was "
                "trained on."
            )
        own = source.selected_names
        found.append(source if own is None or names is None else streams.by_names(source, own, names))
    return found


def check_lengths(first: Dataset, rows: int, other: Dataset, count: int) -> None:
    """Refuse two tables of different lengths that belong together row by row.

    Raises:
        UserError: says both lengths.
    """
    if count == rows:
        return
    hint = "Each sample needs exactly one row in both."
    if abs(count - rows) == 1:
        hint = f"They differ by one, so one of the two settings '{HEADER}' is probably wrong."
    raise UserError(f"{first} has {rows} rows, but {other} has {count}. {hint}")
