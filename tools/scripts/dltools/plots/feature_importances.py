"""Which features a model goes by: from a table of importances, or of a trained network (see `permuted_features`)."""

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.forms import parameters
from dltools.forms.kinds import Real
from dltools.forms.parameters import is_empty, with_further
from dltools.plots import permuted_features
from dltools.plots.importances import Importances
from dltools.tables import tables, tsv
from dltools.tables.columns import of_header, positions
from dltools.tables.tsv import is_number

_ESTIMATOR = "Select the dataset containing fitted estimator/pipeline"
FEATURES = "Select the dataset containing feature names"


def from_parameters(selection: dict) -> Importances:
    """Return the importances of the features, of a table or of a trained network.

    Raises:
        UserError: a file that is neither, or data that does not fit the model.
    """
    selection = with_further(selection, "importance_options")
    source = parameters.dataset(selection.get("infile_estimator"), _ESTIMATOR)
    threshold = 0.0 if is_empty(selection.get("threshold")) else Real(0).read(selection["threshold"], "Threshold value")
    with open(source.path, "rb") as handle:
        head = handle.read(512)
    is_table = source.ext in ("tabular", "tsv", "txt") or (b"\t" in head and b"\0" not in head)
    found = (
        _of_table(source, selection)
        if is_table
        else permuted_features.from_parameters(source, selection, FEATURES, _columns(selection))
    )
    if not np.any(np.abs(found.importances) >= threshold):
        raise UserError(
            f"Threshold value: no feature has an importance of {threshold:g} or more; the highest is "
            f"{np.abs(found.importances).max():.4g}. Choose a lower one."
        )
    found.threshold, found.title = threshold, selection.get("title") or "Feature importances"
    return found


def _of_table(source: Dataset, selection: dict) -> Importances:
    table = tables.read_text(source, True)
    header = of_header(table.names)
    numeric = [i for i, column in enumerate(table.columns) if all(map(is_number, column))]
    if not numeric:
        raise UserError(
            f"{source}: no column holds numbers, that is importances. It has: {listed(map(quoted, header), 12)}."
        )
    texts = [i for i in range(len(table.columns)) if i not in numeric]
    named = [i for i in numeric if "importance" in header[i].lower()]
    column = (named or numeric)[0]
    values = table.columns[column].astype(np.float64)
    deviation = next((i for i in numeric if "std" in header[i].lower() or "deviation" in header[i].lower()), column)
    deviations = None if deviation == column else table.columns[deviation].astype(np.float64)
    if texts:
        names = list(table.columns[texts[0]])
    else:
        names = _names_of_features(selection)
        if len(names) != len(values):
            raise UserError(f"{source} has {len(values)} importances, but {len(names)} feature names are selected.")
    return Importances(features=names, importances=values, deviations=deviations)


def _names_of_features(selection: dict) -> list[str]:
    """Return the names of the selected columns of the dataset with feature names, which may be its only line."""
    dataset = parameters.dataset(selection.get("infile1"), FEATURES)
    first = tsv.first_line(dataset)
    return [
        first.cells[i] for i in positions(_columns(selection), len(first.cells), first.cells, dataset, first.named_rows)
    ]


def _columns(selection: dict) -> tables.Columns:
    return tables.column_selection(
        selection["column_selector_options"],
        "selected_column_selector_option",
        "col1",
        "Choose how to select data by column",
    )
