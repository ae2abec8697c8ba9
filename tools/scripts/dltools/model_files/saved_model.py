"""A trained network from elsewhere: a file that plain Keras saved (`saved_file`), read as a trained model of these
tools.

The network is built from its configuration behind the gate, as any other, and its weights are assigned array by array;
Keras' own reader never sees the file. What such a file does not tell (`saved_training`) is said in the log.
"""

import json
import math
import re
from typing import TYPE_CHECKING, Any

from dltools.catalogue import training_parameters
from dltools.catalogue.layers.table import of_class
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data.specs import FeatureSpec
from dltools.model_files import keras2_weights, saved_code, saved_file, saved_training, saved_weights
from dltools.model_files.builder import Builder
from dltools.model_files.records import Record
from dltools.networks import architecture, keras2, keras2_nodes, last_layer
from dltools.untrusted import signing

if TYPE_CHECKING:
    import keras


# Where the first versions of Keras 3 wrote a class's own module.
PRIVATE = re.compile(r"keras\.src\.(layers|initializers|regularizers|constraints)\.")
# Until here Keras for TensorFlow 1 enlarged images in another way.
OTHER_BILINEAR = ("2.0", "2.1", "2.2", "2.3")


def read(dataset: Dataset) -> "tuple[keras.Model, Record]":
    """Read a network with its weights.

    Returns:
        (model, record): a `keras.Model`, not compiled, and its `records.Record`.

    Raises:
        UserError: what is no network that Keras saved whole, holds somebody's program, or cannot be computed.
    """
    with saved_file.opened(dataset) as saved:
        signing.report((), None, saved.source)
        config = _converted(saved, with_weights=True)
        model = _with_weights(config, saved)
        last_layer.check_ends(model, saved.source)
        meaning = saved_training.meaning(model, saved.compiled)
        training = training_parameters.check(meaning.training, saved.source)
        print(f"{_introduced(saved)} {meaning.sentence[0].upper()}{meaning.sentence[1:]}.")
        _report_changes(saved)
        return model, Record(
            Builder(json.loads(architecture.to_json(model)), training), meaning.target, _features(model), {}
        )


def read_builder(dataset: Dataset) -> Builder:
    """Read how a network's layers are arranged and how it was trained, without its weights.

    Raises:
        UserError: as `read`.
    """
    with saved_file.opened(dataset) as saved:
        signing.report((), None, saved.source)
        model = architecture.described(_converted(saved, with_weights=False), saved.source)
        last_layer.check_ends(model, saved.source)
        meaning = saved_training.meaning(model, saved.compiled)
        print(
            f"{_introduced(saved)} Its layers are taken, its weights are not. To go on with its weights, choose the "
            "file itself in 'Deep learning training and evaluation' or 'Model Prediction'."
        )
        return Builder(
            json.loads(architecture.to_json(model)), training_parameters.check(meaning.training, saved.source)
        )


def _introduced(saved: saved_file.Saved) -> str:
    return f"{saved.source}: a network that Keras {saved.version or 'of unknown version'} saved."


def training_told(dataset: Dataset, training: TrainingConfig) -> str:
    """Say how the training of such a network goes on."""
    with saved_file.opened(dataset) as saved:
        return f"{saved.source}: {saved_training.describe(training, saved.compiled)}."


def _converted(saved: saved_file.Saved, with_weights: bool) -> dict:
    """Return the configuration as Keras 3 takes it, for rows that stand by themselves."""
    saved_code.check(saved.config, saved.source)
    if not saved.is_old:
        return _for_any_rows(_with_modules(saved.config))
    config = keras2.converted(saved.config, saved.source)
    if with_weights:
        for layer in saved_code.layers(saved.config):
            keras2_weights.check(layer, saved.backend, saved.source)
        config = keras2_weights.rewritten(config, saved.source)
    return _for_any_rows(config)


def _with_modules(config: dict) -> dict:
    """Return a configuration of Keras 3 with the public modules of layers, which its HDF5 files and first versions
    leave out.
    """
    kind, inner = config.get("class_name"), config.get("config")
    if not isinstance(kind, str) or not isinstance(inner, dict):
        return config
    found = {
        key: _with_modules(value) if key in keras2.WRAPPED and isinstance(value, dict) else _public(value)
        for key, value in inner.items()
    }
    for key in ("layers", "cells"):
        if isinstance(inner.get(key), list):
            found[key] = [_with_modules(value) if isinstance(value, dict) else value for value in inner[key]]
    module = {"Sequential": "keras", "Functional": "keras.src.models.functional"}.get(kind, "keras.layers")
    return {"module": module, **_public(config), "config": found}


def _public(value: Any) -> Any:
    """Return an object by the public module of its class, where it is told by the private one."""
    module = value.get("module") if isinstance(value, dict) else None
    found = PRIVATE.match(module) if isinstance(module, str) else None
    return {**value, "module": f"keras.{found.group(1)}"} if found else value


def _for_any_rows(config: dict) -> dict:
    """Return a configuration whose inputs are not bound to a number of samples at a time, and whose ends are plain."""
    inner = dict(config["config"])
    inner["layers"] = [
        _open_layer(layer) if isinstance(layer.get("config"), dict) else layer for layer in inner["layers"]
    ]
    if isinstance(inner.get("build_input_shape"), list):
        inner["build_input_shape"] = [None, *inner["build_input_shape"][1:]]
    return {**config, "config": inner | keras2_nodes.plain_ends(inner)}


def _open_layer(layer: dict) -> dict:
    inner = layer["config"]
    if isinstance(inner.get("layers"), list) and all(isinstance(within, dict) for within in inner["layers"]):
        return _for_any_rows(layer)
    shape = inner.get("batch_shape")
    open_shape = layer.get("class_name") == "InputLayer" and isinstance(shape, list) and shape
    return {**layer, "config": {**inner, "batch_shape": [None, *shape[1:]]}} if open_shape else layer


def _with_weights(config: dict, saved: saved_file.Saved) -> "keras.Model":
    def fitting(model: "keras.Model") -> list[saved_weights.Pair]:
        if not model.built:
            raise UserError(
                f"{saved.source}: its network does not say what shape its data have. {saved_file.SAVE_AGAIN}"
            )
        return saved_weights.pairs(model, saved)

    model = architecture.rebuild(config, saved.source, fitting)
    for pair in fitting(model):
        saved_weights.assign(pair, saved.source)
    saved_weights.settle(model._flatten_layers(include_self=False))
    return model


def _features(model: "keras.Model") -> FeatureSpec:
    """Return what a record says of the samples: how many numbers a row has, where all sizes are told; tables in any
    division.
    """
    sizes = [size for tensor in model.inputs for size in tensor.shape[1:]]
    count = None if None in sizes else sum(math.prod(tensor.shape[1:]) for tensor in model.inputs)
    return FeatureSpec(width=count, tables=(None,) * len(model.inputs))


def _report_changes(saved: saved_file.Saved) -> None:
    """Say what was changed so that the network computes what it did, and what cannot be known."""
    if not saved.is_old:
        return
    layers = list(saved_code.layers(saved.config))
    if any(of_class(str(layer.get("class_name"))).keras2.transposed for layer in layers):
        print(f"{saved.source}: its CuDNN layers are read as the GRU and LSTM that compute the same.")
    if any(
        keras2_weights.CHANGED in ((layer.get("config") or {}).get(key) for key in saved_code.ACTIVATIONS)
        for layer in layers
    ):
        print(
            f"{saved.source}: hard_sigmoid was another function in Keras 2. The weights before it were multiplied by "
            "1.2, so that it gives what it gave."
        )
    enlarged = any(
        layer.get("class_name") == "UpSampling2D" and (layer.get("config") or {}).get("interpolation") == "bilinear"
        for layer in layers
    )
    if enlarged and saved.version.startswith(OTHER_BILINEAR):
        print(
            f"{saved.source}: has an UpSampling2D with bilinear interpolation. If it was trained with TensorFlow 1, "
            "that placed the points in another way, and what the network predicts may differ a little. The file does "
            "not tell."
        )
