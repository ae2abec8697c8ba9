"""Reading a table in pieces: blocks of whole lines, each parsed by Arrow on a thread of its own.

Nothing is guessed: no cell is taken for missing, no line is skipped, and whatever the parser
refuses is named by `table_faults`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from dltools.tables import distinct, table_faults, tsv
from dltools.tables.cells import FALSE, TRUE

_BLOCK_BYTES = 1 << 21
# Arrow's cost for a column of a block is that of about as many cells.
_BLOCK_ROWS = 64
_WIDE = 16


class Block(NamedTuple):
    """Whole lines of a table: where they lie in the file, and which rows they are."""

    offset: int
    size: int
    row: int
    rows: int


def in_order(task: Callable, blocks: list[Block], threads: int) -> Iterator:
    """Yield what `task` returns for each block; the first failing block's error is raised.

    No more than a few blocks are ahead of the one that is yielded, however slowly they are taken.
    """
    threads = max(1, threads)
    ahead: deque = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for block in blocks:
                ahead.append(pool.submit(task, block))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for task_ahead in ahead:
                task_ahead.cancel()


def cut(source: tsv.Source) -> list[Block]:
    """Cut the rows of a table into blocks, and count them."""
    found = []
    row = 0
    with open(source.path, "rb") as handle:
        offset = handle.seek(source.start)
        size = max(_BLOCK_BYTES, _BLOCK_ROWS * len(handle.readline()))
        handle.seek(offset)
        while offset < source.end:
            data = handle.read(min(size, source.end - offset))
            # The end is that of a line.
            data += handle.readline() if offset + len(data) < source.end else b""
            rows = data.count(b"\n") + (not data.endswith(b"\n"))
            found.append(Block(offset, len(data), row, rows))
            offset += len(data)
            row += rows
    return found


def _bytes(source: tsv.Source, block: Block) -> bytes:
    with open(source.path, "rb") as handle:
        handle.seek(block.offset)
        return handle.read(block.size)


def _parse(source: tsv.Source, data: bytes, rows: int, kind: pa.DataType) -> pa.RecordBatch | None:
    """Parse a block into columns of one type, or return None if it is irregular.

    Of numbers, columns of True and False come as booleans.
    """
    # Names by position: those of the header may be there twice.
    wanted = [str(position) for position in source.positions]
    types = dict.fromkeys(wanted, kind)
    if source.booleans and kind != pa.string():
        types |= {str(position): pa.bool_() for position in source.booleans.intersection(source.positions)}
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            pyarrow.csv.ReadOptions(
                column_names=[str(position) for position in range(source.width)],
                block_size=len(data),
                use_threads=False,
            ),
            pyarrow.csv.ParseOptions(delimiter=source.separator, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                column_types=types, include_columns=wanted, null_values=[], true_values=TRUE, false_values=FALSE
            ),
        )
    except pa.ArrowInvalid:
        return None
    batches = table.to_batches()
    # A quoted cell that reaches over lines, or a lone carriage return, changes the number.
    return batches[0] if len(batches) == 1 and batches[0].num_rows == rows else None


def _number_types(data: bytes, dtype: type) -> list[pa.DataType]:
    """Return the types to try, in order, for a block of numbers."""
    # Arrow refuses what underflows, such as small p-values; by way of 64 bits they become 0.
    types = [pa.float32(), pa.float64()] if dtype is np.float32 else [pa.float64()]
    # Whole numbers are parsed in two thirds of the time. Arrow would take 0x1F for one, too.
    if not any(sign in data for sign in (b".", b"x", b"X")):
        types.insert(0, pa.int32() if dtype is np.float32 else pa.int64())
    return types


def _numbers(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the columns with 1 for True and 0 for False, all of one type."""
    if not any(map(pa.types.is_boolean, batch.schema.types)):
        return batch
    return pa.RecordBatch.from_arrays([column.cast(pa.float64()) for column in batch.columns], batch.schema.names)


def number_rows(
    source: tsv.Source, block: Block, watch: "distinct.Watch | None" = None, dtype: type = np.float32
) -> np.ndarray:
    """Return a block's wanted cells as numbers (rows, columns).

    Parameters:
        watch: looks at them, if given.
        dtype: float32, or float64; the numbers are finite as float32 either way.

    Raises:
        UserError: the block is irregular, or a cell is no finite number.
    """
    data = _bytes(source, block)
    for kind in _number_types(data, dtype):
        batch = _parse(source, data, block.rows, kind)
        if batch is None:
            continue
        parsed = _numbers(batch).to_tensor(row_major=True).to_numpy()
        with np.errstate(over="ignore"):
            values = parsed.astype(dtype, copy=False)
            low, high = (ends.astype(np.float32) for ends in _ends(values))
        # Both are no number where a single cell is none.
        if np.isfinite(low).all() and np.isfinite(high).all():
            if watch is not None:
                watch.look(low, high, lambda columns: _exact(source, data, parsed, columns))  # noqa: B023
            return values
    line = source.line + block.row
    raise table_faults.first_fault(source, data, line, table_faults.number_fault)


def _ends(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest and the largest value of each column."""
    if values.shape[1] >= _WIDE:
        return values.min(axis=0), values.max(axis=0)
    # NumPy goes along short rows slowly.
    columns = np.ascontiguousarray(values.T)
    return columns.min(axis=1), columns.max(axis=1)


def _exact(source: tsv.Source, data: bytes, parsed: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return some columns of a block as float64 (rows, columns), parsed again if they were rounded to 32 bits."""
    if parsed.dtype == np.float32:
        chosen = source._replace(positions=[source.positions[column] for column in columns])
        return _numbers(_parse(chosen, data, len(parsed), pa.float64())).to_tensor(row_major=True).to_numpy()
    return parsed[:, columns].astype(np.float64)


def text_columns(source: tsv.Source, block: Block) -> list[np.ndarray]:
    """Return a block's wanted columns, each an object array (rows,) of str.

    Raises:
        UserError: the block is irregular, or a cell is empty.
    """
    data = _bytes(source, block)
    batch = _parse(source, data, block.rows, pa.string())
    columns = [] if batch is None else [column.to_numpy(zero_copy_only=False) for column in batch.columns]
    # Arrow's own functions on text take longer to import than to_categorical takes to read its labels.
    if batch is None or any("" in map(str.strip, column) for column in columns):
        line = source.line + block.row
        raise table_faults.first_fault(source, data, line, table_faults.empty_fault)
    return columns
