"""The one table of the layers on offer, their parameters, and what each may hold.

The wrapper's macros offer exactly these (a test compares them). A layer's parameters carry the
names of Keras' own constructor arguments.
"""

import inspect
from typing import Any, NamedTuple

from . import gate
from .errors import UserError, listed, quoted
from .kinds import Choice, Flag, Parameter, Real, Shape, Sizes, Whole, Word, optional, read_parameters
from .parameters import keyword_arguments

ACTIVATIONS = (
    "linear", "softmax", "elu", "selu", "softplus", "softsign", "relu", "tanh", "sigmoid", "hard_sigmoid",
    "exponential",
)
DATA_FORMATS = ("channels_last", "channels_first")
INPUT_DTYPES = ("float32", "float64", "int32", "int64")


class Layer(NamedTuple):
    """One layer on offer: its parameters, whether `kwargs` may add further ones, whether it merges others."""

    parameters: tuple[Parameter, ...] = ()
    kwargs: bool = True
    merges: bool = False


_UNITS = Parameter("units", Whole())
_ACTIVATION = optional("activation", Choice(ACTIVATIONS))
_DATA_FORMAT = optional("data_format", Choice(DATA_FORMATS))
_FLATTENING = Layer((_DATA_FORMAT,), kwargs=False)


def _convolution(dimensions):
    return Layer((Parameter("filters", Whole()), Parameter("kernel_size", Sizes(dimensions)), _ACTIVATION))


def _pooling(dimensions):
    return Layer((optional("pool_size", Sizes(dimensions)), optional("strides", Sizes(dimensions))))


LAYERS: dict[str, Layer] = {
    "Dense": Layer((_UNITS, _ACTIVATION)),
    "Activation": Layer((Parameter("activation", Choice(ACTIVATIONS)),), kwargs=False),
    "Dropout": Layer((Parameter("rate", Real(0, 1, below=True)),)),
    "Flatten": _FLATTENING,
    "Reshape": Layer((Parameter("target_shape", Shape(unknown=-1)),), kwargs=False),
    **{f"Conv{n}D": _convolution(n) for n in (1, 2, 3)},
    **{f"{kind}Pooling{n}D": _pooling(n) for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": _FLATTENING for kind in ("Max", "Average") for n in (1, 2, 3)},
    "BatchNormalization": Layer(),
    "Embedding": Layer((Parameter("input_dim", Whole()), Parameter("output_dim", Whole()))),
    **{name: Layer((_UNITS,)) for name in ("SimpleRNN", "GRU", "LSTM")},
}

_MERGING = Layer(merges=True, kwargs=False)
FUNCTIONAL_LAYERS: dict[str, Layer] = {
    "Input": Layer(
        (
            Parameter("shape", Shape(unknown=None)), optional("name", Word()),
            optional("dtype", Choice(INPUT_DTYPES)), optional("sparse", Flag()),
        ),
        kwargs=False,
    ),
    **{name: _MERGING for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")},
    "Concatenate": Layer((optional("axis", Whole(least=-20)),), kwargs=False, merges=True),
    **LAYERS,
}

# Arguments of every Keras layer that a user may set by keyword, beside the layer's own.
COMMON_ARGUMENTS = {"name": Word(), "trainable": Flag(), "dtype": Word(), "input_shape": Shape()}


def arguments(layer: Layer, layer_type: str, values: dict, label: str) -> dict[str, Any]:
    """Return the constructor arguments of a layer from what the form holds.

    Parameters:
        layer: the layer's entry in the table.
        layer_type: its name, a class in `keras.layers`.
        values: parameter name -> value as Galaxy's JSON holds it.
        label: the layer's position and type, for messages: "Layer 2 (Conv2D)".

    Raises:
        UserError: names the layer, the parameter, the rule and what was received.
    """
    found = read_parameters(layer.parameters, values, label)
    further = keyword_arguments(values.get("kwargs"), f"{label}: key word arguments") if layer.kwargs else {}
    return found | _checked_keywords(further, layer_type, label)


def _checked_keywords(further: dict[str, Any], layer_type: str, label: str) -> dict[str, Any]:
    if not further:
        return {}
    known = keyword_names(layer_type)
    for name, value in further.items():
        if name not in known:
            raise UserError(
                f"{label}: {quoted(name)} is not an argument of {layer_type}. Its arguments are: {listed(known, 60)}."
            )
        if name in COMMON_ARGUMENTS:
            further[name] = COMMON_ARGUMENTS[name].read(value, f"{label}: {name}")
        gate.check(value, f"{label}: {name}")
    return further


def keyword_names(layer_type: str) -> list[str]:
    """Return the names of the constructor arguments of a layer class, sorted."""
    import keras

    signature = inspect.signature(getattr(keras.layers, layer_type).__init__)
    own = {
        name
        for name, parameter in signature.parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY) and name != "self"
    }
    return sorted(own | set(COMMON_ARGUMENTS))
