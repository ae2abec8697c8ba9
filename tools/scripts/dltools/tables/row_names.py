"""Names of rows, as R writes them: a first column of which the header says nothing, so that it is one cell short."""

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.tables.cells import is_number, roughly_split

# Rows that are looked at; names that repeat do so early.
_ROWS = 100_000
NOTE = (
    "the header has one name less than the rows have cells, so the first column holds names of the rows, as R writes "
    "them: it is used only where it is chosen by its number, and the first name of the header belongs to column 2"
)


def are_meant(first: list[str], second: list[str] | None) -> bool:
    """Tell whether a header, the cells `first`, lacks the name of the first of the cells below, and not that of the
    last.
    """
    return second is not None and len(second) == len(first) + 1 and bool(second[0].strip()) and bool(second[-1].strip())


def check(dataset: Dataset, path: str, start: int, end: int, separator: str, line: int) -> None:
    """Refuse a first column that names no rows.

    Parameters:
        start, end: where the rows lie in the file, in bytes.
        line: number of the first row's line.

    Raises:
        UserError: two rows have one name, or a name is a fraction.
    """
    seen: set[str] = set()
    with open(path, "rb") as handle:
        handle.seek(start)
        for number in range(line, line + _ROWS):
            if handle.tell() >= end:
                return
            raw = handle.readline()
            name = _first_cell(raw, separator)
            if name in seen:
                raise _refusal(dataset, line, f"line {number} has {quoted(name)} there a second time")
            # R makes 1.1 of a second 1, and puts names in quotes; a measurement stands without.
            if not raw.startswith(b'"') and is_number(name) and not float(name).is_integer():
                raise _refusal(dataset, line, f"line {number} has {quoted(name)} there")
            seen.add(name)


def _first_cell(raw: bytes, separator: str) -> str:
    if raw.startswith(b'"'):
        return roughly_split(raw, separator)[0]
    return raw.partition(separator.encode())[0].decode("utf-8", "replace").strip()


def _refusal(dataset: Dataset, line: int, found: str) -> UserError:
    return UserError(
        f"{dataset}: the header in line {line - 1} has one name less than the rows have cells, but the first column "
        f"does not name the rows: {found}. Give every column a name; in R, write the table with col.names = NA."
    )
