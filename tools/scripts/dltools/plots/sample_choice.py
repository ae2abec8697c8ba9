"""Which samples of a table a plot shows of a network's answers, and which of the answers."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue.target_kinds import BINARY, MULTICLASS, REGRESSION
from dltools.core.errors import UserError, listed, quoted
from dltools.plots.explained import Samples

if TYPE_CHECKING:
    from dltools.data.dense_table import DenseTable
    from dltools.data.specs import TargetSpec
    from dltools.data.targets import Target
    from dltools.evaluation.attribution import Asked
    from dltools.model_files.records import Record

ROWS, CLASS = "Rows to show", "Class or value to explain"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the form asks for.

    Attributes:
        rows: numbers of the rows, counted from 1; None for the first, or, where the truth is known, the most confident
            right and wrong answers, as many of each.
        count: how many at most where the rows are not given.
        asked: name of the class or value; None for the class that the network says, or the first value.
    """

    rows: tuple[int, ...] | None
    count: int
    asked: str | None


def choose(
    wanted: Wanted,
    record: "Record",
    features: "DenseTable",
    answer: Callable[[np.ndarray], np.ndarray],
    truth: "Target | None",
) -> "tuple[np.ndarray, Asked, Samples]":
    """Return the positions of the samples to show, int64 (n,), what is asked of each, and what is said of them.

    Parameters:
        answer: returns the network's outputs for some positions, float32 (n, units).

    Raises:
        UserError: there is no such row, class or value; or an output is no number.
    """
    from dltools.evaluation import prediction

    training, target = record.builder.training, record.target
    rows = _positions(wanted, features, truth is not None)
    found = answer(rows)
    prediction.check_numbers(found, rows)
    decided = prediction.decided(prediction.without_logits(found, training), target.kind, training.loss)
    asked, names = _asked(wanted.asked, target, found, decided)
    answers = asked.answers(found)
    if wanted.rows is None and truth is not None:
        kept = _most_confident(answers, _right(truth, decided, rows), wanted.count)
        rows, asked, answers, names = rows[kept], asked[kept], answers[kept], [names[i] for i in kept]
    true = None if truth is None else _true(truth, rows)
    return rows, asked, Samples(rows=rows + 1, asked=names, answers=answers, true=true)


def _positions(wanted: Wanted, features: "DenseTable", ranked: bool) -> np.ndarray:
    if wanted.rows is None:
        return np.arange(len(features) if ranked else min(wanted.count, len(features)))
    beyond = next((row for row in wanted.rows if row > len(features)), None)
    if beyond is not None:
        raise UserError(f"{ROWS}: {features.source} has {len(features)} rows. Received: {beyond}.")
    return np.asarray(wanted.rows) - 1


def _asked(name: str | None, target: "TargetSpec", found: np.ndarray, decided: np.ndarray) -> "tuple[Asked, list[str]]":
    """Return which unit of the network speaks for what is asked, and what that is called for each sample."""
    from dltools.evaluation.attribution import Asked

    count = len(found)
    if target.kind == REGRESSION:
        known = list(target.names) or ["value"]
        known += [f"value {number}" for number in range(len(known), found.shape[1])]
    else:
        known = list(map(str, target.classes))
    one_unit = target.kind == BINARY and found.shape[1] == 1
    if name is not None and name not in known:
        raise UserError(f"{CLASS}: the network knows {listed(map(quoted, known))}. Received: {quoted(name)}.")
    if name is not None:
        numbers = np.full(count, known.index(name))
    elif target.kind == REGRESSION:
        numbers = np.zeros(count, np.int64)
    else:
        numbers = decided if one_unit else found.argmax(axis=1)
    names = [known[number] for number in numbers]
    whole = float(found.min(initial=0) >= 0 and found.max(initial=0) <= 1)
    if one_unit:
        signs = np.where(numbers, 1, -1).astype(np.float32)
        return Asked(np.zeros(count, np.int64), signs, whole), names
    return Asked(numbers.astype(np.int64), np.ones(count, np.float32), whole), names


def _right(truth: "Target", decided: np.ndarray, rows: np.ndarray) -> np.ndarray | None:
    """Return which answers are right, bool (n,); None where answers are not right or wrong."""
    return truth.truth[rows] == decided if truth.kind in (BINARY, MULTICLASS) else None


def _most_confident(answers: np.ndarray, right: np.ndarray | None, count: int) -> np.ndarray:
    """Return the positions of the most confident answers, right ones and wrong ones, half of each if there are so
    many; the first ones where answers are not right or wrong.
    """
    if right is None:
        return np.arange(min(count, len(answers)))
    order = np.argsort(-answers, kind="stable")
    rights, wrongs = order[right[order]], order[~right[order]]
    few = min(len(wrongs), count // 2)
    many = min(len(rights), count - few)
    return np.concatenate([rights[:many], wrongs[: count - many]])


def _true(truth: "Target", rows: np.ndarray) -> list[str]:
    """Return what the samples are, as text."""
    if truth.kind in (BINARY, MULTICLASS):
        return [truth.classes[number] for number in truth.truth[rows]]
    if truth.kind == REGRESSION:
        return [", ".join(f"{value:.6g}" for value in values) for values in truth.truth[rows]]
    return [", ".join(np.asarray(truth.classes, object)[values > 0]) or "none" for values in truth.truth[rows]]
