"""From what the form holds of a layer to what builds it."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dltools.catalogue import keywords, weights
from dltools.catalogue.keywords import keyword_names
from dltools.catalogue.layers.entry import Layer
from dltools.catalogue.layers.table import LAYERS
from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import Choice, read_named

if TYPE_CHECKING:
    import keras


def entry(table: dict[str, Layer], position: int, values: dict) -> tuple[str, Layer]:
    """Return the label, such as "Layer 2 (Conv2D)", and the entry in the table of the layer at a position of the form.

    Raises:
        UserError: the table has no such layer.
    """
    layer_type = values.get("layer_type")
    if layer_type not in table:
        raise UserError(
            f"Layer {position}: {quoted(layer_type)} is not on offer here. Choose one of {listed(table, 80)}."
        )
    return f"Layer {position} ({layer_type})", table[layer_type]


def make(table: dict[str, Layer], values: dict, label: str) -> tuple[Callable, dict]:
    """Return what builds a layer from what the form holds.

    Parameters:
        table: `LAYERS` or `FUNCTIONAL_LAYERS`.
        values: `layer_type` and the layer's parameters, as Galaxy's JSON holds them, and `weights_options`: the
            boxes on its weights, those of the wrapped layer if it wraps one.
        label: the layer's position and type, for messages: "Layer 2 (Conv2D)".

    Returns:
        (build, arguments): the class in `keras.layers` or what stands for it, and its constructor's arguments.

    Raises:
        UserError: names the layer, the parameter, the rule and what was received.
    """
    import keras

    layer_type = values["layer_type"]
    layer = table[layer_type]
    if layer.instead:
        raise UserError(f"{label}: Keras has no {layer_type} any more. Use {layer.instead}.")
    name = layer.keras or layer_type
    build = getattr(keras.layers, name)
    if layer.wraps:
        inner = {"layer": _wrapped(layer, values, f"{label}: wrapped")}
        return functools.partial(_wrapping, build), inner | read_named(layer.parameters, values, label)
    found = read_named(layer.parameters, values, label)
    if layer.keywords:
        found = keywords.joined(found, values.get("kwargs"), name, label, layer.defaults)
    return build, _with_weights(found, values, name, label)


def _wrapped(layer: Layer, values: dict, label: str) -> tuple[Callable, dict]:
    """Return the layer that another wraps, as `make` does; what is said of its weights is said of those inside."""
    inner = {**(values.get("wrapped") or {}), "weights_options": values.get("weights_options")}
    name = Choice(layer.wraps).read(inner.get("layer_type"), label)
    layer_class, options = make(LAYERS, inner, f"{label} {name}")
    if "input_shape" in options:
        raise UserError(f"{label} {name}: input_shape belongs to the first layer of a model, not to a wrapped one.")
    return layer_class, options


def _wrapping(wrapper_class: Callable, layer: tuple[Callable, dict], **options: Any) -> "keras.Layer":
    layer_class, arguments = layer
    return wrapper_class(layer_class(**arguments), **options)


def _with_weights(found: dict, values: dict, name: str, label: str) -> dict:
    options = weights.read(values.get("weights_options"), keyword_names(name), label)
    for argument in options:
        if argument in found:
            raise UserError(
                f"{label}: {argument} is given twice: in the keyword arguments and in a box on the weights."
            )
    return found | options
