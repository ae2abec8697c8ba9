"""Samples that are rows of tables: one table, or several side by side, a table for each input of a network."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed
from dltools.data import samples
from dltools.data.dense_table import DenseTable
from dltools.data.rows import check_lengths
from dltools.data.side_by_side import SideBySide
from dltools.data.specs import FeatureSpec
from dltools.networks.first_layers import NetworkInput
from dltools.tables import places, streams, tables, tsv
from dltools.tables.chosen import ChosenTable
from dltools.tables.storage import Storage


@dataclasses.dataclass(frozen=True, slots=True)
class ChosenTables:
    """A `samples.SampleChoice` of tables, from left to right.

    A table whose header has the names of the training's columns is read in the order of these, columns of one name in
    the order in which they come; without names on both sides the order counts, and the number.
    """

    tables: tuple[ChosenTable, ...]

    @property
    def source(self) -> Dataset:
        """The first table's dataset."""
        return self.tables[0].dataset

    def for_network(self, network: Dataset, inputs: Sequence[NetworkInput]) -> "ChosenTables":
        """Return the same."""
        return self

    def read(self, threads: int, trained_on: FeatureSpec | None = None) -> samples.SampleSource:
        """Read all tables.

        Raises:
            UserError: a table that is no good, tables of different lengths, or other columns than those trained on.
        """
        opened = self._opened(trained_on)
        storage = Storage()
        every = [_read(choice, source, threads, storage) for choice, source in zip(self.tables, opened, strict=True)]
        first, *further = every
        for table in further:
            check_lengths(first.source, len(first), table.source, len(table))
        names = joined([table.names for table in every])
        if trained_on is not None:
            samples.check_width(first.source, sum(table.width for table in every), trained_on)
            names = trained_on.names
        if not further:
            return dataclasses.replace(first, names=names)
        return SideBySide(parts=tuple(every), names=names)

    def stream(self, threads: int, trained_on: FeatureSpec) -> samples.SampleStream:
        """Open all tables, whose rows are read as they are taken.

        Raises:
            UserError: as `read`; for what is wrong in a row, when it is taken.
        """
        opened = [streams.numbers(source, threads) for source in self._opened(trained_on)]
        first, *further = opened
        for other in further:
            check_lengths(first.source, first.rows, other.source, other.rows)
        widths = tuple(stream.width for stream in opened)
        samples.check_width(first.source, sum(widths), trained_on)
        found = [stream.table for stream in opened]
        return samples.SampleStream(
            next=lambda rows: _beside([stream.take(rows) for stream in opened]),
            length=first.rows,
            source=first.source,
            spec=FeatureSpec(width=sum(widths), names=trained_on.names, tables=widths if further else ()),
            placed=lambda row, column: places.cell(found, row, column),
        )

    def _opened(self, trained_on: FeatureSpec | None) -> list[tsv.Source]:
        """Look at the tables; order the columns of each as in training, where both have names."""
        samples.check_tabular(self.source, trained_on)
        if trained_on is None:
            return [table.opened() for table in self.tables]
        widths = trained_on.tables or (trained_on.width,)
        # A network from elsewhere says nothing of tables: one for each input will do, and one for all.
        widths = (None,) if len(self.tables) == 1 and set(widths) == {None} else widths
        if len(self.tables) != len(widths):
            raise UserError(
                f"{self.source}: the model was trained on {len(widths)} tables of {listed(widths)} columns, "
                f"but {len(self.tables)} are given. Give one for each, in the same order, by 'Further input tables'."
            )
        ends = np.cumsum([width or 0 for width in widths])
        return [
            in_trained_order(table, trained_on.names[end - (width or 0) : end] if trained_on.names else None)
            for table, width, end in zip(self.tables, widths, ends, strict=True)
        ]


def in_trained_order(table: ChosenTable, names: tuple[str, ...] | None) -> tsv.Source:
    """Look at a table, with its columns in the order of those that the model was trained on, where it knows them.

    Raises:
        UserError: as `streams.by_names`.
    """
    source = table.opened()
    if names is None:
        return source
    own = source.selected_names
    if own is None:
        print(
            f"{table.dataset}: has no header, so its columns are taken in the order of those that the model was "
            "trained on."
        )
        return source
    return streams.by_names(source, own, list(names))


def _read(choice: ChosenTable, source: tsv.Source, threads: int, storage: Storage) -> DenseTable:
    found = tables.read_numbers_of(source, threads, watched=True, made=storage.make)
    names = None if found.names is None else tuple(found.names)
    return DenseTable(values=found.values, source=choice.dataset, names=names, table=found.table, choice=choice)


def joined(headers: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """Return the names of all columns, where all tables have such."""
    known = [names for names in headers if names is not None]
    return tuple(name for names in known for name in names) if len(known) == len(headers) else None


def _beside(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.hstack(parts)
