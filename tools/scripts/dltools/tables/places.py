"""Where in the user's files a value stands: the line and the column that a message names."""

from collections.abc import Sequence

from dltools.core.errors import quoted
from dltools.tables import tsv


def cell(sources: Sequence[tsv.Source], row: int, column: int | None) -> str:
    """Return ``'x.tabular', line 12, column 3 ('word')``.

    Parameters:
        sources: the tables, from left to right.
        row: counted from 0, of the samples.
        column: counted from 0, of all chosen columns side by side; None leaves it out.
    """
    if column is None:
        return f"{sources[0].dataset}, line {sources[0].line + row}"
    source, position = _source(sources, column)
    return f"{source.dataset}, line {source.line + row}, {named(source, position)}"


def named(source: tsv.Source, position: int) -> str:
    """Return ``column 3 ('word')`` for a column of a `tsv.Source`, counted from 0 in its file."""
    name = source.names[position] if source.names else ""
    return f"column {position + 1}{f' ({quoted(name)})' if name.strip() else ''}"


def _source(sources: Sequence[tsv.Source], column: int) -> tuple[tsv.Source, int]:
    for source in sources:
        if column < len(source.positions):
            return source, source.positions[column]
        column -= len(source.positions)
    raise IndexError(column)
