"""The callbacks on offer: what happens between two epochs."""

from dltools.catalogue import metrics
from dltools.catalogue.training_config import Chosen, TrainingConfig
from dltools.core.errors import UserError, listed
from dltools.forms.kinds import Choice, Flag, Real, Whole, optional, read_parameters
from dltools.forms.parameters import with_further

EARLY_STOPPING, BEST_EPOCH, REDUCE = "EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau"
# What the form offers to watch: the loss and every metric, on the validation samples and on those trained on.
MONITORED = tuple(f"{part}{name}" for name in ("loss", *metrics.METRICS) for part in ("val_", ""))
AUTO = "auto"
VALIDATION_LOSS = "val_loss"

_MONITOR = (optional("monitor", Choice(MONITORED)), optional("mode", Choice((AUTO, "min", "max"))))
CALLBACKS = {
    EARLY_STOPPING: (
        *_MONITOR, optional("min_delta", Real()), optional("patience", Whole(0)), optional("baseline", Real()),
        optional("restore_best_weights", Flag()), optional("start_from_epoch", Whole(0)),
    ),
    "TerminateOnNaN": (),
    REDUCE: (
        *_MONITOR, optional("factor", Real(0, 1, below=True)), optional("patience", Whole(0)),
        optional("min_delta", Real()), optional("cooldown", Whole(0)), optional("min_lr", Real(0)),
    ),
    BEST_EPOCH: _MONITOR,
}  # fmt: skip
# Choices of the form that need no callback: the history is kept in every run.
WITHOUT_CALLBACK = ("None", "CSVLogger")
# What the form shows, in its order.
LABELS = {
    "None": "None",
    "EarlyStopping": "EarlyStopping -- Stop training when a monitored quantity has stopped improving",
    "TerminateOnNaN": "TerminateOnNaN -- Terminates training when a NaN loss is encountered",
    "ReduceLROnPlateau": "ReduceLROnPlateau -- Reduce learning rate when a metric has stopped improving",
    "CSVLogger": "CSVLogger -- Keeps loss and metrics of every epoch (always done here; the training tool saves them)",
    "ModelCheckpoint": "ModelCheckpoint -- Save the model of the best epoch rather than of the last",
}


def read(entries: list[dict]) -> list[Chosen]:
    """Read the form's repeat of callbacks, leaving out those without effect."""
    found = []
    for entry in entries:
        selection = with_further(entry["callback_selection"], "further_options")
        kind = Choice((*CALLBACKS, *WITHOUT_CALLBACK)).read(selection["callback_type"], "Choose a callback")
        if kind not in WITHOUT_CALLBACK:
            found.append(Chosen(type=kind, options=read_parameters(CALLBACKS[kind], selection, kind)))
    return found


def check(training: TrainingConfig, validated: bool = True, outputs: int = 1) -> None:
    """Refuse callbacks that do not go with the rest of a run.

    Parameters:
        validated: whether there is a validation set to watch.
        outputs: how many the network has.

    Raises:
        UserError: names the callback and what stands against it.
    """
    kinds = [callback.type for callback in training.callbacks]
    measured = [
        f"{part}{name}"
        for part in ("", "val_")[: 1 + validated]
        for name in ("loss", *(training.metrics if outputs == 1 else ()))
    ]
    for callback in training.callbacks:
        if not watches(callback):
            continue
        monitor = str(callback.options.get("monitor", VALIDATION_LOSS))
        if monitor not in measured:
            name = monitor.removeprefix("val_")
            advice = (
                "This run has no validation set." if name in measured else f"Add {name} to the metrics to watch it."
            )
            if outputs > 1:
                advice = "A network with several outputs has a metric for each, so it is watched by its loss."
            raise UserError(
                f"{callback.type}: monitor must be one of {listed(measured, 60)}. Received: '{monitor}'. {advice}"
            )
    if kinds.count(BEST_EPOCH) > 1:
        raise UserError(
            f"{BEST_EPOCH}: one model is saved, so there can be one. Received: {kinds.count(BEST_EPOCH)}. Remove the "
            "others."
        )
    if REDUCE in kinds and training.optimizer.schedule is not None:
        raise UserError(
            f"{REDUCE}: the learning rate follows the schedule {training.optimizer.schedule.type}, so nothing "
            f"else can change it. Remove the schedule or {REDUCE}."
        )
    restoring = [c.type for c in training.callbacks if c.type == BEST_EPOCH or c.options.get("restore_best_weights")]
    if restoring and training.optimizer.options.get("use_ema"):
        raise UserError(
            f"{restoring[0]}: would save the weights of one epoch, but use_ema the running mean of all. Switch use_ema "
            f"off, or remove {restoring[0]}."
        )


def watches(callback: Chosen) -> bool:
    """Tell whether a callback watches a figure."""
    return "monitor" in {parameter.name for parameter in CALLBACKS[callback.type]}
