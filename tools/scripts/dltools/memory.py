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


def check_network(source: str, parameters: int, values: int, rows: int) -> None:
    """Refuse a network that cannot fit: 4 bytes a parameter, and a value of the layer that makes most of them, for each row.

    Gradients and the other layers come on top. A network on a GPU, which has memory of its own, always passes.

    Parameters:
        source: what to call the network in the message.
        values: the most that a layer makes of one sample; see `footprint.largest`.
        rows: how many samples go through the network at a time.

    Raises:
        UserError: says how much the network needs and how much there is.
    """
    import tensorflow as tf

    granted = granted_mb()
    weights, batch = parameters * CELL_BYTES / MB, values * rows * CELL_BYTES / MB
    if granted is None or LIBRARIES_MB + weights + batch <= granted or tf.config.list_physical_devices("GPU"):
        return
    raise UserError(
        f"{source}: its {parameters:,} parameters take {weights:,.0f} MB, the {values:,} values that one of its layers makes of a "
        f"sample {batch:,.0f} MB for a batch of {rows:,}, and the program itself at least {LIBRARIES_MB} MB, but this job was granted "
        f"{granted:,} MB. Choose a smaller batch_size, fewer units or filters, or ask your administrator for more memory."
    )


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
