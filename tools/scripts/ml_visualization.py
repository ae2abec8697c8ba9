"""Machine Learning Visualization Extension: draws what a model predicts and how well."""

import argparse
from pathlib import Path

from dltools.core import script
from dltools.forms import parameters
from dltools.jobs import plot


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument(
        "--output", type=Path, required=True, help="plot to write, in the format that the parameters name"
    )
    parser.add_argument("--output-picture", type=Path, help="the plot as an image (png) beside a page or a drawing")
    parser.add_argument("--output-table", type=Path, help="the numbers behind the plot (tabular)")
    parser.add_argument("--output-metrics", type=Path, help="each class's precision, recall and F (tabular)")
    given = parser.parse_args()
    outputs = plot.Outputs(
        plot=given.output, image=given.output_picture, table=given.output_table, metrics=given.output_metrics
    )
    plot.run(parameters.read(given.inputs), outputs)


if __name__ == "__main__":
    script.run(main)
