"""Names from a user's tables stay text in every plot: no formula, no markup, no way out of a page's script."""

import numpy as np
import pytest

from tests.support import forms
from tests.support.plotting import Tables, compared, scored

STRANGE = "$\\frac{a$ <script>alert(1)</script> --> --!> ]]> %s {0} \u202e\u0301 _x 日本"
OTHER = "_other & " + "y" * 3000


def plots(tables):
    """Return a form for each plot of tables, with strange names wherever there are names."""
    labels = tables.columns("labels", {STRANGE: [STRANGE, OTHER] * 6})
    predicted = tables.columns("predicted", {"Predicted": [STRANGE, OTHER, OTHER, STRANGE] * 3})
    shares = np.array([0.6, 0.4, 0.3, 0.7] * 3)
    both = tables.columns("shares", {STRANGE: shares, OTHER: 1 - shares})
    images = tables.columns("images", {f"{STRANGE}{n}": [0, 1, 2, 3] * 3 for n in range(16)})
    history = tables("history", f"epoch\tloss\tval_loss\t{STRANGE}\n1\t2\t3\t1\n2\t1\t2\t1\n")
    scores = tables("scores", f"{STRANGE}\n.5\n.9\n.7\n")
    importances = tables("importances", f"feature\timportance\n{STRANGE}\t.1\n{OTHER}\t.5\n")
    runs = [tables(f"run{number}", f"test_{STRANGE}\n.{number}\n") for number in (5, 6)]
    for entry, name in zip(runs, (STRANGE, OTHER), strict=True):
        entry["element_identifier"] = name
    folds = tables("folds", f"fold\t{STRANGE}\n1\t.5\n2\t.6\n")
    truth, values = (
        tables.columns(name, {STRANGE: found}) for name, found in (("truth", [1, 2, 3]), ("values", [1.5, 2, 2.5]))
    )
    entry = {"infile1": labels, "header1": True, "column_selector_options": forms.ALL, "name": STRANGE}
    return {
        "learning_curve": {"infile1": history, "plot_std_err": False},
        "roc_curve": scored(labels, both),
        "pr_curve": scored(labels, both),
        "calibration_curve": {**scored(labels, both), "n_bins": "5", "strategy": "uniform"},
        "threshold_plot": scored(labels, tables.columns("share", {STRANGE: shares}), STRANGE),
        "rfecv_gridscores": {"infile1": scores, "steps": repr([STRANGE, OTHER, "c"])},
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
        "compare_runs": {"infile_scores": runs, "score": f"test_{STRANGE}", "better": "more"},
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots")
    cases = {
        kind: {"plotting_selection": {"plot_type": kind, "title": STRANGE, "plot_format": "plotly_html", **form}}
        for kind, form in plots(Tables(folder)).items()
    }
    return forms.run_all(
        "ml_visualization",
        cases,
        folder,
        output="page",
        output_picture="image",
        output_table="table",
        output_metrics="metrics",
    )


def test_they_stay_text(results):
    from dltools.plots import registry

    assert set(results) == set(registry.PLOTS) - {"keras_plot_model"}
    for kind, result in results.items():
        assert (result.returncode, result.stderr) == (0, ""), kind
        # A page begins with a comment for those to whom it is shown as text.
        comment, _, rest = (result.folder / "page").read_text().partition("-->")
        assert "--!>" not in comment and "<script>alert" not in rest, kind
        assert (result.folder / "image").read_bytes().startswith(b"\x89PNG"), kind
        # Only what compares labels has scores of each class.
        assert ("metrics" in result.written) == (kind in ("classification_confusion_matrix", "class_scores"))


def test_letters_that_the_font_lacks_are_told_of_once(results):
    for kind, result in results.items():
        told = [line for line in result.stdout.splitlines() if line.startswith("The font of the figure has no ")]
        assert len(told) == 1 and "日" in told[0], kind
        assert told[0].endswith(": boxes stand for them. Tables hold them as they are."), kind
