"""Where the numbers of large tables, and of images, are kept while a job uses them: in memory, or in a file where that
is too small.
"""

import dataclasses
import shutil
from pathlib import Path

import numpy as np

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import NO_ROOM, UserError
from dltools.tables.stored import InFile, InMemory, Stored

# What batches of images take beyond those of tables: a few of them are held at a time, as float32.
_BATCHES_MB = 200


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
            return _in_file(_Wanted(images, count, numbers, dtype, _IMAGES, glanced=False))
        memory.check_images(images, count, numbers, cell)
        self._held += memory.table_mb(count, numbers, cell)
        return InMemory(count, numbers, dtype)


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
    """What room is wanted for: what it is called, how much there is of it, in which words, and whether a glance
    at each row is kept.
    """

    name: str
    rows: int
    columns: int
    dtype: type = np.float32
    words: _Words = _TABLE
    glanced: bool = True

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
        found = InFile(wanted.rows, wanted.columns, wanted.dtype, wanted.glanced)
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
