"""Designing a network: from the form's layers to a Keras model, with its shapes and without its weights."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from dltools.catalogue.layers.entry import Layer
from dltools.catalogue.layers.making import entry, make
from dltools.catalogue.layers.table import LAYERS
from dltools.core.errors import UserError, listed, quoted
from dltools.core.types import Options
from dltools.forms.kinds import Shape
from dltools.forms.parameters import is_empty
from dltools.networks import adaptation, misfits
from dltools.networks.architecture import add, add_input, bounded, check_fits, without_weights
from dltools.networks.functional import connected, functional
from dltools.networks.refusals import explained
from dltools.networks.seen import Before, DataShape, SeenLayer

if TYPE_CHECKING:
    import keras


class Design(NamedTuple):
    """A `keras.Model` without weight values, and layer name -> the layer's position in the form."""

    model: "keras.Model"
    positions: dict[str, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """A layer of a chain: its label in the form, its entry in the catalogue, what builds it from which arguments."""

    label: str
    layer: Layer
    build: Callable[..., "keras.Layer"]
    options: Options


def design(selection: dict) -> Design:
    """Build the model that the form describes.

    Parameters:
        selection: the conditional `model_selection` as Galaxy's JSON holds it: `model_type`,
            `layers`, and `input_shape` or `input_layers` and `output_layers`.

    Raises:
        UserError: names the layer, its position, the rule and the shapes.
    """
    builders = {"sequential": _sequential, "functional": functional}
    model_type = selection["model_type"]
    if model_type not in builders:
        raise UserError(f"Select keras model type: must be one of {listed(builders)}. Received: {quoted(model_type)}.")
    # The boxes on a layer's weights stand beside its type in the form, so that they stand there once.
    layers = [{**box["layer_selection"], "weights_options": box.get("weights_options")} for box in selection["layers"]]
    if not layers:
        raise UserError("A model needs at least one layer. Add one with 'Insert LAYER'.")
    with without_weights():
        model, positions = builders[model_type](selection, layers)
        labels = {name: f"Layer {number} ({layers[number - 1]['layer_type']})" for name, number in positions.items()}
        adaptation.check(model, labels)
        return Design(bounded(model, "This model"), positions)


def _sequential(selection: dict, layers: list[dict]) -> tuple["keras.Model", dict[str, int]]:
    import keras

    shape = None
    if not is_empty(selection.get("input_shape")):
        shape = Shape(unknown=None).read(selection["input_shape"], "input_shape")
    chain: list[Link] = []
    for position, values in enumerate(layers, start=1):
        label, layer = entry(LAYERS, position, values)
        build, options = make(LAYERS, values, label)
        if "input_shape" in options:
            if position > 1 or shape is not None:
                raise UserError(f"{label}: input_shape belongs to the first layer, and is given only once.")
            shape = options.pop("input_shape")
        chain.append(Link(label, layer, build, options))
    if any(link.layer.attends for link in chain):
        return _attentive(chain, shape)
    model = keras.Sequential()
    reached = None if shape is None else add_input(model, shape)
    positions = {}
    before: list[Before] = []
    for position, link in enumerate(chain, start=1):
        seen = SeenLayer(misfits.name_of(link.build), link.options, reached, tuple(reversed(before)))
        with explained(link.label, reached, seen):
            built = link.build(**link.options)
        positions[built.name] = position
        reached = add(model, built, link.label, reached)
        before.append(Before(link.label, seen.name, link.options, reached))
    return model, positions


def _attentive(chain: list[Link], shape: DataShape | None) -> tuple["keras.Model", dict[str, int]]:
    """Build a chain of layers of which some attend to what reaches them.

    Keras' Sequential gives a layer one argument and attention takes several, so that the chain becomes a
    functional model, which plain Keras loads like any other.
    """
    import keras

    if shape is None:
        name = next(link.label for link in chain if link.layer.attends)
        raise UserError(f"{name}: input_shape must be given for a model with attention.")
    start = tensor = keras.Input(shape)
    positions = {}
    before: list[Before] = []
    for position, link in enumerate(chain, start=1):
        shape = tuple(tensor.shape)
        seen = SeenLayer(misfits.name_of(link.build), link.options, shape, tuple(reversed(before)))
        with explained(link.label, shape, seen):
            built = link.build(**link.options)
            tensor = connected(built, link.layer, [tensor] if link.layer.attends else tensor)
            check_fits(built, tensor.shape)
        positions[built.name] = position
        before.append(Before(link.label, seen.name, link.options, tuple(tensor.shape)))
    return keras.Model(start, tensor), positions
