"""What the user chose of how images become samples, and which shape and scale follow from the network."""

import dataclasses
import math
from collections.abc import Sequence

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.images import image_spec, matching
from dltools.networks.first_layers import NetworkInput, SampleShape

AUTOMATIC = "automatic"
# The form's words for the scales.
_WORDS = {
    image_spec.ZERO_ONE: "0 to 1",
    image_spec.PLUS_MINUS_ONE: "-1 to 1",
    image_spec.ZERO_255: "0 to 255",
    image_spec.STANDARD: "a mean of 0 and a standard deviation of 1 in each image",
    image_spec.UNSCALED: "the numbers of the files",
}
# These ask for no white.
WITHOUT_WHITE = (image_spec.STANDARD, image_spec.UNSCALED)
FITTED = {
    image_spec.STRETCH: "stretched",
    image_spec.CROP: "cut to the middle and scaled",
    image_spec.PAD: "scaled and padded with black",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    """How images are brought into the shape and the scale that a network takes.

    Attributes:
        fit: one of `image_spec.FITS`.
        scale: one of `image_spec.SCALES`, or `AUTOMATIC`: 0 to 255 where the network begins with a layer of its own
            that scales, else 0 to 1.
        page: of files with several pages, the one to take, from 1; None where they have one, or are stacks.
        unmatched: what to do with images without a label and labels without an image, as `matching.match` takes it.
    """

    fit: str = image_spec.STRETCH
    scale: str = AUTOMATIC
    page: int | None = None
    unmatched: str = matching.REFUSE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a network takes of images.

    Attributes:
        shape: (height, width, channels), or (pages, height, width, channels).
        scale: one of `image_spec.SCALES`.
    """

    shape: tuple[int, ...]
    scale: str


def wanted(network: Dataset, inputs: Sequence[NetworkInput], tables: int, options: ImageOptions) -> Wanted:
    """Return what a network takes of images.

    Parameters:
        network: the file that it comes from, for messages.
        inputs: what it takes.
        tables: how many tables are given beside the images.

    Raises:
        UserError: it takes no images, another number of tables, or images of a size that is left open.
    """
    first, *others = inputs
    if len(others) != tables:
        raise UserError(
            f"{network}: the network has {len(inputs)} inputs, which take the images first and then "
            f"{_counted(len(others), 'table')}, but {_counted(tables, 'table')} {'is' if tables == 1 else 'are'} given "
            "by 'Further input tables'. Give one for each input after the first."
        )
    scale = options.scale
    if scale == AUTOMATIC:
        scale = image_spec.ZERO_255 if first.scales else image_spec.ZERO_ONE
    return Wanted(shape=_shape(network, first), scale=scale)


def told(scale: str) -> str:
    """Say what a scale is."""
    return _WORDS[scale]


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _shape(network: Dataset, first: NetworkInput) -> tuple[int, ...]:
    shape = first.shape
    if shape is None:
        raise UserError(
            f"{network}: was designed without input_shape, which tells the size of the images. Give it in 'Create a "
            "deep learning model architecture', such as (64, 64, 3) for 64 x 64 pixels in colour."
        )
    known = tuple(size for size in shape if size is not None)
    if len(known) < len(shape):
        raise UserError(
            f"{network}: its input_shape is {shape}, with a size left open, but all images are brought to one size. "
            "Give each size in numbers, such as (64, 64, 3)."
        )
    if len(known) not in (3, 4):
        raise UserError(f"{network}: its input_shape is {shape}, which is no image. {_advice(known, first)}")
    return known


def _advice(shape: SampleShape, first: NetworkInput) -> str:
    target = _filled(first.reshaped, math.prod(size or 1 for size in shape))
    if len(target) in (3, 4):
        return (
            f"It is a row of numbers, which the first layer, Reshape, brings into {target}. Design the network with "
            f"input_shape {target}, then the Reshape may stay or go."
        )
    return "Give (height, width, channels), or (pages, height, width, channels) for stacks."


def _filled(target: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Return a Reshape's target_shape with the size that -1 stands for; () where there is none."""
    rest = math.prod(size for size in target if size > 0)
    if not target or rest == 0 or count % rest:
        return ()
    return tuple(count // rest if size < 0 else size for size in target)
