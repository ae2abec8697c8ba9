"""The losses, metrics, optimizers, callbacks and fit parameters on offer, and reading them.

`read` turns the form's sections into a `TrainingConfig`; `loss`, `metrics` and `optimizer` make Keras' objects of it.
"""

from typing import TYPE_CHECKING, Any

from dltools.catalogue import callbacks, objectives, schedules
from dltools.catalogue import metrics as keras_metrics
from dltools.catalogue.fit_parameters import FIT_PARAMETERS, RANDOM_SEED, read_class_weight
from dltools.catalogue.objectives import LOSSES
from dltools.catalogue.optimizers import LOSS_SCALING, OPTIMIZERS, check_together
from dltools.catalogue.training_config import (
    CLASSIFIER,
    LEARNING_TYPES,
    FitConfig,
    OptimizerConfig,
    OutputConfig,
    SharedSplit,
    TrainingConfig,
)
from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import Choice, Real, Whole, optional, read_parameters
from dltools.forms.parameters import is_empty, several, with_further

if TYPE_CHECKING:
    import keras

NO_METRIC = "none"
_SHARED_SPLIT = (
    RANDOM_SEED._replace(name="seed", required=True),
    optional("fold", Whole()),
    optional("folds", Whole(2)),
)


def read(form: dict) -> TrainingConfig:
    """Read the sections of the builder's form.

    Parameters:
        form: `learning_type`, `random_seed`, `compile_params` and `fit_params` as Galaxy's JSON
            holds them.

    Raises:
        UserError: names the parameter, the rule and what was received.
    """
    compiling = form["compile_params"]
    fitting = form["fit_params"]
    loss_name = Choice(tuple(LOSSES)).read(compiling["loss"], "Select a loss function")
    learning_type = Choice(LEARNING_TYPES).read(form["learning_type"], "Do classification or regression?")
    class_weight = read_class_weight(fitting.get("class_weights"), learning_type == CLASSIFIER, loss_name)
    training = TrainingConfig(
        learning_type=learning_type,
        **read_parameters([RANDOM_SEED], form, "Model builder"),
        loss=loss_name,
        loss_options=objectives.read_loss_options(loss_name, with_further(compiling, "loss_options")),
        metrics=tuple(read_metrics(compiling.get("metrics"))),
        optimizer=_read_optimizer(compiling["optimizer_selection"]),
        fit=FitConfig(**read_parameters(FIT_PARAMETERS, fitting, "Fit parameters")),
        class_weight=class_weight,
        callbacks=tuple(callbacks.read(fitting.get("callbacks") or [])),
        outputs=tuple(map(_read_output, compiling.get("output_losses") or [])),
        split=_read_split(form.get("split")),
    )
    callbacks.check(training)
    return training


def read_metrics(value: Any) -> list[str]:
    """Read the multiple select of metrics, which may be a list, one name, "none" or null."""
    names = [name for name in several(value) if name != NO_METRIC]
    return [Choice(tuple(keras_metrics.METRICS)).read(name, "Select metrics") for name in dict.fromkeys(names)]


def _read_output(entry: dict) -> OutputConfig:
    """Read one box with the loss of an output."""
    label = "Loss of an output"
    if is_empty(entry.get("output")):
        raise UserError(f"{label}: the output must be given, by the name or the number of its layer.")
    output, weight = str(entry["output"]).strip(), entry.get("loss_weight")
    label = f"{label} {quoted(output)}"
    return OutputConfig(
        output=output,
        learning_type=Choice(LEARNING_TYPES).read(entry.get("output_learning_type"), f"{label}: classes or numbers"),
        loss=Choice(tuple(LOSSES)).read(entry.get("output_loss"), f"{label}: loss function"),
        loss_weight=1.0 if is_empty(weight) else Real(0).read(weight, f"{label}: weight"),
        metrics=tuple(read_metrics(entry.get("output_metrics"))),
    )


def _read_split(value: dict | None) -> SharedSplit | None:
    """Read the split that the builders of a sweep share, which stands in files alone."""
    if value is None:
        return None
    found = read_parameters(_SHARED_SPLIT, value, "The split of a sweep")
    if ("fold" in found) != ("folds" in found) or found.get("fold", 1) > found.get("folds", 1):
        raise UserError(
            f"The split of a sweep: fold must be one of folds, both or none given. Received: {quoted(value)}."
        )
    return SharedSplit(**found)


def _read_optimizer(selection: dict) -> OptimizerConfig:
    kind = Choice(tuple(OPTIMIZERS)).read(selection["optimizer_type"], "Select an optimizer")
    values = with_further(selection.get("optimizer_options") or {}, "further_options")
    options = read_parameters(OPTIMIZERS[kind], values, kind)
    check_together(kind, options)
    schedule, scaling = values.get("learning_rate_schedule"), values.get("loss_scaling")
    return OptimizerConfig(
        type=kind,
        options=options,
        schedule=schedules.read(schedule[0]["schedule"]) if schedule else None,
        loss_scaling=read_parameters(LOSS_SCALING, scaling[0], "Loss scaling") if scaling else None,
    )


def check(training: Any, source: str) -> TrainingConfig:
    """Check what a file holds, as parsed from JSON; return it with every value as its kind reads it.

    Raises:
        UserError: `training` is not of the form that `TrainingConfig.to_json` gives.
    """
    label = f"{source}: training parameters"
    if not isinstance(training, dict):
        raise UserError(f"{label} must be a JSON object. Received: {quoted(training)}.")
    missing = [
        key for key in ("learning_type", "loss", "metrics", "optimizer", "fit", "callbacks") if key not in training
    ]
    if missing:
        raise UserError(f"{label}: {listed(missing)} must be given.")
    fit = _object(training["fit"], label)
    entries = training["callbacks"]
    if not isinstance(entries, list):
        raise UserError(f"{label}: callbacks must be a list. Received: {quoted(entries)}.")
    form = {
        "learning_type": training["learning_type"],
        "random_seed": training.get("random_seed"),
        "compile_params": {
            "loss": training["loss"],
            **_object(training.get("loss_options", {}), label),
            "metrics": training["metrics"],
            "optimizer_selection": _optimizer_form(_object(training["optimizer"], label), label),
            "output_losses": _output_forms(training.get("outputs", []), label),
        },
        "fit_params": {
            **fit,
            "class_weights": _class_weight_form(training.get("class_weight")),
            "callbacks": [
                {"callback_selection": {**_object(c.get("options", {}), label), "callback_type": c.get("type")}}
                for c in (_object(c, label) for c in entries)
            ],
        },
    }
    return read(form | ({"split": _object(training["split"], label)} if "split" in training else {}))


def _optimizer_form(optimizer: dict, label: str) -> dict:
    options = dict(_object(optimizer.get("options", {}), label))
    if "schedule" in optimizer:
        chosen = _object(optimizer["schedule"], label)
        schedule = {**_object(chosen.get("options", {}), label), "schedule_type": chosen.get("type")}
        options["learning_rate_schedule"] = [{"schedule": schedule}]
    if "loss_scaling" in optimizer:
        options["loss_scaling"] = [_object(optimizer["loss_scaling"], label)]
    return {"optimizer_type": optimizer.get("type"), "optimizer_options": options}


def _output_forms(outputs: Any, label: str) -> list[dict]:
    if not isinstance(outputs, list):
        raise UserError(f"{label}: outputs must be a list. Received: {quoted(outputs)}.")
    return [
        {
            "output": own.get("output"),
            "output_learning_type": own.get("learning_type"),
            "output_loss": own.get("loss"),
            "loss_weight": own.get("loss_weight"),
            "output_metrics": own.get("metrics"),
        }
        for own in (_object(own, label) for own in outputs)
    ]


def _class_weight_form(value: Any) -> Any:
    # A list would be taken for the form's repeat.
    return str(value) if isinstance(value, list) else value


def _object(value: Any, label: str) -> dict:
    if not isinstance(value, dict):
        raise UserError(f"{label} must consist of JSON objects. Received: {quoted(value)}.")
    return value


def loss(training: TrainingConfig) -> "keras.losses.Loss":
    """Return the `keras.losses.Loss` of a run."""
    return objectives.loss(training.loss, training.loss_options)


def metrics(training: TrainingConfig, form: str, units: int) -> list:
    """Return new `keras.metrics.Metric` objects, named as in the form.

    Parameters:
        form: of the target, one of `objectives.FORMS`.
        units: number of units of the last layer.

    Raises:
        UserError: a metric that does not fit the target.
    """
    return [keras_metrics.metric(name, form, units, objectives.logits_to(training)) for name in training.metrics]


def optimizer(training: TrainingConfig) -> "keras.Optimizer":
    """Return a new `keras.optimizers.Optimizer`; of a schedule, it has the form of its state, see `schedules.apply`."""
    import keras

    chosen = training.optimizer
    made = getattr(keras.optimizers, chosen.type)(**chosen.options)
    if chosen.schedule is not None:
        # How many steps an epoch has is known once a run begins. Until then any number will do.
        made.learning_rate = schedules.make(chosen.schedule, schedules.start_rate(chosen), steps=1, epochs=2**31)
    return made if chosen.loss_scaling is None else keras.optimizers.LossScaleOptimizer(made, **chosen.loss_scaling)
