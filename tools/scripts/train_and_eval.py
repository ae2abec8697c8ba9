"""Deep learning training and evaluation: fit a network and judge it on rows held out."""

import argparse

from dltools import keras_runtime, parameters
from dltools.errors import user_errors_on_stderr


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile-result", required=True, help="scores to write (tabular)")
    parser.add_argument("--outfile-object", help="trained model to write (h5mlm)")
    parser.add_argument("--outfile-keras", help="trained model to write (Keras' own format)")
    parser.add_argument("--outfile-onnx", help="trained model to write (ONNX)")
    parser.add_argument("--outfile-architecture", help="layers of the trained model to write (tabular)")
    parser.add_argument("--outfile-history", help="loss and metrics of every epoch to write (tabular)")
    parser.add_argument("--outfile-folds", help="scores of every fold of a cross-validation to write (tabular)")
    parser.add_argument("--outfile-y-true", help="true labels of the rows judged, to write (tabular)")
    parser.add_argument("--outfile-y-preds", help="predictions for the rows judged, to write (tabular)")
    parser.add_argument("--outfile-report", help="report to write (HTML)")
    parser.add_argument("--outfile-report-markdown", help="report to write (Galaxy's Markdown)")
    parser.add_argument("--report-pictures", help="folder for the pictures that the report in Markdown shows")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    form = parameters.read(options.inputs)
    keras_runtime.keras_for_compute()
    from dltools import (
        baseline,
        cross_validation,
        evaluation,
        experiment,
        exports,
        model_file,
        parts,
        prediction,
        tables,
    )

    def keep(model, record) -> None:
        if options.outfile_object:
            model_file.write(options.outfile_object, model, record)
        if options.outfile_keras:
            exports.write_keras(options.outfile_keras, model)
        if options.outfile_onnx:
            exports.write_onnx(options.outfile_onnx, model)
        if options.outfile_architecture:
            evaluation.write_architecture(options.outfile_architecture, model)
        if options.outfile_history:
            evaluation.write_history(options.outfile_history, record.history)

    if form["experiment_schemes"]["selected_exp_scheme"] == parts.CROSS_VAL:
        with_model = bool(
            options.outfile_object or options.outfile_history or options.outfile_keras or options.outfile_onnx
        )
        outcome = cross_validation.run(form, keep, with_model=with_model)
    else:
        outcome = experiment.run(form, keep)
    print(
        baseline.legend(outcome.target, "the training part"),
        *baseline.beside(outcome.scores, outcome.baselines),
        sep="\n",
    )
    evaluation.write_scores(options.outfile_result, outcome.scores)
    if options.outfile_folds and outcome.folds:
        cross_validation.write_folds(options.outfile_folds, outcome.folds)
    if options.outfile_y_true:
        evaluation.write_truth(options.outfile_y_true, outcome.target, outcome.judged.rows)
    if options.outfile_y_preds:
        loss = outcome.record.builder.training["loss"]
        columns = prediction.table(
            outcome.judged.outputs, "predict", outcome.record.target, loss, outcome.target.shapes
        )
        tables.write_table(options.outfile_y_preds, *columns)
    if options.outfile_report or options.outfile_report_markdown:
        keras_runtime.let_in("matplotlib")
        from dltools import report

        report.write(outcome, form, options.outfile_report, options.outfile_report_markdown, options.report_pictures)


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
