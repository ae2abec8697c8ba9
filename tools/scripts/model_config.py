"""Create a deep learning model architecture: the form's layers become a Keras model configuration."""

import argparse

from dltools.core import script
from dltools.forms import parameters
from dltools.jobs import design


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile", required=True, help="model configuration to write (JSON)")
    parser.add_argument("--outfile-layers", help="layer table to write (tabular)")
    options = parser.parse_args()
    design.run(parameters.read(options.inputs), options.outfile, options.outfile_layers)


if __name__ == "__main__":
    script.run(main)
