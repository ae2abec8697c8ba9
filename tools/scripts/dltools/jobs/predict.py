"""Model Prediction: from the read form to the written outputs."""

from dltools.backend.keras_runtime import granted_cores, keras_for_compute


def run(form: dict, target, scores=None) -> None:
    """Predict the form's samples onto `target`, and write the scores by true values onto `scores` if that is given.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: as `inference.run`.
    """
    keras_for_compute(keep_out=() if form.get("true_values") else ("sklearn",))
    from dltools.evaluation import baseline, evaluation
    from dltools.jobs import inference
    from dltools.model_files import model_file

    outcome = inference.run(form, target, granted_cores())
    print(model_file.summary(outcome.record))
    print(f"Predicted {outcome.rows} rows.")
    for line in [*outcome.notes, *baseline.beside(outcome.scores, outcome.baselines)]:
        print(line)
    if scores:
        evaluation.write_scores(scores, outcome.scores)
