"""How a table of text is laid out: its lines, its cells, its header.

Cells may stand in double quotes, a quote within them is doubled, and no cell reaches over the
end of its line. Lines end with a line feed, or a carriage return and a line feed. What stands
above and below the rows, without being of them, is left out here: see `text_file` and `comments`.
"""

import csv
import itertools
from typing import BinaryIO, NamedTuple

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.tables import comments, row_names, separators, text_file
from dltools.tables.cells import HEADER_FLAG, is_boolean, is_number, split_cells
from dltools.tables.columns import Columns, positions, unmarked

__all__ = [
    "HEADER_FLAG", "STRAY_RETURN", "Source", "are_shares", "check_first_row", "first_line", "is_number",
    "missed_header", "names_classes", "open_table",
    "split_cells",
]  # fmt: skip

STRAY_RETURN = "a carriage return stands within the line. Convert the file to Unix line ends."

# Numbers that rise or fall from the first cell to the last name wavelengths or times. In a row
# of data, this many do so by chance once in 20,000 times.
_ORDERED = 8
# How much of a table is looked at to tell what divides its cells.
_LINES, _BYTES = 50, 1 << 16
# How far from 1 the sum of some probabilities may be by rounding.
_ROUNDED = 0.01


class _Head(NamedTuple):
    """The top of a table.

    Attributes:
        first, second: its first two lines, as cells; of these the first may be a header.
        marked: whether a # in front of the first line says that it is a header.
        quoted: whether all cells of the first line stand in quotes, and none of the second, as R writes a header.
        line: number of the first line in the file.
        start, second_start: the offsets in bytes at which the two lines start.
        text: the file.
        separator: what stands between cells.
        notes: what was done to read the table.
    """

    first: list[str]
    second: list[str] | None
    marked: bool
    quoted: bool
    line: int
    start: int
    second_start: int
    text: text_file.TextFile
    separator: str
    notes: tuple[str, ...]


class Source(NamedTuple):
    """A table that was looked at but not read yet.

    `start` is the offset in bytes of the first row in the file `path`, `end` that behind the last, and
    `line` the first row's line number. The table has `width` columns, with `separator` between them;
    `names` is its header or None. Only the columns at `positions`, counted from 0, are wanted. Those at
    `booleans` hold True and False. `head` is how the table begins, `first_row` the first row's cells.
    """

    dataset: Dataset
    start: int
    line: int
    width: int
    names: list[str] | None
    positions: list[int]
    path: str
    end: int
    separator: str
    booleans: frozenset[int]
    head: _Head
    first_row: list[str]

    @property
    def selected_names(self) -> list[str] | None:
        """Names of the wanted columns, or None without a header."""
        return None if self.names is None else [self.names[p] for p in self.positions]


def open_table(dataset: Dataset, header: bool, columns: Columns, numbers_may_name: bool = False) -> Source:
    """Look at the first lines of a table, and at its end, and find the wanted columns.

    What is left out or taken for something else than it stands there is printed, once for each dataset.

    `numbers_may_name` lets a first line of numbers pass for a header whatever the numbers are.

    Raises:
        UserError: the file holds no rows or is no text, a column does not exist, or the first
            line holds data although `header` says that it names the columns.
    """
    head = _read_head(dataset, header)
    names, notes, width = None, head.notes, len(head.first)
    row = _row_below(head, dataset, numbers_may_name) if header else head.first
    if header:
        names = [name.strip() for name in head.first]
        if row_names.are_meant(head.first, head.second):
            row_names.check(dataset, head.text.path, head.second_start, head.text.end, head.separator, head.line + 1)
            names, notes, width = ["", *names], (*notes, row_names.NOTE), width + 1
    named_rows = width > len(head.first)
    wanted = positions(columns, width, names, dataset, named_rows)
    _tell(dataset, notes)
    return Source(
        dataset, head.second_start if header else head.start, head.line + header, width, names, wanted, head.text.path,
        head.text.end,
        head.separator, frozenset(i for i, cell in enumerate(row) if is_boolean(cell)), head, row,
    )  # fmt: skip


class FirstLine(NamedTuple):
    """The first line of a table, which may be a header or a row.

    Attributes:
        cells: its cells; if it is a header that lacks the name of the row names' column, with an empty one for that.
        marked: whether a # says that it is a header.
        named_rows: whether the first column holds names of the rows, if this is a header.
        alone: whether it is the only line.
    """

    cells: list[str]
    marked: bool
    named_rows: bool
    alone: bool


def first_line(dataset: Dataset) -> FirstLine:
    """Return the first line of a table of which nobody said whether it has a header.

    Raises:
        UserError: as `open_table`.
    """
    head = _read_head(dataset, True)
    named_rows = row_names.are_meant(head.first, head.second)
    cells = [""] * named_rows + [cell.strip() for cell in head.first]
    alone = head.second is None
    if alone:
        # Nothing but names: the mark in front of them is none of the first.
        cells[0] = unmarked(cells[0])
    return FirstLine(cells, head.marked, named_rows, alone)


_told: set[tuple] = set()


def _tell(dataset: Dataset, notes: tuple[str, ...]) -> None:
    if notes and (dataset.path, notes) not in _told:
        _told.add((dataset.path, notes))
        print(f"{dataset}: {'; '.join(notes)}")


def check_first_row(source: Source) -> None:
    """Refuse a header that was said not to be there.

    It is one if no wanted cell of the first line is a number and each one below it is.

    Raises:
        UserError: the first line is a header.
    """
    if source.names is not None:
        return
    head = source.head
    if head.second is None or len(head.second) != source.width:
        return
    above = [head.first[p] for p in source.positions]
    below = [head.second[p] for p in source.positions]
    values = [is_number(a) or (is_boolean(a) and is_boolean(b)) for a, b in zip(above, below, strict=True)]
    if all(map(_is_datum, below)) and not any(values) and all(map(str.strip, above)):
        raise missed_header(source.dataset, above[0], head.line)


def missed_header(dataset: Dataset, cell: str, line: int = 1) -> UserError:
    """Return the error for a header, beginning with `cell`, that was said not to be there."""
    return UserError(
        f"{dataset}, line {line}: {quoted(cell)} looks like a header, for the lines below hold "
        f"numbers. Set {HEADER_FLAG} to Yes."
    )


def _read_head(dataset: Dataset, header: bool) -> _Head:
    """Find where a table begins, below its comments, and split its first two lines.

    Parameters:
        header: whether the first line may be a header.
    """
    is_csv = dataset.ext in separators.CSV_TYPES
    text = text_file.open_text(dataset, separators.CSV_SEPARATORS if is_csv else "\t")
    with open(text.path, "rb") as handle:
        marked, lines = _first_lines(handle, text)
        separator = separators.of_csv(dataset, [line.raw for line in lines]) if is_csv else "\t"
        named = None
        if marked:
            named = comments.header_among(
                dataset, marked, lines, header, separator, lambda: _recurs(handle, lines[0], text.end)
            )
    if separator == "\t" and not any(b"\t" in line.raw for line in lines[:2]):
        separators.check_single(dataset, [line.raw for line in lines], lines[0].number)
    table = [named, *lines] if named else lines
    first, second = table[0], table[1] if len(table) > 1 else None
    cells = _cells(first.raw, first.number, dataset, separator)
    if named:
        cells[0] = unmarked(cells[0])
    below = _cells(second.raw, second.number, dataset, separator) if second else None
    return _Head(
        first=cells,
        second=below,
        marked=bool(named),
        quoted=first.raw.count(b'"') == 2 * len(cells) and second is not None and b'"' not in second.raw,
        line=lines[0].number - 1 if named else first.number,
        start=first.offset,
        second_start=second.offset if second else text.end,
        text=text,
        separator=separator,
        notes=(*text.notes, *_notes(marked, named, separator)),
    )


def _first_lines(handle: BinaryIO, text: text_file.TextFile) -> tuple[list[comments.Line], list[comments.Line]]:
    """Return the lines on top that begin with #, and the first ones below: two at least, if there are as many."""
    handle.seek(text.start)
    marked: list[comments.Line] = []
    lines: list[comments.Line] = []
    number, size = 1, 0
    while handle.tell() < text.end and (len(lines) < 2 or (len(lines) < _LINES and size < _BYTES)):
        line = comments.Line(number, handle.tell(), handle.readline())
        if not lines and line.raw.startswith(comments.MARK) and len(marked) < comments.MOST:
            marked.append(line)
        else:
            lines.append(line)
            size += len(line.raw)
        number += 1
    # Where every line begins so, the mark tells nothing.
    return (marked, lines) if lines and len(marked) < comments.MOST else ([], [*marked, *lines])


def _recurs(handle: BinaryIO, line: comments.Line, end: int) -> bool:
    """Tell whether the text of a line stands again further down."""
    handle.seek(line.offset + len(line.raw))
    text = line.raw.strip()
    while handle.tell() < end:
        if handle.readline().strip() == text:
            return True
    return False


def _notes(marked: list[comments.Line], named: comments.Line | None, separator: str) -> list[str]:
    notes = (
        []
        if separator == "\t"
        else ["read as comma-separated" if separator == "," else "read as separated by semicolons"]
    )
    others = [line.number for line in marked if line is not named]
    if others:
        what = (
            f"line {others[0]}, which begins with #,"
            if len(others) == 1
            else f"{len(others)} lines on top that begin with #"
        )
        notes.append(f"{what} left out as a comment" if len(others) == 1 else f"{what} left out as comments")
    if named:
        notes.append(f"line {named.number}, which begins with #, is the header")
    return notes


def _cells(raw: bytes, number: int, dataset: Dataset, separator: str) -> list[str]:
    where = f"{dataset}, line {number}"
    raw = raw.removesuffix(b"\n").removesuffix(b"\r")
    if b"\r" in raw:
        raise UserError(f"{where}: {STRAY_RETURN}")
    try:
        line = raw.decode("utf-8")
        cells = split_cells(line, separator) if "\0" not in line else None
    except UnicodeDecodeError:
        cells = None
    except csv.Error:
        raise UserError(f"{where}: {unmatched_quote(raw)}") from None
    if cells is None:
        raise UserError(f"{where}: is not text in UTF-8. {encoding_hint(raw) or 'Choose a tab-separated table.'}")
    if not line.strip():
        raise UserError(f"{where}: the line is blank. Remove it.")
    return cells


def unmatched_quote(raw: bytes) -> str:
    """Say that a line has a quote too many, and what to do."""
    if b'\\"' in raw:
        return (
            'a double quote has no matching one: quotes within a cell are written as \\", as R does by default. '
            "Write the table with "
            'qmethod = "double", or with quote = FALSE.'
        )
    return "a double quote has no matching one. Remove it, or the line break within the cell."


def encoding_hint(raw: bytes) -> str:
    """Say what a line that is no UTF-8 seems to be: text of a spreadsheet or an older program; "" if it is no text."""
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    if not all(ch.isprintable() or ch == "\t" for ch in text):
        return ""
    strange = next(ch for ch in text if ord(ch) > 127)
    return f"It seems to hold {quoted(strange)} in Latin-1, or Windows-1252: save the table as UTF-8."


def _row_below(head: _Head, dataset: Dataset, numbers_may_name: bool) -> list[str]:
    """Return the cells of the first row below a header; refuse a header that is none, or has nothing below it."""
    if head.second is None:
        raise UserError(
            f"{dataset} has only one line, and {HEADER_FLAG} says that it is a header, so there are no rows."
        )
    if not numbers_may_name:
        _check_is_header(head, head.second, dataset)
    return head.second


def _check_is_header(head: _Head, second: list[str], dataset: Dataset) -> None:
    if head.marked or head.quoted or (names_classes(head.first, second) and not are_shares(head.first)):
        return
    if len(head.first) > 1 and all(map(_is_datum, head.first)) and any(map(is_boolean, head.first)):
        raise UserError(
            f"{dataset}, line {head.line}: looks like data, not like a header: it holds {quoted(head.first[0])} and "
            f"the like. Set {HEADER_FLAG} to No."
        )
    numbers = all(map(is_number, head.first)) and all(map(is_number, second))
    cells, below = ([float(cell) for cell in line] if numbers else [] for line in (head.first, second))
    if numbers and not _names_positions(cells) and not (_are_years(cells) and not _are_years(below)):
        raise UserError(
            f"{dataset}, line {head.line}: looks like data, not like a header: it holds only numbers, "
            f"beginning with {quoted(head.first[0])}. Set {HEADER_FLAG} to No."
        )


def names_classes(first: list[str], second: list[str] | None) -> bool:
    """Tell whether a line can name the classes of the probabilities below it, whatever they are called."""
    return second is not None and len(set(first)) == len(first) == len(second) and are_shares(second)


def are_shares(cells: list[str]) -> bool:
    """Tell whether cells are several probabilities that add up to 1."""
    shares = [float(cell) for cell in cells if is_number(cell)]
    return (
        len(cells) == len(shares) > 1 and all(0 <= share <= 1 for share in shares) and abs(sum(shares) - 1) < _ROUNDED
    )


def _is_datum(cell: str) -> bool:
    return is_number(cell) or is_boolean(cell)


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


def _are_years(cells: list[float]) -> bool:
    """Tell whether numbers can be the years, one after the other, that a header names."""
    rises = all(a < b for a, b in itertools.pairwise(cells))
    return len(cells) > 1 and rises and all(1500 <= cell <= 2100 and cell.is_integer() for cell in cells)
