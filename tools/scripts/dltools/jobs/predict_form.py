"""What the form of 'Model Prediction' asks for."""

import dataclasses

from dltools.catalogue.scorers import DEFAULT, ScorerChoice
from dltools.core.dataset import Dataset
from dltools.data.samples import SampleChoice
from dltools.forms.parameters import Form, dataset, several
from dltools.jobs import input_form
from dltools.tables.chosen import ChosenTable


@dataclasses.dataclass(frozen=True, slots=True)
class TruthForm:
    """The table with the true labels or values, and how the predictions are scored by it."""

    table: ChosenTable
    scorers: ScorerChoice


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PredictForm:
    """A prediction, as the user asks for it.

    Attributes:
        model: the trained model.
        method: predict or predict_proba.
        samples: what to predict.
        passed: tables whose columns stand before the predictions.
        truth: what the predictions are scored by, or None.
    """

    model: Dataset
    method: str
    samples: SampleChoice
    passed: tuple[ChosenTable, ...]
    truth: TruthForm | None

    @classmethod
    def read(cls, form: Form) -> "PredictForm":
        """Read all parameters of the tool, as Galaxy's JSON holds them.

        Raises:
            UserError: names the parameter.
        """
        passed = form.get("id_columns") or ()
        return cls(
            model=dataset(form["infile_estimator"], "Choose the dataset containing the trained model"),
            method=form["method"],
            samples=input_form.samples(form["input_options"]),
            passed=tuple(input_form.table(entry, "id", "Dataset with the columns to pass through") for entry in passed),
            truth=next(map(_truth, form.get("true_values") or ()), None),
        )

    @property
    def tables(self) -> list[ChosenTable]:
        """The tables that have a row for each sample."""
        return [*self.samples.tables, *self.passed, *([self.truth.table] if self.truth else [])]


def _truth(entry: Form) -> TruthForm:
    names = several(entry.get("scorers"))
    table = input_form.table(entry, "true", "Dataset with the true labels or values")
    return TruthForm(table, ScorerChoice(names[0] if names else DEFAULT, tuple(names[1:])))
