"""How much each feature matters to a model, as horizontal bars."""

import dataclasses
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.plots.drawing import PALETTE, Display, name_ticks, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Feature importances"
# More bars are not read.
MAX_FEATURES = 40


@dataclasses.dataclass(eq=False, kw_only=True)
class Importances(Display):
    """Importances, float64 (features,), their standard deviations or None, and the features' names.

    `meaning` labels the axis. Features whose importance is nearer to 0 than `threshold` are left out. After
    `plot`, `bars_` holds the bars, and `shown_` the positions of the features shown, the most important first.
    """

    features: list[str]
    importances: np.ndarray
    deviations: np.ndarray | None = None
    threshold: float = 0.0
    meaning: str = "Importance"

    @property
    def kept(self) -> np.ndarray:
        """Positions of the features that reach the threshold, the most important first."""
        order = np.argsort(-self.importances, kind="stable")
        return order[np.abs(self.importances[order]) >= self.threshold]

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw the most important features on `ax` or on a new figure."""
        self.shown_ = self.kept[:MAX_FEATURES]
        at = np.arange(len(self.shown_))
        if ax is None:
            ax = self.new_axes((7.5, 1.5 + 0.28 * max(4, len(at))))
        self.axes_ = ax
        errors = None if self.deviations is None else self.deviations[self.shown_]
        self.bars_ = ax.barh(
            at,
            self.importances[self.shown_],
            xerr=errors,
            color=PALETTE[0],
            ecolor="black",
            error_kw={"elinewidth": 0.8},
        )
        ax.axvline(0, color="black", linewidth=0.8)
        name_ticks(ax.yaxis, at, [self.features[i] for i in self.shown_])
        ax.set_ylim(max(len(at), 1) - 0.4, -0.6)
        ax.set_xlabel(self.meaning)
        shown = f"{len(at)} of {len(self.features)} features" if len(at) < len(self.features) else "Feature"
        ax.set_ylabel(shown)
        self.set_title(ax)
        tidy(ax, "x")
        return self

    def table(self) -> tuple[list[str], list]:
        """Return all features that reach the threshold, the most important first."""
        kept = self.kept
        names, columns = ["feature", "importance"], [[self.features[i] for i in kept], self.importances[kept]]
        if self.deviations is not None:
            names, columns = [*names, "standard_deviation"], [*columns, self.deviations[kept]]
        return names, columns

    def summary(self) -> str:
        """Say the five most important features."""
        first = ", ".join(f"{self.features[i]} {self.importances[i]:.4g}" for i in self.kept[:5])
        return f"{len(self.kept)} of {len(self.features)} features shown or listed; the most important: {first}"
