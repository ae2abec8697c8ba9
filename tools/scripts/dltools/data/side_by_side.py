"""Samples that stand in several sources at once, a part of each sample's features in each.

A network of several inputs may take a source for each, such as measurements beside counts.
"""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from dltools.core.dataset import Dataset
from dltools.data.dense_table import DenseTable
from dltools.data.rows import Rows
from dltools.data.samples import SampleSource
from dltools.data.specs import FeatureSpec
from dltools.tables import fingerprints


@dataclasses.dataclass(frozen=True, kw_only=True)
class SideBySide:
    """A `samples.SampleSource` of several others of one length.

    Attributes:
        parts: the sources, from left to right.
        names: of all features, but for the numbers of images, or None.
    """

    parts: tuple[SampleSource, ...]
    names: tuple[str, ...] | None

    @property
    def source(self) -> Dataset:
        """The first source's dataset."""
        return self.parts[0].source

    @property
    def spec(self) -> FeatureSpec:
        """The features of a sample."""
        return FeatureSpec(
            width=self.width,
            names=self.names,
            tables=tuple(part.width for part in self.parts),
            images=self.parts[0].spec.images,
        )

    @functools.cached_property
    def width(self) -> int:
        """Number of features of all sources together."""
        return sum(part.width for part in self.parts)

    @property
    def rows(self) -> Rows:
        """Those of the first source."""
        return self.parts[0].rows

    @property
    def tables(self) -> tuple[DenseTable, ...]:
        """The tables among the sources."""
        return tuple(table for part in self.parts for table in part.tables)

    @property
    def in_memory(self) -> bool:
        """Whether all sources are kept in memory."""
        return all(part.in_memory for part in self.parts)

    @property
    def held_bytes(self) -> int:
        """How much memory all sources take."""
        return sum(part.held_bytes for part in self.parts)

    def __len__(self) -> int:
        return len(self.parts[0])

    def take(self, positions: np.ndarray | slice) -> np.ndarray:
        """Return samples by position: float32 (samples, width)."""
        return np.hstack([part.take(positions) for part in self.parts])

    def columns(self, first: int, last: int, positions: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return some features of some samples."""
        found, start = [], 0
        for part in self.parts:
            low, high = max(first - start, 0), min(last - start, part.width)
            if low < high:
                found.append(part.columns(low, high, positions))
            start += part.width
        return found[0] if len(found) == 1 else np.hstack(found)

    def gather(self, positions: np.ndarray) -> None:
        """Prepare for taking some samples in their order again and again."""
        for part in self.parts:
            part.gather(positions)

    def fingerprints(self) -> np.ndarray:
        """Return int64 (samples,), equal where samples are."""
        return functools.reduce(fingerprints.mixed, [part.fingerprints() for part in self.parts])

    def place(self, row: int, column: int | None) -> str:
        """Say where in which of the sources a value stands."""
        return place_in(self.parts, row, column)


def place_in(parts: Sequence[SampleSource], row: int, column: int | None) -> str:
    """Say where a value stands that is in one of several sources; see `samples.Described.place`."""
    for part in parts:
        if column is None or column < part.width:
            return part.place(row, column)
        column -= part.width
    raise IndexError(column)
