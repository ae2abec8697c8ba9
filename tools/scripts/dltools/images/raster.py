"""PNG, JPEG and BMP files, decoded by Pillow, and PNG files of 16 bits, which Pillow would cut down to 8, by libpng."""

import contextlib
import io
import struct
import warnings
from collections.abc import Iterator

import imagecodecs
import numpy as np
from PIL import ExifTags, Image

from dltools.core.errors import UserError
from dltools.images import faults, large, turning
from dltools.images.formats import PNG
from dltools.images.image_file import ImageFile
from dltools.images.image_header import OPAQUE, STRAIGHT, ImageHeader, Pixels

# Ours is the limit, which administrators can change; and of metadata only the orientation is of interest.
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
# What Pillow opens them as -> what their pixels are converted to, without and with transparency.
_MODES = {
    "1": ("L", "LA"),
    "L": ("L", "LA"),
    "LA": ("LA", "LA"),
    "P": ("RGB", "RGBA"),
    "RGB": ("RGB", "RGBA"),
    "RGBA": ("RGBA", "RGBA"),
    "CMYK": ("RGB", "RGB"),
}
# Where a PNG says how many bits a number has, and of which kind its pixels are; kinds -> channels and transparency.
_DEPTH, _KIND = 24, 25
_DEEP = 16
_KINDS = {0: ("L", False), 2: ("RGB", False), 4: ("L", True), 6: ("RGB", True)}
# Bytes that a number takes while it is decoded: in the decoder and as an array; of 16 bits as a fraction, too.
_BYTES, _DEEP_BYTES = 2, 6
# What Pillow raises for EXIF that no camera wrote.
_BROKEN_EXIF = (SyntaxError, ValueError, KeyError, TypeError, EOFError, OSError, struct.error)


def header(file: ImageFile, data: bytes, kind: str) -> ImageHeader:
    """Return what a file says of its image, of which nothing is decoded.

    Raises:
        UserError: the file is damaged, or too large.
    """
    with _opened(file, data, kind) as image:
        bits = _bits(data, kind)
        mode, transparent = _mode(file, image, data, bits)
        turned = turning.is_turned(_orientation(image, kind))
        width, height = image.size[::-1] if turned else image.size
        return ImageHeader(
            format=kind,
            height=height,
            width=width,
            channels=1 if mode == "L" else 3,
            bits=bits,
            fractions=False,
            pages=1,
            transparency=STRAIGHT if transparent else OPAQUE,
        )


def pixels(file: ImageFile, data: bytes, kind: str, wait: large.Wait) -> Pixels:
    """Return the image of a file: (1, height, width, channels), turned as it is to be seen.

    Parameters:
        wait: of `large.turn`.

    Raises:
        UserError: the file is damaged, or too large.
    """
    with _opened(file, data, kind) as image:
        bits = _bits(data, kind)
        mode, transparent = _mode(file, image, data, bits)
        channels = len(mode) + transparent
        is_deep = bits == _DEEP
        wait(file, image.width * image.height * channels, _DEEP_BYTES if is_deep else _BYTES)
        values = imagecodecs.png_decode(data) if is_deep else _eight_bits(image, transparent)
        values = values.reshape(1, image.height, image.width, channels)
        turned = turning.turned(values, _orientation(image, kind))
    return Pixels(values=turned, transparency=STRAIGHT if transparent else OPAQUE)


@contextlib.contextmanager
def _opened(file: ImageFile, data: bytes, kind: str) -> Iterator[Image.Image]:
    with faults.told(file), Image.open(io.BytesIO(data), formats=[kind]) as image:
        large.check(file, image.width * image.height)
        if image.mode not in _MODES and image.mode != "I;16":
            raise UserError(
                f"{file}: is a {kind} of the mode {image.mode}, which is not read. Save it as a {kind} of grey or RGB."
            )
        yield image


def _bits(data: bytes, kind: str) -> int:
    # BMP and JPEG files of more bits are not read by Pillow; those of less are made 8.
    return _DEEP if kind == PNG and data[_DEPTH] == _DEEP else 8


def _mode(file: ImageFile, image: Image.Image, data: bytes, bits: int) -> tuple[str, bool]:
    """Return L or RGB, and whether there is transparency beside it."""
    if bits == _DEEP:
        if data[12:16] != b"IHDR":
            raise UserError(f"{file}: is a damaged PNG: it does not begin with its header. Save it anew.")
        mode, transparent = _KINDS[data[_KIND]]
        return mode, transparent or "transparency" in image.info
    transparent = image.has_transparency_data and image.mode != "CMYK"
    return _MODES[image.mode][0].removesuffix("A"), transparent


def _eight_bits(image: Image.Image, transparent: bool) -> np.ndarray:
    wanted = _MODES[image.mode][transparent]
    # All of the file is read, which finds what is cut off or damaged, and EXIF at the end.
    return np.asarray(image if image.mode == wanted else image.convert(wanted))


def _orientation(image: Image.Image, kind: str) -> int:
    # Pillow would decode a PNG to look for more behind its pixels.
    if kind == PNG and "exif" not in image.info:
        return turning.UPRIGHT
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, turning.UPRIGHT)
    except _BROKEN_EXIF:
        return turning.UPRIGHT
    return found if isinstance(found, int) else turning.UPRIGHT
