"""A table as the user chose it: which dataset, whether its first line is a header, which of its columns."""

import dataclasses

from dltools.core.dataset import Dataset
from dltools.tables import tsv
from dltools.tables.columns import Columns


@dataclasses.dataclass(frozen=True, slots=True)
class ChosenTable:
    """The choice of a table: the dataset, whether it has a header, and which of its columns are meant."""

    dataset: Dataset
    header: bool
    columns: Columns

    @property
    def whole(self) -> bool:
        """Whether columns come along without being named: all, but for those that are excluded."""
        return self.columns.mode.startswith("all")

    def opened(self) -> tsv.Source:
        """Look at the table's first lines.

        Raises:
            UserError: as `tsv.open_table`.
        """
        return tsv.open_table(self.dataset, self.header, self.columns)
