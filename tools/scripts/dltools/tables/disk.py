"""Writing and reading parts of a file that is larger than the memory that there is.

What the system keeps of the file in memory comes from there. The rest goes straight between the disk and its place: to
pass it through the system's memory takes as much of a processor as the training of a small network, and pushes out
what is there, to be read again. Where the file's system cannot do so, the file is used in the ordinary way.
"""

import ctypes
import errno
import mmap
import os
import weakref

import numpy as np

# Where direct writing and reading may begin and end, in the file and in memory.
PAGE = 4096
# Of what is written directly, as much as is copied to whole pages at a time.
_STAGED_BYTES = 1 << 22


class DiskFile:
    """A file that is open for writing and reading, and mapped into memory."""

    def __init__(self, descriptor: int, mapped: mmap.mmap):
        """Take a descriptor of the file, which is used beyond its closing, and the whole file as it is mapped."""
        self.descriptor = os.dup(descriptor)
        self._address = np.frombuffer(mapped, np.uint8).ctypes.data
        self._direct = _direct(descriptor)
        # The system keeps the file until the last of its descriptors is closed.
        for own in (self.descriptor, self._direct):
            if own is not None:
                weakref.finalize(self, os.close, own)

    def write(self, start: int, data: np.ndarray) -> None:
        """Write bytes, uint8 (size,), from the offset `start`: whole pages directly, what lies before and behind not.

        Raises:
            OSError: the disk is full, or fails.
        """
        before = min(-start % PAGE, len(data))
        self._write_plain(start, data[:before])
        done = before + self._write_direct(start + before, data[before : len(data) - (len(data) - before) % PAGE])
        self._write_plain(start + done, data[done:])

    def _write_plain(self, start: int, data: np.ndarray) -> None:
        view, done = data.data, 0
        while done < len(view):
            done += os.pwrite(self.descriptor, view[done:], start + done)

    def _write_direct(self, start: int, data: np.ndarray) -> int:
        """Write whole pages straight to the disk, as many as it takes; return how many bytes."""
        # Another thread may find in between that there is no such thing.
        direct, done = self._direct, 0
        room = _pages(min(len(data), _STAGED_BYTES))
        while direct is not None and done < len(data):
            part = room[: min(len(room), len(data) - done)]
            part[:] = data[done : done + len(part)]
            try:
                put = os.pwrite(direct, part.data, start + done)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                # Its pages are larger.
                self._direct = None
                break
            done += put
            if put % PAGE:
                break
        return done

    def read(self, start: int, size: int) -> np.ndarray:
        """Return bytes of the file, uint8 (size,), from the offset `start`.

        Raises:
            EOFError: the file ends before.
        """
        skipped = start % PAGE
        first, wanted = start - skipped, skipped + size
        buffer = _pages(wanted)
        done = 0 if self._in_memory(first, wanted) else self._read_direct(buffer.data, first, wanted)
        view = buffer.data
        while done < wanted:
            got = os.preadv(self.descriptor, [view[done:wanted]], first + done)
            if not got:
                raise EOFError(f"the file ends before byte {start + size}")
            done += got
        return buffer[skipped:wanted]

    def _in_memory(self, first: int, size: int) -> bool:
        """Tell whether the system has all pages of a part of the file, which begins with one, in memory."""
        pages: np.ndarray = np.zeros(-(-size // PAGE), np.uint8)
        place = ctypes.c_void_p(self._address + first), ctypes.c_size_t(size), ctypes.c_void_p(pages.ctypes.data)
        # Of what is told of a page, the lowest bit counts. Where nothing is told, the ordinary way does.
        return _MINCORE is None or _MINCORE(*place) != 0 or bool((pages & 1).all())

    def _read_direct(self, buffer: memoryview, first: int, wanted: int) -> int:
        """Read from the disk as much as it gives, up to what is wanted; return how many bytes."""
        direct, done = self._direct, 0
        while direct is not None and done < wanted:
            try:
                got = os.preadv(direct, [buffer[done:]], first + done)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                # Its pages are larger.
                self._direct = None
                break
            done += got
            if not got or got % PAGE:
                break
        return done


def _direct(descriptor: int) -> int | None:
    """Return a descriptor of the same file for direct writing and reading, or None where there is no such thing."""
    if not hasattr(os, "O_DIRECT") or mmap.PAGESIZE != PAGE:
        return None
    try:
        return os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:
        return None


def _pages(size: int) -> np.ndarray:
    """Return room for so many bytes at least, uint8, whole pages that begin where pages do."""
    whole = -(-size // PAGE) * PAGE
    room = np.empty(whole + PAGE, np.uint8)
    first = -room.ctypes.data % PAGE
    return room[first : first + whole]


# Tells which pages of a mapped file are in memory; not every system has it.
_MINCORE = getattr(ctypes.CDLL(None), "mincore", None)
