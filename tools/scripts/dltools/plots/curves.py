"""ROC and precision-recall curves, computed by scikit-learn.

Several classes are compared one against the rest. The micro average pools all decisions; the macro
average is the mean over the classes, of the ROC curves' heights at each false positive rate, and of the
precisions at each recall (https://scikit-learn.org/stable/modules/model_evaluation.html).
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from dltools.forms.parameters import boolean
from dltools.plots import scored_truth
from dltools.plots.drawing import GREY, Display, add_legend, shortened, style, tidy
from dltools.plots.scored_truth import TruthAndScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MICRO, MACRO = "micro average", "macro average"
# Beyond this many classes, the legend names the averages and the classes with the smallest areas.
MAX_NAMED = 10
_GRID = np.linspace(0, 1, 1001)
_COMPARED_WITH_CHANCE = "chance"


class Curve(NamedTuple):
    """One curve: points (points,) float64 each, `thresholds` of the same length or None for a mean, and the area."""

    name: str
    x: np.ndarray
    y: np.ndarray
    thresholds: np.ndarray | None
    area: float


# The points, thresholds and area of a curve; from the truth and the scores of one class, or from the classes' curves.
_Points = tuple[np.ndarray, np.ndarray, np.ndarray | None, float]
_Compute = Callable[[np.ndarray, np.ndarray], _Points]
_Mean = Callable[[list[Curve]], _Points]


@dataclasses.dataclass(eq=False, kw_only=True)
class Curves(Display):
    """Curves of one or several classes, and their averages.

    `kind` is roc or pr. After `plot`, `lines_` maps a curve's name to its line.
    """

    kind: str
    curves: list[Curve]
    chance: float | None = None

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw all curves on `ax` or on a new figure."""
        if ax is None:
            ax = self.new_axes((8.2, 5.6))
        self.axes_ = ax
        named = self._named()
        self.lines_ = {}
        if self.kind == "roc":
            ax.plot([0, 1], [0, 1], color=GREY, linestyle=":", label=_COMPARED_WITH_CHANCE)
        elif self.chance is not None:
            ax.axhline(self.chance, color=GREY, linestyle=":", label=_COMPARED_WITH_CHANCE)
        classes = sorted(named - {MICRO, MACRO}, key=[curve.name for curve in self.curves].index)
        for curve in self.curves:
            number = classes.index(curve.name) if curve.name in classes else 0
            look = style(number) if curve.name in named else {"color": "#bbbbbb", "linewidth": 0.7}
            if curve.name in (MICRO, MACRO):
                look = {"color": "black", "linewidth": 2, "linestyle": "-" if curve.name == MICRO else "--"}
            # Precision holds down to the next recall; the ROC curve goes straight between its points.
            drawstyle = "steps-post" if self.kind == "pr" and curve.thresholds is not None else "default"
            (self.lines_[curve.name],) = ax.plot(curve.x, curve.y, **({"linewidth": 1.5} | look), drawstyle=drawstyle)
        ax.set_xlim(-0.01, 1.01)
        ax.set_ylim(-0.01, 1.02)
        x_label, y_label = _AXES[self.kind]
        ax.set_xlabel(x_label)
        ax.set_ylabel(y_label)
        self.set_title(ax)
        tidy(ax)
        self._draw_legend(ax, named)
        return self

    def table(self) -> tuple[list[str], list]:
        """Return the points of all curves, one a line; the threshold of a mean is nan."""
        x_name, y_name = _COLUMNS[self.kind]
        names = [curve.name for curve in self.curves for _ in curve.x]
        thresholds = [np.full(len(c.x), np.nan) if c.thresholds is None else c.thresholds for c in self.curves]
        columns = [np.concatenate([getattr(c, axis) for c in self.curves]) for axis in ("x", "y")]
        return ["class", x_name, y_name, "threshold"], [names, *columns, np.concatenate(thresholds)]

    def summary(self) -> str:
        """Say the area below each curve."""
        shown = [curve for curve in self.curves if curve.name in self._named()]
        return f"{_AREAS[self.kind]}: " + ", ".join(f"{curve.name} {curve.area:.4f}" for curve in shown)

    def _named(self) -> set[str]:
        classes = [curve for curve in self.curves if curve.name not in (MICRO, MACRO)]
        if len(classes) > MAX_NAMED:
            classes = sorted(classes, key=lambda curve: curve.area)[: MAX_NAMED // 2]
        return {MICRO, MACRO, *(curve.name for curve in classes)}

    def _draw_legend(self, ax: "Axes", named: set[str]) -> None:
        shown = [curve for curve in self.curves if curve.name in named]
        handles = [self.lines_[curve.name] for curve in shown]
        labels = [f"{shortened(curve.name)} ({_AREAS[self.kind]} = {curve.area:.3f})" for curve in shown]
        title = (
            f"the {MAX_NAMED // 2} lowest of {len(self.curves) - 2} classes"
            if len(self.curves) - 2 > MAX_NAMED
            else None
        )
        others, their_labels = ax.get_legend_handles_labels()
        kept = [(h, t) for h, t in zip(others, their_labels, strict=True) if t == _COMPARED_WITH_CHANCE]
        add_legend(
            ax,
            handles + [h for h, _ in kept],
            labels + [t for _, t in kept],
            title=title,
            loc="upper left",
            bbox_to_anchor=(1, 1),
        )


_AXES = {"roc": ("False positive rate", "True positive rate (recall)"), "pr": ("Recall", "Precision")}
_COLUMNS = {"roc": ("false_positive_rate", "true_positive_rate"), "pr": ("recall", "precision")}
_AREAS = {"roc": "AUC", "pr": "AP"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RocRequest:
    """ROC curves; `drop_intermediate` leaves out thresholds that do not change their shape."""

    tables: TruthAndScores
    drop_intermediate: bool = True

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        drop = boolean(form.get("drop_intermediate", True), "drop_intermediate")
        return cls(tables=TruthAndScores.read(form), drop_intermediate=drop)

    def display(self) -> Curves:
        """Return the curves.

        Raises:
            UserError: as `scored_truth.read`.
        """
        found = scored_truth.read(self.tables)
        curves = _all(found, lambda truth, scores: _roc(truth, scores, self.drop_intermediate), _mean_roc)
        title = f"Receiver operating characteristic{_of_class(found)}"
        return Curves(title=title, kind="roc", curves=curves, notes=found.notes)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionRecallRequest:
    """Precision-recall curves."""

    tables: TruthAndScores

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        return cls(tables=TruthAndScores.read(form))

    def display(self) -> Curves:
        """Return the curves.

        Raises:
            UserError: as `scored_truth.read`.
        """
        found = scored_truth.read(self.tables)
        chance = float(found.truth.mean()) if len(found.classes) == 1 else None
        title = f"Precision and recall{_of_class(found)}"
        return Curves(title=title, kind="pr", curves=_all(found, _pr, _mean_pr), chance=chance, notes=found.notes)


def _of_class(found: scored_truth.ScoredTruth) -> str:
    return f" of class {shortened(found.classes[0])}" if len(found.classes) == 1 else ""


def _all(found: scored_truth.ScoredTruth, compute: _Compute, mean: _Mean) -> list[Curve]:
    curves = []
    for name, truth, scores in zip(found.classes, found.truth.T, found.scores.T, strict=True):
        curves.append(Curve(name, *compute(truth, scores)))
    if len(curves) > 1:
        averages = [Curve(MICRO, *compute(found.truth.ravel(), found.scores.ravel())), Curve(MACRO, *mean(curves))]
        curves = averages + curves
    return curves


def _roc(truth: np.ndarray, scores: np.ndarray, drop_intermediate: bool) -> _Points:
    from sklearn.metrics import auc, roc_curve

    x, y, thresholds = roc_curve(truth, scores, drop_intermediate=drop_intermediate)
    return x, y, thresholds, float(auc(x, y))


def _mean_roc(curves: list[Curve]) -> _Points:
    heights = np.mean([_height(_GRID, curve) for curve in curves], axis=0)
    heights[0] = 0.0
    return _GRID, heights, None, float(np.mean([curve.area for curve in curves]))


def _height(grid: np.ndarray, curve: Curve) -> np.ndarray:
    """Return the ROC curve's upper end above each point of a grid."""
    return np.interp(grid, curve.x, np.maximum.accumulate(curve.y))


def _pr(truth: np.ndarray, scores: np.ndarray) -> _Points:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    # Points between others on a line are left out; the area is that of all.
    precision, recall, thresholds = precision_recall_curve(truth, scores, drop_intermediate=True)
    # The curve's last point, recall 0, lies above all thresholds.
    return recall, precision, np.append(thresholds, np.inf), float(average_precision_score(truth, scores))


def _mean_pr(curves: list[Curve]) -> _Points:
    precisions = []
    for curve in curves:
        # The precision at a recall is that of the first point that reaches it; recall falls along the curve.
        recall, precision = curve.x[::-1], curve.y[::-1]
        precisions.append(precision[np.minimum(np.searchsorted(recall, _GRID, "left"), len(recall) - 1)])
    return _GRID, np.mean(precisions, axis=0), None, float(np.mean([curve.area for curve in curves]))
