"""Samples of a file are shuffled: each comes once an epoch, in batches from all over the file."""

import numpy as np
import pytest

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.data import shuffling
from dltools.data.dense_table import DenseTable

ROWS, WIDTH = 1000, 4
VALUES = np.arange(ROWS * WIDTH, dtype=np.float32).reshape(ROWS, WIDTH)
POSITIONS = np.flatnonzero(np.arange(ROWS) % 5)


@pytest.fixture(autouse=True)
def little_room(monkeypatch):
    """Runs of 10 rows, of which 20 are held together."""
    monkeypatch.setattr(shuffling, "RUN_BYTES", 10 * WIDTH * 4)
    monkeypatch.setattr(memory, "held_bytes", lambda: 200 * WIDTH * 4)


def drawn(positions=POSITIONS, size=32, seed=1):
    samples = DenseTable(values=VALUES, source=Dataset("x", "x"))
    return list(shuffling.batches(samples, positions, size, np.random.default_rng(seed)))


@pytest.mark.parametrize("size", [1, 32, 150, 800, 5000])
@pytest.mark.parametrize("positions", [POSITIONS, POSITIONS[:32], POSITIONS[:3]])
def test_each_sample_comes_once_in_full_batches(positions, size):
    found = drawn(positions, size)
    places = np.concatenate([chosen for _, chosen in found])
    np.testing.assert_array_equal(np.sort(places), positions)
    np.testing.assert_array_equal(np.concatenate([rows for rows, _ in found]), VALUES[places])
    assert [len(rows) for rows, _ in found[:-1]] == [size] * (-(-len(positions) // size) - 1)


def test_a_batch_is_from_all_over_the_file():
    for _, places in drawn()[:-1]:
        assert len(np.unique(places // 100)) >= 5
        assert not (np.diff(places) > 0).all()


def test_the_order_is_that_of_the_seed():
    def order(seed):
        return np.concatenate([places for _, places in drawn(seed=seed)]).tolist()

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_no_more_is_read_than_there_is_room_for_and_a_few_runs(monkeypatch):
    read, real = [], DenseTable.take
    monkeypatch.setattr(DenseTable, "take", lambda self, places: read.append(len(places)) or real(self, places))
    samples = DenseTable(values=VALUES, source=Dataset("x", "x"))
    batches = shuffling.batches(samples, POSITIONS, 32, np.random.default_rng(1))
    next(batches)
    # What is being read ends with the batches.
    batches.close()
    assert 200 <= sum(read) <= 200 + shuffling.AHEAD * 10
