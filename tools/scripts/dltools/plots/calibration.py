"""Calibration: whether of the samples given a probability, that share is of the class."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from dltools.core.errors import UserError
from dltools.forms.kinds import Choice, Whole
from dltools.plots import scored_truth
from dltools.plots.drawing import GREY, Display, add_legend, shortened, style, tidy, visible
from dltools.plots.scored_truth import TruthAndScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STRATEGIES = ("uniform", "quantile")
MAX_CLASSES = 10


class Reliability(NamedTuple):
    """Bins of one class with at least one sample, float64 (bins,) each, and their number of samples.

    `brier` is the mean squared distance of probability and truth
    (https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2).
    """

    name: str
    predicted: np.ndarray
    observed: np.ndarray
    samples: np.ndarray
    brier: float


@dataclasses.dataclass(eq=False, kw_only=True)
class Calibration(Display):
    """Calibration curves. After `plot`, `axes_` is (curves, histogram), and `lines_` maps names to lines."""

    curves: list[Reliability]
    probabilities: np.ndarray

    def plot(self, ax: "Sequence[Axes] | None" = None) -> Self:
        """Draw the curves above a histogram of the probabilities; on `ax`, a pair of axes, or a new figure."""
        if ax is None:
            ax = list(self.new_figure((8.2, 6.4)).subplots(2, 1, sharex=True, height_ratios=(3, 1)))
        upper, lower = self.axes_ = tuple(ax)
        upper.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="perfectly calibrated")
        self.lines_ = {}
        for number, curve in enumerate(self.curves):
            label = visible(f"{shortened(curve.name)} (Brier score {curve.brier:.3f})")
            (self.lines_[curve.name],) = upper.plot(
                curve.predicted, curve.observed, marker="o", markersize=4, label=label, **style(number)
            )
        upper.set_ylabel("Share of samples of the class")
        upper.set_xlim(-0.01, 1.01)
        upper.set_ylim(-0.01, 1.02)
        lower.hist(self.probabilities, bins=np.linspace(0, 1, 21).tolist(), color=GREY)
        lower.set_ylabel("Probabilities")
        lower.set_xlabel("Predicted probability, mean of each bin")
        self.set_title(upper)
        for axes in self.axes_:
            tidy(axes)
        add_legend(upper, loc="upper left", bbox_to_anchor=(1, 1))
        return self

    def table(self) -> tuple[list[str], list]:
        """Return one line a class and bin."""
        names = [curve.name for curve in self.curves for _ in curve.samples]
        fields = ("predicted", "observed", "samples")
        columns = [np.concatenate([getattr(curve, field) for curve in self.curves]) for field in fields]
        return ["class", "mean_predicted_probability", "share_of_class", "samples"], [names, *columns]

    def summary(self) -> str:
        """Say the Brier score of each class."""
        return "Brier score (0 is perfect): " + ", ".join(f"{c.name} {c.brier:.4f}" for c in self.curves)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRequest:
    """Calibration curves; `bins` of one width or of one number of samples, by the `strategy`, one of `STRATEGIES`."""

    tables: TruthAndScores
    bins: int = 10
    strategy: str = "uniform"

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        return cls(
            bins=Whole(2).read(form.get("n_bins") or 10, "Number of bins"),
            strategy=Choice(STRATEGIES).read(form.get("strategy") or "uniform", "Width of the bins"),
            tables=TruthAndScores.read(form),
        )

    def display(self) -> Calibration:
        """Return the curves.

        Raises:
            UserError: as `scored_truth.read`, scores that are no probabilities, or too many classes.
        """
        found = scored_truth.read(self.tables)
        _check(found)
        curves = [
            reliability(name, truth, np.clip(scores, 0, 1), self.bins, self.strategy)
            for name, truth, scores in zip(found.classes, found.truth.T, found.scores.T, strict=True)
        ]
        return Calibration(
            title="Calibration" + (f" of class {shortened(found.classes[0])}" if len(curves) == 1 else ""),
            notes=found.notes,
            curves=curves,
            probabilities=np.clip(found.scores.ravel(), 0, 1),
        )


def _check(found: scored_truth.ScoredTruth) -> None:
    if not found.probabilities:
        raise UserError(
            "Calibration needs probabilities from 0 to 1, but the dataset holds other scores. Choose the output of "
            "'Model Prediction' with the method 'predict_proba'."
        )
    if len(found.classes) > MAX_CLASSES:
        raise UserError(
            f"pos_label: there are {len(found.classes)} classes, and this plot shows at most {MAX_CLASSES}. Name one "
            f"of: {', '.join(found.classes[:40])}."
        )


def reliability(name: str, truth: np.ndarray, probabilities: np.ndarray, bins: int, strategy: str) -> Reliability:
    """Return the calibration of one class.

    Parameters:
        truth: bool (rows,).
        probabilities: float64 (rows,) of 0 to 1.
        bins: how many, of one width ('uniform') or of one number of samples ('quantile').
    """
    from sklearn.metrics import brier_score_loss

    if strategy == "quantile":
        edges = np.unique(np.percentile(probabilities, np.linspace(0, 1, bins + 1) * 100))
    else:
        edges = np.linspace(0, 1, bins + 1)
    # A bin ends with its upper edge, as scikit-learn's calibration_curve has it.
    places = np.searchsorted(edges[1:-1], probabilities)
    samples = np.bincount(places, minlength=len(edges))
    filled = samples > 0
    predicted = np.bincount(places, probabilities, len(edges))[filled] / samples[filled]
    observed = np.bincount(places, truth, len(edges))[filled] / samples[filled]
    brier = float(brier_score_loss(truth, probabilities))
    return Reliability(name, predicted, observed, samples[filled], brier)
