"""The losses and metrics on offer, and which of them fit which form of the target.

Keras compares a loss's or a metric's outputs with the target in one of four forms: ``binary`` (0 and 1,
in one column or in several that do not exclude each other), ``categorical`` (one-hot columns), ``sparse``
(the class's position) and ``regression``.
"""

from .errors import UserError, listed, quoted
from .kinds import Real, optional, read_parameters

BINARY, CATEGORICAL, SPARSE, REGRESSION = FORMS = ("binary", "categorical", "sparse", "regression")
FORM_WORDS = {
    BINARY: "yes and no, or several labels a sample",
    CATEGORICAL: "classes in one-hot columns",
    SPARSE: "classes by position, as sparse_categorical_crossentropy takes them",
    REGRESSION: "a regression",
}

# Name in the form -> class in keras.losses. A class, since Keras cannot load a model file back
# that was compiled with the short name of a loss function.
LOSSES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "squared_hinge": "SquaredHinge",
    "hinge": "Hinge",
    "categorical_hinge": "CategoricalHinge",
    "logcosh": "LogCosh",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "kullback_leibler_divergence": "KLDivergence",
    "poisson": "Poisson",
    "cosine_proximity": "CosineSimilarity",
    "huber": "Huber",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "dice": "Dice",
    "tversky": "Tversky",
}
# Options of losses in the form; those that others than these losses ignore.
LOSS_OPTIONS = (optional("label_smoothing", Real(0, 1, below=True)),)
SMOOTHED = (
    "binary_crossentropy", "categorical_crossentropy", "binary_focal_crossentropy", "categorical_focal_crossentropy",
)  # fmt: skip


def _in(forms, name: str, **options) -> dict:
    return {form: (name, options) for form in forms}


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
    "precision": _in((BINARY, CATEGORICAL), "Precision"),
    "recall": _in((BINARY, CATEGORICAL), "Recall"),
    "f1": _in((BINARY,), "F1Score", average="macro", threshold=0.5) | _in((CATEGORICAL,), "F1Score", average="macro"),
    "top_k_categorical_accuracy": _TOP,
    "rmse": _in(_NUMBERS, "RootMeanSquaredError"),
    "msle": _in(_NUMBERS, "MeanSquaredLogarithmicError"),
    "log_cosh": _in(_NUMBERS, "LogCoshError"),
    "r2": _in((REGRESSION,), "R2Score"),
}


def read_loss_options(loss: str, values: dict) -> dict:
    """Read the options of a loss.

    Raises:
        UserError: a loss that has no such option; names those that have.
    """
    options = read_parameters(LOSS_OPTIONS, values, loss)
    if loss in SMOOTHED:
        return options
    if options.get("label_smoothing"):
        raise UserError(
            f"label_smoothing: the loss {loss} has no label smoothing. Leave it blank, or choose one of "
            f"{listed(SMOOTHED)}."
        )
    return {}


def loss(name: str, options: dict):
    """Return the `keras.losses.Loss` of a name in the form."""
    import keras

    return getattr(keras.losses, LOSSES[name])(**options)


def metric(name: str, form: str):
    """Return a new `keras.metrics.Metric` with the name that it has in the form.

    Parameters:
        form: of the target, one of `FORMS`.

    Raises:
        UserError: the metric does not fit the target; says what it fits, and what fits the target.
    """
    import keras

    if form not in METRICS[name]:
        suited = " or ".join(FORM_WORDS[f] for f in FORMS if f in METRICS[name])
        others = [other for other, forms in METRICS.items() if form in forms]
        raise UserError(
            f"The metric {quoted(name)} is for {suited}. The target of this run is {FORM_WORDS[form]}: choose among "
            f"{listed(others, len(others))}."
        )
    kind, options = METRICS[name][form]
    return getattr(keras.metrics, kind)(name=name, **options)
