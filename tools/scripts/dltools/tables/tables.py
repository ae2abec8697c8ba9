"""Reading and writing whole tables: a native parser, straight into one array.

The blocks that `blocks` cuts a table into are parsed on threads of their own and copied to their
places in an array that was made once, so the peak of memory is that array and a few blocks.
"""

import contextlib
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.files import replacing
from dltools.tables import blocks, distinct, stored, tsv
from dltools.tables.columns import ALL_COLUMNS, Columns, column_selection

__all__ = [
    "ALL_COLUMNS", "Columns", "NumberTable", "TextTable", "column_selection", "count_columns", "count_rows",
    "read_numbers", "read_numbers_of", "read_text", "write_table", "writing",
]  # fmt: skip


# What is written: arrays of one length.
_Written = Sequence[Sequence | np.ndarray]


class NumberTable(NamedTuple):
    """A table of numbers.

    `values` is a C-contiguous array (rows, columns) of finite numbers, float32 or float64, with 1 for True and 0 for
    False. `names` holds the header's names of these columns, or is None if the table has no header. `first_line` is the
    line number in the file of the first row. `table` tells where the columns stand in the file.
    """

    values: np.ndarray
    names: list[str] | None
    first_line: int = 1
    table: tsv.Source | None = None


class TextTable(NamedTuple):
    """A table of text, cells exactly as written.

    `columns` holds one object array (rows,) of str for each column; `names` and `first_line`
    are as in `NumberTable`.
    """

    columns: list[np.ndarray]
    names: list[str] | None
    first_line: int = 1


def read_numbers(
    dataset: Dataset,
    header: bool,
    columns: Columns = ALL_COLUMNS,
    threads: int = 1,
    dtype: type = np.float32,
    watched: bool = False,
) -> NumberTable:
    """Read columns of numbers from a tab-separated table, on `threads` threads.

    Parameters:
        dtype: of the array: float32, or float64 for numbers that are to be written or compared as the user wrote them.
        watched: whether a column of which float32 loses distinct values is refused.

    Raises:
        UserError: the table is irregular, a cell of these columns is no finite number, a
            column does not exist, or `header` contradicts the file.
    """
    return read_numbers_of(tsv.open_table(dataset, header, columns), threads, dtype, watched)


def read_numbers_of(
    source: tsv.Source,
    threads: int = 1,
    dtype: type = np.float32,
    watched: bool = False,
    made: Callable[[Dataset, int, int], stored.Stored] | None = None,
) -> NumberTable:
    """Read the wanted columns of a table that was looked at already, in their order there; see `read_numbers`.

    Parameters:
        made: called with dataset, rows and columns, makes room for them; by default in memory.
    """
    tsv.check_first_row(source)
    cut = blocks.cut(source)
    shape = sum(block.rows for block in cut), len(source.positions)
    if made is None:
        memory.check_table(source.dataset, *shape)
        kept: stored.Stored = stored.InMemory(*shape, dtype)
    else:
        kept = made(source.dataset, *shape)
    watch = distinct.Watch(source) if watched else None

    def place(block: blocks.Block) -> None:
        kept.put(block.row, blocks.number_rows(source, block, watch, dtype))

    for _ in blocks.in_order(place, cut, threads):
        pass
    if watch is not None:
        watch.check()
    return NumberTable(kept.values, source.selected_names, source.line, source)


def read_text(dataset: Dataset, header: bool, columns: Columns = ALL_COLUMNS, threads: int = 1) -> TextTable:
    """Read columns of text from a tab-separated table, on `threads` threads.

    Raises:
        UserError: the table is irregular, a cell of these columns is empty, a column does not
            exist, or `header` contradicts the file.
    """
    source = tsv.open_table(dataset, header, columns)
    parsed = blocks.in_order(lambda block: blocks.text_columns(source, block), blocks.cut(source), threads)
    table = TextTable(
        [np.concatenate(parts) for parts in zip(*parsed, strict=True)], source.selected_names, source.line
    )
    _check_no_header_missed(table, dataset)
    return table


def count_columns(dataset: Dataset, header: bool, columns: Columns = ALL_COLUMNS) -> int:
    """Return how many columns a selection has, from the first lines of the file alone.

    Raises:
        UserError: as `read_text`, so far as the first lines tell.
    """
    return len(tsv.open_table(dataset, header, columns).positions)


def count_rows(dataset: Dataset) -> int:
    """Return how many rows a table has, the first line counted among them unless a # marks it as a header.

    Raises:
        UserError: as `read_text`, so far as the first lines tell.
    """
    return sum(block.rows for block in blocks.cut(tsv.open_table(dataset, tsv.first_line(dataset).marked, ALL_COLUMNS)))


def _check_no_header_missed(table: TextTable, dataset: Dataset) -> None:
    """Refuse text above nothing but numbers: a header that was said not to be there."""
    if table.names is not None or len(table.columns[0]) < 2:
        return
    if any(tsv.is_number(column[0]) for column in table.columns):
        return
    if all(tsv.is_number(cell) for column in table.columns for cell in column[1:]):
        raise tsv.missed_header(dataset, table.columns[0][0], table.first_line)


def write_table(target: str | Path, names: list[str] | None, columns: _Written) -> None:
    """Write a tab-separated table onto `target`, whole or not at all.

    `columns` is a sequence of arrays (rows,) of one length, of integers, floats or text;
    `names` the header, or None for none. Floats are written with as many digits as their type
    needs to be read back the same.
    """
    with writing(target) as write:
        write(names, columns)


@contextlib.contextmanager
def writing(target: str | Path) -> Iterator[Callable[[list[str] | None, _Written], None]]:
    """Yield a function that writes rows to a table; the table is moved onto `target` once all are written.

    The function takes `names` and `columns` as `write_table` does, and is called once for each stretch of rows;
    the first call's names become the header.
    """
    with replacing(target) as path, open(path, "wb") as handle:

        def write(names: list[str] | None, columns: _Written) -> None:
            if names is not None and not handle.tell():
                handle.write(_delimited([names]))
            _write_rows(handle, [_writable(column) for column in columns])

        yield write


def _write_rows(handle: BinaryIO, arrays: list[pa.Array]) -> None:
    if any(pa.types.is_string(array.type) for array in arrays):
        # Arrow would put every text in quotes, or refuse those that need them.
        texts = [array.cast(pa.string()).to_pylist() for array in arrays]
        handle.write(_delimited(zip(*texts, strict=True)))
        return
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t")
    batch = pa.RecordBatch.from_arrays(arrays, [str(i) for i in range(len(arrays))])
    pyarrow.csv.write_csv(batch, handle, options)


def _writable(column: Sequence | np.ndarray) -> pa.Array:
    """Return a column as Arrow writes it: True as 1 and False as 0."""
    # What is in another byte order is left to `pa.array`, which refuses it.
    if isinstance(column, np.ndarray) and column.dtype.kind in "biuf" and column.dtype.isnative:
        numbers = np.ascontiguousarray(column.view(np.uint8) if column.dtype.kind == "b" else column)
        # `pa.array` would load NumPy's masked arrays, which takes as long as reading a table of labels.
        return pa.Array.from_buffers(pa.from_numpy_dtype(numbers.dtype), len(numbers), [None, pa.py_buffer(numbers)])
    array = pa.array(column)
    return array.cast(pa.uint8()) if pa.types.is_boolean(array.type) else array


def _delimited(rows: Iterable[Sequence]) -> bytes:
    text = io.StringIO(newline="")
    plain = csv.writer(text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    # In a line that begins with # all cells stand in quotes, or it would be read as a comment.
    marked = csv.writer(text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        (marked if str(row[0]).startswith("#") else plain).writerow(row)
    return text.getvalue().encode()
