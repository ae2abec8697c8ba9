"""Lines that begin with # on top of a table: comments, or Galaxy's own way of writing the header.

Of the lines right above the rows, one with as many cells as these is the header where the form says that there is one;
shorter ones are comments. What could be a row as well is refused.
"""

from collections.abc import Callable
from typing import NamedTuple

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables.cells import HEADER_FLAG, is_boolean, is_number, is_value, roughly_split

MARK = b"#"
# More lines than any program writes above a table.
MOST = 10_000


class Line(NamedTuple):
    """A line of a file with its end, its number, and the offset in bytes at which it starts."""

    number: int
    offset: int
    raw: bytes


class _Table(NamedTuple):
    """What the lines above the rows are compared with: the first two lines below, as cells, and their number."""

    first: list[str]
    second: list[str] | None
    width: int


def header_among(
    dataset: Dataset, marked: list[Line], lines: list[Line], header: bool, separator: str, recurs: Callable[[], bool]
) -> Line | None:
    """Return which of the lines that begin with # is the header, or None where all are comments.

    Parameters:
        marked: those lines.
        lines: the first ones below.
        header: whether the form says that there is a header.
        recurs: tells whether the text of the first line below occurs again further down.

    Raises:
        UserError: a line that could be a row, a header or a comment.
    """
    cells = [roughly_split(line.raw, separator) for line in lines[:2]]
    table = _Table(cells[0], cells[1] if len(cells) > 1 else None, max(map(len, cells)))
    alike = [line for line in marked if _is_alike(line, table.width, separator)]
    if header and not alike and table.width == 1 and _prose_names(table, recurs):
        alike = [marked[-1]]
    if not alike or (header and _is_header(table)):
        return None
    names = roughly_split(alike[-1].raw, separator)
    no_row = any(is_number(below) and not is_value(cell) for cell, below in zip(names, table.first, strict=False))
    if len(alike) == 1 and header and (no_row or alike[0] is marked[-1]):
        return alike[0]
    if not header and no_row:
        return None
    flag = "" if header else f" If it names the columns, set {HEADER_FLAG} to Yes."
    raise UserError(
        f"{dataset}, line {alike[0].number}: begins with # and has as many cells as the lines below, so it may be a "
        f"row, a header or a comment. Remove the #, or the line.{flag}"
    )


def _is_alike(line: Line, width: int, separator: str) -> bool:
    return len(roughly_split(line.raw, separator)) == width and not (width == 1 and _is_prose(line))


def _is_prose(line: Line) -> bool:
    """Tell whether a line reads as a remark rather than as a name: several words, or several marks."""
    text = line.raw.strip()
    return (
        text.startswith(MARK * 2) or len(text.removeprefix(MARK).strip().split()) != 1 or text.startswith(MARK + b" ")
    )


def _prose_names(table: _Table, recurs: Callable[[], bool]) -> bool:
    """Tell whether a remark above one column is its name, since what follows is no name of it."""
    if is_value(table.first[0]):
        return True
    if table.second is None or is_value(table.second[0]):
        return False
    return recurs()


def _is_header(table: _Table) -> bool:
    """Tell whether the first line below names columns: it has no value, and the one below that has some."""
    if table.second is None or len(table.second) - len(table.first) not in (0, 1):
        return False
    below = any(is_number(cell) or is_boolean(cell) for cell in table.second)
    return below and not any(map(is_value, table.first))
