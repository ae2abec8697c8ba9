"""By which score the best of several runs is chosen, and what may honestly be said of it."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Self

from dltools.catalogue import score_names
from dltools.catalogue.score_names import TEST, TRAIN, VALIDATION
from dltools.core.errors import UserError, listed, quoted
from dltools.plots.run_groups import Order
from dltools.plots.run_tables import Run

AUTOMATIC, MORE, LESS = DIRECTIONS = ("auto", "more", "less")
_LABEL = "Score to choose by"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What runs are compared by.

    Attributes:
        column: the score by which the best is chosen.
        more: whether more of it is better.
        beside: the same score of the test set, which the choice does not look at; None where there is none.
        others: all other scores, in the order of the tables.
    """

    column: str
    more: bool
    beside: str | None
    others: tuple[str, ...]

    @classmethod
    def of(cls, runs: Sequence[Run], wanted: str, direction: str) -> Self:
        """Choose the score.

        Parameters:
            wanted: as the user typed it, with or without its set; "" for the usual one.
            direction: one of `DIRECTIONS`.

        Raises:
            UserError: there is no such score, or nobody knows whether more of it is better.
        """
        columns = _columns(runs)
        if not columns:
            raise UserError(
                "The scores: no run has any. Choose the scores that 'Deep learning training and evaluation' wrote."
            )
        column = _wanted(wanted, columns) if wanted else _usual(runs, columns)
        more = {MORE: True, LESS: False}.get(direction, score_names.more_is_better(column))
        if more is None:
            raise UserError(
                f"{_LABEL}: whether more of {quoted(column)} is better is not known. Choose it under 'What is better'."
            )
        test = f"{TEST}_{score_names.score(column)}"
        beside = test if test in columns and column != test else None
        return cls(
            column=column,
            more=more,
            beside=beside,
            others=tuple(name for name in columns if name not in (column, beside)),
        )

    def caution(self, order: Order) -> str:
        """Say what the score of the best is worth."""
        chosen, count = score_names.of_set(self.column), len(order.ranked)
        if count == 1:
            return f"Only one has {self.column}, so nothing was chosen."
        if chosen == VALIDATION and self.beside:
            return (
                f"Chosen by {self.column}. Report {self.beside}, at which the choice did not look: {self.column} of "
                "the best flatters."
            )
        if chosen == TEST:
            return (
                f"Chosen by {self.column} itself: the best of {count} test scores is better than the network will be "
                "on new samples. Choose by a validation score, or test the best on samples apart."
            )
        if chosen == VALIDATION:
            return (
                f"There are no test scores: the best of {count} validation scores is better than the network will be "
                "on new samples. The scheme Train, Validate and Evaluate gives scores to report."
            )
        if chosen == TRAIN:
            return f"Chosen by {self.column}, the score of samples that were trained on: it favours learning by heart."
        return f"Of which samples {self.column} is, its name does not tell; the best of {count} flatters."


def _columns(runs: Sequence[Run]) -> list[str]:
    every = list(dict.fromkeys(name for run in runs for name in run.scores))
    return [name for name in every if score_names.is_score(name, every)]


def _wanted(wanted: str, columns: list[str]) -> str:
    for name in (f"{VALIDATION}_{wanted}", f"{TEST}_{wanted}", wanted, f"{TRAIN}_{wanted}"):
        if name in columns:
            return name
    raise UserError(f"{_LABEL}: the runs have no {quoted(wanted)}. They have: {listed(map(quoted, columns), 40)}.")


def _usual(runs: Sequence[Run], columns: list[str]) -> str:
    """Return the usual score among those that most runs have: of the validation set, or of the next best set."""
    some = [name for name in columns if not all(math.isnan(run.scores.get(name, math.nan)) for run in runs)]
    counts = {name: sum(name in run.scores for run in runs) for name in some}
    often = [name for name in some if counts[name] == max(counts.values())]
    for chosen in (VALIDATION, TEST, "", TRAIN):
        found = score_names.usual(name for name in often if score_names.of_set(name) == chosen)
        if found is not None:
            return found
    raise UserError(
        f"{_LABEL}: must be given, since none of the columns has the name of a score. They are: "
        f"{listed(map(quoted, columns), 40)}."
    )
