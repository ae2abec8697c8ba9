"""Cross-validation: as many trainings as folds, each evaluated on the fold that it has not seen.

The scores are those of the procedure, not of one model. The model to use is trained on all samples, beside the
folds, and only where it is asked for.
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from dltools.backend import devices
from dltools.core.errors import UserError
from dltools.core.time_limit import TimeLimit
from dltools.data import sets
from dltools.data.sets import TEST
from dltools.evaluation import baseline
from dltools.evaluation.evaluator import Evaluated
from dltools.evaluation.outcome import Outcome
from dltools.jobs import experiment
from dltools.jobs.preparation import RunSetup, prepare
from dltools.jobs.train_form import TrainForm
from dltools.model_files import starting_weights
from dltools.tables import tables
from dltools.training import fitting
from dltools.training.pace import TimePlan


def run(form: TrainForm, keep: experiment.Keep, limit: TimeLimit | None, with_model: bool) -> Outcome:
    """Train and evaluate a network on every fold.

    Parameters:
        limit: when the job has to be over, if anybody says. Scores of a part of the folds would tell nothing, so that
            the run is refused as soon as its trainings are not expected to fit.
        with_model: whether the model to use is trained too, first of all; else `keep` gets that of the last fold.

    Raises:
        UserError: as `experiment.run`.
    """
    setup = prepare(form, limit)
    if setup.trained:
        raise UserError(
            "Cross-validation: this model is trained already, on samples that would then be in the test. Choose the "
            "output of 'Create deep learning model', or open 'further setting of the run' and let it start from its "
            "architecture alone."
        )
    shared = setup.made.training.split
    if shared is not None and shared.fold is not None:
        return _one_fold(setup, shared.fold, shared.folds, keep)
    arguments = (form.scheme, setup.data.samples, setup.data.target, setup.split_seed)
    divided = sets.folds(*arguments)
    whole = sets.for_final_model(*arguments)
    experiment.announce(setup, divided[0])
    seen = experiment.look(setup, divided)
    count = len(divided) + with_model
    if with_model:
        print(f"Training the model to use. {experiment.sizes(setup, whole)}", flush=True)
        with _turn(limit, 1, count):
            record, _ = experiment.train(setup, whole, 1, count)
            keep(setup.model, record)
    evaluated, histories, baselines = [], [], []
    for number, fold in enumerate(divided, start=1):
        print(f"Fold {number} of {len(divided)}. {experiment.sizes(setup, fold)}", flush=True)
        turn = number + with_model
        with _turn(limit, turn, count):
            fresh = _afresh(setup, number)
            histories.append(experiment.train(fresh, fold, turn, count)[0])
            evaluated.append(experiment.evaluate(fresh, fold))
            baselines.append(experiment.baselines(fresh, fold, evaluated[-1]))
    if not with_model:
        setup, record = fresh, histories[-1]
        keep(setup.model, record)
    found, constant = [experiment.named_scores(fold) for fold in evaluated], _means(baselines)
    worse = baseline.not_beaten(_means(found), constant, setup.data.target, TEST, setup.scorers[0])
    return Outcome(
        samples=form.samples.source,
        labels=form.target_source,
        scheme=form.scheme,
        model=setup.model,
        record=record,
        scores=_summary(found),
        target=setup.data.target,
        evaluated=_joined([fold[TEST] for fold in evaluated]),
        folds=dict(enumerate(found, start=1)),
        baselines=constant,
        seen=seen.with_warning(worse),
        shown=setup.shown,
    )


def _one_fold(setup: RunSetup, number: int, count: int | None, keep: experiment.Keep) -> Outcome:
    """Train and evaluate on one fold what `run` would on this fold, with the same scores to the bit."""
    scheme = setup.form.scheme
    assert scheme.folds is not None, "checked when the run was made ready"
    if scheme.folds.folds != count:
        print(f"n_splits of the form is not used: the sweep is over {count} folds.")
    scheme = dataclasses.replace(scheme, folds=dataclasses.replace(scheme.folds, folds=count))
    divided = sets.folds(scheme, setup.data.samples, setup.data.target, setup.split_seed)
    fold = divided[number - 1]
    experiment.announce(setup, fold)
    seen = experiment.look(setup, divided)
    print(
        f"Fold {number} of {count}, the others by the other builders of the sweep. {experiment.sizes(setup, fold)}",
        flush=True,
    )
    found = experiment.outcome(_afresh(setup, number), fold, seen, keep)
    return dataclasses.replace(found, scheme=scheme, folds={number: found.scores})


@contextlib.contextmanager
def _turn(limit: TimeLimit | None, number: int, count: int) -> Iterator[None]:
    """Measure a training with its evaluation inside the block; after it, refuse the run if the others do not fit.

    Parameters:
        number, count: which training of how many in the job it is.
    """
    began = limit.clock() if limit is not None else 0.0
    yield
    if limit is not None:
        TimePlan(limit=limit, evaluated=0, number=number, count=count).check_rest(limit.clock() - began)


def _afresh(setup: RunSetup, number: int) -> RunSetup:
    """Return the setup with a network of fresh weights, other ones in each fold, or with those that it starts from."""
    import keras

    keras.utils.set_random_seed(setup.seed + number)
    with devices.scope():
        model = fitting.untrained(setup.made, setup.data.samples.width, "the model")
        if setup.form.starting is not None:
            starting_weights.take(model, setup.form.starting)
    return dataclasses.replace(setup, model=model, seed=setup.seed + number)


def _summary(found: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each score, under its name, and then the standard deviations."""
    return _means(found) | {f"{name}_std": float(np.std([fold[name] for fold in found], ddof=1)) for name in found[0]}


def _means(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([fold[name] for fold in found])) for name in found[0]}


def _joined(evaluated: list[Evaluated]) -> Evaluated:
    """Return what was found for the test sets of all folds, in the order of the table."""
    positions = np.concatenate([fold.positions for fold in evaluated])
    order = np.argsort(positions)
    outputs = np.concatenate([fold.outputs for fold in evaluated])
    return Evaluated(positions=positions[order], outputs=outputs[order], scores={})


def write_folds(path: Path, found: Mapping[int, Mapping[str, float]]) -> None:
    """Write one line a fold with its scores, then, of several, their mean and standard deviation (tabular).

    Parameters:
        found: number of the fold -> its scores by name.
    """
    rows = np.asarray([list(fold.values()) for fold in found.values()])
    numbers = list(map(str, found))
    if len(found) > 1:
        rows = np.vstack([rows, rows.mean(axis=0), rows.std(axis=0, ddof=1)])
        numbers += ["mean", "std"]
    names = next(iter(found.values()))
    tables.write_table(path, ["fold", *names], [numbers, *rows.astype(np.float32).T])
