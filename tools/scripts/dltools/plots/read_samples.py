"""What a plot reads of the samples that it puts through a network: rows of a table, or images."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.forms.kinds import Whole
from dltools.plots import network_samples
from dltools.plots.sample_choice import ROWS
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import Columns

if TYPE_CHECKING:
    from dltools.data.dense_table import DenseTable
    from dltools.data.outputs import Output
    from dltools.data.targets import Target
    from dltools.images.image_spec import ImageSpec
    from dltools.model_files.records import Record

MAX_ROWS = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReadSamples:
    """Samples, as a network takes them.

    Attributes:
        features: of all that were read.
        truth: returns what they are, for the outputs of the network; None where nobody tells.
        rows: numbers of those that the user named, counted from 1; None where nobody did.
        images: of images, how they are shown and what they are called.
        notes: what a reader must know of how they were chosen.
    """

    features: "DenseTable"
    truth: "Callable[[list[Output]], Target | None]"
    rows: tuple[int, ...] | None
    images: "ReadImages | None" = None
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReadImages:
    """Images that were decoded.

    Attributes:
        names: of each.
        pixels: (n, *spec.shape), uint8 or float32, not scaled.
        spec: what the model was trained on.
    """

    names: list[str]
    pixels: np.ndarray
    spec: "ImageSpec"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TableSamples:
    """Samples that are rows of a table.

    Attributes:
        source, columns: the table, and which columns of it are the features.
        truth: what they are, row by row, or None.
        rows: numbers of those to show, as they were typed; None where nobody says.
    """

    source: Dataset
    columns: Columns
    truth: ChosenTable | None
    rows: str | None

    def read(self, record: "Record", count: int | None) -> ReadSamples:
        """Read all of them.

        Raises:
            UserError: a table that is no good, or does not fit the model; numbers that are none.
        """
        if record.features.images is not None:
            raise UserError(f"{self.source}: is a table, but the model was trained on images. Choose images.")
        features = network_samples.features(self.source, self.columns, record)
        return ReadSamples(
            features=features,
            truth=lambda given: network_samples.truth(self.truth, record, given, features),
            rows=_numbers(self.rows),
        )


def _numbers(text: str | None) -> tuple[int, ...] | None:
    """Read numbers of rows, separated by commas; refuse what is none, and too many."""
    if text is None:
        return None
    found = tuple(Whole(1).read(part.strip(), ROWS) for part in text.split(","))
    if len(found) > MAX_ROWS:
        raise UserError(f"{ROWS}: must be at most {MAX_ROWS}. Received: {len(found)}.")
    return found
