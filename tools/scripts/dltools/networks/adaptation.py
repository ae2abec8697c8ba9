"""Which Normalization layers take mean and variance from the training data, and whether they stand where they can.

What lies before such a layer must be settled then: it may not hold weights that training would change afterwards.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dltools.core.errors import UserError
from dltools.networks import graph

if TYPE_CHECKING:
    import keras


def adapting(layers: Iterable["keras.Layer"]) -> list["keras.Layer"]:
    """Return those of some layers that take their mean and variance from data."""
    return [layer for layer in layers if type(layer).__name__ == "Normalization" and layer.input_mean is None]


def check(model: "keras.Model", labels: dict[str, str] | None = None) -> None:
    """Refuse a model with a Normalization where its figures could not be those of the data that reach it.

    Parameters:
        model: a `keras.Model`; one that is not built passes.
        labels: layer name -> what to call it in the message, by default by name and type.

    Raises:
        UserError: names the layer, and the one before it with weights.
    """
    labels = labels or {layer.name: f"{layer.name} ({type(layer).__name__})" for layer in model.layers}
    for layer in model.layers:
        if adapting(_inside(layer)):
            raise UserError(
                f"{labels[layer.name]}: a Normalization stands inside it. Only one that stands by itself adapts to "
                "data."
            )
    found = adapting(model.layers) if model.built else []
    if not found:
        return
    learning = {layer.name for layer in model.layers if layer.weights and type(layer).__name__ != "Normalization"}
    feeding = graph.sources(model)
    for layer in found:
        before = [name for name in feeding if name in graph.before(layer.name, feeding) & learning]
        if before:
            raise UserError(
                f"{labels[layer.name]} takes its mean and variance from the data before training, so no layer with "
                f"weights may stand before it, but {labels[before[0]]} does. Move it before that layer, or use "
                "BatchNormalization."
            )


def _inside(layer: "keras.Layer") -> list["keras.Layer"]:
    inner = [*getattr(layer, "layers", []), *([layer.layer] if hasattr(layer, "layer") else [])]
    return [*inner, *(deeper for child in inner for deeper in _inside(child))]
