"""Training a network: compile it, fit it on the training set, keep the history."""

import dataclasses
import itertools
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from dltools.catalogue import callbacks, metrics, schedules, training_parameters
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.errors import UserError
from dltools.data import batches, scaling
from dltools.data.labelled import LabelledSamples
from dltools.data.sets import Sets
from dltools.data.targets import Target
from dltools.model_files import records
from dltools.model_files.builder import Builder
from dltools.networks import activation_sizes, architecture, last_layer
from dltools.networks.refusals import computed
from dltools.training import normalization, several_devices, steps_together, watching
from dltools.training.feed import Feed
from dltools.training.pace import OutOfTime, Pace, Stop, TimePlan

if TYPE_CHECKING:
    import keras

    from dltools.training.best_epoch import BestEpoch
    from dltools.training.in_time import InTime
    from dltools.training.nan_guard import NanGuard
    from dltools.training.progress import Progress


@dataclasses.dataclass(frozen=True, slots=True)
class Fitted:
    """A trained model and how its training went.

    `history` maps loss, metrics, their ``val_`` and ``seconds`` to a list with one number an epoch, NaN where it is
    not known, as the seconds of an earlier run are not. `stop` says how the training ended for time, if it did.
    """

    model: "keras.Model"
    history: dict[str, list[float]]
    stop: Stop | None = None


def seed_all(training: TrainingConfig) -> int:
    """Seed every random generator of the run and return the seed.

    TensorFlow computes deterministically, so that the run can be repeated to the bit; on GPUs, where that takes
    time, only with a seed of the user's. Without one, a seed is drawn.
    """
    import keras
    import tensorflow as tf

    seed = training.random_seed
    if seed is None:
        seed = secrets.randbelow(2**31)
    if training.random_seed is not None or not tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    return seed


def untrained(builder: Builder, columns: int, source: str, scaled: str = scaling.NONE) -> "keras.Model":
    """Build a builder's model with fresh weights.

    Parameters:
        columns: number of the table's columns, for a model that was designed without input_shape.
        scaled: how its features are to be scaled, one of `scaling.METHODS`; `fit` fits the scaling.

    Raises:
        UserError: a model that does not build, or not with one output.
    """
    model = architecture.rebuild(builder.architecture, source, columns=columns)
    last_layer.check_ends(model, source)
    return scaling.in_front(model, scaled, source)


def fit(
    model: "keras.Model",
    training: TrainingConfig,
    data: LabelledSamples,
    sets: Sets,
    seed: int,
    history: Mapping[str, list[float]] = MappingProxyType({}),
    *,
    epochs: int | None = None,
    plan: TimePlan | None = None,
) -> Fitted:
    """Train a model on the training set, and look after each epoch how it does on the validation set, if there is one.

    Parameters:
        model: built; one that comes with an optimizer keeps it.
        seed: of the shuffling.
        history: of the epochs that the model was trained for before, if any.
        epochs: how many to train for; None for as many as the settings say.
        plan: when the training has to end, if anything limits its time.

    Raises:
        UserError: the table does not fit the model, or a setting does not fit the target; or there is no time.
    """
    done = len(history.get("loss", []))
    steps = _prepare(model, training, data, sets)
    last = done + (epochs or training.fit.epochs or 1)
    scheduled = schedules.apply(training, model.optimizer, steps, last)
    pace = None if plan is None else _pace(model, training, sets, plan)
    watchers = _Watchers.of(training, sets.validation is not None, done, last, steps, pace, model.steps_per_execution)
    columns = batches.input_columns(model, data.samples)
    feed = Feed(columns, training.fit, training.class_weight, data, sets)
    looking_on = [*scheduled, *watchers.callbacks]
    with computed():
        if not done:
            normalization.adapt(model, data.samples, columns, sets.training)
        try:
            told = model.fit(
                feed.to_learn(seed),
                validation_data=feed.to_validate(),
                epochs=last,
                initial_epoch=done,
                steps_per_epoch=training.fit.steps_per_epoch,
                validation_steps=training.fit.validation_steps,
                callbacks=looking_on,
                # The pipeline shuffles.
                shuffle=False,
                verbose=0,
            ).history
        except OutOfTime:
            assert watchers.in_time is not None, "what raised it"
            told = watchers.in_time.cut(looking_on)
    _leave_good_weights(watchers, told, done)
    return Fitted(model, _continued(history, watchers.complete(told, history), watchers.seconds), watchers.stop)


def _pace(model: "keras.Model", training: TrainingConfig, sets: Sets, plan: TimePlan) -> Pace:
    plan.check_start()
    size = training.fit.samples_a_step
    validated = 0 if sets.validation is None else len(sets.validation)
    if training.fit.validation_steps is not None:
        validated = min(validated, training.fit.validation_steps * size)
    heard_of = min(size * model.steps_per_execution, len(sets.training))
    return Pace(plan, batch_size=heard_of, validated=validated, parameters=model.count_params())


def _prepare(model: "keras.Model", training: TrainingConfig, data: LabelledSamples, sets: Sets) -> int:
    """Make everything ready but the callbacks; return the number of steps an epoch has."""
    size = training.fit.samples_a_step
    count = len(sets.training)
    scaling.fit(model, data.samples, sets.training)
    largest = activation_sizes.largest(model)
    activation_sizes.check_memory("The network", model.count_params(), largest, min(size, count))
    compile_model(model, training, data.target)
    several_devices.prepare(model)
    steps = training.fit.steps_per_epoch or -(-count // size)
    model.steps_per_execution = steps_together.count(model, training, size, steps * (training.fit.epochs or 1))
    callbacks.check(training, sets.validation is not None, len(model.outputs))
    return steps


@dataclasses.dataclass(frozen=True, slots=True)
class _Watchers:
    """What looks on while a network learns: the form's callbacks, one that keeps good weights, one that prints, one
    that looks at the clock.
    """

    chosen: list
    best: "BestEpoch | None"
    guard: "NanGuard | None"
    progress: "Progress"
    in_time: "InTime | None"

    @classmethod
    def of(
        cls,
        training: TrainingConfig,
        validated: bool,
        done: int,
        last: int,
        steps: int,
        pace: Pace | None,
        together: int,
    ) -> "_Watchers":
        # Defined by a Keras class, so importable only once Keras runs on TensorFlow.
        from dltools.training.in_time import InTime
        from dltools.training.nan_guard import NanGuard
        from dltools.training.progress import Progress

        chosen, best = watching.make(training)
        # A running mean of the weights takes their place after the last epoch, whatever was kept of them before.
        guarded = best is None and not training.optimizer.options.get("use_ema")
        guard = NanGuard(validated) if guarded else None
        early = any(callback.type == callbacks.EARLY_STOPPING for callback in training.callbacks)
        in_time = None
        if pace is not None:
            in_time = InTime(
                pace, first=done, last=last, steps=steps, together=together, keeper=best or guard, may_end_early=early
            )
        return cls(chosen, best, guard, Progress(done, last, silent=training.fit.verbose == 0), in_time)

    @property
    def callbacks(self) -> list:
        # The clock comes last: what the others do, and keep, belongs to the epoch.
        return [*self.chosen, self.progress, *(one for one in (self.guard, self.in_time) if one is not None)]

    @property
    def stop(self) -> Stop | None:
        return self.in_time.stop if self.in_time is not None else None

    @property
    def cut(self) -> bool:
        """Whether the only epoch of the training was cut."""
        return self.stop is not None and self.stop.batches is not None

    @property
    def seconds(self) -> list[float]:
        return [*self.progress.seconds, *(self.in_time.seconds if self.in_time is not None else ())]

    def complete(self, told: Mapping[str, list[float]], before: Mapping[str, list[float]]) -> Mapping[str, list[float]]:
        """Return the history of the training with what it does not tell of an epoch that was cut."""
        if not self.cut:
            return told
        return {name: [float("nan")] for name in before if name != records.SECONDS} | dict(told)


def _leave_good_weights(watchers: _Watchers, history: Mapping[str, list[float]], done: int) -> None:
    """Go back to the best epoch where that was asked for, or where the last one is no good.

    Parameters:
        history: of the epochs of this training.
        done: number of epochs before it.

    Raises:
        UserError: the training went wrong, and there is no epoch to go back to.
    """
    from dltools.training.nan_guard import is_lost

    best, guard = watchers.best, watchers.guard
    losses = list(itertools.zip_longest(history["loss"], history.get("val_loss", ())))
    wrong = next((epoch for epoch, pair in enumerate(losses, start=done + 1) if is_lost(*pair)), None) or (
        guard and guard.failed
    )
    found = ""
    if wrong:
        loss, val_loss = losses[wrong - done - 1]
        found = (
            f"in epoch {wrong} the loss was {loss:.4g}{'' if val_loss is None else f', val_loss {val_loss:.4g}'}, or a "
            "weight no number"
        )
    kept = best or guard
    if wrong and (kept is None or kept.epoch is None):
        raise UserError(
            f"Training failed: {found}, so the weights are lost. Lower the optimizer's learning rate, scale the "
            "features to about 0 to 1, or check that the loss fits the target."
        )
    if kept is None or (not best and not wrong) or watchers.cut:
        return
    kept.restore()
    if wrong:
        print(f"Training went wrong: {found}. Lower the optimizer's learning rate to train further.")
    print(f"The model is that of epoch {kept.epoch}, the best: {kept.monitor} {kept.figure:.4g}.", flush=True)


def compile_model(model: "keras.Model", training: TrainingConfig, target: Target) -> None:
    """Compile a model with the run's loss, metrics and optimizer; an optimizer it has already stays.

    Raises:
        UserError: a last layer or a metric that does not fit the loss or the target.
    """
    last_layer.check(model, training)
    names = [own.output for own in target.outputs]
    own_losses = bool(training.outputs and names)
    model.compile(
        loss=[training_parameters.loss(training.of(name)) for name in names]
        if own_losses
        else training_parameters.loss(training),
        loss_weights=training.loss_weights(names) if own_losses else None,
        metrics=_metrics(model, training, target),
        optimizer=getattr(model, "optimizer", None) or training_parameters.optimizer(training),
    )


def _metrics(model: "keras.Model", training: TrainingConfig, target: Target) -> list:
    """Return the run's metrics, for each of several outputs its own."""
    outputs = list(zip(model.outputs, target.outputs or (target,), strict=True))
    for _, own in outputs:
        if own.shape:
            metrics.check_steps(training.of(own.output).metrics, own.form)
    found = [
        training_parameters.metrics(training.of(own.output), own.form, output.shape[-1]) for output, own in outputs
    ]
    return found if target.outputs else found[0]


def _continued(
    before: Mapping[str, list[float]], now: Mapping[str, list[float]], seconds: list[float]
) -> dict[str, list[float]]:
    from dltools.training.progress import in_order

    # A callback's figures, such as the learning rate, may not have been in the history so far, and seconds are in no
    # file.
    missing = [float("nan")] * len(before.get("loss", []))
    ordered = {name: now[name] for name in in_order(now)} | {records.SECONDS: seconds}
    return {name: [*before.get(name, missing), *(float(v) for v in values)] for name, values in ordered.items()}
