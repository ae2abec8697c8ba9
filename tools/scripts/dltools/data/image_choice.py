"""Samples that are images: a collection of files, or a zip, with a table of their labels, and tables beside them."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.data import chosen_tables, image_options, image_samples, image_words, samples
from dltools.data.dense_table import DenseTable
from dltools.data.image_options import ImageOptions
from dltools.data.image_sources import ImageSource
from dltools.data.named_tables import NamedTable
from dltools.data.rows import Rows
from dltools.data.side_by_side import SideBySide
from dltools.data.specs import FeatureSpec
from dltools.images import decoding, headers, scaling, white
from dltools.images.image_file import ImageFile
from dltools.images.image_header import ImageHeader
from dltools.images.image_spec import ImageSpec
from dltools.networks.first_layers import NetworkInput
from dltools.tables import tables
from dltools.tables.chosen import ChosenTable
from dltools.tables.storage import Storage


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageChoice:
    """A `samples.SampleChoice` of images.

    Attributes:
        images: where they lie.
        named: the table of the labels, whose rows say which images there are and in which order; None for all images
            in their own order.
        options: how they become samples, where no model says it.
        further: a table for each further input of the network.
        wanted: what the network takes, once it is known.
    """

    images: ImageSource
    named: NamedTable | None = None
    options: ImageOptions = dataclasses.field(default_factory=ImageOptions)
    further: tuple[NamedTable, ...] = ()
    wanted: image_options.Wanted | None = None

    @property
    def source(self) -> Dataset:
        """What messages call the images."""
        return self.images.source

    @property
    def tables(self) -> tuple[ChosenTable, ...]:
        """None: tables beside images are matched by name."""
        return ()

    def for_network(self, network: Dataset, inputs: Sequence[NetworkInput]) -> "ImageChoice":
        """Return the choice with what the network takes.

        Raises:
            UserError: as `image_options.wanted`.
        """
        return dataclasses.replace(self, wanted=image_options.wanted(network, inputs, len(self.further), self.options))

    def read(self, threads: int, trained_on: FeatureSpec | None = None) -> samples.SampleSource:
        """Decode all images.

        Raises:
            UserError: an image that is no good, names that do not match, or other samples than those trained on.
        """
        given = self._files()
        files, rows, of_tables = self._matched(given)
        looked = headers.look_at_all(files, threads)
        spec = self._spec(files, looked, trained_on, threads)
        image_words.tell(self.source, looked, spec)
        room = Storage()
        found = image_samples.decoded(files, looked, spec, threads, room, self.source, rows)
        if not self.further:
            return found
        parts = [
            _table(table, of_table, known, threads)
            for table, of_table, known in zip(self.further, of_tables, self._known_names(trained_on), strict=True)
        ]
        names = chosen_tables.joined([part.names for part in parts])
        return SideBySide(parts=(found, *parts), names=names if trained_on is None else trained_on.names)

    def stream(self, threads: int, trained_on: FeatureSpec) -> samples.SampleStream:
        """Open the images, which are decoded a little before they are taken.

        Raises:
            UserError: as `read`; for what is wrong in an image's pixels, when it is taken.
        """
        spec = self._trained(trained_on)
        files = self._files()
        looked = headers.look_at_all(files, threads)
        image_words.tell(self.source, looked, spec)
        parts = [
            _table(table, table.rows_of(files), known, threads)
            for table, known in zip(self.further, self._known_names(trained_on), strict=True)
        ]
        following = _following(files, spec, threads)
        done = 0

        def take(count: int) -> np.ndarray:
            nonlocal done
            done += count
            return np.hstack([following(count), *(part.take(slice(done - count, done)) for part in parts)])

        return samples.SampleStream(
            next=take,
            length=len(files),
            source=self.source,
            spec=trained_on,
            placed=lambda row, column: image_samples.place(files[row], spec, column),
            images=files,
        )

    def _files(self) -> list[ImageFile]:
        files, others = self.images.files()
        if others:
            print(f"{self.source}: left out, for these are no images: {listed(map(quoted, others), 5)}.")
        return files

    def _matched(self, given: list[ImageFile]) -> tuple[list[ImageFile], Rows, list[np.ndarray]]:
        """Return the images that are samples, the rows of the tables beside them, and the rows of each further
        table.
        """
        chosen, rows, source, count = np.arange(len(given)), np.arange(len(given)), self.source, len(given)
        if self.named is not None:
            found = self.named.matched(given, self.options.unmatched)
            chosen, rows, source = found.images, found.rows, self.named.dataset
            count = len(self.named.names())
        every: list[np.ndarray] = []
        for table in self.further:
            matched = table.matched([given[position] for position in chosen], self.options.unmatched)
            order = np.argsort(matched.images, kind="stable")
            kept = matched.images[order]
            chosen, rows = chosen[kept], rows[kept]
            every = [own[kept] for own in every] + [matched.rows[order]]
        return [given[position] for position in chosen], Rows(source=source, count=count, kept=rows), every

    def _spec(
        self, files: list[ImageFile], looked: list[ImageHeader], trained_on: FeatureSpec | None, threads: int
    ) -> ImageSpec:
        """Return what the images become: what a model says that was trained, or else what the user chose."""
        if trained_on is not None:
            return self._trained(trained_on)
        assert self.wanted is not None, "a network to be trained was asked first"
        found, scale = white.common(files, looked, self.options.page, threads), self.wanted.scale
        if found is None and scale not in image_options.WITHOUT_WHITE:
            raise UserError(
                f"{self.source}: hold fractions that are not between 0 and 1, so that nobody knows what is white. Open "
                "'Size and scale of the images' and choose that each image is brought to a mean of 0, or that the "
                "numbers stay as they are."
            )
        return ImageSpec(
            shape=self.wanted.shape,
            fit=self.options.fit,
            scale=scale,
            white=white.FRACTIONS if found is None else found,
            page=self.options.page,
        )

    def _trained(self, trained_on: FeatureSpec) -> ImageSpec:
        """Return what a model was trained on.

        Raises:
            UserError: that were no images, or another number of tables beside them.
        """
        spec = trained_on.images
        if spec is None:
            raise UserError(
                f"{self.source}: are images, but the model was not trained on images by these tools, so that nobody "
                "knows how they are to be scaled. Choose a table, or a model that 'Deep learning training and "
                "evaluation' trained on images."
            )
        expected = max(0, len(trained_on.tables) - 1)
        if len(self.further) != expected:
            raise UserError(
                f"{self.source}: the model was trained on images and {expected} tables, but {len(self.further)} are "
                "given. Give one for each, in the same order, by 'Further input tables'."
            )
        return spec

    def _known_names(self, trained_on: FeatureSpec | None) -> list[tuple[str, ...] | None]:
        """Return the names of the columns of each further table that a model was trained on, where it knows them."""
        if trained_on is None or trained_on.names is None:
            return [None] * len(self.further)
        ends = np.cumsum([width or 0 for width in trained_on.tables[1:]])
        return [
            trained_on.names[end - (width or 0) : end] for width, end in zip(trained_on.tables[1:], ends, strict=True)
        ]


def _table(table: NamedTable, rows: np.ndarray, names: tuple[str, ...] | None, threads: int) -> DenseTable:
    """Read a further table and return its rows in the order of the images."""
    source = chosen_tables.in_trained_order(table.table, names)
    found = tables.read_numbers_of(source, threads, watched=True)
    return DenseTable(
        values=found.values[rows],
        source=table.dataset,
        names=None if found.names is None else tuple(found.names),
        table=found.table,
        choice=table.table,
        matched=rows,
        file_rows=len(found.values),
    )


def _following(files: Sequence[ImageFile], spec: ImageSpec, threads: int) -> Callable[[int], np.ndarray]:
    """Return a function that returns the next so many images: float32 (images, numbers), scaled."""
    decoded = decoding.decode_all(files, spec, threads)

    def take(count: int) -> np.ndarray:
        return scaling.scaled(np.stack(list(itertools.islice(decoded, count))), spec)

    return take
