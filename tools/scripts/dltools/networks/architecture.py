"""A network's architecture as JSON: writing it, and building the model that it describes.

The model configuration that travels between the tools is exactly what Keras 3's `Model.to_json`
writes: ``{"module": "keras", "class_name": "Sequential" or "Functional", "config": {"name",
"layers": [...], ...}, ...}``. Any Keras 3 reads it with `keras.models.model_from_json`.

Where no weights are needed, shapes and parameter counts come without allocating a single one.
"""

import contextlib
import functools
import json
import math
import random
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dltools.catalogue import arguments
from dltools.core import limits
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.core.types import Config, Json
from dltools.networks import activation_sizes, adaptation, initial_weights, keras2, misfits
from dltools.networks.refusals import INCOMPATIBLE, explained, keras_reason, while_building
from dltools.networks.seen import Before, DataShape, SeenLayer
from dltools.untrusted import gate

if TYPE_CHECKING:
    import keras


def bounded(model: "keras.Model", source: str) -> "keras.Model":
    """Refuse a model, built without weights, that would take more memory or time than the limits allow."""
    count, most = sum(math.prod(weight.shape) for weight in model.weights), limits.limit("parameters")
    if count > most:
        raise UserError(
            f"{source} would have {count:,} parameters, that is {4 * count:,} bytes in float32; at most {most:,} are "
            f"allowed. Choose fewer units or filters. (An administrator may raise this by "
            f"{limits.LIMITS['parameters'].variable}.)"
        )
    unrolled = 0
    for layer in model._flatten_layers(include_self=False):
        place = f"{source}: layer {quoted(layer.name)} ({type(layer).__name__})"
        limits.check(max(map(len, activation_sizes.outputs(layer)), default=0), "dimensions", place)
        limits.check(activation_sizes.values(layer), "values", place)
        if getattr(layer, "unroll", False):
            steps = max(
                (shape[1] or 0 for shapes in activation_sizes.calls(layer) for shape in shapes[:1] if len(shape) > 1),
                default=0,
            )
            limits.check(steps, "steps", place)
            unrolled += steps * len(getattr(layer.cell, "cells", [layer.cell]))
    limits.check(unrolled, "layer_calls", f"{source}: with what is unrolled, it")
    return model


@contextlib.contextmanager
def without_weights() -> Iterator[None]:
    """Let variables know their shape but hold no values, so that billions of parameters cost nothing.

    Keras draws a seed for every initializer from Python's generator; a run's seed must give the same weights
    whether its model was looked at before or not.
    """
    import keras

    state = random.getstate()
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        random.setstate(state)


def add_input(model: "keras.Sequential", shape: DataShape) -> DataShape:
    """Begin a sequential model with data of a shape; return the shape with that of the samples."""
    import keras

    model.add(keras.Input(shape))
    return (None, *shape)


def add(
    model: "keras.Sequential", layer: "keras.Layer", label: str, shape: DataShape | None, seen: SeenLayer | None = None
) -> DataShape | None:
    """Add a layer to a sequential model; return the shape of its output, None while that is unknown.

    Parameters:
        seen: the layer as the rules of `misfits` see it, where they were not asked yet.

    Raises:
        UserError: the layer does not fit.
    """
    with explained(label, shape, seen):
        model.add(layer)
        if not model.built:
            return None
        _check_one_output(layer)
        check_fits(layer, model.output_shape)
        return model.output_shape


def _check_one_output(layer: "keras.Layer") -> None:
    if not hasattr(layer.output, "shape"):
        raise ValueError("it gives several results, of which the next layer takes one.")


def check_fits(layer: "keras.Layer", shape: DataShape) -> None:
    """Refuse what Keras lets pass in a design: data of no size, and weights that cannot be filled or kept as asked.

    Raises:
        ValueError: says what is wrong with the layer, whose output has the shape `shape`.
    """
    check_size(shape)
    if layer.weights and "float" not in layer.compute_dtype:
        raise ValueError(
            f"its dtype is {layer.compute_dtype}, but weights are fractions. Leave dtype out, or choose float32."
        )
    initial_weights.check(layer)


def check_size(shape: DataShape) -> None:
    """Refuse data of no size.

    Raises:
        ValueError: says which shape a layer's output would have.
    """
    if any(size is not None and size < 1 for size in shape):
        raise ValueError(f"nothing is left of the data: its output would have the shape {tuple(shape)}.")


def to_json(model: "keras.Model") -> str:
    """Return the model configuration as Keras' `Model.to_json` writes it."""
    return model.to_json()


def from_json(text: bytes | str, source: str) -> tuple[Config, "keras.Model"]:
    """Parse and check a model configuration; build its model without weight values.

    Parameters:
        text: JSON as `Model.to_json` of Keras 3 writes it, or of Keras 2, which is converted.
        source: the file's name, for messages.

    Returns:
        (configuration, model): the parsed JSON and the `keras.Model` it describes.

    Raises:
        UserError: no model configuration, one with code or custom classes, or one that Keras refuses.
    """
    config = gate.parse_json(text, source)
    old = keras2.is_old(config)
    config = keras2.converted(config, source) if old else config
    arguments.check_flags(config, source)
    model = described(config, source)
    return (json.loads(to_json(model)) if old else config), model


def described(config: Config, source: str) -> "keras.Model":
    """Build the model of a parsed configuration, after it has passed the gate, without weight values.

    Raises:
        UserError: as `from_json`.
    """
    checked(config, source)
    with without_weights():
        model = bounded(_built(config, source), source)
        adaptation.check(model)
        for layer in model._flatten_layers(include_self=False):
            with explained(f"{source}: {layer.name} ({type(layer).__name__})", None):
                for shape in activation_sizes.outputs(layer):
                    check_size(shape)
                if not hasattr(layer, "layers"):
                    initial_weights.check(layer)
        return model


def checked(config: Json, source: str) -> None:
    """Refuse what is no model configuration, and one that does not pass the gate; nothing is built.

    Raises:
        UserError: as `from_json`, but for what Keras refuses.
    """
    gate.model_layers(config, source)
    gate.check({"module": "keras", **config}, source)


def rebuild(
    config: Config, source: str, inspect: Callable[["keras.Model"], object] | None = None, columns: int | None = None
) -> "keras.Model":
    """Build the model of a parsed configuration with weights, once it is known what that will take.

    Parameters:
        inspect: called with the model without weight values, before memory is taken for these.
        columns: number of the table's columns, for a sequential model that was designed without input_shape.

    Raises:
        UserError: as `from_json`; of a model without input_shape, names the first layer that does not fit the table,
            and the shape that reaches it.
    """
    model, build = described(config, source), _built
    if not model.built and columns is not None:
        build = functools.partial(_begun, columns=columns)
        with without_weights():
            model = bounded(build(config, source), source)
    activation_sizes.check_memory(
        source, sum(math.prod(weight.shape) for weight in model.weights), activation_sizes.largest(model), 1
    )
    if inspect:
        inspect(model)
    return build(config, source)


def _built(config: Config, source: str) -> "keras.Model":
    try:
        with _deep_calls():
            return _deserialized(_buildable(config))
    except while_building() as error:
        _name_misfit(config, source, str(error))
        count = len(config["config"]["layers"])
        raise UserError(
            f"{source}: Keras cannot build the model of {count} layers that it describes: {keras_reason(error)}"
        ) from None


def _name_misfit(config: Config, source: str, error: str) -> None:
    """Name the layer for which Keras could not build a model, where it can be told and the rules know what is wrong.

    Raises:
        UserError: names the layer, what is wrong, and the shape that reaches it.
    """
    layers = config["config"]["layers"]
    if config.get("class_name") == "Sequential":
        if layers[0].get("class_name") == "InputLayer":
            _step_through(layers, source)
        return
    told = INCOMPATIBLE.search(error)
    named = {layer["config"].get("name"): layer for layer in layers if isinstance(layer.get("config"), dict)}
    if told is None or told.group(1) not in named:
        return
    layer = named[told.group(1)]
    shape = tuple(None if size.strip() == "None" else int(size) for size in told.group(3).strip("(), ").split(","))
    sources = [named[name] for name in gate.sources(layer.get("inbound_nodes")) if name in named]
    before = tuple(
        Before(
            f"Layer {quoted(other['config']['name'])} ({other['class_name']})",
            other["class_name"],
            other["config"],
            shape,
        )
        for other in sources
    )
    seen = SeenLayer(str(layer["class_name"]), layer["config"], shape, before)
    with explained(f"{source}: layer {quoted(told.group(1))} ({seen.name})", shape, seen):
        return


def _step_through(layers: list[Config], source: str) -> None:
    """Apply the layers of a sequential model one by one, so that the one that does not fit is named.

    They are counted as in the form: from 1, without the input.

    Raises:
        UserError: names the layer, what is wrong, and the shape that reaches it.
    """
    import keras

    tensor: keras.KerasTensor | None = None
    before: list[Before] = []
    for position, config in enumerate(layers):
        label = f"{source}: layer {position} ({config.get('class_name')})"
        shape = None if tensor is None else tuple(tensor.shape)
        seen = SeenLayer(str(config.get("class_name")), config.get("config") or {}, shape, tuple(reversed(before)))
        with explained(label, shape, seen):
            layer = keras.saving.deserialize_keras_object(_dense_input(config))
            tensor = layer.output if tensor is None else layer(tensor)
            tensor_shape = tuple(tensor.shape)
        before.append(
            Before(f"Layer {position} ({seen.name})", seen.name if position else "Input", seen.options, tensor_shape)
        )


@contextlib.contextmanager
def _deep_calls() -> Iterator[None]:
    """Let Keras follow a network from its end to its start, which it does in a call inside a call for each layer."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 4 * limits.limit("layers"))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _buildable(config: Config) -> Config:
    """Return what Keras gets of a configuration: no compiling, dense inputs, and the models' module where it is left
    out.
    """
    return {"module": "keras", **_with_dense_inputs(gate.without_training(config))}


def _deserialized(config: Config) -> "keras.Model":
    """Let Keras make the model; it adds layer by layer to a Sequential, building all again for each, so not that."""
    import keras

    if config.get("class_name") != "Sequential":
        return keras.saving.deserialize_keras_object(config)
    inner = config["config"]
    layers = [keras.saving.deserialize_keras_object(layer) for layer in inner["layers"]]
    model = keras.Sequential(layers, name=inner.get("name"))
    shape = inner.get("build_input_shape")
    if not model.built and shape:
        if not isinstance(shape, list) or not all(size is None or type(size) is int for size in shape):
            raise ValueError(f"its build_input_shape is no shape: {quoted(shape)}")
        model.build(shape)
    return model


def _with_dense_inputs(config: Config) -> Config:
    # These tools feed dense rows however the table came, and the NumPy backend knows no sparse ones.
    return {
        **config,
        "config": {**config["config"], "layers": [_dense_input(layer) for layer in config["config"]["layers"]]},
    }


def _dense_input(layer: Config) -> Config:
    is_sparse = (
        layer.get("class_name") == "InputLayer"
        and isinstance(layer.get("config"), dict)
        and layer["config"].get("sparse")
    )
    return {**layer, "config": {**layer["config"], "sparse": False}} if is_sparse else layer


def _begun(config: Config, source: str, columns: int) -> "keras.Model":
    """Build a sequential model that was designed without input_shape."""
    import keras

    model = _built(config, source)
    built = keras.Sequential(name=model.name)
    shape: DataShape | None = add_input(built, (columns,))
    before: list[Before] = []
    for position, layer in enumerate(model.layers, start=1):
        label, name = f"Layer {position} ({type(layer).__name__})", type(layer).__name__
        seen = misfits.of_layer(layer, shape, tuple(reversed(before)))
        shape = add(built, layer, label, shape, seen)
        before.append(Before(label, name, seen.options, shape))
    return built


def read_config_file(dataset: Dataset) -> tuple[Config, "keras.Model"]:
    """Read a model configuration from a dataset; see `from_json`."""
    with open(dataset.path, "rb") as handle:
        return from_json(handle.read(limits.limit("json_bytes") + 1), str(dataset))
