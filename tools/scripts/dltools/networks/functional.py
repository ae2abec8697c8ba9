"""Functional models: layers that say by position which layers feed them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from dltools.catalogue.layers.entry import Layer
from dltools.catalogue.layers.making import entry, make
from dltools.catalogue.layers.table import FUNCTIONAL_LAYERS
from dltools.core.errors import UserError, listed, quoted
from dltools.core.types import Json, Options
from dltools.forms.parameters import is_empty, literal
from dltools.networks import misfits
from dltools.networks.architecture import check_fits
from dltools.networks.refusals import explained
from dltools.networks.seen import Before, SeenLayer

if TYPE_CHECKING:
    import keras

# What feeds a layer: the output of another one, or of several.
Given: TypeAlias = "keras.KerasTensor | list[keras.KerasTensor]"

# The fewest and the most layers that one takes, and the rule in words.
_MERGED = (2, float("inf"), "at least two layers, such as [1, 2]")
_ATTENDED = (1, 3, "the query, the value and the key, such as [1, 2, 2]; the key may be left out, and the value too")


def functional(selection: dict, layers: list[dict]) -> tuple["keras.Model", dict[str, int]]:
    """Build the functional model that the form describes.

    Returns:
        (model, positions): the `keras.Model`, and layer name -> position in the form.

    Raises:
        UserError: names the layer, its position, the rule and the shapes.
    """
    import keras

    tensors: list = []
    names: list[str] = []
    feeding: list[list[int]] = []
    made: list[Before] = []
    for position, values in enumerate(layers, start=1):
        label, layer = entry(FUNCTIONAL_LAYERS, position, values)
        build, options = make(FUNCTIONAL_LAYERS, values, label)
        sources = [] if values["layer_type"] == "Input" else _sources(values, layer, position, len(layers), label)
        feeding.append(sources)
        several = [tensors[p - 1] for p in sources]
        given = several if layer.merges else several[0] if several else None
        shapes = (
            [tuple(t.shape) for t in given]
            if isinstance(given, list)
            else given
            if given is None
            else tuple(given.shape)
        )
        seen = SeenLayer(misfits.name_of(build), dict(options), shapes, _before(sources, layer, made, feeding))
        with explained(label, shapes, seen):
            tensor, name = _input(build, options) if given is None else _output(build(**options), layer, given)
        made.append(Before(label, "Input" if given is None else seen.name, seen.options, tuple(tensor.shape)))
        _check_name(name, names, label)
        tensors.append(tensor)
        names.append(name)
    inputs, outputs = (_positions(selection.get(name), name, len(layers)) for name in ("input_layers", "output_layers"))
    _check_ends(inputs, outputs, [values["layer_type"] for values in layers], feeding)
    ends = ([tensors[p - 1] for p in positions] for positions in (inputs, outputs))
    with explained("The network from input_layers to output_layers", None):
        model = keras.Model(*(end[0] if len(end) == 1 else end for end in ends))
    return model, {name: position for position, name in enumerate(names, start=1)}


def _before(sources: list[int], layer: Layer, made: list[Before], feeding: list[list[int]]) -> tuple[Before, ...]:
    """Return what feeds a layer: of one that merges all its sources, else the layers back to where several meet."""
    if layer.merges or not sources:
        return tuple(made[p - 1] for p in sources)
    path, source = [], sources[0]
    while True:
        path.append(made[source - 1])
        if len(feeding[source - 1]) != 1:
            return tuple(path)
        source = feeding[source - 1][0]


def _input(build: Callable[..., "keras.Layer"], options: Options) -> tuple["keras.KerasTensor", str]:
    """Make an input. A sparse one is marked afterwards: the NumPy backend makes none, but writes it down."""
    sparse = options.pop("sparse", False)
    layer = build(**options)
    layer.sparse = sparse
    return layer.output, layer.name


def _output(built: "keras.Layer", layer: Layer, given: Given) -> tuple["keras.KerasTensor", str]:
    tensor = connected(built, layer, given)
    check_fits(built, tensor.shape)
    return tensor, built.name


def connected(built: "keras.Layer", layer: Layer, given: Given) -> "keras.KerasTensor":
    """Call a layer on what feeds it; the query of an attention is its value too where no other is given."""
    if not layer.attends:
        return built(given)
    several = given if isinstance(given, list) else [given]
    several = several if len(several) > 1 else several * 2
    return built(*several) if layer.spread else built(several)


def _check_name(name: str, names: list[str], label: str) -> None:
    if name in names:
        raise UserError(
            f"{label}: name {quoted(name)} is that of layer {names.index(name) + 1} already. Choose another."
        )


def _sources(values: dict, layer: Layer, position: int, count: int, label: str) -> list[int]:
    """Return the positions of the layers that feed one."""
    if not layer.merges:
        if is_empty(values.get("inbound_nodes")):
            raise UserError(f"{label}: inbound_nodes must be given: the position of the layer that feeds this one.")
        return [_earlier(values["inbound_nodes"], position, count, f"{label}: inbound_nodes")]
    sources = literal(values.get("merging_layers") or "[]", f"{label}: merging_layers")
    sources = [sources] if isinstance(sources, int) else sources
    least, most, rule = _ATTENDED if layer.attends else _MERGED
    if not isinstance(sources, (list, tuple)) or not least <= len(sources) <= most:
        raise UserError(
            f"{label}: merging_layers must list the positions of {rule}. "
            f"Received: {quoted(values.get('merging_layers'))}."
        )
    return [_earlier(p, position, count, f"{label}: merging_layers") for p in sources]


def _earlier(value: Json, position: int, count: int, label: str) -> int:
    number = literal(value, label)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UserError(f"{label} must be the position of an earlier layer, counted from 1. Received: {quoted(value)}.")
    if number >= position:
        where = (
            "itself"
            if number == position
            else f"layer {number}, which {'comes later' if number <= count else 'is not there'}"
        )
        hint = (
            f"Refer to one of the layers before it, 1 to {position - 1}."
            if position > 1
            else "Begin with a layer of type Input."
        )
        raise UserError(f"{label}: layer {position} refers to {where}. {hint}")
    return number


def _positions(text: Json, name: str, count: int) -> list[int]:
    numbers = literal(text or "[]", name)
    numbers = [numbers] if isinstance(numbers, int) else numbers
    fits = (
        isinstance(numbers, (list, tuple))
        and numbers
        and all(isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= count for n in numbers)
    )
    if not fits:
        raise UserError(
            f"{name}: must list positions of layers from 1 to {count}, such as [1]. Received: {quoted(text)}."
        )
    twice = next((n for n in numbers if numbers.count(n) > 1), None)
    if twice is not None:
        raise UserError(f"{name}: layer {twice} is listed twice. Received: {quoted(text)}.")
    return list(numbers)


def _check_ends(inputs: list[int], outputs: list[int], types: list[str], feeding: list[list[int]]) -> None:
    """Refuse a network whose ends are wrong, and say which layers are left out since no output needs them.

    Saved workflows may hold such layers, which Keras leaves out without a word; an input without use would still
    ask for data.

    Parameters:
        inputs, outputs: positions of layers.
        types: of the layers.
        feeding: of each layer, the positions of those that feed it.
    """
    for position in inputs:
        if types[position - 1] != "Input":
            raise UserError(
                f"input_layers: layer {position} is a {types[position - 1]}, but only Input layers can take the data. "
                "Add an Input layer and refer to its position."
            )
    needed: set[int] = set()
    waiting = list(outputs)
    while waiting:
        position = waiting.pop()
        if position not in needed:
            needed.add(position)
            waiting += feeding[position - 1]
    for position, layer_type in enumerate(types, start=1):
        if position not in needed:
            loose = f"Layer {position} ({layer_type}) leads to none of the output_layers, [{listed(outputs)}]"
            if position in inputs:
                raise UserError(f"{loose}. Connect it, or remove it.")
            print(f"{loose}: the model is built without it.")
            continue
        if layer_type == "Input" and position not in inputs:
            raise UserError(f"input_layers: layer {position} is an Input that the outputs need, so it must be listed.")
        if layer_type == "Input" and position in outputs:
            raise UserError(
                f"output_layers: layer {position} is an Input, which computes nothing. List the layers with the "
                "results."
            )
