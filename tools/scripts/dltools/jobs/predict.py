"""Model Prediction: from the read form to the written outputs."""

from pathlib import Path
from typing import TYPE_CHECKING

from dltools.backend.keras_runtime import granted_cores, keras_for_compute
from dltools.core.errors import UserError

if TYPE_CHECKING:
    from dltools.forms.parameters import Form


def run(form: "Form", target: Path, scores: Path | None = None) -> None:
    """Predict the form's samples onto `target`, and write the scores by true values onto `scores` if that is given.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: scores are wanted, and nothing tells the true values; as `inference.run`.
    """
    if scores and not form.get("true_values"):
        raise UserError(
            "--outfile-scores: scores compare the predictions with true labels or values, and the form names none "
            "(true_values). Name them, or leave the option out."
        )
    keras_for_compute(keep_out=() if form.get("true_values") else ("sklearn",))
    from dltools.evaluation import baseline
    from dltools.jobs import inference, result_tables
    from dltools.jobs.predict_form import PredictForm
    from dltools.model_files import records

    outcome = inference.run(PredictForm.read(form), target, granted_cores())
    print(records.summary(outcome.record))
    print(f"Predicted {outcome.rows} {outcome.record.features.counted}.")
    for line in [*outcome.notes, *baseline.beside(outcome.scores, outcome.baselines)]:
        print(line)
    if scores:
        result_tables.write_scores(scores, outcome.scores)
