"""Functional models: layers that say by position which layers feed them."""

from typing import TYPE_CHECKING, TypeAlias

from dltools.catalogue.layers.design_form import INPUT, ChosenLayer, DesignForm
from dltools.catalogue.layers.entry import Layer
from dltools.core.errors import UserError, listed, quoted
from dltools.networks import misfits, stated_shapes
from dltools.networks.architecture import check_fits
from dltools.networks.refusals import explained
from dltools.networks.seen import Before, DataShape, SeenLayer

if TYPE_CHECKING:
    import keras

# What feeds a layer: the output of another one, or of several.
Given: TypeAlias = "keras.KerasTensor | list[keras.KerasTensor]"


def functional(form: DesignForm) -> tuple["keras.Model", dict[str, int]]:
    """Build the functional model that the form describes.

    Returns:
        (model, positions): the `keras.Model`, and layer name -> position in the form.

    Raises:
        UserError: names the layer, its position, the rule and the shapes.
    """
    import keras

    tensors: list = []
    names: list[str] = []
    made: list[Before] = []
    for layer in form.layers:
        several = [tensors[p - 1] for p in layer.sources]
        given = several if layer.entry.merges else several[0] if several else None
        shapes = _shapes(given)
        stated_shapes.check(layer, shapes[0] if isinstance(shapes, list) else shapes)
        seen = SeenLayer(misfits.name_of(layer.build), dict(layer.options), shapes, _before(layer, made, form))
        with explained(layer.label, shapes, seen):
            tensor, name = _input(layer) if given is None else _output(layer, given)
        made.append(Before(layer.label, INPUT if given is None else seen.name, seen.options, tuple(tensor.shape)))
        _check_name(name, names, layer.label)
        tensors.append(tensor)
        names.append(name)
    _check_ends(form)
    ends = ([tensors[p - 1] for p in positions] for positions in (form.inputs, form.outputs))
    with explained("The network from input_layers to output_layers", None):
        model = keras.Model(*(end[0] if len(end) == 1 else end for end in ends))
    return model, {name: position for position, name in enumerate(names, start=1)}


def _shapes(given: "Given | None") -> DataShape | list[DataShape] | None:
    """Return the shape of what feeds a layer, or that of each of several."""
    if isinstance(given, list):
        return [tuple(tensor.shape) for tensor in given]
    return None if given is None else tuple(given.shape)


def _before(layer: ChosenLayer, made: list[Before], form: DesignForm) -> tuple[Before, ...]:
    """Return what feeds a layer: of one that merges all its sources, else the layers back to where several meet."""
    if layer.entry.merges or not layer.sources:
        return tuple(made[p - 1] for p in layer.sources)
    path, source = [], layer.sources[0]
    while True:
        path.append(made[source - 1])
        sources = form.layers[source - 1].sources
        if len(sources) != 1:
            return tuple(path)
        source = sources[0]


def _input(layer: ChosenLayer) -> tuple["keras.KerasTensor", str]:
    """Make an input. A sparse one is marked afterwards: the NumPy backend makes none, but writes it down."""
    built = layer.build(**{name: value for name, value in layer.options.items() if name != "sparse"})
    built.sparse = layer.options.get("sparse", False)
    return built.output, built.name


def _output(layer: ChosenLayer, given: Given) -> tuple["keras.KerasTensor", str]:
    built = layer.build(**layer.options)
    tensor = connected(built, layer.entry, given)
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


def _check_ends(form: DesignForm) -> None:
    """Refuse a network whose ends are wrong, and say which layers are left out since no output needs them.

    Saved workflows may hold such layers, which Keras leaves out without a word; an input without use would still
    ask for data.
    """
    types = [layer.type for layer in form.layers]
    for position in form.inputs:
        if types[position - 1] != INPUT:
            raise UserError(
                f"input_layers: layer {position} is a {types[position - 1]}, but only Input layers can take the data. "
                "Add an Input layer and refer to its position."
            )
    needed: set[int] = set()
    waiting = list(form.outputs)
    while waiting:
        position = waiting.pop()
        if position not in needed:
            needed.add(position)
            waiting += form.layers[position - 1].sources
    for position, layer_type in enumerate(types, start=1):
        if position not in needed:
            loose = f"Layer {position} ({layer_type}) leads to none of the output_layers, [{listed(form.outputs)}]"
            if position in form.inputs:
                raise UserError(f"{loose}. Connect it, or remove it.")
            print(f"{loose}: the model is built without it.")
            continue
        if layer_type == INPUT and position not in form.inputs:
            raise UserError(f"input_layers: layer {position} is an Input that the outputs need, so it must be listed.")
        if layer_type == INPUT and position in form.outputs:
            raise UserError(
                f"output_layers: layer {position} is an Input, which computes nothing. List the layers with the "
                "results."
            )
