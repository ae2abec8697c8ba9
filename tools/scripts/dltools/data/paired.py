"""Whether tables that are paired row by row hold the same samples in the same order, as far as their names tell.

Rows are paired by their position. Where two tables each have a column of names, chosen or not, that name the same
samples,
these must stand in the same order: nothing else would ever show that each sample got the label of another.
"""

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dltools.core.errors import UserError, quoted
from dltools.tables import tables, tsv
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import Columns
from dltools.tables.table_faults import is_missing
from dltools.tables.tsv import is_number, split_cells

# As many rows are looked at to see which columns may hold names, and as many such columns are read.
_LOOKED_AT, _MOST_COLUMNS = 20, 5
# Which share of the names of either table the other must have, so that they are taken to be of the same samples.
_SHARED = 0.8
# Numbers are names only in a column that is called so.
_NUMBERED = re.compile(
    r"|(.*[^a-z])?(id|index|accession|barcode|no|nr|number)|(patient|sample|subject|case|user|row|record)id|unnamed: "
    r"?\d+|x|row[ ._]?names?|#"
)


class Names(NamedTuple):
    """A column of names, all different: its position, its own name or "", its texts, str (rows,), and the first one's
    line.
    """

    position: int
    header: str
    texts: np.ndarray
    numbers: bool
    first_line: int


def check(paired: Sequence[ChosenTable]) -> None:
    """Refuse tables with a row for each sample that name the same samples in another order.

    Raises:
        UserError: names the first line that differs in both, and what to do.
    """
    different = list({table.dataset.path: table for table in paired}.values())
    if len(different) < 2:
        return
    looks = {table: _candidates(table) for table in different}
    read: dict[tuple, Names | None] = {}
    for first, second in itertools.combinations(different, 2):
        pairs = _pairs(looks[first], looks[second])
        for table, position in {
            (table, pair[side]) for pair in pairs for side, table in enumerate((first, second))
        } - set(read):
            read[table, position] = _read(table, position, looks[table][position])
        _compare(first, second, [(read[first, left], read[second, right]) for left, right in pairs])


# --- which columns may hold names ---------------------------------------------------------------


class _Look(NamedTuple):
    """What the first rows tell of a column: its header's name or "", and whether its cells are whole numbers."""

    header: str
    numbers: bool


def _candidates(table: ChosenTable) -> dict[int, _Look]:
    """Return the columns whose first cells are all different and either no numbers, or numbers under a name for
    such.
    """
    try:
        source = tsv.open_table(table.dataset, table.header, tables.ALL_COLUMNS)
        rows = _first_rows(source)
    except (UserError, ValueError):
        return {}  # who reads the table says what is wrong with it
    found = {}
    for position, cells in enumerate(zip(*rows, strict=True) if rows else []):
        texts = [cell.strip() for cell in cells]
        numbers = all(map(is_number, texts))
        if (
            len(set(texts)) < len(texts)
            or not all(texts)
            or (not numbers and any(is_number(t) or is_missing(t) for t in texts))
        ):
            continue
        header = source.names[position].strip().lower() if source.names else ""
        if not numbers or (all(text.isdecimal() for text in texts) and source.names and _NUMBERED.fullmatch(header)):
            found[position] = _Look(header, numbers)
    return dict(itertools.islice(found.items(), _MOST_COLUMNS))


def _first_rows(source: tsv.Source) -> list[list[str]]:
    with open(source.path, "rb") as handle:
        handle.seek(source.start)
        lines = [
            line.decode("utf-8").rstrip("\r\n")
            for line in itertools.islice(handle, _LOOKED_AT)
            if handle.tell() <= source.end
        ]
    rows = [split_cells(line, source.separator) for line in lines if line.strip()]
    return rows if len({len(row) for row in rows}) == 1 else []


def _pairs(first: dict[int, _Look], second: dict[int, _Look]) -> list[tuple[int, int]]:
    """Return which columns of two tables to compare: texts with texts, numbers with those under the same name."""
    return [
        (left, right)
        for (left, one), (right, other) in itertools.product(first.items(), second.items())
        if one.numbers == other.numbers and (not one.numbers or one.header == other.header)
    ]


def _read(table: ChosenTable, position: int, look: _Look) -> Names | None:
    """Read a column as text; None where its cells are not all different after all."""
    try:
        found = tables.read_text(table.dataset, table.header, Columns("by_index_number", (position + 1,)))
    except UserError:
        return None
    texts = np.asarray(found.columns[0], object)
    return (
        Names(position, look.header, texts, look.numbers, found.first_line) if len(set(texts)) == len(texts) else None
    )


# --- whether they name the same samples in the same order ------------------------------------------


def _compare(first: ChosenTable, second: ChosenTable, pairs: list[tuple[Names | None, Names | None]]) -> None:
    """Refuse two tables whose names of samples stand in another order.

    Of several columns of names, such as patients and barcodes, one that agrees tells that the rows belong together. A
    number may just count the rows, so that it says something only where there are no texts.
    """
    moved = [
        (left, right, row)
        for left, right in pairs
        if left and right and (row := first_moved(left.texts, right.texts)) is not None
    ]
    moved = [found for found in moved if not found[0].numbers] or moved
    if not moved or any(row == IN_ORDER for _, _, row in moved):
        return
    left, right, row = moved[0]
    lines = [row + names.first_line for names in (left, right)]
    raise UserError(
        f"{second.dataset}, line {lines[1]}: is {quoted(right.texts[row])}, but line {lines[0]} of {first.dataset} is "
        f"{quoted(left.texts[row])}. Column {right.position + 1} of the one and column {left.position + 1} of the "
        "other name the same samples in another order, and rows belong together by their position. Sort both tables by "
        "these columns (Galaxy's tool 'Sort', which can leave the header on top), or join the tables into one by them "
        "and choose that one for both."
    )


IN_ORDER = -1


def first_moved(first: np.ndarray, second: np.ndarray) -> int | None:
    """Return the first row of which the name stands in another row of the second column.

    Returns:
        `IN_ORDER` where there is none; None where the columns do not name the same samples.
    """
    if len(first) != len(second):
        return None
    if (first == second).all():
        return IN_ORDER
    left, right = _plain(first, second)
    known = set(right)
    if len(known.intersection(left)) < _SHARED * len(left):
        return None
    return next(
        (row for row, (one, other) in enumerate(zip(left, right, strict=True)) if one != other and one in known),
        IN_ORDER,
    )


def _plain(*columns: np.ndarray) -> list[list[str]]:
    """Return names without what programs change in them: R writes S.1 for S-1, and others another case."""
    plain = [[re.sub(r"[\W_]+", ".", text.strip()).casefold() for text in texts] for texts in columns]
    whole = all(len(set(texts)) == len(texts) for texts in plain)
    return plain if whole else [list(texts) for texts in columns]
