"""The shape of an image whose pixels are the columns of a table."""

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.forms.kinds import Shape
from dltools.forms.parameters import is_empty

LABEL = "Height, width and channels of an image"


def read(text: object) -> tuple[int, ...] | None:
    """Read the shape of an image; refuse what is none."""
    if is_empty(text):
        return None
    shape = Shape().read(text, LABEL)
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (1, 3)):
        raise UserError(
            f"{LABEL}: must be (height, width), or (height, width, 3) for colours. Received: {quoted(text)}."
        )
    return shape


def of(asked: tuple[int, ...] | None, pixels: int, source: Dataset) -> tuple[int, ...]:
    """Return the shape of an image as Matplotlib takes it: as asked for, or that of a square."""
    if asked is None:
        side = int(np.sqrt(pixels) + 0.5)
        if side * side == pixels:
            return side, side
        raise UserError(f"{LABEL}: must be given, for the {pixels} columns of {source} are no square of pixels.")
    if int(np.prod(asked)) != pixels:
        raise UserError(
            f"{LABEL}: {quoted(str(asked))} makes {int(np.prod(asked))} pixels, but {source} has {pixels} columns."
        )
    return without_one_channel(asked)


def without_one_channel(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of an image, (height, width) of a grey one."""
    return shape[:2] if shape[2:] == (1,) else shape
