"""The one table of the layers on offer, their parameters, and what each may hold.

The wrapper's macros offer exactly these (a test compares them). A layer's parameters carry the
names of Keras' own constructor arguments.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from dltools.catalogue import keywords, weights
from dltools.catalogue.arguments import ACTIVATIONS, DATA_FORMATS, ENCODINGS, FLIPS, INPUT_DTYPES
from dltools.catalogue.keywords import keyword_names
from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import (
    Amounts,
    Axes,
    Choice,
    Constraint,
    Equation,
    Factor,
    Flag,
    Numbers,
    Parameter,
    Penalties,
    Real,
    Shape,
    Sizes,
    Whole,
    Word,
    optional,
    read_named,
)

if TYPE_CHECKING:
    import keras


class Layer(NamedTuple):
    """One layer on offer.

    Attributes:
        parameters: those of the form.
        kwargs: whether the form's `kwargs` may add further ones.
        merges: whether it merges several others.
        attends: whether it is attention: of several others the first is the query, and one alone is all.
        spread: whether several others are arguments of their own to Keras rather than one list.
        keras: its class in `keras.layers` where that has another name.
        instead: for a layer that Keras has no more, what to use; it is listed so that saved workflows open.
    """

    parameters: tuple[Parameter, ...] = ()
    kwargs: bool = True
    merges: bool = False
    attends: bool = False
    spread: bool = False
    keras: str = ""
    instead: str = ""

    @property
    def wraps(self) -> tuple[str, ...]:
        """Names of the layers that it may wrap."""
        return next((parameter.kind.names for parameter in self.parameters if isinstance(parameter.kind, Wrapped)), ())


class Wrapped(NamedTuple):
    """The layer that another wraps: the conditional with its type and its parameters."""

    names: tuple[str, ...]

    def read(self, value: Any, label: str) -> tuple[Callable, dict]:
        """Return the layer as Keras writes it; refuse one that is not on offer."""
        name = value.get("layer_type") if isinstance(value, dict) else None
        Choice(self.names).read(name, label)
        layer_class, options = make(LAYERS, value, f"{label} {name}")
        if "input_shape" in options:
            raise UserError(f"{label} {name}: input_shape belongs to the first layer of a model, not to a wrapped one.")
        return layer_class, options


def _wrapping(wrapper_class: Callable, layer: tuple[Callable, dict], **options: object) -> "keras.Layer":
    layer_class, arguments = layer
    return wrapper_class(layer_class(**arguments), **options)


_UNITS = Parameter("units", Whole())
_FILTERS = Parameter("filters", Whole())
_ACTIVATION = optional("activation", Choice(ACTIVATIONS))
_DATA_FORMAT = optional("data_format", Choice(DATA_FORMATS))
_RATE = Parameter("rate", Real(0, 1))
_FLATTENING = Layer((_DATA_FORMAT,), kwargs=False)
_RECURRENT = Layer((_UNITS,))


def _kernel(dimensions: int) -> Parameter:
    return Parameter("kernel_size", Sizes(dimensions))


def _convolution(dimensions: int, instead: str = "") -> Layer:
    return Layer((_FILTERS, _kernel(dimensions), _ACTIVATION), instead=instead)


def _pooling(dimensions: int) -> Layer:
    return Layer((optional("pool_size", Sizes(dimensions)), optional("strides", Sizes(dimensions))))


def _adaptive_pooling(dimensions: int) -> Layer:
    return Layer((Parameter("output_size", Sizes(dimensions)),))


def _cell(layer: str) -> Layer:
    return Layer(_RECURRENT.parameters, instead=f"{layer}, which steps through the sequence by itself")


def _unshared(dimensions: int) -> Layer:
    return _convolution(dimensions, instead=f"Conv{dimensions}D, whose weights are shared by all places")


def _convolving_cell(dimensions: int) -> Layer:
    return Layer((_FILTERS, _kernel(dimensions)))


_EPSILON = optional("epsilon", Real(0))
_FACTOR = Parameter("factor", Factor())
_VALUES = optional("value_range", Numbers(2))
_PICTURE_SIZE = (Parameter("height", Whole()), Parameter("width", Whole()))

# Layers that change pictures at random, in training alone. Not RandomCrop: when it predicts, Keras leaves
# the pictures uncropped, so that the layers after it fail.
_AUGMENTATIONS = {
    "RandomFlip": Layer((optional("mode", Choice(FLIPS)),)),
    "RandomRotation": Layer((_FACTOR,)),
    "RandomZoom": Layer((Parameter("height_factor", Factor()), optional("width_factor", Factor()))),
    "RandomTranslation": Layer((Parameter("height_factor", Factor()), Parameter("width_factor", Factor()))),
    "RandomContrast": Layer((_FACTOR, _VALUES)),
    "RandomBrightness": Layer((_FACTOR, _VALUES)),
    "RandomErasing": Layer((optional("factor", Real(0, 1)), optional("scale", Numbers(2)), _VALUES)),
}

_RECURRENT_NAMES = ("LSTM", "GRU", "SimpleRNN")
# Layer -> what it wraps, and its further parameters.
_WRAPPERS: dict[str, tuple[tuple[str, ...], tuple[Parameter, ...]]] = {
    "Bidirectional": (_RECURRENT_NAMES, (optional("merge_mode", Choice(("concat", "sum", "mul", "ave"))),)),
    "TimeDistributed": (
        ("Dense", "Conv1D", "Conv2D", "Conv3D", "SeparableConv2D", "MaxPooling1D", "MaxPooling2D", "AveragePooling1D",
         "AveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling1D",
         "GlobalAveragePooling2D", "Flatten", "Reshape", *_RECURRENT_NAMES),
        (),
    ),
    "SpectralNormalization": (
        ("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Embedding"),
        (optional("power_iterations", Whole(1, 100)),),
    ),
}  # fmt: skip

_DROPOUT = optional("dropout", Real(0, 1))
_HEADS = (Parameter("num_heads", Whole()), Parameter("key_dim", Whole()), _DROPOUT)
_GROUPED_HEADS = (
    Parameter("head_dim", Whole()),
    Parameter("num_query_heads", Whole()),
    Parameter("num_key_value_heads", Whole()),
    _DROPOUT,
)
_ATTENDING = Layer(attends=True)
_ATTENTIONS = {
    "MultiHeadAttention": _ATTENDING._replace(parameters=_HEADS, spread=True),
    "GroupQueryAttention": _ATTENDING._replace(parameters=_GROUPED_HEADS, spread=True),
    "Attention": _ATTENDING._replace(parameters=(optional("score_mode", Choice(("dot", "concat"))), _DROPOUT)),
    "AdditiveAttention": _ATTENDING._replace(parameters=(_DROPOUT,)),
}

LAYERS: dict[str, Layer] = {
    "Dense": Layer((_UNITS, _ACTIVATION)),
    "Activation": Layer((Parameter("activation", Choice(ACTIVATIONS)),), kwargs=False),
    "Dropout": Layer((_RATE,)),
    "Flatten": _FLATTENING,
    "Reshape": Layer((Parameter("target_shape", Shape(unknown=-1)),), kwargs=False),
    "Permute": Layer((Parameter("dims", Shape()),), kwargs=False),
    "RepeatVector": Layer((Parameter("n", Whole()),), kwargs=False),
    "ActivityRegularization": Layer((optional("l1", Real(0)), optional("l2", Real(0))), kwargs=False),
    "Masking": Layer((optional("mask_value", Real()),), kwargs=False),
    "SpatialDropout1D": Layer((_RATE,), kwargs=False),
    **{f"SpatialDropout{n}D": Layer((_RATE,)) for n in (2, 3)},
    **{f"Conv{n}D": _convolution(n) for n in (1, 2, 3)},
    **{f"SeparableConv{n}D": _convolution(n) for n in (1, 2)},
    **{f"DepthwiseConv{n}D": Layer((_kernel(n), _ACTIVATION)) for n in (1, 2)},
    **{f"Conv{n}DTranspose": _convolution(n) for n in (1, 2, 3)},
    "Cropping1D": Layer((optional("cropping", Amounts(1)),), kwargs=False),
    **{f"Cropping{n}D": Layer((optional("cropping", Amounts(n)),)) for n in (2, 3)},
    "UpSampling1D": Layer((optional("size", Whole()),), kwargs=False),
    **{f"UpSampling{n}D": Layer((optional("size", Sizes(n)),)) for n in (2, 3)},
    "ZeroPadding1D": Layer((optional("padding", Amounts(1)),), kwargs=False),
    **{f"ZeroPadding{n}D": Layer((optional("padding", Amounts(n)),)) for n in (2, 3)},
    **{f"{kind}Pooling{n}D": _pooling(n) for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": _FLATTENING for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Adaptive{kind}Pooling{n}D": _adaptive_pooling(n) for kind in ("Max", "Average") for n in (1, 2, 3)},
    "Embedding": Layer((Parameter("input_dim", Whole()), Parameter("output_dim", Whole()))),
    **{name: _RECURRENT for name in ("SimpleRNN", "GRU", "LSTM")},
    **{f"ConvLSTM{n}D": _convolving_cell(n) for n in (1, 2, 3)},
    # Keras chooses the fast implementation by itself now.
    "CuDNNGRU": _RECURRENT._replace(keras="GRU"),
    "CuDNNLSTM": _RECURRENT._replace(keras="LSTM"),
    "BatchNormalization": Layer(),
    "LayerNormalization": Layer((optional("axis", Axes()), _EPSILON)),
    "GroupNormalization": Layer((Parameter("groups", Whole()), _EPSILON)),
    "RMSNormalization": Layer((_EPSILON,)),
    "UnitNormalization": Layer((optional("axis", Axes()),)),
    "Identity": Layer(),
    "EinsumDense": Layer(
        (Parameter("equation", Equation()), Parameter("output_shape", Shape(unknown=None)), _ACTIVATION),
    ),
    # Its mean and variance come from the training data; see `adaptation`.
    "Normalization": Layer((optional("axis", Axes()),)),
    "Rescaling": Layer((Parameter("scale", Real()), optional("offset", Real()))),
    "Resizing": Layer(_PICTURE_SIZE),
    "CenterCrop": Layer(_PICTURE_SIZE),
    "CategoryEncoding": Layer((Parameter("num_tokens", Whole()), optional("output_mode", Choice(ENCODINGS)))),
    "Discretization": Layer(
        (Parameter("bin_boundaries", Numbers()), optional("output_mode", Choice(("int", *ENCODINGS)))),
    ),
    **_AUGMENTATIONS,
    **{
        name: Layer((Parameter("wrapped", Wrapped(names), keras="layer"), *further), kwargs=False)
        for name, (names, further) in _WRAPPERS.items()
    },
    "GaussianNoise": Layer((Parameter("stddev", Real(0)),), kwargs=False),
    "GaussianDropout": Layer((_RATE,), kwargs=False),
    "AlphaDropout": Layer((_RATE,)),
    "ReLU": Layer(
        (
            optional("max_value", Real(0)),
            optional("negative_slope", Real(0)),
            optional("threshold_max_value", Real(0), keras="threshold"),
        ),
        kwargs=False,
    ),
    "LeakyReLU": Layer((optional("alpha", Real(0), keras="negative_slope"),), kwargs=False),
    "PReLU": Layer(
        (
            optional("alpha_initializer", weights.Initializer()),
            optional("alpha_regularizer", Penalties()),
            optional("alpha_constraint", Constraint()),
            optional("shared_axes", Axes()),
        ),
        kwargs=False,
    ),
    "ELU": Layer((optional("alpha", Real(0)),), kwargs=False),
    # x above theta and 0 below it: a ReLU with a threshold does the same.
    "ThresholdedReLU": Layer((optional("theta", Real(0), keras="threshold"),), kwargs=False, keras="ReLU"),
    "Softmax": Layer((optional("axis", Axes(several=False)),), kwargs=False),
    **{f"LocallyConnected{n}D": _unshared(n) for n in (1, 2)},
    **{f"{name}Cell": _cell(name) for name in ("SimpleRNN", "GRU", "LSTM")},
    "ConvLSTM2DCell": _convolving_cell(2)._replace(instead="ConvLSTM2D, which steps through the sequence by itself"),
}

# In a chain of layers, attention attends to the one before it; in a functional model it joins several.
LAYERS |= _ATTENTIONS

_MERGING = Layer(merges=True, kwargs=False)
FUNCTIONAL_LAYERS: dict[str, Layer] = {
    "Input": Layer(
        (
            Parameter("shape", Shape(unknown=None)),
            optional("name", Word()),
            optional("dtype", Choice(INPUT_DTYPES)),
            optional("sparse", Flag()),
        ),
        kwargs=False,
    ),
    **{name: _MERGING for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")},
    "Concatenate": _MERGING._replace(parameters=(optional("axis", Axes(several=False)),)),
    "Dot": _MERGING._replace(parameters=(Parameter("axis", Axes(), keras="axes"), optional("normalize", Flag()))),
    **LAYERS,
    **{name: layer._replace(merges=True) for name, layer in _ATTENTIONS.items()},
}


def entry(table: dict[str, Layer], position: int, values: dict) -> tuple[str, Layer]:
    """Return the label, such as "Layer 2 (Conv2D)", and the entry in the table of the layer at a position of the form.

    Raises:
        UserError: the table has no such layer.
    """
    layer_type = values.get("layer_type")
    if layer_type not in table:
        raise UserError(
            f"Layer {position}: {quoted(layer_type)} is not on offer here. Choose one of {listed(table, 80)}."
        )
    return f"Layer {position} ({layer_type})", table[layer_type]


def make(table: dict[str, Layer], values: dict, label: str) -> tuple[Callable, dict]:
    """Return what builds a layer from what the form holds.

    Parameters:
        table: `LAYERS` or `FUNCTIONAL_LAYERS`.
        values: `layer_type` and the layer's parameters, as Galaxy's JSON holds them, and `weights_options`: the
            boxes on its weights, those of the wrapped layer if it wraps one.
        label: the layer's position and type, for messages: "Layer 2 (Conv2D)".

    Returns:
        (build, arguments): the class in `keras.layers` or what stands for it, and its constructor's arguments.

    Raises:
        UserError: names the layer, the parameter, the rule and what was received.
    """
    import keras

    layer_type = values["layer_type"]
    layer = table[layer_type]
    if layer.instead:
        raise UserError(f"{label}: Keras has no {layer_type} any more. Use {layer.instead}.")
    name = layer.keras or ("InputLayer" if layer_type == "Input" else layer_type)
    build = getattr(keras.layers, name)
    if layer.wraps:
        build = functools.partial(_wrapping, build)
        # What is said of its weights is said of those of the layer inside.
        values = {
            **values,
            "wrapped": {**(values.get("wrapped") or {}), "weights_options": values.get("weights_options")},
        }
    found = read_named(layer.parameters, values, label)
    if layer.kwargs:
        found = keywords.joined(found, values.get("kwargs"), name, label)
    return build, found if layer.wraps else _with_weights(found, values, name, label)


def _with_weights(found: dict, values: dict, name: str, label: str) -> dict:
    options = weights.read(values.get("weights_options"), keyword_names(name), label)
    for argument in options:
        if argument in found:
            raise UserError(
                f"{label}: {argument} is given twice: in the key word arguments and in a box on the weights."
            )
    return found | options
