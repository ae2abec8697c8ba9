"""Image files for tests, made by Pillow and tifffile, and what the tools make of them."""

import io

import numpy as np
import tifffile
from PIL import Image

from dltools.core.dataset import Dataset
from dltools.images import decoding
from dltools.images.image_file import ImageFile
from dltools.images.image_spec import ImageSpec


def numbers(*shape, most=255, dtype=np.uint8):
    """Return the same numbers at each call, from 0 to `most`."""
    return np.random.default_rng(7).integers(0, most, shape, endpoint=True).astype(dtype)


def written(image, kind, **options):
    """Return the bytes of a file that Pillow writes, of an array or an image of its own."""
    handle = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(handle, kind, **options)
    return handle.getvalue()


def tiff(values, **options):
    """Return the bytes of a file that tifffile writes."""
    handle = io.BytesIO()
    tifffile.imwrite(handle, values, **options)
    return handle.getvalue()


def image(folder, name, content):
    """Write an image's file, and return it as the tools know it."""
    path = folder / name
    path.write_bytes(content)
    return ImageFile(name=name, dataset=Dataset(str(path), name))


def spec(*shape, fit="stretch", scale="0_1", white=255.0, page=None):
    """Return how images become samples."""
    return ImageSpec(shape=shape, fit=fit, scale=scale, white=white, page=page)


def decoded(folder, content, *shape, name="a", **options):
    """Return the sample that an image's file becomes."""
    return decoding.decode(image(folder, name, content), spec(*shape, **options))
