"""Deep learning training and evaluation: from the read form to the written outputs."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from dltools.backend import keras_runtime
from dltools.core import time_limit

if TYPE_CHECKING:
    import keras

    from dltools.evaluation.outcome import Outcome
    from dltools.forms.parameters import Form
    from dltools.model_files.records import Record


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where the outputs of a run go; None for one that is not wanted.

    Attributes:
        scores, architecture, history, folds, y_true, y_preds: tables.
        model: the trained model (h5mlm); keras, onnx: the same in these formats.
        report, report_markdown: the report as HTML and in Galaxy's Markdown; pictures: the folder for the latter's.
    """

    scores: Path
    model: Path | None = None
    keras: Path | None = None
    onnx: Path | None = None
    architecture: Path | None = None
    history: Path | None = None
    folds: Path | None = None
    y_true: Path | None = None
    y_preds: Path | None = None
    report: Path | None = None
    report_markdown: Path | None = None
    pictures: Path | None = None

    @property
    def of_the_model(self) -> bool:
        """Whether any of them is made of the trained model."""
        return any((self.model, self.keras, self.onnx, self.history))


def run(form: "Form", outputs: Outputs, began: float) -> None:
    """Train and evaluate a network as the form says, and write what is wanted.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.
        began: when the process started, in seconds since 1970.

    Raises:
        UserError: anything in the form or the files that does not fit.
    """
    keras_runtime.keras_for_compute()
    from dltools.data import sets
    from dltools.evaluation import baseline
    from dltools.jobs import cross_validation, experiment
    from dltools.jobs.train_form import TrainForm

    def keep(model: "keras.Model", record: "Record") -> None:
        _write_model(outputs, model, record)

    wanted = TrainForm.read(form)
    limit = time_limit.earliest(began, wanted.minutes)
    if wanted.scheme.name == sets.CROSS_VAL:
        outcome = cross_validation.run(wanted, keep, limit, with_model=outputs.of_the_model)
    else:
        outcome = experiment.run(wanted, keep, limit)
    print(baseline.legend(outcome.target, "the training set"))
    print(*baseline.beside(outcome.scores, outcome.baselines), sep="\n")
    _write_scores(outputs, outcome)
    if wanted.examples and not (outputs.report or outputs.report_markdown):
        print("Images of samples are shown in the report, which is not among the outputs that are chosen.")
    if outputs.report or outputs.report_markdown:
        keras_runtime.let_in("matplotlib")
        from dltools.reports import report

        report.write(outcome, outputs.report, outputs.report_markdown, outputs.pictures)


def _write_model(outputs: Outputs, model: "keras.Model", record: "Record") -> None:
    from dltools.jobs import result_tables
    from dltools.model_files import exports, model_file

    if outputs.model:
        model_file.write(outputs.model, model, record)
    if outputs.keras:
        exports.write_keras(outputs.keras, model)
    if outputs.onnx:
        exports.write_onnx(outputs.onnx, model)
    if outputs.architecture:
        result_tables.write_architecture(outputs.architecture, model)
    if outputs.history:
        result_tables.write_history(outputs.history, record.history)


def _write_scores(outputs: Outputs, outcome: "Outcome") -> None:
    from dltools.evaluation import prediction
    from dltools.jobs import cross_validation, result_tables
    from dltools.tables import tables

    result_tables.write_scores(outputs.scores, outcome.scores)
    if outputs.folds and outcome.folds:
        cross_validation.write_folds(outputs.folds, outcome.folds)
    if outputs.y_true:
        result_tables.write_truth(outputs.y_true, outcome.target, outcome.evaluated.positions)
    if outputs.y_preds:
        training, target = outcome.record.builder.training, outcome.record.target
        found = prediction.table(outcome.evaluated.outputs, "predict", target, training, outcome.target.shapes)
        tables.write_table(outputs.y_preds, *found)
