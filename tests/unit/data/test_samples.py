"""Every kind of samples keeps what the protocol promises: the same rows, columns, fingerprints and order, whatever holds them."""

import dataclasses

import numpy as np
import pytest
import scipy.sparse

from dltools.core.dataset import Dataset
from dltools.data import samples
from dltools.data.dense_table import DenseTable
from dltools.data.side_by_side import SideBySide
from dltools.data.sparse_matrix import SparseMatrix
from dltools.tables import stored

SOURCE = Dataset("x", "x")
ROWS, COLUMNS = 40, 300
# Few different values, so that rows repeat; more columns than are looked at first; a 0 of either sign.
VALUES = np.random.default_rng(0).choice(
    np.array([0, -0.0, 1, 2.5], np.float32), (ROWS, COLUMNS), p=[0.4, 0.4, 0.1, 0.1]
)
VALUES[7] = VALUES[3]
VALUES[21] = np.where(VALUES[3] == 0, -VALUES[3], VALUES[3])
VALUES[30] = VALUES[3]
VALUES[30, -1] += 1


def dense(values):
    return DenseTable(values=np.ascontiguousarray(values), source=SOURCE)


def in_file(values, glanced=False):
    kept = stored.InFile(*values.shape, glanced=glanced)
    for first in range(0, len(values), 7):
        kept.put(first, values[first : first + 7])
    return dataclasses.replace(dense(values), values=kept.values)


def sparse(values):
    return SparseMatrix(matrix=scipy.sparse.csr_array(values), source=SOURCE)


KINDS = {
    "one table": dense(VALUES),
    "one table in a file": in_file(VALUES),
    "one table in a file, glanced at before": in_file(VALUES, glanced=True),
    "a sparse matrix": sparse(VALUES),
    "tables side by side": SideBySide(parts=tuple(map(dense, np.split(VALUES, [1, 120], axis=1))), names=None),
    "a table in a file beside one in memory": SideBySide(
        parts=(in_file(VALUES[:, :120]), dense(VALUES[:, 120:])), names=None
    ),
    "a table beside a matrix": SideBySide(parts=(dense(VALUES[:, :200]), sparse(VALUES[:, 200:])), names=None),
}  # fmt: skip
pytestmark = pytest.mark.parametrize("kind", KINDS)


def test_size_and_spec(kind):
    found = KINDS[kind]
    assert (len(found), found.width, found.spec.width, found.source) == (ROWS, COLUMNS, COLUMNS, SOURCE)
    assert found.spec.tables == (tuple(part.width for part in found.parts) if hasattr(found, "parts") else ())


@pytest.mark.parametrize("positions", [np.array([5, 0, 39, 5]), slice(10, 13), np.array([], np.int64)])
def test_rows_are_taken_in_the_order_asked_for(kind, positions):
    found = KINDS[kind].take(positions)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, VALUES[positions])


def test_only_what_is_all_in_memory_says_so(kind):
    assert KINDS[kind].in_memory is ("file" not in kind)


def test_memory_that_is_held_is_told(kind):
    table = VALUES.nbytes
    told = {
        "a sparse matrix": KINDS["a sparse matrix"].held_bytes,
        "a table in a file beside one in memory": table * 180 // 300,
    }
    expected = told.get(kind, 0 if "file" in kind else table)
    if kind == "a table beside a matrix":
        matrix = KINDS[kind].parts[1].matrix
        expected = table * 200 // 300 + matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
    assert KINDS[kind].held_bytes == expected > -1


@pytest.mark.parametrize(("first", "last"), [(0, COLUMNS), (0, 1), (1, 2), (119, 121), (100, 250), (299, 300)])
@pytest.mark.parametrize("positions", [slice(None), np.array([9, 2])])
def test_columns_are_those_of_the_whole(kind, first, last, positions):
    np.testing.assert_array_equal(KINDS[kind].columns(first, last, positions), VALUES[:, first:last][positions])


def test_samples_are_the_same_when_some_are_gathered(kind):
    KINDS[kind].gather(np.arange(0, ROWS, 3))
    for positions in (np.arange(0, ROWS, 3), np.array([5, 0, 39, 5])):
        np.testing.assert_array_equal(KINDS[kind].take(positions), VALUES[positions])


def test_fingerprints_are_equal_where_rows_are(kind):
    found = KINDS[kind].fingerprints()
    assert found[3] == found[7] == found[21]
    assert len(np.unique(found)) == len(np.unique(VALUES + 0, axis=0)) == ROWS - 2


def test_a_stream_hands_out_every_row_once(kind):
    stream = samples.in_order(KINDS[kind])
    assert (len(stream), stream.width, stream.source) == (ROWS, COLUMNS, SOURCE)
    np.testing.assert_array_equal(np.vstack([stream.next(size) for size in (1, 20, 19)]), VALUES)


def test_a_place_is_said_of_the_source_that_it_is_in(kind):
    found = KINDS[kind]
    assert found.place(4, 0) == f"'x', row 5, column 1{' of the matrix' if kind == 'a sparse matrix' else ''}"
    if kind == "a table beside a matrix":
        assert found.place(4, 205) == "'x', row 5, column 6 of the matrix"
