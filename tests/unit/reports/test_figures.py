"""The figures of a report: those of the plots, and what they hold."""

import numpy as np
import pytest

from dltools.plots.drawing import PALETTE
from dltools.reports import figures

HISTORY = {"loss": [2.0, 1.0, 0.5], "acc": [0.3, 0.6, 0.8], "val_loss": [2.1, 1.2, 1.4], "val_acc": [0.2, 0.5, 0.6], "seconds": [1, 1, 1]}  # fmt: skip


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Let the functions return the figure in place of a file's bytes."""
    monkeypatch.setattr(figures, "_png", lambda figure: figure)


def test_learning_curves_are_those_of_the_plot():
    panels = figures.learning_curves(HISTORY).axes
    assert [panel.get_ylabel() for panel in panels] == ["loss", "acc"]
    for panel, name in zip(panels, ("loss", "acc"), strict=True):
        training, validation = panel.get_lines()
        assert [training.get_color(), validation.get_color()] == list(PALETTE[:2])
        np.testing.assert_array_equal(training.get_xydata(), np.column_stack([[1, 2, 3], HISTORY[name]]))
        np.testing.assert_array_equal(validation.get_ydata(), HISTORY[f"val_{name}"])
        assert [text.get_text() for text in panel.get_legend().get_texts()] == ["training", "validation"]


def test_learning_curves_show_where_the_second_stage_begins():
    for panel in figures.learning_curves(HISTORY, first_stage=2).axes:
        line = panel.get_lines()[-1]
        assert (line.get_label(), *line.get_xdata()) == ("second stage begins", 2.5, 2.5)
        assert "second stage begins" in [text.get_text() for text in panel.get_legend().get_texts()]


def test_learning_curves_without_validation_and_of_many_metrics():
    assert len(figures.learning_curves({"loss": [1.0], "seconds": [1.0], "learning_rate": [0.1]}).axes) == 1
    many = {f"{part}{name}": [1.0, 2.0] for name in ("loss", *"abcdef") for part in ("", "val_")}
    assert [panel.get_ylabel() for panel in figures.learning_curves(many).axes] == ["loss", "a", "b", "c"]


def test_residuals_are_those_of_the_plot():
    true, predicted = np.array([1.0, 2, 3, 4]), np.array([1.5, 2, 2.5, 4])
    left, right = figures.residuals(true, predicted, "age").axes
    np.testing.assert_array_equal(left.collections[0].get_offsets(), np.column_stack([true, predicted]))
    assert (left.get_xlabel(), left.get_ylabel()) == ("True age", "Predicted age")
    assert left.get_title().startswith("R² 0.9, RMSE 0.3536\nMAE 0.25")
    assert sum(bar.get_height() for bar in right.patches) == 4
    assert right.get_xlabel() == "Residual (true − predicted)"
