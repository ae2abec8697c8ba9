"""Samples of any kind: what a network is trained on, evaluated with, or asked about.

A kind of input is two classes. One says what the user chose (`SampleChoice`); it reads the samples for training, or
opens them to be read in order, as prediction does. The other holds what was read (`SampleSource`). Whatever the kind,
a sample is `width` numbers in a row; `batches` gives them the shape that each input of the network takes.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data.rows import Rows
from dltools.data.specs import FeatureSpec
from dltools.images.image_file import ImageFile
from dltools.networks.first_layers import NetworkInput
from dltools.tables.chosen import ChosenTable

if TYPE_CHECKING:
    from dltools.data.dense_table import DenseTable


class Described(Protocol):
    """What is known of samples before any of them is looked at."""

    @property
    def source(self) -> Dataset:
        """The dataset, of several the first; messages name it."""

    @property
    def spec(self) -> FeatureSpec:
        """The features of a sample."""

    @property
    def width(self) -> int:
        """How many numbers a sample has."""

    @property
    def rows(self) -> Rows:
        """Which rows of the tables that go with the samples row by row are theirs."""

    def __len__(self) -> int:
        """How many samples there are."""

    def place(self, row: int, column: int | None) -> str:
        """Say where in the user's files a value stands, for messages.

        Parameters:
            row: position of the sample, from 0.
            column: position of the feature, from 0; None leaves it out.
        """


class SampleSource(Described, Protocol):
    """Samples that were read, of which any can be taken at any time."""

    @property
    def tables(self) -> Sequence["DenseTable"]:
        """The tables that the features are columns of, from left to right; none where they come from elsewhere."""

    @property
    def in_memory(self) -> bool:
        """Whether any sample is taken as fast as its neighbour; else those that stand together are to be taken
        together.
        """

    @property
    def held_bytes(self) -> int:
        """How much memory the samples take."""

    def take(self, positions: np.ndarray | slice) -> np.ndarray:
        """Return samples by int64 positions or a slice: float32 (samples, width)."""

    def columns(self, first: int, last: int, positions: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the features from `first` to before `last` of some samples: float32 (samples, last - first)."""

    def gather(self, positions: np.ndarray) -> None:
        """Prepare for taking some samples in their order again and again; those told before are forgotten."""

    def fingerprints(self) -> np.ndarray:
        """Return int64 (samples,), equal where samples are; see `fingerprints`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SampleStream:
    """Samples that are read in order, some at a time, and not kept.

    Attributes:
        next: called with a number, returns the next so many samples: float32 (samples, width).
        length: how many there are.
        placed: as `Described.place`.
        images: the images that the samples are; () where they are none.
    """

    next: Callable[[int], np.ndarray]
    length: int
    source: Dataset
    spec: FeatureSpec
    placed: Callable[[int, int | None], str]
    images: Sequence[ImageFile] = ()

    @property
    def width(self) -> int:
        """How many numbers a sample has."""
        return known_width(self.spec)

    @property
    def rows(self) -> Rows:
        """All rows."""
        return Rows(source=self.source, count=self.length)

    def __len__(self) -> int:
        return self.length

    def place(self, row: int, column: int | None) -> str:
        """Say where in the user's files a value stands."""
        return self.placed(row, column)


class SampleChoice(Protocol):
    """Samples as the user chose them in the form."""

    @property
    def source(self) -> Dataset:
        """The dataset, of several the first."""

    @property
    def tables(self) -> Sequence[ChosenTable]:
        """The tables that have a row for each sample; none where they come from elsewhere."""

    def for_network(self, network: Dataset, inputs: Sequence[NetworkInput]) -> "SampleChoice":
        """Return the choice for a network that is about to be trained on it; of tables, the same.

        Parameters:
            network: the file that it comes from, for messages.
            inputs: what it takes.

        Raises:
            UserError: the network takes no such samples.
        """

    def read(self, threads: int, trained_on: FeatureSpec | None = None) -> SampleSource:
        """Read all samples.

        Parameters:
            trained_on: of a model to train further: its columns are found as `stream` finds them.

        Raises:
            UserError: a dataset that is no good, or other features than those trained on.
        """

    def stream(self, threads: int, trained_on: FeatureSpec) -> SampleStream:
        """Open the samples for a model that was trained on others, to be read in order.

        Raises:
            UserError: as `read`; also when samples are taken.
        """


def in_order(samples: SampleSource) -> SampleStream:
    """Return a stream of samples of which any can be taken."""
    done = 0

    def following(count: int) -> np.ndarray:
        nonlocal done
        done += count
        return samples.take(slice(done - count, done))

    return SampleStream(
        next=following, length=len(samples), source=samples.source, spec=samples.spec, placed=samples.place
    )


def known_width(spec: FeatureSpec) -> int:
    """Return how many numbers a sample has, which is known of samples, if not of every model."""
    assert spec.width is not None, "samples have a width"
    return spec.width


def check_tabular(source: Dataset, trained_on: FeatureSpec | None) -> None:
    """Refuse rows of numbers for a model that was trained on images.

    Raises:
        UserError: says so.
    """
    if trained_on is not None and trained_on.images is not None:
        raise UserError(
            f"{source}: is no image, but the model was trained on images. Choose images as the type of the input."
        )


def check_width(source: Dataset, width: int, trained_on: FeatureSpec) -> None:
    """Refuse samples with another number of features than a model was trained on.

    Raises:
        UserError: says both.
    """
    if trained_on.width not in (None, width):
        raise UserError(
            f"{source}: has {width} columns, but the model was trained on {trained_on.width}. "
            "Choose the columns that correspond to those of the training samples."
        )
