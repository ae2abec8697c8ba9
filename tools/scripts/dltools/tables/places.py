"""Where in the user's files a value stands: the line and the column that a message names."""

from collections.abc import Sequence
from typing import Protocol

from dltools.core.dataset import Dataset
from dltools.core.errors import quoted
from dltools.tables import tsv


class Placed(Protocol):
    """Samples of which it is known where they stand."""

    @property
    def source(self) -> Dataset:
        """The dataset, of several tables the first."""

    @property
    def sources(self) -> Sequence[tsv.Source]:
        """Each table, from left to right; none for a sparse matrix."""


def cell(samples: Placed, row: int, column: int | None) -> str:
    """Return ``'x.tabular', line 12, column 3 ('word')``; a sparse matrix has rows rather than lines.

    Parameters:
        samples: `batches.Features`, or anything with its `source` and `sources`.
        row: counted from 0, of the samples.
        column: counted from 0, of all chosen columns side by side; None leaves it out.
    """
    if not samples.sources:
        return f"{samples.source}, row {row + 1}{'' if column is None else f', column {column + 1} of the matrix'}"
    if column is None:
        return f"{samples.source}, line {samples.sources[0].line + row}"
    source, position = _source(samples.sources, column)
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
