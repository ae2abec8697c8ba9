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
    if values.shape[1:3] == (height, width):
        return values
    found = np.zeros((len(values), height, width, values.shape[3]), values.dtype)
    top, left, bottom, right = _inside(values.shape[1], values.shape[2], height, width) if fit == PAD else (
        0, 0, height, width
    )  # fmt: skip
    box = _middle(values.shape[1], values.shape[2], height, width) if fit == CROP else None
    for page, one in zip(found, values, strict=True):
        page[top:bottom, left:right] = _resized(one, bottom - top, right - left, box)
    return found


def _inside(rows: int, columns: int, height: int, width: int) -> tuple[int, int, int, int]:
    """Return where an image of given size lies in a new one that holds all of it."""
    ratio = min(height / rows, width / columns)
    high, wide = max(1, min(height, round(rows * ratio))), max(1, min(width, round(columns * ratio)))
    top, left = (height - high) // 2, (width - wide) // 2
    return top, left, top + high, left + wide


def _middle(rows: int, columns: int, height: int, width: int) -> tuple[float, float, float, float]:
    """Return the largest part in the middle with the right proportions, as Pillow wants it."""
    ratio = min(rows / height, columns / width)
    high, wide = height * ratio, width * ratio
    left, top = (columns - wide) / 2, (rows - high) / 2
    return left, top, min(columns, left + wide), min(rows, top + high)


def _resized(one: np.ndarray, height: int, width: int, box: tuple[float, float, float, float] | None) -> np.ndarray:
    from PIL import Image

    def resized(values: np.ndarray) -> np.ndarray:
        image = Image.fromarray(np.ascontiguousarray(values))
        return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box))

    if one.dtype == np.uint8 and one.shape[2] == 3:
        return resized(one)
    return np.stack([resized(one[..., channel]) for channel in range(one.shape[2])], axis=-1)
