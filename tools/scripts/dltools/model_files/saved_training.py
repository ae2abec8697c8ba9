"""How a network that plain Keras saved was trained, as far as its file tells and these tools can go on, and what it
predicts.

A file tells the loss and the optimizer, or nothing. It never tells what the classes are called, nor what a number
means: what is made up here is said in the log.
"""

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from dltools.catalogue import objectives, training_parameters
from dltools.catalogue.optimizers import OPTIMIZERS
from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION, SEVERAL
from dltools.catalogue.training_config import CLASSIFIER, REGRESSOR, TrainingConfig
from dltools.core.errors import UserError, listed, quoted
from dltools.data.specs import TargetSpec
from dltools.forms.kinds import Parameter
from dltools.networks import last_layer

if TYPE_CHECKING:
    import keras


# What else Keras called its losses.
OTHER_NAMES = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error", "kld": "kullback_leibler_divergence",
    "kl_divergence": "kullback_leibler_divergence",
    "bce": "binary_crossentropy", "cosine_similarity": "cosine_proximity", "log_cosh": "logcosh", "huber_loss": "huber",
}  # fmt: skip
OF_ONE_CLASS = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "sparse_categorical_crossentropy",
    "categorical_hinge",
)
OF_CLASSES = (
    *OF_ONE_CLASS,
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "hinge",
    "squared_hinge",
    "dice",
    "tversky",
)
# Kind -> the loss where the file tells none, and what the log calls it.
DEFAULT_LOSS = {
    BINARY: "binary_crossentropy",
    MULTILABEL: "binary_crossentropy",
    MULTICLASS: "categorical_crossentropy",
    REGRESSION: "mean_squared_error",
}
DEFAULT_OPTIMIZER = {"type": "Adam", "options": {}}
# What Keras 2 called an option of optimizers.
OTHER_OPTIONS = {"lr": "learning_rate"}


class Told(NamedTuple):
    """What a file tells of its training: the loss with its options, or None; the optimizer, or None; and what of them
    is left out.
    """

    loss: str | None
    loss_options: dict
    optimizer: dict | None
    left_out: list[str]


def told(compiled: dict | None) -> Told:
    """Read what a file tells of its training; names are looked up in tables, and nothing is made of them.

    Parameters:
        compiled: `training_config` of HDF5, or `compile_config` of a zip, as parsed.
    """
    compiled = compiled or {}
    left_out: list[str] = []
    loss, options = _loss(compiled.get("loss"), left_out)
    return Told(
        loss, options, _optimizer(compiled.get("optimizer_config", compiled.get("optimizer")), left_out), left_out
    )


def _loss(value: object, left_out: list[str]) -> tuple[str | None, dict]:
    given = _each(value)
    found = [_named(own) for own in given]
    if not found:
        return None, {}
    if any(own != found[0] for own in found):
        left_out.append("the losses, which differ among its outputs")
        return None, {}
    name, config = found[0]
    if name not in objectives.LOSSES:
        left_out.append(f"the loss {quoted(name)}, which these tools do not have")
        return None, {}
    options: dict = {}
    for option, losses in objectives.OPTION_OF.items():
        if name in losses and config.get(option):
            try:
                options |= objectives.read_loss_options(name, {option: config[option]})
            except (UserError, TypeError, ValueError):
                left_out.append(f"{option} of the loss")
    return name, options


def _each(value: object) -> list:
    """Return the losses that a file tells, one, or one for each output."""
    if isinstance(value, dict) and "class_name" not in value:
        return [child for child in value.values() if child is not None]
    return [child for child in (value if isinstance(value, list) else [value]) if child is not None]


def _named(value: object) -> tuple[str, dict]:
    """Return the name in the form of a loss that Keras wrote by name or as an object, and its options."""
    name, config = value, None
    if isinstance(value, dict):
        name, config = value.get("class_name"), value.get("config")
        name, config = (config, None) if name == "function" else (name, config)
    classes = {written: name for name, written in objectives.LOSSES.items()}
    name = classes.get(str(name), str(name))
    return OTHER_NAMES.get(name.lower(), name), config if isinstance(config, dict) else {}


def _optimizer(value: object, left_out: list[str]) -> dict | None:
    if isinstance(value, str):
        # As the user gave it to `compile`, who then left all settings at Keras' defaults.
        value = {"class_name": next((name for name in OPTIMIZERS if name.lower() == value.lower()), value)}
    if not isinstance(value, dict):
        return None
    kind, inner = str(value.get("class_name")), value.get("config")
    config = inner if isinstance(inner, dict) else {}
    if kind == "LossScaleOptimizer" and isinstance(config.get("inner_optimizer"), dict):
        return _optimizer(config["inner_optimizer"], left_out)
    if kind not in OPTIMIZERS:
        left_out.append(f"the optimizer {quoted(kind)}, which these tools do not have")
        return None
    options: dict = {}
    for name, value in config.items():
        name = OTHER_OPTIONS.get(name, name)
        parameter = next((parameter for parameter in OPTIMIZERS[kind] if parameter.name == name), None)
        if name in ("decay", "learning_rate") and (isinstance(value, dict) or (name == "decay" and value)):
            left_out.append("how the learning rate falls")
        elif parameter is not None and value not in (None, False):
            _take(options, parameter, value, left_out)
    if not options.get("use_ema"):
        options.pop("ema_momentum", None)
    found = {"type": kind, "options": options}
    try:
        training_parameters.check(_training(REGRESSION, Told(None, {}, found, []), []), "")
    except UserError:
        left_out.append("the optimizer's settings, which these tools do not take together")
        found = {"type": kind, "options": {name: value for name, value in options.items() if name == "learning_rate"}}
    return found


def _take(options: dict, parameter: Parameter, value: object, left_out: list[str]) -> None:
    import numpy as np

    try:
        # Keras 2 wrote numbers as 32 bits hold them: 0.0010000000474974513.
        told = float(str(np.float32(value))) if isinstance(value, float) else value
        options[parameter.name] = parameter.kind.read(told, parameter.name)
    except (UserError, TypeError, ValueError, OverflowError):
        left_out.append(f"{parameter.name} of the optimizer")


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What a network predicts: the target as a record tells it, how it is trained, and one sentence for the log."""

    target: TargetSpec
    training: dict
    sentence: str


def meaning(model: "keras.Model", compiled: dict | None) -> Meaning:
    """Make up what a network predicts, from its last layer and the loss that its file tells.

    Parameters:
        model: built.
        compiled: as for `told`.
    """
    known = told(compiled)
    kinds = [_kind(tensor, known) for tensor in model.outputs]
    units = [tensor.shape[-1] for tensor in model.outputs]
    # Columns of classes beside columns of numbers: all can be read as numbers.
    mixed = len({kind == REGRESSION for kind in kinds}) > 1
    kinds = [REGRESSION] * len(kinds) if mixed else kinds
    targets = [_target(kind, count) for kind, count in zip(kinds, units, strict=True)]
    sentences = [
        _sentence(tensor, kind, count, known) for tensor, kind, count in zip(model.outputs, kinds, units, strict=True)
    ]
    if len(targets) == 1:
        return Meaning(targets[0], _training(kinds[0], known, model.outputs), sentences[0])
    outputs = tuple(
        dataclasses.replace(target, output=name, units=count)
        for name, count, target in zip(model.output_names, units, targets, strict=True)
    )
    sentence = "; ".join(f"output {name}: {told}" for name, told in zip(model.output_names, sentences, strict=True))
    return Meaning(TargetSpec(kind=SEVERAL, outputs=outputs), _training(kinds[0], known, model.outputs), sentence)


def _kind(tensor: "keras.KerasTensor", known: Told) -> str:
    units, activation = tensor.shape[-1], last_layer.activation(tensor)
    if known.loss is not None and known.loss not in OF_CLASSES:
        return REGRESSION
    if len(tensor.shape) > 3:
        # Whether the points of an image are classes or shades of grey, no file tells; of numbers either can be made.
        return REGRESSION if activation != "softmax" else MULTICLASS if units > 2 else BINARY
    if units == 1:
        return BINARY if known.loss in OF_CLASSES or activation in ("sigmoid", "hard_sigmoid") else REGRESSION
    if known.loss in OF_ONE_CLASS or activation == "softmax":
        return MULTICLASS if units > 2 else BINARY
    return MULTILABEL if known.loss in OF_CLASSES or activation in ("sigmoid", "hard_sigmoid") else REGRESSION


def _target(kind: str, units: int) -> TargetSpec:
    return TargetSpec(kind=kind, classes=() if kind == REGRESSION else tuple(range(max(2, units))))


def _sentence(tensor: "keras.KerasTensor", kind: str, units: int, known: Told) -> str:
    ending = last_layer.activation(tensor) or "a layer that does not tell its activation"
    loss = f"the loss {known.loss}" if known.loss else "no loss in the file"
    each = {2: "each sample", 3: "each step of a sample"}.get(len(tensor.shape), "each point of a sample")
    found = f"{units} {'unit' if units == 1 else 'units'} of {ending} and {loss}"
    if kind == REGRESSION:
        return f"{found}, so taken for a regression: {'a number' if units == 1 else f'{units} numbers'} for {each}"
    classes, names = {
        BINARY: ("two classes", "0 and 1"),
        MULTICLASS: (f"{units} classes", f"0 to {units - 1}"),
        MULTILABEL: (f"{units} labels, of which a sample may have several", f"0 to {units - 1}"),
    }[kind]
    of_what = "" if len(tensor.shape) == 2 else f" of {each}"
    return (
        f"{found}, so taken for a classification{of_what} into {classes}, called {names} by their position, for the "
        "file has no names of them"
    )


def _training(kind: str, known: Told, outputs: list) -> dict:
    loss, options = (known.loss, known.loss_options) if known.loss else (DEFAULT_LOSS[kind], {})
    return {
        "learning_type": REGRESSOR if kind == REGRESSION else CLASSIFIER,
        "random_seed": None,
        "loss": loss,
        "loss_options": options,
        "metrics": [] if kind == REGRESSION else ["acc"],
        "optimizer": known.optimizer or DEFAULT_OPTIMIZER,
        "fit": {},
        "callbacks": [],
    }


def describe(training: TrainingConfig, compiled: dict | None) -> str:
    """Say how training goes on: what is the file's, and what is not.

    Parameters:
        training: with what the user swapped.
        compiled: as for `told`.
    """
    known, optimizer = told(compiled), training.to_json()["optimizer"]
    rate = training.optimizer.options.get("learning_rate")
    whose = "as its file tells" if known.optimizer else "for its file tells none that these tools have"
    if optimizer != (known.optimizer or DEFAULT_OPTIMIZER):
        whose = "as 'Hyperparameter Swapping' says"
    said = (
        "the optimizer starts afresh: "
        f"{training.optimizer.type}{'' if rate is None else f' with learning rate {rate:g}'}, "
        f"{whose}"
    )
    loss = "" if known.loss else f"; the loss is {training.loss}"
    left = f"; not taken over: {listed(known.left_out)}" if known.left_out else ""
    epochs, size = training.fit.epochs or 1, training.fit.samples_a_step
    return (
        f"{said}{loss}{left}; {epochs} {'epoch' if epochs == 1 else 'epochs'} of batches of {size}, of which its file "
        "tells nothing: 'Hyperparameter Swapping' sets epochs and batch_size"
    )
