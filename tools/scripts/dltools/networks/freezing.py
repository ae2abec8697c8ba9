"""Layers that do not learn: which of a network's are frozen, and thawing the last of them.

A frozen layer has ``trainable: false`` in its configuration. Keras lets a frozen BatchNormalization normalize by its
moving statistics, in training too, and leaves these as they are.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dltools.catalogue.layers import table
from dltools.catalogue.layers.traits import Trait

if TYPE_CHECKING:
    import keras


def freeze(layers: Iterable["keras.Layer"], learning: int | None) -> None:
    """Freeze the layers of a published network.

    Parameters:
        learning: how many of the last layers with weights learn; None for all of them, and then BatchNormalization does
            too, which is not counted.
    """
    if learning is None:
        return
    weighted = [layer for layer in layers if layer.weights]
    counted = _counted(weighted)
    spared = {layer.name for layer in counted[len(counted) - learning if learning < len(counted) else 0 :]}
    for layer in weighted:
        layer.trainable = layer.name in spared


def frozen(model: "keras.Model") -> list["keras.Layer"]:
    """Return the frozen layers with weights of a built network, but for those that normalize, in their order."""
    return [
        layer
        for layer in _counted(model._flatten_layers(include_self=False))
        if not layer.trainable and layer.weights and not hasattr(layer, "layers")
    ]


def thaw(model: "keras.Model", count: int | None) -> list[str]:
    """Let the last frozen layers of a network learn; BatchNormalization stays frozen.

    Parameters:
        count: how many, None for all.

    Returns:
        their names, in their order.
    """
    found = frozen(model)
    chosen = found if count is None else found[max(0, len(found) - count) :]
    for layer in chosen:
        layer.trainable = True
    return [layer.name for layer in chosen]


def _counted(layers: Iterable["keras.Layer"]) -> list["keras.Layer"]:
    """Return all layers but those with statistics of the images that the network was published for: these are kept,
    unless all of it learns.
    """
    return [layer for layer in layers if not table.of_class(type(layer).__name__).has(Trait.STATISTICS)]
