"""The one table of what a file may ask of the machine, and the variables by which an administrator changes it.

Everything here is checked before memory or time is spent on it.
"""

import os
from typing import NamedTuple

from dltools.core.errors import UserError, quoted

MiB = 2**20


class Limit(NamedTuple):
    """A largest allowed number, the environment variable that replaces it, and what it counts."""

    default: int
    variable: str
    meaning: str


LIMITS = {
    "json_bytes": Limit(16 * MiB, "DLTOOLS_MAX_JSON_BYTES", "bytes of a model configuration or of a builder's member"),
    "json_depth": Limit(60, "DLTOOLS_MAX_JSON_DEPTH", "levels of nesting in a model configuration"),
    "json_items": Limit(1_000_000, "DLTOOLS_MAX_JSON_ITEMS", "values in a model configuration"),
    "layers": Limit(2_000, "DLTOOLS_MAX_LAYERS", "layers of a model, those inside others included"),
    "layer_calls": Limit(20_000, "DLTOOLS_MAX_LAYER_CALLS", "times that layers are applied when a model is built"),
    "parameters": Limit(2_000_000_000, "DLTOOLS_MAX_PARAMETERS", "parameters of a model"),
    "values": Limit(250_000_000, "DLTOOLS_MAX_VALUES", "values that a layer makes of one sample"),
    "dimensions": Limit(32, "DLTOOLS_MAX_DIMENSIONS", "dimensions of the data that a layer makes"),
    "steps": Limit(2_000, "DLTOOLS_MAX_UNROLLED_STEPS", "steps of a recurrent layer with unroll"),
    "repetitions": Limit(100, "DLTOOLS_MAX_REPETITIONS", "repetitions of a layer's work on its weights or images"),
    "zip_ratio": Limit(500, "DLTOOLS_MAX_ZIP_RATIO", "times that a builder's member grows when it is unpacked"),
    "hdf5_objects": Limit(100_000, "DLTOOLS_MAX_HDF5_OBJECTS", "groups, arrays and attributes in an h5mlm"),
    "hdf5_depth": Limit(20, "DLTOOLS_MAX_HDF5_DEPTH", "levels of groups in an h5mlm"),
    "hdf5_bytes": Limit(64 * 1024 * MiB, "DLTOOLS_MAX_HDF5_BYTES", "bytes of all arrays in an h5mlm, unpacked"),
    "hdf5_ratio": Limit(
        2_000, "DLTOOLS_MAX_HDF5_RATIO", "times that an array in an h5mlm is larger than its stored bytes"
    ),
    "images": Limit(100_000, "DLTOOLS_MAX_IMAGES", "images"),
    "image_bytes": Limit(512 * MiB, "DLTOOLS_MAX_IMAGE_BYTES", "bytes of an image's file, unpacked"),
    "image_pixels": Limit(250_000_000, "DLTOOLS_MAX_IMAGE_PIXELS", "pixels, each page and channel of an image counted"),
    "image_pages": Limit(10_000, "DLTOOLS_MAX_IMAGE_PAGES", "pages of an image"),
    "zip_members": Limit(250_000, "DLTOOLS_MAX_ZIP_MEMBERS", "files in a zip of images"),
    "zip_growth": Limit(200, "DLTOOLS_MAX_ZIP_GROWTH", "times that a zip of images grows when it is unpacked"),
    "seconds": Limit(60, "DLTOOLS_MAX_SECONDS", "seconds that looking through an h5mlm takes"),
    "look_bytes": Limit(512 * MiB, "DLTOOLS_MAX_LOOK_BYTES", "bytes of memory that looking through an h5mlm takes"),
}


def limit(name: str) -> int:
    """Return a limit: the administrator's, or the table's.

    Raises:
        UserError: the variable holds no whole number.
    """
    entry = LIMITS[name]
    text = os.environ.get(entry.variable, "").strip()
    if not text:
        return entry.default
    if not text.isdecimal() or len(text) > 18:
        raise UserError(f"{entry.variable}: must be a whole number. Received: {quoted(text)}. Ask your administrator.")
    return int(text)


def check(count: int, name: str, place: str) -> None:
    """Refuse more of something than its limit.

    Parameters:
        count: how many there are.
        name: of the limit.
        place: where they are, for the message.

    Raises:
        UserError: names the place, the limit, the number and the variable.
    """
    most = limit(name)
    if count > most:
        entry = LIMITS[name]
        raise UserError(
            f"{place}: has {count:,} {entry.meaning}; at most {most:,} are allowed. An administrator may raise this "
            f"by {entry.variable}."
        )
