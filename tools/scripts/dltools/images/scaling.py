"""Scaling the numbers of images."""

import math

import numpy as np

from dltools.images.image_spec import PLUS_MINUS_ONE, STANDARD, UNSCALED, ZERO_255, ImageSpec


def scaled(pixels: np.ndarray, spec: ImageSpec) -> np.ndarray:
    """Return samples for a network.

    Parameters:
        pixels: (n, *spec.shape), of any dtype; stays as it is.

    Returns:
        float32 (n, numbers of a sample).
    """
    values = pixels.reshape(len(pixels), math.prod(spec.shape)).astype(np.float32)
    match spec.scale:
        case _ if spec.scale == UNSCALED:
            return values
        case _ if spec.scale == STANDARD:
            return _standard(values)
        case _ if spec.scale == ZERO_255:
            factor, start = 255 / spec.white, 0.0
        case _ if spec.scale == PLUS_MINUS_ONE:
            factor, start = 2 / spec.white, -1.0
        case _:
            factor, start = 1 / spec.white, 0.0
    values *= np.float32(factor)
    values += np.float32(start)
    return values


def _standard(values: np.ndarray) -> np.ndarray:
    values -= values.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    deviation = values.std(axis=1, keepdims=True, dtype=np.float64)
    # An image of one colour has none, and becomes zeros.
    values /= np.where(deviation > 0, deviation, 1).astype(np.float32)
    return values
