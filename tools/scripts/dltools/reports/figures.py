"""The pictures of a report, as bytes of PNG files. Matplotlib is imported when one is drawn."""

import io
from typing import TYPE_CHECKING

import numpy as np

from dltools.plots.confusion_matrix import ConfusionMatrix

if TYPE_CHECKING:
    from matplotlib.figure import Figure
from dltools.plots.drawing import shortened

MAX_CURVES = 4
# Beyond these, cells are smaller than what a screen shows.
MAX_CLASSES = 500
MAX_POINTS = 5000
DPI = 90


def learning_curves(history: dict[str, list[float]]) -> bytes:
    """Draw the loss and the first metrics of every epoch, each on the training and the validation part.

    Parameters:
        history: see `training.Fitted`.
    """
    names = [name for name in history if f"val_{name}" in history] or [
        n for n in history if n not in ("seconds", "learning_rate")
    ]
    names = names[:MAX_CURVES]
    figure = _figure(4.2 * len(names), 3.2)
    for ax, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        epochs = np.arange(1, len(history[name]) + 1)
        for part, key in (("training", name), ("validation", f"val_{name}")):
            if key in history:
                ax.plot(epochs, history[key], label=part, marker="o" if len(epochs) < 30 else None, markersize=3)
        ax.set_title(shortened(name, 60), parse_math=False)
        ax.set_xlabel("Epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
        ax.legend()
    return _png(figure)


def residuals(truth: np.ndarray, predicted: np.ndarray, name: str) -> bytes:
    """Draw predicted against true values, and how the differences are distributed.

    Parameters:
        truth, predicted: float (rows,), of one target.
        name: of the target.
    """
    figure = _figure(8.4, 3.6)
    left, right = figure.subplots(1, 2)
    some = np.linspace(0, len(truth) - 1, min(len(truth), MAX_POINTS)).astype(int)
    left.scatter(truth[some], predicted[some], s=8, alpha=0.5)
    ends = [min(truth.min(), predicted.min()), max(truth.max(), predicted.max())]
    left.plot(ends, ends, color="gray", linewidth=1)
    left.set_xlabel("True value")
    left.set_ylabel("Predicted value")
    left.set_title(shortened(name, 60), parse_math=False)
    right.hist(truth - predicted, bins=min(40, max(5, len(truth) // 5)))
    right.set_xlabel("True - predicted")
    right.set_ylabel("Samples")
    right.axvline(0, color="gray", linewidth=1)
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
