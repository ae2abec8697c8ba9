"""Samples that are images, decoded once and kept as they are in their files, scaled as they are taken."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from dltools.core.dataset import Dataset
from dltools.data.dense_table import DenseTable
from dltools.data.rows import Rows
from dltools.data.specs import FeatureSpec
from dltools.images import decoding, scaling
from dltools.images.image_file import ImageFile
from dltools.images.image_header import ImageHeader
from dltools.images.image_spec import ImageSpec
from dltools.tables import stored
from dltools.tables.storage import Storage


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageSamples:
    """A `samples.SampleSource` of images.

    Attributes:
        pixels: uint8 or float32 (images, numbers), not scaled yet.
        prints: int64 (images,), equal where images are.
        files: the images.
        images: how they became numbers.
        source: what messages call them together.
        rows: of the tables beside them.
    """

    pixels: np.ndarray
    prints: np.ndarray
    files: Sequence[ImageFile]
    images: ImageSpec
    source: Dataset
    rows: Rows

    @property
    def spec(self) -> FeatureSpec:
        """The features of a sample."""
        return FeatureSpec(width=self.width, images=self.images)

    @property
    def width(self) -> int:
        """How many numbers an image has."""
        return self.pixels.shape[1]

    @property
    def tables(self) -> tuple[DenseTable, ...]:
        """None."""
        return ()

    @property
    def in_memory(self) -> bool:
        """Whether the images are kept in memory rather than in a file."""
        return not stored.is_in_file(self.pixels)

    @property
    def held_bytes(self) -> int:
        """How much memory the images take; none in a file."""
        return self.pixels.nbytes if self.in_memory else 0

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, positions: np.ndarray | slice) -> np.ndarray:
        """Return images by position: float32 (images, numbers), scaled."""
        taken = stored.take(self.pixels, positions)
        return scaling.scaled(taken.reshape(len(taken), *self.images.shape), self.images)

    def columns(self, first: int, last: int, positions: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return some numbers of some images."""
        return self.take(positions)[:, first:last]

    def gather(self, positions: np.ndarray) -> None:
        """Prepare for taking some images in their order again and again."""
        stored.gather(self.pixels, positions)

    def fingerprints(self) -> np.ndarray:
        """Return int64 (images,), equal where images are."""
        return self.prints

    def place(self, row: int, column: int | None) -> str:
        """Say which image is meant, and which number of it."""
        return place(self.files[row], self.images, column)


def place(file: ImageFile, spec: ImageSpec, column: int | None) -> str:
    """Say which image is meant, and which of its numbers, for messages."""
    if column is None:
        return f"Image {file}"
    *rest, y, x, channel = (int(part) + 1 for part in np.unravel_index(column, spec.shape))
    page = f"page {rest[0]}, " if rest else ""
    return f"Image {file}, {page}line {y}, column {x}, channel {channel}"


def dtype_of(headers: Sequence[ImageHeader]) -> type:
    """Return in which type images are kept: uint8 where 8 bits hold them all."""
    return np.uint8 if all(header.bits <= 8 and not header.fractions for header in headers) else np.float32


def decoded(
    files: Sequence[ImageFile],
    headers: Sequence[ImageHeader],
    spec: ImageSpec,
    threads: int,
    room: Storage,
    source: Dataset,
    rows: Rows,
) -> ImageSamples:
    """Decode images, on threads, in memory or into a file.

    Parameters:
        headers: of the files.
        room: makes it for them.
        source, rows: as in `ImageSamples`.

    Raises:
        UserError: names the first image that cannot be decoded.
    """
    kept = room.make_for_images(str(source), len(files), math.prod(spec.shape), dtype_of(headers))
    prints = np.empty(len(files), np.int64)

    for position, image in enumerate(decoding.decode_all(files, spec, threads)):
        # 0 is added to make 0 of -0, which is the same number in other bytes.
        pixels = image.reshape(1, -1) + image.dtype.type(0)
        kept.put(position, pixels)
        prints[position] = hash(pixels.tobytes())
    return ImageSamples(pixels=kept.values, prints=prints, files=tuple(files), images=spec, source=source, rows=rows)
