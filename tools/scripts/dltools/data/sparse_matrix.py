"""Samples that are the rows of a sparse matrix, of which only what is not 0 is held in memory."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dltools.core.dataset import Dataset
from dltools.data import samples
from dltools.data.rows import Rows
from dltools.data.specs import FeatureSpec
from dltools.networks.first_layers import NetworkInput
from dltools.tables import fingerprints, matrix_market
from dltools.tables.chosen import ChosenTable

if TYPE_CHECKING:
    import scipy.sparse

    from dltools.data.dense_table import DenseTable


@dataclasses.dataclass(frozen=True, slots=True)
class ChosenMatrix:
    """A `samples.SampleChoice` of a matrix in Matrix Market text."""

    source: Dataset

    @property
    def tables(self) -> tuple[ChosenTable, ...]:
        """None."""
        return ()

    def for_network(self, network: Dataset, inputs: Sequence[NetworkInput]) -> "ChosenMatrix":
        """Return the same."""
        return self

    def read(self, threads: int, trained_on: FeatureSpec | None = None) -> "SparseMatrix":
        """Read the matrix.

        Raises:
            UserError: as `matrix_market.read`; another number of columns than trained on.
        """
        samples.check_tabular(self.source, trained_on)
        found = SparseMatrix(matrix=matrix_market.read(self.source, watched=True), source=self.source)
        if trained_on is None:
            return found
        samples.check_width(self.source, found.width, trained_on)
        return dataclasses.replace(found, names=trained_on.names)

    def stream(self, threads: int, trained_on: FeatureSpec) -> samples.SampleStream:
        """Open the matrix, of which rows become dense as they are taken.

        Raises:
            UserError: as `read`.
        """
        samples.check_tabular(self.source, trained_on)
        found = SparseMatrix(matrix=matrix_market.read(self.source), source=self.source)
        samples.check_width(self.source, found.width, trained_on)
        return samples.in_order(found)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SparseMatrix:
    """A `samples.SampleSource` of a sparse matrix.

    Attributes:
        matrix: float32 (rows, columns).
        source: the dataset.
        names: of the columns, which the model that is trained further knows them by, or None.
    """

    matrix: "scipy.sparse.csr_array"
    source: Dataset
    names: tuple[str, ...] | None = None

    @property
    def spec(self) -> FeatureSpec:
        """The features of a sample."""
        return FeatureSpec(width=self.width, names=self.names)

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.matrix.shape[1]

    @property
    def rows(self) -> Rows:
        """All rows."""
        return Rows(source=self.source, count=len(self))

    @property
    def tables(self) -> tuple["DenseTable", ...]:
        """None."""
        return ()

    @property
    def in_memory(self) -> bool:
        """True."""
        return True

    @property
    def held_bytes(self) -> int:
        """How much memory the values and their places take."""
        return self.matrix.data.nbytes + self.matrix.indices.nbytes + self.matrix.indptr.nbytes

    def __len__(self) -> int:
        return self.matrix.shape[0]

    def take(self, positions: np.ndarray | slice) -> np.ndarray:
        """Return rows by position: float32 (rows, columns)."""
        return self.matrix[positions].toarray()

    def columns(self, first: int, last: int, positions: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return some columns of some rows."""
        rows = len(range(*positions.indices(len(self)))) if isinstance(positions, slice) else len(positions)
        # Each choice makes a copy of what it leaves, so the one that leaves less comes first.
        if rows * self.width < (last - first) * len(self):
            return self.matrix[positions][:, first:last].toarray()
        return self.matrix[:, first:last][positions].toarray()

    def gather(self, positions: np.ndarray) -> None:
        """Do nothing: the matrix is in memory."""

    def fingerprints(self) -> np.ndarray:
        """Return int64 (rows,), equal where rows are."""
        return fingerprints.of_sparse(self.matrix)

    def place(self, row: int, column: int | None) -> str:
        """Say where in the matrix a value stands."""
        return f"{self.source}, row {row + 1}{'' if column is None else f', column {column + 1} of the matrix'}"
