"""A training run from its inputs to its scores.

The samples are divided into sets; the network is trained on one, watched on another, and evaluated on each. Whatever
is wrong is said before the first epoch; the trained network is handed over to be kept before anything else is done
with it.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from dltools.backend import devices, keras_runtime
from dltools.core import memory
from dltools.core.time_limit import TimeLimit, duration
from dltools.core.types import JsonValue
from dltools.data import cautions, scaling, sets, targets
from dltools.data.sets import TEST, VALIDATION, Sets
from dltools.evaluation import baseline, evaluator
from dltools.evaluation.evaluator import Evaluated, Evaluator
from dltools.evaluation.outcome import Outcome
from dltools.jobs.preparation import RunSetup, prepare
from dltools.jobs.train_form import TrainForm
from dltools.model_files import records
from dltools.model_files.builder import Builder
from dltools.model_files.records import Record
from dltools.training import automatic_precision, fitting, precision, stages
from dltools.training.pace import Stop, TimePlan

if TYPE_CHECKING:
    import keras

# Takes the trained model and its record as soon as there are any, so that nothing that goes wrong later loses them.
Keep = Callable[["keras.Model", Record], None]
# What the scores of the training set are called.
TRAIN = "train"


def run(form: TrainForm, keep: Keep, limit: TimeLimit | None) -> Outcome:
    """Train and evaluate a network as the form says; Keras runs on TensorFlow by now.

    Parameters:
        limit: when the job has to be over; None where nobody says. The training ends early for it.

    Raises:
        UserError: anything in the form or the files that does not fit. What is wrong with them is said before the
            first epoch, when nothing has been written.
    """
    setup = prepare(form, limit)
    divided = sets.divide(form.scheme, setup.data.samples, setup.data.target, setup.split_seed)
    announce(setup, divided)
    print(sizes(setup, divided), flush=True)
    seen = look(setup, [divided])
    return outcome(setup, divided, seen, keep)


def outcome(setup: RunSetup, divided: Sets, seen: cautions.Cautions, keep: Keep) -> Outcome:
    """Train the network of a run on its sets, hand it over and evaluate it."""
    record, stop = train(setup, divided)
    seen = seen.with_warning(None if stop is None else stop.told())
    keep(setup.model, record)
    evaluated, form = evaluate(setup, divided), setup.form
    scores, constant = named_scores(evaluated), baselines(setup, divided, evaluated)
    worse = baseline.not_beaten(scores, constant, setup.data.target, divided.reported, setup.scorers[0])
    return Outcome(
        samples=form.samples.source,
        labels=form.target_source,
        scheme=form.scheme,
        model=setup.model,
        record=record,
        scores=scores,
        target=setup.data.target,
        evaluated=evaluated[divided.reported],
        divided=divided,
        baselines=constant,
        seen=seen.with_warning(worse),
        shown=setup.shown,
    )


def train(setup: RunSetup, divided: Sets, number: int = 1, count: int = 1) -> tuple[Record, Stop | None]:
    """Train the network of a run; return the record that belongs to it, and how it ended for time, if it did.

    Parameters:
        number, count: which training of how many in the job this one is.
    """
    training, chosen = setup.made.training, setup.precision.policy
    # The evaluation of a fold before this one gave it back.
    keras_runtime.keep_freed_memory()
    with devices.scope():
        full = chosen == precision.FULL
        network = setup.model if full else precision.mixed_copy(setup.model, chosen, training)
        fitted, made, tuned = _fit(setup, network, divided, number, count)
        if not full:
            precision.copy_state(network, setup.model, made.training)
            fitting.compile_model(setup.model, made.training, setup.data.target)
    known = setup.before.features if setup.before else None
    rows: dict[str, JsonValue] = {**divided.counts()}
    record = Record(
        made,
        setup.before.target if setup.before else targets.spec(setup.data.target),
        # A network of the former tools may not say how many features it takes.
        setup.data.samples.spec if known is None or known.width is None else known,
        fitted.history,
        {
            "seed": setup.seed, "seed_drawn": training.random_seed is None, "rows": rows,
            "computed_on": devices.description(), "cores": keras_runtime.granted_cores(),
            "precision": str(setup.precision), **_stopped(fitted.stop), **tuned,
        },
    )  # fmt: skip
    return record, fitted.stop


def _fit(
    setup: RunSetup, network: "keras.Model", divided: Sets, number: int, count: int
) -> tuple[fitting.Fitted, Builder, dict[str, JsonValue]]:
    """Train a network in its stages.

    Parameters:
        network: that of the setup, or its copy in mixed precision.

    Returns:
        (fitted, made, tuned): how the training went; the builder as it is after the last stage; facts of the second
            stage.
    """
    history, tuning, training = setup.before.history if setup.before else {}, setup.form.tuning, setup.made.training
    given = (setup.data, divided, setup.seed)
    # Of a cross-validation, each stage is a training whose time counts.
    parts = 2 if tuning is not None and count > 1 else 1
    plan = _plan(setup, divided, parts * (number - 1) + 1, parts * count)
    fitted = fitting.fit(network, training, *given, history, epochs=setup.epochs, plan=plan)
    if tuning is not None and fitted.stop is not None:
        print(stages.LEFT_OUT, flush=True)
    if tuning is None or fitted.stop is not None:
        return fitted, setup.made, {}
    names = stages.begin(network, tuning)
    print(stages.told(names, tuning), flush=True)
    if network is not setup.model:
        stages.begin(setup.model, tuning)
    made = dataclasses.replace(
        setup.made, training=tuning.settings(training), architecture=json.loads(setup.model.to_json())
    )
    plan = _plan(setup, divided, parts * number, parts * count)
    first = len(fitted.history["loss"])
    fitted = fitting.fit(network, made.training, *given, fitted.history, epochs=tuning.epochs, plan=plan)
    return fitted, made, {records.SECOND_STAGE: {records.AFTER_EPOCH: first, "layers": len(names), "rate": tuning.rate}}


def _plan(setup: RunSetup, divided: Sets, number: int, count: int) -> TimePlan | None:
    if setup.limit is None:
        return None
    samples = sum(map(len, _evaluated(setup, divided).values()))
    return TimePlan(limit=setup.limit, evaluated=samples, number=number, count=count)


def _stopped(stop: Stop | None) -> dict[str, JsonValue]:
    return {} if stop is None else {records.STOPPED: stop.told(), records.EPOCHS_LEFT: stop.left}


def evaluate(setup: RunSetup, divided: Sets) -> dict[str, Evaluated]:
    """Evaluate the network on each set, the one to report first; every sample is looked at once."""
    network = Evaluator(setup.model, setup.made.training, setup.data, setup.scorers)
    return {name: network.evaluate(positions) for name, positions in _evaluated(setup, divided).items()}


def _evaluated(setup: RunSetup, divided: Sets) -> dict[str, np.ndarray]:
    """Return the positions of the samples of each set to evaluate, int64, the set to report first."""
    positions = {
        TEST: divided.test, VALIDATION: divided.validation,
        TRAIN: _evaluated_training_samples(setup, divided),
    }  # fmt: skip
    return {name: chosen for name, chosen in positions.items() if chosen is not None}


def _evaluated_training_samples(setup: RunSetup, divided: Sets) -> np.ndarray:
    """Return the positions of the training samples to evaluate, int64 (n,)."""
    numbers = setup.data.samples.width if setup.data.target.are_samples else 1
    return evaluator.evaluated_training_samples(divided.training, setup.form.every_training_sample, numbers)


def named_scores(evaluated: Mapping[str, Evaluated]) -> dict[str, float]:
    """Return the scores of all sets, each named after its set: ``test_loss``, ``validation_loss``, ``train_loss``."""
    return {f"{of_set}_{name}": value for of_set, found in evaluated.items() for name, value in found.scores.items()}


def baselines(setup: RunSetup, divided: Sets, evaluated: Mapping[str, Evaluated]) -> dict[str, float]:
    """Return what the same answer for every sample would score, named as by `named_scores`."""
    given = (setup.made.training, setup.data.target, divided.training)
    return {
        f"{of_set}_{name}": value
        for of_set, found in evaluated.items()
        for name, value in baseline.scores(*given, found.positions, setup.scorers, setup.data.weights).items()
    }


def look(setup: RunSetup, divided: list[Sets]) -> cautions.Cautions:
    """Look for what makes scores look better than the network is, and tell the user before the first epoch."""
    found = cautions.look(setup.inputs, setup.data.target, setup.form.scheme, divided)
    found.tell()
    afresh = not setup.trained and setup.form.starting is None
    return found.with_warning(stages.frozen_afresh(setup.model) if afresh else None)


def sizes(setup: RunSetup, divided: Sets) -> str:
    """Say how many samples are in which set."""
    return f"{setup.data.samples.spec.counted.capitalize()}: {divided.sizes()}"


def announce(setup: RunSetup, divided: Sets) -> None:
    """Tell the user before the first epoch what is about to be trained on what, and what the scores will mean."""
    samples, options = setup.data.samples, setup.made.training
    print(f"{samples.source}: {samples.spec.contents(len(samples))}")
    print(f"{setup.form.target_source}: {targets.describe(setup.data.target)}")
    if setup.data.target.are_samples:
        _announce_autoencoder(setup, divided)
    size = options.fit.samples_a_step
    if size > len(divided.training):
        print(
            f"batch_size {size} is more than the {len(divided.training)} training samples, so each epoch is a single "
            "step."
        )
    if divided.test is None:
        print(
            "The validation scores are of the samples that the training watched. For scores of samples that played no "
            "part in it, choose the scheme Train, Validate and Evaluate."
        )
    evaluated = _evaluated_training_samples(setup, divided)
    if len(evaluated) < len(divided.training):
        print(f"The train scores are computed on {len(evaluated)} evenly spaced samples of the training set.")
    before = setup.before
    if before is not None and before.epochs_left is not None and not setup.form.epochs_swapped:
        print(
            f"The time of the last training was over after epoch {before.epochs}: {setup.epochs} more to go. Swap "
            "epochs to train for another number."
        )
    if setup.limit is not None:
        print(f"Time: {duration(max(0.0, setup.limit.left()))} are left of {setup.limit.words}.")
    if options.fit.validation_split:
        print("validation_split of the model is not used: the validation set is the one held out here.")
    chosen = "" if setup.form.precision == precision.FULL else f", {setup.precision}"
    print(f"Computed on: {devices.description()}{chosen}")
    advice = automatic_precision.advice(setup.form.precision, setup.model, samples)
    if advice:
        print(advice)
    if options.split is not None:
        print(f"Seed of the splits: {setup.split_seed}, which all builders of the sweep share.")
    print(f"Random seed: {setup.seed}", flush=True)


def _announce_autoencoder(setup: RunSetup, divided: Sets) -> None:
    """Refuse to hold out more samples than can be compared with what is made of them; tell what is given back."""
    samples = setup.data.samples
    sizes = [len(positions) for positions in _evaluated(setup, divided).values()]
    points = bool(setup.data.target.shape)
    memory.check_reconstruction(samples.source, max(sizes), samples.width, sum(sizes), samples.held_bytes, points)
    if scaling.method_of(setup.model) != scaling.NONE:
        print("Feature scaling is a part of the network, which gives back the numbers of the table, not scaled ones.")
