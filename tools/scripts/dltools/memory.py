"""Whether what a job is about to take fits the memory that there is for it.

A job that takes more is killed without a word, often only after minutes. Galaxy tells what it granted in the
environment variable GALAXY_MEMORY_MB; without it the container's limit counts, or all that the machine has.
"""

import os
from pathlib import Path
from typing import NamedTuple

from .errors import UserError, quoted
from .parameters import Dataset

VARIABLE = "GALAXY_MEMORY_MB"
MB = 1_000_000
# What Python with TensorFlow takes of its own before any table is read, as measured: 280 and more. Less than any run needs.
LIBRARIES_MB = 300
CELL_BYTES = 4
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
        raise UserError(f"{VARIABLE}: must be a whole number of megabytes. Received: {quoted(text)}. Ask your administrator.")
    return Room(int(text), f"this job was granted {int(text):,} MB")


def _machine_bytes() -> int:
    texts = [path.read_text(encoding="ascii").strip() for path in CONTAINER_LIMITS if path.is_file()]
    limits = [int(text) for text in texts if text.isdecimal()]
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *limits])


def check_table(dataset: Dataset, rows: int, columns: int) -> None:
    """Refuse a table of numbers that cannot fit: 4 bytes a cell, beside what the libraries take.

    Batches, weights and gradients come on top, so that a table which passes may still be too large.

    Raises:
        UserError: says how much the table needs and how much there is.
    """
    here = room()
    needed = rows * columns * CELL_BYTES / MB
    if LIBRARIES_MB + needed <= here.mb:
        return
    raise UserError(
        f"{dataset}: {rows:,} rows of {columns:,} columns take {needed:,.0f} MB, and the program itself at least {LIBRARIES_MB} MB, "
        f"but {here.words}. Choose fewer columns or rows, or ask your administrator for more memory."
    )
