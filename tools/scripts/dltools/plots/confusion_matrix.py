"""The confusion matrix as a figure."""

import dataclasses
import math
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.errors import UserError, listed, quoted
from dltools.evaluation import class_scores
from dltools.evaluation.class_scores import NORMALIZED, normalized
from dltools.forms.kinds import Choice
from dltools.forms.parameters import boolean, with_further
from dltools.plots.compared_labels import compared, read_order
from dltools.plots.drawing import Display, figure_of, legible, shortened
from dltools.plots.label_tables import TruthAndPrediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

# Names in the form -> Matplotlib's.
COLOR_MAPS = {
    "Greys": "Greys",
    "Purples": "Purples",
    "Blues": "Blues",
    "Greens": "Greens",
    "Oranges": "Oranges",
    "Reds": "Reds",
    "Summer": "summer",
    "Autumn": "autumn",
    "RdYlGn": "RdYlGn",
    "Spectral": "Spectral",
    "winter": "winter",
    # Even for the colour-blind and in print; offered since.
    "viridis": "viridis",
    "cividis": "cividis",
}
MAX_CLASSES_WITH_COUNTS = 30
_MAX_TICKS = 60


@dataclasses.dataclass(eq=False, kw_only=True)
class ConfusionMatrix(Display):
    """How often each class was predicted for each true class.

    `counts` is an integer array (classes, classes): rows are true classes, columns predicted
    ones, both in the order of `classes`, their names. `color_map` is the name of a Matplotlib
    colour map. `normalize` is one of `NORMALIZED`; `totals` adds the sums of rows and columns.

    After `plot`, `axes_`, `image_` and `texts_`, an object array (classes, classes) or None without
    counts in the cells, hold what was drawn; with totals, `totals_` holds (texts of the rows, texts of
    the columns, text of the corner).
    """

    counts: np.ndarray
    classes: list[str]
    color_map: str = "Greens"
    normalize: str = "none"
    totals: bool = False

    @property
    def accuracy(self) -> float:
        """Share of the samples, 0 to 1, whose predicted class is the true one."""
        return float(np.trace(self.counts) / self.counts.sum())

    @property
    def shares(self) -> np.ndarray:
        """The values of the cells: counts, or float64 shares where they are normalized."""
        return normalized(self.counts, self.normalize)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw on `ax`, or on a new figure of a size that suits the number of classes."""
        from matplotlib.colors import Normalize, PowerNorm
        from matplotlib.ticker import MaxNLocator

        if ax is None:
            ax = self.new_axes(self._natural_size())
        self.axes_, self.figure_ = ax, figure_of(ax)
        values = self.shares
        highest = (
            1 if self.normalize in ("true", "pred") else max(values.max(), 1 if self.normalize == "none" else 1e-9)
        )
        # Among many classes, single mistakes would hardly differ from none.
        norm = Normalize(0, highest) if len(self.classes) <= MAX_CLASSES_WITH_COUNTS else PowerNorm(0.5, 0, highest)
        self.image_ = ax.imshow(values, cmap=self.color_map, norm=norm, interpolation="nearest")
        bar = self.figure_.colorbar(
            self.image_, ax=ax, shrink=0.8, ticks=MaxNLocator(integer=True) if self.normalize == "none" else None
        )
        bar.set_label(NORMALIZED[self.normalize])
        ax.set_ylabel("True label")
        ax.set_xlabel("Predicted label")
        self.set_title(ax, self._side)
        self._draw_ticks()
        with_counts = len(self.classes) <= MAX_CLASSES_WITH_COUNTS
        self.texts_ = self._draw_values(values) if with_counts else None
        self.totals_ = self._draw_totals() if self.totals and with_counts else None
        return self

    def table(self) -> tuple[list[str], list]:
        """Return the matrix, one row a true class, with the totals where they are shown."""
        corner = "true label / predicted label"
        values = self.shares
        rows, names, columns = [*self.classes], [corner, *self.classes], list(values.T)
        if self.totals:
            sums = self.counts.sum(axis=1)
            columns = [np.append(column, self.counts[:, i].sum()) for i, column in enumerate(columns)]
            columns.append(np.append(sums, sums.sum()))
            rows, names = [*rows, "total"], [*names, "total"]
        return names, [rows, *columns]

    def class_metrics(self) -> tuple[list[str], list]:
        """Return each class's precision, recall and F."""
        return class_scores.table(self.counts, self.classes)

    def summary(self) -> str:
        """Say how many samples there are, and how many are right."""
        return f"{self.counts.sum()} samples, {len(self.classes)} classes, accuracy {self.accuracy:.4f}"

    @property
    def _side(self) -> float:
        """Width and height of the matrix in inches."""
        wanted = 4.5 + 0.25 * min(len(self.classes), MAX_CLASSES_WITH_COUNTS)
        if self.size is None:
            return wanted
        return wanted * min(have / needs for have, needs in zip(self.size, self._natural_size(), strict=True))

    def _natural_size(self) -> tuple[float, float]:
        """Width and height in inches of a figure that has room for the names as well."""
        side = 4.5 + 0.25 * min(len(self.classes), MAX_CLASSES_WITH_COUNTS)
        names = 0.09 * max(len(shortened(name)) for name in self.classes)
        return side + names + 2, side + names + 1.2

    def _draw_ticks(self) -> None:
        from matplotlib import rcParams

        step = math.ceil(len(self.classes) / _MAX_TICKS)
        at = list(range(0, len(self.classes), step))
        names = [shortened(self.classes[i]) for i in at]
        longest = max(map(len, names))
        if self.totals and len(self.classes) <= MAX_CLASSES_WITH_COUNTS:
            at, names = [*at, len(self.classes)], [*names, "total"]
        size = min(rcParams["font.size"], 72 * self._side / len(names))
        upright = longest > 4 or len(names) > MAX_CLASSES_WITH_COUNTS
        self.axes_.set_xticks(at, names, rotation=90 if upright else 0, fontsize=size)
        self.axes_.set_yticks(at, names, fontsize=size)
        for label in [*self.axes_.get_xticklabels(), *self.axes_.get_yticklabels()]:
            # A name is text, even one with dollar signs.
            label.set_parse_math(False)

    def _cell_text(self, value: float) -> str:
        return f"{value:.2f}" if self.normalize != "none" else str(value)

    @property
    def _font_size(self) -> float:
        from matplotlib import rcParams

        cells = len(self.classes) + self.totals
        digits = max(len(str(self.counts.sum() if self.totals else self.counts.max())), 4 * (self.normalize != "none"))
        cell = 72 * self._side / cells  # in points, as font sizes
        return min(1.2 * rcParams["font.size"], 1.4 * cell / digits)

    def _draw_values(self, values: np.ndarray) -> np.ndarray:
        background = self.image_.cmap(self.image_.norm(values))
        texts = np.empty(self.counts.shape, object)
        for (row, column), value in np.ndenumerate(values):
            color = legible(background[row, column])
            texts[row, column] = self._write(column, row, self._cell_text(value), color=color)
        return texts

    def _draw_totals(self) -> "tuple[list[Text], list[Text], Text]":
        """Write the sums of the counts beside the rows, below the columns, and that of all in the corner."""
        count = len(self.classes)
        self.axes_.set_xlim(-0.5, count + 0.5)
        self.axes_.set_ylim(count + 0.5, -0.5)
        for line in (self.axes_.axhline, self.axes_.axvline):
            line(count - 0.5, color="black", linewidth=0.8)
        rows = [self._write(count, i, str(n)) for i, n in enumerate(self.counts.sum(axis=1))]
        columns = [self._write(i, count, str(n)) for i, n in enumerate(self.counts.sum(axis=0))]
        return rows, columns, self._write(count, count, str(self.counts.sum()))

    def _write(self, x: int, y: int, text: str, color: str = "black") -> "Text":
        written = self.axes_.text(x, y, text, ha="center", va="center", color=color, fontsize=self._font_size)
        # It fits into its cell, so the layout, which would measure it at each pass, need not know of it.
        written.set_in_layout(False)
        return written


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionMatrixRequest:
    """The confusion matrix of two tables.

    `order` names the classes that come first, `color_map` is the name of a Matplotlib colour map, `normalize` one of
    `NORMALIZED`; `totals` adds the sums of rows and columns.
    """

    labels: TruthAndPrediction
    order: tuple[str, ...] = ()
    color_map: str = "Greens"
    normalize: str = "none"
    totals: bool = False

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        form = with_further(form, "matrix_options")
        color = form.get("plot_color") or "Greens"
        if color not in COLOR_MAPS:
            raise UserError(f"Choose plot color: must be one of {listed(COLOR_MAPS)}. Received: {quoted(color)}.")
        return cls(
            labels=TruthAndPrediction.read(form),
            order=read_order(form),
            color_map=COLOR_MAPS[color],
            normalize=Choice(tuple(NORMALIZED)).read(form.get("normalize") or "none", "Normalize the matrix"),
            totals=boolean(form.get("totals"), "totals"),
        )

    def display(self) -> ConfusionMatrix:
        """Read the two tables, and compare them.

        Raises:
            UserError: as `compared_labels.compared`.
        """
        found = compared(self.labels, self.order)
        return ConfusionMatrix(
            title="Confusion matrix",
            counts=found.counts,
            classes=found.classes,
            notes=found.notes,
            color_map=self.color_map,
            normalize=self.normalize,
            totals=self.totals,
        )
