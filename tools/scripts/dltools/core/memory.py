"""Whether what a job is about to take fits the memory that there is for it.

A job that takes more is killed without a word, often only after minutes. Galaxy tells what it granted in the
environment variable GALAXY_MEMORY_MB; without it the container's limit counts, or all that the machine has.
"""

import os
import sys
from collections.abc import Container
from pathlib import Path
from typing import NamedTuple

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted

VARIABLE = "GALAXY_MEMORY_MB"
MB = 1_000_000
# Module -> what a process that holds it takes of its own, in MB; the first that is loaded counts, or else TABLES_MB.
# Measured as the highest resident memory (VmHWM) of steps on 40 rows of 4 columns and one Dense layer, with the pinned
# versions on Linux, x86-64, for one core and two alike: tables 76; plots 113 to 137; prediction 747; training 832, with
# a report 858, of which the libraries are 768 before the table is read. The numbers lie a little lower, since other
# builds of the libraries may take less, and no step may be refused that would have run.
LIBRARIES_MB = {"tensorflow": 700, "matplotlib": 100}
TABLES_MB = 70
CELL_BYTES = 4
# A table is kept in memory where so much is left beside it for batches, gradients and what else a training makes; a
# small one is anyway.
WORKING_MB, SMALL_MB = 200, 64
# What is held at a time of a table that is kept in a file: a part of what the libraries leave, within bounds, in MB.
HELD_PART, FEWEST_HELD_MB, MOST_HELD_MB = 4, 16, 256
# Of a sparse matrix: a value and its column, and where each row begins; of one written out, what its reader takes.
VALUE_BYTES, ROW_BYTES, WRITTEN_OUT_BYTES = 8, 4, 8
# What a number of a sample takes while it is compared with what an autoencoder makes of it: both in 64 bits, the
# difference, and both in 32.
COMPARED_BYTES = 32
# The same of a sample of several points, which scikit-learn takes for samples of their own.
COMPARED_POINT_BYTES = 44
# Where Linux tells a container's limit in bytes: version 2 and version 1 of control groups.
CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Room(NamedTuple):
    """How much memory a job can have at most, in MB, and how to say so."""

    mb: int
    words: str


def room() -> Room:
    """Return how much memory this job can have at most.

    Raises:
        UserError: the variable holds no whole number.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        mb = _machine_bytes() // MB
        return Room(mb, f"there are {mb:,} MB where this job runs")
    if not text.isdecimal() or not int(text):
        raise UserError(
            f"{VARIABLE}: must be a whole number of megabytes. Received: {quoted(text)}. Ask your administrator."
        )
    return Room(int(text), f"this job was granted {int(text):,} MB")


def _machine_bytes() -> int:
    texts = [path.read_text(encoding="ascii").strip() for path in CONTAINER_LIMITS if path.is_file()]
    limits = [int(text) for text in texts if text.isdecimal()]
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *limits])


def libraries(loaded: Container[str] = sys.modules) -> int:
    """Return what this process takes of its own, in MB: no less than the libraries that it has loaded by now.

    A step that does not load TensorFlow needs no memory for it.
    """
    return next((mb for module, mb in LIBRARIES_MB.items() if module in loaded), TABLES_MB)


def table_mb(rows: int, columns: int, cell: int = CELL_BYTES) -> float:
    """Return what a table takes, in MB, with so many bytes a cell."""
    return rows * columns * cell / MB


def is_large(rows: int, columns: int, beside: float = 0, cell: int = CELL_BYTES) -> bool:
    """Tell whether a table had better not be kept in memory, so that a network can be trained on it here.

    Parameters:
        beside: what other tables take, in MB.
        cell: bytes a cell.
    """
    here, own, needed = room(), libraries(), table_mb(rows, columns, cell)
    return needed > SMALL_MB and own + beside + needed + WORKING_MB > here.mb >= own + FEWEST_HELD_MB


def held_bytes() -> int:
    """Return how much is to be held in memory at a time of a table that is not kept there, in bytes."""
    part = (room().mb - libraries()) // HELD_PART
    return min(max(part, FEWEST_HELD_MB), MOST_HELD_MB) * MB


def check_table(dataset: Dataset, rows: int, columns: int, cell: int = CELL_BYTES) -> None:
    """Refuse a table of numbers that cannot fit: by default 4 bytes a cell, beside what the libraries take.

    Batches, weights and gradients come on top, so that a table which passes may still be too large.

    Raises:
        UserError: says how much the table needs and how much there is.
    """
    _check(f"{dataset}: {rows:,} rows of {columns:,} columns", rows * columns * cell, "Choose fewer columns or rows")


def check_images(images: str, count: int, numbers: int, cell: int) -> None:
    """Refuse images that cannot fit, as `check_table`.

    Parameters:
        images: what messages call them.
        numbers, cell: how many numbers each has, and how many bytes these take.
    """
    what = f"{images}: {count:,} images of {numbers:,} numbers"
    _check(what, count * numbers * cell, "Give fewer images, or choose a smaller input_shape")


def check_matrix(dataset: Dataset, rows: int, columns: int, entries: int, dense: bool) -> None:
    """Refuse a matrix in Matrix Market text that cannot fit, by what its file announces.

    Parameters:
        entries: how many values stand in the file.
        dense: whether it writes out the zeros as well, so that it is read in float64.

    Raises:
        UserError: as `check_table`.
    """
    needed = rows * columns * WRITTEN_OUT_BYTES if dense else entries * VALUE_BYTES + rows * ROW_BYTES
    what = "" if dense else f" with {entries:,} values"
    _check(f"{dataset}: {rows:,} rows of {columns:,} columns{what}", needed, "Leave out columns or rows")


def check_reconstruction(dataset: Dataset, rows: int, columns: int, held: int, beside: int, points: bool) -> None:
    """Refuse to evaluate an autoencoder on more samples than fit.

    Parameters:
        rows, columns: how many samples it is evaluated on at a time, and of how many features.
        held: how many samples it is evaluated on in all, whose outputs are kept.
        beside: what all samples take, in bytes.
        points: whether a sample has several points, as an image has.

    Raises:
        UserError: says how much it needs and how much there is.
    """
    compared = COMPARED_POINT_BYTES if points else COMPARED_BYTES
    needed = (rows * compared + held * CELL_BYTES) * columns + beside
    _check(
        f"{dataset}: all samples and the scores of {rows:,} that are held out, of {columns:,} features each,",
        needed,
        "Hold out fewer samples",
    )


def _check(what: str, needed: int, advice: str) -> None:
    """Refuse what takes more bytes than there are."""
    here, own = room(), libraries()
    if own + needed / MB > here.mb:
        raise UserError(
            f"{what} take {needed / MB:,.0f} MB, and the program itself at least {own} MB, but {here.words}. "
            f"{advice}, or ask your administrator for more memory."
        )
