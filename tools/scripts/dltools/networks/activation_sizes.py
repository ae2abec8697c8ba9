"""How many values a network makes of one sample: what its layers give out, and what some make only on their way there.

A network is read from its shapes, before any memory is taken for it.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.core import memory
from dltools.core.errors import UserError
from dltools.networks.seen import DataShape

if TYPE_CHECKING:
    import keras


def largest(model: "keras.Model") -> int:
    """Return the most values that a layer of a network makes of one sample; 0 while that is unknown."""
    return max((values(layer) for layer in model._flatten_layers(include_self=False)), default=0)


def check_memory(source: str, parameters: int, values: int, rows: int) -> None:
    """Refuse a network that cannot fit: 4 bytes a parameter, and a value of the layer that makes most of them, for
    each row.

    Gradients and the other layers come on top. A network on a GPU, which has memory of its own, always passes.

    Parameters:
        source: what to call the network in the message.
        values: the most that a layer makes of one sample; see `largest`.
        rows: how many samples go through the network at a time.

    Raises:
        UserError: says how much the network needs and how much there is.
    """
    import keras

    room, own = memory.room(), memory.libraries()
    weights, batch = parameters * memory.CELL_BYTES / memory.MB, values * rows * memory.CELL_BYTES / memory.MB
    if own + weights + batch <= room.mb or keras.distribution.list_devices("gpu"):
        return
    raise UserError(
        f"{source}: its {parameters:,} parameters take {weights:,.0f} MB, the {values:,} values that one of its layers "
        f"makes of a sample {batch:,.0f} MB for a batch of {rows:,}, and the program itself at least {own} MB, but "
        f"{room.words}. Choose a smaller batch_size, fewer units or filters, or ask your administrator for more memory."
    )


def values(layer: "keras.Layer") -> int:
    """Return the most values that a layer makes of one sample, in whatever place of a network it stands."""
    given = [_count(shape[1:]) for shape in outputs(layer)]
    known = of_class(type(layer).__name__)
    counts = [count for trait, count in _WITHIN.items() if known.has(trait)]
    within = [count(layer, *called) for count in counts for called in calls(layer)]
    return max([*given, *within], default=0)


def outputs(layer: "keras.Layer") -> list[DataShape]:
    """Return the shapes of a layer's outputs in every place of a network where it stands."""
    return [shape for node in layer._inbound_nodes for shape in _shapes(node.output_tensors)]


def calls(layer: "keras.Layer") -> list[list[DataShape]]:
    """Return the shapes that each call of a layer takes; of one inside another layer, those that it was built for."""
    if layer._inbound_nodes:
        return [_shapes(node.input_tensors) for node in layer._inbound_nodes]
    built = list((layer._build_shapes_dict or {}).values())
    built = built[0] if len(built) == 1 and isinstance(built[0][0], (tuple, list)) else built
    return [[tuple(shape) for shape in built if isinstance(shape, (tuple, list))]] if built else []


def _shapes(tensors: Iterable["keras.KerasTensor"]) -> list[DataShape]:
    return [tuple(tensor.shape) for tensor in tensors if hasattr(tensor, "shape")]


def _count(sizes: Iterable[int | None]) -> int:
    # A size that is left open is at least 1.
    return math.prod(size or 1 for size in sizes)


def _of_heads(layer: "keras.Layer", query: DataShape, value: DataShape | None = None, *_: DataShape) -> int:
    """Count what attention with several heads makes: a score of each place of the query with each of the value, and
    rows.
    """
    heads, size = (getattr(layer, name) for name in of_class(type(layer).__name__).heads)
    value = value or query
    axes = getattr(layer, "_attention_axes", None) or range(1, len(query) - 1)
    places = _count(query[1:-1])
    rows = max(places, _count(value[1:-1])) * size
    return heads * max(places * _count(value[axis] for axis in axes), rows)


def _of_steps(layer: "keras.Layer", shape: DataShape) -> int:
    """Return what the layer inside makes of all steps, which it computes at once."""
    return _count(shape[1:2]) * max(values(inner) for inner in layer.layer._flatten_layers())


def _of_attention(layer: "keras.Layer", query: DataShape, value: DataShape | None = None, *_: DataShape) -> int:
    scores = _count(query[1:-1]) * _count((value or query)[-2:-1])
    return scores * (_count(query[-1:]) if type(layer).__name__ == "AdditiveAttention" else 1)


def _of_separable(layer: "keras.Layer", shape: DataShape) -> int:
    """Return what the first half of a separable convolution gives to the second."""
    last = layer.data_format == "channels_last"
    places = layer.compute_output_shape(shape)
    return (
        _count(places[1:-1] if last else places[2:])
        * _count(shape[-1:] if last else shape[1:2])
        * layer.depth_multiplier
    )


def _of_window(layer: "keras.Layer", *_: DataShape) -> int:
    """Return what a window holds that is moved over the data, as far as it reaches beyond them too."""
    size = layer.pool_size if hasattr(layer, "pool_size") else layer.kernel_size
    return _count(size if isinstance(size, (tuple, list)) else (size,))


# What a layer makes -> values of one sample that its outputs do not show, from the shapes that it is called with.
_WITHIN: Mapping[Trait, Callable[..., int]] = {
    Trait.HEADS: _of_heads,
    Trait.SCORES: _of_attention,
    Trait.SEPARATES: _of_separable,
    Trait.EVERY_STEP: _of_steps,
    Trait.HOLDS_WINDOW: _of_window,
}
