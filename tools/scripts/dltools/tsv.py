"""How a tab-separated table is laid out: its lines, its cells, its header.

Cells may stand in double quotes, a quote within them is doubled, and no cell reaches over the
end of its line. Lines end with a line feed, or a carriage return and a line feed.
"""

import csv
import itertools
import re
from typing import NamedTuple

from .columns import Columns, positions
from .errors import UserError, quoted
from .parameters import Dataset

HEADER_FLAG = '"Does the dataset contain header"'

STRAY_RETURN = "a carriage return stands within the line. Convert the file to Unix line ends."

_NUMBER = re.compile(r"[ \t]*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[ \t]*", re.ASCII | re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Numbers that rise or fall from the first cell to the last name wavelengths or times. In a row
# of data, this many do so by chance once in 20,000 times.
_ORDERED = 8
# How far from 1 the sum of some probabilities may be by rounding.
_ROUNDED = 0.01


class Source(NamedTuple):
    """A table that was looked at but not read yet.

    `start` is the offset in bytes of the first row, and `line` that row's line number in the
    file. The table has `width` columns; `names` is its header or None. Only the columns at
    `positions`, counted from 0, are wanted.
    """

    dataset: Dataset
    start: int
    line: int
    width: int
    names: list[str] | None
    positions: list[int]

    @property
    def selected_names(self) -> list[str] | None:
        """Names of the wanted columns, or None without a header."""
        return None if self.names is None else [self.names[p] for p in self.positions]


class _Head(NamedTuple):
    """The first two lines of a file, as cells, and the offsets at which they start."""

    first: list[str]
    second: list[str] | None
    start: int
    second_start: int


def is_number(cell: str) -> bool:
    """Tell whether a cell holds a finite decimal number."""
    return _NUMBER.fullmatch(cell) is not None


def split_cells(line: str) -> list[str]:
    """Split a line, without its end, into cells.

    Raises:
        csv.Error: a quoted cell is not closed, or goes on after its closing quote.
    """
    if '"' not in line:
        return line.split("\t")
    return next(csv.reader([line], delimiter="\t", strict=True))


def open_table(dataset: Dataset, header: bool, columns: Columns, numbers_may_name: bool = False) -> Source:
    """Look at the first two lines of a table and find the wanted columns.

    `numbers_may_name` lets a first line of numbers pass for a header whatever the numbers are.

    Raises:
        UserError: the file holds no rows or is no text, a column does not exist, or the first
            line holds data although `header` says that it names the columns.
    """
    head = _read_head(dataset)
    if header and not (numbers_may_name and head.second):
        _check_is_header(head, dataset)
    names = [name.strip() for name in head.first] if header else None
    wanted = positions(columns, len(head.first), names, dataset)
    start = head.second_start if header else head.start
    return Source(dataset, start, 1 + header, len(head.first), names, wanted)


def check_first_row(source: Source) -> None:
    """Refuse a header that was said not to be there.

    It is one if no wanted cell of the first line is a number and each one below it is.

    Raises:
        UserError: the first line is a header.
    """
    if source.names is not None:
        return
    head = _read_head(source.dataset)
    if head.second is None or len(head.second) != source.width:
        return
    above = [head.first[p] for p in source.positions]
    below = [head.second[p] for p in source.positions]
    if all(map(is_number, below)) and not any(map(is_number, above)) and all(map(str.strip, above)):
        raise missed_header(source.dataset, above[0])


def missed_header(dataset: Dataset, cell: str) -> UserError:
    """Return the error for a header, beginning with `cell`, that was said not to be there."""
    return UserError(
        f"{dataset}, line 1: {quoted(cell)} looks like a header, for the lines below hold "
        f"numbers. Set {HEADER_FLAG} to Yes."
    )


def _read_head(dataset: Dataset) -> _Head:
    with open(dataset.path, "rb") as handle:
        first = handle.readline()
        second = handle.readline()
    if not first:
        raise UserError(f"{dataset} is empty: it must hold at least one row.")
    if first.startswith(b"\x1f\x8b"):
        raise UserError(f"{dataset} is compressed. Unpack it first.")
    start = len(_BYTE_ORDER_MARK) if first.startswith(_BYTE_ORDER_MARK) else 0
    return _Head(
        first=_cells(first[start:], 1, dataset),
        second=_cells(second, 2, dataset) if second else None,
        start=start,
        second_start=len(first),
    )


def _cells(raw: bytes, number: int, dataset: Dataset) -> list[str]:
    where = f"{dataset}, line {number}"
    raw = raw.removesuffix(b"\n").removesuffix(b"\r")
    if b"\r" in raw:
        raise UserError(f"{where}: {STRAY_RETURN}")
    try:
        line = raw.decode("utf-8")
        cells = split_cells(line) if "\0" not in line else None
    except UnicodeDecodeError:
        cells = None
    except csv.Error:
        raise UserError(f"{where}: a double quote has no matching one. Remove it.") from None
    if cells is None:
        raise UserError(f"{where}: is not text in UTF-8. Choose a tab-separated table.")
    if not line.strip():
        raise UserError(f"{where}: the line is blank. Remove it.")
    return cells


def _check_is_header(head: _Head, dataset: Dataset) -> None:
    if head.second is None:
        raise UserError(
            f"{dataset} has only one line, and {HEADER_FLAG} says that it is a header, so there are no rows."
        )
    numbers = all(map(is_number, head.first)) and all(map(is_number, head.second))
    if numbers and not _names_positions([float(cell) for cell in head.first]) and not names_classes(head.first, head.second):
        raise UserError(
            f"{dataset}, line 1: looks like data, not like a header: it holds only numbers, "
            f"beginning with {quoted(head.first[0])}. Set {HEADER_FLAG} to No."
        )


def names_classes(first: list[str], second: list[str]) -> bool:
    """Tell whether numbers are the classes of the probabilities below them, as predictions of classes 3 and 7 have them."""
    below = [float(cell) for cell in second if is_number(cell)]
    shares = len(second) == len(below) > 1 and all(0 <= share <= 1 for share in below) and abs(sum(below) - 1) < _ROUNDED
    return shares and len(set(first)) == len(first) == len(second) and abs(sum(map(float, first)) - 1) >= _ROUNDED


def _names_positions(cells: list[float]) -> bool:
    """Tell whether numbers can be a header: 0, 1, 2 …, 1, 2, 3 …, or many in order."""
    count = len(cells)
    if count == 1:
        # The only number that software writes as the header of a single column.
        return cells == [0]
    if cells in (list(range(count)), list(range(1, count + 1))):
        return True
    rises = [a < b for a, b in itertools.pairwise(cells)]
    falls = [a > b for a, b in itertools.pairwise(cells)]
    in_order = all(rises) or all(falls)
    return count >= _ORDERED and in_order
