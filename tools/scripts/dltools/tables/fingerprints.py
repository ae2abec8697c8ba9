"""Numbers that are equal where rows are, so that equal rows among many are found without comparing each pair."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from dltools.core.memory import CELL_BYTES

if TYPE_CHECKING:
    import scipy.sparse

# Bytes of the rows that are looked at together.
_BLOCK_BYTES = 1 << 22
# Of tables with more than twice as many columns, so many are looked at first.
_GLANCE = 64


def of_array(values: np.ndarray) -> np.ndarray:
    """Return int64 (rows,), equal where the rows of an array (rows, columns) are.

    Python's hash of bytes has 64 bits and a secret of its own in every process: among a million rows, two different
    ones are taken for equal once in 40 million runs.
    """
    return of_taken(lambda rows: values[rows], values.shape[0], values.shape[1])


def of_taken(
    take: Callable[[np.ndarray | slice], np.ndarray], rows: int, columns: int, glances: np.ndarray | None = None
) -> np.ndarray:
    """Return the same of rows that are taken some at a time.

    Parameters:
        take: returns rows by position, (rows, columns).
        glances: of all rows, where they were kept, so that few have to be taken.
    """
    return _of_rows(take, rows, columns, _dense, glances)


def glances(rows: np.ndarray) -> np.ndarray:
    """Return int64 (rows,), equal where the rows of an array are in the columns that are looked at first."""
    return np.fromiter(_dense(rows[:, :: _apart(rows.shape[1])], range(len(rows))), np.int64, len(rows))


def of_sparse(matrix: "scipy.sparse.csr_array") -> np.ndarray:
    """Return int64 (rows,), equal where the rows of a sparse matrix are."""
    return _of_rows(lambda rows: matrix[rows], matrix.shape[0], matrix.shape[1], _sparse)


def mixed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return numbers that tell pairs of numbers, int64 (rows,) each."""
    return first ^ (second * 0x9E3779B97F4A7C1 + 1)


def _apart(columns: int) -> int:
    """Return how far apart the columns are that are looked at first: of few columns all."""
    return columns // _GLANCE if columns > 2 * _GLANCE else 1


def _of_rows(
    take: Callable, rows: int, columns: int, hashed: Callable[..., Iterator[int]], glanced: np.ndarray | None = None
) -> np.ndarray:
    apart = _apart(columns)
    if glanced is None:
        found = _of_some(lambda chosen: take(chosen)[:, ::apart], np.arange(rows), columns, hashed)
    else:
        found = glanced.copy()
    if apart == 1:
        return found
    # Few rows are equal in some columns already; only these need a look at all.
    _, places, counts = np.unique(found, return_inverse=True, return_counts=True)
    alike = np.flatnonzero(counts[places] > 1)
    found[alike] = mixed(found[alike], _of_some(take, alike, columns, hashed))
    return found


def _of_some(take: Callable, positions: np.ndarray, columns: int, hashed: Callable[..., Iterator[int]]) -> np.ndarray:
    found: np.ndarray = np.empty(len(positions), np.int64)
    step = max(1, _BLOCK_BYTES // (CELL_BYTES * max(1, columns)))
    for first in range(0, len(positions), step):
        chosen = positions[first : first + step]
        together = chosen[-1] - chosen[0] == len(chosen) - 1
        block = take(slice(int(chosen[0]), int(chosen[-1]) + 1) if together else chosen)
        found[first : first + step] = [*hashed(block, range(block.shape[0]))]
    return found


def _dense(block: np.ndarray, rows: range) -> Iterator[int]:
    # Adding 0 makes 0 of -0, which is the same number in other bytes.
    data = (block + block.dtype.type(0)).tobytes()
    size = len(data) // max(1, len(rows))
    return (hash(data[row * size : (row + 1) * size]) for row in rows)


def _sparse(block: "scipy.sparse.csr_array", rows: range) -> Iterator[int]:
    block = block.copy()
    block.sum_duplicates()
    block.eliminate_zeros()
    for row in rows:
        place = slice(block.indptr[row], block.indptr[row + 1])
        yield hash((block.indices[place].tobytes(), block.data[place].tobytes()))
