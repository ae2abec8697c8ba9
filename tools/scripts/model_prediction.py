"""Model Prediction: apply a trained network to new samples."""

import argparse

from dltools.core import script
from dltools.forms import parameters
from dltools.jobs import predict


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile-predict", required=True, help="predictions to write (tabular)")
    parser.add_argument("--outfile-scores", help="scores by the true labels or values to write (tabular)")
    options = parser.parse_args()
    predict.run(parameters.read(options.inputs), options.outfile_predict, options.outfile_scores)


if __name__ == "__main__":
    script.run(main)
