"""Initializers, regularizers and constraints of a layer's weights: the one table of them, and reading the form's.

Which weights a layer has is Keras' to say: where the constructor of a layer has an argument
``kernel_regularizer``, the form's weights ``kernel`` may be given a regularizer.
"""

from typing import Any, NamedTuple

from dltools.core.errors import UserError, listed
from dltools.forms.kinds import Choice, Constraint, Parameter, Real, Whole, optional, read_named, serialized

# A layer's weights as the constructors of Keras name them; `activity` is the layer's output, which may only be
# regularized. Not PReLU's alpha, whose fields stand in its own form.
WEIGHTS = (
    "kernel", "bias", "recurrent", "depthwise", "pointwise", "embeddings", "gamma", "beta", "moving_mean",
    "moving_variance", "activity",
)  # fmt: skip
# What the form shows, where that is more than the name.
WEIGHT_LABELS = {
    "kernel": "kernel: what the inputs are multiplied by",
    "bias": "bias: what is added",
    "recurrent": "recurrent: what the state of a recurrent layer is multiplied by",
    "depthwise": "depthwise: kernel of each channel (SeparableConv, DepthwiseConv)",
    "pointwise": "pointwise: kernel that mixes the channels (SeparableConv)",
    "embeddings": "embeddings (Embedding)",
    "gamma": "gamma: scale of a normalization",
    "beta": "beta: shift of a normalization",
    "moving_mean": "moving_mean (BatchNormalization; initializer only)",
    "moving_variance": "moving_variance (BatchNormalization; initializer only)",
    "activity": "activity: the layer's output (regularizer only)",
}

_SEED = optional("seed", Whole(0, 2**32 - 1))
_NORMAL = (optional("mean", Real()), optional("stddev", Real(0)), _SEED)
# Name in the form -> class in `keras.initializers` and its options. Not STFT, which makes the windows of a
# Fourier transform of sound.
INITIALIZERS: dict[str, tuple[str, tuple[Parameter, ...]]] = {
    "zeros": ("Zeros", ()),
    "ones": ("Ones", ()),
    "constant": ("Constant", (optional("value", Real()),)),
    "random_normal": ("RandomNormal", _NORMAL),
    "random_uniform": ("RandomUniform", (optional("minval", Real()), optional("maxval", Real()), _SEED)),
    "truncated_normal": ("TruncatedNormal", _NORMAL),
    "orthogonal": ("Orthogonal", (optional("gain", Real()), _SEED)),
    "identity": ("Identity", (optional("gain", Real()),)),
    "glorot_normal": ("GlorotNormal", (_SEED,)),
    "glorot_uniform": ("GlorotUniform", (_SEED,)),
    "he_normal": ("HeNormal", (_SEED,)),
    "he_uniform": ("HeUniform", (_SEED,)),
    "lecun_normal": ("LecunNormal", (_SEED,)),
    "lecun_uniform": ("LecunUniform", (_SEED,)),
    "variance_scaling": (
        "VarianceScaling",
        (
            optional("scale", Real(0)), optional("mode", Choice(("fan_in", "fan_out", "fan_avg"))),
            optional("distribution", Choice(("truncated_normal", "untruncated_normal", "uniform"))), _SEED,
        ),
    ),
}  # fmt: skip
# Keras knows the default but fails to read a Constant that does not tell its value.
_TOLD = {"constant": {"value": 0.0}}
_L1, _L2 = optional("l1", Real(0)), optional("l2", Real(0))
REGULARIZERS: dict[str, tuple[str, tuple[Parameter, ...]]] = {
    "l1": ("L1", (_L1,)),
    "l2": ("L2", (_L2,)),
    "l1_l2": ("L1L2", (_L1, _L2)),
    "orthogonal": (
        "OrthogonalRegularizer",
        (optional("factor", Real(0)), optional("mode", Choice(("rows", "columns")))),
    ),
}
# What the form shows, where that is more than the name.
REGULARIZER_LABELS = {
    "l1": "l1: the sum of their absolute values",
    "l2": "l2: the sum of their squares",
    "l1_l2": "l1_l2: both",
    "orthogonal": "orthogonal: how far from orthogonal a matrix is",
}
NAMES = tuple(INITIALIZERS)
DEFAULT, NO_REGULARIZER, NO_CONSTRAINT = "default", "None", "None"
KINDS = ("initializer", "regularizer", "constraint")


class Initializer(NamedTuple):
    """An initializer by its name alone, with Keras' defaults."""

    def read(self, value: Any, label: str) -> dict | None:
        """Return the initializer as Keras writes it; refuse a name that is none."""
        return _chosen(
            {"initializer": {"initializer_type": value}},
            "initializer",
            "keras.initializers",
            INITIALIZERS,
            DEFAULT,
            label,
        )


def read(entries: Any, known: list[str], label: str) -> dict[str, dict]:
    """Return the arguments of a layer's constructor that the form's boxes on its weights hold.

    Parameters:
        entries: the repeat `weights_options` as Galaxy's JSON holds it, or None.
        known: names of the arguments that the layer's constructor has.
        label: the layer's position and type, for messages.

    Returns:
        name, such as ``kernel_regularizer``, -> the serialized Keras object; what is left at its default is not there.

    Raises:
        UserError: weights that the layer has not, given twice, or an option that is refused.
    """
    found: dict[str, dict] = {}
    taken = set()
    for entry in entries if isinstance(entries, list) else []:
        weights = entry.get("weights")
        Choice(WEIGHTS).read(weights, f"{label}: weights")
        _check_weights(weights, known, label)
        if weights in taken:
            raise UserError(f"{label}: its weights {weights} are in two boxes. Put all that concerns them into one.")
        taken.add(weights)
        for kind, value in _objects(entry, f"{label}: weights {weights}").items():
            if f"{weights}_{kind}" not in known:
                kinds = [k for k in KINDS if f"{weights}_{k}" in known]
                raise UserError(f"{label}: its weights {weights} take no {kind}, only a {listed(kinds)}.")
            found[f"{weights}_{kind}"] = value
    return found


def _check_weights(weights: str, known: list[str], label: str) -> None:
    has = [name for name in WEIGHTS if any(f"{name}_{kind}" in known for kind in KINDS)]
    if weights not in has:
        rule = f"Choose one of {listed(has)}" if has else "Remove the box on its weights"
        raise UserError(f"{label}: this layer has no weights {weights}. {rule}.")


def _objects(entry: dict, label: str) -> dict[str, dict]:
    """Return kind -> serialized Keras object of one box, without those that are left at their default."""
    found = {
        "initializer": _chosen(entry, "initializer", "keras.initializers", INITIALIZERS, DEFAULT, label),
        "regularizer": _chosen(entry, "regularizer", "keras.regularizers", REGULARIZERS, NO_REGULARIZER, label),
        "constraint": Constraint().read(entry.get("constraint"), f"{label}: constraint"),
    }
    return {kind: value for kind, value in found.items() if value is not None}


def _chosen(entry: dict, kind: str, module: str, table: dict, nothing: str, label: str) -> dict | None:
    values = entry.get(kind) or {}
    name = values.get(f"{kind}_type")
    if name in (None, nothing):
        return None
    Choice(tuple(table)).read(name, f"{label}: {kind}")
    class_name, parameters = table[name]
    found = read_named(parameters, values, f"{label}: {kind} {name}")
    return serialized(module, class_name, **(_TOLD.get(name, {}) | found))
