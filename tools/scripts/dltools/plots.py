"""Plots: objects that hold what is shown and draw it on a figure.

They use Matplotlib's objects alone, so no plot changes the state of another, and none writes a
file. Matplotlib is imported when something is drawn.
"""

import dataclasses
import math
import textwrap

import numpy as np

from .errors import one_line

MAX_CLASSES_WITH_COUNTS = 30
_MAX_TICKS = 60
_MAX_NAME = 24
_MAX_TITLE = 300


@dataclasses.dataclass(eq=False)
class ConfusionMatrix:
    """How often each class was predicted for each true class.

    `counts` is an integer array (classes, classes): rows are true classes, columns predicted
    ones, both in the order of `classes`, their names. `color_map` is the name of a Matplotlib
    colour map. After `plot`, `figure_`, `axes_`, `image_` and `texts_`, an object array
    (classes, classes) or None without counts in the cells, hold what was drawn.
    """

    counts: np.ndarray
    classes: list[str]
    title: str
    color_map: str = "Greens"

    @property
    def accuracy(self) -> float:
        """Share of the samples, 0 to 1, whose predicted class is the true one."""
        return float(np.trace(self.counts) / self.counts.sum())

    def plot(self, ax=None) -> "ConfusionMatrix":
        """Draw on `ax`, or on a new figure of a size that suits the number of classes."""
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        if ax is None:
            ax = Figure(figsize=self._size(), layout="constrained").add_subplot()
        self.axes_, self.figure_ = ax, ax.figure
        self.image_ = ax.imshow(self.counts, cmap=self.color_map, vmin=0, vmax=max(1, self.counts.max()))
        bar = self.figure_.colorbar(self.image_, ax=ax, shrink=0.8, ticks=MaxNLocator(integer=True))
        bar.set_label("Number of samples")
        ax.set_ylabel("True label")
        ax.set_xlabel("Predicted label")
        ax.set_title(self._wrapped_title(), parse_math=False)
        self._draw_ticks()
        with_counts = len(self.classes) <= MAX_CLASSES_WITH_COUNTS
        self.texts_ = self._draw_counts() if with_counts else None
        return self

    @property
    def _side(self) -> float:
        """Width and height of the matrix in inches."""
        return 4.5 + 0.25 * min(len(self.classes), MAX_CLASSES_WITH_COUNTS)

    def _size(self) -> tuple[float, float]:
        """Width and height in inches of a figure that has room for the names as well."""
        names = 0.09 * max(len(_shortened(name)) for name in self.classes)
        return self._side + names + 2, self._side + names + 1.2

    def _wrapped_title(self) -> str:
        title = textwrap.shorten(one_line(self.title), _MAX_TITLE, placeholder=" …")
        # Eleven letters of a title take about an inch.
        return textwrap.fill(title, int(11 * self._side))

    def _draw_ticks(self) -> None:
        step = math.ceil(len(self.classes) / _MAX_TICKS)
        at = range(0, len(self.classes), step)
        names = [_shortened(self.classes[i]) for i in at]
        longest = max(map(len, names))
        size = min(10, 450 / len(names)) if len(names) > MAX_CLASSES_WITH_COUNTS else 10
        upright = longest > 4 or len(names) > MAX_CLASSES_WITH_COUNTS
        self.axes_.set_xticks(at, names, rotation=90 if upright else 0, fontsize=size)
        self.axes_.set_yticks(at, names, fontsize=size)
        for label in [*self.axes_.get_xticklabels(), *self.axes_.get_yticklabels()]:
            # A name is text, even one with dollar signs.
            label.set_parse_math(False)

    def _draw_counts(self) -> np.ndarray:
        digits = len(str(self.counts.max()))
        cell = 72 * self._side / len(self.classes)  # in points, as font sizes
        size = min(12, 1.4 * cell / digits)
        background = self.image_.cmap(self.image_.norm(self.counts))
        texts = np.empty(self.counts.shape, object)
        for (row, column), count in np.ndenumerate(self.counts):
            color = _legible(background[row, column])
            texts[row, column] = self.axes_.text(
                column, row, str(count), ha="center", va="center", color=color, fontsize=size
            )
        return texts


def _shortened(name: str) -> str:
    name = one_line(name)
    return name if len(name) <= _MAX_NAME else f"{name[: _MAX_NAME - 1]}…"


def _legible(background) -> str:
    """Return black or white, whichever has the higher contrast (WCAG 2) with a colour, RGBA of 0 to 1."""
    channels = np.asarray(background[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    # Where the contrasts with black and with white are equal.
    return "black" if luminance > math.sqrt(1.05 * 0.05) - 0.05 else "white"
