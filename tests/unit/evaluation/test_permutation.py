"""Permutation importance: of a function whose answer is known, and of trained networks through the script."""

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.evaluation import permutation
from dltools.plots import network_samples
from dltools.tables.tables import NumberTable
from tests.support import forms
from tests.support.places import TEST_DATA
from tests.support.plotting import Tables


class Agreement:
    """Judges by the share of equal answers."""

    def reference(self, rows, outputs):
        """Return the answers before anything was shuffled."""
        return outputs[:, 0] > 0

    def score(self, outputs, reference):
        """Return the share, 0 to 1."""
        return float(np.mean((outputs[:, 0] > 0) == reference))


def test_importance_falls_on_what_the_answer_depends_on():
    values = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32)
    values[:, 2] = 1
    found, deviations = permutation.permuted(
        lambda x: x[:, :1] * 2 + x[:, 1:2] * 0 + x[:, 2:], Agreement(), values, np.arange(400), 3, 0
    )
    # Shuffled, the sign agrees by chance as often as p² + (1 - p)² says.
    p = (values[:, 0] * 2 + 1 > 0).mean()
    assert found[0] == pytest.approx(1 - p**2 - (1 - p) ** 2, abs=0.05)
    assert list(found[1:]) == [0, 0]
    assert deviations[0] > 0


def test_samples_are_shuffled_alike_whatever_the_blocks(monkeypatch):
    values = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    found = []
    for block in (50, 10_000):
        monkeypatch.setattr(permutation, "_BLOCK", block)
        found.append(
            permutation.permuted(lambda x: x.sum(axis=1, keepdims=True), Agreement(), values, np.arange(50), 2, 7)
        )
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("limit", [0.5, 1.5])
def test_sample_without_output_is_named_by_its_row(limit):
    """Before anything is shuffled, and where only shuffling makes its output no number."""
    values = np.array([[1, 0], [0, 1], [0, 0]], np.float32)
    rows = np.array([10, 20, 30])
    with pytest.raises(UserError, match="sample (11|21|31) is no number"):
        permutation.permuted(
            lambda x: np.where(x.sum(axis=1, keepdims=True) > limit, np.nan, 1), Agreement(), values, rows, 20, 0
        )


def test_columns_are_matched_by_the_names_of_the_training():
    table = NumberTable(np.arange(6.0).reshape(2, 3), ["a", "b", "c"])
    found = network_samples._in_trained_order(table, ["c", "a"], Dataset("x", "x"))
    assert (found.names, found.values.tolist()) == (["c", "a"], [[2, 0], [5, 3]])
    with pytest.raises(UserError, match="not among the chosen ones: 'd'"):
        network_samples._in_trained_order(table, ["a", "d"], Dataset("x", "x"))


def form(tables, truth=None, **others):
    options = {
        "infile_truth": truth,
        "header_truth": False,
        "scoring": None,
        "n_repeats": "1",
        "max_samples": "40",
        "random_seed": "0",
    }
    return {
        "plotting_selection": {
            "plot_type": "feature_importances",
            "title": "",
            "plot_format": "png",
            "threshold": None,
            "infile_estimator": forms.dataset(TEST_DATA / "cnn_model.h5mlm"),
            "infile1": forms.dataset(TEST_DATA / "X_test.tabular"),
            "column_selector_options": forms.ALL,
            "importance_options": [options | others],
        }
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run the script on several forms in one process, which starts TensorFlow once."""
    folder = tmp_path_factory.mktemp("permutation")
    tables = Tables(folder)
    truth = forms.dataset(TEST_DATA / "y_test.tabular")
    named = {
        "with truth": form(tables, truth),
        "without truth": form(tables),
        "log loss": form(tables, truth, scoring="neg_log_loss"),
        "unknown label": form(tables, tables("y", "x\n" * 100)),
        "no such score": form(tables, truth, scoring="r2"),
        "score without truth": form(tables, scoring="accuracy"),
        "lengths": form(tables, tables("short", "1\n2\n")),
    }
    few = form(tables)
    few["plotting_selection"] |= {
        "column_selector_options": {"selected_column_selector_option": "by_index_number", "col1": "1,2"}
    }
    names = form(tables)
    names["plotting_selection"] |= {"infile1": tables("names", "\t".join(f"p{i}" for i in range(784)) + "\n")}
    return forms.run_all(
        "ml_visualization",
        {**named, "few columns": few, "names only": names},
        folder,
        output="plot",
        output_table="table",
    )


def test_pixels_at_the_margin_do_not_matter(results):
    for name in ("with truth", "without truth", "log loss"):
        assert (results[name].returncode, results[name].stderr) == (0, "")
    rows = results["with truth"].table("table")
    assert rows[0] == ["feature", "importance", "standard_deviation"]
    found = {name: float(value) for name, value, _ in rows[1:]}
    assert len(found) == 784
    assert found["column 1"] == 0
    assert max(found.values()) > 0
    assert "samples used: 40 of 100" in results["with truth"].stdout
    assert "no true labels were given" in results["without truth"].stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("unknown label", "'y': 'x' is none of the classes that the model was trained on: 0, 1"),
        ("no such score", "'r2' makes no sense for a multiclass target"),
        ("score without truth", "needs the true labels or values"),
        ("lengths", "'short' has 2 true labels, 'X_test.tabular' has 100"),
        ("few columns", "2 columns are selected, but the model was trained on 784"),
        ("names only", "holds names but no samples"),
    ],
)
def test_what_does_not_fit_is_refused(results, name, message):
    forms.assert_one_line(results[name], message)
    assert results[name].written == []
