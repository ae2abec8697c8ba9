"""What a cell of a table of text is: a number, True or False, a word for a missing value; and a line's cells."""

import csv
import re

# What the forms call the switch.
HEADER_FLAG = '"Does the dataset contain header"'

_NUMBER = re.compile(r"[ \t]*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[ \t]*", re.ASCII | re.IGNORECASE)
# As Python, R and most others write them.
TRUE = ("True", "TRUE", "true")
FALSE = ("False", "FALSE", "false")
MISSING = frozenset({"nan", "-nan", "na", "n/a", "#n/a", "null", "none", "missing", "?", "-", "."})


def is_number(cell: str) -> bool:
    """Tell whether a cell holds a finite decimal number."""
    return _NUMBER.fullmatch(cell) is not None


def is_boolean(cell: str) -> bool:
    """Tell whether a cell holds True or False."""
    return cell in TRUE or cell in FALSE


def indicator(cell: str) -> int | None:
    """Return 0 or 1 where a cell holds one of them, or False or True; else None."""
    text = cell.strip(" \t")
    if is_boolean(text):
        return int(text in TRUE)
    return int(float(text)) if is_number(text) and float(text) in (0, 1) else None


def is_value(cell: str) -> bool:
    """Tell whether a cell holds what stands in a column of numbers: a number, True or False, or a word for a missing
    one.
    """
    return is_number(cell) or is_boolean(cell) or not cell.strip() or cell.strip().lower() in MISSING


def split_cells(line: str, separator: str = "\t") -> list[str]:
    """Split a line, without its end, into cells.

    Raises:
        csv.Error: a quoted cell is not closed, or goes on after its closing quote.
    """
    if '"' not in line:
        return line.split(separator)
    return next(csv.reader([line], delimiter=separator, strict=True))


def roughly_split(line: bytes, separator: str) -> list[str]:
    """Split a line of a file, with its end, that may be no good."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    try:
        return split_cells(text, separator)
    except csv.Error:
        return text.split(separator)
