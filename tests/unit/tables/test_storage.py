"""Large tables are kept in a file of the job's own folder."""

import collections
import errno
import os

import pytest

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import storage, stored

TABLE = Dataset("X", "X")
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
    assert [stored.is_in_file(one.values) for one in kept] == [False, True]


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
