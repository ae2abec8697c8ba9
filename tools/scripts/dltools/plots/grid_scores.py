"""Cross-validated scores against the number of features, as recursive feature elimination finds them."""

import dataclasses

import numpy as np

from dltools.core.errors import UserError, quoted
from dltools.forms import parameters
from dltools.forms.parameters import is_empty
from dltools.plots.drawing import PALETTE, Display, name_ticks, shortened, tidy
from dltools.tables import tables

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

    def plot(self, ax=None) -> "GridScores":
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


def from_parameters(selection: dict) -> GridScores:
    """Read the first column of the table that the form names.

    Raises:
        UserError: no numbers, or another number of labels than of scores.
    """
    dataset = parameters.dataset(selection.get("infile1"), _LABEL)
    first = tables.Columns("by_index_number", (1,))
    scores = tables.read_numbers(dataset, True, first, dtype=np.float64).values[:, 0]
    steps = selection.get("steps")
    if is_empty(steps):
        names = [str(number) for number in range(1, len(scores) + 1)]
    else:
        names = parameters.literal(selection["steps"], "Step IDs")
        if not isinstance(names, (list, tuple)) or len(names) != len(scores):
            raise UserError(
                f"Step IDs: must be a list of {len(scores)} labels, one for each score in {dataset}, such as [1, 2, "
                f"5]. Received: {quoted(steps)}."
            )
        names = [str(name) for name in names]
    return GridScores(title=selection.get("title") or "Scores by number of features", scores=scores, steps=names)
