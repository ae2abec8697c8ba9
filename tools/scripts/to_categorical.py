"""To categorical: from a column of class numbers to a table with one column for each class."""

import argparse

from dltools.core import script
from dltools.forms import parameters
from dltools.jobs import categorical


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile", required=True, help="table to write (tab-separated)")
    options = parser.parse_args()
    categorical.run(parameters.read(options.inputs), options.outfile)


if __name__ == "__main__":
    script.run(main)
