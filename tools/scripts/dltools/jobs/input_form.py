"""From the form to the tables and samples that it names."""

from collections.abc import Callable, Mapping

from dltools.core.errors import UserError, listed, quoted
from dltools.data.chosen_tables import ChosenTables
from dltools.data.samples import SampleChoice
from dltools.data.sparse_matrix import ChosenMatrix
from dltools.forms.parameters import Form, dataset
from dltools.tables import chosen
from dltools.tables.chosen import ChosenTable

SAMPLES = "Training samples dataset"
_TARGET = "Dataset containing class labels or target values"


def table(form: Form, letter: str, label: str) -> ChosenTable:
    """Return the table that the parameters ``infile_<letter>``, ``header_<letter>`` and so on name.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    option, column = f"selected_column_selector_option_{letter}", f"col_{letter}"
    selector = f"column_selector_options_{letter}"
    return chosen.read(form, label, f"infile_{letter}", f"header_{letter}", selector, column, option)


def target(form: Form) -> ChosenTable:
    """Return the table of the target that `input_options` of a training names."""
    option = "selected_column_selector_option2"
    return chosen.read(form, _TARGET, "infile2", "header2", "column_selector_options_2", "col2", option)


def samples(form: Form) -> SampleChoice:
    """Return the samples that `input_options` names.

    Raises:
        UserError: no dataset or no column was chosen.
    """
    kind = form["selected_input"]
    if kind not in _KINDS:
        raise UserError(f"Select input type: must be one of {listed(_KINDS)}. Received: {quoted(kind)}.")
    return _KINDS[kind](form)


def _tables(form: Form) -> ChosenTables:
    first = chosen.read(form, SAMPLES, "infile1", "header1", "column_selector_options_1")
    further = [table(entry, "input", "Further input") for entry in form.get("further_inputs") or ()]
    return ChosenTables((first, *further))


def _matrix(form: Form) -> ChosenMatrix:
    return ChosenMatrix(dataset(form["infile1"], SAMPLES))


# The kinds of input, as the form calls them.
_KINDS: Mapping[str, Callable[[Form], SampleChoice]] = {"tabular": _tables, "sparse": _matrix}
