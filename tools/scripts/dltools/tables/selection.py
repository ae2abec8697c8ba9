"""A table as a form names it: the dataset, whether it has a header, and which of its columns are meant."""

import dataclasses

from dltools.core.dataset import Dataset
from dltools.forms.parameters import boolean, dataset
from dltools.tables.columns import ALL_COLUMNS, Columns, column_selection

_COLUMNS = "Choose how to select data by column"


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """The dataset, whether its first line is a header, and the columns that are meant."""

    dataset: Dataset
    header: bool
    columns: Columns = ALL_COLUMNS


def read(form: dict, label: str, infile: str, header: str, selector: str = "", column: str = "col1") -> Selection:
    """Read the parameters that name a table.

    Parameters:
        form: the section of the form that they stand in, as Galaxy's JSON holds it.
        label: what the form calls the dataset.
        infile, header: names of the dataset's parameter and of the checkbox for its header.
        selector, column: names of the conditional that chooses columns and of the parameter in it that holds them;
            without them all columns are meant.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    source, has_header = dataset(form.get(infile), label), boolean(form.get(header), header)
    return Selection(source, has_header, read_columns(form[selector], column) if selector else ALL_COLUMNS)


def read_columns(conditional: dict, column: str) -> Columns:
    """Read the conditional that chooses columns, which `column` holds.

    Raises:
        UserError: no column was chosen where the table does not tell which is meant.
    """
    return column_selection(conditional, "selected_column_selector_option", column, _COLUMNS)
