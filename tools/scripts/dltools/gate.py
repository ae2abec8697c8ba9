"""The gate that every serialized Keras object passes before Keras sees it.

Keras builds whatever class a configuration names. Anyone may upload a configuration, so only
the classes listed here, from Keras' public modules, get through, however deep they are nested;
code in any form (Lambda, marshalled functions, custom modules) does not.
"""

import json

from .errors import UserError, listed, quoted

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 60

# Layers that run code from the file, load other files, wrap other frameworks' modules, or exist on
# one of Keras' backends only.
UNSAFE_LAYERS = frozenset(
    {"Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer", "Hashing", "HashedCrossing",
     "StringLookup", "TextVectorization", "IntegerLookup", "MelSpectrogram", "STFTSpectrogram"}
)
# What Keras itself writes about a layer or a tensor beside the classes of its public modules.
STRUCTURE = frozenset({"__keras_tensor__", "__tensor__", "__numpy__", "__ellipsis__", "__tuple__"})
MODELS = frozenset({"Sequential", "Functional", "Model"})
DTYPE_POLICIES = frozenset({"DTypePolicy", "Policy"})
# The module that Keras 3 writes for each kind of object -> where the classes of that kind are listed.
MODULES = {
    "keras": MODELS | DTYPE_POLICIES,
    "keras.models": MODELS,
    "keras.src.models.functional": MODELS,
    "keras.src.models.sequential": MODELS,
    "keras.layers": None,
    "keras.initializers": None,
    "keras.regularizers": None,
    "keras.constraints": None,
    "keras.dtype_policies": DTYPE_POLICIES,
    "keras.optimizers": None,
    "keras.optimizers.schedules": None,
    "keras.losses": None,
    "keras.metrics": None,
}
KIND_BASES = {
    "keras.layers": ("layers", "Layer"),
    "keras.initializers": ("initializers", "Initializer"),
    "keras.regularizers": ("regularizers", "Regularizer"),
    "keras.constraints": ("constraints", "Constraint"),
    "keras.optimizers": ("optimizers", "Optimizer"),
    "keras.optimizers.schedules": ("optimizers.schedules", "LearningRateSchedule"),
    "keras.losses": ("losses", "Loss"),
    "keras.metrics": ("metrics", "Metric"),
}


def parse_json(text: bytes | str, source: str):
    """Parse JSON from a user's file after bounding its size and depth.

    Raises:
        UserError: too large, nested too deep, or no JSON. `source` names the file in the message.
    """
    if len(text) > MAX_BYTES:
        raise UserError(f"{source}: a model configuration has at most {MAX_BYTES} bytes. Received: {len(text)} bytes.")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(f"{source}: is no JSON, so no model configuration. Choose the output of 'Create a deep "
                        "learning model architecture'.") from None
    if _depth(value) > MAX_DEPTH:
        raise UserError(f"{source}: a model configuration is nested at most {MAX_DEPTH} deep.")
    return value


def _depth(value) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for item in level for child in _children(item)]
    return depth


def _children(value):
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def check(config, source: str) -> None:
    """Refuse a serialized Keras object that names anything but an allowed class.

    Parameters:
        config: what `json.loads` made of the object, any nesting.
        source: name of the file or parameter, for the message.

    Raises:
        UserError: names the place in the file and what stands there.
    """
    _check(config, source, "model")


def _check(value, source: str, place: str) -> None:
    if isinstance(value, dict):
        _check_object(value, source, place)
        for key, child in value.items():
            _check(child, source, f"{place}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, child in enumerate(value):
            _check(child, source, f"{place}[{index}]")


def _check_object(config: dict, source: str, place: str) -> None:
    for key in ("fn", "function", "code", "__lambda__", "func"):
        if key in config:
            _refuse(source, place, f"holds {quoted(key)}")
    if "class_name" not in config:
        if "module" in config and config["module"] is not None:
            _refuse(source, place, f"names the module {quoted(config['module'])} without a class")
        return
    name, module = config["class_name"], config.get("module")
    registered = config.get("registered_name")
    if not isinstance(name, str) or not isinstance(module, (str, type(None))):
        _refuse(source, place, "names a class by something that is no text")
    if registered not in (None, name):
        _refuse(source, place, f"names the registered class {quoted(registered)}")
    if name in STRUCTURE and module is None:
        return
    if module is None:
        allowed = any(name in allowed_classes(m) for m in MODULES)
    else:
        allowed = module in MODULES and name in allowed_classes(module)
    if not allowed:
        _refuse(source, place, f"names the class {quoted(name if module is None else f'{module}.{name}')}")


def _refuse(source: str, place: str, what: str):
    raise UserError(
        f"{source}: {place} {what}, which is not on the list of what these tools load. Code and custom classes "
        "in a file are refused, for they would run on the server."
    )


def allowed_classes(module: str) -> frozenset[str]:
    """Return the class names that may be built from one of Keras' public modules."""
    if MODULES[module] is not None:
        return MODULES[module]
    if module not in _found:
        _found[module] = _public_classes(*KIND_BASES[module])
    return _found[module]


_found: dict[str, frozenset[str]] = {}


def _public_classes(attributes: str, base: str) -> frozenset[str]:
    import keras

    namespace = keras
    for attribute in attributes.split("."):
        namespace = getattr(namespace, attribute)
    parent = getattr(namespace, base)
    classes = {
        name
        for name, value in vars(namespace).items()
        if isinstance(value, type) and issubclass(value, parent) and value is not parent
    }
    return frozenset(classes - UNSAFE_LAYERS)


def model_layers(config, source: str) -> list[dict]:
    """Return the layers of a model configuration after checking that it is one.

    Raises:
        UserError: `config` is not what Keras' `Model.to_json` writes.
    """
    expected = f"{source}: is no model configuration as 'Create a deep learning model architecture' writes it"
    if not isinstance(config, dict) or str(config.get("class_name")) not in MODELS:
        found = f"the keys {listed(config)}" if isinstance(config, dict) else f"a JSON {type(config).__name__}"
        raise UserError(f"{expected}: its class_name must be Sequential or Functional. Received: {found}.")
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise UserError(f"{expected}: it must list layers.")
    return layers
