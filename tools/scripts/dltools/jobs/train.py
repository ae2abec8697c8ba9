"""Deep learning training and evaluation: from the read form to the written outputs."""

from pathlib import Path
from typing import NamedTuple

from dltools.backend import keras_runtime


class Outputs(NamedTuple):
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


def run(form: dict, outputs: Outputs) -> None:
    """Train and evaluate a network as the form says, and write what is wanted.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: anything in the form or the files that does not fit.
    """
    keras_runtime.keras_for_compute()
    from dltools.data import parts
    from dltools.evaluation import baseline
    from dltools.jobs import cross_validation, experiment

    def keep(model, record) -> None:
        _write_model(outputs, model, record)

    if form["experiment_schemes"]["selected_exp_scheme"] == parts.CROSS_VAL:
        outcome = cross_validation.run(form, keep, with_model=outputs.of_the_model)
    else:
        outcome = experiment.run(form, keep)
    print(baseline.legend(outcome.target, "the training part"))
    print(*baseline.beside(outcome.scores, outcome.baselines), sep="\n")
    _write_scores(outputs, outcome)
    if outputs.report or outputs.report_markdown:
        keras_runtime.let_in("matplotlib")
        from dltools.reports import report

        report.write(outcome, form, outputs.report, outputs.report_markdown, outputs.pictures)


def _write_model(outputs: Outputs, model, record) -> None:
    from dltools.evaluation import evaluation
    from dltools.model_files import exports, model_file

    if outputs.model:
        model_file.write(outputs.model, model, record)
    if outputs.keras:
        exports.write_keras(outputs.keras, model)
    if outputs.onnx:
        exports.write_onnx(outputs.onnx, model)
    if outputs.architecture:
        evaluation.write_architecture(outputs.architecture, model)
    if outputs.history:
        evaluation.write_history(outputs.history, record.history)


def _write_scores(outputs: Outputs, outcome) -> None:
    from dltools.evaluation import evaluation, prediction
    from dltools.jobs import cross_validation
    from dltools.tables import tables

    evaluation.write_scores(outputs.scores, outcome.scores)
    if outputs.folds and outcome.folds:
        cross_validation.write_folds(outputs.folds, outcome.folds)
    if outputs.y_true:
        evaluation.write_truth(outputs.y_true, outcome.target, outcome.judged.rows)
    if outputs.y_preds:
        found = prediction.table(
            outcome.judged.outputs,
            "predict",
            outcome.record.target,
            outcome.record.builder.training,
            outcome.target.shapes,
        )
        tables.write_table(outputs.y_preds, *found)
