"""Reading model configurations of Keras 2, as the tools before these wrote them.

Keras 2 named classes without their modules and had arguments that Keras 3 dropped. `converted` rewrites such a
configuration for Keras 3; what has no equivalent there is refused by name.
"""

from . import allowed, gate
from .errors import UserError, quoted

# Layers that Keras 3 renamed: old name -> class, and its arguments' new names.
RENAMED = {
    "CuDNNGRU": "GRU", "CuDNNLSTM": "LSTM", "ThresholdedReLU": "ReLU",
    "BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization",
}
RENAMED_ARGUMENTS = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "ThresholdedReLU": {"theta": "threshold"},
    "InputLayer": {"batch_input_shape": "batch_shape"},
}
# Arguments that Keras 3 dropped, and the values that meant what Keras 3 does anyway.
DROPPED_ARGUMENTS = {
    "ragged": (False,),
    "time_major": (False,),
    "implementation": (0, 1, 2),
    "input_length": None,
    "batch_input_shape": None,
    # Written for every convolution, also for those that have no groups and no kernel by this name.
    "groups": (1,),
    "kernel_initializer": None,
}
# A configuration's key ends in what its value is; each kind has its module.
MODULES = {"_initializer": "keras.initializers", "_regularizer": "keras.regularizers", "_constraint": "keras.constraints"}
# Layers that Keras 3 has, and the gate does not let pass.
UNSAFE_LAYERS = frozenset(
    {"Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer", "Hashing", "HashedCrossing", "IntegerLookup",
     "StringLookup", "TextVectorization", "MelSpectrogram", "STFTSpectrogram"}
)
WRAPPED = ("layer", "forward_layer", "backward_layer", "cell")
DTYPE_POLICIES = ("Policy", "PolicyV1", "DTypePolicy")
# Keras 2 clipped 0.2 x + 0.5, Keras 3 clips x / 6 + 0.5.
CHANGED_ACTIVATIONS = ("hard_sigmoid",)
OTHER_WEIGHTS = ("CuDNNGRU", "CuDNNLSTM")


def is_old(config) -> bool:
    """Tell whether a parsed configuration is one of Keras 2."""
    if not isinstance(config, dict) or "module" in config:
        return False
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    if isinstance(layers, list) and any(isinstance(layer, dict) and "module" in layer for layer in layers):
        return False
    return str(config.get("keras_version", "2")).split(".")[0] in ("1", "2") and str(config.get("class_name")) in gate.MODELS


def converted(config: dict, source: str, trained: bool = False) -> dict:
    """Return a configuration of Keras 2 as one of Keras 3.

    Parameters:
        config: parsed JSON for which `is_old` holds.
        source: the file's name, for messages.
        trained: whether the network comes with weights, with which it must compute what it did.

    Raises:
        UserError: names the layer, and the argument, that Keras 3 has no equivalent for.
    """
    layers = gate.model_layers(config, source)
    name = "Functional" if config["class_name"] == "Model" else config["class_name"]
    changed = [_layer(layer, source, trained) for layer in layers]
    if name == "Sequential":
        changed = _input_first(changed, layers)
    module, registered = ("keras", None) if name == "Sequential" else ("keras.src.models.functional", name)
    inner = {**config["config"], "layers": changed}
    return {"module": module, "class_name": name, "config": inner, "registered_name": registered}


def _input_first(changed: list[dict], layers: list[dict]) -> list[dict]:
    """Put the input that the first layer was given by an argument into a layer of its own."""
    inner = layers[0].get("config") if layers else None
    if not isinstance(inner, dict) or layers[0].get("class_name") == "InputLayer" or not inner.get("batch_input_shape"):
        return changed
    # An embedding looks up whole numbers, which its own dtype does not tell.
    config = {"batch_shape": inner["batch_input_shape"], "dtype": "float32", "name": f"{inner.get('name')}_input"}
    return [{"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}, *changed]


def _layer(layer: dict, source: str, trained: bool = False) -> dict:
    name, config = layer.get("class_name"), layer.get("config")
    if not isinstance(name, str) or not isinstance(config, dict):
        raise UserError(f"{source}: one of its layers has no class_name or no config. The file is damaged.")
    new = RENAMED.get(name, name)
    where = f"{source}: layer {quoted(config.get('name'))} ({name})"
    if new in UNSAFE_LAYERS:
        # Left as it is for the gate, which says why it is refused.
        return {**layer, "module": "keras.layers"}
    if new not in allowed.LAYERS:
        raise UserError(f"{where}: Keras 3 has no such layer. Design the network anew without it.")
    if trained:
        _check_same(name, config, where)
    return {**layer, "module": "keras.layers", "class_name": new, "registered_name": None, "config": _config(name, new, config, where, source, trained)}


def _check_same(name: str, config: dict, where: str) -> None:
    """Refuse a layer that computes something else in Keras 3 with the same weights."""
    changed = [key for key in ("activation", "recurrent_activation") if config.get(key) in CHANGED_ACTIVATIONS]
    if changed:
        raise UserError(
            f"{where}: {changed[0]} {quoted(config[changed[0]])} is another function in Keras 3, so that the network "
            "would predict something else. Train it anew."
        )
    if name in OTHER_WEIGHTS:
        raise UserError(f"{where}: its weights are arranged in another way than those of {RENAMED[name]}. Train the network anew.")


def _config(name: str, new: str, config: dict, where: str, source: str, trained: bool) -> dict:
    from .layers import keyword_names

    renamed = RENAMED_ARGUMENTS.get(name, {})
    known = {*keyword_names(new), "batch_shape", "dtype"}
    found = {}
    for key, value in config.items():
        key = renamed.get(key, key)
        if key in known:
            found[key] = _value(key, value, source, trained)
        elif value is not None and not _is_harmless(key, value):
            raise UserError(f"{where}: Keras 3 has no argument {quoted(key)} with the value {quoted(value)} there.")
    # Keras 2 wrote the axis of a batch normalization as a list.
    if new == "BatchNormalization" and isinstance(found.get("axis"), list) and len(found["axis"]) == 1:
        found["axis"] = found["axis"][0]
    return found


def _is_harmless(key: str, value) -> bool:
    return key in DROPPED_ARGUMENTS and (DROPPED_ARGUMENTS[key] is None or value in DROPPED_ARGUMENTS[key])


def _value(key: str, value, source: str, trained: bool):
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    if key in WRAPPED:
        return _layer(value, source, trained)
    if key == "dtype" and value["class_name"] in DTYPE_POLICIES:
        return (value.get("config") or {}).get("name")
    module = next((module for suffix, module in MODULES.items() if key.endswith(suffix)), None)
    return value if module is None else {**value, "module": module, "registered_name": None}
