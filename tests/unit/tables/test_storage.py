"""Large tables are kept in a file of the job's own folder, and read from it as from memory."""

import collections
import errno
import os

import numpy as np
import pytest

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import storage
from dltools.tables.disk import PAGE

TABLE = Dataset("X", "X")
# A row, of 80,000 bytes, is so long that none is read only because it lies between two others.
ROWS, COLUMNS = 300, 20_000
# So many rows take 4 MB a column.
MILLION = 1_000_000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("granted", "columns", "beside", "large"),
    [
        (2000, 275, 0, False),  # 700 of the libraries, 1,100 of the table, 200 to work with
        (2000, 276, 0, True),
        (2000, 200, 300, False),
        (2000, 200, 301, True),
        (716, 16, 0, False),  # small
        (716, 17, 0, True),
        (715, 17, 0, False),  # too little for any: left to `check_table`
    ],
)
def test_table_is_large_where_too_little_is_left_beside_it(granted, columns, beside, large, monkeypatch):
    monkeypatch.setenv(memory.VARIABLE, str(granted))
    monkeypatch.setattr(memory, "libraries", lambda: 700)
    assert memory.is_large(MILLION, columns, beside) is large


@pytest.mark.parametrize(("granted", "held"), [(700, 16), (900, 50), (100_000, 256)])
def test_what_is_held_is_a_part_of_what_is_left(granted, held, monkeypatch):
    monkeypatch.setenv(memory.VARIABLE, str(granted))
    monkeypatch.setattr(memory, "libraries", lambda: 700)
    assert memory.held_bytes() == held * memory.MB


def test_tables_side_by_side_count_together(folder, monkeypatch):
    monkeypatch.setenv(memory.VARIABLE, "1400")
    monkeypatch.setattr(memory, "libraries", lambda: 700)
    made = storage.Storage()
    kept = [made.make(TABLE, MILLION, 80) for _ in range(2)]
    assert [storage.is_in_file(one.values) for one in kept] == [False, True]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    values = np.random.default_rng(0).random((ROWS, COLUMNS), np.float32)
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("kept")
        patch.chdir(folder)
        found = storage.InFile(ROWS, COLUMNS)
        assert not [*folder.iterdir()], "the file has a name, so that it stays when the job is killed"
    for first in (100, 0, 200):
        found.put(first, values[first : first + 100])
    return values, found.values


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
    found = storage.take(in_file, positions)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values[positions])
    np.testing.assert_array_equal(in_file[:, 5:9], values[:, 5:9])


def test_rows_far_apart_are_read_without_what_lies_between(kept, monkeypatch):
    values, in_file = kept
    read, real = [], os.preadv
    monkeypatch.setattr(os, "preadv", lambda *given: read.append(real(*given)) or read[-1])
    storage.take(in_file, np.array([0, 1, 299]))
    rows = 3 * values.strides[0]
    # Whole pages, where the disk is read directly.
    assert rows <= sum(read) <= rows + 3 * 2 * PAGE


@pytest.mark.parametrize("full", ["told", "found"])
def test_full_disk_ends_with_one_line(folder, full, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv(memory.VARIABLE, "1000")
    monkeypatch.setattr(memory, "libraries", lambda: 700)
    if full == "told":
        usage = collections.namedtuple("usage", "total used free")
        monkeypatch.setattr(storage.shutil, "disk_usage", lambda _: usage(10**9, 0, 5 * 10**8))
    else:
        monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(
        UserError,
        match=r"^'X': 1,000,000 rows of 784 columns take 3,136 MB, which is too much for the memory \(this job was "
        r"granted 1,000 MB\), and the disk of the job's folder has only [\d,]+ MB left",
    ):
        storage.Storage().make(TABLE, MILLION, 784)
    assert not [*folder.iterdir()]
