"""Groups of which some rows are trained on and others evaluated: rows of one patient, say, which a network may know
again.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from dltools.core.errors import UserError, quoted
from dltools.data import input_tables, splits
from dltools.data.input_tables import Inputs
from dltools.data.rows import Rows
from dltools.data.samples import SampleSource
from dltools.data.sets import TEST, VALIDATION, Scheme, Sets
from dltools.tables import tables
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import Columns

# Names of columns that say whom or what a row was measured on; they may stand among other words.
_OF_WHOM = re.compile(
    r"(.*[^a-z])?(patient|subject|subj|participant|person|individual|donor|animal|mouse|rat|dog|family|litter|household|plant|tree|"
    r"user|customer)s?([ ._]?(id|no|nr|num|number|code|name))?|(.*[^a-z])?id"
)
# So many different values, each in so many rows on average, repeat like groups; as many such columns are looked at.
_FEWEST_GROUPS, _ROWS_EACH, _MOST_COLUMNS = 5, 2, 2


def check(inputs: Inputs, scheme: Scheme, divided: Sequence[Sets]) -> list[str]:
    """Say which groups stand both among the samples trained on and among those that the network is evaluated on.

    Parameters:
        divided: the sets of the run, or of each fold.
    """
    given = list(_given(scheme, inputs.samples))
    said = [
        f"{source}: {told}, since only one of the splits is by groups. Choose GroupShuffleSplit for the other as well."
        for source, groups in given
        for name in (VALIDATION, TEST)
        if (told := _told(groups, divided, name, "groups"))
    ]
    if given:
        return said
    return [
        f"{column} repeats like groups: {told}. If the rows of one belong together, split by groups, or the scores "
        "tell how well the network knows them again."
        for column, groups in _suspected(inputs)
        if (told := _told(groups, divided, divided[0].reported, "values"))
    ]


def _given(scheme: Scheme, samples: SampleSource) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the datasets with groups that the form names for a split, and the group of every row."""
    for split in scheme.splits:
        if split.method in splits.BY_GROUP and split.groups is not None:
            yield str(split.groups.dataset), input_tables.read_groups(split.groups, samples)


def _told(groups: np.ndarray, divided: Sequence[Sets], name: str, what: str) -> str | None:
    """Say how many groups have rows in the training and in another set; None where there are none."""
    kinds, codes = np.unique(groups, return_inverse=True)
    pairs = [(one.training, getattr(one, name)) for one in divided if getattr(one, name) is not None]
    both = np.zeros(len(kinds), bool)
    for pair in pairs:
        here = [np.bincount(codes[rows], minlength=len(kinds)) > 0 for rows in pair]
        both |= here[0] & here[1]
    return (
        f"{both.sum()} of {len(kinds)} {what} have rows in the training and in the {name} set" if both.any() else None
    )


def _suspected(inputs: Inputs) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the columns of samples and target, chosen or not, that are called like groups and repeat like them."""
    target = inputs.target_table
    chosen = [(table.choice, table.rows) for table in inputs.samples.tables if table.choice is not None]
    seen = set()
    if target is not None:
        chosen.append((target, inputs.samples.rows))
        seen = {(target.dataset.path, position) for position in target.opened().positions}
    for table, rows in chosen:
        for position, name in _called_like_groups(table)[:_MOST_COLUMNS]:
            place = (table.dataset.path, position)
            if place in seen:
                continue
            seen.add(place)
            values = _read(table, position, rows)
            if values is not None and _FEWEST_GROUPS <= len(set(values)) <= len(inputs.samples) / _ROWS_EACH:
                yield f"{table.dataset}: column {position + 1} ({quoted(name)})", values


def _called_like_groups(table: ChosenTable) -> list[tuple[int, str]]:
    names = table.opened().names or []
    return [(position, name) for position, name in enumerate(names) if _OF_WHOM.fullmatch(name.strip().lower())]


def _read(table: ChosenTable, position: int, rows: Rows) -> np.ndarray | None:
    """Return what a column says of each sample; None where a cell of it cannot be read."""
    try:
        found = tables.read_text(table.dataset, table.header, Columns("by_index_number", (position + 1,)))
    except UserError:
        return None  # a cell is empty, say, where nothing is to be learned from
    return rows.of(np.asarray(found.columns[0], str))
