"""What the same answer for every sample would score: beside it a score shows what the network has learned.

Classes are answered by their shares in the training set, so that the most frequent one is predicted; numbers by their
mean or median there, whichever scores better.
"""

from collections.abc import Mapping

import numpy as np

from dltools.catalogue import metrics, objectives, target_kinds, training_parameters
from dltools.catalogue.scorers import DEFAULT
from dltools.catalogue.training_config import TrainingConfig
from dltools.data import targets
from dltools.data.reproduced import Reproduced, stretches
from dltools.evaluation import evaluator, prediction

# Shares are kept off 0 and 1, as losses and logits need.
_LEAST = 1e-6
# The median of an autoencoder's samples is taken of as many, evenly spaced, as have so many numbers, or of a few.
_MEDIAN_NUMBERS, _FEWEST_FOR_MEDIAN = 1 << 24, 100


def scores(
    training: TrainingConfig,
    target: targets.Target,
    known: np.ndarray,
    rows: np.ndarray,
    scorers: list[str],
    weights: np.ndarray | None = None,
) -> dict[str, float]:
    """Return the scores of a constant answer, named as those of the network are; one that is not defined is NaN.

    Parameters:
        known, rows: int64 positions of the samples that the answer is taken from, and of those evaluated.
        scorers: names as `scoring.chosen` returns them.
        weights: float32 (rows of the table,), what each row counts for in the loss, or None.
    """
    found = []
    for answer in _answers(training, target, known):
        # In the order of rows, in which nothing is copied to look at steps.
        outputs = np.broadcast_to(answer, (len(rows), len(answer))).astype(np.float32, order="C")
        scored = {"loss": _loss(training, target, outputs, rows, weights)}
        found.append(scored | evaluator.scores(training, target, outputs, rows, scorers))
    names = [own.output for own in target.outputs]
    return {name: _best([own[name] for own in found], _bare(name, names)) for name in found[0]}


def of_samples(training: TrainingConfig, target: targets.Target, scorers: list[str]) -> dict[str, float]:
    """Return the scores of the constant answer that is best for the samples themselves; parameters as of `scores`."""
    rows = np.arange(len(target.truth))
    return scores(training, target, rows, rows, scorers)


def _answers(training: TrainingConfig, target: targets.Target, known: np.ndarray) -> list[np.ndarray]:
    """Return the constant outputs to try, float64 (units,) each, of all outputs side by side."""
    parts = [_of_one(training.of(own.output), own, known) for own in target.outputs or (target,)]
    tried = max(len(part) for part in parts)
    return [np.concatenate([part[min(number, len(part) - 1)] for part in parts]) for number in range(tried)]


def _of_one(training: TrainingConfig, target: targets.Target, known: np.ndarray) -> list[np.ndarray]:
    if target.kind == target_kinds.REGRESSION:
        return _middles(target, known)
    truth = target.truth[known]
    # One column a step.
    codes = truth.reshape(len(truth), -1)
    if target.kind == target_kinds.MULTILABEL:
        shares = truth.mean(axis=0)
    elif target.values.shape[-1] == 1 and target.values.dtype != np.int64:
        shares = codes.mean(axis=0)[:, None]
    else:
        shares = np.stack([np.bincount(step, minlength=len(target.classes)) for step in codes.T]) / len(truth)
    if training.loss in prediction.SIGNED_LOSSES:
        several = shares.shape[-1] > 1 and target.kind != target_kinds.MULTILABEL
        chosen = np.arange(shares.shape[-1]) == shares.argmax(axis=-1)[:, None] if several else shares > 0.5
        return [np.where(chosen, 1.0, -1.0).reshape(-1)]
    shares = shares.reshape(-1).clip(_LEAST, 1 - _LEAST)
    activation = objectives.logits_to(training)
    if activation is None:
        return [shares]
    return [np.log(shares / (1 - shares)) if activation == objectives.SIGMOID else np.log(shares)]


def _middles(target: targets.Target, known: np.ndarray) -> list[np.ndarray]:
    """Return mean and median of each number of a regression, float64 (units,)."""
    values = target.values
    if not isinstance(values, Reproduced):
        truth = target.truth[known]
        return [truth.mean(axis=0, dtype=np.float64), np.median(truth, axis=0)]
    # Without a second copy of the samples: the median is that of as many as can be looked at together.
    samples = values.samples
    parts = stretches(len(known), (samples.width,))
    mean = sum(samples.take(known[part]).sum(axis=0, dtype=np.float64) for part in parts) / len(known)
    most = max(_FEWEST_FOR_MEDIAN, _MEDIAN_NUMBERS // samples.width)
    return [np.asarray(mean), np.median(samples.take(known[:: -(-len(known) // most)]), axis=0)]


def _loss(
    training: TrainingConfig, target: targets.Target, outputs: np.ndarray, rows: np.ndarray, weights: np.ndarray | None
) -> float:
    total = 0.0
    each = target.each(outputs) if target.outputs else [(target, outputs)]
    shares = training.loss_weights(own.output for own, _ in each)
    for (own, found), share in zip(each, shares, strict=True):
        loss = training_parameters.loss(training.of(own.output))
        counts = own.spread(None if weights is None else weights[rows])
        total += share * float(
            loss(own.values[rows], found.reshape(len(rows), *own.shape) if own.shape else found, counts)
        )
    return total


def _bare(name: str, outputs: list[str]) -> str:
    """Return the name of a score without that of the output that it is of."""
    return next((name.removeprefix(f"{output}_") for output in outputs if name.startswith(f"{output}_")), name)


def _best(values: list[float], name: str) -> float:
    known = [value for value in values if not np.isnan(value)]
    less = name == "loss" or (name in metrics.METRICS and metrics.direction(name) == "min")
    return (min if less else max)(known, default=float("nan"))


def answer(target: targets.Target) -> str:
    """Say what the constant answer is."""
    kinds = {own.kind for own in target.outputs or (target,)}
    if kinds == {target_kinds.REGRESSION}:
        return "the mean or the median"
    if target_kinds.REGRESSION in kinds:
        return "the most frequent class, and the mean or the median,"
    return "the most frequent labels" if target_kinds.MULTILABEL in kinds else "the most frequent class"


def beside(found: Mapping[str, float], constant: Mapping[str, float]) -> list[str]:
    """Return one line for each score: its name, the network's and the constant answer's, where that is defined."""
    return [
        f"{name}: {score:.6g}"
        + (f" (baseline: {constant[name]:.6g})" if np.isfinite(constant.get(name, np.nan)) else "")
        for name, score in found.items()
    ]


def legend(target: targets.Target, of_what: str) -> str:
    """Say what the baseline beside the scores is; `of_what` says of which samples the answer is taken."""
    return f"Baseline: what always answering {answer(target)} of {of_what} gets."


def not_beaten(
    found: dict[str, float], constant: dict[str, float], target: targets.Target, of_set: str, scorer: str
) -> str | None:
    """Say so where a network's first score of a set is no better than the constant answer's; else return None.

    Parameters:
        of_set: the name of the set, with which the names of its scores begin; or "".
    """
    ends = tuple(f"_{name}" for name in (("accuracy", "r2") if scorer == DEFAULT else (scorer,)))
    names = [name for name in found if (name.startswith(of_set) and name.endswith(ends)) or name == scorer]
    worse = [name for name in names if np.isfinite(constant.get(name, np.nan)) and not found[name] > constant[name]]
    if not worse:
        return None
    where = f"On the {of_set} set the network" if of_set else "The network"
    return (
        f"{where} is no better than always answering {answer(target)}: {worse[0]} is {found[worse[0]]:.4g}, the "
        f"baseline {constant[worse[0]]:.4g}."
    )
