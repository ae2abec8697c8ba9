"""Images that a plot puts through a network, few enough to be looked at."""

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue import target_kinds
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.forms import parameters
from dltools.forms.kinds import Choice, Whole
from dltools.forms.parameters import Form, is_empty
from dltools.images import archive, collection, matching
from dltools.images.image_file import ImageFile
from dltools.plots.read_samples import ReadImages, ReadSamples
from dltools.plots.sample_choice import ROWS
from dltools.tables import tables
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import Columns

if TYPE_CHECKING:
    from dltools.data.outputs import Output
    from dltools.data.targets import Target
    from dltools.images.image_spec import ImageSpec
    from dltools.model_files.records import Record

MAX_IMAGES, _USUAL = 50, 8
COLLECTION, ZIP = SOURCES = ("collection", "zip")
_NAME_COLUMN, _LABEL_COLUMNS = "Column with the images' names", "Columns with the labels"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A table of what images are.

    Attributes:
        table: of which the chosen columns are the labels.
        names: the number of the column with the images' names, from 1.
    """

    table: ChosenTable
    names: int

    @classmethod
    def of(cls, table: ChosenTable, form: Form) -> "Truth":
        """Return what the form says of a table: which of its columns are what."""
        column, labels = form.get("name_column"), form.get("label_columns")
        names = 1 if is_empty(column) else _number(column, _NAME_COLUMN)
        chosen = tuple(_number(value, _LABEL_COLUMNS) for value in parameters.several(labels))
        if names in chosen:
            raise UserError(f"{_LABEL_COLUMNS}: column {names} holds the images' names. Choose others.")
        columns = Columns("by_index_number", chosen) if chosen else Columns("all_but_by_index_number", (names,))
        return cls(table=dataclasses.replace(table, columns=columns), names=names)

    def texts(self) -> list[str]:
        """Return the name of the image that each row is of."""
        found = tables.read_text(self.table.dataset, self.table.header, Columns("by_index_number", (self.names,)))
        return [str(text).strip() for text in found.columns[0]]

    def target(self, rows: np.ndarray, record: "Record", given: "list[Output]") -> "Target":
        """Return what the images of some rows are."""
        from dltools.data import input_tables, outputs

        dataset, header, columns = self.table.dataset, self.table.header, self.table.columns
        if record.target.kind == target_kinds.REGRESSION:
            numbers = tables.read_numbers(dataset, header, columns, dtype=np.float64)
            found = outputs.Columns(numbers.values[rows], numbers.names, dataset)
        else:
            values, names, _ = input_tables.label_columns(self.table)
            found = outputs.Columns([column[rows] for column in values], names, dataset)
        return outputs.known(found, record.target, given, record.builder.training)


def _number(value: object, label: str) -> int:
    return Whole(1).read(str(value).removeprefix("c"), label)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageSamples:
    """Images as the form names them.

    Attributes:
        datasets: the elements of a collection, or a zip.
        zipped: which of the two.
        truth: what they are, by their names, or None.
        rows: names of those to show, as they were typed; None where nobody says.
    """

    datasets: tuple[Dataset, ...]
    zipped: bool
    truth: Truth | None
    rows: str | None

    @classmethod
    def of(cls, source: Form, truth: Truth | None, rows: str | None) -> "ImageSamples":
        """Return what the form says.

        Raises:
            UserError: no images are chosen.
        """
        zipped = Choice(SOURCES).read(source["images_from"], "Where the images are") == ZIP
        if zipped:
            datasets: tuple[Dataset, ...] = (parameters.dataset(source.get("infile_zip"), "Zip with the images"),)
        else:
            datasets = parameters.datasets(source.get("infile_images"), "Images")
        return cls(datasets=datasets, zipped=zipped, truth=truth, rows=rows)

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
        files, notes = self._files()
        row_of, told = self._labelled(files)
        chosen, said = self._chosen(files, row_of, min(count or _USUAL, MAX_IMAGES))
        shown = [files[position] for position in chosen]
        pixels = np.stack(list(decoding.decode_all(shown, spec, keras_runtime.granted_cores())))
        features = DenseTable(values=scaling.scaled(pixels, spec), source=self.datasets[0])
        rows = np.asarray([row_of[position] for position in chosen]) if self.truth else np.empty(0, np.int64)

        def truth(given: "list[Output]") -> "Target | None":
            return None if self.truth is None else self.truth.target(rows, record, given)

        return ReadSamples(
            features=features,
            truth=truth,
            rows=None if self.rows is None else tuple(range(1, len(shown) + 1)),
            images=ReadImages(names=[file.name for file in shown], pixels=pixels, spec=spec),
            notes=(*notes, *told, *said),
        )

    def _files(self) -> tuple[list[ImageFile], list[str]]:
        """Return all images, and what to say of the other files of a zip."""
        if not self.zipped:
            return collection.files(self.datasets), []
        files, others = archive.files(self.datasets[0])
        told = f"{self.datasets[0]}: {len(others)} files that are no images are left out: {listed(others, 5)}"
        return files, [told] if others else []

    def _labelled(self, files: list[ImageFile]) -> tuple[dict[int, int], list[str]]:
        """Return the row of the table for the position of each image that has one, and what was left out."""
        if self.truth is None:
            return {}, []
        found = matching.match(files, self.truth.texts(), self.truth.table.dataset, matching.LEAVE_OUT)
        pairs = zip(found.images.tolist(), found.rows.tolist(), strict=True)
        return dict(pairs), [text.removesuffix(".") for text in found.told]

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
