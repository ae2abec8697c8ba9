"""A published network of `keras.applications` with a new head, as a functional model of public layers."""

from typing import TYPE_CHECKING

from dltools.catalogue.backbones import CHANNELS, PREPROCESSING
from dltools.catalogue.pretrained_form import FLAT, PretrainedForm
from dltools.core.errors import UserError
from dltools.networks import backbone_layers, freezing, head
from dltools.networks.architecture import bounded, without_weights

if TYPE_CHECKING:
    import keras


def design(form: PretrainedForm) -> "keras.Model":
    """Build the network that the form describes, without weight values.

    Its input are images of red, green and blue with numbers from 0 to 255; its layers that are frozen say so in their
    configuration.

    Raises:
        UserError: images that are too small for the network, or a network beyond the limits.
    """
    import keras

    with without_weights():
        backbone = _backbone(form)
        freezing.freeze(backbone.layers, form.learning)
        tensor = backbone.output
        for layer in _head(form):
            tensor = layer(tensor)
        return bounded(keras.Model(backbone.inputs, tensor, name=form.name), "This model")


def _backbone(form: PretrainedForm) -> "keras.Model":
    import keras

    front = PREPROCESSING[form.backbone.preprocessing]
    images = keras.Input((form.height, form.width, CHANNELS), name="images")
    given = getattr(keras.layers, front.layer)(**front.options, name=front.name)(images) if front.layer else images
    application = getattr(keras.applications, form.backbone.keras)
    pooling = None if form.pooling == FLAT else form.pooling
    try:
        made = application(
            weights=None, include_top=False, input_tensor=given, pooling=pooling, **form.backbone.options
        )
    except ValueError as error:
        raise UserError(
            f"{form.name} cannot take images of {form.height} x {form.width}: {str(error).splitlines()[0]}"
        ) from None
    return backbone_layers.replayed(made)


def _head(form: PretrainedForm) -> list["keras.Layer"]:
    """Return the layers of the head; their names tell that they are no part of the published network."""
    import keras

    layers = keras.layers
    found: list[keras.Layer] = []
    if form.pooling == FLAT:
        found.append(layers.Flatten(name=head.named("flatten")))
    if form.hidden_units is not None:
        found.append(layers.Dense(form.hidden_units, activation="relu", name=head.named("hidden")))
    if form.dropout:
        found.append(layers.Dropout(form.dropout, name=head.named("dropout")))
    return [*found, layers.Dense(form.units, activation=form.activation, name=head.named("output"))]
