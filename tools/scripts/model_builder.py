"""Create deep learning model: bundle an architecture with how to train it."""

import argparse
from pathlib import Path

from dltools.core import script
from dltools.forms import parameters
from dltools.jobs import build


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile", required=True, help="builder to write (zip)")
    parser.add_argument("--outfile-hyperparameters", help="table of the settings by name to write (tabular)")
    parser.add_argument("--sweep", type=Path, help="folder to make for the builders of a sweep (zip)")
    options = parser.parse_args()
    build.run(parameters.read(options.inputs), options.outfile, options.outfile_hyperparameters, options.sweep)


if __name__ == "__main__":
    script.run(main)
