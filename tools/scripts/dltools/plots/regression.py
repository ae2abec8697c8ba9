"""Regression: predicted against true values, what is left over, and how that is distributed."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.data import paired
from dltools.plots import image_rows, label_tables
from dltools.plots.drawing import GREY, PALETTE, Display, shortened, tidy
from dltools.plots.label_tables import TruthAndPrediction
from dltools.tables import prediction_tables, tables
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import ALL_COLUMNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection

MAX_TARGETS = 6
# Beyond this many samples, points are drawn as a density of hexagons.
MAX_POINTS = 5000
_RESIDUAL = "Residual (true − predicted)"


class Target(NamedTuple):
    """True and predicted values of one target, float64 (rows,) each."""

    name: str
    true: np.ndarray
    predicted: np.ndarray

    @property
    def residuals(self) -> np.ndarray:
        """True minus predicted values."""
        return self.true - self.predicted


@dataclasses.dataclass(eq=False, kw_only=True)
class Regression(Display):
    """Three panels a target.

    After `plot`, `axes_` is an array (targets, 3) of axes, and `points_` a list with the artists of (predicted
    against true, residuals) of each target.
    """

    targets: list[Target]

    def plot(self, ax: "Sequence[Axes] | None" = None) -> Self:
        """Draw one row of panels a target; on `ax`, that many axes, or on a new figure."""
        rows = len(self.targets)
        if ax is None:
            ax = self.new_panels((13, 4.2 * rows), rows, 3)
        self.axes_ = np.reshape(np.asarray(ax, object), (rows, 3))
        self.points_ = [self._draw(target, panels) for target, panels in zip(self.targets, self.axes_, strict=True)]
        self.set_figure_title(self.axes_[0, 0])
        return self

    def _draw(self, target: Target, panels: "Iterable[Axes]") -> "tuple[Collection, Collection]":
        against, left_over, distribution = panels
        named = f" {shortened(target.name)}" if len(self.targets) > 1 else ""
        first = draw_against(against, target, named)
        left_over.axhline(0, color=GREY, linestyle=":")
        second = _points(left_over, target.predicted, target.residuals)
        left_over.set_xlabel(f"Predicted{named}", parse_math=False)
        left_over.set_ylabel(_RESIDUAL)
        tidy(left_over)
        draw_distribution(distribution, target)
        return first, second

    def table(self) -> tuple[list[str], list]:
        """Return one line a target and sample."""
        names = [target.name for target in self.targets for _ in target.true]
        fields = ("true", "predicted", "residuals")
        columns = [np.concatenate([getattr(target, field) for target in self.targets]) for field in fields]
        return ["target", "true", "predicted", "residual"], [names, *columns]

    def summary(self) -> str:
        """Say the usual scores of each target."""
        return "; ".join(
            f"{t.name}: {_scores_line(t)}" if len(self.targets) > 1 else _scores_line(t) for t in self.targets
        )


def draw_against(ax: "Axes", target: Target, named: str = "") -> "Collection":
    """Draw predicted against true values, with the usual scores above; return the points.

    Parameters:
        named: what the axes' labels end with, such as " age".
    """
    low = min(target.true.min(), target.predicted.min())
    high = max(target.true.max(), target.predicted.max())
    ax.axline(
        (low, low), (high, high) if high > low else None, slope=None if high > low else 1, color=GREY, linestyle=":"
    )
    points = _points(ax, target.true, target.predicted)
    ax.set_xlabel(f"True{named}", parse_math=False)
    ax.set_ylabel(f"Predicted{named}", parse_math=False)
    ax.set_title(_scores_line(target).replace(", MAE", "\nMAE"), fontsize="small")
    tidy(ax)
    return points


def draw_distribution(ax: "Axes", target: Target) -> None:
    """Draw how many samples have which residual."""
    draw_histogram(ax, target.residuals, _RESIDUAL)
    ax.axvline(0, color=GREY, linestyle=":")


def draw_histogram(ax: "Axes", values: np.ndarray, name: str) -> None:
    """Draw how many samples have which value, which is called `name`."""
    bins = min(50, max(5, int(np.sqrt(len(values)))))
    ax.hist(values, bins=bins, color=PALETTE[0], edgecolor="white")
    ax.set_xlabel(name)
    ax.set_ylabel("Number of samples")
    tidy(ax)


def scores(target: Target) -> dict[str, float]:
    """Return R2, RMSE, MAE and Pearson's r as scikit-learn and SciPy define them; nan where they are not defined."""
    residuals = target.residuals
    total = np.square(target.true - target.true.mean()).sum()
    varies = target.true.std() > 0 and target.predicted.std() > 0
    return {
        "R²": float(1 - np.square(residuals).sum() / total) if total > 0 else float("nan"),
        "RMSE": float(np.sqrt(np.square(residuals).mean())),
        "MAE": float(np.abs(residuals).mean()),
        "Pearson r": float(np.corrcoef(target.true, target.predicted)[0, 1]) if varies else float("nan"),
    }


def _scores_line(target: Target) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in scores(target).items()) + f", n = {len(target.true)}"


def _points(ax: "Axes", x: np.ndarray, y: np.ndarray) -> "Collection":
    if len(x) > MAX_POINTS:
        return ax.hexbin(x, y, gridsize=60, mincnt=1, cmap="viridis", bins="log")
    size = 18 if len(x) <= 500 else 6
    return ax.scatter(x, y, s=size, color=PALETTE[0], alpha=0.6, linewidths=0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RegressionRequest:
    """Predicted against true values, one column for each target."""

    tables: TruthAndPrediction

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        return cls(tables=TruthAndPrediction.read(form, "values"))

    def display(self) -> Regression:
        """Read the values.

        Raises:
            UserError: no numbers, or tables that do not belong together.
        """
        return Regression(targets=_targets(self.tables))


def _targets(asked: TruthAndPrediction) -> list[Target]:
    true_set, predicted_set, header = asked.true.dataset, asked.predicted.dataset, asked.predicted.header
    true = tables.read_numbers(true_set, asked.true.header, asked.true.columns, dtype=np.float64)
    shown = prediction_tables.predicted_columns(predicted_set, header)
    predicted = tables.read_numbers(predicted_set, header, shown, dtype=np.float64)
    rows = image_rows.chosen_order(true_set, true.names is not None, predicted_set)
    if rows is not None:
        true = true._replace(values=true.values[rows])
    label_tables.check_lengths(true_set, len(true.values), predicted_set, len(predicted.values), "values")
    if rows is None:
        paired.check(
            [
                ChosenTable(true_set, true.names is not None, ALL_COLUMNS),
                ChosenTable(predicted_set, header, ALL_COLUMNS),
            ]
        )
    width = true.values.shape[1]
    if width != predicted.values.shape[1]:
        raise UserError(
            f"{true_set} has {width} selected columns, {predicted_set} has {predicted.values.shape[1]}. Each target "
            "needs one column in both."
        )
    if width > MAX_TARGETS:
        raise UserError(f"{true_set}: {width} columns are selected, and this plot shows at most {MAX_TARGETS} targets.")
    if len(true.values) < 2:
        raise UserError(f"{true_set}: there is only one sample. At least two are needed.")
    names, order = _matched(true, predicted, predicted_set)
    return [
        Target(name, true.values[:, i], predicted.values[:, j])
        for i, (name, j) in enumerate(zip(names, order, strict=True))
    ]


def _matched(true: tables.NumberTable, predicted: tables.NumberTable, source: Dataset) -> tuple[list[str], list[int]]:
    """Return the targets' names and for each the position of its predicted column: by name where all have it, else in
    order.
    """
    width = true.values.shape[1]
    names = [name.removeprefix("True_") for name in true.names or (str(number) for number in range(1, width + 1))]
    given = [name.removeprefix("Predicted_") for name in predicted.names or ()]
    if set(names) == set(given) and len(set(names)) == width:
        return names, [given.index(name) for name in names]
    if width > 1 and given and true.names and set(names) & set(given):
        raise UserError(
            f"{source}: its columns {listed(map(quoted, given))} are not those of the true values, "
            f"{listed(map(quoted, names))}."
        )
    return names, list(range(width))
