"""Numbers that are equal where rows are, so that equal rows among many are found without comparing each pair."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

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
    return _of_rows(values, _dense)


def of_sparse(matrix: "scipy.sparse.csr_array") -> np.ndarray:
    """Return int64 (rows,), equal where the rows of a sparse matrix are."""
    return _of_rows(matrix, _sparse)


def mixed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return numbers that tell pairs of numbers, int64 (rows,) each."""
    return first ^ (second * 0x9E3779B97F4A7C1 + 1)


def _of_rows(values: "np.ndarray | scipy.sparse.csr_array", hashed: Callable[..., Iterator[int]]) -> np.ndarray:
    columns = values.shape[1]
    if columns <= 2 * _GLANCE:
        return _of_all(values, hashed)
    # Few rows are equal in some columns already; only these need a look at all.
    found = _of_all(values[:, :: columns // _GLANCE], hashed)
    _, places, counts = np.unique(found, return_inverse=True, return_counts=True)
    alike = np.flatnonzero(counts[places] > 1)
    step = max(1, _BLOCK_BYTES // (values.dtype.itemsize * columns))
    for first in range(0, len(alike), step):
        chosen = alike[first : first + step]
        found[chosen] = mixed(found[chosen], _of_all(values[chosen], hashed))
    return found


def _of_all(values: "np.ndarray | scipy.sparse.csr_array", hashed: Callable[..., Iterator[int]]) -> np.ndarray:
    rows, columns = values.shape
    found = np.empty(rows, np.int64)
    step = max(1, _BLOCK_BYTES // max(1, values.dtype.itemsize * columns))
    for first in range(0, rows, step):
        block = values[first : first + step]
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
