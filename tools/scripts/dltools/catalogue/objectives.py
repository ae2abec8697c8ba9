"""The losses on offer with their options, and the forms of a target that losses and metrics are for.

Keras compares a loss's or a metric's outputs with the target in one of four forms: ``binary`` (0 and 1,
in one column or in several that do not exclude each other), ``categorical`` (one-hot columns), ``sparse``
(the class's position) and ``regression``.

CTC is not on offer: it compares a sequence of outputs with a sequence of labels of another length, while a
target here is one label or one row of numbers for each sample.
"""

from typing import TYPE_CHECKING

from dltools.catalogue.training_config import TrainingConfig
from dltools.core.errors import UserError, listed
from dltools.forms.kinds import Flag, Real, optional, read_parameters
from dltools.forms.parameters import boolean, is_empty

if TYPE_CHECKING:
    import keras

BINARY, CATEGORICAL, SPARSE, REGRESSION = FORMS = ("binary", "categorical", "sparse", "regression")
FORM_WORDS = {
    BINARY: "yes and no, or several labels a sample",
    CATEGORICAL: "classes in one-hot columns",
    SPARSE: "classes by position, as sparse_categorical_crossentropy takes them",
    REGRESSION: "a regression",
}
SIGMOID, SOFTMAX = "sigmoid", "softmax"

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
# What the form shows, where that is more than the name.
LOSS_LABELS = {
    "mean_squared_error": "mse / MSE / mean_squared_error",
    "mean_absolute_error": "mae / MAE / mean_absolute_error",
    "mean_absolute_percentage_error": "mape / MAPE / mean_absolute_percentage_error",
    "mean_squared_logarithmic_error": "msle / MSLE / mean_squared_logarithmic_error",
    "logcosh": "logcosh / log_cosh",
    "kullback_leibler_divergence": "kld / KLD / kullback_leibler_divergence",
    "cosine_proximity": "cosine / cosine_proximity / cosine_similarity",
}
# These take probabilities: loss -> what makes probabilities of logits.
OF_PROBABILITIES = {
    "binary_crossentropy": SIGMOID,
    "binary_focal_crossentropy": SIGMOID,
    "categorical_crossentropy": SOFTMAX,
    "categorical_focal_crossentropy": SOFTMAX,
    "sparse_categorical_crossentropy": SOFTMAX,
    "dice": SOFTMAX,
    "tversky": SOFTMAX,
}
# These have one value for a whole batch, so that a single sample has no weight.
OF_BATCHES = ("dice", "tversky")

_FOCAL = ("binary_focal_crossentropy", "categorical_focal_crossentropy")
# Options in the form.
LOSS_OPTIONS = (
    optional("label_smoothing", Real(0, 1, below=True)), optional("from_logits", Flag()), optional("delta", Real(0)),
    optional("gamma", Real(0)), optional("alpha", Real(0)), optional("beta", Real(0)),
)  # fmt: skip
# Option -> the losses that have it.
OPTION_OF = {
    "label_smoothing": ("binary_crossentropy", "categorical_crossentropy", *_FOCAL),
    "from_logits": tuple(name for name in OF_PROBABILITIES if name not in OF_BATCHES),
    "delta": ("huber",),
    "gamma": _FOCAL,
    "alpha": (*_FOCAL, "tversky"),
    "beta": ("tversky",),
}


def read_loss_options(loss: str, values: dict) -> dict:
    """Read the options of a loss.

    Raises:
        UserError: an option that the loss has not; names the losses that have it.
    """
    options = {}
    for parameter in LOSS_OPTIONS:
        name, value = parameter.name, values.get(parameter.name)
        if is_empty(value) or (name == "from_logits" and not boolean(value, f"{loss}: {name}")):
            continue
        found = read_parameters([parameter], values, loss)[name]
        if loss in OPTION_OF[name]:
            options[name] = found
        elif name != "label_smoothing" or found:  # no smoothing is what the others do
            raise UserError(
                f"{name}: the loss {loss} has no {name.replace('_', ' ')}. Leave it blank, or choose one of "
                f"{listed(OPTION_OF[name])}."
            )
    return options


def loss(name: str, options: dict) -> "keras.losses.Loss":
    """Return the `keras.losses.Loss` of a name in the form."""
    import keras

    # Keras applies the alpha of this loss only where it is told so.
    balanced = {"apply_class_balancing": True} if name == "binary_focal_crossentropy" and "alpha" in options else {}
    return getattr(keras.losses, LOSSES[name])(**options, **balanced)


def logits_to(training: TrainingConfig) -> str | None:
    """Return what makes probabilities of a run's outputs, sigmoid or softmax, where they are logits; else None."""
    return OF_PROBABILITIES[training.loss] if training.gives_logits else None
