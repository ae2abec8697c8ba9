"""Wide samples: what looks at them holds few of them at a time, dense or sparse."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse

from dltools.core.dataset import Dataset
from dltools.data import batches, scaling
from dltools.data.dense_table import DenseTable
from dltools.data.sparse_matrix import SparseMatrix

SOURCE = Dataset("x", "x")
ROWS, COLUMNS = 2000, 3000


def peak_of(function, *given):
    """Return how many bytes a call has allocated at most."""
    tracemalloc.start()
    function(*given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@pytest.fixture(scope="module")
def matrix():
    made = scipy.sparse.random_array((ROWS, COLUMNS), density=0.2, rng=np.random.default_rng(0), dtype=np.float32)
    return SparseMatrix(matrix=scipy.sparse.csr_array(made), source=SOURCE)


@pytest.mark.parametrize(
    ("first", "last", "positions"),
    [(0, COLUMNS, np.arange(5)), (0, COLUMNS, slice(7, 9)), (3, 4, np.arange(ROWS)), (3, 4, slice(None))],
)
def test_no_copy_is_made_of_the_matrix_for_a_few_rows_or_columns(first, last, positions, matrix):
    whole = matrix.matrix.data.nbytes + matrix.matrix.indices.nbytes
    assert peak_of(matrix.columns, first, last, positions) < whole / 50


def test_ranges_are_looked_at_few_numbers_at_a_time(monkeypatch):
    samples = DenseTable(values=np.random.default_rng(1).normal(5, 3, (300, 4000)).astype(np.float32), source=SOURCE)
    rows = np.arange(0, 300, 2)
    whole = scaling.ranges(samples, rows)
    monkeypatch.setattr(scaling, "CHUNK_NUMBERS", 8000)
    for found, expected in zip(scaling.ranges(samples, rows), whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert peak_of(scaling.ranges, samples, rows) < 150 * 4000 * 12 / 10


@pytest.mark.parametrize(
    ("shapes", "batch"),
    [([(784,)], 512), ([(4096,)], 512), ([(30_000,)], 69), ([(64, 64, 2), (16_384,)], 85), ([(10**7,)], 1)],
)
def test_fewer_wide_samples_are_predicted_at_a_time(shapes, batch):
    import keras

    inputs = [keras.Input(shape) for shape in shapes]
    ends = [keras.layers.Flatten()(tensor) for tensor in inputs]
    model = keras.Model(inputs, [keras.layers.Dense(1)(end) for end in ends])
    assert batches.prediction_batch(model) == batch
