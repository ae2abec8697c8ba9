"""The metrics on offer: what each is in Keras for each form of the target, and whether more of it is better.

Keras' correlations (PearsonCorrelation, ConcordanceCorrelation) are not on offer: they compare the columns
of one row with each other, or the rows of one batch, never the whole table. The training tool scores
Spearman's correlation over all rows.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

from dltools.catalogue.objectives import BINARY, CATEGORICAL, FORM_WORDS, FORMS, REGRESSION, SIGMOID, SOFTMAX, SPARSE
from dltools.core.errors import UserError, listed, quoted

if TYPE_CHECKING:
    import keras

# Stands for the number of units of the last layer among a metric's arguments.
UNITS = "units"
# A probability above 0.5 is a logit above 0. Not 0 itself, which the F scores refuse.
LOGIT_BOUNDARY = 1e-7


def _in(forms: Iterable[str], name: str, **options: object) -> dict:
    return {form: (name, options) for form in forms}


def _f_score(name: str, **options: object) -> dict:
    return _in((BINARY,), name, average="macro", threshold=0.5, **options) | _in(
        (CATEGORICAL,), name, average="macro", **options
    )


_ACCURACY = _in((CATEGORICAL,), "CategoricalAccuracy") | _in((SPARSE,), "SparseCategoricalAccuracy")
_TOP = _in((CATEGORICAL,), "TopKCategoricalAccuracy") | _in((SPARSE,), "SparseTopKCategoricalAccuracy")
_NUMBERS = (BINARY, CATEGORICAL, REGRESSION)
# Name in the form -> form of the target -> class in keras.metrics and its arguments. The first ten are older than
# these tools: saved workflows choose them for any target, so they are there wherever Keras can compute them.
METRICS = {
    "acc": _ACCURACY | _in((BINARY, REGRESSION), "BinaryAccuracy"),
    "binary_accuracy": _in(FORMS, "BinaryAccuracy"),
    "categorical_accuracy": _in(FORMS, "CategoricalAccuracy") | _ACCURACY,
    "sparse_categorical_accuracy": _ACCURACY,
    "mse": _in(FORMS, "MeanSquaredError"),
    "mae": _in(FORMS, "MeanAbsoluteError"),
    "mape": _in(FORMS, "MeanAbsolutePercentageError"),
    "cosine_proximity": _in(FORMS, "CosineSimilarity"),
    "cosine": _in(FORMS, "CosineSimilarity"),
    "auc": _in((BINARY, CATEGORICAL), "AUC"),
    "auc_pr": _in((BINARY, CATEGORICAL), "AUC", curve="PR"),
    "precision": _in((BINARY, CATEGORICAL), "Precision"),
    "recall": _in((BINARY, CATEGORICAL), "Recall"),
    "f1": _f_score("F1Score"),
    "f2": _f_score("FBetaScore", beta=2.0),
    "f0_5": _f_score("FBetaScore", beta=0.5),
    "mean_iou": _in((BINARY,), "BinaryIoU")
    | _in((CATEGORICAL,), "OneHotMeanIoU", num_classes=UNITS)
    | _in((SPARSE,), "MeanIoU", num_classes=UNITS, sparse_y_pred=False),
    "top_k_categorical_accuracy": _TOP,
    "crossentropy": _in((BINARY,), "BinaryCrossentropy")
    | _in((CATEGORICAL,), "CategoricalCrossentropy")
    | _in((SPARSE,), "SparseCategoricalCrossentropy"),
    "hinge": _in((BINARY,), "Hinge"),
    "squared_hinge": _in((BINARY,), "SquaredHinge"),
    "categorical_hinge": _in((CATEGORICAL,), "CategoricalHinge"),
    "rmse": _in(_NUMBERS, "RootMeanSquaredError"),
    "msle": _in(_NUMBERS, "MeanSquaredLogarithmicError"),
    "log_cosh": _in(_NUMBERS, "LogCoshError"),
    "kld": _in((CATEGORICAL, REGRESSION), "KLDivergence"),
    "poisson": _in((REGRESSION,), "Poisson"),
    "r2": _in((REGRESSION,), "R2Score"),
}  # fmt: skip
# What the form shows, where that is more than the name.
LABELS = {
    "acc": "acc / accuracy",
    "mse": "mse / MSE / mean_squared_error",
    "mae": "mae / MAE / mean_absolute_error",
    "mape": "mape / MAPE / mean_absolute_percentage_error",
    "cosine_proximity": "cosine_proximity / cosine_similarity",
    "auc": "auc: area under the ROC curve",
    "auc_pr": "auc_pr: area under the precision-recall curve, for classes of few samples",
    "f1": "f1: precision and recall alike, mean over the classes",
    "f2": "f2: as f1, recall counts more",
    "f0_5": "f0_5: as f1, precision counts more",
    "mean_iou": "mean_iou: intersection over union, mean over the classes",
    "top_k_categorical_accuracy": "top_k_categorical_accuracy: the class is among the 5 most likely",
    "crossentropy": "crossentropy: how unlikely the true classes were held",
    "rmse": "rmse / root_mean_squared_error",
    "msle": "msle / MSLE / mean_squared_logarithmic_error",
    "kld": "kld / KLD / kullback_leibler_divergence",
    "r2": "r2: coefficient of determination",
}
# Of the others less is better.
MORE_IS_BETTER = frozenset({
    "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "cosine_proximity", "cosine",
    "auc",
    "auc_pr", "precision", "recall", "f1", "f2", "f0_5", "mean_iou", "top_k_categorical_accuracy", "r2",
})  # fmt: skip

# These only ask which output of a row is the largest, which is the same of logits.
_BY_ORDER = frozenset({
    "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy",
    "OneHotMeanIoU", "MeanIoU", "F1Score", "FBetaScore",
})  # fmt: skip
_OF_ONE_ROW = frozenset({"F1Score", "FBetaScore", "R2Score"})
_WITH_BOUNDARY = {
    "BinaryAccuracy": "threshold", "BinaryIoU": "threshold", "F1Score": "threshold", "FBetaScore": "threshold",
    "Precision": "thresholds", "Recall": "thresholds",
}  # fmt: skip
# Class -> what makes probabilities of the logits that it takes.
_FROM_LOGITS = {
    "AUC": SIGMOID, "BinaryCrossentropy": SIGMOID, "CategoricalCrossentropy": SOFTMAX,
    "SparseCategoricalCrossentropy": SOFTMAX,
}  # fmt: skip


def direction(monitored: str) -> str:
    """Return ``max`` or ``min``: in which direction the loss or a metric, with or without ``val_``, gets better."""
    return "max" if monitored.removeprefix("val_") in MORE_IS_BETTER else "min"


def metric(name: str, form: str, units: int, activation: str | None = None) -> "keras.metrics.Metric":
    """Return a new `keras.metrics.Metric` with the name that it has in the form.

    Parameters:
        form: of the target, one of `objectives.FORMS`.
        units: number of units of the last layer.
        activation: sigmoid or softmax, where the model's outputs are logits that this makes probabilities of.

    Raises:
        UserError: the metric does not fit the target or the logits; says what it fits, and what fits the target.
    """
    found = on_outputs(name, form, activation)
    if found is None:
        _refuse(name, form, activation)
    kind, options = found
    import keras

    sized = {key: units if value == UNITS else value for key, value in options.items()}
    return getattr(keras.metrics, kind)(name=name, **sized)


def on_outputs(name: str, form: str, activation: str | None) -> tuple[str, dict] | None:
    """Return a metric's class in `keras.metrics` and its arguments, or None where none is right; parameters as
    `metric`.
    """
    if activation == SOFTMAX and form == BINARY:
        form = CATEGORICAL  # two classes in two columns
    found = METRICS[name].get(form)
    if found is None or activation is None:
        return found
    kind, options = found
    if kind in _BY_ORDER and "threshold" not in options:
        return found
    if _FROM_LOGITS.get(kind) == activation:
        return kind, {**options, "from_logits": True}
    if kind in _WITH_BOUNDARY and activation == SIGMOID:
        return kind, {**options, _WITH_BOUNDARY[kind]: LOGIT_BOUNDARY}
    return None


def check_steps(names: Iterable[str], form: str) -> None:
    """Refuse metrics that Keras computes of one row of numbers for each sample only, where samples have several steps.

    Raises:
        UserError: names the metric, and what fits.
    """

    def fits(name: str) -> bool:
        found = METRICS[name].get(form)
        return found is not None and found[0] not in _OF_ONE_ROW

    wrong = next((name for name in names if not fits(name)), None)
    if wrong is not None:
        others = [other for other in METRICS if fits(other)]
        raise UserError(
            f"The metric {quoted(wrong)} is for one row of numbers for each sample, but this network gives several "
            f"steps: choose among {listed(others, len(others))}. 'Metrics for evaluation' has scores of the same kind "
            "for the trained network."
        )


def _refuse(name: str, form: str, activation: str | None) -> NoReturn:
    others = [other for other in METRICS if on_outputs(other, form, activation)]
    choose = f"choose among {listed(others, len(others))}."
    if form in METRICS[name]:
        raise UserError(
            f"The metric {quoted(name)} needs probabilities, but with from_logits the last layer gives none: {choose} "
            f"Or end the model with {activation} and leave from_logits off."
        )
    suited = " or ".join(FORM_WORDS[f] for f in FORMS if f in METRICS[name])
    raise UserError(
        f"The metric {quoted(name)} is for {suited}. The target of this run is {FORM_WORDS[form]}: {choose}"
    )
