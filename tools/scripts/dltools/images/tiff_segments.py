"""Whether the strips and tiles of a TIFF's page are there, and are no larger than the page says."""

import io
import math
from typing import Any

from PIL import Image

from dltools.core.errors import UserError
from dltools.images import large
from dltools.images.formats import JPEG
from dltools.images.image_file import ImageFile

_UNCOMPRESSED, _JPEG = 1, 7
# What is read, and no more: each of these decoders is told how much may come out, and JPEG is looked at before.
_READ = {_UNCOMPRESSED, 5, _JPEG, 8, 32773, 32946, 50000}
_READ_NAMES = "without compression, or with LZW, Deflate, PackBits, JPEG or Zstandard"


def check(file: ImageFile, page: Any, first: Any, data: bytes) -> None:
    """Check where the pixels of a page lie, before they are decoded.

    Parameters:
        page: of tifffile, maybe without what it has in common with `first`.
        first: the page that says how all of them are made.
        data: the file.

    Raises:
        UserError: the file is cut off, or a part of it is larger than it may be.
    """
    if first.compression not in _READ:
        name = getattr(first.compression, "name", first.compression)
        raise UserError(f"{file}: is compressed by {name}, which is not read. Save it {_READ_NAMES}.")
    if first.is_tiled:
        large.check(file, first.tilewidth * first.tilelength * max(1, first.tiledepth) * first.samplesperpixel)
    places = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    if len(places) < math.prod(first.chunked) or any(
        count <= 0 or offset + count > len(data) for offset, count in places
    ):
        raise UserError(f"{file}: is cut off: a part of its pixels is missing. Upload it again, or leave it out.")
    if first.compression == _JPEG:
        _check_jpeg(file, places, first, data)


def _check_jpeg(file: ImageFile, places: list[tuple[int, int]], first: Any, data: bytes) -> None:
    width, height = (first.tilewidth, first.tilelength) if first.is_tiled else (first.imagewidth, first.imagelength)
    for offset, count in places:
        with Image.open(io.BytesIO(data[offset : offset + count]), formats=[JPEG]) as image:
            if image.width > width or image.height > height:
                raise UserError(
                    f"{file}: is damaged: a JPEG in it has {image.width:,} x {image.height:,} pixels where "
                    f"{width:,} x {height:,} belong. Leave it out."
                )
