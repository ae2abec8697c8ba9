"""Columns that got among the features by oversight: the target itself, and a count of the rows.

Either gives scores near 1 that mean nothing. What was chosen by its number or name is the user's wish; what came along
with "All columns" is not.
"""

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.data.dense_table import DenseTable
from dltools.data.input_tables import Inputs
from dltools.data.samples import SampleSource
from dltools.tables import tsv
from dltools.tables.chosen import ChosenTable

# What programs call a column that nobody named: pandas, R and its readers, and those who wrote row names on purpose.
_NAMELESS = re.compile(r"|unnamed: ?\d+(\.\d+)?|\.\.\.1|#|row[ ._]?(name|number|num|id|index)s?|rows?|index|level_0")
# These are also names of measurements, so that only a strict count is no measurement; not where X2 stands beside X1.
_NUMBERED = re.compile(r"(x|v|x\.)(1?)")
# These were given on purpose, so that they are only pointed out.
_COUNTS = re.compile(r"(.*[^a-z])?(id|no|nr|num|number|obs|observation|case|record)s?")
# With fewer rows a count may be chance; without a header there is nothing but the count.
_FEWEST_NAMED, _FEWEST_BARE = 5, 20
# An index that survived a selection or a join: at most so many times as large as there are rows, or mostly counting up.
_SPARSE, _MOSTLY = 10, 0.9
_EXCLUDE = {
    False: "All columns excluding some by column index number(s)",
    True: "All columns excluding some by column header name(s)",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """The columns chosen from one table.

    Attributes:
        source: the table.
        whole: whether they came along without being named: "All columns", but for those excluded.
        positions: of the columns in the table, counted from 0.
        names: of the chosen columns, or None without a header.
    """

    source: Dataset
    whole: bool
    positions: list[int]
    names: list[str] | None

    def called(self, index: int) -> str:
        """Say which of the columns is meant."""
        number, name = f"column {self.positions[index] + 1}", self.name(index)
        return f"{number} ({quoted(name)})" if name else number

    def name(self, index: int) -> str:
        """Return the name of one of the columns, "" where it has none."""
        return self.names[index] if self.names else ""

    def leave_out(self, index: int) -> str:
        """Say how to choose the columns without one of them."""
        if not self.whole:
            return "Take it out of the chosen columns."
        name = self.name(index)
        named = bool(self.names and name and self.names.count(name) == 1)
        which = quoted(name) if named else f"number {self.positions[index] + 1}"
        return f"Choose '{_EXCLUDE[named]}' and exclude {which}."


def check(given: Inputs) -> None:
    """Refuse features that are no features.

    Raises:
        UserError: names the column and how to leave it out.
    """
    tables = given.samples.tables
    for table in tables:
        _check_count(_of(table), table.values.T, "feature")
    if given.target is None or given.target_table is None:
        return
    target = _chosen(given.target_table, given.target_table.opened())
    found = given.target.found
    labels = list(found.T) if isinstance(found, np.ndarray) else found
    _check_count(target, labels, "target")
    alone = len(tables) == 1 and not given.samples.spec.pixels
    for table in tables:
        _check_target(_of(table), table.values.T, target, labels, alone)


def _of(table: DenseTable) -> Chosen:
    assert table.choice is not None, "a table of the form was chosen there"
    assert table.table is not None, "and read from a file"
    return _chosen(table.choice, table.table)


def _chosen(choice: ChosenTable, source: tsv.Source) -> Chosen:
    return Chosen(choice.dataset, choice.whole, source.positions, source.selected_names)


def counts(samples: SampleSource) -> list[str]:
    """Say which features, among those that came along without being named, number the rows under a name for that."""
    found = []
    for table in samples.tables:
        one = _of(table)
        for index, name in enumerate(one.names or ()):
            column = table.values[:, index]
            if (
                one.whole
                and _COUNTS.fullmatch(name.strip().lower())
                and len(column) >= _FEWEST_NAMED
                and numbers_rows(column)
            ):
                found.append(
                    f"{one.source}: {one.called(index)} numbers the rows, which is no feature. {one.leave_out(index)}"
                )
    return found


# --- a count of the rows -----------------------------------------------------------------------


def _check_count(chosen: Chosen, columns: Sequence[np.ndarray] | np.ndarray, what: str) -> None:
    """Refuse the first column of a table where nobody named it and it numbers the rows."""
    if not chosen.whole or chosen.positions[0] != 0 or len(chosen.positions) < 2:
        return
    name = None
    if chosen.names is not None:
        name = chosen.names[0].strip().lower()
        if not _is_nameless(name, chosen.names):
            return
    loose = name is not None and _NUMBERED.fullmatch(name) is None
    # Its top tells of most columns that they count nothing; all of one may have to be read from the disk.
    top = _numbers(columns[0][:_FEWEST_BARE])
    if not loose and (top is None or not numbers_rows(top)):
        return
    values = _numbers(columns[0])
    if (
        values is None
        or not numbers_rows(values, loose)
        or len(values) < (_FEWEST_BARE if name is None else _FEWEST_NAMED)
    ):
        return
    raise UserError(
        f"{chosen.source}: {chosen.called(0)} only numbers the rows ({values[0]:.0f}, {values[1]:.0f}, {values[2]:.0f} "
        f"…), so it is no {what}: what a network learns from it is the order of the rows. {chosen.leave_out(0)} If it "
        "is meant, choose the columns one by one, by their numbers or names."
    )


def _is_nameless(name: str, names: list[str]) -> bool:
    found = _NUMBERED.fullmatch(name)
    if found is None:
        return _NAMELESS.fullmatch(name) is not None
    lower = {other.strip().lower() for other in names}
    return not (found[2] and f"{found[1]}2" in lower)


def numbers_rows(values: np.ndarray, loose: bool = False) -> bool:
    """Tell whether numbers (rows,) count the rows up by one, from 0 or 1.

    Parameters:
        loose: whether what is left of such a count will do: a selection of the rows, in any order, or several counts
            one below the other.
    """
    values = np.asarray(values, np.float64)
    steps = np.diff(values)
    if values[0] in (0, 1) and (steps == 1).all():
        return True
    if not loose or (values != np.floor(values)).any() or values.min() < 0:
        return False
    different = len(np.unique(values)) == len(values) and values.max() <= _SPARSE * len(values)
    return bool(different or np.mean(steps == 1) >= _MOSTLY)


def _numbers(column: np.ndarray) -> np.ndarray | None:
    try:
        values = np.asarray(column, np.float64)
    except ValueError:
        return None
    return values if len(values) > 2 and np.isfinite(values).all() else None


# --- the target --------------------------------------------------------------------------------


def _check_target(chosen: Chosen, columns: np.ndarray, target: Chosen, labels: list, alone: bool) -> None:
    """Refuse a table of samples with a column of the target among others.

    Where all of its columns are target columns, the network is to give back what it gets (an autoencoder).
    """
    found = [
        index for index in range(len(chosen.positions)) if _is_target(chosen, index, columns[index], target, labels)
    ]
    autoencoder = len(found) == len(chosen.positions) and (alone or len(labels) > 1)
    if found and not autoencoder:
        raise UserError(
            f"{chosen.source}: {chosen.called(found[0])} is the target, and it is among the features too, so that "
            f"every score would be perfect and mean nothing. {chosen.leave_out(found[0])}"
        )


def _is_target(chosen: Chosen, index: int, values: np.ndarray, target: Chosen, labels: list) -> bool:
    if chosen.source.path == target.source.path:
        return chosen.positions[index] in target.positions
    if not chosen.names or not target.names:
        return False
    name = chosen.names[index].casefold()
    same = [place for place, other in enumerate(target.names) if other.casefold() == name and name]
    return any(says_the_same(values, labels[place]) for place in same)


def says_the_same(values: np.ndarray, labels: np.ndarray) -> bool:
    """Tell whether numbers (rows,) are the labels, or stand for them one by one."""
    if np.issubdtype(labels.dtype, np.number):
        return bool(np.array_equal(values, np.asarray(labels, np.float32)))
    texts = np.asarray(labels, dtype=str)
    kinds, codes = np.unique(texts, return_inverse=True)
    levels, places = np.unique(values, return_inverse=True)
    if len(levels) != len(kinds) or len(kinds) == len(values):
        return False
    return len(np.unique(codes * len(levels) + places)) == len(kinds)
