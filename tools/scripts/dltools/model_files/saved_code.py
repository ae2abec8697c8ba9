"""What a network that Keras saved holds of somebody's program: told in plain words before the gate refuses it.

The gate knows places in a file; here is said which layer it is and what to do. Whatever this lets pass still meets the
gate.
"""

from collections.abc import Iterator

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.core.errors import UserError, quoted
from dltools.networks import keras2
from dltools.untrusted import allowed, gate

ACTIVATIONS = ("activation", "recurrent_activation")
INSTEAD = "Build the network of Keras' own layers and activations, and save it again."


def check(config: dict, source: str) -> None:
    """Refuse a configuration with a function or a class that is none of Keras'.

    Parameters:
        config: of a model, as it was saved.
        source: the file's name, for messages.

    Raises:
        UserError: names the layer, and what it holds.
    """
    for layer in layers(config):
        _check_layer(layer, source)


def layers(value: object) -> Iterator[dict]:
    """Yield the layers of a saved configuration, those inside others too."""
    value = keras2.with_layers(value)
    inner = value.get("config") if isinstance(value, dict) else None
    if not isinstance(inner, dict):
        return
    held = [
        *(inner[key] for key in ("layers", "cells") if isinstance(inner.get(key), list)),
        [inner.get(key) for key in keras2.WRAPPED],
    ]
    for layer in (layer for group in held for layer in group):
        if isinstance(layer, dict) and isinstance(layer.get("class_name"), str):
            yield layer
            yield from layers(layer)


def _check_layer(layer: dict, source: str) -> None:
    kind, inner = layer["class_name"], layer.get("config")
    config = inner if isinstance(inner, dict) else {}
    where = f"{source}: layer {quoted(config.get('name') or layer.get('name'))} ({kind[:60]})"
    known = of_class(kind)
    if known.has(Trait.PROGRAM) or kind == "function":
        raise UserError(f"{where}: is a function of somebody's program, which is never run here. {INSTEAD}")
    if known.has(Trait.READS_TEXT):
        raise UserError(
            f"{where}: turns text into numbers by a list of words, while these tools feed tables of numbers. {INSTEAD}"
        )
    keras_has_or_had = kind in allowed.LAYERS | allowed.MODELS or known.keras or known.has(Trait.UNSAFE | Trait.GONE)
    if not keras2.is_own(layer) or (layer.get("module") is None and not keras_has_or_had):
        named = layer.get("registered_name") or (f"{layer['module']}.{kind}" if layer.get("module") else kind)
        raise UserError(
            f"{where}: is of the class {quoted(named)}, which is somebody's own program and not in the file. {INSTEAD}"
        )
    for key in ACTIVATIONS:
        _check_activation(config.get(key), key, where)


def _check_activation(value: object, key: str, where: str) -> None:
    if isinstance(value, dict):
        if value.get("class_name") in gate.KINDS["activation"] and keras2.is_own(value):
            return
        name = value.get("config") if isinstance(value.get("config"), str) else value.get("class_name")
    else:
        name = value
    if name is None or (isinstance(value, str) and value in _known()):
        return
    what = "a function without a name" if name in ("<lambda>", "__lambda__") else "none of Keras'"
    raise UserError(
        f"{where}: its {key} is {quoted(name)}, {what}, so somebody's own program, which is never run here. {INSTEAD}"
    )


def _known() -> set[str]:
    """Return the names of Keras' activations."""
    from keras import activations

    found = {name for name, value in vars(activations).items() if callable(value)} - {"get", "serialize", "deserialize"}
    return found | {"swish", "hard_swish", *keras2.RENAMED_ACTIVATIONS}
