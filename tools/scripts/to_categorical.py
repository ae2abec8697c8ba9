"""To categorical: from a column of class numbers to a table with one column for each class."""

import argparse

import numpy as np

from dltools import labels, parameters, tables
from dltools.errors import UserError, listed, user_errors_on_stderr


def read_labels(inputs: dict) -> tuple[np.ndarray, int]:
    """Return the labels, int64 (rows,), and the number of classes that the parameters ask for.

    Raises:
        UserError: the dataset is no column of class numbers, or a label is outside the classes.
    """
    dataset = parameters.dataset(inputs["infile"], "Dataset containing class vector")
    header = parameters.boolean(inputs["header0"], "header0")
    width = tables.count_columns(dataset, header)
    if width > 1:
        raise UserError(
            f"{dataset} has {width} columns, but class labels are read from a table of one column. "
            "Cut out the column with the labels first."
        )
    text = tables.read_text(dataset, header)
    column = labels.integer_labels(text.columns[0], dataset, text.first_line)
    wanted = inputs.get("num_classes")
    if parameters.is_empty(wanted):
        return column, int(column.max()) + 1
    classes = int(wanted)
    if not 1 <= classes <= labels.MAX_CLASSES:
        raise UserError(f"Total number of classes: must be from 1 to {labels.MAX_CLASSES}. Received: {classes}.")
    outside = np.flatnonzero(column >= classes)
    if len(outside):
        raise UserError(
            f"{dataset}, line {text.first_line + outside[0]}: the label {column[outside[0]]} is outside "
            f"the {classes} classes, which have the labels 0 to {classes - 1}. Set the total number of "
            f"classes to {column.max() + 1}, or leave it blank."
        )
    return column, classes


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--outfile", required=True, help="table to write (tab-separated)")
    options = parser.parse_args()
    column, classes = read_labels(parameters.read(options.inputs))
    tables.write_table(options.outfile, None, list(labels.one_hot(column, classes).T))
    counts = np.bincount(column, minlength=classes)
    per_class = listed(f"{label}: {count}" for label, count in enumerate(counts))
    print(f"{len(column)} rows, {classes} classes; rows of each class: {per_class}")


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
