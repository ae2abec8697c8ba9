"""Designing a network: from the form's layers to a Keras model, and from JSON back to one.

The model configuration that travels between the tools is exactly what Keras 3's `Model.to_json`
writes: ``{"module": "keras", "class_name": "Sequential" or "Functional", "config": {"name",
"layers": [...], ...}, ...}``. Any Keras 3 reads it with `keras.models.model_from_json`.

Designing gives shapes and parameter counts without allocating a single weight.
"""

import contextlib
import json
import math
import random
import re
from typing import NamedTuple

from . import gate, keras2, limits
from .errors import UserError, listed, one_line, quoted
from .kinds import Shape
from .layers import FUNCTIONAL_LAYERS, LAYERS, Layer, make
from .parameters import Dataset, is_empty, literal

# What Keras raises when layers do not fit together; anything else is a bug.
KERAS_REFUSALS = (ValueError, TypeError, IndexError, ArithmeticError, NotImplementedError, AssertionError)


class LayerRow(NamedTuple):
    """One line of a model's layer table: position, name, type, output shape, parameters."""

    position: int
    name: str
    type: str
    output_shape: str
    parameters: int


LAYER_TABLE_HEADER = ("Layer", "Name", "Type", "Output shape", "Parameters")


def design(selection: dict):
    """Build the model that the form describes.

    Parameters:
        selection: the conditional `model_selection` as Galaxy's JSON holds it: `model_type`,
            `layers`, and `input_shape` or `input_layers` and `output_layers`.

    Returns:
        A `keras.Model` without weight values.

    Raises:
        UserError: names the layer, its position, the rule and the shapes.
    """
    builders = {"sequential": _sequential, "functional": _functional}
    model_type = selection["model_type"]
    if model_type not in builders:
        raise UserError(f"Select keras model type: must be one of {listed(builders)}. Received: {quoted(model_type)}.")
    layers = [entry["layer_selection"] for entry in selection["layers"]]
    if not layers:
        raise UserError("A model needs at least one layer. Add one with 'Insert LAYER'.")
    with _without_weights():
        return _bounded(builders[model_type](selection, layers), "This model")


def _bounded(model, source: str):
    """Refuse a model, built without weights, that would take more memory or time than the limits allow."""
    count, most = model.count_params() if model.built else 0, limits.limit("parameters")
    if count > most:
        raise UserError(
            f"{source} would have {count:,} parameters, that is {4 * count:,} bytes in float32; at most {most:,} are "
            f"allowed. Choose fewer units or filters. (An administrator may raise this by "
            f"{limits.LIMITS['parameters'].variable}.)"
        )
    for layer in model._flatten_layers(include_self=False):
        place = f"{source}: layer {quoted(layer.name)} ({type(layer).__name__})"
        shapes = _shapes(layer, "output")
        limits.check(max((math.prod(n or 1 for n in shape[1:]) for shape in shapes), default=0), "values", place)
        if getattr(layer, "unroll", False):
            limits.check(max((shape[1] or 0 for shape in _shapes(layer, "input") if len(shape) > 1), default=0), "steps", place)
    return model


def _shapes(layer, end: str) -> list[tuple]:
    """Return the shapes of a layer's inputs or outputs; none where it is not connected or in several places."""
    try:
        tensors = getattr(layer, end)
    except (AttributeError, ValueError):
        return []
    tensors = tensors.values() if isinstance(tensors, dict) else tensors if isinstance(tensors, (list, tuple)) else [tensors]
    return [tuple(tensor.shape) for tensor in tensors if hasattr(tensor, "shape")]


@contextlib.contextmanager
def _without_weights():
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


def _sequential(selection: dict, layers: list[dict]):
    import keras

    model, shape = keras.Sequential(), None
    if not is_empty(selection.get("input_shape")):
        shape = _add_input(model, Shape(unknown=None).read(selection["input_shape"], "input_shape"))
    for position, values in enumerate(layers, start=1):
        label, _ = _entry(LAYERS, position, values)
        layer_class, options = make(LAYERS, values, label)
        if "input_shape" in options:
            if position > 1 or shape is not None:
                raise UserError(f"{label}: input_shape belongs to the first layer, and is given only once.")
            shape = _add_input(model, options.pop("input_shape"))
        with _refusals_explained(label, shape):
            layer = layer_class(**options)
        shape = _add(model, layer, label, shape)
    return model


def _add_input(model, shape: tuple) -> tuple:
    import keras

    model.add(keras.Input(shape))
    return (None, *shape)


def _add(model, layer, label: str, shape):
    """Add a layer to a sequential model; return the shape of its output, None while that is unknown."""
    with _refusals_explained(label, shape):
        model.add(layer)
        if not model.built:
            return None
        _check_sizes(model.output_shape)
        return model.output_shape


def _functional(selection: dict, layers: list[dict]):
    import keras

    tensors: list = []
    for position, values in enumerate(layers, start=1):
        label, entry = _entry(FUNCTIONAL_LAYERS, position, values)
        layer_class, options = make(FUNCTIONAL_LAYERS, values, label)
        if values["layer_type"] == "Input":
            with _refusals_explained(label, None):
                tensors.append(_input_tensor(layer_class, options))
            continue
        source = _source_of(values, entry, position, label, tensors)
        shapes = [tuple(t.shape) for t in source] if isinstance(source, list) else tuple(source.shape)
        with _refusals_explained(label, shapes):
            tensors.append(_connected(layer_class(**options), entry, source))
            _check_sizes(tensors[-1].shape)
    ends = {}
    for name in ("input_layers", "output_layers"):
        positions = _positions(selection.get(name), name, len(layers))
        ends[name] = [tensors[p - 1] for p in positions]
    _check_inputs(selection, layers)
    with _refusals_explained("The network from input_layers to output_layers", None):
        return keras.Model(*(t[0] if len(t) == 1 else t for t in ends.values()))


def _input_tensor(layer_class, options: dict):
    """Make an input. A sparse one is marked afterwards: the NumPy backend makes none, but writes it down."""
    sparse = options.pop("sparse", False)
    layer = layer_class(**options)
    layer.sparse = sparse
    return layer.output


def _entry(table: dict[str, Layer], position: int, values: dict) -> tuple[str, Layer]:
    layer_type = values.get("layer_type")
    if layer_type not in table:
        raise UserError(f"Layer {position}: {quoted(layer_type)} is not on offer here. Choose one of {listed(table, 80)}.")
    return f"Layer {position} ({layer_type})", table[layer_type]


# The fewest and the most layers that one takes, and the rule in words.
_MERGED = (2, float("inf"), "at least two layers, such as [1, 2]")
_ATTENDED = (1, 3, "the query, the value and the key, such as [1, 2, 2]; the key may be left out, and the value too")


def _connected(layer, entry: Layer, source):
    """Call a layer on what feeds it; the query of an attention is its value too where no other is given."""
    if not entry.attends:
        return layer(source)
    source = source if len(source) > 1 else source * 2
    return layer(*source) if entry.spread else layer(source)


def _source_of(values: dict, entry: Layer, position: int, label: str, tensors: list):
    """Return the tensor, or for a merge the tensors, that a functional layer is connected to."""
    if not entry.merges:
        if is_empty(values.get("inbound_nodes")):
            raise UserError(f"{label}: inbound_nodes must be given: the position of the layer that feeds this one.")
        return tensors[_earlier(values["inbound_nodes"], position, f"{label}: inbound_nodes") - 1]
    sources = literal(values.get("merging_layers") or "[]", f"{label}: merging_layers")
    sources = [sources] if isinstance(sources, int) else sources
    least, most, rule = _ATTENDED if entry.attends else _MERGED
    if not isinstance(sources, (list, tuple)) or not least <= len(sources) <= most:
        raise UserError(
            f"{label}: merging_layers must list the positions of {rule}. "
            f"Received: {quoted(values.get('merging_layers'))}."
        )
    return [tensors[_earlier(p, position, f"{label}: merging_layers") - 1] for p in sources]


def _earlier(value, position: int, label: str) -> int:
    number = literal(value, label)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UserError(f"{label} must be the position of an earlier layer, counted from 1. Received: {quoted(value)}.")
    if number >= position:
        where = "itself" if number == position else f"layer {number}, which comes later"
        raise UserError(f"{label}: layer {position} refers to {where}. Refer to layers 1 to {position - 1}.")
    return number


def _positions(text, name: str, count: int) -> list[int]:
    numbers = literal(text or "[]", name)
    numbers = [numbers] if isinstance(numbers, int) else numbers
    fits = isinstance(numbers, (list, tuple)) and numbers and all(
        isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= count for n in numbers
    )
    if not fits:
        raise UserError(
            f"{name}: must list positions of layers from 1 to {count}, such as [1]. Received: {quoted(text)}."
        )
    return list(numbers)


def _check_inputs(selection: dict, layers: list[dict]) -> None:
    for position in _positions(selection.get("input_layers"), "input_layers", len(layers)):
        layer_type = layers[position - 1]["layer_type"]
        if layer_type != "Input":
            raise UserError(
                f"input_layers: layer {position} is a {layer_type}, but only Input layers can take the data. "
                "Add an Input layer and refer to its position."
            )


def _check_sizes(shape) -> None:
    if any(size is not None and size < 1 for size in shape):
        raise ValueError(f"nothing is left of the data: its output would have the shape {tuple(shape)}.")


@contextlib.contextmanager
def _refusals_explained(label: str, shape):
    try:
        yield
    except KERAS_REFUSALS as error:
        received = "" if shape is None else f" It receives data of shape {shape}."
        raise UserError(f"{label} does not fit: {keras_reason(error)}{received}") from None


def keras_reason(error: Exception) -> str:
    """Return the sentence in which Keras says what is wrong, without its call trace."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    text = re.sub(r"^Exception encountered when calling [^\n]*\n+", "", text)
    text = text.split("\n\nArguments received by")[0].split("\n\nCall arguments received")[0]
    text = one_line(text) or type(error).__name__
    return text if text.endswith(".") else text + "."


def to_json(model) -> str:
    """Return the model configuration as Keras' `Model.to_json` writes it."""
    return model.to_json()


def from_json(text: bytes | str, source: str):
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
    model = described(config, source)
    return (json.loads(to_json(model)) if old else config), model


def described(config: dict, source: str):
    """Build the model of a parsed configuration, after it has passed the gate, without weight values.

    Raises:
        UserError: as `from_json`.
    """
    checked(config, source)
    with _without_weights():
        return _bounded(_built(config, source), source)


def checked(config, source: str) -> None:
    """Refuse what is no model configuration, and one that does not pass the gate; nothing is built.

    Raises:
        UserError: as `from_json`, but for what Keras refuses.
    """
    gate.model_layers(config, source)
    gate.check({"module": "keras", **config}, source)


def rebuild(config: dict, source: str, inspect=None):
    """Build the model of a parsed configuration with weights, once it is known what that will take.

    Parameters:
        inspect: called with the model without weight values, before memory is taken for these.

    Raises:
        UserError: as `from_json`.
    """
    model = described(config, source)
    if inspect:
        inspect(model)
    return _built(config, source)


def _built(config: dict, source: str):
    try:
        return _deserialized(_buildable(config))
    except (*KERAS_REFUSALS, KeyError, AttributeError, RuntimeError, RecursionError) as error:
        count = len(config["config"]["layers"])
        raise UserError(
            f"{source}: Keras cannot build the model of {count} layers that it describes: {keras_reason(error)}"
        ) from None


def _buildable(config: dict) -> dict:
    """Return what Keras gets of a configuration: no compiling, dense inputs, and the models' module where it is left out."""
    return {"module": "keras", **_with_dense_inputs(gate.without_training(config))}


def _deserialized(config: dict):
    """Let Keras make the model; it adds layer by layer to a Sequential, building all again for each, so not that."""
    import keras

    if config.get("class_name") != "Sequential":
        return keras.saving.deserialize_keras_object(config)
    inner = config["config"]
    layers = [keras.saving.deserialize_keras_object(layer) for layer in inner["layers"]]
    model = keras.Sequential(layers, name=inner.get("name"))
    if not model.built and inner.get("build_input_shape"):
        model.build(inner["build_input_shape"])
    return model


def _with_dense_inputs(config: dict) -> dict:
    # These tools feed dense rows however the table came, and the NumPy backend knows no sparse ones.
    dense = [
        {**layer, "config": {**layer["config"], "sparse": False}}
        if layer.get("class_name") == "InputLayer" and isinstance(layer.get("config"), dict) and layer["config"].get("sparse")
        else layer
        for layer in config["config"]["layers"]
    ]
    return {**config, "config": {**config["config"], "layers": dense}}


def with_input(model, columns: int):
    """Build a sequential model that was designed without input_shape, for a table of `columns` columns.

    Raises:
        UserError: names the first layer that does not fit, and the shape that reaches it.
    """
    import keras

    built = keras.Sequential(name=model.name)
    shape = _add_input(built, (columns,))
    for position, layer in enumerate(model.layers, start=1):
        shape = _add(built, layer, f"Layer {position} ({type(layer).__name__})", shape)
    return built


def read_config_file(dataset: Dataset):
    """Read a model configuration from a dataset; see `from_json`."""
    with open(dataset.path, "rb") as handle:
        return from_json(handle.read(limits.limit("json_bytes") + 1), str(dataset))


def layer_table(model) -> list[LayerRow]:
    """Return one row a layer: position, name, type, output shape, number of parameters."""
    return [
        LayerRow(position, layer.name, type(layer).__name__, _output_shape(layer), layer.count_params() if layer.built else 0)
        for position, layer in enumerate(model.layers, start=1)
    ]


def _output_shape(layer) -> str:
    try:
        output = layer.output
    except (AttributeError, ValueError):
        return "?"
    shapes = [tuple(t.shape) for t in output] if isinstance(output, (list, tuple)) else tuple(output.shape)
    return str(shapes)


def drawn_table(rows: list[LayerRow]) -> str:
    """Draw the layer table with aligned columns, and the sum of the parameters below."""
    cells = [LAYER_TABLE_HEADER, *(tuple(str(c) for c in row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(LAYER_TABLE_HEADER))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in cells]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join([*lines, f"Parameters in all: {sum(row.parameters for row in rows):,}"])
