"""Precision, recall and F of each class, with its number of samples."""

import dataclasses
import math
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.evaluation import class_scores
from dltools.plots.compared_labels import compared, read_order
from dltools.plots.drawing import HATCHES, PALETTE, Display, add_legend, name_ticks, tidy
from dltools.plots.label_tables import TruthAndPrediction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BARS = (("precision", PALETTE[0]), ("recall", PALETTE[4]), ("f1", PALETTE[2]))
# Beyond this many classes, those that are predicted worst are shown.
MAX_CLASSES = 60


@dataclasses.dataclass(eq=False, kw_only=True)
class ClassScoresPlot(Display):
    """Scores of the classes of a confusion matrix.

    `counts` is an integer array (classes, classes) with true classes as rows, `classes` their names. After
    `plot`, `bars_` maps precision, recall and f1 to their bars; `shown_` holds the positions of the classes
    shown, from the top.
    """

    counts: np.ndarray
    classes: list[str]

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw three bars for each class, on `ax` or on a new figure."""
        found = class_scores.scores(self.counts)
        self.shown_ = np.arange(len(self.classes))
        if len(self.shown_) > MAX_CLASSES:
            self.shown_ = np.argsort(found.f1, kind="stable")[:MAX_CLASSES]
        at = np.arange(len(self.shown_))
        if ax is None:
            ax = self.new_axes((7, 1.7 + max(2.2, 0.45 * len(at))))
        self.axes_ = ax
        self.bars_ = {}
        for offset, (name, color), hatch in zip((-0.27, 0, 0.27), _BARS, HATCHES, strict=False):
            values = getattr(found, name)[self.shown_]
            self.bars_[name] = ax.barh(
                at + offset,
                values,
                height=0.25,
                color=color,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
                label=_label(name),
            )
        names = [f"{self.classes[i]} (n = {found.support[i]})" for i in self.shown_]
        name_ticks(ax.yaxis, at, names)
        ax.set_ylim(len(at) - 0.5, -0.5)
        ax.set_xlim(0, 1)
        ax.set_xlabel("Score")
        ax.set_ylabel("True class, with its number of samples")
        self.set_title(ax)
        tidy(ax, "x")
        add_legend(ax, loc="upper left", bbox_to_anchor=(1, 1))
        return self

    def table(self) -> tuple[list[str], list]:
        """Return the metrics table."""
        return class_scores.table(self.counts, self.classes)

    class_metrics = table

    def summary(self) -> str:
        """Say how many classes there are, their mean F, and which is predicted worst."""
        found = class_scores.scores(self.counts)
        worst = int(np.argmin(np.where(found.support > 0, found.f1, math.inf)))
        left_out = f"; the {MAX_CLASSES} with the lowest F are shown" if len(self.classes) > MAX_CLASSES else ""
        return (
            f"{self.counts.sum()} samples, {len(self.classes)} classes, macro F {found.f1.mean():.4f}, "
            f"lowest F {found.f1[worst]:.4f} of class {self.classes[worst]}{left_out}"
        )


def _label(name: str) -> str:
    return "F" if name == "f1" else name


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClassScoresRequest:
    """The scores of each class; `order` names the classes that come first."""

    labels: TruthAndPrediction
    order: tuple[str, ...] = ()

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        return cls(labels=TruthAndPrediction.read(form), order=read_order(form))

    def display(self) -> ClassScoresPlot:
        """Read the two tables, and compare them.

        Raises:
            UserError: as `compared_labels.compared`.
        """
        found = compared(self.labels, self.order)
        return ClassScoresPlot(
            title="Precision, recall and F of each class",
            counts=found.counts,
            classes=found.classes,
            notes=found.notes,
        )
