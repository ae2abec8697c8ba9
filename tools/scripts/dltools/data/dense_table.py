"""Samples that are the rows of one table of numbers."""

import dataclasses

import numpy as np

from dltools.core.dataset import Dataset
from dltools.data.rows import Rows
from dltools.data.specs import FeatureSpec
from dltools.tables import places, stored, tsv
from dltools.tables.chosen import ChosenTable

# What is read at a time of rows in a file of which only some columns are wanted.
_BLOCK_BYTES = 1 << 22


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DenseTable:
    """A `samples.SampleSource` of one table.

    Attributes:
        values: float32 (rows, columns).
        source: the dataset.
        names: of the columns, or None.
        table: where the columns stand in the file; None where they come of none.
        choice: the table as the user chose it; None where nobody did.
        matched: int64 (rows,), of which row of the file each is, where rows were matched by their names; else None.
        file_rows: how many rows the file has then.
    """

    values: np.ndarray
    source: Dataset
    names: tuple[str, ...] | None = None
    table: tsv.Source | None = None
    choice: ChosenTable | None = None
    matched: np.ndarray | None = None
    file_rows: int = 0

    @property
    def spec(self) -> FeatureSpec:
        """The features of a sample."""
        return FeatureSpec(width=self.width, names=self.names)

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.values.shape[1]

    @property
    def rows(self) -> Rows:
        """Which rows of the table are those of the samples."""
        if self.matched is None:
            return Rows(source=self.source, count=len(self))
        return Rows(source=self.source, count=self.file_rows, kept=self.matched)

    @property
    def tables(self) -> tuple["DenseTable", ...]:
        """The table itself, where it was chosen."""
        return (self,) if self.choice else ()

    @property
    def in_memory(self) -> bool:
        """Whether the numbers are kept in memory rather than in a file."""
        return not stored.is_in_file(self.values)

    @property
    def held_bytes(self) -> int:
        """How much memory the numbers take; none in a file."""
        return self.values.nbytes if self.in_memory else 0

    def __len__(self) -> int:
        return len(self.values)

    def take(self, positions: np.ndarray | slice) -> np.ndarray:
        """Return rows by position: float32 (rows, columns)."""
        return stored.take(self.values, positions)

    def columns(self, first: int, last: int, positions: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return some columns of some rows."""
        if self.in_memory or isinstance(positions, slice):
            # A view of the columns first: the rows of a wide table would take as much memory again.
            return self.values[:, first:last][positions]
        # In a file, columns cost what whole rows do, and single rows are faster read than mapped.
        step = max(1, _BLOCK_BYTES // self.values.strides[0])
        parts = [self.take(positions[start : start + step])[:, first:last] for start in range(0, len(positions), step)]
        return np.concatenate(parts or [self.values[:0, first:last]])

    def gather(self, positions: np.ndarray) -> None:
        """Prepare for taking some rows in their order again and again."""
        stored.gather(self.values, positions)

    def fingerprints(self) -> np.ndarray:
        """Return int64 (rows,), equal where rows are."""
        return stored.fingerprints_of(self.values)

    def place(self, row: int, column: int | None) -> str:
        """Say where in the table a value stands."""
        if self.table is None:
            return f"{self.source}, row {row + 1}{'' if column is None else f', column {column + 1}'}"
        return places.cell([self.table], row if self.matched is None else int(self.matched[row]), column)
