"""Which rows of the tables that go with samples row by row belong to them: labels, weights, groups, sets.

Of samples that are rows of a table themselves, all do. Images may leave some of the rows of their table of labels
over, and then the same rows of every other such table.
"""

import dataclasses
from typing import TypeVar

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError

HEADER = "Does the dataset contain header"
Values = TypeVar("Values", np.ndarray, list[np.ndarray])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows that belong to samples.

    Attributes:
        source: whose rows are counted: the samples' own table, or that of their labels.
        count: how many rows each such table must have.
        kept: int64 (samples,), the row of each sample; None where it is that of the sample's own position.
    """

    source: Dataset
    count: int
    kept: np.ndarray | None = None

    def check(self, other: Dataset, count: int) -> None:
        """Refuse a table with another number of rows.

        Raises:
            UserError: says both numbers.
        """
        check_lengths(self.source, self.count, other, count)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the samples, of those (rows, ...) that a table has."""
        return values if self.kept is None else values[self.kept]


def check_lengths(first: Dataset, rows: int, other: Dataset, count: int) -> None:
    """Refuse two tables of different lengths that belong together row by row.

    Raises:
        UserError: says both lengths.
    """
    if count == rows:
        return
    hint = "Each sample needs exactly one row in both."
    if abs(count - rows) == 1:
        hint = f"They differ by one, so one of the two settings '{HEADER}' is probably wrong."
    raise UserError(f"{first} has {rows} rows, but {other} has {count}. {hint}")
