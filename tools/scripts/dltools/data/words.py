"""Whole numbers that layers look up: the words of an Embedding, the categories of a CategoryEncoding.

Keras cuts fractions off, takes -1 for the last word and leaves out categories that do not exist; a word too many ends
in a message about a place in a batch. So the columns that reach such a layer are found from the network, and their
values are looked at before it is fed. An input of whole numbers (dtype int32) is treated alike.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.core.errors import UserError, quoted
from dltools.data import batches
from dltools.data.samples import Described, SampleSource
from dltools.networks.refusals import computed

if TYPE_CHECKING:
    import keras

# Gives whole numbers whatever reaches it.
_BINS = "Discretization"
# The largest whole number up to which all others are exact.
_EXACT = {"float32": 2**24 - 1, "float16": 2**11, "bfloat16": 2**8}
# Values that are looked at together, so that they stay in the processor's cache.
_CHUNK = 1 << 18


class Need(NamedTuple):
    """What one layer, or an input of whole numbers, needs of what reaches it.

    Attributes:
        label: what to call it in a message.
        low, high: of the whole numbers that it takes.
        rule: says that in words.
        setting: the argument that `high` follows from, or ''.
        columns: int (n,), the columns of the table that reach it as they stand; None where they are changed on the way.
        network: then the `keras.Model` that computes what reaches it; None where layers with weights do, or chance.
        between: the layers on the way that do more than arrange values.
    """

    label: str
    low: int
    high: int
    rule: str
    setting: str
    columns: np.ndarray | None
    network: "keras.Model | None"
    between: "list[keras.Operation]"


def of_model(model: "keras.Model", samples: Described) -> list[Need]:
    """Return what the layers and inputs of a built model need of the samples."""
    parts = batches.input_columns(model, samples)
    found = [_of_layer(layer, wrapper, tensor, model, parts) for layer, wrapper, tensor in _reached(model)]
    return found + [need for tensor, part in zip(model.inputs, parts, strict=True) for need in _of_input(tensor, part)]


def check(model: "keras.Model", samples: SampleSource, trained: bool = False) -> None:
    """Refuse a table whose values a layer cannot look up, and a network in which none could be.

    Parameters:
        model: the built network that is about to be trained.
        trained: whether it was trained before, so that its layers are fixed.

    Raises:
        UserError: names line, column, value and layer, and what to set the layer to.
    """
    needs = of_model(model, samples)
    for need in needs:
        _check_design(need)
    _check_table(needs, model, samples, trained)


class Guard:
    """Looks at the rows that a trained network is about to predict, some at a time."""

    def __init__(self, model: "keras.Model", samples: Described):
        """Prepare to look at samples for a model."""
        self._model, self._samples, self._needs = model, samples, of_model(model, samples)

    def check(self, rows: np.ndarray, first: int) -> None:
        """Refuse rows, float32 (rows, columns), of which the first has the position `first` in the table.

        Raises:
            UserError: as the function `check`.
        """
        for need in self._needs:
            found = _Faults(need)
            found.look(rows, first, self._model, self._samples)
            found.tell(self._samples, True)

    def check_all(self, samples: SampleSource) -> None:
        """Look at all samples.

        Raises:
            UserError: as the function `check`.
        """
        _check_table(self._needs, self._model, samples, True)


def inputs_of(model: "keras.Model") -> dict[str, str]:
    """Return the names of the inputs whose numbers are looked up -> what does so; no bins are made of them before."""
    found = {
        tensor._keras_history.operation.name: _input_label(tensor) for tensor in model.inputs if not _is_float(tensor)
    }
    for layer, _, tensor in _reached(model):
        behind = [operation for operation, _ in walk([tensor], until=_BINS)]
        found |= {operation.name: _label(layer) for operation in behind if type(operation).__name__ == "InputLayer"}
    return found


def carriers(model: "keras.Model") -> set[str]:
    """Return the names of the layers that words pass on their way, which 16 bits would round, and of those they
    reach.
    """
    found = set()
    for _, wrapper, tensor in _reached(model):
        found |= {wrapper.name, *(operation.name for operation, _ in walk([tensor]))}
    return found


def _reached(model: "keras.Model") -> list[tuple]:
    """Return (layer, the layer of `model` that holds it, tensor that reaches it) for all that look numbers up."""
    import keras

    found = []
    for operation, node in walk(model.outputs):
        layer = _unwrapped(operation)
        if of_class(type(layer).__name__).vocabulary:
            found.append((layer, operation, node.input_tensors[0]))
        elif hasattr(operation, "layers"):
            given = list(node.input_tensors)
            for inner, _, tensor in _reached(operation):
                found.append(
                    (inner, operation, keras.Model(operation.inputs, tensor)(given if len(given) > 1 else given[0]))
                )
    return found


def _unwrapped(layer: "keras.Layer") -> "keras.Layer":
    while of_class(type(layer).__name__).wraps and hasattr(layer, "layer"):
        layer = layer.layer
    return layer


def walk(tensors: Iterable, until: str = "") -> list[tuple]:
    """Return (operation, node) of all that tensors are computed from; nothing behind operations of the class
    `until`.
    """
    found, waiting = {}, list(tensors)
    while waiting:
        operation, number, _ = waiting.pop()._keras_history
        if (operation.name, number) not in found:
            node = operation._inbound_nodes[number]
            found[operation.name, number] = operation, node
            waiting += [] if type(operation).__name__ == until else node.input_tensors
    return list(found.values())


def _of_layer(
    layer: "keras.Layer",
    wrapper: "keras.Layer",
    tensor: "keras.KerasTensor",
    model: "keras.Model",
    parts: list[batches.InputColumns],
) -> Need:
    import keras

    setting = of_class(type(layer).__name__).vocabulary
    size = getattr(layer, setting)
    between = [operation for operation, _ in walk([tensor], until=_BINS)]
    # An Embedding by itself takes numbers as they come; a wrapper casts them to the type that it computes in.
    casting = [*between, wrapper] if wrapper is not layer else between
    exact = min((_EXACT.get(operation.compute_dtype, 2**24 - 1) for operation in casting), default=2**24 - 1)
    high = min(size - 1, exact)
    rule = f"{_label(layer)} looks up whole numbers from 0 to {high:,}"
    rule += (
        f" ({setting} {size:,})"
        if high == size - 1
        else f", beyond which its numbers are not exact ({setting} {size:,})"
    )
    changing = [operation for operation in between if not _keeps(operation)]
    everything = [operation for operation, _ in walk([tensor])]
    settled = not any(operation.weights or _is_chance(operation) for operation in everything)
    network = keras.Model(model.inputs, tensor) if settled else None
    columns = _traced(network, parts) if network is not None and not changing else None
    return Need(_label(layer), 0, high, rule, setting if high == size - 1 else "", columns, network, changing)


def _traced(network: "keras.Model", parts: list[batches.InputColumns]) -> np.ndarray:
    """Return which columns of the table come out of a network that only arranges them."""
    count = max(part.last for part in parts)
    exact = all(_EXACT.get(layer.compute_dtype, 2**24) >= count for layer in network.layers) and all(
        map(_is_wide, network.inputs)
    )
    if not exact:
        fed = {operation.name for operation, _ in walk(network.outputs)}
        taken = [
            p for tensor, p in zip(network.inputs, parts, strict=True) if tensor._keras_history.operation.name in fed
        ]
        return np.concatenate([np.arange(part.first, part.last) for part in taken])
    numbers = np.arange(1, count + 1, dtype=np.float32)[None]
    found = np.unique(np.asarray(_fed(network, numbers, parts)).astype(np.int64))
    return found[found > 0] - 1


def _fed(network: "keras.Model", rows: np.ndarray, parts: list[batches.InputColumns]) -> Any:
    given = batches.shaped(rows, parts)
    return network(list(given) if isinstance(given, tuple) else given, training=False)


def _of_input(tensor: "keras.KerasTensor", part: batches.InputColumns) -> list[Need]:
    if _is_float(tensor):
        return []
    dtype, label = str(tensor.dtype), _input_label(tensor)
    low, high = (0, 1) if dtype == "bool" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    rule = f"{label} takes whole numbers of dtype {dtype}, from {low:,} to {high:,}"
    return [Need(label, low, high, rule, "", np.arange(part.first, part.last), None, [])]


def _is_float(tensor: "keras.KerasTensor") -> bool:
    return str(tensor.dtype).startswith(("float", "bfloat"))


def _is_wide(tensor: "keras.KerasTensor") -> bool:
    return str(tensor.dtype) in ("float32", "float64", "int32", "int64")


def _label(layer: "keras.Layer") -> str:
    return f"layer {quoted(layer.name)} ({type(layer).__name__})"


def _input_label(tensor: "keras.KerasTensor") -> str:
    return f"input {quoted(tensor._keras_history.operation.name)} of the model"


def _keeps(operation: "keras.Operation") -> bool:
    inner = getattr(operation, "layers", None)
    return all(map(_keeps, inner)) if inner else of_class(type(operation).__name__).has(Trait.ARRANGES)


def _is_chance(operation: "keras.Operation") -> bool:
    return of_class(type(operation).__name__).has(Trait.BY_CHANCE)


def _check_design(need: Need) -> None:
    """Refuse a network in which what reaches a layer are no whole numbers, whatever the table holds."""
    wrong = next((operation for operation in need.between if operation.weights or _is_chance(operation)), None)
    if wrong is not None:
        raise UserError(
            f"{need.rule}, but {_label(wrong)} stands before it and gives fractions, which would be cut off. Put the "
            "layer that looks up right behind the input, or leave it out where the columns hold measurements."
        )
    bins = next((operation for operation in need.between if type(operation).__name__ == _BINS), None)
    if bins is not None and bins.output_mode == "int" and need.network is None and len(bins.bin_boundaries) > need.high:
        raise UserError(
            f"{need.rule}, but {_label(bins)} gives numbers up to {len(bins.bin_boundaries)}. Set {need.setting} to at "
            f"least {len(bins.bin_boundaries) + 1}."
        )


def _check_table(needs: list[Need], model: "keras.Model", samples: SampleSource, trained: bool) -> None:
    for need in needs:
        found = _Faults(need)
        if need.columns is not None or need.network is not None:
            size = max(1, _CHUNK // samples.width)
            for first in range(0, len(samples), size):
                found.look(samples.take(slice(first, first + size)), first, model, samples)
        found.tell(samples, trained)


class _Faults:
    """What a need is not met by: the first value and its place, how many there are, the largest of all values."""

    def __init__(self, need: Need):
        self._need = need
        self._first: tuple | None = None
        self._count, self._fractions, self._largest, self._smallest = 0, 0, 0.0, 0.0

    def look(self, rows: np.ndarray, first: int, model: "keras.Model", samples: Described) -> None:
        """Look at rows of the table, of which the first has the position `first`."""
        need = self._need
        if need.columns is not None:
            columns = need.columns
            together = len(columns) and columns[-1] - columns[0] + 1 == len(columns)
            values = rows[:, columns[0] : columns[-1] + 1] if together else rows[:, columns]
        elif need.network is not None:
            with computed():
                values = np.asarray(_fed(need.network, rows, batches.input_columns(model, samples))).reshape(
                    len(rows), -1
                )
        else:
            return
        if not values.size:
            return
        if not (values.min() >= need.low and values.max() <= need.high and (np.trunc(values) == values).all()):
            wrong = self._wrong(values)
            row, place = np.unravel_index(wrong.argmax(), wrong.shape)
            self._add(
                values, wrong, (first + row, None if need.columns is None else need.columns[place], values[row, place])
            )
        self._largest = max(self._largest, float(values.max()))

    def _wrong(self, values: np.ndarray) -> np.ndarray:
        return ~((values >= self._need.low) & (values <= self._need.high) & (np.trunc(values) == values))

    def _add(self, values: np.ndarray, wrong: np.ndarray, first: tuple) -> None:
        self._first = self._first or first
        self._count += int(wrong.sum())
        self._fractions += int((np.trunc(values) != values).sum())
        self._smallest = min(self._smallest, float(values.min()))

    def tell(self, samples: Described, trained: bool) -> None:
        """Raise what was found, if anything.

        Raises:
            UserError: names the first place and the number of others.
        """
        if self._first is None:
            return
        row, column, value = self._first
        text = np.format_float_positional(value, trim="-")
        arriving = "" if column is not None else " is what the layers before make of this line; it"
        what = (
            f"{text}{arriving} is no whole number" if np.trunc(value) != value else f"{text}{arriving} is none of these"
        )
        further = f" In all, {self._count:,} values are not." if self._count > 1 else ""
        raise UserError(f"{samples.place(row, column)}: {self._need.rule}; {what}.{further} {self._advice(trained)}")

    def _advice(self, trained: bool) -> str:
        need = self._need
        if trained and (self._fractions or self._smallest < need.low):
            return "Correct the table, or choose the columns that the model was trained on."
        if self._fractions:
            return (
                f"Leave {'the layer out' if need.setting else 'that dtype out'} where columns hold measurements, or "
                "choose the columns with whole numbers."
            )
        if self._smallest < need.low:
            return (
                "Number them from 0."
                if need.low == 0
                else "Choose the dtype float32 for this input, or correct the table."
            )
        if not need.setting:
            return (
                "Number them anew, without gaps, from 0."
                if need.low == 0
                else "Choose the dtype float32 for this input, or correct the table."
            )
        enough = f"{need.setting} to at least {int(self._largest) + 1:,}"
        if trained:
            return (
                "The model is trained and cannot learn further ones: correct the table, or train a new model and set "
                f"{enough}."
            )
        return f"Set {enough}, or correct the table."
