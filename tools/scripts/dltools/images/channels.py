"""Matching the channels of images with those that a network takes."""

import numpy as np

from dltools.core.errors import UserError
from dltools.images.image_file import ImageFile
from dltools.images.image_header import MULTIPLIED, OPAQUE, UNTOLD, Pixels

GREY, COLOURS = 1, 3
# What was done with an image's channels, as it is told with the number of images.
REPEATED = "are grey and become three equal channels, since the network takes three"
LUMINANCE = "are coloured and become grey (their luminance), since the network takes one channel"
DROPPED = "have an alpha channel without any transparency, which is left out"
OVER_WHITE = "have transparent parts, which are laid over white"
# Of red, green and blue (ITU-R 601-2), as Pillow weighs them.
_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


def matched(file: ImageFile, found: Pixels, channels: int, white: float) -> tuple[np.ndarray, frozenset[str]]:
    """Return pixels with the channels that a network takes, and what was done for it.

    Parameters:
        channels: that the network takes.
        white: the largest number that a pixel can hold.

    Returns:
        (pages, height, width, channels) of the dtype of `found`, or float32; texts of this module.

    Raises:
        UserError: the image has other channels.
    """
    values, done = found.values, set()
    if found.transparency != OPAQUE and values.shape[-1] != channels:
        values, how = _without_transparency(file, found, white)
        done.add(how)
    own = values.shape[-1]
    if own == GREY and channels == COLOURS:
        done.add(REPEATED)
        values = np.repeat(values, COLOURS, axis=-1)
    elif own == COLOURS and channels == GREY:
        done.add(LUMINANCE)
        values = _luminance(values)
    elif own != channels:
        raise UserError(
            f"{file}: has {own:,} channels, but the network takes {channels:,} (the last number of its input_shape). "
            f"Give the network an input_shape of {own:,} channels, or save the image with {channels:,}."
        )
    return values, frozenset(done)


def _luminance(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.uint8:
        from PIL import Image

        return np.stack([np.asarray(Image.fromarray(np.ascontiguousarray(one)).convert("L")) for one in values])[
            ..., None
        ]
    return (values.astype(np.float32) @ _WEIGHTS)[..., None]


def _without_transparency(file: ImageFile, found: Pixels, white: float) -> tuple[np.ndarray, str]:
    colours, alpha = found.colours, found.values[..., -1:]
    most = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    if (alpha == most).all():
        return colours, DROPPED
    if found.transparency == UNTOLD:
        raise UserError(
            f"{file}: has a channel beside its {colours.shape[-1]} colours of which the file does not say what it is. "
            "Save it without, or give the network as many channels."
        )
    part = alpha.astype(np.float32) / most
    top = colours.astype(np.float32) * (1 if found.transparency == MULTIPLIED else part)
    # White is the file's own, whatever the largest number in the images is.
    paper = {"uint8": 255.0, "float32": 1.0}.get(str(colours.dtype), white)
    laid = top + (1 - part) * paper
    return (np.rint(laid).clip(0, 255).astype(np.uint8) if colours.dtype == np.uint8 else laid), OVER_WHITE
