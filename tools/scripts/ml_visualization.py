"""Machine Learning Visualization Extension: draws what a model predicts and how well."""

import argparse

from dltools import files, parameters, visualization
from dltools.errors import user_errors_on_stderr


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--output", required=True, help="picture to write (PNG)")
    options = parser.parse_args()
    shown = visualization.display(parameters.read(options.inputs)["plotting_selection"])
    figure = shown.plot().figure_
    with files.replacing(options.output) as path:
        # Without the version of Matplotlib, the same data gives the same bytes.
        figure.savefig(path, format="png", dpi=120, bbox_inches="tight", pad_inches=0.15, metadata={"Software": None})
    print(f"{shown.counts.sum()} samples, {len(shown.classes)} classes, accuracy {shown.accuracy:.4f}")


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
