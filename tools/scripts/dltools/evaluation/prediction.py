"""Using a network: its outputs for rows of a table, and the user's labels from these."""

from collections.abc import Sequence

import numpy as np

from dltools.catalogue import objectives
from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.errors import UserError
from dltools.data import steps
from dltools.data.specs import TargetSpec

# These compare with -1 and 1, so that 0 lies between the classes; for the others 0.5 does.
SIGNED_LOSSES = ("hinge", "squared_hinge")


def check_numbers(found: np.ndarray, rows: np.ndarray) -> None:
    """Refuse outputs that are no numbers: nothing can be said of such samples, and the largest of them would be any
    class.

    Parameters:
        found: float32 (rows, units), the network's outputs.
        rows: int (rows,), the samples' positions in the table.

    Raises:
        UserError: names the first such sample.
    """
    wrong = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if len(wrong):
        raise UserError(
            f"The network's output for sample {rows[wrong[0]] + 1} is no number: what it computes on the way grows too "
            "large. Scale the features to about 0 to 1, as they were when it was trained, or train it again with a "
            "lower learning rate."
        )


def without_logits(
    found: np.ndarray, training: TrainingConfig, shapes: Sequence[tuple[int, ...]] = (), names: Sequence[str] = ("",)
) -> np.ndarray:
    """Return the probabilities that a network's outputs stand for; they are that already but with from_logits.

    Parameters:
        found: float32 (rows, units), the network's outputs.
        shapes: of each output for one sample; their numbers stand side by side. Of one output of one row, they may be
            left out.
        names: of the outputs, whose losses may differ.
    """
    if training.outputs:
        parts = np.split(found, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1], axis=1)
        each = zip(parts, shapes, names, strict=True)
        return np.concatenate([without_logits(part, training.of(name), [shape]) for part, shape, name in each], axis=1)
    activation = objectives.logits_to(training)
    if activation is None:
        return found
    from scipy import special

    if activation == objectives.SIGMOID:
        return special.expit(found)
    shapes = list(shapes) or [(found.shape[1],)]
    parts = np.split(found, np.cumsum([np.prod(shape) for shape in shapes])[:-1], axis=1)
    return np.concatenate([_softmax(part, shape) for part, shape in zip(parts, shapes, strict=True)], axis=1)


def _softmax(found: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    from scipy import special

    return special.softmax(found.reshape(-1, shape[-1]), axis=1).reshape(found.shape)


def decided(found: np.ndarray, kind: str, loss: str) -> np.ndarray:
    """Return what the outputs say, in the form of `targets.Target.truth`.

    Parameters:
        found: float32 (rows, units), the network's outputs, of several steps each as a row.
        kind: of the target.
        loss: name of the loss, which decides what lies between two classes.
    """
    if kind == REGRESSION:
        return found
    boundary = 0.0 if loss in SIGNED_LOSSES else 0.5
    if kind == MULTILABEL:
        return (found > boundary).astype(np.int64)
    if found.shape[1] == 1:
        return (found[:, 0] > boundary).astype(np.int64)
    return found.argmax(axis=1)


def probabilities(found: np.ndarray, kind: str) -> np.ndarray:
    """Return float64 (rows, classes): each class's probability, each row summing to 1 but for multilabel.

    Raises:
        UserError: the outputs are no probabilities, or the target is no classification.
    """
    if kind == REGRESSION:
        raise UserError("predict_proba: this model is a regression, which has no class probabilities. Choose predict.")
    low, high = float(found.min(initial=0)), float(found.max(initial=0))
    if low < 0 or high > 1:
        raise UserError(
            f"predict_proba: the last layer's outputs run from {low:.4g} to {high:.4g}, so they are no probabilities. "
            "Choose predict, or train with a last layer of softmax (several units) or sigmoid (1 unit)."
        )
    found = found.astype(np.float64)
    if kind == BINARY and found.shape[1] == 1:
        return np.hstack([1 - found, found])
    if kind == MULTILABEL:
        return found
    return found / np.maximum(found.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)


def likelihoods(found: np.ndarray, kind: str) -> np.ndarray | None:
    """Return scores of the classes that rank the rows, whether or not they are probabilities.

    The same as `probabilities` where the outputs are such; else the outputs, brought into 0 to 1 by the
    logistic function, which keeps their order. None for a regression.
    """
    if kind == REGRESSION:
        return None
    if found.min(initial=0) < 0 or found.max(initial=0) > 1:
        found = 1 / (1 + np.exp(-found.astype(np.float64)))
    return probabilities(found, kind)


def table(
    found: np.ndarray, method: str, target: TargetSpec, training: TrainingConfig, shapes: Sequence[tuple[int, ...]] = ()
) -> tuple[list[str], list[np.ndarray]]:
    """Return the prediction's header and columns.

    Parameters:
        found: float32 (rows, units), the network's outputs.
        method: predict or predict_proba.
        target: of the model.
        shapes: as for `without_logits`.

    Returns:
        (names, columns): one column headed Predicted with the user's labels, or one column a class or target; of an
            output of
        several steps, these for each step.
    """
    if target.outputs:
        return _tables(found, method, target.outputs, training, shapes)
    kind, names, samples = target.kind, target.names, len(found)
    shape = steps.several(shapes[0]) if shapes else ()
    found = steps.rows(found, shape)
    if method == "predict_proba":
        shares = probabilities(found, kind).astype(np.float32).reshape(samples, -1)
        each = [""] if not shape else [f"{name}_" for name in _named(names, steps.count(shape))]
        return [f"{step}{name}" for step in each for name in target.classes], list(shares.T)
    answers = decided(found, kind, training.loss)
    if kind in (BINARY, MULTICLASS):
        answers = np.asarray(target.classes, object)[answers]
    answers = answers.reshape(samples, -1)
    if answers.shape[1] == 1:
        return ["Predicted"], [answers[:, 0]]
    return [f"Predicted_{name}" for name in _named(names, answers.shape[1])], list(answers.T)


def _named(names: Sequence[str], count: int) -> list[str]:
    """Return the names of `count` columns: those of the target's, where it has as many, else numbers from 0."""
    return list(names) if len(names) == count else [str(number) for number in range(count)]


def _tables(
    found: np.ndarray,
    method: str,
    outputs: Sequence[TargetSpec],
    training: TrainingConfig,
    shapes: Sequence[tuple[int, ...]],
) -> tuple[list[str], list[np.ndarray]]:
    """Return header and columns of several outputs, named after these: Predicted_<output>, or <output>_<class>.

    Numbers that are learned beside classes have no probabilities: their values stand beside those of the classes.
    """
    mixed = len({own.kind == REGRESSION for own in outputs}) > 1
    names: list[str] = []
    columns: list[np.ndarray] = []
    first = 0
    shapes = list(shapes) or [(own.units or 1,) for own in outputs]
    for own, shape in zip(outputs, shapes, strict=True):
        last = first + int(np.prod(shape))
        asked = "predict" if mixed and own.kind == REGRESSION else method
        own_names, own_columns = table(found[:, first:last], asked, own, training.of(own.output), [shape])
        if asked == "predict_proba":
            names += [f"{own.output}_{name}" for name in own_names]
        else:
            names += [f"Predicted_{own.output}{name.removeprefix('Predicted')}" for name in own_names]
        columns += own_columns
        first = last
    return names, columns
