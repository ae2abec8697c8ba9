"""Initializers, regularizers and constraints of a layer's weights: the one table of them, and reading the form's.

Which weights a layer has is Keras' to say: where the constructor of a layer has an argument
``kernel_regularizer``, the form's weights ``kernel`` may be given a regularizer.
"""

import math
from typing import NamedTuple

import numpy as np

from . import footprint, limits
from .errors import UserError, listed
from .kinds import Choice, Constraint, Parameter, Real, Whole, optional, read_named, serialized

# A layer's weights as the constructors of Keras name them; `activity` is the layer's output, which may only be
# regularized. Not PReLU's alpha, whose fields stand in its own form.
WEIGHTS = (
    "kernel", "bias", "recurrent", "depthwise", "pointwise", "embeddings", "gamma", "beta", "moving_mean",
    "moving_variance", "activity",
)  # fmt: skip

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
NAMES = tuple(INITIALIZERS)
DEFAULT, NO_REGULARIZER, NO_CONSTRAINT = "default", "None", "None"
KINDS = ("initializer", "regularizer", "constraint")


class Initializer(NamedTuple):
    """An initializer by its name alone, with Keras' defaults."""

    def read(self, value, label):
        """Return the initializer as Keras writes it; refuse a name that is none."""
        return _chosen(
            {"initializer": {"initializer_type": value}},
            "initializer",
            "keras.initializers",
            INITIALIZERS,
            DEFAULT,
            label,
        )


def read(entries, known: list[str], label: str) -> dict[str, dict]:
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


# Far more than any rank tells, and so few that trying costs nothing.
_TRIED = 3
# About 10 s on two cores: an LSTM of 4,096 units.
_MAX_ORTHOGONAL_STEPS = 2**38
_MAX_TRIED_VALUES = 100_000


def check(layer) -> None:
    """Refuse a built layer with an initializer, a regularizer or a constraint that its weights' shape cannot have.

    While a network is designed its weights have no values, so that Keras would only fail when training starts.
    Each is tried on weights of the same number of dimensions.

    Raises:
        ValueError: in Keras' words.
    """
    for variable in layer.weights:
        shape = tuple(min(size, _TRIED) for size in variable.shape)
        _try_initializer(variable, shape)
        for rule in (variable.regularizer, variable.constraint):
            if rule is not None and np.prod(shape) <= _MAX_TRIED_VALUES:
                rule(np.ones(shape, "float32"))
        if _compares_all(variable.regularizer):
            _check_pairs(variable.regularizer, variable.shape, variable.name)
    if _compares_all(layer.activity_regularizer):
        # A layer inside another has no outputs of its own in the network.
        for shape in footprint.outputs(layer) or [
            layer.compute_output_shape(*shapes) for shapes in footprint.calls(layer)
        ]:
            _check_pairs(layer.activity_regularizer, shape, "its output")


def _try_initializer(variable, shape: tuple[int, ...]) -> None:
    import keras

    # Keras has no public way to ask; None once the weights have values.
    initializer = getattr(variable, "_initializer", None)
    if isinstance(initializer, keras.initializers.Identity):
        initializer(shape)
    elif isinstance(initializer, keras.initializers.Constant):
        _check_constant(initializer.value, variable)
    elif isinstance(initializer, keras.initializers.Orthogonal):
        _check_orthogonal(variable)
    elif _is_function(initializer) and np.prod(variable.shape) <= _MAX_TRIED_VALUES:
        initializer(tuple(variable.shape), dtype="float32")


def _is_function(initializer) -> bool:
    """Tell whether a layer makes a weight by a function of its own, as LSTM its bias, which knows its own shape."""
    import keras

    return callable(initializer) and not isinstance(initializer, keras.initializers.Initializer)


def _check_orthogonal(variable) -> None:
    """Refuse weights that cannot be made orthogonal, or would take minutes: they are decomposed (QR) as one matrix."""
    *rows, columns = variable.shape
    if not rows:
        raise ValueError(f"the initializer orthogonal needs weights of at least 2 dimensions; {variable.name} has 1.")
    steps = math.prod(rows) * columns * min(math.prod(rows), columns)
    if steps > _MAX_ORTHOGONAL_STEPS:
        raise ValueError(
            f"the initializer orthogonal takes too long for {variable.name} of shape {tuple(variable.shape)}. Choose "
            "another one."
        )


def _compares_all(regularizer) -> bool:
    import keras

    return isinstance(regularizer, keras.regularizers.OrthogonalRegularizer)


def _check_pairs(regularizer, shape, name: str) -> None:
    """Refuse a regularizer that compares more rows or columns with each other than there may be values."""
    count, most = shape[0 if regularizer.mode == "rows" else -1] or 1, limits.limit("values")
    if count**2 > most:
        raise ValueError(
            f"the regularizer orthogonal compares {count:,} {regularizer.mode} of {name} with each other, that is "
            f"{count**2:,} values; at most {most:,} are allowed."
        )


def _check_constant(value, variable) -> None:
    """Refuse a constant that is no number, nor an array that spreads over the weights, which Keras would spread
    further.
    """
    array, shape = np.asarray(value), tuple(variable.shape)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"the initializer constant needs a number for {variable.name}.")
    last_axes = zip(array.shape[::-1], shape[::-1], strict=False)
    if array.ndim > len(shape) or any(size not in (1, wanted) for size, wanted in last_axes):
        raise ValueError(
            f"the initializer constant has values of shape {array.shape}; {variable.name} has the shape {shape}."
        )
