"""A table as the user chose it: which dataset, whether its first line is a header, which of its columns."""

import dataclasses

from dltools.core.dataset import Dataset
from dltools.forms.parameters import Form, boolean, dataset, is_chosen
from dltools.tables import tsv
from dltools.tables.columns import ALL_COLUMNS, Columns, column_selection

_OPTION = "selected_column_selector_option"
_COLUMNS = "Choose how to select data by column"


@dataclasses.dataclass(frozen=True, slots=True)
class ChosenTable:
    """The choice of a table: the dataset, whether it has a header, and which of its columns are meant."""

    dataset: Dataset
    header: bool
    columns: Columns = ALL_COLUMNS

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


def read(
    form: Form, label: str, infile: str, header: str, selector: str = "", column: str = "col1", option: str = _OPTION
) -> ChosenTable:
    """Read the parameters of a form that name a table.

    Parameters:
        form: the section that they stand in, as Galaxy's JSON holds it.
        label: what the form calls the dataset.
        infile, header: names of the dataset's parameter and of the checkbox for its header.
        selector: name of the conditional that chooses columns; without it all columns are meant.
        column, option: names of the two parameters in it: the columns, and how they are chosen.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    source, has_header = dataset(form.get(infile), label), boolean(form.get(header), header)
    if not selector:
        return ChosenTable(source, has_header)
    columns = column_selection(form[selector], option, column, f"Columns of {source}")
    return ChosenTable(source, has_header, columns)


def read_optional(form: Form, label: str, infile: str, header: str) -> ChosenTable | None:
    """Read the parameters that name a table, of which all columns are meant; None where no dataset was chosen."""
    return read(form, label, infile, header) if is_chosen(form.get(infile)) else None


def read_columns(conditional: Form, column: str) -> Columns:
    """Read the conditional that chooses columns, which `column` holds.

    Raises:
        UserError: no column was chosen where the table does not tell which is meant.
    """
    return column_selection(conditional, _OPTION, column, _COLUMNS)
