"""Whether the weights of a built layer can have the initializers, regularizers and constraints that were chosen."""

import math
from typing import TYPE_CHECKING

import numpy as np

from dltools.core import limits
from dltools.networks import activation_sizes
from dltools.networks.seen import DataShape

if TYPE_CHECKING:
    import keras

# Far more than any rank tells, and so few that trying costs nothing.
_TRIED = 3
# About 10 s on two cores: an LSTM of 4,096 units.
_MAX_ORTHOGONAL_STEPS = 2**38
_MAX_TRIED_VALUES = 100_000


def check(layer: "keras.Layer") -> None:
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
        for shape in activation_sizes.outputs(layer) or [
            layer.compute_output_shape(*shapes) for shapes in activation_sizes.calls(layer)
        ]:
            _check_pairs(layer.activity_regularizer, shape, "its output")


def _try_initializer(variable: "keras.Variable", shape: tuple[int, ...]) -> None:
    import keras

    # Keras has no public way to ask; None once the weights have values.
    initializer = getattr(variable, "_initializer", None)
    if isinstance(initializer, keras.initializers.Identity):
        initializer(shape)
    elif isinstance(initializer, keras.initializers.Constant):
        _check_constant(initializer.value, variable)
    elif isinstance(initializer, keras.initializers.Orthogonal):
        _check_orthogonal(variable)
    elif (
        # A layer's own function, as LSTM has for its bias, which knows its own shape.
        callable(initializer)
        and not isinstance(initializer, keras.initializers.Initializer)
        and np.prod(variable.shape) <= _MAX_TRIED_VALUES
    ):
        initializer(tuple(variable.shape), dtype="float32")


def _check_orthogonal(variable: "keras.Variable") -> None:
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


def _compares_all(regularizer: object) -> bool:
    import keras

    return isinstance(regularizer, keras.regularizers.OrthogonalRegularizer)


def _check_pairs(regularizer: "keras.regularizers.OrthogonalRegularizer", shape: DataShape, name: str) -> None:
    """Refuse a regularizer that compares more rows or columns with each other than there may be values."""
    count, most = shape[0 if regularizer.mode == "rows" else -1] or 1, limits.limit("values")
    if count**2 > most:
        raise ValueError(
            f"the regularizer orthogonal compares {count:,} {regularizer.mode} of {name} with each other, that is "
            f"{count**2:,} values; at most {most:,} are allowed."
        )


def _check_constant(value: object, variable: "keras.Variable") -> None:
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
