"""Feature scaling as the first layer of the network, so that whoever uses the model scales alike, plain Keras too.

The layer is put in front of the architecture before training and fitted on the rows of the training set. Its
name says how it scales; its weight `count` says on how many rows it was fitted, 0 before that.
"""

import copy
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dltools.core.errors import UserError, quoted
from dltools.data import batches, words
from dltools.data.samples import SampleSource
from dltools.networks import architecture

if TYPE_CHECKING:
    import keras


NONE, STANDARD, MIN_MAX, BY_255 = METHODS = ("none", "standard", "min_max", "divide_by_255")
NAMES = {STANDARD: "standard_scaling", MIN_MAX: "min_max_scaling", BY_255: "scaling_by_255"}
# So many rows are looked at together, of wide tables so many numbers: in float64 these take 16 MB.
CHUNK, CHUNK_NUMBERS = 1024, 1 << 21
# Keras divides by no less than this; the variance of what varies by more than the other does not fit 32 bits.
SMALLEST, LARGEST = 1e-7, 1e19


class Ranges(NamedTuple):
    """What a table's columns hold: smallest and largest value, mean, variance; each float64 (columns,)."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def in_front(model: "keras.Model", method: str, source: str) -> "keras.Model":
    """Return an untrained model with a scaling layer behind each of its inputs but those whose numbers are looked up.

    Parameters:
        model: a built `keras.Model`; its weights are not kept.
        source: the file's name, for messages.

    Raises:
        UserError: an input that cannot be scaled.
    """
    if method == NONE or method_of(model) != NONE:
        check_kept(model, method, source)
        return model
    inputs = [layer for layer in model.layers if type(layer).__name__ == "InputLayer"] or [model._layers[0]]
    config = json.loads(architecture.to_json(model))
    for layer in _to_scale(inputs, words.inputs_of(model)):
        shape = tuple(layer.batch_shape[1:])
        if None in shape and method != BY_255:
            raise UserError(
                f"Feature scaling: the model's input_shape is {shape}. Scaling column by column needs every size of "
                "it: give input_shape in numbers."
            )
        name = NAMES[method] + (f"_{layer.name}" if len(inputs) > 1 else "")
        _insert(config["config"], layer.name, _layer_config(name, method, len(shape)))
    return architecture.rebuild(config, source)


def _to_scale(inputs: list, looked_up: dict[str, str]) -> list:
    """Return the inputs that hold no words or other whole numbers that stand for something.

    Raises:
        UserError: none does.
    """
    found = [layer for layer in inputs if layer.name not in looked_up]
    if not found:
        raise UserError(
            f"Feature scaling: {next(iter(looked_up.values()))} takes whole numbers, which scaling would destroy. "
            "Remove the box. For words beside measurements, design a model with an input for each."
        )
    for name in looked_up:
        print(f"Feature scaling: input {quoted(name)} is left as it is, for {looked_up[name]} takes its whole numbers.")
    return found


def _layer_config(name: str, method: str, dimensions: int) -> dict:
    config: dict = {"name": name}
    if method == BY_255:
        kind = "Rescaling"
        config |= {"scale": 1 / 255, "offset": 0.0}
    else:
        kind = "Normalization"
        config |= {"axis": list(range(1, dimensions + 1)), "mean": None, "variance": None, "invert": False}
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def _insert(config: dict, source: str, layer: dict) -> None:
    """Put a layer behind the input called `source` in the configuration of a sequential or functional model."""
    position = next(i for i, other in enumerate(config["layers"]) if other["config"].get("name") == source) + 1
    if "input_layers" in config:
        name = layer["config"]["name"]
        history = [source, 0, 0]
        tensor = next(_tensors_from(config["layers"], history))
        inbound = [{"args": [copy.deepcopy(tensor)], "kwargs": {}}]
        for found in _tensors_from(config["layers"], history):
            found["config"]["keras_history"] = [name, 0, 0]
        layer = {**layer, "name": name, "inbound_nodes": inbound}
    config["layers"].insert(position, layer)


def _tensors_from(value: object, history: list) -> Iterator[dict]:
    """Yield every mention of the tensor with this history in a configuration."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__" and list(value["config"].get("keras_history", ())) == history:
            yield value
        for child in value.values():
            yield from _tensors_from(child, history)
    elif isinstance(value, list):
        for child in value:
            yield from _tensors_from(child, history)


def method_of(model: "keras.Model") -> str:
    """Return how a model scales its samples."""
    names = [layer.name for layer in model.layers]
    return next((method for method, prefix in NAMES.items() if any(name.startswith(prefix) for name in names)), NONE)


def check_kept(model: "keras.Model", method: str, source: str) -> None:
    """Refuse another scaling for a model that has one, or was trained without.

    Raises:
        UserError: names both.
    """
    kept = method_of(model)
    if method not in (NONE, kept):
        raise UserError(
            f"Feature scaling: {source} was trained with {'none' if kept == NONE else quoted(kept)}, which stays as it "
            f"is when a model is trained anew or further. Received: {quoted(method)}. Remove the box, or train a new "
            "model."
        )


def fit(model: "keras.Model", samples: SampleSource, rows: np.ndarray) -> None:
    """Fit the scaling layers of a model that are not fitted yet on some rows, the training set.

    Columns that hold one value only become 0.

    Raises:
        UserError: a column whose values vary by too little or too much for 32 bits.
    """
    waiting = [layer for layer in model.layers if _to_fit(layer) and not int(layer.count)]
    if not waiting:
        return
    found = ranges(samples, rows)
    inputs = dict(zip((tensor.name for tensor in model.inputs), batches.input_columns(model, samples), strict=True))
    for layer in waiting:
        part = next(
            part
            for name, part in inputs.items()
            if len(inputs) == 1 or layer.name in [f"{own}_{name}" for own in NAMES.values()]
        )
        columns = slice(part.first, part.last)
        shift, scale = _shift_and_scale(layer.name, Ranges(*(values[columns] for values in found)), samples, part.first)
        layer.adapt_mean.assign(shift.reshape(part.shape))
        layer.adapt_variance.assign(np.square(scale).reshape(part.shape))
        layer.count.assign(len(rows))
        layer.finalize_state()


def _to_fit(layer: "keras.Layer") -> bool:
    return type(layer).__name__ == "Normalization" and layer.name.startswith((NAMES[STANDARD], NAMES[MIN_MAX]))


def _shift_and_scale(name: str, found: Ranges, samples: SampleSource, first: int) -> tuple[np.ndarray, np.ndarray]:
    constant = found.low == found.high
    spread = np.sqrt(found.variance) if name.startswith(NAMES[STANDARD]) else found.high - found.low
    wrong = np.flatnonzero(~constant & ((spread < SMALLEST) | (spread > LARGEST)))
    if len(wrong):
        column = first + int(wrong[0])
        called = samples.spec.name(column)
        named = f" ({quoted(called)})" if called else ""
        raise UserError(
            f"Feature scaling: column {column + 1}{named} of {samples.source} varies by {spread[wrong[0]]:.3g}, which "
            "32 bits cannot scale. Multiply it by a number that brings it near 1, or leave it out."
        )
    shift = found.mean if name.startswith(NAMES[STANDARD]) else found.low
    return np.where(constant, found.low, shift), np.where(constant, 1.0, spread)


def ranges(samples: SampleSource, rows: np.ndarray) -> Ranges:
    """Return what the columns hold in some rows, in two passes, for the difference of large sums would lose the
    variance.
    """
    together = max(1, min(CHUNK, CHUNK_NUMBERS // samples.width))
    chunks = np.array_split(rows, -(-len(rows) // together))
    low, high = np.full(samples.width, np.inf), np.full(samples.width, -np.inf)
    total = np.zeros(samples.width)
    for chunk in chunks:
        values = samples.take(chunk).astype(np.float64)
        low, high, total = (
            np.minimum(low, values.min(axis=0)),
            np.maximum(high, values.max(axis=0)),
            total + values.sum(axis=0),
        )
    mean = total / len(rows)
    squares = np.zeros(samples.width)
    for chunk in chunks:
        squares += np.square(samples.take(chunk) - mean).sum(axis=0)
    return Ranges(low, high, mean, squares / len(rows))
