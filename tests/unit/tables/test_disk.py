"""A file's parts are written and read as they are, whether in memory or on the disk."""

import errno
import mmap
import os
from pathlib import Path

import numpy as np
import pytest

from dltools.tables import disk
from dltools.tables.disk import PAGE, DiskFile

SIZE = 40 * PAGE + 123
PARTS = [(0, 10), (0, PAGE), (5, PAGE), (3 * PAGE, 7), (PAGE - 1, 2), (17, 9 * PAGE), (SIZE - 200, 200), (0, SIZE)]


@pytest.fixture
def made(tmp_path):
    """The file's content, and what reads it; the system holds nothing of it in memory, if it can be asked so."""
    content = np.random.default_rng(0).integers(0, 256, SIZE, np.uint8).tobytes()
    path = tmp_path / "file"
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDWR)
    os.fsync(descriptor)
    with mmap.mmap(descriptor, 0) as mapped:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        found = DiskFile(descriptor, mapped)
        os.close(descriptor)
        yield content, found
        del found


@pytest.fixture
def reads(monkeypatch):
    """The descriptors that are read from, in order."""
    found, real = [], os.preadv
    monkeypatch.setattr(os, "preadv", lambda descriptor, *given: found.append(descriptor) or real(descriptor, *given))
    return found


def skip_without_direct(reader):
    """Say so if this folder's file system cannot read directly."""
    if reader._direct is None:
        pytest.skip("direct reading: this file system has none")


@pytest.mark.parametrize(("start", "size"), PARTS)
def test_parts_from_the_disk(made, reads, start, size):
    content, reader = made
    skip_without_direct(reader)
    assert reader.read(start, size).tobytes() == content[start : start + size]
    assert reads[0] == reader._direct


@pytest.mark.parametrize(("start", "size"), PARTS)
def test_parts_from_memory(made, reads, start, size):
    content, reader = made
    os.pread(reader.descriptor, SIZE, 0)
    assert reader.read(start, size).tobytes() == content[start : start + size]
    assert reads == [reader.descriptor]


@pytest.mark.parametrize(("start", "size"), PARTS)
def test_parts_where_nothing_is_read_directly(made, reads, monkeypatch, start, size):
    content, reader = made
    monkeypatch.setattr(reader, "_direct", None)
    assert reader.read(start, size).tobytes() == content[start : start + size]
    assert set(reads) == {reader.descriptor}


def test_a_system_that_refuses_is_asked_once(made, monkeypatch):
    content, reader = made
    skip_without_direct(reader)
    direct, real, asked = reader._direct, os.preadv, []

    def refusing(descriptor, *given):
        if descriptor == direct:
            asked.append(descriptor)
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(descriptor, *given)

    monkeypatch.setattr(os, "preadv", refusing)
    for start, size in PARTS:
        assert reader.read(start, size).tobytes() == content[start : start + size]
    assert len(asked) == 1


@pytest.fixture
def writes(monkeypatch):
    """The descriptors that are written to, in order."""
    found, real = [], os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, *given: found.append(descriptor) or real(descriptor, *given))
    return found


def written(reader, content, start, size):
    """Write new bytes to a part of the file; return what it holds then, and what it should hold."""
    new = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    reader.write(start, new)
    return os.pread(reader.descriptor, SIZE + 1, 0), content[:start] + new.tobytes() + content[start + size :]


@pytest.mark.parametrize(("start", "size"), PARTS)
@pytest.mark.parametrize("direct", [True, False])
def test_parts_are_written(made, writes, monkeypatch, start, size, direct):
    content, file = made
    if direct:
        skip_without_direct(file)
        monkeypatch.setattr(disk, "_STAGED_BYTES", 4 * PAGE)
    else:
        monkeypatch.setattr(file, "_direct", None)
    found, wanted = written(file, content, start, size)
    assert found == wanted
    has_whole_pages = (start + size) // PAGE > -(-start // PAGE)
    assert (file._direct in writes) is (direct and has_whole_pages)


def test_what_was_mapped_is_what_was_written(made):
    content, file = made
    with mmap.mmap(file.descriptor, 0) as mapped:
        assert mapped[:SIZE] == content
        _, wanted = written(file, content, 17, 9 * PAGE)
        assert mapped[:SIZE] == wanted


def test_a_system_that_refuses_to_write_directly_is_asked_once(made, monkeypatch):
    content, file = made
    skip_without_direct(file)
    direct, real, asked = file._direct, os.pwrite, []

    def refusing(descriptor, *given):
        if descriptor == direct:
            asked.append(descriptor)
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(descriptor, *given)

    monkeypatch.setattr(os, "pwrite", refusing)
    for start, size in PARTS:
        found, content = written(file, content, start, size)
        assert found == content
    assert len(asked) == 1


def test_a_write_that_falls_short_goes_on(made, monkeypatch):
    content, file = made
    real = os.pwrite
    monkeypatch.setattr(
        os, "pwrite", lambda descriptor, data, start: real(descriptor, data[: -(-len(data) // 2)], start)
    )
    found, wanted = written(file, content, 5, 9 * PAGE + 1)
    assert found == wanted


def test_a_full_disk_is_not_hidden(made, monkeypatch):
    _, file = made

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    for start, size in PARTS:
        with pytest.raises(OSError, match="No space left on device"):
            file.write(start, np.zeros(size, np.uint8))


def test_descriptors_are_closed_with_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(PAGE))
    before = len([*Path("/proc/self/fd").iterdir()])
    descriptor = os.open(path, os.O_RDWR)
    with mmap.mmap(descriptor, 0) as mapped:
        file = DiskFile(descriptor, mapped)
        os.close(descriptor)
        assert file.read(0, 1).tobytes() == b"\0"
        del file
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_what_was_written_last_is_read(made):
    content, reader = made
    os.pwrite(reader.descriptor, b"new", 2 * PAGE + 1)
    assert reader.read(2 * PAGE, 5).tobytes() == content[2 * PAGE : 2 * PAGE + 1] + b"new" + content[2 * PAGE + 4 :][:1]


def test_the_end_is_told(made):
    _, reader = made
    with pytest.raises(EOFError, match=f"before byte {SIZE + 1}$"):
        reader.read(SIZE - 5, 6)


def test_other_faults_are_not_hidden(made, monkeypatch):
    _, reader = made

    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", broken)
    with pytest.raises(OSError, match="Input/output error"):
        reader.read(0, 10)


def test_room_begins_at_a_page():
    room = disk._pages(PAGE + 1)
    assert len(room) == 2 * PAGE
    assert room.ctypes.data % PAGE == 0
