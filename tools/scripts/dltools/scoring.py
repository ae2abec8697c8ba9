"""Scores of predictions, named as in the form, computed by scikit-learn's scorers."""

from typing import NamedTuple

import numpy as np

from .errors import UserError, listed, quoted
from .kinds import Choice
from .parameters import is_empty, several
from .targets import BINARY, MULTICLASS, MULTILABEL, REGRESSION

DEFAULT = "default"
_CLASSES = (BINARY, MULTICLASS)
_LABELS = (BINARY, MULTICLASS, MULTILABEL)


class Scorer(NamedTuple):
    """A scorer on offer: the kinds of target it makes sense for, and scikit-learn's name for it."""

    kinds: tuple[str, ...]
    name: str = ""
    probabilities: bool = False


SCORERS = {
    "accuracy": Scorer(_LABELS),
    "balanced_accuracy": Scorer(_CLASSES),
    "average_precision": Scorer(_LABELS, probabilities=True),
    "f1": Scorer((BINARY,)),
    "f1_micro": Scorer(_LABELS),
    "f1_macro": Scorer(_LABELS),
    "f1_weighted": Scorer(_LABELS),
    "f1_samples": Scorer((MULTILABEL,)),
    "neg_log_loss": Scorer(_CLASSES, probabilities=True),
    "precision": Scorer((BINARY,)),
    "precision_micro": Scorer(_LABELS),
    "precision_macro": Scorer(_LABELS),
    # Spelled so in the tools that saved workflows were made with.
    "precision_wighted": Scorer(_LABELS, "precision_weighted"),
    "precision_samples": Scorer((MULTILABEL,)),
    "recall": Scorer((BINARY,)),
    "recall_micro": Scorer(_LABELS),
    "recall_macro": Scorer(_LABELS),
    "recall_wighted": Scorer(_LABELS, "recall_weighted"),
    "recall_samples": Scorer((MULTILABEL,)),
    "roc_auc": Scorer(_LABELS, probabilities=True),
    "explained_variance": Scorer((REGRESSION,)),
    "neg_mean_absolute_error": Scorer((REGRESSION,)),
    "neg_mean_squared_error": Scorer((REGRESSION,)),
    "neg_mean_squared_log_error": Scorer((REGRESSION,)),
    "neg_median_absolute_error": Scorer((REGRESSION,)),
    "r2": Scorer((REGRESSION,)),
    "max_error": Scorer((REGRESSION,), "neg_max_error"),
    "spearman_correlation": Scorer((REGRESSION,)),
    "binarize_auc_scorer": Scorer(_LABELS, "roc_auc", probabilities=True),
    "binarize_average_precision_scorer": Scorer(_LABELS, "average_precision", probabilities=True),
}


def chosen(form: dict, kind: str, columns: int = 1) -> list[str]:
    """Return the names of the scorers to apply, primary first, each once.

    Parameters:
        form: the conditional `scoring` as Galaxy's JSON holds it.
        kind: the kind of the target.
        columns: number of target columns.

    Raises:
        UserError: a scorer that makes no sense for the target; the message lists those that do.
    """
    primary = form.get("primary_scoring")
    if is_empty(primary) or primary == DEFAULT:
        primary = "r2" if kind == REGRESSION else "accuracy"
    names = list(dict.fromkeys([primary, *several(form.get("secondary_scoring"))]))
    for name in names:
        scorer = SCORERS[Choice(tuple(SCORERS)).read(name, "Metrics for evaluation")]
        fits = kind in scorer.kinds and not (columns > 1 and name in ("max_error", "spearman_correlation"))
        if not fits:
            fitting = [n for n, s in SCORERS.items() if kind in s.kinds]
            raise UserError(
                f"Metrics for evaluation: {quoted(name)} makes no sense for a {kind} target"
                f"{f' of {columns} columns' if columns > 1 and kind == REGRESSION else ''}. Choose among: {listed(fitting, 40)}."
            )
    return names


def scores(names: list[str], target_kind: str, truth: np.ndarray, predicted: np.ndarray, probabilities) -> dict[str, float]:
    """Score predictions.

    Parameters:
        names: of scorers, as `chosen` returns them.
        target_kind: the kind of the target.
        truth: see `targets.Target.truth`, of the rows scored.
        predicted: of the same form as `truth`.
        probabilities: float64 (rows, classes), or None for a regression.

    Returns:
        name -> score, in the order of `names`. A score that the rows do not define, such as an AUC where
        only one class occurs, is NaN.
    """
    import warnings

    from sklearn import metrics
    from sklearn.exceptions import UndefinedMetricWarning

    judged = _judged(target_kind, predicted, probabilities)
    found = {}
    for name in names:
        known = SCORERS[name].name or name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            if known in ("roc_auc", "average_precision") and target_kind in (MULTICLASS, MULTILABEL):
                found[name] = _mean_over_classes(truth, probabilities, getattr(metrics, f"{known}_score"))
            else:
                # The estimator answers with predictions already made, so that its input may be anything.
                found[name] = float(_scorer(known, probabilities)(judged, truth, truth))
    return found


def _scorer(known: str, probabilities):
    from sklearn import metrics

    if known == "spearman_correlation":
        return metrics.make_scorer(_spearman)
    if known == "neg_log_loss":
        labels = np.arange(probabilities.shape[1])
        return metrics.make_scorer(metrics.log_loss, greater_is_better=False, response_method="predict_proba", labels=labels)
    return metrics.get_scorer(known)


def _spearman(truth, predicted) -> float:
    from scipy.stats import spearmanr

    return spearmanr(np.ravel(truth), np.ravel(predicted)).statistic


def _mean_over_classes(truth, probabilities, metric) -> float:
    """Return the mean of a two-class metric of each class against the rest (macro average).

    Classes that no row or every row has are left out: there the metric is not defined, and small parts often
    lack a class. NaN where that leaves none.
    """
    indicators = truth if truth.ndim == 2 else truth[:, None] == np.arange(probabilities.shape[1])
    columns = [c for c in range(indicators.shape[1]) if 0 < np.count_nonzero(indicators[:, c]) < len(truth)]
    if not columns:
        return float("nan")
    return float(np.mean([metric(indicators[:, c], probabilities[:, c]) for c in columns]))


def _judged(kind: str, predicted: np.ndarray, probabilities):
    """Return a fitted estimator in scikit-learn's sense that answers with the predictions already made."""
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    class Predicted(BaseEstimator):
        def __sklearn_is_fitted__(self):
            return True

        def predict(self, X):
            return predicted

    if kind == REGRESSION:
        return type("PredictedValues", (RegressorMixin, Predicted), {})()

    class PredictedClasses(ClassifierMixin, Predicted):
        classes_ = np.arange(probabilities.shape[1])

        def predict_proba(self, X):
            return probabilities

    return PredictedClasses()
