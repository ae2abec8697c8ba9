"""The one catalogue of the arguments that Keras' layers take by hand: what type each has.

Keyword arguments of the form and swapped values of layers are read by it, so that each is what the layer takes it for:
Keras itself takes the text 'false' for true, as Python does. A test compares it with the constructors of all layers on
offer.
"""

import re
from collections.abc import Callable
from typing import Any

from dltools.catalogue import weights
from dltools.core.errors import UserError, quoted
from dltools.forms.kinds import (
    Amounts,
    Axes,
    ByKeras,
    Choice,
    Equation,
    Factor,
    Figures,
    Flag,
    Kind,
    Named,
    Nullable,
    Numbers,
    Option,
    Real,
    Shape,
    Sizes,
    Whole,
    Word,
)
from dltools.untrusted import allowed, gate

ACTIVATIONS = (
    "linear",
    "softmax",
    "elu",
    "selu",
    "softplus",
    "softsign",
    "relu",
    "tanh",
    "sigmoid",
    "hard_sigmoid",
    "exponential",
    "gelu",
    "silu",
    "mish",
    "leaky_relu",
    "relu6",
    "log_softmax",
    "hard_silu",
    "hard_tanh",
    "celu",
    "log_sigmoid",
    "squareplus",
    "sparsemax",
    "sparse_plus",
    "sparse_sigmoid",
    "soft_shrink",
    "hard_shrink",
    "tanh_shrink",
)  # Not glu, which halves the last axis: Dense and Activation state a shape that it then does not have.
# What the form shows, where that is more than the name.
ACTIVATION_LABELS = {
    "linear": "None / linear (default)",
    "silu": "silu (swish)",
    "hard_silu": "hard_silu (hard_swish)",
}
ENCODINGS = ("multi_hot", "one_hot", "count")
FLIPS = ("horizontal_and_vertical", "horizontal", "vertical")
DATA_FORMATS = ("channels_last", "channels_first")
INPUT_DTYPES = ("float32", "float64", "int32", "int64")

# Further names that Keras has for what is on offer.
_ALIASES = ("swish", "hard_swish")
_ACTIVATION = Nullable(Named((*ACTIVATIONS, *_ALIASES)))
_BOX = ", or be set in the box on the layer's weights"
_INITIALIZER = Nullable(
    Named(
        (*sorted(allowed.INITIALIZERS), "uniform", "normal", "zero", "one"),
        _BOX,
        (weights.Initializer(), weights.NAMES),
    )
)
_REGULARIZER = Nullable(Named(tuple(sorted(allowed.REGULARIZERS)), _BOX))
_CONSTRAINT = Nullable(Named(tuple(sorted(allowed.CONSTRAINTS)), _BOX))
_FRACTION, _POSITIVE, _COUNT = Real(0, 1), Real(0), Nullable(Whole())

# Arguments of every Keras layer that a user may set by keyword, beside the layer's own.
COMMON: dict[str, Kind] = {
    "name": Nullable(Word()),
    "trainable": Flag(),
    "dtype": Nullable(Option(tuple(sorted(allowed.POLICIES)))),
    "input_shape": Shape(),
}
# Other layers and tensors, which a person cannot type.
NOT_TYPED = ("layer", "backward_layer", "input_tensor")
# Values of so many forms that only Keras can check: arrays of weights, the shape of a batch, settings of settings.
CHECKED_BY_KERAS = ("weights", "batch_shape", "renorm_clipping", "quantization_config")

_FLAGS = (
    "use_bias",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "unroll",
    "unit_forget_bias",
    "reset_after",
    "mask_zero",
    "center",
    "scale",
    "renorm",
    "synchronized",
    "keepdims",
    "invert",
    "antialias",
    "crop_to_aspect_ratio",
    "pad_to_aspect_ratio",
    "use_scale",
    "use_gate",
    "normalize",
    "optional",
    "sparse",
)
_WHOLE = (
    "units",
    "filters",
    "depth_multiplier",
    "groups",
    "n",
    "input_dim",
    "output_dim",
    "num_heads",
    "key_dim",
    "head_dim",
    "num_query_heads",
    "num_key_value_heads",
    "height",
    "width",
)
# Argument -> its kind, wherever it is not another in `_OF_LAYERS`.
_ARGUMENTS: dict[str, Kind] = {
    **COMMON,
    **dict.fromkeys(_FLAGS, Flag()),
    **dict.fromkeys(("flash_attention", "ragged"), Nullable(Flag())),
    **dict.fromkeys(_WHOLE, Whole()),
    **dict.fromkeys(("value_dim", "sliding_window", "num_bins", "num_tokens", "lora_rank"), _COUNT),
    **dict.fromkeys(("gptq_unpacked_column_size", "batch_size"), _COUNT),
    **dict.fromkeys(("rate", "dropout", "recurrent_dropout", "momentum", "renorm_momentum"), _FRACTION),
    **dict.fromkeys(("epsilon", "l1", "l2", "alpha", "negative_slope", "stddev"), _POSITIVE),
    **dict.fromkeys(("max_value", "lora_alpha"), Nullable(_POSITIVE)),
    **dict.fromkeys(("mask_value", "threshold", "fill_value"), Real()),
    **dict.fromkeys(("activation", "recurrent_activation"), _ACTIVATION),
    **dict.fromkeys(("mean", "variance"), Nullable(Figures())),
    **dict.fromkeys(("factor", "height_factor"), Factor()),
    **dict.fromkeys(CHECKED_BY_KERAS, ByKeras()),
    "width_factor": Nullable(Factor()), "value_range": Numbers(2), "offset": Figures(),
    "bin_boundaries": Nullable(Numbers()),
    "power_iterations": Whole(1, 100), "seed": Nullable(Whole(0, 2**32 - 1)),
    "axis": Axes(), "axes": Axes(), "shared_axes": Nullable(Axes()), "attention_axes": Nullable(Axes()),
    "shape": Nullable(Shape(unknown=None)), "output_shape": Nullable(Shape(unknown=None)),
    "noise_shape": Nullable(Shape(unknown=None)),
    "target_shape": Shape(unknown=-1), "dims": Shape(),
    "equation": Equation(), "bias_axes": Nullable(Word()),
    "data_format": Nullable(Option(DATA_FORMATS)), "padding": Option(("valid", "same")),
    "interpolation": Option(("nearest", "bilinear")), "fill_mode": Choice(("reflect", "wrap", "constant", "nearest")),
    "mode": Choice(FLIPS), "merge_mode": Nullable(Choice(("concat", "sum", "mul", "ave"))),
    "score_mode": Choice(("dot", "concat")),
    "output_mode": Choice(ENCODINGS), "use_cudnn": Flag(besides=("auto",)),
}  # fmt: skip
# Arguments whose size is the number of dimensions, which the layer's name ends in.
_SIZED: dict[str, Callable[[int], Kind]] = {
    "kernel_size": Sizes, "strides": Sizes, "dilation_rate": Sizes, "pool_size": Sizes, "output_size": Sizes,
    "size": Sizes, "cropping": Amounts,
    "output_padding": lambda dimensions: Nullable(Sizes(dimensions, 0)),
}  # fmt: skip
_ENDS: dict[str, Kind] = {"_initializer": _INITIALIZER, "_regularizer": _REGULARIZER, "_constraint": _CONSTRAINT}
_INTERPOLATIONS = Option(("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"))
# (layer, argument) -> its kind, where the argument means something else there than in other layers.
_OF_LAYERS: dict[tuple[str, str], Kind] = {
    ("Conv1D", "padding"): Option(("valid", "same", "causal")),
    **{(f"ZeroPadding{n}D", "padding"): Amounts(n) for n in (1, 2, 3)},
    **{(f"{kind}Pooling{n}D", "strides"): Nullable(Sizes(n)) for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{(layer, "axis"): Axes(several=False) for layer in ("BatchNormalization", "GroupNormalization", "Concatenate")},
    ("InputLayer", "sparse"): Nullable(Flag()),
    ("Normalization", "axis"): Nullable(Axes()),
    ("Rescaling", "scale"): Figures(),
    ("RandomErasing", "scale"): Numbers(2),
    ("RandomErasing", "factor"): _FRACTION,
    ("RandomErasing", "fill_value"): Nullable(Real()),
    ("UpSampling2D", "interpolation"): _INTERPOLATIONS,
    ("Resizing", "interpolation"): _INTERPOLATIONS,
    ("Resizing", "fill_mode"): Choice(("constant",)),
    ("RandomTranslation", "width_factor"): Factor(),
    ("Discretization", "output_mode"): Choice(("int", *ENCODINGS)),
}


def kind(layer: str, argument: str) -> Kind | None:
    """Return the kind of an argument of a class in `keras.layers`, or None where the catalogue has none."""
    found = _OF_LAYERS.get((layer, argument))
    dimensions = re.search(r"([123])D", layer)
    if found is None and dimensions and argument in _SIZED:
        found = _SIZED[argument](int(dimensions.group(1)))
    if found is None:
        found = next((kind for end, kind in _ENDS.items() if argument.endswith(end)), None)
    return _ARGUMENTS.get(argument) if found is None else found


def read(layer: str, argument: str, value: Any, label: str) -> Any:
    """Return a value that a person gave an argument of a layer, with the argument's type.

    Parameters:
        layer: its class in `keras.layers`.
        value: a text, or what a Python literal holds.
        label: what the message begins with.

    Raises:
        UserError: names the argument, the rule and what was received.
    """
    known = kind(layer, argument)
    found = ByKeras().read(value, label) if known is None else known.read(value, label)
    gate.check({argument: found}, label)
    return found


def like(present: object, value: Any, label: str) -> Any:
    """Return a value with the type of the one in whose place it stands: for layers that are not on offer.

    Raises:
        UserError: as `read`.
    """
    if isinstance(present, bool):
        return Flag().read(value, label)
    if isinstance(present, (int, float)):
        return (Axes(several=False) if isinstance(present, int) and isinstance(value, int) else Real()).read(
            value, label
        )
    if isinstance(present, str) and not isinstance(value, str):
        raise UserError(f"{label} must be a text, such as the present {quoted(present)}. Received: {quoted(value)}.")
    return value


def check_flags(config: Any, source: str) -> None:
    """Refuse a model configuration in which a layer has, for True or False, what Keras would take for True.

    Raises:
        UserError: names the layer and the argument.
    """
    if isinstance(config, list):
        for child in config:
            check_flags(child, source)
    elif isinstance(config, dict):
        layer, inner = config.get("class_name"), config.get("config")
        # Initializers and the like have arguments of the same names.
        if isinstance(layer, str) and layer in allowed.LAYERS and isinstance(inner, dict):
            _check_flags_of(layer, inner, source)
        for child in config.values():
            check_flags(child, source)


def _check_flags_of(layer: str, arguments: dict, source: str) -> None:
    for argument, value in arguments.items():
        if _is_flag(kind(layer, argument)) and not isinstance(value, (bool, type(None))):
            place = f"{source}: layer {quoted(arguments.get('name'))} ({layer}): {argument}"
            raise UserError(f"{place} must be true or false, without quotes. Received: {quoted(value)}.")


def _is_flag(known: Kind | None) -> bool:
    return isinstance(known.kind if isinstance(known, Nullable) else known, Flag) and known != Flag(besides=("auto",))
