"""Every scorer with every kind of target: it either gives scikit-learn's score of the user's labels, or is refused."""

import gc
import weakref

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from dltools.catalogue.scorers import ScorerChoice
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import targets
from dltools.evaluation import prediction, scoring
from dltools.tables import labels

SOURCE = Dataset("y", "y")
ROWS = 60
RANDOM = np.random.default_rng(4)
POSITIONS = np.arange(ROWS) % 6
SEVERAL = (RANDOM.uniform(size=(ROWS, 3)) > 0.5).astype(int)
SEVERAL[0] = 1
VALUES = RANDOM.uniform(0, 3, (ROWS, 2)).astype(np.float32)


def texts(columns):
    return [np.asarray(column).astype(str) for column in np.atleast_2d(columns)]


NAMES = np.array(["ant", "bee", "cat", "dog", "elk", "fox"])
# Kind of target -> the target, as the training tool makes it, and the user's truth.
TARGETS = {
    "binary, one unit": (
        targets.classification(texts(NAMES[POSITIONS % 2]), None, 1, "binary_crossentropy", SOURCE),
        NAMES[POSITIONS % 2],
    ),
    "binary, two units": (
        targets.classification(texts(POSITIONS % 2 + 5), None, 2, "categorical_crossentropy", SOURCE),
        POSITIONS % 2 + 5,
    ),
    "integers": (
        targets.classification(texts(POSITIONS + 3), None, 6, "sparse_categorical_crossentropy", SOURCE),
        POSITIONS + 3,
    ),
    "names": (
        targets.classification(texts(NAMES[POSITIONS]), None, 6, "categorical_crossentropy", SOURCE),
        NAMES[POSITIONS],
    ),
    "one-hot": (
        targets.classification(texts(np.eye(6, dtype=int)[POSITIONS].T), None, 6, "categorical_crossentropy", SOURCE),
        POSITIONS,
    ),
    "three classes": (
        targets.classification(texts(POSITIONS % 3), None, 3, "categorical_crossentropy", SOURCE),
        POSITIONS % 3,
    ),
    "multilabel": (targets.classification(texts(SEVERAL.T), None, 3, "binary_crossentropy", SOURCE), SEVERAL),
    "regression": (targets.regression(VALUES[:, :1], None, 1, SOURCE), VALUES[:, :1]),
    "two targets": (targets.regression(VALUES, None, 2, SOURCE), VALUES),
    "below -1": (targets.regression(VALUES[:, :1] - 5, None, 1, SOURCE), VALUES[:, :1] - 5),
}


def outputs(target):
    """Return what a network may give, right more often than by chance."""
    noise = RANDOM.uniform(
        0, 1, (ROWS, target.values.shape[1] if target.values.dtype != np.int64 else len(target.classes))
    )
    if target.kind == targets.REGRESSION:
        return (target.values + noise - 0.5).astype(np.float32)
    truth = (
        np.eye(noise.shape[1])[target.truth]
        if noise.shape[1] > 1 and target.truth.ndim == 1
        else target.truth.reshape(ROWS, -1)
    )
    found = (noise + 0.6 * truth) / 1.7
    return (
        found / found.sum(axis=1, keepdims=True) if target.truth.ndim == 1 and noise.shape[1] > 1 else found
    ).astype(np.float32)


def averaged(function, average):
    return lambda y, p, s, c: function(y, p, average=average, zero_division=0)


def by_class(function, **options):
    """Return a score of likelihoods, of the positive class where there are two."""

    def score(y, p, s, c):
        if y.ndim == 1 and len(c) == 2:
            return function(y == c[1], s[:, 1])
        return function(label_binarize(y, classes=c) if y.ndim == 1 else y, s, average="macro")

    return score


def multiclass_auc(**options):
    return lambda y, p, s, c: (
        metrics.roc_auc_score(y == c[1], s[:, 1]) if len(c) == 2 else metrics.roc_auc_score(y, s, labels=c, **options)
    )


def top(k):
    return lambda y, p, s, c: np.mean(
        [truth in np.asarray(c)[np.argsort(row)[-k:]] for truth, row in zip(y, s, strict=True)]
    )


def correlation(function):
    return lambda y, p, s, c: np.mean([function(a, b).statistic for a, b in zip(y.T, p.T, strict=True)])


# Computed anew, from the user's labels rather than from positions.
EXPECTED = {
    "accuracy": lambda y, p, s, c: metrics.accuracy_score(y, p), "balanced_accuracy": lambda y, p, s, c: metrics.balanced_accuracy_score(y, p),
    "f1": lambda y, p, s, c: metrics.f1_score(y, p, pos_label=c[1]), "precision": lambda y, p, s, c: metrics.precision_score(y, p, pos_label=c[1]),
    "recall": lambda y, p, s, c: metrics.recall_score(y, p, pos_label=c[1]),
    **{f"{name}_{shown}": averaged(getattr(metrics, f"{name}_score"), known)
       for name in ("f1", "precision", "recall")
       for shown, known in (("micro", "micro"), ("macro", "macro"), ("weighted" if name == "f1" else "wighted", "weighted"), ("samples", "samples"))},
    "neg_log_loss": lambda y, p, s, c: -metrics.log_loss(y, s, labels=c),
    "roc_auc": by_class(metrics.roc_auc_score), "binarize_auc_scorer": by_class(metrics.roc_auc_score),
    "average_precision": by_class(metrics.average_precision_score), "binarize_average_precision_scorer": by_class(metrics.average_precision_score),
    "roc_auc_ovr": multiclass_auc(multi_class="ovr"), "roc_auc_ovr_weighted": multiclass_auc(multi_class="ovr", average="weighted"),
    "roc_auc_ovo": multiclass_auc(multi_class="ovo"), "roc_auc_ovo_weighted": multiclass_auc(multi_class="ovo", average="weighted"),
    "cohen_kappa": lambda y, p, s, c: metrics.cohen_kappa_score(y, p), "matthews_corrcoef": lambda y, p, s, c: metrics.matthews_corrcoef(y, p),
    "top_2_accuracy": top(2), "top_3_accuracy": top(3), "top_5_accuracy": top(5),
    "explained_variance": lambda y, p, s, c: metrics.explained_variance_score(y, p), "r2": lambda y, p, s, c: metrics.r2_score(y, p),
    "neg_mean_absolute_error": lambda y, p, s, c: -np.mean(np.abs(y - p)), "neg_mean_squared_error": lambda y, p, s, c: -np.mean((y - p) ** 2),
    "neg_mean_squared_log_error": lambda y, p, s, c: -np.mean((np.log1p(y) - np.log1p(p)) ** 2),
    "neg_median_absolute_error": lambda y, p, s, c: -np.mean(np.median(np.abs(y - p), axis=0)),
    "neg_root_mean_squared_error": lambda y, p, s, c: -np.mean(np.sqrt(np.mean((y - p) ** 2, axis=0))),
    "neg_mean_absolute_percentage_error": lambda y, p, s, c: -np.mean(np.abs(y - p) / np.abs(y)),
    "max_error": lambda y, p, s, c: -np.max(np.abs(y - p)),
    "spearman_correlation": correlation(stats.spearmanr), "pearson_correlation": correlation(stats.pearsonr),
}  # fmt: skip
# Scorer -> the targets that it is for; what is not named here is for none of the kind's others.
CLASSES = {"binary, one unit", "binary, two units", "integers", "names", "one-hot", "three classes"}
BINARY = {"binary, one unit", "binary, two units"}
NUMBERS = {"regression", "two targets", "below -1"}
MEANT_FOR = {
    **dict.fromkeys(("f1", "precision", "recall"), BINARY),
    **{key: {"multilabel"} for key in ("f1_samples", "precision_samples", "recall_samples")},
    **dict.fromkeys(("balanced_accuracy", "neg_log_loss", "roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted",
                     "cohen_kappa", "matthews_corrcoef"), CLASSES),
    "top_2_accuracy": CLASSES - BINARY, "top_3_accuracy": CLASSES - BINARY - {"three classes"},
    "top_5_accuracy": CLASSES - BINARY - {"three classes"},
    "max_error": NUMBERS - {"two targets"}, "neg_mean_squared_log_error": NUMBERS - {"below -1"},
    **dict.fromkeys(("explained_variance", "neg_mean_absolute_error", "neg_mean_squared_error", "neg_median_absolute_error", "r2",
                     "spearman_correlation", "pearson_correlation", "neg_root_mean_squared_error",
                     "neg_mean_absolute_percentage_error"), NUMBERS),
}  # fmt: skip


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("name", scoring.SCORERS)
def test_every_scorer_with_every_target(name, kind):
    target, y = TARGETS[kind]
    meant = kind in MEANT_FOR.get(name, CLASSES | {"multilabel"})
    if not meant:
        with pytest.raises(UserError, match=f"'{name}' makes no sense for a .* Choose among: .*") as refusal:
            scoring.chosen(ScorerChoice(name), target)
        assert f" {name}," not in str(refusal.value)
        return
    assert scoring.chosen(ScorerChoice(name), target) == [name]
    found = outputs(target)
    predicted = prediction.decided(found, target.kind, "binary_crossentropy")
    likelihoods = prediction.likelihoods(found, target.kind)
    score = scoring.scores([name], target.kind, target.truth, predicted, likelihoods)[name]
    classes = labels.stored(target.classes)
    shown = predicted if predicted.ndim == 2 else np.asarray(classes)[predicted]
    if target.kind == targets.REGRESSION:
        y, shown = y.astype(np.float64), shown.astype(np.float64)
    assert score == pytest.approx(EXPECTED[name](y, shown, likelihoods, classes), rel=1e-4)
    assert np.isfinite(score)


def test_default_and_secondary_scorers():
    target = TARGETS["names"][0]
    assert scoring.chosen(ScorerChoice(), target) == ["accuracy"]
    assert scoring.chosen(ScorerChoice(), TARGETS["regression"][0]) == ["r2"]
    assert scoring.chosen(ScorerChoice("f1_macro", ("accuracy", "f1_macro")), target) == [
        "f1_macro",
        "accuracy",
    ]


def test_what_a_small_part_does_not_define_is_nan():
    likelihoods = np.full((3, 6), 1 / 6)
    names = ["roc_auc", "roc_auc_ovo", "roc_auc_ovr_weighted", "accuracy", "neg_log_loss", "top_3_accuracy"]
    found = scoring.scores(names, targets.MULTICLASS, np.zeros(3, int), np.zeros(3, int), likelihoods)
    assert [np.isnan(found[name]) for name in names] == [True, True, True, False, False, False]
    one = scoring.scores(
        ["r2", "spearman_correlation", "pearson_correlation"],
        targets.REGRESSION,
        np.ones((1, 1)),
        np.ones((1, 1)),
        None,
    )
    assert np.isnan(list(one.values())).all()
    low = scoring.scores(
        ["neg_mean_squared_log_error"], targets.REGRESSION, np.ones((2, 1)), np.full((2, 1), -3.0), None
    )
    assert np.isnan(low["neg_mean_squared_log_error"])


def test_predictions_are_free_when_they_are_scored():
    """They may take much memory, and more are scored after them."""
    predicted, likelihoods = np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
    watched = [weakref.ref(predicted), weakref.ref(likelihoods)]
    gc.collect()
    gc.disable()
    try:
        scoring.scores(["accuracy", "roc_auc"], targets.BINARY, np.array([0, 1, 0]), predicted, likelihoods)
        del predicted, likelihoods
        assert [watcher() for watcher in watched] == [None, None]
    finally:
        gc.enable()
