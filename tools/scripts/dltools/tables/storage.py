"""Where the numbers of large tables, and of images, are kept while a job uses them: in memory, or in a file where that
is too small.

The file lies in the job's own folder and has no name, so that the system removes it however the job ends. It is mapped
into memory, to be used like an array; `take` reads rows from it, which is faster and leaves no trace in memory.
"""

import dataclasses
import mmap
import os
import shutil
import tempfile
from pathlib import Path
from typing import Protocol

import numpy as np

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import NO_ROOM, UserError
from dltools.tables.disk import DiskFile

# Rows that are farther apart are read one by one; nearer ones with what lies between.
_GAP_BYTES = 1 << 16
# What batches of images take beyond those of tables: a few of them are held at a time, as float32.
_BATCHES_MB = 200


class Stored(Protocol):
    """A table that is being read."""

    @property
    def values(self) -> np.ndarray:
        """The numbers, (rows, columns)."""

    def put(self, first: int, rows: np.ndarray) -> None:
        """Keep some rows, of which the first has the position `first`."""


class InMemory:
    """A table in memory."""

    def __init__(self, rows: int, columns: int, dtype: type = np.float32):
        """Make room for it."""
        self.values: np.ndarray = np.empty((rows, columns), dtype)

    def put(self, first: int, rows: np.ndarray) -> None:
        """Keep some rows."""
        self.values[first : first + len(rows)] = rows


class InFile:
    """A table in a file."""

    def __init__(self, rows: int, columns: int, dtype: type = np.float32):
        """Make room for it in the current folder.

        Raises:
            OSError: there is none.
        """
        size = rows * columns * np.dtype(dtype).itemsize
        with tempfile.TemporaryFile(dir=Path.cwd(), prefix=".table-") as file:
            # Not every system can keep room free; there a full disk is found when it is written to.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                os.truncate(file.fileno(), size)
            self._mapped = _Mapped(file.fileno(), size)
            self._mapped.file = DiskFile(os.dup(file.fileno()), self._mapped)
        self.values: np.ndarray = np.ndarray((rows, columns), dtype, self._mapped)

    def put(self, first: int, rows: np.ndarray) -> None:
        """Keep some rows."""
        data = np.ascontiguousarray(rows, self.values.dtype).data.cast("B")
        offset, done = first * self.values.strides[0], 0
        while done < len(data):
            done += os.pwrite(self._mapped.file.descriptor, data[done:], offset + done)
        # Let the system write it to the disk while the next rows are read: the training would wait for all of it.
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._mapped.file.descriptor, offset, len(data), os.POSIX_FADV_DONTNEED)


class _Mapped(mmap.mmap):
    """A file that is mapped into memory, and can be read from as well."""

    file: DiskFile


class Storage:
    """Makes room for tables."""

    def __init__(self) -> None:
        """Begin with nothing held in memory."""
        self._held = 0.0

    def make(self, dataset: Dataset, rows: int, columns: int) -> Stored:
        """Return room for a table of float32, in memory or in a file.

        Raises:
            UserError: there is none, neither here nor there.
        """
        if memory.is_large(rows, columns, self._held):
            return _in_file(_Wanted(str(dataset), rows, columns))
        memory.check_table(dataset, rows, columns)
        self._held += memory.table_mb(rows, columns)
        return InMemory(rows, columns)

    def make_for_images(self, images: str, count: int, numbers: int, dtype: type) -> Stored:
        """Return room for images, one a row, in memory or in a file.

        Parameters:
            images: what messages call them.
            numbers: of each.
            dtype: of these: uint8 or float32.

        Raises:
            UserError: as `make`.
        """
        cell = np.dtype(dtype).itemsize
        if memory.is_large(count, numbers, self._held + _BATCHES_MB, cell):
            return _in_file(_Wanted(images, count, numbers, dtype, _IMAGES))
        memory.check_images(images, count, numbers, cell)
        self._held += memory.table_mb(count, numbers, cell)
        return InMemory(count, numbers, dtype)


def is_in_file(values: np.ndarray) -> bool:
    """Tell whether an array that `Storage` made is kept in a file."""
    return _file(values) is not None


def _file(values: np.ndarray) -> _Mapped | None:
    # NumPy's stubs know of arrays only here, but it is whatever the memory is of.
    base: object = values.base
    return base if isinstance(base, _Mapped) else None


def take(values: np.ndarray, positions: np.ndarray | slice) -> np.ndarray:
    """Return rows of an array by position: (rows, columns) of its dtype, those of a file in an array of their own."""
    file = _file(values)
    if file is None:
        return values[positions]
    if isinstance(positions, slice):
        positions = np.arange(*positions.indices(len(values)))
    order = np.argsort(positions, kind="stable")
    ordered = positions[order]
    apart = np.flatnonzero(np.diff(ordered) * values.strides[0] > _GAP_BYTES)
    parts = [_rows(file.file, values, near) for near in (np.split(ordered, apart + 1) if len(ordered) else ())]
    if len(parts) == 1 and (order[:-1] < order[1:]).all():
        return parts[0]
    # Reading rows by position is much faster than writing them.
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return np.concatenate(parts)[places] if parts else np.empty((0, values.shape[1]), values.dtype)


def _rows(file: DiskFile, like: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return rows of a file by position, which are near each other and in order.

    Parameters:
        like: the array that is mapped to the file.
    """
    first, last, row = int(near[0]), int(near[-1]) + 1, like.strides[0]
    rows = file.read(first * row, (last - first) * row).view(like.dtype).reshape(-1, like.shape[1])
    return rows if (np.diff(near) == 1).all() else rows[near - first]


@dataclasses.dataclass(frozen=True, slots=True)
class _Words:
    """What messages call rows, columns, what would be fewer of them, and all together."""

    rows: str
    columns: str
    fewer: str
    all: str


_TABLE = _Words("rows", "columns", "fewer columns or rows", "the table")
_IMAGES = _Words("images", "numbers", "fewer images, or a smaller input_shape", "them")


@dataclasses.dataclass(frozen=True, slots=True)
class _Wanted:
    """What room is wanted for: what it is called, how much there is of it, and in which words."""

    name: str
    rows: int
    columns: int
    dtype: type = np.float32
    words: _Words = _TABLE

    @property
    def size(self) -> int:
        """In bytes."""
        return self.rows * self.columns * np.dtype(self.dtype).itemsize

    @property
    def held(self) -> int:
        """How many rows are held in memory at a time where they are shuffled, as float32."""
        return memory.held_bytes() // (self.columns * memory.CELL_BYTES)


def _in_file(wanted: _Wanted) -> InFile:
    words = wanted.words
    free = shutil.disk_usage(Path.cwd()).free
    told = (
        f"{wanted.name}: {wanted.rows:,} {words.rows} of {wanted.columns:,} {words.columns} take "
        f"{wanted.size / memory.MB:,.0f} MB, which is too much for the memory ({memory.room().words})"
    )
    lacking = UserError(
        f"{told}, and the disk of the job's folder has only {free / memory.MB:,.0f} MB left to keep them in. Choose "
        f"{words.fewer}, or ask your administrator for more memory or disk space."
    )
    if free < wanted.size:
        raise lacking
    try:
        found = InFile(wanted.rows, wanted.columns, wanted.dtype)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise lacking from None
    print(
        f"{told}. They are kept in a file in the job's folder, and shuffled within stretches of {wanted.held:,} "
        f"{words.rows} put together from all over {words.all}.",
        flush=True,
    )
    return found
