"""Rows that are kept in a file are taken from it as from memory."""

import collections
import errno
import os
from pathlib import Path

import numpy as np
import pytest

from dltools.tables import stored
from dltools.tables.disk import PAGE

# A row, of 80,000 bytes, is so long that none is read only because it lies between two others.
ROWS, COLUMNS = 300, 20_000
# Rows of 400 bytes, of which every fifth, shuffled, is to be taken again and again.
SHORT = np.random.default_rng(1).random((20_000, 100), np.float32)
CHOSEN = np.arange(3, len(SHORT), 5)


def in_file(values):
    """Return the same values kept in a file, which are put there in three parts and not in order."""
    found, third = stored.InFile(*values.shape), len(values) // 3
    for first, last in ((third, 2 * third), (0, third), (2 * third, len(values))):
        found.put(first, values[first:last])
    return found.values


def bytes_read(monkeypatch, values, positions):
    """Take rows; return how many bytes were read."""
    read, real = [], os.preadv
    with monkeypatch.context() as patch:
        patch.setattr(os, "preadv", lambda *given: read.append(real(*given)) or read[-1])
        stored.take(values, positions)
    return sum(read)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    values = np.random.default_rng(0).random((ROWS, COLUMNS), np.float32)
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("kept")
        patch.chdir(folder)
        found = in_file(values)
        assert not [*folder.iterdir()], "the file has a name, so that it stays when the job is killed"
    return values, found


@pytest.mark.parametrize(
    "positions",
    [
        slice(None),
        slice(10, 20),
        slice(290, 400),
        np.arange(0, ROWS, 3),
        np.array([299, 0, 150, 150, 1]),
        np.array([7]),
        np.array([], np.int64),
    ],
)
def test_rows_of_a_file_are_those_of_memory(kept, positions):
    values, in_file = kept
    found = stored.take(in_file, positions)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values[positions])
    np.testing.assert_array_equal(in_file[:, 5:9], values[:, 5:9])


def test_rows_far_apart_are_read_without_what_lies_between(kept, monkeypatch):
    values, in_file = kept
    rows = 3 * values.strides[0]
    # Whole pages, where the disk is read directly.
    assert rows <= bytes_read(monkeypatch, in_file, np.array([0, 1, 299])) <= rows + 3 * 2 * PAGE


@pytest.mark.parametrize("columns", [3, 300])
def test_equal_rows_are_found_without_reading_all(tmp_path, monkeypatch, columns):
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(0).random((500, columns), np.float32)
    values[400] = values[7]
    # Apart in a column that is not looked at first.
    values[300] = values[8]
    values[300, 1] += 1
    kept = stored.InFile(*values.shape, glanced=True)
    kept.put(0, values.astype(np.float64))
    read, real = [], os.preadv
    monkeypatch.setattr(os, "preadv", lambda *given: read.append(real(*given)) or read[-1])
    found = stored.fingerprints_of(kept.values)
    assert found[400] == found[7]
    assert len(np.unique(found)) == 499
    assert sum(read) <= 4 * (4 * columns + 2 * PAGE) < values.nbytes or columns == 3


@pytest.fixture
def short(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return in_file(SHORT)


@pytest.mark.parametrize("chosen", [CHOSEN, np.random.default_rng(0).permutation(CHOSEN)])
@pytest.mark.parametrize("positions", [CHOSEN, CHOSEN[10:20], CHOSEN[::-7], CHOSEN[:0], np.arange(9), slice(5, 900)])
def test_rows_are_the_same_when_some_are_gathered(short, chosen, positions):
    stored.gather(short, chosen)
    np.testing.assert_array_equal(stored.take(short, positions), SHORT[positions])


def test_what_lies_between_is_read_once(short, monkeypatch):
    rows = SHORT[CHOSEN].nbytes
    assert bytes_read(monkeypatch, short, CHOSEN) > 4 * rows
    stored.gather(short, CHOSEN)
    assert bytes_read(monkeypatch, short, CHOSEN) < rows + 2 * PAGE
    # Those that were not gathered come from where they were.
    assert bytes_read(monkeypatch, short, CHOSEN + 1) > 4 * rows


def test_others_take_the_place_of_what_was_gathered(short, monkeypatch):
    stored.gather(short, CHOSEN)
    before = len([*Path("/proc/self/fd").iterdir()])
    stored.gather(short, CHOSEN + 1)
    assert bytes_read(monkeypatch, short, CHOSEN + 1) < SHORT[CHOSEN].nbytes + 2 * PAGE
    assert len([*Path("/proc/self/fd").iterdir()]) == before, "the file of the first is still there"
    np.testing.assert_array_equal(stored.take(short, CHOSEN), SHORT[CHOSEN])


@pytest.mark.parametrize(
    "positions", [np.arange(1000, 9000), np.arange(0, len(SHORT), 1000), np.arange(0)], ids=["together", "far", "none"]
)
def test_what_is_read_as_it_is_stays_where_it_is(short, positions, monkeypatch):
    monkeypatch.setattr(stored, "InFile", None)
    stored.gather(short, positions)
    np.testing.assert_array_equal(stored.take(short, positions), SHORT[positions])


def test_nothing_is_gathered_in_memory():
    stored.gather(SHORT, CHOSEN)
    np.testing.assert_array_equal(stored.take(SHORT, CHOSEN), SHORT[CHOSEN])


@pytest.mark.parametrize("full", ["told", "found"])
def test_nothing_is_gathered_on_a_full_disk(short, full, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    if full == "told":
        usage = collections.namedtuple("usage", "total used free")
        monkeypatch.setattr(stored.shutil, "disk_usage", lambda _: usage(10**9, 0, SHORT[CHOSEN].nbytes))
    else:
        monkeypatch.setattr(os, "posix_fallocate", refuse)
    stored.gather(short, CHOSEN)
    np.testing.assert_array_equal(stored.take(short, CHOSEN), SHORT[CHOSEN])
    assert bytes_read(monkeypatch, short, CHOSEN) > 4 * SHORT[CHOSEN].nbytes
