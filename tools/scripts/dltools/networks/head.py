"""The head of a network: its last layers, which learn from the start when the others have weights already."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

_PREFIX = "head_"


def named(what: str) -> str:
    """Return the name of a layer of a head."""
    return _PREFIX + what


def body(layers: "list[keras.Layer]") -> "list[keras.Layer]":
    """Return the layers with weights of a network but for its head: the layers named so, else the last one.

    Parameters:
        layers: all with weights of their own, in the order of the network.
    """
    found = [layer for layer in layers if not layer.name.startswith(_PREFIX)]
    return found if len(found) < len(layers) else layers[:-1]
