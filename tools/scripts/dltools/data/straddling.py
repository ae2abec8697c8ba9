"""Groups of which some rows are trained on and others judge: rows of one patient, say, which a network may know
again.
"""

import re
from collections.abc import Iterator

import numpy as np

from dltools.core.errors import UserError, quoted
from dltools.data import input_tables, samples, splits
from dltools.data.batches import Features
from dltools.forms.parameters import dataset, with_further
from dltools.tables import tables, tsv
from dltools.tables.columns import Columns

# Names of columns that say whom or what a row was measured on; they may stand among other words.
_OF_WHOM = re.compile(
    r"(.*[^a-z])?(patient|subject|subj|participant|person|individual|donor|animal|mouse|rat|dog|family|litter|household|plant|tree|"
    r"user|customer)s?([ ._]?(id|no|nr|num|number|code|name))?|(.*[^a-z])?id"
)
# So many different values, each in so many rows on average, repeat like groups; as many such columns are looked at.
_FEWEST_GROUPS, _ROWS_EACH, _MOST_COLUMNS = 5, 2, 2
_SECTIONS = ("test_split", "fold_split", "val_split")


def check(form: dict, scheme: dict, features: Features, divided: list) -> list[str]:
    """Say which groups stand both among the samples trained on and among those that judge.

    Parameters:
        form: the conditional `input_options` as Galaxy's JSON holds it.
        scheme: the case of `experiment_schemes`.
        divided: the `parts.Parts` of the run, or of each fold.
    """
    given = list(_given(scheme, features))
    said = [
        f"{source}: {told}, since only one of the splits is by groups. Choose GroupShuffleSplit for the other as well."
        for source, groups in given
        for part in ("validation", "test")
        if (told := _told(groups, divided, part, "groups"))
    ]
    if given:
        return said
    return [
        f"{column} repeats like groups: {told}. If the rows of one belong together, split by groups, or the scores "
        "tell how well the network knows them again."
        for column, groups in _suspected(form, features.rows)
        if (told := _told(groups, divided, divided[0].judged, "values"))
    ]


def _given(scheme: dict, features: Features) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the datasets with groups that the form names for a split, and the group of every row."""
    for section in _SECTIONS:
        form = with_further((scheme.get(section) or {}).get("split_algos") or {}, "own_groups")
        groups = input_tables.read_groups(form, features) if form.get("shuffle") in splits.BY_GROUP else None
        if groups is not None:
            yield str(dataset(form["groups_selector"]["infile_g"], "groups")), groups


def _told(groups: np.ndarray, divided: list, part: str, what: str) -> str | None:
    """Say how many groups have rows in the training and in another part; None where there are none."""
    kinds, codes = np.unique(groups, return_inverse=True)
    pairs = [(one.train, getattr(one, part)) for one in divided if getattr(one, part) is not None]
    both = np.zeros(len(kinds), bool)
    for pair in pairs:
        here = [np.bincount(codes[rows], minlength=len(kinds)) > 0 for rows in pair]
        both |= here[0] & here[1]
    return (
        f"{both.sum()} of {len(kinds)} {what} have rows in the training and in the {part} part" if both.any() else None
    )


def _suspected(form: dict, rows: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the columns of samples and target, chosen or not, that are called like groups and repeat like them."""
    target = samples.target_table(form)
    every = [target] if form["selected_input"] == "sparse" else [*samples.tables_of(form), target]
    seen = set()
    for table in every:
        for position, name in _called_like_groups(table)[:_MOST_COLUMNS]:
            place = (table.dataset.path, position)
            if place in seen or (
                table.dataset.path == target.dataset.path and position in tsv.open_table(*target).positions
            ):
                continue
            seen.add(place)
            values = _read(table, position)
            if values is not None and _FEWEST_GROUPS <= len(set(values)) <= rows / _ROWS_EACH:
                yield f"{table.dataset}: column {position + 1} ({quoted(name)})", values


def _called_like_groups(table: samples.Table) -> list[tuple[int, str]]:
    names = tsv.open_table(*table).names or []
    return [(position, name) for position, name in enumerate(names) if _OF_WHOM.fullmatch(name.strip().lower())]


def _read(table: samples.Table, position: int) -> np.ndarray | None:
    try:
        found = tables.read_text(table.dataset, table.header, Columns("by_index_number", (position + 1,)))
    except UserError:
        return None  # a cell is empty, say, where nothing is to be learned from
    return np.asarray(found.columns[0], str)
