"""A layer's output as a table: what a network makes of each sample on its way, for other tools to work with."""

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from dltools.core.errors import UserError, listed, quoted
from dltools.data.words import walk

if TYPE_CHECKING:
    import keras

METHOD = "features"
# A table of more columns is hardly of use: every point of an image a column for each filter.
MAX_WIDTH = 20_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LayerOutput:
    """What a layer gives for a sample.

    Attributes:
        network: from the model's inputs to the layer's output.
        layer: its name.
        shape: of the output for one sample.
    """

    network: "keras.Model"
    layer: str
    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        """How many columns it makes."""
        return math.prod(self.shape)

    def table(self, found: np.ndarray) -> tuple[list[str], list[np.ndarray]]:
        """Return header and columns, each named after the layer and numbered from 0.

        Parameters:
            found: float32 (rows, width), the network's outputs.
        """
        return [f"{self.layer}_{number}" for number in range(self.width)], list(found.T)

    def told(self) -> str:
        """Say in one line what the columns are."""
        many = "" if len(self.shape) == 1 else f" of shape {self.shape}, row by row"
        return f"Features: the output of the layer {self.layer}{many}, {self.width:,} columns."


def of_layer(model: "keras.Model", name: str | None) -> LayerOutput:
    """Return what a layer of a model gives.

    Parameters:
        name: of the layer; None for the one before the last.

    Raises:
        UserError: there is no such layer, or its output makes no table.
    """
    import keras

    used = walk(model.outputs)
    layers = {layer.name: [node for operation, node in used if operation is layer] for layer in model.layers}
    name = _before_last(model, list(layers)) if name is None else name
    if name not in layers:
        raise UserError(
            f"Layer: the network has no layer named {quoted(name)}. Its layers are {listed(layers)}. Names are in the "
            "second column of the layer table."
        )
    outputs = [tensor for node in layers[name] for tensor in node.output_tensors]
    if len(outputs) != 1:
        raise UserError(
            f"Layer: {quoted(name)} has {len(outputs)} outputs, since it gives several or stands in several places of "
            "the network. Choose a layer with one."
        )
    output = outputs[0]
    shape = tuple(output.shape[1:])
    if None in shape or not shape:
        raise UserError(
            f"Layer: the output of {quoted(name)} is of shape {shape} for a sample, whose size is not known, so it "
            "makes no columns. Choose a layer with a size of its own, such as Dense, or one of global pooling."
        )
    if math.prod(shape) > MAX_WIDTH:
        raise UserError(
            f"Layer: the output of {quoted(name)} is of shape {shape} for a sample, which makes {math.prod(shape):,} "
            f"columns; {MAX_WIDTH:,} are the most. Choose a later layer, such as one of pooling or Dense."
        )
    return LayerOutput(network=keras.Model(model.inputs, output), layer=name, shape=shape)


def _before_last(model: "keras.Model", names: list[str]) -> str:
    """Return the name of the layer whose output the last layer takes.

    Raises:
        UserError: there are several, or none.
    """
    ends = [tensor._keras_history for tensor in model.outputs]
    sources = [tensor for end in ends for tensor in end.operation._inbound_nodes[end.node_index].input_tensors]
    before = {source._keras_history.operation.name for source in sources}
    before -= {tensor._keras_history.operation.name for tensor in model.inputs}
    if len(before) != 1:
        raise UserError(
            f"Layer: the last layer of this network takes the output of {len(before)} layers, so give the name of the "
            f"layer whose output you want. The network has {listed(names)}."
        )
    return before.pop()
