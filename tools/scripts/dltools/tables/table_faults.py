"""What is wrong with a table that could not be read, and how to mend it.

The readers are fast and say little. Once one has failed, these functions go through the lines
in question slowly and name the first offence.
"""

import contextlib
import csv
import re
from collections.abc import Callable

from dltools.core.errors import UserError, quoted
from dltools.tables import row_names
from dltools.tables.cells import MISSING as _MISSING
from dltools.tables.cells import is_boolean
from dltools.tables.separators import THOUSANDS
from dltools.tables.tsv import HEADER_FLAG, STRAY_RETURN, Source, encoding_hint, is_number, split_cells, unmatched_quote

_INFINITE = {"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
# A cell, after a separator, that may hold one of these words or nothing; quotes and blanks around it are let pass.
_UNUSABLE = (
    rb'(?:^|%b)[ "]*(?:'
    + b"|".join(re.escape(word.encode()) for word in sorted(_MISSING | _INFINITE))
    + rb')?[ "]*(?=%b|\r?$)'
)
_LARGEST = 3.4028234e38  # of the numbers of 32 bits in which tables are kept


def first_fault(source: Source, block: bytes, line: int, cell_fault: Callable[[str], str | None]) -> UserError:
    """Return the error for the first offence among some lines of a table.

    `block` holds whole lines, the first of which has the number `line` in the file.
    `cell_fault` says what is wrong with a wanted cell, or returns None.
    """
    rows = block.removesuffix(b"\n").split(b"\n")
    for number, raw in enumerate(rows, start=line):
        fault = _line_fault(source, raw.removesuffix(b"\r"), number, cell_fault)
        if fault:
            return UserError(f"{source.dataset}, line {number}{fault}{_further(source, cell_fault)}")
    last = line + len(rows) - 1
    return UserError(f"{source.dataset}: lines {line} to {last} cannot be read as a table.")


def _further(source: Source, cell_fault: Callable[[str], str | None]) -> str:
    """Say how many of the wanted cells of the whole table hold no finite number, where these are wanted and several do
    not.
    """
    if cell_fault is not number_fault:
        return ""
    count = 0
    separator = re.escape(source.separator.encode())
    unusable = re.compile(_UNUSABLE % (separator, separator), re.IGNORECASE)
    with open(source.path, "rb") as handle:
        handle.seek(source.start)
        while handle.tell() < source.end:
            raw = handle.readline()
            if unusable.search(raw.removesuffix(b"\n")):
                count += _unusable_in(source, raw.removesuffix(b"\n").removesuffix(b"\r"))
    return f" In all, {count:,} cells are missing or infinite." if count > 1 else ""


def _unusable_in(source: Source, raw: bytes) -> int:
    with contextlib.suppress(UnicodeDecodeError, csv.Error):
        cells = [cell.strip().lower() for cell in split_cells(raw.decode("utf-8"), source.separator)]
        wanted = [cells[position] for position in source.positions if position < len(cells)]
        return sum(not cell or cell in _MISSING or cell in _INFINITE for cell in wanted)
    return 0


def _line_fault(source: Source, raw: bytes, number: int, cell_fault: Callable[[str], str | None]) -> str | None:
    try:
        line = raw.decode("utf-8")
        cells = split_cells(line, source.separator)
    except UnicodeDecodeError:
        return f": is not text in UTF-8. {encoding_hint(raw) or 'Save the table as UTF-8.'}"
    except csv.Error:
        return f": {unmatched_quote(raw)}"
    if not line.strip():
        return (
            ": the line is blank. Remove it, or fill it in: it is not skipped, "
            "since that would shift the lines below it."
        )
    if "\r" in line:
        return f": {STRAY_RETURN}"
    if len(cells) != source.width:
        # Of a header that is one cell short, see `row_names`.
        headed = source.names and len(source.head.first) == source.width
        reference = source.line - 1 if headed else source.line
        return (
            f": has {_count(len(cells))}, but line {reference} has "
            f"{_count(source.width)}.{_short_header(source, cells, number)}"
        )
    for position in source.positions:
        fault = cell_fault(cells[position])
        if cell_fault is number_fault and position in source.booleans:
            fault = boolean_fault(cells[position])
        if fault:
            return f"{_column(source, position)}: {fault}{_hint(source, number)}"
    return None


def _short_header(source: Source, cells: list[str], number: int) -> str:
    if source.names is None and number == source.line + 1 and row_names.are_meant(source.head.first, cells):
        return (
            f" If line {source.line} is a header, and the first column names the rows, as R writes them, set "
            f"{HEADER_FLAG} to Yes."
        )
    return ""


def _count(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _column(source: Source, position: int) -> str:
    if source.names and source.names[position].strip():
        return f", column {position + 1} ({quoted(source.names[position])})"
    return f", column {position + 1}"


def _hint(source: Source, number: int) -> str:
    if source.names is not None or number > source.line:
        return ""
    return f" If line {number} is a header, set {HEADER_FLAG} to Yes."


def number_fault(cell: str) -> str | None:
    """Say why a cell holds no finite number of 32 bits, or return None."""
    text = cell.strip(" \t")
    if not text:
        return empty_fault(cell)
    if is_missing(text):
        return f"{quoted(cell)} stands for a missing value. Fill it in, or remove the row or the column."
    if text.lower() in _INFINITE:
        return f"{quoted(cell)} is infinite. Replace it by a number."
    if not is_number(text):
        return f"{quoted(cell)} is not a number.{_number_hint(text)}"
    value = float(text)
    if abs(value) > _LARGEST:
        return f"{quoted(cell)} is too large: numbers may reach 3.4e38. Scale the column."
    if value == 0 and text.lower().partition("e")[0].strip("+-0."):
        return f"{quoted(cell)} is too small to be told from 0. Write 0."
    return None


def boolean_fault(cell: str) -> str | None:
    """Say why a cell of a column that began with True or False holds neither, or return None."""
    if is_boolean(cell):
        return None
    if not cell.strip() or is_missing(cell):
        return number_fault(cell)
    if is_boolean(cell.strip()):
        return f"{quoted(cell)} has blanks around it. Remove them."
    return f"{quoted(cell)} is neither True nor False, as the cells above it are. Write 1 and 0 in all of the column."


def is_missing(cell: str) -> bool:
    """Tell whether a cell holds one of the usual words for a missing value."""
    return cell.strip().lower() in _MISSING


def _number_hint(text: str) -> str:
    if is_boolean(text):
        return " The column began with a number: write 1 for True and 0 for False."
    if text.endswith("%") and is_number(text[:-1]):
        return " Write it without the percent sign."
    if THOUSANDS.fullmatch(text):
        return " Write numbers without a sign between thousands, and decimals with a point, not with a comma."
    if text.count(",") == 1 and is_number(text.replace(",", ".")):
        return " Write decimals with a point, not with a comma."
    return " Replace it by a number, or leave the column out."


def empty_fault(cell: str) -> str | None:
    """Say that a cell is empty, or return None."""
    if cell.strip():
        return None
    return "the cell is empty. Fill it in, or remove the row or the column."
