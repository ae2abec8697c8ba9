"""Deep learning training and evaluation: fit a network and evaluate it on rows held out."""

import argparse
import time
from pathlib import Path

from dltools.core import script
from dltools.forms import parameters
from dltools.jobs import train

# Option, field of `train.Outputs`, what is written there.
OUTPUTS = (
    ("--outfile-result", "scores", "scores to write (tabular)"),
    ("--outfile-object", "model", "trained model to write (h5mlm)"),
    ("--outfile-keras", "keras", "trained model to write (Keras' own format)"),
    ("--outfile-onnx", "onnx", "trained model to write (ONNX)"),
    ("--outfile-architecture", "architecture", "layers of the trained model to write (tabular)"),
    ("--outfile-history", "history", "loss and metrics of every epoch to write (tabular)"),
    ("--outfile-folds", "folds", "scores of every fold of a cross-validation to write (tabular)"),
    ("--outfile-y-true", "y_true", "true labels of the rows evaluated, to write (tabular)"),
    ("--outfile-y-preds", "y_preds", "predictions for the rows evaluated, to write (tabular)"),
    ("--outfile-report", "report", "report to write (HTML)"),
    ("--outfile-report-markdown", "report_markdown", "report to write (Galaxy's Markdown)"),
    ("--report-pictures", "pictures", "folder for the pictures that the report in Markdown shows"),
)


def main() -> None:
    """Run the step."""
    # The time that a job has runs from its start, not from when its libraries are loaded.
    began = time.time()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    for option, field, description in OUTPUTS:
        parser.add_argument(option, dest=field, type=Path, required=field == "scores", help=description)
    given = vars(parser.parse_args())
    form = parameters.read(given.pop("inputs"))
    train.run(form, train.Outputs(**given), began)


if __name__ == "__main__":
    script.run(main)
