"""Forms of the visualization tool, made short: tables as text, and what every plot asks for."""

import numpy as np

from dltools.plots import plot_form
from tests.support import forms
from tests.support.places import TEST_DATA


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


def every_plot(tables, name, other):
    """Return a form for each plot of tables, with two names wherever there are names."""
    labels = tables.columns("labels", {name: [name, other] * 6})
    predicted = tables.columns("predicted", {"Predicted": [name, other, other, name] * 3})
    shares = np.array([0.6, 0.4, 0.3, 0.7] * 3)
    both = tables.columns("shares", {name: shares, other: 1 - shares})
    images = tables.columns("images", {f"{name}{n}": [0, 1, 2, 3] * 3 for n in range(16)})
    history = tables("history", f"epoch\tloss\tval_loss\t{name}\n1\t2\t3\t1\n2\t1\t2\t1\n")
    scores = tables("scores", f"{name}\n.5\n.9\n.7\n")
    importances = tables("importances", f"feature\timportance\n{name}\t.1\n{other}\t.5\n")
    runs = [tables(f"run{number}", f"test_{name}\n.{number}\n") for number in (5, 6)]
    for entry, called in zip(runs, (name, other), strict=True):
        entry["element_identifier"] = called
    folds = tables("folds", f"fold\t{name}\n1\t.5\n2\t.6\n")
    truth, values = (
        tables.columns(table, {name: found}) for table, found in (("truth", [1, 2, 3]), ("values", [1.5, 2, 2.5]))
    )
    entry = {"infile1": labels, "header1": True, "column_selector_options": forms.ALL, "name": name}
    return {
        "learning_curve": {"infile1": history, "plot_std_err": False},
        "roc_curve": scored(labels, both),
        "pr_curve": scored(labels, both),
        "calibration_curve": {**scored(labels, both), "n_bins": "5", "strategy": "uniform"},
        "threshold_plot": scored(labels, tables.columns("share", {name: shares}), name),
        "rfecv_gridscores": {"infile1": scores, "steps": repr([name, other, "c"])},
        "feature_importances": {
            "infile_estimator": importances,
            "infile1": tables("n", "a\tb\n"),
            "column_selector_options": forms.ALL,
        },
        "classification_confusion_matrix": {"plot_color": "Greens", **compared(labels, predicted, True)},
        "class_scores": compared(labels, predicted, True),
        "class_balance": {"label_tables": [entry]},
        "image_mistakes": {"infile_pictures": images, "header_pictures": True, **compared(labels, predicted, True)},
        "regression": compared(truth, values, True),
        "kfold_comparison": {"infile1": folds, "metrics": ""},
        "compare_runs": {"infile_scores": runs, "score": f"test_{name}", "better": "more"},
        # A network of several inputs takes its samples for no images, so that their columns are named.
        "saliency": {
            "infile_estimator": forms.dataset(TEST_DATA / "two_inputs_model.h5mlm"),
            "infile1": tables.columns("wide", {f"{name}{number}": [0, 1] for number in range(785)}),
            "column_selector_options": forms.ALL,
        },
    }
