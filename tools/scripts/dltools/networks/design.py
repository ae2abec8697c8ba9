"""Designing a network: from the form's layers to a Keras model, with its shapes and without its weights."""

from typing import TYPE_CHECKING, NamedTuple

from dltools.catalogue.layers.design_form import SEQUENTIAL, DesignForm
from dltools.core.errors import UserError
from dltools.networks import adaptation, misfits, stated_shapes
from dltools.networks.architecture import add, add_input, bounded, check_fits, without_weights
from dltools.networks.functional import connected, functional
from dltools.networks.refusals import explained
from dltools.networks.seen import Before, SeenLayer

if TYPE_CHECKING:
    import keras


class Design(NamedTuple):
    """A `keras.Model` without weight values, and layer name -> the layer's position in the form."""

    model: "keras.Model"
    positions: dict[str, int]


def design(form: DesignForm) -> Design:
    """Build the model that the form describes.

    Raises:
        UserError: names the layer, its position, the rule and the shapes.
    """
    with without_weights():
        model, positions = (_sequential if form.kind == SEQUENTIAL else functional)(form)
        labels = {name: f"Layer {number} ({form.layers[number - 1].type})" for name, number in positions.items()}
        adaptation.check(model, labels)
        return Design(bounded(model, "This model"), positions)


def _sequential(form: DesignForm) -> tuple["keras.Model", dict[str, int]]:
    import keras

    if any(layer.entry.attends for layer in form.layers):
        return _attentive(form)
    model = keras.Sequential()
    reached = None if form.input_shape is None else add_input(model, form.input_shape)
    positions = {}
    before: list[Before] = []
    for position, layer in enumerate(form.layers, start=1):
        stated_shapes.check(layer, reached)
        seen = SeenLayer(misfits.name_of(layer.build), layer.options, reached, tuple(reversed(before)))
        with explained(layer.label, reached, seen):
            built = layer.build(**layer.options)
        positions[built.name] = position
        reached = add(model, built, layer.label, reached)
        before.append(Before(layer.label, seen.name, layer.options, reached))
    return model, positions


def _attentive(form: DesignForm) -> tuple["keras.Model", dict[str, int]]:
    """Build a chain of layers of which some attend to what reaches them.

    Keras' Sequential gives a layer one argument and attention takes several, so that the chain becomes a
    functional model, which plain Keras loads like any other.
    """
    import keras

    if form.input_shape is None:
        name = next(layer.label for layer in form.layers if layer.entry.attends)
        raise UserError(f"{name}: input_shape must be given for a model with attention.")
    start = tensor = keras.Input(form.input_shape)
    positions = {}
    before: list[Before] = []
    for position, layer in enumerate(form.layers, start=1):
        shape = tuple(tensor.shape)
        stated_shapes.check(layer, shape)
        seen = SeenLayer(misfits.name_of(layer.build), layer.options, shape, tuple(reversed(before)))
        with explained(layer.label, shape, seen):
            built = layer.build(**layer.options)
            tensor = connected(built, layer.entry, [tensor] if layer.entry.attends else tensor)
            check_fits(built, tensor.shape)
        positions[built.name] = position
        before.append(Before(layer.label, seen.name, layer.options, tuple(tensor.shape)))
    return keras.Model(start, tensor), positions
