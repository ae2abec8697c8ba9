"""Scores of predictions, named as in the form, computed by scikit-learn."""

import dataclasses
import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dltools.catalogue.scorers import DEFAULT, SCORERS, ScorerChoice
from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from dltools.core.errors import UserError, listed, quoted
from dltools.data.targets import Target
from dltools.forms.kinds import Choice


def chosen(wanted: ScorerChoice, target: Target) -> list[str]:
    """Return the names of the scorers to apply, primary first, each once.

    Raises:
        UserError: a scorer that makes no sense for the target; the message lists those that do.
    """
    if len({own.kind == REGRESSION for own in target.outputs}) > 1:
        return _of_several_kinds(wanted, target)
    if target.outputs:
        # All outputs have the same scorers, which are checked for each.
        found = [chosen(wanted, own) for own in target.outputs]
        return found[0]
    if wanted.primary == DEFAULT:
        wanted = dataclasses.replace(wanted, primary=_usual(target))
    for name in wanted.names:
        Choice(tuple(SCORERS)).read(name, "Metrics for evaluation")
        if not fits(name, target):
            fitting = [other for other in SCORERS if fits(other, target)]
            raise UserError(
                f"Metrics for evaluation: {quoted(name)} makes no sense for {_described(target)}. "
                f"Choose among: {listed(fitting, len(fitting))}."
            )
    return wanted.names


def _usual(target: Target) -> str:
    return "r2" if target.kind == REGRESSION else "accuracy"


def _of_several_kinds(wanted: ScorerChoice, target: Target) -> list[str]:
    """Return the scorers of a network that learns classes and numbers; each output takes those that fit it."""
    for name in wanted.names:
        Choice((*SCORERS, DEFAULT)).read(name, "Metrics for evaluation")
        if name != DEFAULT and not any(fits(name, own) for own in target.outputs):
            kinds = " and ".join(_described(own) for own in target.outputs)
            raise UserError(f"Metrics for evaluation: {quoted(name)} makes no sense for {kinds}. Choose another score.")
    return wanted.names


def of_output(names: list[str], target: Target) -> list[str]:
    """Return which of the chosen scorers are those of an output, or what is usual for it where none is."""
    if not target.output or not names:
        return names
    found = [_usual(target) if name == DEFAULT else name for name in names if name == DEFAULT or fits(name, target)]
    return list(dict.fromkeys(found)) or [_usual(target)]


def fits(name: str, target: Target) -> bool:
    """Tell whether a scorer makes sense for a target."""
    scorer = SCORERS[name]
    if target.kind not in scorer.kinds:
        return False
    if target.kind == REGRESSION:
        return not (scorer.one_target and target.values.shape[-1] > 1) and float(target.values.min()) > scorer.above
    return not scorer.more_than or len(target.classes) > scorer.more_than


def _described(target: Target) -> str:
    if target.kind == REGRESSION:
        columns = f" of {target.truth.shape[1]} columns" if target.truth.shape[1] > 1 else ""
        return f"a {target.kind} target{columns} from {target.values.min():g} to {target.values.max():g}"
    return f"a {target.kind} target of {len(target.classes)} {'labels' if target.kind == MULTILABEL else 'classes'}"


def scores(
    names: list[str], target_kind: str, truth: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray | None
) -> dict[str, float]:
    """Score predictions.

    Parameters:
        names: of scorers, as `chosen` returns them.
        target_kind: the kind of the target.
        truth: see `targets.Target.truth`, of the rows scored.
        predicted: of the same form as `truth`; of a regression, float32 too.
        probabilities: float64 (rows, classes), or None for a regression.

    Returns:
        name -> score, in the order of `names`. A score that the rows do not define, such as an AUC where
        only one class occurs, is NaN.
    """
    import warnings

    # The scores of a regression are those of the values that the user wrote and gets, not of rounded ones.
    estimator = _as_estimator(
        target_kind, predicted.astype(np.float64) if target_kind == REGRESSION else predicted, probabilities
    )
    with warnings.catch_warnings():
        # scikit-learn and SciPy warn where a score is not defined: the table then says NaN, or 0 as they count it.
        warnings.simplefilter("ignore")
        return {
            name: float(_scorer(SCORERS[name].name or name, target_kind, probabilities)(estimator, truth, truth))
            for name in names
        }


def _scorer(known: str, kind: str, probabilities: np.ndarray | None) -> Callable:
    """Return a function of an estimator, features and truth; the features are not looked at."""
    from sklearn import metrics

    by_class = kind in (MULTICLASS, MULTILABEL)
    if known in ("roc_auc", "average_precision") and by_class:
        return partial(_over_classes, metric=getattr(metrics, f"{known}_score"))
    if known.startswith("roc_auc_ov"):
        if kind == BINARY:
            return metrics.get_scorer("roc_auc")
        if known == "roc_auc_ovr_weighted":
            return partial(_over_classes, metric=metrics.roc_auc_score, weighted=True)
        return partial(_one_against_one, average="weighted" if known.endswith("weighted") else "macro")
    if known.startswith("top_"):
        return metrics.make_scorer(
            metrics.top_k_accuracy_score,
            response_method="predict_proba",
            k=int(known.split("_")[1]),
            labels=_positions(probabilities),
        )
    if known == "neg_log_loss":
        return metrics.make_scorer(
            metrics.log_loss, greater_is_better=False, response_method="predict_proba", labels=_positions(probabilities)
        )
    if known in _OWN:
        return metrics.make_scorer(_OWN[known]())
    return metrics.get_scorer(known)


def _positions(probabilities: np.ndarray | None) -> np.ndarray:
    assert probabilities is not None, "classifications have probabilities"
    return np.arange(probabilities.shape[1])


def _correlation(name: str) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return the mean over the targets of one of SciPy's correlations of truth and prediction."""
    from scipy import stats

    def mean(truth: np.ndarray, predicted: np.ndarray) -> float:
        columns = zip(np.reshape(truth, (len(truth), -1)).T, np.reshape(predicted, (len(truth), -1)).T, strict=True)
        return float(np.mean([getattr(stats, name)(*pair).statistic if len(truth) > 1 else np.nan for pair in columns]))

    return mean


def _squared_log_error() -> Callable[[np.ndarray, np.ndarray], float]:
    from sklearn import metrics

    def negative(truth: np.ndarray, predicted: np.ndarray) -> float:
        # Not defined for predictions of -1 and below, which a network may give whatever it was trained on.
        return -metrics.mean_squared_log_error(truth, predicted) if np.min(predicted) > -1 else float("nan")

    return negative


def _kappa() -> Callable:
    from sklearn import metrics

    return metrics.cohen_kappa_score


# What scikit-learn has no scorer of its own for, or one that raises where the score is not defined.
_OWN: dict[str, Callable[[], Callable[..., float]]] = {
    "spearman_correlation": partial(_correlation, "spearmanr"),
    "pearson_correlation": partial(_correlation, "pearsonr"),
    "neg_mean_squared_log_error": _squared_log_error,
    "cohen_kappa": _kappa,
}


def _over_classes(estimator: Any, _: object, truth: np.ndarray, metric: Callable, weighted: bool = False) -> float:
    """Return the mean of a two-class metric of each class against the rest, each class counting alike or by its rows.

    Classes that no row or every row has are left out: there the metric is not defined, and small parts often
    lack a class. NaN where that leaves none.
    """
    probabilities = estimator.predict_proba(None)
    indicators = truth if truth.ndim == 2 else truth[:, None] == _positions(probabilities)
    counts = np.count_nonzero(indicators, axis=0)
    columns = [column for column, count in enumerate(counts) if 0 < count < len(truth)]
    if not columns:
        return float("nan")
    found = [metric(indicators[:, column], probabilities[:, column]) for column in columns]
    return float(np.average(found, weights=counts[columns] if weighted else None))


def _one_against_one(estimator: Any, _: object, truth: np.ndarray, average: str) -> float:
    """Return the mean AUC of all pairs of classes that occur; NaN where only one does."""
    from sklearn import metrics

    if len(np.unique(truth)) < 2:
        return float("nan")
    probabilities = estimator.predict_proba(None)
    return metrics.roc_auc_score(
        truth, probabilities, multi_class="ovo", average=average, labels=_positions(probabilities)
    )


def _as_estimator(kind: str, predicted: np.ndarray, probabilities: np.ndarray | None) -> Any:
    """Return a fitted estimator in scikit-learn's sense that answers with the predictions already made."""
    of_values, of_classes = _estimators()
    if kind == REGRESSION:
        return of_values(predicted)
    return of_classes(predicted, probabilities, _positions(probabilities))


@functools.cache
def _estimators() -> tuple[type, type]:
    """Return the classes of estimators of values and of classes.

    Made once: a class is freed late, and all that its methods know of with it.
    """
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    class Values(RegressorMixin, BaseEstimator):
        def __init__(self, predicted: np.ndarray):
            self.predicted = predicted

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, X: object) -> np.ndarray:
            return self.predicted

    class Classes(ClassifierMixin, BaseEstimator):
        def __init__(self, predicted: np.ndarray, probabilities: np.ndarray | None, classes: np.ndarray):
            self.predicted, self.probabilities, self.classes_ = predicted, probabilities, classes

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, X: object) -> np.ndarray:
            return self.predicted

        def predict_proba(self, X: object) -> np.ndarray | None:
            return self.probabilities

    return Values, Classes
