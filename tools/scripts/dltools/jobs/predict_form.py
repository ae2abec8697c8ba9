"""What the form of 'Model Prediction' asks for."""

import dataclasses
from collections.abc import Callable

from dltools.catalogue.scorers import DEFAULT, ScorerChoice
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.data.named_tables import NamedTable
from dltools.data.samples import SampleChoice
from dltools.evaluation import features
from dltools.forms.kinds import Choice
from dltools.forms.parameters import Form, dataset, is_empty, several, with_further
from dltools.jobs import input_form
from dltools.tables.chosen import ChosenTable

METHODS = ("predict", "predict_proba", features.METHOD)


@dataclasses.dataclass(frozen=True, slots=True)
class TruthForm:
    """The table with the true labels or values, and how the predictions are scored by it."""

    table: ChosenTable | NamedTable
    scorers: ScorerChoice


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PredictForm:
    """A prediction, as the user asks for it.

    Attributes:
        model: the trained model.
        method: predict, predict_proba or features.
        layer: name of the layer whose output the features are; None for the one before the last.
        samples: what to predict.
        passed: tables whose columns stand before the predictions.
        truth: what the predictions are scored by, or None.

    Tables beside images have a column with the images' names.
    """

    model: Dataset
    method: str
    layer: str | None = None
    samples: SampleChoice
    passed: tuple[ChosenTable | NamedTable, ...]
    truth: TruthForm | None

    @classmethod
    def read(cls, form: Form) -> "PredictForm":
        """Read all parameters of the tool, as Galaxy's JSON holds them.

        Raises:
            UserError: names the parameter.
        """
        inputs = form["input_options"]
        read = _named if inputs["selected_input"] == input_form.IMAGES else input_form.table
        passed = form.get("id_columns") or ()
        # Blank in workflows that were saved so.
        method = Choice(METHODS).read(form.get("method") or METHODS[0], "Select invocation method")
        truth = next((_truth(entry, read) for entry in form.get("true_values") or ()), None)
        if method == features.METHOD and truth is not None:
            raise UserError(
                "Scores: features are no predictions, so there is nothing to compare with true values. Choose the "
                "method predict, or remove the true values."
            )
        return cls(
            model=dataset(form["infile_estimator"], "Choose the dataset containing the trained model"),
            method=method,
            layer=_layer(form, method),
            samples=input_form.samples(inputs),
            passed=tuple(read(entry, "id", "Dataset with the columns to pass through") for entry in passed),
            truth=truth,
        )

    @property
    def tables(self) -> list[ChosenTable]:
        """The tables that have a row for each sample, in the order of the samples."""
        beside = [*self.passed, *([self.truth.table] if self.truth else [])]
        return [*self.samples.tables, *(table for table in beside if isinstance(table, ChosenTable))]


def _layer(form: Form, method: str) -> str | None:
    """Return the name of the layer whose output is wanted, or None where none is given."""
    names = [entry["layer"].strip() for entry in form.get("features_of") or () if not is_empty(entry.get("layer"))]
    if names and method != features.METHOD:
        raise UserError(
            f"Layer: {quoted(names[0])} is given, but the method is {method}, which gives what the whole network says. "
            "Choose the method features, or remove the layer."
        )
    return names[0] if names else None


def _named(entry: Form, letter: str, label: str) -> NamedTable:
    """Return a table beside images; the box for the column with their names stays closed where that is the first."""
    return input_form.named_table(with_further(entry, "image_names"), letter, label)


def _truth(entry: Form, read: Callable[[Form, str, str], ChosenTable | NamedTable]) -> TruthForm:
    names = several(entry.get("scorers"))
    table = read(entry, "true", "Dataset with the true labels or values")
    return TruthForm(table, ScorerChoice(names[0] if names else DEFAULT, tuple(names[1:])))
