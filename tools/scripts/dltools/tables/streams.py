"""Tables of any length in bounded memory: their rows are handed out in order, some at a time."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from dltools.core.dataset import Dataset
from dltools.tables import blocks, distinct, tsv
from dltools.tables.columns import Columns, name_positions, unmarked

Rows = TypeVar("Rows")


class Stream(NamedTuple, Generic[Rows]):
    """A table that is read as far as its rows are asked for.

    Attributes:
        take: called with a number, returns the next so many rows: float32 (rows, columns) of a table of
            numbers, a list of object arrays (rows,) of str of a table of text.
        rows, width: how many rows and columns there are.
        names: the header's names of these columns, or None.
        source: the dataset.
        table: where the columns stand in it.
    """

    take: Callable[[int], Rows]
    rows: int
    width: int
    names: list[str] | None
    source: Dataset
    table: tsv.Source


def numbers(source: tsv.Source, threads: int) -> Stream[np.ndarray]:
    """Open columns of numbers.

    Parameters:
        source: as `tsv.open_table` returns it.

    Once the last row is read, columns of which float32 loses distinct values are named in the log.

    Raises:
        UserError: a header was said not to be there. `take` raises as `tables.read_numbers` does.
    """
    tsv.check_first_row(source)
    watch = distinct.Watch(source)
    return _stream(
        source, threads, lambda source, block: blocks.number_rows(source, block, watch), np.concatenate, watch.tell
    )


def texts(dataset: Dataset, header: bool, columns: Columns, threads: int) -> Stream[list[np.ndarray]]:
    """Open columns of text; `take` raises as `tables.read_text` does.

    Raises:
        UserError: as `tsv.open_table`.
    """
    source = tsv.open_table(dataset, header, columns)
    return _stream(
        source, threads, blocks.text_columns, lambda parts: list(map(np.concatenate, zip(*parts, strict=True)))
    )


def _stream(
    source: tsv.Source,
    threads: int,
    parse: Callable[[tsv.Source, blocks.Block], Rows],
    join: Callable[[list[Rows]], Rows],
    at_end: Callable[[], None] = lambda: None,
) -> Stream[Rows]:
    cut = blocks.cut(source)
    parsed = blocks.in_order(lambda block: parse(source, block), cut, threads)
    take = _taker(_followed(parsed, len(cut), at_end), join)
    return Stream(
        take, sum(block.rows for block in cut), len(source.positions), source.selected_names, source.dataset, source
    )


def _followed(parsed: Iterator, count: int, at_end: Callable) -> Iterator:
    """Yield `count` parts; call `at_end` as soon as there are all."""
    for number, part in enumerate(parsed, start=1):
        if number == count:
            at_end()
        yield part


def _taker(parsed: Iterator, join: Callable) -> Callable:
    """Return a function that gives out rows of the parsed blocks by number, wherever the blocks end."""
    rest = None

    def take(count: int) -> Any:
        nonlocal rest
        parts = []
        while count:
            rest = next(parsed) if rest is None else rest
            length = _length(rest)
            parts.append(_rows(rest, 0, count))
            rest = _rows(rest, count, length) if count < length else None
            count = max(0, count - length)
        return parts[0] if len(parts) == 1 else join(parts)

    return take


def _length(part: np.ndarray | list[np.ndarray]) -> int:
    return len(part[0]) if isinstance(part, list) else len(part)


def _rows(part: np.ndarray | list[np.ndarray], first: int, last: int) -> np.ndarray | list[np.ndarray]:
    return [column[first:last] for column in part] if isinstance(part, list) else part[first:last]


def by_names(source: tsv.Source, names: list[str], wanted: list[str]) -> tsv.Source:
    """Return a table, whose columns have these names, with its columns in the order of the names wanted.

    Raises:
        UserError: as `columns.name_positions`.
    """
    wanted = [name if name in names else unmarked(name) for name in wanted]
    order = name_positions(names, wanted, source.dataset, "columns")
    return source._replace(positions=[source.positions[position] for position in order])
