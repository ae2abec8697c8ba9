"""Model Prediction: apply a trained network to new samples."""

import argparse

from dltools import parameters
from dltools.errors import user_errors_on_stderr
from dltools.keras_runtime import granted_cores, keras_for_compute


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile-predict", required=True, help="predictions to write (tabular)")
    parser.add_argument("--outfile-scores", help="scores by the true labels or values to write (tabular)")
    options = parser.parse_args()
    form = parameters.read(options.inputs)
    keras_for_compute(keep_out=() if form.get("true_values") else ("sklearn",))
    from dltools import baseline, evaluation, inference, model_file

    outcome = inference.run(form, options.outfile_predict, granted_cores())
    print(model_file.summary(outcome.record))
    print(f"Predicted {outcome.rows} rows.")
    for line in [*outcome.notes, *baseline.beside(outcome.scores, outcome.baselines)]:
        print(line)
    if options.outfile_scores:
        evaluation.write_scores(options.outfile_scores, outcome.scores)


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
