"""Tables whose rows belong to images by a column with the images' names, in whatever order they stand."""

import dataclasses
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.images import matching
from dltools.images.image_file import ImageFile
from dltools.tables import tables
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import Columns

COLUMN = "Column with the images' names"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NamedTable:
    """A table with a column of images' names.

    Attributes:
        table: the table, with the columns that are meant beside that of the names.
        column: number of the column with the names, from 1.
    """

    table: ChosenTable
    column: int

    @classmethod
    def of(cls, table: ChosenTable, column: int) -> "NamedTable":
        """Return a table as the user chose it, but for the names: where they came along, they are left out.

        Raises:
            UserError: the names are among the columns that were chosen one by one, or the only ones.
        """
        columns = table.columns
        if columns.mode in ("all_columns", "all_but_by_index_number"):
            return cls._without(table, (*columns.chosen, column), column)
        opened = table.opened()
        if column - 1 not in opened.positions:
            return cls(table=table, column=column)
        if columns.mode == "all_but_by_header_name":
            left_out = set(range(opened.width)).difference(opened.positions)
            return cls._without(table, (*(position + 1 for position in sorted(left_out)), column), column)
        raise UserError(
            f"{table.dataset}: column {column} holds the images' names ('{COLUMN}'), and it is among the columns that "
            "are chosen. Choose the other one there, or take it out here."
        )

    @classmethod
    def _without(cls, table: ChosenTable, left_out: tuple[int | str, ...], column: int) -> "NamedTable":
        columns = Columns("all_but_by_index_number", left_out)
        return cls(table=dataclasses.replace(table, columns=columns), column=column)

    @property
    def dataset(self) -> Dataset:
        """The dataset."""
        return self.table.dataset

    def names(self) -> list[str]:
        """Return the images' names, one a row.

        Raises:
            UserError: one is missing.
        """
        return [str(name).strip() for name in self._read().columns[0]]

    def _read(self) -> tables.TextTable:
        return tables.read_text(self.dataset, self.table.header, Columns("by_index_number", (self.column,)))

    def matched(self, files: Sequence[ImageFile], unmatched: str) -> matching.Matched:
        """Return which images and rows belong together, by their names; tell what was left out.

        Parameters:
            unmatched: what is done with images and rows that have no partner, as `matching.match` takes it.

        Raises:
            UserError: a name is missing, the setting of the header is wrong, or as `matching.match`.
        """
        found, names = self._read(), self.names()
        _check_header(self.table, found.names, names, files, unmatched)
        matched = matching.match(files, names, self.dataset, unmatched)
        for told in matched.told:
            print(told)
        return matched

    def rows_of(self, files: Sequence[ImageFile]) -> np.ndarray:
        """Return int64 (images,), the row of each image; rows without an image are left over.

        Raises:
            UserError: an image has no row, or as `matched`.
        """
        matched = self.matched(files, matching.LEAVE_OUT)
        rows = np.full(len(files), -1)
        rows[matched.images] = matched.rows
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            raise UserError(
                f"{self.dataset}: has no row for {len(missing)} of {len(files)} images, the first is "
                f"{files[missing[0]]}. Each image needs one."
            )
        return rows


def _check_header(
    table: ChosenTable, header: list[str] | None, names: list[str], files: Sequence[ImageFile], unmatched: str
) -> None:
    """Refuse a first line that was taken for what it is not, which only the images' names tell."""
    known = {plain for file in files for plain in _plain(file.name)}
    if header and known.intersection(_plain(header[0])):
        raise UserError(
            f"{table.dataset}: the first line, taken as the header, names the image {quoted(header[0])}. Set 'Does the "
            "dataset contain header' to No."
        )
    if header is not None or unmatched != matching.REFUSE:
        return
    strange = [name for name in names if not known.intersection(_plain(name))]
    if len(names) > 1 and strange == names[:1]:
        raise UserError(
            f"{table.dataset}: line 1 names no image: {quoted(names[0])}. If it is the header, set 'Does the dataset "
            "contain header' to Yes."
        )


def _plain(name: str) -> set[str]:
    """Return a name in the ways in which names are compared: as it is, without folders, without extension."""
    path = PurePosixPath(name)
    return {name, path.name, path.stem}
