"""Images that a plot puts through a network, few enough to be looked at."""

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue import target_kinds
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.data.image_sources import ImageSource
from dltools.data.named_tables import COLUMN, NamedTable
from dltools.forms import parameters
from dltools.forms.kinds import Choice, Whole
from dltools.forms.parameters import Form
from dltools.images import matching
from dltools.images.image_file import ImageFile
from dltools.plots.read_samples import ReadImages, ReadSamples
from dltools.plots.sample_choice import ROWS
from dltools.tables import tables
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import ALL_COLUMNS, Columns

if TYPE_CHECKING:
    from dltools.data.outputs import Output
    from dltools.data.targets import Target
    from dltools.images.image_spec import ImageSpec
    from dltools.model_files.records import Record

MAX_IMAGES, _USUAL = 50, 8
COLLECTION, ZIP = SOURCES = ("collection", "zip")
_LABEL_COLUMNS = "Columns with the labels"


def truth_of(table: ChosenTable, form: Form) -> NamedTable:
    """Return a table of what images are, as the form says: which of its columns are the labels, which has the names.

    Raises:
        UserError: the names are among the labels.
    """
    # Galaxy gives an optional column as a list, too.
    column = parameters.several(form.get("name_column"))
    names = _number(column[0], COLUMN) if column else 1
    chosen = tuple(_number(value, _LABEL_COLUMNS) for value in parameters.several(form.get("label_columns")))
    columns = Columns("by_index_number", chosen) if chosen else ALL_COLUMNS
    return NamedTable.of(dataclasses.replace(table, columns=columns), names)


def _number(value: object, label: str) -> int:
    return Whole(1).read(str(value).removeprefix("c"), label)


def _target(table: ChosenTable, rows: np.ndarray, record: "Record", given: "list[Output]") -> "Target":
    """Return what the images of some rows are."""
    from dltools.data import input_tables, outputs

    dataset = table.dataset
    if record.target.kind == target_kinds.REGRESSION:
        numbers = tables.read_numbers(dataset, table.header, table.columns, dtype=np.float64)
        found = outputs.Columns(numbers.values[rows], numbers.names, dataset)
    else:
        values, names, _ = input_tables.label_columns(table)
        found = outputs.Columns([column[rows] for column in values], names, dataset)
    return outputs.known(found, record.target, given, record.builder.training)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageSamples:
    """Images as the form names them.

    Attributes:
        images: where they lie.
        truth: what they are, by their names, or None.
        rows: names of those to show, as they were typed; None where nobody says.
    """

    images: ImageSource
    truth: NamedTable | None
    rows: str | None

    @classmethod
    def of(cls, source: Form, truth: NamedTable | None, rows: str | None) -> "ImageSamples":
        """Return what the form says.

        Raises:
            UserError: no images are chosen.
        """
        zipped = Choice(SOURCES).read(source["images_from"], "Where the images are") == ZIP
        if zipped:
            datasets: tuple[Dataset, ...] = (parameters.dataset(source.get("infile_zip"), "Zip with the images"),)
        else:
            datasets = parameters.datasets(source.get("infile_images"), "Images")
            if not datasets:
                raise UserError("Collection of images: no images were chosen, or the collection is empty.")
        return cls(images=ImageSource(datasets=datasets, zipped=zipped), truth=truth, rows=rows)

    def read(self, record: "Record", count: int | None) -> ReadSamples:
        """Decode those to show: the named ones, or the first; where it is known what they are, as many as may hold the
        most confident answers.

        Raises:
            UserError: images that are no good, or do not fit the model; a name that is none.
        """
        from dltools.backend import keras_runtime
        from dltools.data.dense_table import DenseTable
        from dltools.images import decoding, scaling

        spec = _spec(record)
        files, others = self.images.files()
        left_out = [f"files that are no images are left out: {listed(others, 5)}"] if others else []
        row_of = self._labelled(files)
        chosen, said = self._chosen(files, row_of, min(count or _USUAL, MAX_IMAGES))
        shown = [files[position] for position in chosen]
        pixels = np.stack(list(decoding.decode_all(shown, spec, keras_runtime.granted_cores())))
        features = DenseTable(values=scaling.scaled(pixels, spec), source=self.images.source)
        rows = np.asarray([row_of[position] for position in chosen]) if self.truth else np.empty(0, np.int64)

        def truth(given: "list[Output]") -> "Target | None":
            return None if self.truth is None else _target(self.truth.table, rows, record, given)

        return ReadSamples(
            features=features,
            truth=truth,
            rows=None if self.rows is None else tuple(range(1, len(shown) + 1)),
            images=ReadImages(names=[file.name for file in shown], pixels=pixels, spec=spec),
            notes=(*left_out, *said),
        )

    def _labelled(self, files: list[ImageFile]) -> dict[int, int]:
        """Return the row of the table for the position of each image that has one; what has none is printed."""
        if self.truth is None:
            return {}
        found = self.truth.matched(files, matching.LEAVE_OUT)
        return dict(zip(found.images.tolist(), found.rows.tolist(), strict=True))

    def _chosen(self, files: list[ImageFile], row_of: dict[int, int], count: int) -> tuple[list[int], list[str]]:
        """Return the positions of the images to decode, and what to say of the choice."""
        if self.rows is not None:
            return self._named(files, row_of, self.rows), []
        if self.truth is None:
            return list(range(min(count, len(files)))), []
        known = np.asarray(list(row_of))
        if len(known) <= MAX_IMAGES:
            return known.tolist(), []
        spaced = known[np.linspace(0, len(known) - 1, MAX_IMAGES).astype(int)]
        return spaced.tolist(), [f"of {len(known):,} images with a label, {MAX_IMAGES}, evenly spaced, were looked at"]

    def _named(self, files: list[ImageFile], row_of: dict[int, int], typed: str) -> list[int]:
        names = [part.strip() for part in typed.split(",") if part.strip()]
        if len(names) > MAX_IMAGES:
            raise UserError(f"{ROWS}: must be at most {MAX_IMAGES} images. Received: {len(names)}.")
        places = matching.places(files, names, ROWS)
        missing = [name for name, place in zip(names, places, strict=True) if place is None]
        if missing:
            raise UserError(
                f"{ROWS}: no image is called {listed(map(quoted, missing), 5)}. Type names of images, separated by "
                f"commas, such as {quoted(files[0].name)}."
            )
        found = [place for place in places if place is not None]
        without = [files[place].name for place in found if self.truth is not None and place not in row_of]
        if without:
            raise UserError(f"{ROWS}: the table of labels has none for {listed(map(quoted, without), 5)}.")
        return found


def _spec(record: "Record") -> "ImageSpec":
    """Return what was done with the images that a model was trained on.

    Raises:
        UserError: it was trained on something else, or on stacks, or on more than images.
    """
    spec = record.features.images
    if spec is None:
        raise UserError(
            "Images: the model was not trained on images by these tools, so that nobody knows how they are to be "
            "scaled. Choose a table of samples."
        )
    if record.features.width not in (None, math.prod(spec.shape)):
        raise UserError(
            "Images: the model takes columns of a table beside the images. Where it looks is shown for networks of "
            "images alone."
        )
    if len(spec.shape) != 3:
        raise UserError(
            f"Images: the model takes stacks of {spec.shape[0]} pages. Where it looks is shown for single images."
        )
    return spec
