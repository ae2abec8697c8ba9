"""From the form to the tables and samples that it names."""

from collections.abc import Callable, Mapping

from dltools.core.errors import UserError, listed, quoted
from dltools.data.chosen_tables import ChosenTables
from dltools.data.samples import SampleChoice
from dltools.data.sparse_matrix import ChosenMatrix
from dltools.forms.parameters import Form, boolean, dataset
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import column_selection

SAMPLES = "Training samples dataset"


def table(form: Form, letter: str, label: str) -> ChosenTable:
    """Return the table that the parameters ``infile_<letter>``, ``header_<letter>`` and so on name.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    return _table(
        form, f"infile_{letter}", f"header_{letter}", f"column_selector_options_{letter}",
        f"selected_column_selector_option_{letter}", f"col_{letter}", label,
    )  # fmt: skip


def target(form: Form) -> ChosenTable:
    """Return the table of the target that `input_options` of a training names."""
    return _table(
        form, "infile2", "header2", "column_selector_options_2", "selected_column_selector_option2", "col2",
        "Dataset containing class labels or target values",
    )  # fmt: skip


def samples(form: Form) -> SampleChoice:
    """Return the samples that `input_options` names.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    kind = form["selected_input"]
    if kind not in _KINDS:
        raise UserError(f"Select input type: must be one of {listed(_KINDS)}. Received: {quoted(kind)}.")
    return _KINDS[kind](form)


def _table(
    form: Form, infile: str, header: str, conditional: str, selector: str, column: str, label: str
) -> ChosenTable:
    source = dataset(form.get(infile), label)
    columns = column_selection(form[conditional], selector, column, f"Columns of {source}")
    return ChosenTable(source, boolean(form[header], header), columns)


def _tables(form: Form) -> ChosenTables:
    first = _table(
        form, "infile1", "header1", "column_selector_options_1", "selected_column_selector_option", "col1", SAMPLES
    )
    return ChosenTables(
        (first, *(table(entry, "input", "Further input") for entry in form.get("further_inputs") or ()))
    )


def _matrix(form: Form) -> ChosenMatrix:
    return ChosenMatrix(dataset(form["infile1"], SAMPLES))


# The kinds of input, as the form calls them.
_KINDS: Mapping[str, Callable[[Form], SampleChoice]] = {"tabular": _tables, "sparse": _matrix}
