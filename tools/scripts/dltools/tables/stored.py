"""Rows of large tables, and images, in memory or in a file: how they get there, and how some of them are taken again.

The file lies in the job's own folder and has no name, so that the system removes it however the job ends. It is mapped
into memory, to be used like an array; `take` reads rows from it, which is faster and leaves no trace in memory.
"""

import dataclasses
import mmap
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np

from dltools.core.errors import NO_ROOM
from dltools.tables import fingerprints
from dltools.tables.disk import DiskFile

# Rows that are farther apart are read one by one; nearer ones with what lies between.
_GAP_BYTES = 1 << 16
# Rows are gathered where taking them would read at least so many times what they are.
_WASTEFUL = 1.5
# About what is read at a time of rows that are gathered.
_GATHERED_BYTES = 1 << 23
# Parts of a file that are read at a time: a disk takes longer to begin than to read a few rows.
_READERS = 4


class Stored(Protocol):
    """A table, or images, being read."""

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

    def __init__(self, rows: int, columns: int, dtype: np.typing.DTypeLike = np.float32, glanced: bool = False):
        """Make room for it in the current folder.

        Parameters:
            glanced: whether a glance at each row is kept, so that equal rows are found without reading all.

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
            self._mapped.file = DiskFile(file.fileno(), self._mapped)
            self._mapped.glances = np.zeros(rows, np.int64) if glanced else None
        self.values: np.ndarray = np.ndarray((rows, columns), dtype, self._mapped)

    def put(self, first: int, rows: np.ndarray) -> None:
        """Keep some rows."""
        rows = np.ascontiguousarray(rows, self.values.dtype)
        self._mapped.file.write(first * self.values.strides[0], rows.view(np.uint8).reshape(-1))
        if self._mapped.glances is not None:
            self._mapped.glances[first : first + len(rows)] = fingerprints.glances(rows)


@dataclasses.dataclass(frozen=True, slots=True)
class _Gathered:
    """Copies of some rows of a file: their positions, int64 (n,), which rise, and the rows, an array of a file."""

    positions: np.ndarray
    rows: np.ndarray

    def places(self, positions: np.ndarray) -> np.ndarray | None:
        """Return where among the copies the rows at some positions stand, or None if not all are there."""
        places = np.searchsorted(self.positions, positions)
        found = self.positions[np.minimum(places, len(self.positions) - 1)]
        return places if (found == positions).all() else None


class _Mapped(mmap.mmap):
    """A file that is mapped into memory, and can be read from as well."""

    file: DiskFile
    gathered: _Gathered | None = None
    glances: np.ndarray | None = None


def is_in_file(values: np.ndarray) -> bool:
    """Tell whether an array is kept in a file."""
    return _mapped(values) is not None


def _mapped(values: np.ndarray) -> _Mapped | None:
    # NumPy's stubs know of arrays only here, but it is whatever the memory is of.
    base: object = values.base
    return base if isinstance(base, _Mapped) else None


def take(values: np.ndarray, positions: np.ndarray | slice) -> np.ndarray:
    """Return rows of an array by position: (rows, columns) of its dtype, those of a file in an array of their own."""
    mapped = _mapped(values)
    if mapped is None:
        return values[positions]
    if isinstance(positions, slice):
        positions = np.arange(*positions.indices(len(values)))
    places = mapped.gathered.places(positions) if mapped.gathered else None
    if mapped.gathered and places is not None:
        return take(mapped.gathered.rows, places)
    order = np.argsort(positions, kind="stable")
    ordered = positions[order]
    apart = np.flatnonzero(np.diff(ordered) * values.strides[0] > _GAP_BYTES)
    parts = _parts(mapped.file, values, np.split(ordered, apart + 1) if len(ordered) else [])
    if len(parts) == 1 and (order[:-1] < order[1:]).all():
        return parts[0]
    # Reading rows by position is much faster than writing them.
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return np.concatenate(parts)[places] if parts else np.empty((0, values.shape[1]), values.dtype)


def _parts(file: DiskFile, like: np.ndarray, every: list[np.ndarray]) -> list[np.ndarray]:
    """Return some parts of a file, each of rows near each other; of many, several are waited for at a time."""
    if len(every) <= _READERS:
        return [_rows(file, like, near) for near in every]
    with ThreadPoolExecutor(_READERS) as readers:
        return [*readers.map(lambda near: _rows(file, like, near), every)]


def _rows(file: DiskFile, like: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return rows of a file by position, which are near each other and in order.

    Parameters:
        like: the array that is mapped to the file.
    """
    first, last, row = int(near[0]), int(near[-1]) + 1, like.strides[0]
    rows = file.read(first * row, (last - first) * row).view(like.dtype).reshape(-1, like.shape[1])
    return rows if (np.diff(near) == 1).all() else rows[near - first]


def fingerprints_of(values: np.ndarray) -> np.ndarray:
    """Return int64 (rows,), equal where the rows of an array are; see `fingerprints`."""
    mapped = _mapped(values)
    glances = mapped.glances if mapped else None
    count, columns = values.shape
    return fingerprints.of_taken(lambda rows: take(values, rows), count, columns, glances)


def gather(values: np.ndarray, positions: np.ndarray) -> None:
    """Prepare for some rows of an array to be taken again and again, in their order.

    Where they stand in a file among as many others, these would be read each time too. So they are copied to a file of
    their own, if there is room on the disk; a file has one such copy at a time.

    Parameters:
        positions: int64 (n,).
    """
    mapped, positions = _mapped(values), np.unique(positions)
    if mapped is None or not _is_wasteful(values, positions):
        return
    if mapped.gathered and np.array_equal(mapped.gathered.positions, positions):
        return
    mapped.gathered = None
    if shutil.disk_usage(Path.cwd()).free < 2 * len(positions) * values.strides[0]:
        return
    try:
        copy = InFile(len(positions), values.shape[1], values.dtype)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        return
    between = values.strides[0] * (positions[-1] - positions[0] + 1) / len(positions)
    step = max(1, int(_GATHERED_BYTES / between))
    for first in range(0, len(positions), step):
        copy.put(first, take(values, positions[first : first + step]))
    mapped.gathered = _Gathered(positions, copy.values)


def _is_wasteful(values: np.ndarray, positions: np.ndarray) -> bool:
    """Tell whether taking rows of a file at rising positions reads much that lies between them."""
    steps = np.diff(positions) * values.strides[0]
    read = steps[steps <= _GAP_BYTES].sum()
    return bool(len(positions) and read > _WASTEFUL * len(positions) * values.strides[0])
