"""Which maps of a network lie over the image that it sees: between the two, points stay where they are."""

import dataclasses
import math
from typing import TYPE_CHECKING

from dltools.catalogue.layers import table
from dltools.catalogue.layers.traits import Trait
from dltools.data.words import walk

if TYPE_CHECKING:
    import keras

# Of what cuts off or adds a margin, more than this share moves the image.
_MARGIN = 0.1


@dataclasses.dataclass(frozen=True, slots=True)
class Maps:
    """The maps of a convolution.

    Attributes:
        layer: its name.
        output: its output in the network.
        channels_last: whether the last axis is that of the maps, rather than the first.
    """

    layer: str
    output: "keras.KerasTensor"
    channels_last: bool


def image_shape(model: "keras.Model", width: int) -> tuple[int, ...] | None:
    """Return the shape (height, width, channels) in which a network takes the columns of a table for an image, or None.

    It may take them in a row, and bring them into that shape itself, before anything else is done with them.

    Parameters:
        width: how many columns there are.
    """
    if len(model.inputs) > 1:
        return None
    given = {operation.name: node.output_tensors[0] for operation, node in walk(model.outputs)}
    # Of a sequential model, the layers do not tell the input.
    for tensor in (model.inputs[0], *(given[layer.name] for layer in model.layers if layer.name in given)):
        shape = tuple(tensor.shape[1:])
        fits = len(shape) == 3 and None not in shape and math.prod(shape) == width and shape[2] in (1, 3)
        if fits and all(table.of_class(type(own).__name__).has(Trait.PASSES_ON) for own, _ in walk([tensor])):
            return shape
    return None


def last_over(model: "keras.Model", shape: tuple[int, ...]) -> Maps | None:
    """Return the last convolution's maps that lie over an image and have several points, or None if there are none.

    Parameters:
        shape: of the image, (height, width) or (height, width, channels).
    """
    used = walk(model.outputs)
    names = [operation.name for operation, _ in used]
    nodes = {operation.name: node for operation, node in used if names.count(operation.name) == 1}
    for layer in reversed(model.layers):
        if layer.name not in nodes or not (hasattr(layer, "kernel_size") and hasattr(layer, "data_format")):
            continue
        output = nodes[layer.name].output_tensors[0]
        last = layer.data_format == "channels_last"
        sides = tuple(output.shape[1:3] if last else output.shape[2:4])
        if len(output.shape) == 4 and None not in sides and math.prod(sides) > 1 and _lies_over(output, shape):
            return Maps(layer.name, output, last)
    return None


def _lies_over(tensor: "keras.KerasTensor", shape: tuple[int, ...]) -> bool:
    """Tell whether all that a tensor is computed from leaves the points of an image where they are."""
    image = (*shape, 1) if len(shape) == 2 else shape
    return all(_keeps(type(operation).__name__, node, image) for operation, node in walk([tensor]))


def _keeps(kind: str, node: "keras.src.ops.node.Node", image: tuple[int, ...]) -> bool:
    known, after = table.of_class(kind), tuple(node.output_tensors[0].shape[1:])
    if len(after) != 3:
        # Numbers in a row are those of the image only before they are brought into its shape.
        return known.has(Trait.PASSES_ON)
    if kind == "Reshape":
        return after == image
    if known.has(Trait.MARGINS):
        before = tuple(node.input_tensors[0].shape[1:])
        return all(abs(new - old) <= _MARGIN * old for new, old in zip(after, before, strict=True))
    return not known.has(Trait.MOVES)
