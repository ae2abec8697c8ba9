"""Using a network: its outputs for rows of a table, and the user's labels from these."""

import numpy as np

from . import objectives
from .errors import UserError
from .targets import BINARY, MULTICLASS, MULTILABEL, REGRESSION, SEVERAL

# These compare with -1 and 1, so that 0 lies between the classes; for the others 0.5 does.
SIGNED_LOSSES = ("hinge", "squared_hinge")


def check_numbers(found: np.ndarray, rows: np.ndarray) -> None:
    """Refuse outputs that are no numbers: nothing can be said of such samples, and the largest of them would be any class.

    Parameters:
        found: float32 (rows, units), the network's outputs.
        rows: int (rows,), the samples' positions in the table.

    Raises:
        UserError: names the first such sample.
    """
    wrong = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if len(wrong):
        raise UserError(
            f"The network's output for sample {rows[wrong[0]] + 1} is no number: what it computes on the way grows too large. Scale the features "
            "to about 0 to 1, as they were when it was trained, or train it again with a lower learning rate."
        )


def without_logits(found: np.ndarray, training: dict, sizes=()) -> np.ndarray:
    """Return the probabilities that a network's outputs stand for; they are that already but with from_logits.

    Parameters:
        found: float32 (rows, units), the network's outputs.
        training: as in `training_parameters`.
        sizes: how many units each of several outputs has; they stand side by side.
    """
    activation = objectives.logits_to(training)
    if activation is None:
        return found
    from scipy import special

    if activation == objectives.SIGMOID:
        return special.expit(found)
    parts = np.split(found, np.cumsum(sizes)[:-1], axis=1) if len(sizes) > 1 else [found]
    return np.concatenate([special.softmax(part, axis=1) for part in parts], axis=1)


def decided(found: np.ndarray, kind: str, loss: str) -> np.ndarray:
    """Return what the outputs say, in the form of `targets.Target.truth`.

    Parameters:
        found: float32 (rows, units), the network's outputs.
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


def table(found: np.ndarray, method: str, target: dict, loss: str):
    """Return the prediction's header and columns.

    Parameters:
        found: float32 (rows, units), the network's outputs.
        method: predict or predict_proba.
        target: what the model file says of the target.

    Returns:
        (names, columns): one column headed Predicted with the user's labels, or one column a class or target.
    """
    if target["kind"] == SEVERAL:
        return _tables(found, method, target["outputs"], loss)
    kind, classes = target["kind"], target["classes"]
    if method == "predict_proba":
        return [str(c) for c in classes], list(probabilities(found, kind).T.astype(np.float32))
    answers = decided(found, kind, loss)
    if kind in (BINARY, MULTICLASS):
        return ["Predicted"], [np.asarray(classes, object)[answers]]
    if answers.shape[1] == 1:
        return ["Predicted"], [answers[:, 0]]
    names = target["names"] or [str(number) for number in range(answers.shape[1])]
    return [f"Predicted_{name}" for name in names], list(answers.T)


def _tables(found: np.ndarray, method: str, outputs: list[dict], loss: str):
    """Return header and columns of several outputs, named after these: Predicted_<output>, or <output>_<class>."""
    names, columns, first = [], [], 0
    for own in outputs:
        own_names, own_columns = table(found[:, first : first + own["units"]], method, own, loss)
        if method == "predict_proba":
            names += [f"{own['output']}_{name}" for name in own_names]
        else:
            names += [f"Predicted_{own['output']}{name.removeprefix('Predicted')}" for name in own_names]
        columns += own_columns
        first += own["units"]
    return names, columns
