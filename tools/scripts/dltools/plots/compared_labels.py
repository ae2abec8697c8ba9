"""Comparing true with predicted labels: how often each class was predicted for each."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from dltools.core.errors import UserError, listed, quoted
from dltools.plots import label_tables
from dltools.plots.label_tables import TruthAndPrediction
from dltools.tables import labels

# A matrix of more classes is larger than anyone reads.
MAX_CLASSES = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Counts, int64 (classes, classes) with true classes as rows, the names of the classes, and what to note."""

    counts: np.ndarray
    classes: list[str]
    notes: list[str]


def read_order(form: dict) -> tuple[str, ...]:
    """Read the order of the classes that a form asks for: the names of the first ones, or none."""
    return tuple(name.strip() for name in str(form.get("class_order") or "").split(",") if name.strip())


def compared(asked: TruthAndPrediction, order: Sequence[str] = ()) -> Comparison:
    """Compare true with predicted labels.

    Parameters:
        order: names of the classes that come first; the others follow.

    Raises:
        UserError: the tables do not belong together, hold no labels, or lack a class of the order.
    """
    true, predicted = label_tables.read_pair(asked)
    counts, classes = count(true.values, predicted.values)
    notes = label_tables.one_sided(true, predicted)
    if len(classes) == 1:
        notes.append("there is only one class, so there is nothing that it could be taken for")
    if order:
        chosen = _in_order(classes, order)
        counts, classes = counts[np.ix_(chosen, chosen)], [classes[i] for i in chosen]
    return Comparison(counts=counts, classes=classes, notes=notes)


def _in_order(classes: list[str], names: Sequence[str]) -> list[int]:
    """Return the positions of all classes: first those named, in that order, then the rest."""
    label = "Order of the classes"
    found = labels.classes(classes, names)
    position = {found.position[name]: index for index, name in enumerate(classes)}
    unknown = [quoted(name) for name in names if found.position[name] not in position]
    if unknown:
        raise UserError(f"{label}: there is no class {listed(unknown)}. There are: {listed(map(quoted, classes), 40)}.")
    chosen = [position[found.position[name]] for name in names]
    twice = [quoted(name) for index, name in enumerate(names) if chosen[index] in chosen[:index]]
    if twice:
        raise UserError(f"{label}: {listed(twice)} is named twice.")
    return chosen + [index for index in range(len(classes)) if index not in set(chosen)]


def count(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Count how often each label was predicted for each true one.

    `true` and `predicted` are arrays (rows,) of str; `labels.classes` says which classes they name. Returns an
    int64 array (classes, classes), true classes as rows, and the classes' names.

    Raises:
        UserError: there are too many classes.
    """
    found = labels.classes(true, predicted)
    size = len(found.names)
    if size > MAX_CLASSES:
        raise UserError(
            f"There are {size} different labels, and a confusion matrix can show {MAX_CLASSES}. "
            "It compares classes, not measurements: choose the column with the class labels."
        )
    counts = np.bincount(found.codes(true) * size + found.codes(predicted), minlength=size * size).reshape(size, size)
    return counts, found.names
