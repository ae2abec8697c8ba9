"""Permutation importance of a trained network's features.

How much worse the network scores where one column's values are shuffled among the samples, so that they no longer
belong to them (https://doi.org/10.1023/A:1010933404324).
"""

from collections.abc import Callable

import numpy as np

from dltools.catalogue import target_kinds
from dltools.catalogue.scorers import DEFAULT, ScorerChoice
from dltools.core.errors import UserError
from dltools.data import steps
from dltools.data.targets import Target
from dltools.evaluation import prediction
from dltools.forms.parameters import is_empty
from dltools.model_files.records import Record

# Rows of shuffled samples that are predicted at once.
_BLOCK = 8192


class PermutationScorer:
    """Scores a network's outputs against the truth, or against what it said before anything was shuffled.

    `meaning` says what a fall of the score means.
    """

    def __init__(self, record: Record, target: Target | None, scorer: str | None, shape: tuple[int, ...] = ()):
        """Choose the scorer: by default accuracy, or R2 for a regression. `target` is None without truth; `shape` is
        as in a target.
        """
        from dltools.evaluation import scoring

        self._kind, self._loss = record.target.kind, record.builder.training.loss
        self.truth, self._target, self._shape = None if target is None else target.truth, target, shape
        is_regression = self._kind == target_kinds.REGRESSION
        if target is not None:
            self.scorer = scoring.chosen(ScorerChoice(scorer or DEFAULT), target)[0]
            what = f"Fall of {self.scorer}"
        elif not is_empty(scorer):
            raise UserError(
                "Score that the importance is the fall of: needs the true labels or values. Give them, or leave it "
                "blank."
            )
        else:
            self.scorer = "r2" if is_regression else "accuracy"
            what = "Change of the predictions" if is_regression else "Share of predictions that change"
        self.meaning = f"{what} where the feature is shuffled"

    def reference(self, rows: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return what the predictions of `rows` are compared with."""
        if self._target is not None:
            return self._target.by_step(rows)[1]
        return prediction.decided(steps.rows(outputs, self._shape), self._kind, self._loss)

    def score(self, outputs: np.ndarray, reference: np.ndarray) -> float:
        """Score outputs, float32 (rows, units)."""
        from dltools.evaluation import scoring

        outputs = steps.rows(outputs, self._shape)
        decided = prediction.decided(outputs, self._kind, self._loss)
        likelihoods = prediction.likelihoods(outputs, self._kind)
        return scoring.scores([self.scorer], self._kind, reference, decided, likelihoods)[self.scorer]


def permuted(
    predicted: Callable[[np.ndarray], np.ndarray],
    scorer: PermutationScorer,
    values: np.ndarray,
    rows: np.ndarray,
    repeats: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation, float64 (features,), of how far the score falls for each feature.

    Parameters:
        predicted: takes float32 (rows, features), returns float32 (rows, units).
        values: the samples, float32 (rows, features), which are at `rows` of the table.

    Raises:
        UserError: an output is no number.
    """
    outputs = predicted(values)
    prediction.check_numbers(outputs, rows)
    reference = scorer.reference(rows, outputs)
    base = scorer.score(outputs, reference)
    count = values.shape[1]
    drops = np.zeros((count, repeats))
    # A column that is the same in all samples stays the same however it is shuffled.
    varied = np.flatnonzero(values.min(axis=0) < values.max(axis=0))
    orders = np.random.default_rng(seed)
    jobs = [(feature, repeat) for feature in varied for repeat in range(repeats)]
    at_once = max(1, _BLOCK // len(values))
    for start in range(0, len(jobs), at_once):
        block = jobs[start : start + at_once]
        shuffled = np.repeat(values[None], len(block), axis=0)
        for copy, (feature, _) in zip(shuffled, block, strict=True):
            copy[:, feature] = orders.permutation(copy[:, feature])
        found = predicted(shuffled.reshape(-1, count)).reshape(len(block), len(values), -1)
        for (feature, repeat), one in zip(block, found, strict=True):
            prediction.check_numbers(one, rows)
            drops[feature, repeat] = base - scorer.score(one, reference)
    return drops.mean(axis=1), drops.std(axis=1)
