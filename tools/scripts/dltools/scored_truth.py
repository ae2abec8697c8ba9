"""True classes beside the scores that a model gave each class, for curves over all thresholds.

The scores' header names the classes, as 'Model Prediction' writes it with the method predict_proba, and
every class is found by its name: whatever the order of the columns, no curve comes out inverted.
"""

from typing import NamedTuple

import numpy as np

from . import label_tables, parameters, tables
from .errors import UserError, listed, quoted
from .parameters import Dataset, is_empty
from .tsv import is_number, split_cells

TRUTH = "Select the dataset containing true labels"
SCORES = "Select the dataset containing predicted probabilities"
MAX_CLASSES = 1000


class ScoredTruth(NamedTuple):
    """Whether each sample is of a class, and how the model scored that.

    `truth` is bool (rows, classes), `scores` float64 (rows, classes), and `classes` the names. Of a problem
    with two classes, or where one was asked for, only the positive class is there. `probabilities` tells
    whether all scores lie from 0 to 1; `notes` what a reader must know.
    """

    truth: np.ndarray
    scores: np.ndarray
    classes: list[str]
    probabilities: bool
    notes: list[str]

    @property
    def positives(self) -> np.ndarray:
        """Number of samples of each class, int64 (classes,)."""
        return np.count_nonzero(self.truth, axis=0)


class _Scores(NamedTuple):
    """The table of scores: float64 (rows, columns) and the columns' names, or None."""

    values: np.ndarray
    names: list[str] | None
    dataset: Dataset

    @property
    def first_line(self) -> int:
        return 1 if self.names is None else 2


def read(selection: dict) -> ScoredTruth:
    """Read the two tables that `infile1` and `infile2` name, and choose the classes to show.

    Raises:
        UserError: the tables do not belong together, or hold no such thing; a class that is not there.
    """
    scores = _read_scores(parameters.dataset(selection.get("infile2"), SCORES))
    columns = _read_truth(parameters.dataset(selection.get("infile1"), TRUTH), scores)
    source = parameters.dataset(selection.get("infile1"), TRUTH)
    wanted = selection.get("pos_label")
    wanted = None if is_empty(wanted) else str(wanted).strip()
    if len(columns.columns) > 1:
        found = _of_indicators(columns, source, scores, wanted)
    else:
        found = _of_labels(columns.columns[0], source, scores, wanted)
    return _with_enough_positives(found, selection.get("report_minimum_n_positives"), source)


# --- the two tables ---------------------------------------------------------------------------


def _first_cells(dataset: Dataset) -> list[str]:
    with open(dataset.path, "rb") as handle:
        line = handle.readline().decode("utf-8", "replace")
    return [cell.strip() for cell in split_cells(line.rstrip("\r\n"))] if '"' not in line else []


def _count_lines(dataset: Dataset) -> int:
    with open(dataset.path, "rb") as handle:
        data = handle.read()
    return data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))


def _read_scores(dataset: Dataset) -> _Scores:
    cells = _first_cells(dataset)
    if not cells or not all(map(is_number, cells)):
        table = tables.read_numbers(dataset, True, label_tables.predicted_columns(dataset, True))
        return _Scores(table.values.astype(np.float64), table.names, dataset)
    # Classes that are numbers make a header of numbers; a row of scores has fractions.
    table = tables.read_numbers(dataset, False)
    is_header = all(float(cell).is_integer() for cell in cells) and len(set(cells)) == len(cells) and len(table.values) > 1
    if len(cells) == 1:
        is_header = False
    values = table.values.astype(np.float64)
    return _Scores(values[1:], cells, dataset) if is_header else _Scores(values, None, dataset)


def _read_truth(dataset: Dataset, scores: _Scores) -> tables.TextTable:
    """Read the truth, with a header if it has one line more than there are scores."""
    lines, rows, cells = _count_lines(dataset), len(scores.values), _first_cells(dataset)
    is_text = bool(cells) and not any(map(is_number, cells))
    if lines == rows + 1 and (is_text or len(cells) > 1):
        if is_text:
            return tables.read_text(dataset, True)
        # A header of numbers, which the reader would take for data.
        table = tables.read_text(dataset, False)
        return tables.TextTable([column[1:] for column in table.columns], cells)
    if lines not in (0, rows):
        counted = lines - 1 if cells in (["True"], ["y_true"]) else lines
        label_tables.check_lengths(dataset, counted, scores.dataset, rows, "labels")
    return tables.read_text(dataset, False)


# --- one column of labels ---------------------------------------------------------------------


def _of_labels(labels: np.ndarray, source: Dataset, scores: _Scores, wanted: str | None) -> ScoredTruth:
    # The name of a single column need not be that of a class.
    names = scores.names if scores.names and (len(scores.names) > 1 or scores.names[0] in set(labels)) else []
    found = label_tables.keys({*labels, *names, *([wanted] if wanted else ())})
    true_keys = np.asarray([found[text] for text in labels], object)
    present = sorted(set(true_keys))
    _check_several(present, source)
    if scores.values.shape[1] == 1:
        return _of_one_column(true_keys, present, source, scores, found, wanted)
    if scores.names is None:
        raise UserError(
            f"{scores.dataset} has {scores.values.shape[1]} columns and no header that names their classes. Give it "
            "one, as 'Model Prediction' writes it with the method 'predict_proba'."
        )
    names = [found[name] for name in scores.names]
    if not set(names) & set(present):
        raise UserError(
            f"{scores.dataset}: no column is named after a class. Its columns are {listed(map(quoted, scores.names), 10)}, "
            f"the classes in {source} {listed([quoted(label_tables.name_of(key)) for key in present], 10)}."
        )
    _check_probabilities(scores)
    notes = _unknown(names, present, scores.dataset)
    chosen = _chosen_columns(names, found, wanted, source)
    truth = np.stack([true_keys == names[i] for i in chosen], axis=1)
    return ScoredTruth(truth, scores.values[:, chosen], [label_tables.name_of(names[i]) for i in chosen], True, notes)


def _check_several(present: list, source: Dataset) -> None:
    if len(present) < 2:
        raise UserError(
            f"{source} holds only one class, {quoted(label_tables.name_of(present[0]))}. A curve compares a class with the "
            "others: choose samples of at least two classes."
        )


def _unknown(names: list, present: list, dataset: Dataset) -> list[str]:
    missing = [label_tables.name_of(key) for key in present if key not in set(names)]
    if not missing:
        return []
    return [f"{dataset} has no column for the true class {listed(missing, 10)}: its samples count as those of other classes"]


def _chosen_columns(names: list, found: dict, wanted: str | None, source: Dataset) -> list[int]:
    if wanted is not None:
        _check_wanted(found[wanted], names, wanted, source)
        return [names.index(found[wanted])]
    if len(names) == 2:
        return [names.index(_positive(names))]
    return list(range(len(names)))


def _check_wanted(key, keys: list, wanted: str, source: Dataset) -> None:
    if key not in keys:
        there = listed([quoted(label_tables.name_of(other)) for other in keys], 40)
        raise UserError(f"pos_label: {quoted(wanted)} is no class of {source}. The classes are: {there}.")


def _positive(keys: list):
    """Return which of two classes counts as positive where nobody says: 1, or else the second."""
    return next((key for key in keys if key == 1.0), keys[1])


def _of_one_column(true_keys, present, source: Dataset, scores: _Scores, found: dict, wanted: str | None) -> ScoredTruth:
    """Take one column of scores for those of the positive class."""
    if wanted is not None:
        _check_wanted(found[wanted], present, wanted, source)
    elif len(present) > 2:
        raise UserError(
            f"{scores.dataset} has one column, but {source} holds {len(present)} classes. Choose probabilities with one "
            "column for each class ('Model Prediction' with the method 'predict_proba'), or name one class as pos_label."
        )
    name = (scores.names or [None])[0]
    positive = found[wanted] if wanted is not None else found[name] if name and found.get(name) in present else _positive(present)
    labels_only = set(np.unique(scores.values)) <= {key for key in present if isinstance(key, float)}
    if name == "Predicted" and labels_only and len(scores.values) > 2:
        raise UserError(
            f"{scores.dataset} holds predicted labels, not probabilities. Choose the output of 'Model Prediction' with "
            "the method 'predict_proba'."
        )
    within = bool((scores.values >= -label_tables.ROUNDING).all() and (scores.values <= 1 + label_tables.ROUNDING).all())
    return ScoredTruth((true_keys == positive)[:, None], scores.values, [label_tables.name_of(positive)], within, [])


# --- one column of 0 and 1 for each class -----------------------------------------------------


def _of_indicators(table: tables.TextTable, source: Dataset, scores: _Scores, wanted: str | None) -> ScoredTruth:
    truth = np.stack([_indicator(column, position, table, source) for position, column in enumerate(table.columns, 1)], axis=1)
    if truth.shape[1] != scores.values.shape[1]:
        raise UserError(
            f"{source} has {truth.shape[1]} columns of 0 and 1, {scores.dataset} has {scores.values.shape[1]} columns of "
            "scores. Choose tables with one column for each class, or true labels in a single column."
        )
    _check_probabilities(scores)
    names = [name.removeprefix("True_") for name in table.names or scores.names or map(str, range(truth.shape[1]))]
    values = scores.values
    if scores.names and set(scores.names) == set(names) and len(set(names)) == len(names):
        values = values[:, [scores.names.index(name) for name in names]]
    exclusive = (truth.sum(axis=1) == 1).all()
    chosen = list(range(len(names)))
    if wanted is not None:
        found = label_tables.keys([*names, wanted])
        keys = [found[name] for name in names]
        _check_wanted(found[wanted], keys, wanted, source)
        chosen = [keys.index(found[wanted])]
    elif exclusive and len(names) == 2:
        found = label_tables.keys(names)
        keys = [found[name] for name in names]
        chosen = [keys.index(_positive(keys))]
    if not truth.any(axis=0)[chosen].any() or truth.all(axis=0)[chosen].all():
        raise UserError(f"{source}: every sample is of one class. A curve compares a class with the others.")
    return ScoredTruth(truth[:, chosen], values[:, chosen], [names[i] for i in chosen], True, [])


def _indicator(column: np.ndarray, position: int, table: tables.TextTable, source: Dataset) -> np.ndarray:
    for text in dict.fromkeys(column):
        if not is_number(text) or float(text) not in (0, 1):
            line = table.first_line + int(np.flatnonzero(column == text)[0])
            raise UserError(
                f"{source}, line {line}, column {position}: {quoted(text)} is neither 0 nor 1. Several columns are read as "
                "one of 0 and 1 for each class; cut out the one column that holds the labels."
            )
    return np.asarray([float(text) == 1 for text in column])


def _check_probabilities(scores: _Scores) -> None:
    label_tables.check_probabilities(scores.values, scores.dataset, scores.first_line, scores.names)


# --- what is shown ----------------------------------------------------------------------------


def _with_enough_positives(found: ScoredTruth, minimum, source: Dataset) -> ScoredTruth:
    """Leave out classes that no curve can be drawn of, or that have fewer samples than asked for."""
    least = 1 if is_empty(minimum) else max(1, int(minimum))
    enough = (found.positives >= least) & (found.positives < len(found.truth))
    if not enough.any():
        most = int(found.positives.max())
        raise UserError(
            f"{source}: no class to show has {least} samples and more, and samples of other classes beside them; the most "
            f"is {most}. Choose a smaller report_minimum_n_positives, or other samples."
        )
    left_out = [name for name, keep in zip(found.classes, enough, strict=True) if not keep]
    notes = list(found.notes)
    if left_out:
        notes.append(f"left out, with fewer than {least} samples: {listed(left_out, 10)}")
    kept = np.flatnonzero(enough)
    if len(kept) > MAX_CLASSES:
        raise UserError(f"{source}: there are {len(kept)} classes, and curves can show {MAX_CLASSES}. Name one as pos_label.")
    return found._replace(
        truth=found.truth[:, kept], scores=found.scores[:, kept], classes=[found.classes[i] for i in kept], notes=notes
    )
