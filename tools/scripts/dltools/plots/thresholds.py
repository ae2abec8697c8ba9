"""What each threshold on the probability of a class costs and brings."""

import dataclasses
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.errors import UserError
from dltools.plots import scored_truth
from dltools.plots.drawing import GREY, PALETTE, Display, add_legend, shortened, tidy
from dltools.plots.scored_truth import TruthAndScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINES = (
    ("precision", PALETTE[0], "-"),
    ("recall", PALETTE[4], "--"),
    ("f1", PALETTE[2], "-."),
    ("predicted_positive", GREY, ":"),
)
_LABELS = {"f1": "F", "predicted_positive": "share predicted as this class"}


@dataclasses.dataclass(eq=False, kw_only=True)
class ThresholdPlot(Display):
    """Scores of one class at each threshold, float64 (thresholds,); a sample at or above one is predicted as the class.

    After `plot`, `lines_` maps the scores' names to their lines, and `best_` is the line at the best F.
    """

    class_name: str
    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    predicted_positive: np.ndarray

    @property
    def best(self) -> int:
        """Position of the lowest threshold with the highest F."""
        return int(np.argmax(self.f1))

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw four lines on `ax` or on a new figure."""
        if ax is None:
            ax = self.new_axes((8.2, 5))
        self.axes_ = ax
        self.lines_ = {}
        for name, color, dashes in _LINES:
            (self.lines_[name],) = ax.plot(
                self.thresholds, getattr(self, name), color=color, linestyle=dashes, label=_LABELS.get(name, name)
            )
        at = self.thresholds[self.best]
        self.best_ = ax.axvline(
            at, color="black", linewidth=0.8, label=f"highest F {self.f1[self.best]:.3f} at {at:.3g}"
        )
        ax.set_ylim(-0.01, 1.02)
        ax.set_xlabel(f"Threshold on the probability of class {shortened(self.class_name)}", parse_math=False)
        ax.set_ylabel("Score or share")
        self.set_title(ax)
        tidy(ax)
        add_legend(ax, loc="upper left", bbox_to_anchor=(1, 1))
        return self

    def table(self) -> tuple[list[str], list]:
        """Return one line a threshold."""
        names = ["threshold", "precision", "recall", "f1", "predicted_positive"]
        return names, [self.thresholds, *(getattr(self, name) for name in names[1:])]

    def summary(self) -> str:
        """Say the threshold with the highest F."""
        best = self.best
        return (
            f"class {self.class_name}: highest F {self.f1[best]:.4f} at threshold {self.thresholds[best]:.4g} "
            f"(precision {self.precision[best]:.4f}, recall {self.recall[best]:.4f})"
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdsRequest:
    """Scores of one class at each threshold."""

    tables: TruthAndScores

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        return cls(tables=TruthAndScores.read(form))

    def display(self) -> ThresholdPlot:
        """Return the scores.

        Raises:
            UserError: as `scored_truth.read`, or several classes and none was chosen.
        """
        found = scored_truth.read(self.tables)
        if len(found.classes) > 1:
            raise UserError(
                f"pos_label: there are {len(found.classes)} classes, and this plot shows one: name it. "
                f"The classes are: {', '.join(found.classes[:40])}."
            )
        return of_class(found)


def of_class(found: scored_truth.ScoredTruth) -> ThresholdPlot:
    """Return the scores of the only class of some samples at each threshold."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, thresholds = precision_recall_curve(found.truth[:, 0], found.scores[:, 0])
    precision, recall = precision[:-1], recall[:-1]
    sums = precision + recall
    f1 = np.divide(2 * precision * recall, sums, out=np.zeros(len(sums)), where=sums > 0)
    above = 1 - np.searchsorted(np.sort(found.scores[:, 0]), thresholds, "left") / len(found.scores)
    return ThresholdPlot(
        title=f"Scores at each threshold for class {shortened(found.classes[0])}",
        notes=found.notes,
        class_name=found.classes[0],
        thresholds=thresholds,
        precision=precision,
        recall=recall,
        f1=f1,
        predicted_positive=above,
    )
