"""What the numbers of a TIFF's pixels mean, and how they become grey, colours or channels from 0 on."""

import dataclasses
from typing import Any

import numpy as np
from PIL import Image

from dltools.core.errors import UserError
from dltools.images.image_file import ImageFile
from dltools.images.image_header import MULTIPLIED, OPAQUE, STRAIGHT, UNTOLD, Pixels

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_PHOTOMETRIC, _REFERENCE = 262, 532
_JPEG = 7
# Colours of a pixel before what is extra; any number of grey ones are channels.
_COLOURS = {_RGB: 3, _YCBCR: 3, _CMYK: 4, _PALETTE: 1}
_EXTRAS = {0: UNTOLD, 1: MULTIPLIED, 2: STRAIGHT}
_TYPES = {"u": (1, 16), "f": (16, 64), "b": (1, 1)}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """What the numbers of a pixel mean.

    Attributes:
        photometric: as TIFF numbers it.
        stored: numbers of a pixel that are colours or channels, in the file.
        channels: after they were made grey, colours or channels.
        transparency: what the number behind them is.
    """

    photometric: int
    stored: int
    channels: int
    transparency: str


def of(file: ImageFile, page: Any, numbers: int) -> Colours:
    """Return what the numbers of a pixel mean, of which there are so many.

    Raises:
        UserError: they are of a kind that is not read.
    """
    _check_type(file, page)
    photometric = int(page.tags.valueof(_PHOTOMETRIC, _BLACK_IS_ZERO))
    if photometric not in {_WHITE_IS_ZERO, _BLACK_IS_ZERO, *_COLOURS}:
        name = getattr(page.photometric, "name", photometric)
        raise UserError(f"{file}: holds colours of the kind {name}, which is not read. Save it as grey or RGB.")
    extras = page.extrasamples
    stored = _COLOURS.get(photometric, numbers - (len(extras) == 1 and extras[0] in (1, 2)))
    if photometric in _COLOURS and numbers - stored > 1 and photometric == _RGB:
        # More channels than colours: none of them is transparency.
        stored = numbers
    extra = numbers - stored
    if stored < 1 or extra not in (0, 1) or (extra and photometric in (_CMYK, _PALETTE)):
        raise UserError(
            f"{file}: has {numbers:,} numbers for each pixel, which is no grey and no colours that are read. Save it "
            "as grey, RGB, or with channels."
        )
    return Colours(
        photometric=photometric,
        stored=stored,
        channels=3 if photometric in _COLOURS and stored == _COLOURS[photometric] else stored,
        transparency=_EXTRAS.get(extras[0] if extras else 0, UNTOLD) if extra else OPAQUE,
    )


def _check_type(file: ImageFile, page: Any) -> None:
    kind, bits = page.dtype.kind if page.dtype is not None else "", page.bitspersample
    least, most = _TYPES.get(kind, (1, 0))
    if not isinstance(bits, int) or not least <= bits <= most:
        raise UserError(
            f"{file}: holds numbers of the type {page.dtype or bits}, which is not read. Save it with 8 or 16 bits "
            "without sign, or as 32-bit fractions (float)."
        )


def pixels(file: ImageFile, page: Any, colours: Colours, values: np.ndarray) -> Pixels:
    """Return the pixels with black as 0: uint8 up to 255, uint16, or float32.

    Parameters:
        values: (pages, height, width, numbers of a pixel), as they are in the file.

    Raises:
        UserError: the colours are stored in a way that is not read.
    """
    if colours.photometric == _PALETTE:
        return Pixels(values=_of_palette(file, page, values))
    values = _levelled(values, page.bitspersample)
    if colours.photometric == _WHITE_IS_ZERO:
        white = 255 if values.dtype == np.uint8 else 2**page.bitspersample - 1 if values.dtype == np.uint16 else 1
        colour = values[..., : colours.stored]
        values = np.concatenate([values.dtype.type(white) - colour, values[..., colours.stored :]], axis=-1)
    if colours.photometric == _CMYK:
        values = _converted(file, values, "CMYK")
    if colours.photometric == _YCBCR and page.compression != _JPEG:
        _check_range(file, page)
        values = _converted(file, values, "YCbCr")
    return Pixels(values=values, transparency=colours.transparency)


def _levelled(values: np.ndarray, bits: int) -> np.ndarray:
    """Return numbers of few bits up to 255, and all fractions as float32."""
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return values.astype(np.float32, copy=False)
    if bits < 8:
        levels = (np.arange(2**bits, dtype=np.uint16) * 255 // (2**bits - 1)).astype(np.uint8)
        return levels[values.astype(np.uint8)]
    return values.astype(np.uint8 if bits == 8 else np.uint16, copy=False)


def _of_palette(file: ImageFile, page: Any, values: np.ndarray) -> np.ndarray:
    colours = page.colormap
    if colours is None or values.dtype.kind != "u" or colours.shape[1] < 2**page.bitspersample:
        raise UserError(f"{file}: has a palette that is missing or cut off. Save it as RGB.")
    # Some programs write 8 bits where 16 belong.
    colours = (colours >> 8 if colours.max() > 255 else colours).astype(np.uint8)
    return np.ascontiguousarray(colours.T)[values[..., 0]]


def _converted(file: ImageFile, values: np.ndarray, mode: str) -> np.ndarray:
    if values.dtype != np.uint8 or values.shape[-1] != len(_BANDS[mode]):
        raise UserError(f"{file}: holds {mode} colours of more than 8 bits, which are not read. Save it as RGB.")

    def convert(one: np.ndarray) -> np.ndarray:
        return np.asarray(Image.frombytes(mode, one.shape[1::-1], one.tobytes()).convert("RGB"))

    return np.stack([convert(one) for one in values])


_BANDS = {"CMYK": "CMYK", "YCbCr": "YBR"}
# Full range, as JPEG has it.
_FULL = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0]


def _check_range(file: ImageFile, page: Any) -> None:
    found = page.tags.valueof(_REFERENCE, None)
    if found is None:
        return
    pairs = list(found)
    if len(pairs) == 12:
        pairs = [top / bottom if bottom else 0.0 for top, bottom in zip(pairs[::2], pairs[1::2], strict=True)]
    if [float(one) for one in pairs] != _FULL:
        raise UserError(f"{file}: holds YCbCr colours of an unusual range, which are not read. Save it as RGB.")
