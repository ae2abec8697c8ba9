"""Bringing images to one size, antialiased, by Pillow."""

import numpy as np

from dltools.images.image_spec import CROP, PAD


def fitted(values: np.ndarray, height: int, width: int, fit: str) -> np.ndarray:
    """Return images of one size.

    Parameters:
        values: (pages, height, width, channels), uint8 or float32.
        height, width: of the images that are returned.
        fit: one of `image_spec.FITS`.

    Returns:
        (pages, height, width, channels) of the same dtype.
    """
    rows, columns = values.shape[1:3]
    if (rows, columns) == (height, width):
        return values
    top, left, high, wide = 0, 0, height, width
    if fit == CROP:
        values = _middle(values, height, width)
    elif fit == PAD:
        top, left, high, wide = _inside(rows, columns, height, width)
    found = np.zeros((len(values), height, width, values.shape[3]), values.dtype)
    for page, one in zip(found, values, strict=True):
        page[top : top + high, left : left + wide] = _resized(one, high, wide)
    return found


def _inside(rows: int, columns: int, height: int, width: int) -> tuple[int, int, int, int]:
    """Return where an image lies in the middle of one that holds all of it: top, left, height and width."""
    ratio = min(height / rows, width / columns)
    high, wide = max(1, min(height, round(rows * ratio))), max(1, min(width, round(columns * ratio)))
    return (height - high) // 2, (width - wide) // 2, high, wide


def _middle(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the largest part in the middle with the right proportions, to whole pixels."""
    rows, columns = values.shape[1:3]
    ratio = min(rows / height, columns / width)
    high, wide = max(1, min(rows, round(height * ratio))), max(1, min(columns, round(width * ratio)))
    top, left = (rows - high) // 2, (columns - wide) // 2
    return values[:, top : top + high, left : left + wide]


def _resized(one: np.ndarray, height: int, width: int) -> np.ndarray:
    from PIL import Image

    def resized(values: np.ndarray) -> np.ndarray:
        image = Image.fromarray(np.ascontiguousarray(values))
        return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))

    if one.dtype == np.uint8 and one.shape[2] == 3:
        return resized(one)
    return np.stack([resized(one[..., channel]) for channel in range(one.shape[2])], axis=-1)
