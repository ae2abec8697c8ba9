"""Layers of the group Activations."""

from dltools.catalogue import weights
from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import one_axis
from dltools.catalogue.layers.traits import Keras2, Trait
from dltools.forms.kinds import Axes, Constraint, Penalties, Real


def _number(name: str, text: str, default: str, keras: str = "") -> Field:
    return Field(name, Real(0), text, default, required=False, keras=keras)


LAYERS = {
    "ReLU": Layer(
        (
            _number("max_value", "Largest output. Blank for no limit.", ""),
            _number("negative_slope", "Slope below the threshold.", "0"),
            _number("threshold_max_value", "Threshold below which the output is damped.", "0", "threshold"),
        ),
        traits=Trait.POINTWISE,
        activation="relu",
    ),
    "LeakyReLU": Layer(
        (_number("alpha", "Slope below 0.", "0.3", "negative_slope"),),
        traits=Trait.POINTWISE,
        activation="leaky_relu",
        keras2=Keras2(arguments={"alpha": "negative_slope"}),
    ),
    "PReLU": Layer(
        (
            Field(
                "alpha_initializer",
                weights.Initializer(),
                "What the weights are at the start.",
                required=False,
                macro="options_initializers",
            ),
            Field(
                "alpha_regularizer",
                Penalties(),
                "Weights of the L1 and the L2 penalty, for example (0., 0.01).",
                "(0. , 0.)",
                required=False,
            ),
            Field("alpha_constraint", Constraint(), required=False, macro="constraints"),
            Field(
                "shared_axes",
                Axes(),
                "Axes along which the slopes are shared, for example (1, 2) for images. Blank for none.",
                required=False,
            ),
        ),
        traits=Trait.POINTWISE | Trait.AXIS,
        activation="prelu",
    ),
    "ELU": Layer((_number("alpha", "Scale below 0.", "1"),), traits=Trait.POINTWISE, activation="elu"),
    # x above theta and 0 below it: a ReLU with a threshold does the same.
    "ThresholdedReLU": Layer(
        (_number("theta", "Inputs below become 0.", "1", "threshold"),),
        keras="ReLU",
        keras2=Keras2(arguments={"theta": "threshold"}),
    ),
    "Softmax": Layer(
        (one_axis("Axis along which the outputs sum to 1. -1 is the last one."),),
        traits=Trait.POINTWISE | Trait.FRACTIONS | Trait.AXIS,
        activation="softmax",
    ),
}
