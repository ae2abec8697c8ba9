"""Whether the loss, the last layer and the target of a run go together, seen before the first epoch.

Keras trains whatever has the right shapes; these combinations would learn nothing, or not what was meant.
"""

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dltools.catalogue.target_kinds import MULTICLASS, MULTILABEL, REGRESSION
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.errors import UserError
from dltools.data.reproduced import Reproduced, Rows, stretches
from dltools.data.targets import Target
from dltools.networks import last_layer

if TYPE_CHECKING:
    import keras


CATEGORICAL = ("categorical_crossentropy", "categorical_focal_crossentropy")
# These compare the units of the last layer with each other, so that one unit alone has nothing to be compared with.
OF_SEVERAL_UNITS = (
    *CATEGORICAL,
    "sparse_categorical_crossentropy",
    "categorical_hinge",
    "kullback_leibler_divergence",
    "cosine_proximity",
)
FOR_CLASSES = (
    *CATEGORICAL,
    "sparse_categorical_crossentropy",
    "categorical_hinge",
    "binary_focal_crossentropy",
    "dice",
    "tversky",
)
HINGES = ("hinge", "squared_hinge")
# Up to so many target columns, each was chosen. More of them are an image or the like, of which points may be the same
# in all.
CHOSEN_COLUMNS = 20
# Activation -> the numbers that it can give.
RANGES = {
    "sigmoid": (0, 1), "hard_sigmoid": (0, 1), "softmax": (0, 1), "tanh": (-1, 1), "softsign": (-1, 1),
    "relu": (0, np.inf), "relu6": (0, 6), "softplus": (0, np.inf), "exponential": (0, np.inf),
}  # fmt: skip
# Loss of a regression -> the smallest and the largest value of the target that it is defined for, and why.
TARGETS = {
    "poisson": (0, np.inf, "counts events"),
    "mean_squared_logarithmic_error": (0, np.inf, "takes logarithms"),
    "binary_crossentropy": (0, 1, "compares probabilities"),
    "kullback_leibler_divergence": (0, 1, "compares probabilities"),
    "hinge": (-1, 1, "tells -1 and 1 apart"),
    "squared_hinge": (-1, 1, "tells -1 and 1 apart"),
}


class Ends(NamedTuple):
    """What comes together where a network ends: the loss, the last layer's activation (or None) and units, the
    target.
    """

    loss: str
    activation: str | None
    units: int
    target: Target


def check(model: "keras.Model", training: TrainingConfig, target: Target) -> None:
    """Refuse a loss, a last layer and a target that do not go together; what the layers do not tell is let through.

    Parameters:
        model: a built `keras.Model`.

    Raises:
        UserError: says what does not fit, and what would.
    """
    for output, own in zip(model.outputs, target.outputs or (target,), strict=True):
        own = dataclasses.replace(own, values=_in_a_row(own.values))
        ends = Ends(training.of(own.output).loss, last_layer.activation(output), output.shape[-1], own)
        for rule in _RULES:
            fault = rule(ends)
            if fault:
                raise UserError(f"Output {own.output}: {fault}" if own.output else fault)


def _in_a_row(values: Rows) -> Rows:
    """Return the same with all numbers of a sample in a row."""
    if isinstance(values, Reproduced):
        return Reproduced(values.samples, (values.samples.width,))
    return np.asarray(values).reshape(len(values), -1)


def check_scorers(model: "keras.Model", training: TrainingConfig, scorers: list[str]) -> None:
    """Refuse a score of probabilities where the network gives none.

    Parameters:
        scorers: names as `scoring.chosen` returns them.

    Raises:
        UserError: names the score and the last layer's activation.
    """
    if "neg_log_loss" not in scorers or training.gives_logits:
        return
    named = zip(last_layer.output_names(model), model.outputs, strict=True)
    activations = [last_layer.activation(output) for name, output in named if training.of(name).classifies]
    found = next((a for a in activations if a is not None and RANGES.get(a) != (0, 1)), None)
    if found is None:
        return
    raise UserError(
        f"Metrics for evaluation: 'neg_log_loss' needs probabilities, but the last layer's activation is {found}. "
        "Choose softmax (several units) or sigmoid (1 unit), or another score."
    )


def _softmax_of_one(ends: Ends) -> str | None:
    if ends.activation != "softmax" or ends.units > 1:
        return None
    advice = "linear" if ends.target.kind == REGRESSION else "sigmoid"
    return (
        f"The last layer has softmax and 1 unit, which gives 1 whatever it is fed. Choose {advice} as its activation."
    )


def _one_unit(ends: Ends) -> str | None:
    if ends.units > 1 or ends.loss not in OF_SEVERAL_UNITS:
        return None
    advice = "mean_squared_error" if ends.target.kind == REGRESSION else "binary_crossentropy"
    return (
        f"{ends.loss}: compares the units of the last layer with each other, but that has 1 unit. Choose the loss "
        f"{advice}."
    )


def _classes_of_a_regression(ends: Ends) -> str | None:
    if ends.target.kind != REGRESSION or ends.loss not in FOR_CLASSES:
        return None
    return (
        f"{ends.loss}: is a loss for classes, but this is a regression. Choose the loss mean_squared_error, or "
        "KerasGClassifier in 'Create deep learning model'."
    )


def _sigmoid_of_classes(ends: Ends) -> str | None:
    if ends.target.kind == MULTILABEL or ends.units == 1 or "sigmoid" not in str(ends.activation):
        return None
    if ends.loss not in (*CATEGORICAL, "sparse_categorical_crossentropy"):
        return None
    return (
        f"{ends.loss}: needs the probabilities of {ends.units} classes that exclude each other, which "
        f"{ends.activation} does not give. Choose softmax as the activation of the last layer, or the loss "
        "binary_crossentropy."
    )


def _softmax_of_labels(ends: Ends) -> str | None:
    if ends.target.kind != MULTILABEL or ends.activation != "softmax":
        return None
    return (
        "The last layer has softmax, whose units exclude each other, but samples of this target have several labels or "
        "none. Choose sigmoid as its activation."
    )


def _hinge_without_sign(ends: Ends) -> str | None:
    low, _ = RANGES.get(str(ends.activation), (-1, 1))
    if ends.loss not in HINGES or low < 0 or ends.target.kind == MULTICLASS:
        return None
    return (
        f"{ends.loss}: tells two classes apart by the sign of the output, but {ends.activation} gives nothing below 0. "
        "Choose tanh or linear as the activation of the last layer."
    )


def _out_of_the_losses_range(ends: Ends) -> str | None:
    if ends.target.kind != REGRESSION or ends.loss not in TARGETS:
        return None
    low, high, reason = TARGETS[ends.loss]
    found = None
    for first, values in _by_stretch(ends.target.values):
        outside = ~np.isin(values, (-1, 0, 1)) if ends.loss in HINGES else (values < low) | (values > high)
        if outside.any():
            row = np.flatnonzero(outside.any(axis=1))[0]
            found = first + row, values[row][outside[row]][0]
            break
    if found is None:
        return None
    allowed = (
        "-1 and 1"
        if ends.loss in HINGES
        else f"numbers of at least {low}"
        if high == np.inf
        else f"numbers from {low} to {high}"
    )
    return (
        f"{ends.loss}: {reason}, so the target must hold {allowed}. Sample {found[0] + 1} has "
        f"{found[1]:g}. Choose another loss, such as mean_squared_error."
    )


def _out_of_the_last_layers_range(ends: Ends) -> str | None:
    if ends.target.kind != REGRESSION or ends.activation not in RANGES:
        return None
    low, high = RANGES[ends.activation]
    smallest, largest = float(ends.target.values.min()), float(ends.target.values.max())
    # relu and its like are let off with single values that they cannot reach.
    if (largest <= high if np.isfinite(high) else largest > low) and (smallest >= low or not np.isfinite(high)):
        return None
    reach = f"from {low} to {high}" if np.isfinite(high) else f"of at least {low}"
    return (
        f"The last layer's {ends.activation} gives numbers {reach}, but the target runs from {smallest:g} to "
        f"{largest:g}. Choose linear as its activation, or scale the target."
    )


def _division_by_zero(ends: Ends) -> str | None:
    if ends.target.kind != REGRESSION or ends.loss != "mean_absolute_percentage_error":
        return None
    parts = [first + np.flatnonzero((values == 0).any(axis=1)) for first, values in _by_stretch(ends.target.values)]
    zeros = np.concatenate(parts)
    if not len(zeros):
        return None
    return (
        f"{ends.loss}: divides by the target, which is 0 in {len(zeros)} samples, first in sample {zeros[0] + 1}. "
        "Choose another loss, such as mean_absolute_error."
    )


def _constant(ends: Ends) -> str | None:
    if ends.target.kind != REGRESSION:
        return None
    constant = np.flatnonzero(ends.target.values.min(axis=0) == ends.target.values.max(axis=0))
    columns = ends.target.values.shape[1]
    if not len(constant) or (columns > CHOSEN_COLUMNS and len(constant) < columns):
        return None
    name = f"column {constant[0] + 1}" if ends.target.values.shape[1] > 1 else "the target"
    return (
        f"There is nothing to learn: {name} is {ends.target.values[0][constant[0]]:g} in every sample. Choose another "
        "target column."
    )


def _by_stretch(values: Rows) -> Iterator[tuple[int, np.ndarray]]:
    """Yield stretches of the rows of a target, with the position of the first."""
    for part in stretches(len(values), values.shape[1:]):
        yield part.start, values[part]


_RULES = (
    _constant, _softmax_of_one, _classes_of_a_regression, _one_unit, _sigmoid_of_classes, _softmax_of_labels,
    _hinge_without_sign,
    _out_of_the_losses_range, _out_of_the_last_layers_range, _division_by_zero,
)  # fmt: skip
