"""Reading the data of a training run: samples, target, and what else the form gives for every row."""

import dataclasses
from collections.abc import Callable

import numpy as np

from dltools.core.errors import UserError
from dltools.data import outputs
from dltools.data.image_sources import FolderClasses
from dltools.data.samples import SampleChoice, SampleSource
from dltools.data.specs import FeatureSpec
from dltools.tables import distinct, labels, tables
from dltools.tables.chosen import ChosenTable

# What to do with targets that 32 bits cannot tell apart.
TARGETS = "and add it to the predictions"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The tables of a run, read but not yet interpreted.

    Attributes:
        samples: the training samples.
        target: the target's columns; None where the samples themselves are to be learned.
        target_table: the table that they are of; None where the classes are folders of images.
    """

    samples: SampleSource
    target: outputs.Columns | None
    target_table: ChosenTable | None


def read(
    chosen: SampleChoice,
    chosen_target: ChosenTable | FolderClasses | None,
    classification: bool,
    threads: int,
    trained_on: FeatureSpec | None = None,
) -> Inputs:
    """Read samples and target.

    Parameters:
        target_table: None where the samples themselves are to be learned.
        classification: whether the target holds classes.
        trained_on: as for `SampleChoice.read`.

    Raises:
        UserError: a table that is no good, a label that is missing, or tables of different lengths.
    """
    found = chosen.read(threads, trained_on)
    if chosen_target is None:
        return Inputs(samples=found, target=None, target_table=None)
    if isinstance(chosen_target, FolderClasses):
        return Inputs(samples=found, target=chosen_target.columns(classification).of(found.rows), target_table=None)
    columns = read_target(chosen_target, classification, threads)
    found.rows.check(chosen_target.dataset, len(columns))
    return Inputs(samples=found, target=columns.of(found.rows), target_table=chosen_target)


def read_target(table: ChosenTable, classification: bool, threads: int) -> outputs.Columns:
    """Read the columns of a target: as text where it holds classes, else as float64.

    Raises:
        UserError: a table that is no good, a label that is missing, or numbers that 32 bits cannot tell apart.
    """
    if classification:
        texts = label_columns(table)
        return outputs.Columns(texts.columns, texts.names, table.dataset, numbers_reader(table, threads))
    opened = table.opened()
    numbers = tables.read_numbers_of(opened, threads, np.float64)
    distinct.check_table(numbers.values, opened, TARGETS)
    return outputs.Columns(numbers.values, numbers.names, table.dataset)


def numbers_reader(table: ChosenTable, threads: int) -> Callable[[list[int]], np.ndarray]:
    """Return a function that reads some of a table's chosen columns, by their positions, as float64 (rows, columns).

    It raises `UserError` where a cell is no number, or 32 bits cannot tell the numbers apart.
    """

    def read_some(chosen: list[int]) -> np.ndarray:
        opened = table.opened()
        some = opened._replace(positions=[opened.positions[place] for place in chosen])
        found = tables.read_numbers_of(some, threads, np.float64)
        distinct.check_table(found.values, some, TARGETS)
        return found.values

    return read_some


def label_columns(table: ChosenTable) -> tables.TextTable:
    """Read columns of labels, as `labels.cleaned` gives them.

    Raises:
        UserError: as `tables.read_text`, or a label is missing.
    """
    found = tables.read_text(table.dataset, table.header, table.columns)
    return found._replace(columns=[labels.cleaned(column, table.dataset, found.first_line) for column in found.columns])


def read_groups(table: ChosenTable, samples: SampleSource) -> np.ndarray:
    """Return str (samples,), the group of every sample.

    Raises:
        UserError: a group is missing, several columns, or another number of rows.
    """
    read_column = _text_column(table, "groups", samples)
    column = labels.cleaned(read_column.columns[0], table.dataset, read_column.first_line, "group")
    found = labels.classes(column)
    return samples.rows.of(np.asarray(found.names, dtype=str)[found.codes(column)])


def read_texts(table: ChosenTable, samples: SampleSource) -> np.ndarray:
    """Return str (samples,), the one column of a table that says of every sample which set it is in."""
    return samples.rows.of(np.asarray(_text_column(table, "sets", samples).columns[0], dtype=str))


def read_weights(table: ChosenTable, samples: SampleSource) -> np.ndarray:
    """Return the sample weights, float32 (samples,).

    Raises:
        UserError: a negative weight, several columns, or another number of rows.
    """
    found = tables.read_numbers(table.dataset, table.header, table.columns)
    _check_column(table, "sample weights", found.values.shape[1], len(found.values), samples)
    weights = found.values[:, 0]
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        raise UserError(
            f"{table.dataset}: sample weights must be at least 0. Sample {negative[0] + 1} has "
            f"{weights[negative[0]]:g}."
        )
    return samples.rows.of(weights)


def _text_column(table: ChosenTable, what: str, samples: SampleSource) -> tables.TextTable:
    found = tables.read_text(table.dataset, table.header, table.columns)
    _check_column(table, what, len(found.columns), len(found.columns[0]), samples)
    return found


def _check_column(table: ChosenTable, what: str, columns: int, rows: int, samples: SampleSource) -> None:
    """Refuse several columns where one is meant, and another number of rows than there are samples."""
    if columns != 1:
        raise UserError(f"{table.dataset}: {what} are one column, but {columns} are chosen. Choose one column.")
    samples.rows.check(table.dataset, rows)
