"""Reading and writing tables: a native parser, straight into one array.

A table is cut into blocks of whole lines. Each block is parsed by Arrow on a thread of its own
and copied to its place in an array that was made once, so the peak of memory is that array and
a few blocks. Nothing is guessed: no cell is taken for missing, no line is skipped, and whatever
the parser refuses is named by `table_faults`.
"""

import csv
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from . import table_faults, tsv
from .columns import ALL_COLUMNS, Columns, column_selection
from .errors import UserError, one_line
from .files import replacing
from .parameters import Dataset

if TYPE_CHECKING:
    import scipy.sparse

__all__ = [
    "ALL_COLUMNS", "Columns", "NumberTable", "TextTable", "column_selection", "count_columns",
    "read_numbers", "read_sparse", "read_text", "write_table",
]  # fmt: skip

_BLOCK_BYTES = 1 << 21
# Arrow's cost for a column of a block is that of about as many cells.
_BLOCK_ROWS = 64


class NumberTable(NamedTuple):
    """A table of numbers.

    `values` is a C-contiguous float32 array (rows, columns) of finite numbers. `names` holds
    the header's names of these columns, or is None if the table has no header.
    """

    values: np.ndarray
    names: list[str] | None


class TextTable(NamedTuple):
    """A table of text, cells exactly as written.

    `columns` holds one object array (rows,) of str for each column; `names` is as in
    `NumberTable`.
    """

    columns: list[np.ndarray]
    names: list[str] | None

    @property
    def first_line(self) -> int:
        """Line number in the file of the first row."""
        return 1 if self.names is None else 2


class _Block(NamedTuple):
    """Whole lines of a table: where they lie in the file, and which rows they are."""

    offset: int
    size: int
    row: int
    rows: int


def read_numbers(dataset: Dataset, header: bool, columns: Columns = ALL_COLUMNS, threads: int = 1) -> NumberTable:
    """Read columns of numbers from a tab-separated table, on `threads` threads.

    Raises:
        UserError: the table is irregular, a cell of these columns is no finite number, a
            column does not exist, or `header` contradicts the file.
    """
    source = tsv.open_table(dataset, header, columns)
    tsv.check_first_row(source)
    blocks = _blocks(source)
    values = np.empty((sum(block.rows for block in blocks), len(source.positions)), np.float32)

    def place(block: _Block) -> None:
        values[block.row : block.row + block.rows] = _number_rows(source, block)

    for _ in _in_order(place, blocks, threads):
        pass
    return NumberTable(values, source.selected_names)


def read_text(dataset: Dataset, header: bool, columns: Columns = ALL_COLUMNS, threads: int = 1) -> TextTable:
    """Read columns of text from a tab-separated table, on `threads` threads.

    Raises:
        UserError: the table is irregular, a cell of these columns is empty, a column does not
            exist, or `header` contradicts the file.
    """
    source = tsv.open_table(dataset, header, columns)
    blocks = _in_order(lambda block: _text_columns(source, block), _blocks(source), threads)
    table = TextTable([np.concatenate(parts) for parts in zip(*blocks, strict=True)], source.selected_names)
    _check_no_header_missed(table, dataset)
    return table


def count_columns(dataset: Dataset, header: bool, columns: Columns = ALL_COLUMNS) -> int:
    """Return how many columns a selection has, from the first lines of the file alone.

    Raises:
        UserError: as `read_text`, so far as the first lines tell.
    """
    return len(tsv.open_table(dataset, header, columns).positions)


def _in_order(task: Callable, blocks: list[_Block], threads: int) -> Iterator:
    """Yield what `task` returns for each block; the first failing block's error is raised."""
    with ThreadPoolExecutor(max(1, threads)) as pool:
        yield from pool.map(task, blocks)


def _blocks(source: tsv.Source) -> list[_Block]:
    """Cut the rows of a table into blocks, and count them."""
    blocks = []
    row = 0
    with open(source.dataset.path, "rb") as handle:
        offset = handle.seek(source.start)
        size = max(_BLOCK_BYTES, _BLOCK_ROWS * len(handle.readline()))
        handle.seek(offset)
        while data := handle.read(size) + handle.readline():
            rows = data.count(b"\n") + (not data.endswith(b"\n"))
            blocks.append(_Block(offset, len(data), row, rows))
            offset += len(data)
            row += rows
    return blocks


def _bytes(source: tsv.Source, block: _Block) -> bytes:
    with open(source.dataset.path, "rb") as handle:
        handle.seek(block.offset)
        return handle.read(block.size)


def _parse(source: tsv.Source, data: bytes, rows: int, kind: pa.DataType) -> pa.RecordBatch | None:
    """Parse a block into columns of one type, or return None if it is irregular."""
    # Names by position: those of the header may be there twice.
    wanted = [str(position) for position in source.positions]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            pyarrow.csv.ReadOptions(
                column_names=[str(position) for position in range(source.width)],
                block_size=len(data),
                use_threads=False,
            ),
            pyarrow.csv.ParseOptions(delimiter="\t", ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, kind), include_columns=wanted, null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        return None
    batches = table.to_batches()
    # A quoted cell that reaches over lines, or a lone carriage return, changes the number.
    return batches[0] if len(batches) == 1 and batches[0].num_rows == rows else None


def _number_types(data: bytes) -> list[pa.DataType]:
    """Return the types to try, in order, for a block of numbers."""
    # Arrow refuses what underflows, such as small p-values; by way of 64 bits they become 0.
    types = [pa.float32(), pa.float64()]
    # Whole numbers are parsed in two thirds of the time. Arrow would take 0x1F for one, too.
    if not any(sign in data for sign in (b".", b"x", b"X")):
        types.insert(0, pa.int32())
    return types


def _number_rows(source: tsv.Source, block: _Block) -> np.ndarray:
    data = _bytes(source, block)
    for kind in _number_types(data):
        batch = _parse(source, data, block.rows, kind)
        if batch is not None:
            with np.errstate(over="ignore"):
                values = batch.to_tensor(row_major=True).to_numpy().astype(np.float32, copy=False)
            if np.isfinite(values).all():
                return values
    line = source.line + block.row
    raise table_faults.first_fault(source, data, line, table_faults.number_fault)


def _text_columns(source: tsv.Source, block: _Block) -> list[np.ndarray]:
    data = _bytes(source, block)
    batch = _parse(source, data, block.rows, pa.string())
    if batch is None or any(map(_has_blank, batch.columns)):
        line = source.line + block.row
        raise table_faults.first_fault(source, data, line, table_faults.empty_fault)
    return [column.to_numpy(zero_copy_only=False) for column in batch.columns]


def _has_blank(column: pa.Array) -> bool:
    trimmed = pyarrow.compute.utf8_trim_whitespace(column)
    return pyarrow.compute.any(pyarrow.compute.equal(trimmed, "")).as_py()


def _check_no_header_missed(table: TextTable, dataset: Dataset) -> None:
    """Refuse text above nothing but numbers: a header that was said not to be there."""
    if table.names is not None or len(table.columns[0]) < 2:
        return
    if any(tsv.is_number(column[0]) for column in table.columns):
        return
    if all(tsv.is_number(cell) for column in table.columns for cell in column[1:]):
        raise tsv.missed_header(dataset, table.columns[0][0])


def read_sparse(dataset: Dataset) -> "scipy.sparse.csr_array":
    """Read a sparse matrix (rows, columns) of float32 from Matrix Market text.

    Raises:
        UserError: the file is no such text, or holds complex, missing or infinite numbers.
    """
    import scipy.io
    import scipy.sparse

    try:
        matrix = scipy.io.mmread(dataset.path)
    except (ValueError, OverflowError) as error:
        raise UserError(
            f"{dataset} cannot be read as a sparse matrix in Matrix Market text, whose first line "
            f"begins with %%MatrixMarket: {one_line(error)}"
        ) from None
    if np.iscomplexobj(matrix):
        raise UserError(f"{dataset}: holds complex numbers. Only real ones can be used.")
    with np.errstate(over="ignore"):
        matrix = scipy.sparse.csr_array(matrix, dtype=np.float32)
    if not np.isfinite(matrix.data).all():
        row = np.searchsorted(matrix.indptr, np.flatnonzero(~np.isfinite(matrix.data))[0], "right")
        raise UserError(f"{dataset}: row {row} of the matrix holds a missing or infinite number.")
    return matrix


def write_table(target, names: list[str] | None, columns) -> None:
    """Write a tab-separated table onto `target`, whole or not at all.

    `columns` is a sequence of arrays (rows,) of one length, of integers, floats or text;
    `names` the header, or None for none. Floats are written with as many digits as their type
    needs to be read back the same.
    """
    arrays = [_writable(column) for column in columns]
    with replacing(target) as path, open(path, "wb") as handle:
        if names is not None:
            handle.write(_delimited([names]))
        if any(pa.types.is_string(array.type) for array in arrays):
            # Arrow would put every text in quotes, or refuse those that need them.
            texts = [array.cast(pa.string()).to_pylist() for array in arrays]
            handle.write(_delimited(zip(*texts, strict=True)))
        else:
            options = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t")
            batch = pa.RecordBatch.from_arrays(arrays, [str(i) for i in range(len(arrays))])
            pyarrow.csv.write_csv(batch, handle, options)


def _writable(column) -> pa.Array:
    array = pa.array(column)
    return array.cast(pa.uint8()) if pa.types.is_boolean(array.type) else array


def _delimited(rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
