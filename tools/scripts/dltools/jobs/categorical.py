"""To categorical: from a column of class numbers to a table with one column for each class."""

from pathlib import Path

import numpy as np

from dltools.core.errors import UserError, listed
from dltools.forms import parameters
from dltools.forms.parameters import Form
from dltools.tables import labels, tables


def run(form: Form, target: Path) -> None:
    """Write the one-hot table of the form's column of labels onto `target`.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: as `read_labels`.
    """
    column, classes = read_labels(form)
    tables.write_table(target, None, list(labels.one_hot(column, classes).T))
    counts = np.bincount(column, minlength=classes)
    per_class = listed(f"{label}: {count}" for label, count in enumerate(counts))
    print(f"{len(column)} rows, {classes} classes; rows of each class: {per_class}")


def read_labels(form: Form) -> tuple[np.ndarray, int]:
    """Return the labels, int64 (rows,), and the number of classes that the parameters ask for.

    Raises:
        UserError: the dataset is no column of class numbers, or a label is outside the classes.
    """
    dataset = parameters.dataset(form["infile"], "Dataset containing class vector")
    header = parameters.boolean(form["header0"], "header0")
    width = tables.count_columns(dataset, header)
    if width > 1:
        raise UserError(
            f"{dataset} has {width} columns, but class labels are read from a table of one column. "
            "Cut out the column with the labels first."
        )
    text = tables.read_text(dataset, header)
    column = labels.integer_labels(text.columns[0], dataset, text.first_line)
    wanted = form.get("num_classes")
    if parameters.is_empty(wanted):
        return column, int(column.max()) + 1
    classes = int(form["num_classes"])
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
