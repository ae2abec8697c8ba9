"""Reading the tables of a training run: samples, target, and what else the form gives for every row."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import batches, outputs, samples
from dltools.forms import parameters
from dltools.tables import distinct, labels, tables, tsv

# What to do with targets that 32 bits cannot tell apart.
TARGETS = "and add it to the predictions"


class Inputs(NamedTuple):
    """The tables of a run, read but not yet interpreted.

    Attributes:
        features: the training samples.
        labels: the target as text columns (classification) or float64 (rows, columns) (regression).
        label_names: names of the target's columns, or None.
        label_source: the target's dataset.
        numbers: reads some columns of the target as float64 (rows, columns), where `labels` are text.
    """

    features: batches.Features
    labels: list | np.ndarray
    label_names: list[str] | None
    label_source: Dataset
    numbers: Callable[[list[int]], np.ndarray] | None = None

    @property
    def columns(self) -> outputs.Columns:
        """The target's columns, to be interpreted."""
        return outputs.Columns(self.labels, self.label_names, self.label_source, self.numbers)


def read(form: dict, classification: bool, threads: int, trained_on: dict | None = None) -> Inputs:
    """Read samples and target.

    Parameters:
        form: the conditional `input_options` as Galaxy's JSON holds it.
        classification: whether the target holds classes.
        trained_on: as for `samples.read`.

    Raises:
        UserError: a table that is no good, a label that is missing, or tables of different lengths.
    """
    features = samples.read(form, threads, trained_on)
    source, header, columns = samples.target_table(form)
    if classification:
        texts = label_columns(source, header, columns)
        samples.check_lengths(features.source, features.rows, source, len(texts.columns[0]))
        numbers_of = numbers_reader(source, header, columns, threads)
        return Inputs(features, texts.columns, texts.names, source, numbers_of)
    opened = tsv.open_table(source, header, columns)
    numbers = tables.read_numbers_of(opened, threads, np.float64)
    distinct.check_table(numbers.values, opened, TARGETS)
    samples.check_lengths(features.source, features.rows, source, len(numbers.values))
    return Inputs(features, numbers.values, numbers.names, source)


def numbers_reader(
    source: Dataset, header: bool, columns: tables.Columns, threads: int
) -> Callable[[list[int]], np.ndarray]:
    """Return a function that reads some of a table's chosen columns, by their positions, as float64 (rows, columns).

    It raises `UserError` where a cell is no number, or 32 bits cannot tell the numbers apart.
    """

    def read_some(chosen: list[int]) -> np.ndarray:
        opened = tsv.open_table(source, header, columns)
        some = opened._replace(positions=[opened.positions[place] for place in chosen])
        found = tables.read_numbers_of(some, threads, np.float64)
        distinct.check_table(found.values, some, TARGETS)
        return found.values

    return read_some


def label_columns(source: Dataset, header: bool, columns: tables.Columns) -> tables.TextTable:
    """Read columns of labels, as `labels.cleaned` gives them.

    Raises:
        UserError: as `tables.read_text`, or a label is missing.
    """
    table = tables.read_text(source, header, columns)
    return table._replace(columns=[labels.cleaned(column, source, table.first_line) for column in table.columns])


def read_groups(form: dict, features: batches.Features) -> np.ndarray | None:
    """Return str (rows,), the group of every row, where a split's form names a dataset with groups; else None.

    Raises:
        UserError: a group is missing.
    """
    selector = form.get("groups_selector")
    if not selector:
        return None
    source, column, first_line = _one_column(selector, "g", "groups", features)
    column = labels.cleaned(column, source, first_line, "group")
    found = labels.classes(column)
    return np.asarray(found.names, dtype=str)[found.codes(column)]


def read_part_names(form: dict, features: batches.Features) -> tuple[np.ndarray, Dataset]:
    """Return str (rows,), the part that each row is said to be in, and the dataset that says so."""
    source, column, _ = _one_column(form.get("split_selector") or {}, "s", "parts", features)
    return np.asarray(column, dtype=str), source


def read_weights(form: dict, features: batches.Features) -> np.ndarray | None:
    """Read the sample weights of the box in `input_options`: float32 (rows,), or None where it is closed.

    Raises:
        UserError: a negative weight.
    """
    selector = parameters.with_further({"sample_weights": form.get("sample_weights")}, "sample_weights")
    if not selector:
        return None
    source, weights, _ = _one_column(selector, "w", "sample weights", features, numbers=True)
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        raise UserError(
            f"{source}: sample weights must be at least 0. Sample {negative[0] + 1} has {weights[negative[0]]:g}."
        )
    return weights


def _one_column(
    selector: dict, letter: str, what: str, features: batches.Features, numbers: bool = False
) -> tuple[Dataset, np.ndarray, int]:
    """Read the one column that a selector names by `infile_<letter>`, `header_<letter>` and a column selector.

    Returns:
        (source, values, first_line): the dataset; (rows,) of text, or of float32 if `numbers`; the first row's line
            number.
    """
    source = parameters.dataset(selector.get(f"infile_{letter}"), f"Dataset containing the {what}")
    columns = tables.column_selection(
        selector[f"column_selector_options_{letter}"],
        f"selected_column_selector_option_{letter}",
        f"col_{letter}",
        f"Columns of {source}",
    )
    header = parameters.boolean(selector[f"header_{letter}"], f"header_{letter}")
    if numbers:
        table = tables.read_numbers(source, header, columns)
        found, first_line = list(table.values.T), table.first_line
    else:
        found, _, first_line = tables.read_text(source, header, columns)
    if len(found) != 1:
        raise UserError(f"{source}: {what} are one column, but {len(found)} are chosen. Choose one column.")
    samples.check_lengths(features.source, features.rows, source, len(found[0]))
    return source, found[0], first_line
