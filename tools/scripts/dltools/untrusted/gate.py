"""The gate that every serialized Keras object passes before Keras sees it.

Keras builds whatever class a configuration names, and anyone may upload a configuration. So only classes of
`allowed`, named by Keras' own modules, get through, however deep they are nested; code in any form (Lambda,
marshalled functions, custom modules), functions, paths and addresses do not, nor does what would exhaust the
machine while it is built.
"""

import json
import math
from collections.abc import Collection, Iterator
from typing import NoReturn

from dltools.core import errors, limits
from dltools.core.errors import UserError, listed, quoted
from dltools.core.types import Config, Json
from dltools.untrusted import allowed

# Keys under which Keras keeps a function. No allowed class has one.
CODE_KEYS = ("fn", "function", "code", "__lambda__", "func", "__typespec__")
# What Keras writes about tensors and constants beside objects: class_name -> the keys of its config.
TENSOR, CONSTANTS, TUPLE = "__keras_tensor__", ("__numpy__", "__tensor__"), "__tuple__"
# Arguments that count repetitions of work that no size of an array shows.
REPETITIONS = ("power_iterations", "num_chains", "chain_depth", "num_ops", "layers_per_image")
# The end of a key -> the classes of the objects that stand under it. Anything that can be called would do for Keras.
KINDS = {
    "_initializer": allowed.INITIALIZERS, "_regularizer": allowed.REGULARIZERS, "_constraint": allowed.CONSTRAINTS,
    "activation": frozenset({"ELU", "LeakyReLU", "ReLU", "Softmax"}),
}  # fmt: skip
DTYPE_KEYS = ("dtype", "output_dtype", "variable_dtype", "compute_dtype")
MODELS = allowed.MODELS
MAX_NAME = 200
MAX_WHOLE = 2**63 - 1


def parse_json(text: bytes | str, source: str) -> Json:
    """Parse JSON from a user's file after bounding its size, its depth and the number of its values.

    Raises:
        UserError: too large, nested too deep, or no JSON. `source` names the file in the message.
    """
    limits.check(len(text), "json_bytes", source)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(
            f"{source}: is no JSON, so no model configuration. Choose the output of 'Create a deep "
            "learning model architecture'."
        ) from None
    _bounded(value, source)
    return value


def _bounded(value: Json, source: str) -> None:
    depth, items, level = 0, 0, [value]
    deepest, most = limits.limit("json_depth"), limits.limit("json_items")
    while level:
        depth, items = depth + 1, items + len(level)
        if depth > deepest or items > most:
            limits.check(depth, "json_depth", source)
            limits.check(items, "json_items", source)
        level = [child for item in level if isinstance(item, (dict, list)) for child in _children(item)]


def _children(value: Json) -> Collection[Json]:
    return value.values() if isinstance(value, dict) else value


def check(config: Json, source: str) -> None:
    """Refuse a serialized Keras object that names anything but an allowed class, or asks for too much.

    Parameters:
        config: what `json.loads` made of the object, any nesting.
        source: name of the file or parameter, for the message.

    Raises:
        UserError: names the place in the file and what stands there.
    """
    _check(config, source, "model")
    limits.check(_count_layers(config), "layers", source)
    limits.check(_calls(config, nested=False) + _repetitions(config), "layer_calls", source)


def _check(value: Json, source: str, place: str) -> None:
    if isinstance(value, dict):
        _check_object(value, source, place)
        for key, child in value.items():
            inside = f"{place}.{key}"
            _check_value(key, child, source, inside)
            _check(child, source, inside)
            _check_kind(key, child, source, inside)
        _check_used(value, source, place)
    elif isinstance(value, (list, tuple)):
        for index, child in enumerate(value):
            _check(child, source, f"{place}[{index}]")
    elif isinstance(value, str):
        _check_text(value, source, place)
    elif isinstance(value, int) and abs(value) > MAX_WHOLE:
        _refuse(source, place, "holds a number of more than 64 bits")


def _check_text(text: str, source: str, place: str) -> None:
    if "://" in text or text.startswith(("/", "~", "file:")) or "../" in text or "\\" in text:
        _refuse(source, place, f"names a path or an address, {quoted(text)}")
    if errors.is_markup(text):
        _refuse(source, place, f"holds a piece of a web page, {quoted(text)}")


def _check_value(key: str, value: Json, source: str, place: str) -> None:
    """Check what a key tells of its value, whatever object it belongs to."""
    if key == "name" and isinstance(value, str) and not _is_name(value):
        _refuse(source, place, f"is a name with characters that files and reports cannot hold, {quoted(value)}")
    if key in DTYPE_KEYS and isinstance(value, str) and value not in allowed.POLICIES:
        _refuse(source, place, f"names the data type {quoted(value)}")
    if key in REPETITIONS and isinstance(value, (int, float)):
        limits.check(int(value) if abs(value) < MAX_WHOLE else MAX_WHOLE, "repetitions", f"{source}: {place}")
    if key == "inbound_nodes" and isinstance(value, list):
        lonely = [node for node in value if isinstance(node, dict) and TENSOR not in _class_names(node)]
        if lonely:
            _refuse(source, place, "applies a layer to no other layer's data")
    if key == "quantization_config" and value is not None:
        _refuse(source, place, "asks for a quantization")


def _check_kind(key: str, value: Json, source: str, place: str) -> None:
    """Refuse an allowed class in a place for another kind of object."""
    for end, classes in KINDS.items():
        if (
            key.endswith(end)
            and isinstance(value, dict)
            and "class_name" in value
            and value["class_name"] not in classes
        ):
            _refuse(source, place, f"names the class {quoted(value['class_name'])}")


def _class_names(value: Json) -> Iterator[str]:
    """Yield every class name below a JSON value."""
    if isinstance(value, dict) and isinstance(value.get("class_name"), str):
        yield value["class_name"]
    for child in _children(value) if isinstance(value, (dict, list)) else ():
        yield from _class_names(child)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_NAME and text.isprintable() and not set("/<>") & set(text) and text not in (".", "..")


def _check_object(config: Config, source: str, place: str) -> None:
    code = next((key for key in CODE_KEYS if key in config), None)
    if code is not None:
        _refuse(source, place, f"holds {quoted(code)}")
    if "class_name" in config:
        _check_class(config, source, place)
    elif config.get("module") is not None:
        _refuse(source, place, f"names the module {quoted(config['module'])} without a class")
    elif config.get("registered_name") is not None:
        _refuse(source, place, f"names the registered class {quoted(config['registered_name'])} without a class")


def _check_class(config: Config, source: str, place: str) -> None:
    name, module, registered = config["class_name"], config.get("module"), config.get("registered_name")
    if not isinstance(name, str) or not isinstance(module, (str, type(None))):
        _refuse(source, place, "names a class by something that is no text")
    if module is None and (name in (TENSOR, TUPLE, *CONSTANTS)):
        _check_structure(name, config, source, place)
        return
    if not _is_allowed(module, name):
        _refuse(source, place, f"names the class {quoted(name if module is None else f'{module}.{name}')}")
    if registered not in (None, name):
        _refuse(source, place, f"names the registered class {quoted(registered)}")
    if not isinstance(config.get("config"), (dict, type(None))):
        _refuse(source, place, f"gives {quoted(name)} a config that is no JSON object")
    policy = (config.get("config") or {}).get("name")
    if name == "DTypePolicy" and (not isinstance(policy, str) or policy not in allowed.POLICIES):
        _refuse(source, place, f"names the data type {quoted(policy)}")


def _is_allowed(module: str | None, name: str) -> bool:
    # Without a module Keras looks for an initializer and its like among its own, but for a layer in an older reader.
    return name in (allowed.BY_NAME if module is None else allowed.MODULES.get(module, ()))


def _check_structure(name: str, config: Config, source: str, place: str) -> None:
    inner = config.get("config")
    if name in CONSTANTS and (not isinstance(inner, dict) or str(inner.get("dtype")) not in allowed.DTYPES):
        _refuse(source, place, "holds an array that is not of numbers")
    if name == TENSOR and (not isinstance(inner, dict) or not isinstance(inner.get("keras_history"), list)):
        _refuse(source, place, "holds a tensor that no layer made")


def _check_used(config: Config, source: str, place: str) -> None:
    """Refuse a functional model with a layer that no output needs: Keras would make it, with its weights, and drop it.

    Call it once all that is in the model has passed.
    """
    inner = config.get("config")
    layers = {str(layer.get("name")): layer for layer in _layers_of(config) if "inbound_nodes" in layer}
    # What has layers has them in its inner configuration.
    if not layers or not isinstance(inner, dict) or "output_layers" not in inner:
        return
    used, found = set(), {*sources(inner["output_layers"]), *sources(inner.get("input_layers"))}
    while found:
        used |= found
        found = {name for layer in found & set(layers) for name in sources(layers[layer]["inbound_nodes"])} - used
    unused = [name for name in layers if name not in used]
    if unused:
        raise UserError(
            f"{source}: {place[-MAX_NAME:]} has the layer {quoted(unused[0])}, which leads to no output. Remove it, or "
            "connect it."
        )


def sources(value: Json) -> Iterator[str]:
    """Yield the names of the layers whose outputs are told of in a value: what Keras 3 writes, and Keras 2."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        yield value[0]
    elif isinstance(value, dict) and value.get("class_name") == TENSOR:
        yield str(value["config"]["keras_history"][0]) if value["config"]["keras_history"] else ""
    elif isinstance(value, (dict, list)):
        for child in _children(value):
            yield from sources(child)


def _refuse(source: str, place: str, what: str) -> NoReturn:
    raise UserError(
        f"{source}: {place[-MAX_NAME:]} {what}, which is not on the list of what these tools load. Code, custom "
        "classes and names of files in a model are refused, for they would act on the server."
    )


def _layers_of(config: Json) -> list[Config]:
    inner = config.get("config") if isinstance(config, dict) else None
    layers = inner.get("layers") if isinstance(inner, dict) else None
    return [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []


def _wrapped(config: Json) -> list[Config]:
    """Return the layers that a wrapper, a stack of cells or a recurrent layer holds."""
    inner = config.get("config") if isinstance(config, dict) else None
    if not isinstance(inner, dict):
        return []
    held = [inner.get(key) for key in ("layer", "forward_layer", "backward_layer", "cell")]
    held += inner["cells"] if isinstance(inner.get("cells"), list) else []
    return [layer for layer in held if isinstance(layer, dict)]


def _count_layers(config: Json) -> int:
    return 1 + sum(_count_layers(layer) for layer in (*_layers_of(config), *_wrapped(config)))


def _calls(config: Json, nested: bool = True) -> int:
    """Return how often layers are applied when Keras builds a model.

    A model inside another is applied once for each of its own layers when it is built, and again wherever
    it is connected; a nested Sequential is applied anew for each layer that it gains.
    """
    layers = _layers_of(config)
    if not layers:
        return 1 + 2 * sum(_calls(layer) for layer in _wrapped(config))
    inside = sum(_calls(layer) * max(1, _connections(layer)) for layer in layers)
    quadratic = nested and config.get("class_name") == "Sequential"
    return inside * (len(layers) + 1) // 2 + inside if quadratic else 2 * inside if nested else inside


def _repetitions(value: Json) -> int:
    """Return how often the layers of a configuration repeat their work in all."""
    if isinstance(value, list):
        return sum(map(_repetitions, value))
    if not isinstance(value, dict):
        return 0
    counts = [
        int(value[key]) for key in REPETITIONS if isinstance(value.get(key), (int, float)) and math.isfinite(value[key])
    ]
    return (math.prod(counts) if counts else 0) + sum(map(_repetitions, value.values()))


def _connections(layer: Config) -> int:
    nodes = layer.get("inbound_nodes")
    return len(nodes) if isinstance(nodes, list) else 1


def without_training(config: Json) -> Json:
    """Return a configuration without what its models were compiled with, which these tools never use."""
    if isinstance(config, dict):
        return {key: without_training(value) for key, value in config.items() if key != "compile_config"}
    return [without_training(value) for value in config] if isinstance(config, list) else config


def model_layers(config: Json, source: str) -> list[Config]:
    """Return the layers of a model configuration after checking that it is one.

    Raises:
        UserError: `config` is not what Keras' `Model.to_json` writes.
    """
    expected = f"{source}: is no model configuration as 'Create a deep learning model architecture' writes it"
    if not isinstance(config, dict) or str(config.get("class_name")) not in MODELS:
        found = (
            f"the keys {listed(quoted(key) for key in config)}"
            if isinstance(config, dict)
            else f"a JSON {type(config).__name__}"
        )
        raise UserError(f"{expected}: its class_name must be Sequential or Functional. Received: {found}.")
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    if not isinstance(layers, list) or not layers or not all(isinstance(layer, dict) for layer in layers):
        raise UserError(f"{expected}: it must list layers.")
    return layers
