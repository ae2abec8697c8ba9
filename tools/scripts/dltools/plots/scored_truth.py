"""True classes beside the scores that a model gave each class, for curves over all thresholds.

The scores' header names the classes, as 'Model Prediction' writes it with the method predict_proba, and
every class is found by its name: whatever the order of the columns, no curve comes out inverted.
"""

import dataclasses
from typing import NamedTuple, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.forms import parameters
from dltools.forms.kinds import Whole
from dltools.forms.parameters import is_empty
from dltools.plots import image_rows, label_tables
from dltools.tables import labels, prediction_tables, tables, tsv
from dltools.tables.cells import indicator, is_boolean
from dltools.tables.tsv import are_shares, is_number, names_classes

TRUTH = "Select the dataset containing true labels"
SCORES = "Select the dataset containing predicted probabilities"
MAX_CLASSES = 1000
# Labels of which everybody takes the 1 for the positive class.
_SIGNED = ([0, 1], [-1, 1])


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
    """The table of scores: float64 (rows, columns), the columns' names or None, and the number of the first row's
    line.
    """

    values: np.ndarray
    names: list[str] | None
    dataset: Dataset
    first_line: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TruthAndScores:
    """A table of true labels, one of the scores that a model gave, and which classes are to be shown.

    `positive` is the class that counts as positive, or None where the tables are to tell; classes with fewer than
    `least` samples are left out.
    """

    truth: Dataset
    scores: Dataset
    positive: str | None = None
    least: int = 1

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the parameters of a form.

        Raises:
            UserError: no dataset was chosen.
        """
        positive, least = form.get("pos_label"), form.get("report_minimum_n_positives")
        return cls(
            truth=parameters.dataset(form.get("infile1"), TRUTH),
            scores=parameters.dataset(form.get("infile2"), SCORES),
            positive=None if is_empty(positive) else str(positive).strip(),
            least=1 if is_empty(least) else max(1, Whole(0).read(least, "Report minimum number of positives")),
        )


def read(asked: TruthAndScores) -> ScoredTruth:
    """Read the two tables, and choose the classes to show.

    Raises:
        UserError: the tables do not belong together, or hold no such thing; a class that is not there.
    """
    source, wanted = asked.truth, asked.positive
    scores = _read_scores(asked.scores, source)
    columns = image_rows.ordered(_read_truth(source, scores), source, asked.scores)
    if len(columns.columns) > 1:
        found = _of_indicators(columns, source, scores, wanted)
    else:
        column = labels.cleaned(columns.columns[0], source, columns.first_line)
        found = _of_labels(column, source, scores, wanted)
    return _with_enough_positives(found, asked.least, source)


# --- the two tables ---------------------------------------------------------------------------


def _read_scores(dataset: Dataset, truth: Dataset) -> _Scores:
    first = tsv.first_line(dataset)
    cells = first.cells
    if first.marked or not all(map(is_number, cells)):
        source = prediction_tables.opened(dataset, True, prediction_tables.predicted_columns(dataset, True))
        table = tables.read_numbers_of(source, dtype=np.float64)
        return _Scores(table.values, table.names, dataset, table.first_line)
    # Classes that are numbers make a header of numbers; a row of scores has fractions.
    further_lines = tables.count_rows(dataset) - tables.count_rows(truth)
    is_header = (len(set(cells)) == len(cells) > 1 and further_lines >= 0) or len(cells) == 1 == further_lines
    whole = all(float(cell).is_integer() for cell in cells)
    below = prediction_tables.second_cells(dataset)
    header = is_header and not first.alone and (whole or (names_classes(cells, below) and not are_shares(cells)))
    source = tsv.open_table(dataset, header, tables.ALL_COLUMNS, numbers_may_name=True)
    table = tables.read_numbers_of(source, dtype=np.float64)
    return _Scores(table.values, table.names, dataset, table.first_line)


def _read_truth(dataset: Dataset, scores: _Scores) -> tables.TextTable:
    """Read the truth, with a header if it has one line more than there are scores."""
    first = tsv.first_line(dataset)
    cells = first.cells
    lines, rows = tables.count_rows(dataset) + first.marked, len(scores.values)
    # A single cell that reads True is the header that 'Deep learning training and evaluation' writes.
    is_row = any(is_number(cell) or (is_boolean(cell) and len(cells) > 1) for cell in cells)
    is_text = first.marked or first.named_rows or not is_row
    if lines == rows + 1 and (
        is_text or (len(cells) > 1 and len(set(cells)) == len(cells) and not any(map(is_boolean, cells)))
    ):
        if is_text:
            return tables.read_text(dataset, True)
        # A header of numbers, which the reader would take for data.
        table = tables.read_text(dataset, False)
        return tables.TextTable([column[1:] for column in table.columns], cells, table.first_line + 1)
    if lines != rows:
        counted = lines - 1 if cells in (["True"], ["y_true"]) else lines
        label_tables.check_lengths(dataset, counted, scores.dataset, rows, "labels")
    return tables.read_text(dataset, False)


# --- one column of labels ---------------------------------------------------------------------


def _of_labels(column: np.ndarray, source: Dataset, scores: _Scores, wanted: str | None) -> ScoredTruth:
    # The name of a single column need not be that of a class.
    names = scores.names if scores.names and (len(scores.names) > 1 or scores.names[0] in set(column)) else []
    found = labels.classes(column, names, [wanted] if wanted else [])
    true = found.codes(column)
    present = sorted(set(true.tolist()))
    if len(present) < 2:
        raise UserError(
            f"{source} holds only one class, {quoted(found.names[present[0]])}. A curve compares a class with the "
            "others: choose samples of at least two classes."
        )
    if scores.values.shape[1] == 1:
        return _of_one_column(true, present, source, scores, found, wanted)
    if scores.names is None:
        raise UserError(
            f"{scores.dataset} has {scores.values.shape[1]} columns and no header that names their classes. Give it "
            "one, as 'Model Prediction' writes it with the method 'predict_proba'."
        )
    columns = found.codes(scores.names).tolist()
    if not set(columns) & set(present):
        raise UserError(
            f"{scores.dataset}: no column is named after a class. Its columns are "
            f"{listed(map(quoted, scores.names), 10)}, the classes in {source} "
            f"{listed([quoted(found.names[code]) for code in present], 10)}."
        )
    _check_probabilities(scores)
    _check_not_twice(scores.dataset, scores.names, columns)
    missing = [found.names[code] for code in present if code not in set(columns)]
    notes = [
        f"{scores.dataset} has no column for the true class {listed(missing, 10)}: its samples count as those of other "
        "classes"
    ]
    chosen = _chosen_columns(columns, found, wanted, source)
    truth = np.stack([true == columns[i] for i in chosen], axis=1)
    names = [found.names[columns[i]] for i in chosen]
    return ScoredTruth(truth, scores.values[:, chosen], names, True, notes if missing else [])


def _check_not_twice(dataset: Dataset, names: list[str], columns: list[int]) -> None:
    twice = next((name for name, code in zip(names, columns, strict=True) if columns.count(code) > 1), None)
    if twice is not None:
        raise UserError(
            f"{dataset}: more than one column is named after the class {quoted(twice)}. Cut out the others."
        )


def _chosen_columns(columns: list[int], found: labels.Classes, wanted: str | None, source: Dataset) -> list[int]:
    """Return which of the columns, given by the classes that they are of, are shown."""
    if wanted is not None:
        _check_wanted(columns, found, wanted, source)
        return [columns.index(found.position[wanted])]
    if len(columns) == 2:
        return [columns.index(_positive(columns, found))]
    return list(range(len(columns)))


def _check_wanted(codes: list[int], found: labels.Classes, wanted: str, source: Dataset) -> None:
    if found.position[wanted] not in codes:
        there = listed([quoted(found.names[code]) for code in codes], 40)
        raise UserError(f"pos_label: {quoted(wanted)} is no class of {source}. The classes are: {there}.")


def _positive(codes: list[int], found: labels.Classes) -> int:
    """Return which of two classes is shown where nobody says and both have scores: 1, or else the second."""
    return next((code for code in codes if labels.number(found.names[code]) == 1), codes[1])


def _of_one_column(
    true: np.ndarray, present: list[int], source: Dataset, scores: _Scores, found: labels.Classes, wanted: str | None
) -> ScoredTruth:
    """Take one column of scores for those of the positive class."""
    if wanted is None and len(present) > 2:
        raise UserError(
            f"{scores.dataset} has one column, but {source} holds {len(present)} classes. Choose probabilities with "
            "one column for each class ('Model Prediction' with the method 'predict_proba'), or name one class as "
            "pos_label."
        )
    numbers = [labels.number(found.names[code]) for code in present]
    if (
        (scores.names or [""])[0] == "Predicted"
        and set(np.unique(scores.values)) <= set(numbers)
        and len(scores.values) > 2
    ):
        raise UserError(
            f"{scores.dataset} holds predicted labels, not probabilities. Choose the output of 'Model Prediction' with "
            "the method 'predict_proba'."
        )
    if wanted is not None:
        _check_wanted(present, found, wanted, source)
        positive = found.position[wanted]
    elif scores.names and found.position.get(scores.names[0]) in present:
        positive = found.position[scores.names[0]]
    elif numbers in _SIGNED:
        positive = present[1]
    else:
        raise UserError(
            f"pos_label: {scores.dataset} has one column of scores, and nothing says of which class they are: "
            f"{quoted(found.names[present[0]])} or {quoted(found.names[present[1]])}. Type the class for which the "
            "scores are high."
        )
    within = bool(
        (scores.values >= -label_tables.ROUNDING).all() and (scores.values <= 1 + label_tables.ROUNDING).all()
    )
    return ScoredTruth((true == positive)[:, None], scores.values, [found.names[positive]], within, [])


# --- one column of 0 and 1 for each class -----------------------------------------------------


def _of_indicators(table: tables.TextTable, source: Dataset, scores: _Scores, wanted: str | None) -> ScoredTruth:
    truth = np.stack(
        [_indicator(column, position, table, source) for position, column in enumerate(table.columns, 1)], axis=1
    )
    if truth.shape[1] != scores.values.shape[1]:
        raise UserError(
            f"{source} has {truth.shape[1]} columns of 0 and 1, {scores.dataset} has {scores.values.shape[1]} columns "
            "of scores. Choose tables with one column for each class, or true labels in a single column."
        )
    _check_probabilities(scores)
    names = [name.removeprefix("True_") for name in table.names or scores.names or map(str, range(truth.shape[1]))]
    values = scores.values
    if scores.names and set(scores.names) == set(names) and len(set(names)) == len(names):
        values = values[:, [scores.names.index(name) for name in names]]
    exclusive = (truth.sum(axis=1) == 1).all()
    chosen = list(range(len(names)))
    found = labels.classes(names, [wanted] if wanted else [])
    codes = found.codes(names).tolist()
    if wanted is not None:
        _check_wanted(codes, found, wanted, source)
        chosen = [codes.index(found.position[wanted])]
    elif exclusive and len(names) == 2:
        chosen = [codes.index(_positive(codes, found))]
    if not truth[:, chosen].any() or truth[:, chosen].all():
        raise UserError(f"{source}: every sample is of one class. A curve compares a class with the others.")
    return ScoredTruth(truth[:, chosen], values[:, chosen], [names[i] for i in chosen], True, [])


def _indicator(column: np.ndarray, position: int, table: tables.TextTable, source: Dataset) -> np.ndarray:
    for text in dict.fromkeys(column):
        if indicator(text) is None:
            line = table.first_line + int(np.flatnonzero(column == text)[0])
            raise UserError(
                f"{source}, line {line}, column {position}: {quoted(text)} is neither 0 nor 1, nor False or True. "
                "Several columns are read as one of 0 and 1 for each class; cut out the one column that holds the "
                "labels."
            )
    return np.asarray([indicator(text) == 1 for text in column])


def _check_probabilities(scores: _Scores) -> None:
    label_tables.check_probabilities(scores.values, scores.dataset, scores.first_line, scores.names)


# --- what is shown ----------------------------------------------------------------------------


def _with_enough_positives(found: ScoredTruth, least: int, source: Dataset) -> ScoredTruth:
    """Leave out classes that no curve can be drawn of, or that have fewer samples than asked for."""
    enough = (found.positives >= least) & (found.positives < len(found.truth))
    if not enough.any():
        most = int(found.positives.max())
        raise UserError(
            f"{source}: no class to show has {least} samples and more, and samples of other classes beside them; the "
            f"most is {most}. Choose a smaller report_minimum_n_positives, or other samples."
        )
    left_out = [name for name, keep in zip(found.classes, enough, strict=True) if not keep]
    notes = list(found.notes)
    if left_out:
        notes.append(f"left out, with fewer than {least} samples: {listed(left_out, 10)}")
    kept = np.flatnonzero(enough)
    if len(kept) > MAX_CLASSES:
        raise UserError(
            f"{source}: there are {len(kept)} classes, and curves can show {MAX_CLASSES}. Name one as pos_label."
        )
    return found._replace(
        truth=found.truth[:, kept], scores=found.scores[:, kept], classes=[found.classes[i] for i in kept], notes=notes
    )
