"""Cross-validated scores against the number of features, as recursive feature elimination finds them."""

import dataclasses
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.forms import parameters
from dltools.forms.parameters import is_empty
from dltools.plots.drawing import PALETTE, Display, name_ticks, shortened, tidy
from dltools.tables import tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL = "Select the dataset containing grid_scores from a fitted RFECV object"
_MAX_TICKS = 20


@dataclasses.dataclass(eq=False, kw_only=True)
class GridScores(Display):
    """Scores, float64 (steps,), and what each step is called. After `plot`, `line_` and `best_` are the artists."""

    scores: np.ndarray
    steps: list[str]

    @property
    def best(self) -> int:
        """Position of the highest score; of several, the first, which has the fewest features."""
        return int(np.argmax(self.scores))

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw the scores on `ax` or on a new figure."""
        if ax is None:
            ax = self.new_axes((7.5, 5))
        self.axes_ = ax
        at = np.arange(len(self.scores))
        marker = "o" if len(at) <= 60 else None
        (self.line_,) = ax.plot(at, self.scores, color=PALETTE[0], marker=marker, markersize=4)
        (self.best_,) = ax.plot([self.best], [self.scores[self.best]], "D", color=PALETTE[1], markersize=7)
        ax.annotate(
            f"{self.scores[self.best]:.4g} at {shortened(self.steps[self.best])}",
            (self.best, self.scores[self.best]),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize="small",
            parse_math=False,
        )
        shown = at[:: -(-len(at) // _MAX_TICKS)]
        name_ticks(ax.xaxis, shown, [self.steps[i] for i in shown])
        ax.set_xlabel("Number of features selected")
        ax.set_ylabel("Cross-validation score")
        ax.margins(y=0.12)
        self.set_title(ax)
        tidy(ax)
        return self

    def table(self) -> tuple[list[str], list]:
        """Return one line a step."""
        return ["features", "score"], [self.steps, self.scores]

    def summary(self) -> str:
        """Say the best step."""
        return f"{len(self.scores)} steps, highest score {self.scores[self.best]:.4f} at {self.steps[self.best]}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GridScoresRequest:
    """The scores in the first column of a table.

    `steps` is a Python list of what each step is called, as the user typed it, or empty to number them: how many there
    must be, only the table tells.
    """

    scores: Dataset
    steps: str = ""

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        steps = form.get("steps")
        return cls(scores=parameters.dataset(form.get("infile1"), _LABEL), steps="" if is_empty(steps) else str(steps))

    def display(self) -> GridScores:
        """Read the scores.

        Raises:
            UserError: no numbers, or another number of labels than of scores.
        """
        first = tables.Columns("by_index_number", (1,))
        scores = tables.read_numbers(self.scores, True, first, dtype=np.float64).values[:, 0]
        return GridScores(title="Scores by number of features", scores=scores, steps=self._names(len(scores)))

    def _names(self, count: int) -> list[str]:
        if not self.steps:
            return [str(number) for number in range(1, count + 1)]
        names = parameters.literal(self.steps, "Step IDs")
        if not isinstance(names, (list, tuple)) or len(names) != count:
            raise UserError(
                f"Step IDs: must be a list of {count} labels, one for each score in {self.scores}, such as [1, 2, "
                f"5]. Received: {quoted(self.steps)}."
            )
        return [str(name) for name in names]
