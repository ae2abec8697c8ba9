"""Whether what a job is about to read fits the memory that Galaxy granted it.

A job that takes more is killed without a word, often only after minutes. Galaxy tells the limit in the
environment variable GALAXY_MEMORY_MB; without it nothing is refused.
"""

import os

from .errors import UserError, quoted
from .parameters import Dataset

VARIABLE = "GALAXY_MEMORY_MB"
MB = 1_000_000
# What Python with TensorFlow takes of its own before any table is read, as measured: 280 and more. Less than any run needs.
LIBRARIES_MB = 300
CELL_BYTES = 4


def granted_mb() -> int | None:
    """Return the memory that Galaxy granted this job in MB, or None where it says nothing.

    Raises:
        UserError: the variable holds no whole number.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    if not text.isdecimal() or not int(text):
        raise UserError(f"{VARIABLE}: must be a whole number of megabytes. Received: {quoted(text)}. Ask your administrator.")
    return int(text)


def check_table(dataset: Dataset, rows: int, columns: int) -> None:
    """Refuse a table of numbers that cannot fit: 4 bytes a cell, beside what the libraries take.

    Batches, weights and gradients come on top, so that a table which passes may still be too large.

    Raises:
        UserError: says how much the table needs and how much there is.
    """
    granted = granted_mb()
    needed = rows * columns * CELL_BYTES / MB
    if granted is None or LIBRARIES_MB + needed <= granted:
        return
    raise UserError(
        f"{dataset}: {rows:,} rows of {columns:,} columns take {needed:,.0f} MB, and the program itself at least {LIBRARIES_MB} MB, "
        f"but this job was granted {granted:,} MB. Choose fewer columns or rows, or ask your administrator for more memory."
    )
