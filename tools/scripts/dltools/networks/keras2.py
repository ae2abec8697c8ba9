"""Reading model configurations of Keras 2, as the tools before these wrote them, and Keras 2.0 to 2.15 themselves.

Keras 2 named classes without their modules, or by modules that are no more, and had arguments that Keras 3 dropped.
`converted` rewrites such a configuration for Keras 3; what has no equivalent there is refused by name. What the arrays
of such a network need is told by `keras2_weights`.
"""

from dltools.catalogue.former_arguments import SINCE_KERAS_2
from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.core.errors import UserError, quoted
from dltools.core.types import Config, Json, Options
from dltools.networks import keras2_nodes
from dltools.untrusted import allowed, gate

# Arguments that Keras 3 dropped, and the values that meant what Keras 3 does anyway.
DROPPED_ARGUMENTS: dict[str, tuple | None] = {
    **SINCE_KERAS_2,
    "optional": (False,),
    "softmax_robust_masking": (False,),
    "robust_masking": (False,),
    "input_length": None,
    "batch_input_shape": None,
    # What a layer was built for follows from the network.
    "query_shape": None,
    "key_shape": None,
    "value_shape": None,
    # How the same is computed.
    "rng_type": None,
    # Written for every convolution, also for those that have no groups and no kernel by this name.
    "groups": (1,),
    "kernel_initializer": None,
}
# As TensorFlow calls a function inside.
RENAMED_ACTIVATIONS = {"softmax_v2": "softmax"}
# A configuration's key ends in what its value is; each kind has its module.
MODULES = {
    "_initializer": "keras.initializers",
    "_regularizer": "keras.regularizers",
    "_constraint": "keras.constraints",
}
# The beginning of the modules of Keras' own classes.
PACKAGES = ("keras", "tensorflow.keras", "tensorflow.python.keras", "tf_keras")
WRAPPED = ("layer", "forward_layer", "backward_layer", "cell")
DTYPE_POLICIES = ("Policy", "PolicyV1", "DTypePolicy")
# Keras 2 clipped 0.2 x + 0.5, Keras 3 clips x / 6 + 0.5.
CHANGED_ACTIVATIONS = ("hard_sigmoid",)


def is_old(config: Json, version: str | None = None) -> bool:
    """Tell whether a parsed configuration is one of Keras 2.

    Parameters:
        version: of Keras, where the file tells it beside the configuration.
    """
    if not isinstance(config, dict) or str(config.get("class_name")) not in gate.MODELS:
        return False
    if version is not None:
        return version.split(".")[0] in ("1", "2")
    if "module" in config:
        return False
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    if isinstance(layers, list) and any(isinstance(layer, dict) and "module" in layer for layer in layers):
        return False
    return str(config.get("keras_version", "2")).split(".")[0] in ("1", "2")


def with_layers(config: Json) -> Json:
    """Return a model's configuration in the form that has a name; until Keras 2.2.2 a Sequential was a list of
    layers.
    """
    if isinstance(config, dict) and config.get("class_name") == "Sequential" and isinstance(config.get("config"), list):
        return {**config, "config": {"name": config.get("name") or "sequential", "layers": config["config"]}}
    return config


def converted(config: Config, source: str, trained: bool = False) -> Config:
    """Return a configuration of Keras 2 as one of Keras 3.

    Parameters:
        config: parsed JSON for which `is_old` holds.
        source: the file's name, for messages.
        trained: whether the network comes with weights that are taken as they are, with which it must compute what it
            did.

    Raises:
        UserError: names the layer, and the argument, that Keras 3 has no equivalent for.
    """
    config = with_layers(config)
    layers = gate.model_layers(config, source)
    name = "Functional" if config["class_name"] == "Model" else config["class_name"]
    inner = {key: value for key, value in config["config"].items() if key != "layers"}
    # A sequential model that was a list of layers had no name; inside another each needs one.
    changed = [
        _layer(
            {"name": f"sequential_{number}", **layer} if isinstance(layer.get("config"), list) else layer,
            source,
            trained,
        )
        for number, layer in enumerate(layers)
    ]
    if name == "Sequential":
        changed, module, registered = _input_first(changed, config["config"]), "keras", None
    else:
        module, registered = "keras.src.models.functional", name
        models = {
            str(layer.get("name")): layer["class_name"] for layer in layers if layer.get("class_name") in gate.MODELS
        }
        changed = [keras2_nodes.converted(layer, models, source) for layer in changed]
        inner |= keras2_nodes.ends(config["config"], models, source)
    return {"module": module, "class_name": name, "config": {**inner, "layers": changed}, "registered_name": registered}


def _input_first(changed: list[Config], inner: Config) -> list[Config]:
    """Put the input that the first layer was given by an argument into a layer of its own."""
    if changed and changed[0].get("class_name") == "InputLayer":
        return changed
    shape, name = _first_shape(inner["layers"])
    shape = shape or inner.get("build_input_shape")
    if not shape:
        return changed
    # An embedding looks up whole numbers, which its own dtype does not tell.
    config = {"batch_shape": shape, "dtype": "float32", "name": f"{name}_input"}
    return [{"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}, *changed]


def _first_shape(layers: list[Config]) -> tuple[Json, Json]:
    """Return what shape the first of some layers takes, as it was written for that or for what is inside it, and its
    name.
    """
    first = with_layers(layers[0]) if layers else None
    if not isinstance(first, dict) or not isinstance(first.get("config"), dict):
        return None, None
    inner = first["config"]
    if inner.get("batch_input_shape"):
        return inner["batch_input_shape"], inner.get("name")
    layers_inside = inner.get("layers")
    within = layers_inside if isinstance(layers_inside, list) else []
    if first.get("class_name") == "Bidirectional" and "layer" in inner:
        within = [inner["layer"]]
    return _first_shape(within)[0], inner.get("name")


def _layer(layer: Config, source: str, trained: bool = False) -> Config:
    layer = with_layers(layer)
    name, config = layer.get("class_name"), layer.get("config")
    if not isinstance(name, str) or not isinstance(config, dict):
        raise UserError(f"{source}: one of its layers has no class_name or no config. The file is damaged.")
    new = of_class(name).keras or name
    where = f"{source}: layer {quoted(config.get('name'))} ({name})"
    kept = {key: layer[key] for key in ("name", "inbound_nodes") if key in layer}
    if of_class(new).has(Trait.UNSAFE):
        # Left as it is for the gate, which says why it is refused.
        return {**layer, "module": "keras.layers"}
    if not is_own(layer):
        raise UserError(
            f"{where}: is a class of someone's own program, "
            f"{quoted(layer.get('registered_name') or layer.get('module'))}, which is not in the file. Build the "
            "network of Keras' own layers."
        )
    if name in gate.MODELS:
        return converted(layer, source, trained) | kept
    if new not in allowed.LAYERS:
        raise UserError(f"{where}: Keras 3 has no such layer. Design the network anew without it.")
    if trained:
        _check_same(name, config, where)
    found = _config(name, new, config, where, source, trained)
    return {"module": "keras.layers", "class_name": new, "config": found, "registered_name": None} | kept


def is_own(entry: Config) -> bool:
    """Tell whether an object's module and registered name are Keras' own, or not told, as they seldom were."""
    module, registered = entry.get("module"), entry.get("registered_name")
    own = module is None or (
        isinstance(module, str) and any(module == p or module.startswith(f"{p}.") for p in PACKAGES)
    )
    return own and (registered is None or registered == entry.get("class_name"))


def _check_same(name: str, config: Config, where: str) -> None:
    """Refuse a layer that computes something else in Keras 3 with the same weights."""
    changed = [key for key in ("activation", "recurrent_activation") if config.get(key) in CHANGED_ACTIVATIONS]
    if changed:
        raise UserError(
            f"{where}: {changed[0]} {quoted(config[changed[0]])} is another function in Keras 3, so that the network "
            "would predict something else. Train it anew."
        )
    if of_class(name).keras2.transposed:
        raise UserError(
            f"{where}: its weights are arranged in another way than those of {of_class(name).keras}. Train the "
            "network anew."
        )


def _config(name: str, new: str, config: Config, where: str, source: str, trained: bool) -> Options:
    from dltools.catalogue.keywords import keyword_names

    former = of_class(name).keras2
    known = {*keyword_names(new), "batch_shape", "dtype", "activity_regularizer"}
    found: dict = {**former.defaults, **former.fixed}
    for key, value in config.items():
        key, value = former.arguments.get(key, key), _plain(value)
        if key in known:
            found[key] = _value(key, value, source, trained)
        elif value is not None and not _is_harmless(key, value):
            raise UserError(f"{where}: Keras 3 has no argument {quoted(key)} with the value {quoted(value)} there.")
    # Keras 2 wrote the axis of a batch normalization as a list.
    if new == "BatchNormalization" and isinstance(found.get("axis"), list) and len(found["axis"]) == 1:
        found["axis"] = found["axis"][0]
    # What an embedding looks up are whole numbers; what it holds are none.
    if new != "InputLayer" and str(found.get("dtype")).startswith(("int", "uint")):
        found.pop("dtype")
    return found


def _is_harmless(key: str, value: Json) -> bool:
    harmless = DROPPED_ARGUMENTS.get(key, ())
    return harmless is None or value in harmless


def _plain(value: Json) -> Json:
    """Return what an array of NumPy stands for, as which Keras 2.0 wrote some numbers."""
    return value["value"] if isinstance(value, dict) and set(value) == {"type", "value"} else value


def _value(key: str, value: Json, source: str, trained: bool) -> Json:
    if key == "cells" and isinstance(value, list):
        return [_layer(cell, source, trained) if isinstance(cell, dict) else cell for cell in value]
    if key == "activation" and isinstance(value, str):
        return RENAMED_ACTIVATIONS.get(value, value)
    if not isinstance(value, dict) or "class_name" not in value:
        return value
    if key in WRAPPED or (key == "activation" and is_own(value) and value["class_name"] in gate.KINDS["activation"]):
        return _layer(value, source, trained)
    if key == "dtype" and value["class_name"] in DTYPE_POLICIES:
        return (value.get("config") or {}).get("name")
    module = next((module for suffix, module in MODULES.items() if key.endswith(suffix)), None)
    if module is None or not is_own(value):
        return value
    return {
        "class_name": value["class_name"],
        "config": _options(value.get("config")),
        "module": module,
        "registered_name": None,
    }


def _options(config: Json) -> Json:
    """Return the options of an initializer, a regularizer or a constraint as Keras 3 takes them."""
    if not isinstance(config, dict):
        return config
    found = {key: _plain(value) for key, value in config.items() if key != "dtype"}
    if found.get("distribution") == "normal":
        found["distribution"] = "truncated_normal"
    return found
