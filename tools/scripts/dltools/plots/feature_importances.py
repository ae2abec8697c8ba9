"""Which features a model goes by: from a table of importances, or of a trained network (see `permuted_features`)."""

import dataclasses
from typing import Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.forms import parameters
from dltools.forms.kinds import Real
from dltools.forms.parameters import is_empty, with_further
from dltools.plots import permuted_features
from dltools.plots.importances import TITLE, Importances
from dltools.plots.permuted_features import Shuffling
from dltools.tables import chosen, tables, tsv
from dltools.tables.columns import Columns, of_header, positions
from dltools.tables.tsv import is_number

_ESTIMATOR = "Select the dataset containing fitted estimator/pipeline"
_FEATURES = "Select the dataset containing feature names"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FeatureImportancesRequest:
    """The importances of the features: those that a table holds, or those of a trained network.

    `source` is the table or the network. `features` and `columns` name the features in their first line, and hold the
    samples that the features of a network are shuffled among, as `shuffling` says. Less important features than
    `threshold` are left out.
    """

    source: Dataset
    features: Dataset
    columns: Columns
    threshold: float
    shuffling: Shuffling

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        form = with_further(form, "importance_options")
        threshold = form.get("threshold")
        return cls(
            source=parameters.dataset(form.get("infile_estimator"), _ESTIMATOR),
            features=parameters.dataset(form.get("infile1"), _FEATURES),
            columns=chosen.read_columns(form["column_selector_options"], "col1"),
            threshold=0.0 if is_empty(threshold) else Real(0).read(threshold, "Threshold value"),
            shuffling=Shuffling.read(form),
        )

    def display(self) -> Importances:
        """Return the importances.

        Raises:
            UserError: a file that is neither a table nor a network, or data that does not fit the network.
        """
        found = (
            _of_table(self.source, self.features, self.columns)
            if _is_table(self.source)
            else permuted_features.importances(self.source, self.features, self.columns, self.shuffling)
        )
        sizes = np.abs(found.importances)
        if not np.any(sizes >= self.threshold):
            raise UserError(
                f"Threshold value: no feature has an importance of {self.threshold:g} or more; the highest is "
                f"{sizes.max():.4g}. Choose a lower one."
            )
        found.threshold = self.threshold
        return found


def _is_table(source: Dataset) -> bool:
    with open(source.path, "rb") as handle:
        head = handle.read(512)
    return source.ext in ("tabular", "tsv", "txt") or (b"\t" in head and b"\0" not in head)


def _of_table(source: Dataset, features: Dataset, columns: Columns) -> Importances:
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
        names = _names_of_features(features, columns)
        if len(names) != len(values):
            raise UserError(f"{source} has {len(values)} importances, but {len(names)} feature names are selected.")
    return Importances(title=TITLE, features=names, importances=values, deviations=deviations)


def _names_of_features(dataset: Dataset, columns: Columns) -> list[str]:
    """Return the names of the selected columns of the dataset with feature names, which may be its only line."""
    first = tsv.first_line(dataset)
    return [first.cells[i] for i in positions(columns, len(first.cells), first.cells, dataset, first.named_rows)]
