"""Comparing true with predicted labels: the confusion matrix, and the classes' scores that follow from it."""

import numpy as np

from dltools.core.errors import UserError, listed, quoted
from dltools.evaluation import class_scores
from dltools.forms.kinds import Choice
from dltools.forms.parameters import boolean, is_empty, with_further
from dltools.plots import label_tables
from dltools.plots.class_scores import ClassScoresPlot
from dltools.plots.confusion_matrix import ConfusionMatrix
from dltools.tables import labels

COLOR_MAPS = {
    "Greys": "Greys",
    "Purples": "Purples",
    "Blues": "Blues",
    "Greens": "Greens",
    "Oranges": "Oranges",
    "Reds": "Reds",
    "Summer": "summer",
    "Autumn": "autumn",
    "RdYlGn": "RdYlGn",
    "Spectral": "Spectral",
    "winter": "winter",
    # Even for the colour-blind and in print; offered since.
    "viridis": "viridis",
    "cividis": "cividis",
}
MAX_CLASSES = 1000


def from_parameters(selection: dict) -> ConfusionMatrix:
    """Read the two tables that the form's parameters name, and compare them.

    Raises:
        UserError: the tables do not belong together, or hold no labels.
    """
    selection = with_further(selection, "matrix_options")
    color = selection.get("plot_color") or "Greens"
    if color not in COLOR_MAPS:
        raise UserError(f"Choose plot color: must be one of {listed(COLOR_MAPS)}. Received: {quoted(color)}.")
    normalize = Choice(tuple(class_scores.NORMALIZED)).read(
        selection.get("normalize") or "none", "Normalize the matrix"
    )
    counts, classes, notes = compared(selection)
    return ConfusionMatrix(
        title=selection.get("title") or "Confusion matrix",
        counts=counts,
        classes=classes,
        notes=notes,
        color_map=COLOR_MAPS[color],
        normalize=normalize,
        totals=boolean(selection.get("totals"), "totals"),
    )


def class_scores_from_parameters(selection: dict) -> ClassScoresPlot:
    """Read two tables as `from_parameters` does, to show each class's precision, recall and F.

    Raises:
        UserError: as `from_parameters`.
    """
    counts, classes, notes = compared(selection)
    title = selection.get("title") or "Precision, recall and F of each class"
    return ClassScoresPlot(title=title, counts=counts, classes=classes, notes=notes)


def compared(selection: dict) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the counts of the two tables of a form, the classes' names in the order asked for, and what to note.

    Raises:
        UserError: as `from_parameters`.
    """
    true, predicted = label_tables.read_pair(selection)
    counts, classes = count(true.values, predicted.values)
    notes = label_tables.one_sided(true, predicted)
    if len(classes) == 1:
        notes.append("there is only one class, so there is nothing that it could be taken for")
    order = selection.get("class_order")
    if not is_empty(order):
        chosen = _in_order(classes, [name.strip() for name in str(order).split(",") if name.strip()])
        counts, classes = counts[np.ix_(chosen, chosen)], [classes[i] for i in chosen]
    return counts, classes, notes


def _in_order(classes: list[str], names: list[str]) -> list[int]:
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
