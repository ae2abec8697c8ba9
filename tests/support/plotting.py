"""Forms of the visualization tool, made short: tables as text, and what every plot asks for."""

import numpy as np

from dltools.plots import plot_form
from tests.support import forms


class Tables:
    """Writes tables into a folder and returns them as Galaxy passes datasets."""

    def __init__(self, folder):
        """Prepare to write below `folder`."""
        self.folder = folder

    def __call__(self, name, text):
        """Write a text as a table."""
        path = self.folder / f"{name}.tabular"
        path.write_text(text)
        return forms.dataset(path, name)

    def columns(self, name, columns):
        """Write a table from header -> values; a header of None writes none."""
        rows = zip(*columns.values(), strict=True)
        head = [] if None in columns else ["\t".join(columns)]
        return self(name, "\n".join([*head, *("\t".join(map(str, row)) for row in rows)]) + "\n")


def drawn(plot_type, **form):
    """Return the display of a form, drawn."""
    return plot_form.read({"plot_type": plot_type, "title": "", "plot_format": "png", **form}).display().plot()


def compared(true, predicted, header_true=False, header_predicted=True):
    """Return the parameters of a plot that compares truth and prediction."""
    return {
        "infile_true": true,
        "header_true": header_true,
        "column_selector_options_true": forms.ALL,
        "infile_predicted": predicted,
        "header_predicted": header_predicted,
    }


def scored(true, scores, pos_label="", minimum=None, **others):
    """Return the parameters of a curve."""
    return {"infile1": true, "infile2": scores, "pos_label": pos_label, "report_minimum_n_positives": minimum, **others}


def probabilities(rows, classes, seed=0):
    """Return true positions int64 (rows,), and float64 (rows, classes) probabilities that fit them somewhat."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(rows) % classes)
    raw = rng.random((rows, classes)) + 0.6 * np.eye(classes)[truth]
    return truth, raw / raw.sum(axis=1, keepdims=True)


def tick_names(axis):
    """Return the names on an axis."""
    return [label.get_text() for label in axis.get_ticklabels()]
