"""What divides a table's cells: tabs, or commas where the dataset is of that type; other files are named as what they
are.
"""

import csv
import re
from typing import NamedTuple

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.tables.cells import is_number, roughly_split, split_cells

CSV_TYPES = ("csv", "geocsv")
# What may divide the cells of such a dataset.
CSV_SEPARATORS = ",;\t"
# Groups of three digits, as in 1,234 or 1.234.567.
THOUSANDS = re.compile(r"[+-]?\d{1,3}([,.'’\u00a0\u202f ]\d{3})+([.,]\d+)?")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*")


class _Kind(NamedTuple):
    """A separator that no table has here: what the file is called, and how it is put right."""

    separator: str
    told: str
    convert: str


_KINDS = (
    _Kind(";", "is separated by semicolons", "Convert it with 'Convert delimiters to TAB' (semicolons)."),
    _Kind(",", "is comma-separated", "Set its type to csv (the pencil, Datatypes), or convert it with 'Convert "
        "delimiters to TAB' (commas)."),
    _Kind("|", "is separated by vertical bars", "Convert it with 'Convert delimiters to TAB' (pipes)."),
    _Kind(" ", "is separated by blanks", "Convert it with 'Convert delimiters to TAB' (whitespaces); in R, write it "
        "with sep = \"\\t\"."),
)  # fmt: skip


def of_csv(dataset: Dataset, lines: list[bytes]) -> str:
    """Return what divides the cells of a dataset of the type csv, from its first lines.

    Raises:
        UserError: semicolons divide them, and numbers have decimal commas.
    """
    found = [separator for separator in CSV_SEPARATORS if _consistent(lines, separator)]
    if ";" in found and _decimal_commas(lines):
        raise UserError(
            f"{dataset} is separated by semicolons and has decimal commas, such as "
            f"{quoted(_decimal_commas(lines)[0])}. Save it with points as decimal signs and with tabs or commas "
            "between the cells."
        )
    return found[0] if found else ","


def check_single(dataset: Dataset, lines: list[bytes], line: int) -> None:
    """Refuse a table of one column that is a table of several, with something other than tabs between its cells.

    Parameters:
        lines: the first ones of the table, the first of which has the number `line` in the file.

    Raises:
        UserError: names what stands between the cells.
    """
    for kind in _KINDS:
        if _consistent(lines, kind.separator) and _is_table(lines, kind.separator):
            raise UserError(f"{dataset} {_told(kind, lines, line)}")


def _told(kind: _Kind, lines: list[bytes], line: int) -> str:
    body = [_text(raw) for raw in lines[1:] or lines]
    named = len(lines) > 1 and len(_split(lines[0], ",")) > 1 and not any(map(is_number, _split(lines[0], ",")))
    if (
        kind.separator == ","
        and not named
        and all(_DECIMAL_COMMA.fullmatch(text) or THOUSANDS.fullmatch(text) for text in body)
    ):
        return (
            f"is comma-separated, or holds numbers with commas, such as {quoted(body[0])} in line "
            f"{line + len(lines[1:2])}. If commas stand between cells: {kind.convert[0].lower()}{kind.convert[1:]} "
            "Else write numbers with a decimal point and without commas."
        )
    count = len(_split(lines[-1], kind.separator))
    told = (
        f"{kind.told}, not tab-separated: line {line} reads {quoted(_text(lines[0]), 40)}, and further lines have "
        f"{count} cells. {kind.convert}"
    )
    if kind.separator == ";" and _decimal_commas(lines):
        told += f" Write decimals with a point, not with a comma as in {quoted(_decimal_commas(lines)[0])}."
    return told


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip()


def _split(raw: bytes, separator: str) -> list[str]:
    # Programs that write blanks between columns often write several.
    raw = b" ".join(raw.split()) if separator == " " else raw
    return roughly_split(raw, separator)


def _consistent(lines: list[bytes], separator: str) -> bool:
    """Tell whether all lines have the same number of cells, more than one; the first may lack that of the row names."""
    counts = [len(_split(raw, separator)) if _is_sound(raw, separator) else 0 for raw in lines]
    width = counts[-1]
    if width < 2 or set(counts[1:]) - {width}:
        return False
    # A header of one word above labels with a comma is none of a table with names of rows.
    lacks_one = counts[0] == width - 1 and (width > 2 or lines[0].startswith(b'"'))
    return counts[0] == width or lacks_one


def _is_sound(raw: bytes, separator: str) -> bool:
    """Tell whether the quotes in a line enclose whole cells."""
    try:
        split_cells(_text(raw), separator)
    except csv.Error:
        return False
    return True


def _decimal_commas(lines: list[bytes]) -> list[str]:
    cells = [cell for raw in lines[1:] for cell in _split(raw, ";")]
    return [cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell)]


def _is_table(lines: list[bytes], separator: str) -> bool:
    """Tell whether lines of several cells are a table rather than labels in which the separator occurs."""
    rows = [_split(raw, separator) for raw in lines]
    first, body = rows[0], rows[1:]
    if not body:
        return all(map(is_number, first))
    numbers = [all(is_number(row[i]) for row in body) for i in range(len(body[0]))]
    # Labels such as 'stage 2' hold blanks and numbers too; a header does not.
    above = first if len(first) == len(numbers) else ["", *first]
    headed = any(number and not is_number(cell) for number, cell in zip(numbers, above, strict=True))
    if not _is_sound(lines[-1], "\t"):
        # Of one column, a quoted cell would be the line.
        return True
    quoted_names = lines[0].count(b'"') == 2 * len(first)
    if separator == " ":
        return all(numbers) or (headed and not any(map(is_number, first)) and (quoted_names or sum(numbers) > 1))
    in_prose = any((separator + " ").encode() in raw for raw in lines)
    if all(numbers) or headed or quoted_names:
        return True
    return not in_prose and (any(numbers) or _has_keys(body))


def _has_keys(body: list[list[str]]) -> bool:
    """Tell whether one column names the rows, all differently, and another does not."""
    differing = [len({row[i] for row in body}) == len(body) for i in range(len(body[0]))]
    return len(body) > 2 and any(differing) and not all(differing)
