"""Keyword arguments of Keras 1 and 2, as saved workflows hold them, in the words of Keras 3.

What a layer of Keras 3 takes by the same name is not asked for here. Of a former name, the arguments in whose place it
stood are tried in turn, and each that the layer has gets the value: a separable convolution has two initializers for
the one of Keras 1. What Keras 3 has no more is left out where it changed nothing that the network computes, and refused
elsewhere. Each change is said in one line.
"""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import Shape

# Name -> value, as they were typed.
Typed: TypeAlias = dict[str, Any]

INPUT_SHAPE = "input_shape"


@dataclasses.dataclass(frozen=True, slots=True)
class Renamed:
    """The arguments of Keras 3 in whose place a former one stood.

    Attributes:
        names: those of them that the layer has get the value.
        values: former value -> value now, where these changed too; they are compared without regard to capitals.
    """

    names: tuple[str, ...]
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def _renamed(*names: str) -> Renamed:
    return Renamed(names)


_LAYOUTS = {"tf": "channels_last", "th": "channels_first", "default": None}
RENAMED: Mapping[str, Renamed] = {
    # Sizes.
    "output_dim": _renamed("units"),
    "nb_filter": _renamed("filters"),
    "filter_length": _renamed("kernel_size"),
    "subsample": _renamed("strides"),
    "subsample_length": _renamed("strides"),
    "stride": _renamed("strides"),
    "atrous_rate": _renamed("dilation_rate"),
    "pool_length": _renamed("pool_size"),
    "length": _renamed("size"),
    "p": _renamed("rate"),
    "sigma": _renamed("stddev"),
    # How it works.
    "border_mode": _renamed("padding"),
    "dim_ordering": Renamed(("data_format",), _LAYOUTS),
    "bias": _renamed("use_bias"),
    "inner_activation": _renamed("recurrent_activation"),
    "dropout_W": _renamed("dropout"),
    "dropout_U": _renamed("recurrent_dropout"),
    "forget_bias_init": Renamed(("unit_forget_bias",), {"one": True, "ones": True, "zero": False, "zeros": False}),
    # Weights.
    "init": _renamed("kernel_initializer", "embeddings_initializer", "depthwise_initializer", "pointwise_initializer"),
    "inner_init": _renamed("recurrent_initializer"),
    "beta_init": _renamed("beta_initializer"),
    "gamma_init": _renamed("gamma_initializer"),
    "W_regularizer": _renamed("kernel_regularizer", "embeddings_regularizer"),
    "b_regularizer": _renamed("bias_regularizer"),
    "U_regularizer": _renamed("recurrent_regularizer"),
    "W_constraint": _renamed("kernel_constraint", "embeddings_constraint"),
    "b_constraint": _renamed("bias_constraint"),
}
# Former names that make one argument together, in its order.
TOGETHER: Mapping[tuple[str, ...], str] = {
    ("nb_row", "nb_col"): "kernel_size",
    ("kernel_dim1", "kernel_dim2", "kernel_dim3"): "kernel_size",
}
# Arguments of Keras 2 that Keras 3 dropped, and the values that meant what it does anyway; None: whatever it was.
SINCE_KERAS_2: Mapping[str, tuple | None] = {
    "ragged": (False,),
    "time_major": (False,),
    "causal": (False,),
    "renorm": (False,),
    "return_runtime": (False,),
    "unroll": (False,),
    "num_constants": (0,),
    "implementation": (0, 1, 2),
    # How the same is computed.
    "fused": None,
    "renorm_clipping": None,
    "renorm_momentum": None,
    "experimental_autocast": None,
}
# The same of those that are typed, and never stood in a file of Keras 2.
DROPPED: Mapping[str, tuple | None] = {
    **SINCE_KERAS_2,
    "autocast": None,
    "dynamic": (False,),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    # Of Keras 1: how the same is computed; the statistics of each feature, as today; words left out of an embedding.
    "consume_less": None,
    "input_dtype": None,
    "mode": (0,),
    "dropout": (0,),
}


def translated(given: Typed, known: Collection[str], layer: str, label: str) -> Typed:
    """Return keyword arguments by the names that Keras 3 has for them; say what was changed.

    Parameters:
        given: as they were typed.
        known: names of the arguments that the layer takes.
        layer: its class in `keras.layers`, for messages.
        label: its position and type, for messages.

    Returns:
        What is none of Keras 1 or 2 is there as it was.

    Raises:
        UserError: an argument that is no more and changed what the layer computes, or two names for one.
    """
    found: Typed = {}
    left = _without_shape(given, found, known, label)
    for parts, name in TOGETHER.items():
        if name in known and all(part in left for part in parts):
            _put(found, name, tuple(left.pop(part) for part in parts), " and ".join(parts), label)
    for name, value in left.items():
        if name in known:
            _put(found, name, value, name, label)
        elif names := new_names(name, known):
            for new in names:
                _put(found, new, _new_value(name, value), name, label)
        elif name in DROPPED:
            _check_harmless(name, value, layer, label)
        else:
            found[name] = value
    return found


def new_names(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the names of those arguments of a layer in whose place a former one stood; none of one that never was."""
    return tuple(new for new in RENAMED[name].names if new in known) if name in RENAMED else ()


def _put(found: Typed, name: str, value: Any, former: str, label: str) -> None:
    if name in found:
        raise UserError(f"{label}: {name} is given twice, once by a former name. Remove one of the two.")
    found[name] = value
    if name != former:
        print(f"{label}: {former} of an earlier Keras is {name} now: {name}={value!r}.")


def _new_value(name: str, value: Any) -> Any:
    values = RENAMED[name].values
    return values.get(value.strip().lower(), value) if isinstance(value, str) else value


def _check_harmless(name: str, value: Any, layer: str, label: str) -> None:
    harmless = DROPPED[name]
    if harmless is not None and value not in harmless:
        raise UserError(
            f"{label}: {name} is no argument of {layer} any more, and as {quoted(value)} it computed something else. "
            "Remove it, and see that the network is still what you want."
        )
    print(f"{label}: {name}={value!r} is left out: Keras 3 has no such argument, and computes the same without it.")


def _without_shape(given: Typed, found: Typed, known: Collection[str], label: str) -> Typed:
    """Return the arguments but those that tell the shape of the layer's input, which are put into `found` as one."""
    left = dict(given)
    told: list[tuple[str, tuple]] = []
    if "batch_input_shape" in left:
        shape = _shape(left.pop("batch_input_shape"), f"{label}: batch_input_shape")
        told.append(("batch_input_shape", shape[1:]))
    length = left.pop("input_length", None) if "input_length" not in known else None
    if "input_dim" in left and "input_dim" not in known:
        # A layer that reads steps was told their number beside.
        width = left.pop("input_dim")
        steps = "return_sequences" in known or "input_length" in given
        names = "input_dim" if length is None else "input_dim and input_length"
        told.append((names, (length, width) if steps else (width,)))
    elif length is not None:
        told.append(("input_length", (length,)))
    if INPUT_SHAPE in left:
        told.append((INPUT_SHAPE, tuple(_shape(left.pop(INPUT_SHAPE), f"{label}: {INPUT_SHAPE}"))))
    if "input_length" in given and length is None and "input_length" not in known:
        print(f"{label}: input_length=None is left out: Keras 3 has no such argument.")
    if len(told) > 1:
        raise UserError(f"{label}: the shape of its input is given twice: {listed(name for name, _ in told)}.")
    for name, shape in told:
        found[INPUT_SHAPE] = shape
        if name != INPUT_SHAPE:
            print(f"{label}: {name} is left out: Keras 3 has no such argument. It says that {INPUT_SHAPE}={shape!r}.")
    return left


def _shape(value: Any, label: str) -> tuple:
    return tuple(Shape(unknown=None).read(value, label))
