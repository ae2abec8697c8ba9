"""The figures of a report, as the plots draw them, in bytes of PNG files. Matplotlib is imported when one is drawn."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dltools.plots.confusion_matrix import ConfusionMatrix
from dltools.plots.drawing import shortened
from dltools.plots.learning import VALIDATION, History
from dltools.plots.regression import Target, draw_against, draw_distribution, draw_histogram

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_CURVES = 4
# Beyond these, cells are smaller than what a screen shows.
MAX_CLASSES = 500
DPI = 90


def learning_curves(history: Mapping[str, list[float]], first_stage: int | None = None) -> bytes:
    """Draw the loss and the first metrics of every epoch, each on the training and the validation set.

    Parameters:
        history: see `training.Fitted`.
        first_stage: the last epoch before a second stage; None where there is one stage.
    """
    names = [name for name in history if VALIDATION + name in history] or [
        n for n in history if n not in ("seconds", "learning_rate")
    ]
    names = names[:MAX_CURVES]
    keys = [key for name in names for key in (name, VALIDATION + name) if key in history]
    figure = _figure(4.2 * len(names), 3.2)
    shown = History(
        epochs=np.arange(1, len(history[names[0]]) + 1),
        values={key: np.asarray(history[key]) for key in keys},
        first_stage=first_stage,
    )
    shown.plot(figure.subplots(1, len(names), squeeze=False)[0])
    return _png(figure)


def residuals(truth: np.ndarray, predicted: np.ndarray, name: str) -> bytes:
    """Draw predicted against true values, and how the residuals are distributed.

    Parameters:
        truth, predicted: float (rows,), of one target.
        name: of the target.
    """
    figure = _figure(8.4, 3.6)
    left, right = figure.subplots(1, 2)
    target = Target(name, truth, predicted)
    draw_against(left, target, f" {shortened(name)}")
    draw_distribution(right, target)
    return _png(figure)


def distribution(values: np.ndarray, name: str) -> bytes:
    """Draw how many samples have which value.

    Parameters:
        values: float (rows,).
        name: of the value.
    """
    figure = _figure(5.6, 3.2)
    draw_histogram(figure.subplots(), values, name)
    return _png(figure)


def matrix(counts: np.ndarray, labels: list[str]) -> bytes | None:
    """Draw a confusion matrix; None for more classes than can be seen.

    Parameters:
        counts: integer (classes, classes), one row for each true class.
        labels: names of the classes.
    """
    if len(labels) > MAX_CLASSES:
        return None
    return _png(ConfusionMatrix(counts=counts, classes=labels).plot().figure_)


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _png(figure: "Figure") -> bytes:
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=DPI)
    return written.getvalue()
