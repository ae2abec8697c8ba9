"""How well each class is predicted, from the confusion matrix.

With TP the samples of a class that were predicted as it, FP those of other classes that were, and FN
those of the class that were not (https://doi.org/10.1016/j.ipm.2009.03.002)::

    precision = TP / (TP + FP)      recall = TP / (TP + FN)      F = 2 TP / (2 TP + FP + FN)

Where a denominator is 0, the score is taken for 0, as scikit-learn does.
"""

from typing import NamedTuple

import numpy as np

# How a matrix may be shown: the name in the form, and what its cells then hold.
NORMALIZED = {
    "none": "Number of samples",
    "true": "Share of the true class",
    "pred": "Share of the predicted class",
    "all": "Share of all samples",
}
TABLE_HEADER = ("class", "precision", "recall", "f1", "support")


class ClassScores(NamedTuple):
    """Scores of each class: float64 (classes,) of 0 to 1; `support` int64 (classes,), the class's samples."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


def normalized(counts: np.ndarray, how: str) -> np.ndarray:
    """Return counts (classes, classes) as shares by row ('true'), column ('pred') or of 'all'; 'none' as they are.

    A row or column without samples stays 0.
    """
    if how == "none":
        return counts
    axis = {"true": 1, "pred": 0, "all": None}[how]
    sums = counts.sum(axis=axis, keepdims=True)
    return np.divide(counts, sums, out=np.zeros(counts.shape), where=sums > 0)


def scores(counts: np.ndarray) -> ClassScores:
    """Return the scores of the classes of a confusion matrix, int (classes, classes) with true classes as rows."""
    hits, predicted, support = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
    return ClassScores(_ratio(hits, predicted), _ratio(hits, support), _ratio(2 * hits, predicted + support), support)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def table(counts: np.ndarray, classes: list[str]) -> tuple[list[str], list]:
    """Return header and columns of the metrics table: a line a class, then accuracy, macro and weighted average.

    Of the accuracy, which is one number, all three score columns hold that number.
    """
    found = scores(counts)
    total = int(found.support.sum())
    accuracy = float(np.trace(counts) / total)
    columns: list[list[str] | np.ndarray] = [[*classes, "accuracy", "macro average", "weighted average"]]
    for values in found[:3]:
        weighted = float(np.average(values, weights=found.support))
        columns.append(np.append(values, [accuracy, values.mean(), weighted]))
    columns.append(np.append(found.support, [total] * 3))
    return list(TABLE_HEADER), columns
