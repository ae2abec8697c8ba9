"""The losses, metrics, optimizers, callbacks and fit parameters on offer, and reading them.

`read` turns the form's sections into one plain dictionary that JSON can hold (the builder's
``training.json``); `loss`, `metrics`, `optimizer` and `callbacks` make Keras' objects of it::

    {"learning_type": "KerasGClassifier", "random_seed": 7,
     "loss": "categorical_crossentropy", "loss_options": {"label_smoothing": 0.1}, "metrics": ["acc"],
     "optimizer": {"type": "Adam", "options": {"learning_rate": 0.001}},
     "fit": {"epochs": 2, "batch_size": 500},
     "callbacks": [{"type": "EarlyStopping", "options": {"monitor": "val_loss"}}]}

An empty optional parameter is absent, so Keras' default holds; an explicit 0 stays 0.
"""

from . import objectives
from .errors import UserError, listed, quoted
from .kinds import Choice, Flag, Real, Whole, Word, optional, read_parameters
from .objectives import LOSSES, METRICS
from .optimizers import OPTIMIZERS, check_together
from .parameters import several, with_further

CLASSIFIER, REGRESSOR = "KerasGClassifier", "KerasGRegressor"
LEARNING_TYPES = (CLASSIFIER, REGRESSOR)

NO_METRIC = "none"

_MONITOR = (optional("monitor", Word()), optional("mode", Choice(("auto", "min", "max"))))
CALLBACKS = {
    "EarlyStopping": (
        *_MONITOR, optional("min_delta", Real()), optional("patience", Whole(0)), optional("baseline", Real()),
        optional("restore_best_weights", Flag()),
    ),
    "TerminateOnNaN": (),
    "ReduceLROnPlateau": (
        *_MONITOR, optional("factor", Real(0, 1, below=True)), optional("patience", Whole(0)),
        optional("min_delta", Real()), optional("cooldown", Whole(0)), optional("min_lr", Real(0)),
    ),
}
# Choices of the form that need no Keras callback: the history is kept in every run.
WITHOUT_CALLBACK = ("None", "CSVLogger")

FIT_PARAMETERS = (
    optional("epochs", Whole()), optional("batch_size", Whole()), optional("steps_per_epoch", Whole()),
    optional("validation_split", Real(0, 1, below=True)), optional("validation_steps", Whole()),
    optional("verbose", Whole(0)),
)
RANDOM_SEED = optional("random_seed", Whole(0))


def read(form: dict) -> dict:
    """Read the sections of the builder's form into the dictionary described above.

    Parameters:
        form: `learning_type`, `random_seed`, `compile_params` and `fit_params` as Galaxy's JSON
            holds them.

    Raises:
        UserError: names the parameter, the rule and what was received.
    """
    compiling = form["compile_params"]
    fitting = form["fit_params"]
    loss_name = Choice(tuple(LOSSES)).read(compiling["loss"], "Select a loss function")
    return {
        "learning_type": Choice(LEARNING_TYPES).read(form["learning_type"], "Do classification or regression?"),
        **read_parameters([RANDOM_SEED], form, "Model builder"),
        "loss": loss_name,
        "loss_options": objectives.read_loss_options(loss_name, with_further(compiling, "loss_options")),
        "metrics": read_metrics(compiling.get("metrics")),
        "optimizer": _read_optimizer(compiling["optimizer_selection"]),
        "fit": read_parameters(FIT_PARAMETERS, fitting, "Fit parameters"),
        "callbacks": _read_callbacks(fitting.get("callbacks") or []),
    }


def read_metrics(value) -> list[str]:
    """Read the multiple select of metrics, which may be a list, one name, "none" or null."""
    names = [name for name in several(value) if name != NO_METRIC]
    return [Choice(tuple(METRICS)).read(name, "Select metrics") for name in dict.fromkeys(names)]


def _read_optimizer(selection: dict) -> dict:
    kind = Choice(tuple(OPTIMIZERS)).read(selection["optimizer_type"], "Select an optimizer")
    values = with_further(selection.get("optimizer_options") or {}, "further_options")
    options = read_parameters(OPTIMIZERS[kind], values, kind)
    check_together(kind, options)
    return {"type": kind, "options": options}


def _read_callbacks(entries: list[dict]) -> list[dict]:
    found = []
    for entry in entries:
        selection = entry["callback_selection"]
        kind = Choice((*CALLBACKS, *WITHOUT_CALLBACK)).read(selection["callback_type"], "Choose a callback")
        if kind not in WITHOUT_CALLBACK:
            found.append({"type": kind, "options": read_parameters(CALLBACKS[kind], selection, kind)})
    return found


def check(training: dict, source: str) -> dict:
    """Check a dictionary that came from a file; return it with every value as its kind reads it.

    Raises:
        UserError: `training` is not of the form described above.
    """
    label = f"{source}: training parameters"
    if not isinstance(training, dict):
        raise UserError(f"{label} must be a JSON object. Received: {quoted(training)}.")
    missing = [key for key in ("learning_type", "loss", "metrics", "optimizer", "fit", "callbacks") if key not in training]
    if missing:
        raise UserError(f"{label}: {listed(missing)} must be given.")
    optimizer, fit = _object(training["optimizer"], label), _object(training["fit"], label)
    callbacks = training["callbacks"] if isinstance(training["callbacks"], list) else []
    form = {
        "learning_type": training["learning_type"],
        "random_seed": training.get("random_seed"),
        "compile_params": {
            "loss": training["loss"],
            **_object(training.get("loss_options", {}), label),
            "metrics": training["metrics"],
            "optimizer_selection": {"optimizer_type": optimizer.get("type"), "optimizer_options": _object(optimizer.get("options", {}), label)},
        },
        "fit_params": {
            **fit,
            "callbacks": [
                {"callback_selection": {**_object(c.get("options", {}), label), "callback_type": c.get("type")}}
                for c in (_object(c, label) for c in callbacks)
            ],
        },
    }
    return read(form)


def _object(value, label: str) -> dict:
    if not isinstance(value, dict):
        raise UserError(f"{label} must consist of JSON objects. Received: {quoted(value)}.")
    return value


def loss(training: dict):
    """Return the `keras.losses.Loss` of a run."""
    return objectives.loss(training["loss"], training.get("loss_options", {}))


def metrics(training: dict, form: str) -> list:
    """Return new `keras.metrics.Metric` objects, named as in the form.

    Parameters:
        form: of the target, one of `objectives.FORMS`.

    Raises:
        UserError: a metric that does not fit the target.
    """
    return [objectives.metric(name, form) for name in training["metrics"]]


def optimizer(training: dict):
    """Return a new `keras.optimizers.Optimizer`."""
    import keras

    chosen = training["optimizer"]
    return getattr(keras.optimizers, chosen["type"])(**chosen["options"])


def callbacks(training: dict) -> list:
    """Return the run's `keras.callbacks.Callback` objects."""
    import keras

    return [getattr(keras.callbacks, c["type"])(**c["options"]) for c in training["callbacks"]]
