"""Turning an image as the camera was held: orientation as EXIF and TIFF number it."""

import numpy as np

UPRIGHT = 1
# Numbers above turn by a quarter.
_QUARTER = 5


def is_turned(orientation: int) -> bool:
    """Tell whether height and width change places."""
    return _QUARTER <= orientation <= 8


def turned(values: np.ndarray, orientation: int) -> np.ndarray:
    """Return images, (pages, height, width, channels), as they are to be seen; other numbers than 2 to 8 turn none."""
    across = values.swapaxes(1, 2) if is_turned(orientation) else values
    match orientation:
        case 2 | 6:
            return across[:, :, ::-1]
        case 4 | 8:
            return across[:, ::-1]
        case 3 | 7:
            return across[:, ::-1, ::-1]
    return across
