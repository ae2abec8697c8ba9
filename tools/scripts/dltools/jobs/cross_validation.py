"""Cross-validation: as many trainings as folds, each judged on the fold that it has not seen.

The scores are those of the procedure, not of one model. The model to use is trained on all samples, beside the
folds, and only where it is asked for.
"""

from collections.abc import Callable

import numpy as np

from dltools.backend import devices
from dltools.core.errors import UserError
from dltools.data import parts
from dltools.evaluation import baseline, evaluation
from dltools.jobs import experiment
from dltools.tables import tables
from dltools.training import fitting


def run(form: dict, keep: Callable, with_model: bool) -> experiment.Outcome:
    """Train and judge a network on every fold.

    Parameters:
        form, keep: as for `experiment.run`.
        with_model: whether the model to use is trained too, first of all; else `keep` gets that of the last fold.

    Returns:
        the outcome; its scores are means over the folds and standard deviations (``_std``, with folds - 1), its
        outputs are for all samples, each from the fold in which it was in the test part.

    Raises:
        UserError: as `experiment.run`.
    """
    setup = experiment.prepare(form)
    if setup.trained:
        raise UserError(
            "Cross-validation: this model is trained already, on samples that would then be in the test. Choose the "
            "output of 'Create deep learning model', or open 'further setting of the run' and let it start from its "
            "architecture alone."
        )
    arguments = (setup.scheme, setup.inputs.features, setup.target, setup.seed)
    divided = parts.folds(*arguments)
    whole = parts.for_final_model(*arguments)
    experiment.announce(setup, divided[0])
    seen = experiment.look(form, setup, divided)
    if with_model:
        print(f"Training the model to use. Rows: {whole.sizes()}", flush=True)
        record = experiment.train(setup, whole)
        keep(setup.model, record)
    judged, histories, baselines = [], [], []
    for number, fold in enumerate(divided, start=1):
        print(f"Fold {number} of {len(divided)}. Rows: {fold.sizes()}", flush=True)
        fresh = _afresh(setup, number)
        histories.append(experiment.train(fresh, fold))
        judged.append(experiment.judge(fresh, fold))
        baselines.append(experiment.baselines(fresh, fold, judged[-1]))
    if not with_model:
        setup, record = fresh, histories[-1]
        keep(setup.model, record)
    found = [experiment.named_scores(parts_judged) for parts_judged in judged]
    joined, constant = _joined([parts_judged["test"] for parts_judged in judged]), _means(baselines)
    seen = seen.judged(baseline.not_beaten(_means(found), constant, setup.target, "test", setup.scorers[0]))
    return experiment.Outcome(setup.model, record, _summary(found), setup.target, joined, found, None, constant, seen)


def _afresh(setup: experiment.Setup, number: int) -> experiment.Setup:
    """Return the setup with a network of fresh weights, other ones in each fold."""
    import keras

    keras.utils.set_random_seed(setup.seed + number)
    with devices.scope():
        model = fitting.untrained(setup.made, setup.inputs.features.width, "the model")
    return setup._replace(model=model, seed=setup.seed + number)


def _summary(found: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of each score, under its name, and then the standard deviations."""
    return _means(found) | {f"{name}_std": float(np.std([fold[name] for fold in found], ddof=1)) for name in found[0]}


def _means(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([fold[name] for fold in found])) for name in found[0]}


def _joined(judged: list[evaluation.Judged]) -> evaluation.Judged:
    """Return what was found for the test parts of all folds, in the order of the table."""
    rows = np.concatenate([fold.rows for fold in judged])
    order = np.argsort(rows)
    return evaluation.Judged(rows[order], np.concatenate([fold.outputs for fold in judged])[order], {})


def write_folds(path, found: list[dict[str, float]]) -> None:
    """Write one line a fold with its scores, then their mean and their standard deviation (tabular)."""
    scores = np.asarray([list(fold.values()) for fold in found])
    rows = np.vstack([scores, scores.mean(axis=0), scores.std(axis=0, ddof=1)]).astype(np.float32)
    numbers = [*map(str, range(1, len(found) + 1)), "mean", "std"]
    tables.write_table(path, ["fold", *found[0]], [numbers, *rows.T])
