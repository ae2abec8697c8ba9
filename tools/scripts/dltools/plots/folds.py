"""Cross-validation: the scores of each fold side by side, with their mean and standard deviation."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.forms import parameters
from dltools.plots.drawing import PALETTE, Display, name_ticks, shortened, tidy
from dltools.tables import tables, tsv
from dltools.tables.columns import of_header
from dltools.tables.table_faults import is_missing
from dltools.tables.tsv import is_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL = "Select the dataset containing the scores of each fold"
MAX_PANELS = 12
# Lines that sum up the folds rather than being one.
SUMMARIES = {"mean", "std", "sd", "average", "min", "max", "median", "mean_score", "standard deviation"}
_NOT_SCORES = {"fold", "split", "repeat", "seed", "seconds", "epochs", "train_rows", "test_rows", "rows"}


@dataclasses.dataclass(eq=False, kw_only=True)
class Folds(Display):
    """Scores of the folds.

    `scores` maps a metric to float64 (folds,); a score that a fold does not define is nan. After `plot`, `axes_`
    is a list of one axes a metric, and `bars_` maps metrics to their bars.
    """

    folds: list[str]
    scores: dict[str, np.ndarray]

    def plot(self, ax: "Sequence[Axes] | None" = None) -> Self:
        """Draw one panel a metric; on `ax`, as many axes, or on a new figure."""
        metrics = list(self.scores)[:MAX_PANELS]
        self.axes_ = self.panels_of(ax, len(metrics), 3, (4.2, 3.6), least=5)
        self.bars_: dict = {}
        for panel, metric in zip(self.axes_, metrics, strict=True):
            self._draw(panel, metric)
        self.set_figure_title(self.axes_[0])
        return self

    def _draw(self, panel: "Axes", metric: str) -> None:
        values = self.scores[metric]
        at = np.arange(len(values))
        self.bars_[metric] = panel.bar(at, values, color=PALETTE[5], edgecolor=PALETTE[0])
        mean, deviation = spread(values)
        panel.axhline(mean, color="black", linewidth=1)
        if deviation > 0:
            panel.axhspan(mean - deviation, mean + deviation, color="black", alpha=0.1, linewidth=0)
        name_ticks(panel.xaxis, at, self.folds, rotation=90 if max(map(len, self.folds)) > 3 else 0)
        panel.set_xlabel("Fold")
        panel.set_title(f"{shortened(metric)}: {mean:.4g} ± {deviation:.2g}", fontsize="medium", parse_math=False)
        tidy(panel, "y")

    def table(self) -> tuple[list[str], list]:
        """Return the scores, with mean and standard deviation as the last two lines."""
        columns = [np.append(values, spread(values)) for values in self.scores.values()]
        return ["fold", *self.scores], [[*self.folds, "mean", "std"], *columns]

    def summary(self) -> str:
        """Say mean and standard deviation of each metric."""
        found = {name: spread(values) for name, values in self.scores.items()}
        return f"{len(self.folds)} folds: " + ", ".join(
            f"{name} {mean:.4f} ± {std:.4f}" for name, (mean, std) in found.items()
        )


def spread(values: np.ndarray) -> tuple[float, float]:
    """Return mean and sample standard deviation (with n - 1) of the scores that are defined."""
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    return float(known.mean()), float(known.std(ddof=1)) if len(known) > 1 else 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FoldsRequest:
    """The scores in a table with one line for each fold; `metrics` are the columns to show, or none for all."""

    table: Dataset
    metrics: tuple[str, ...] = ()

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        names = (name.strip() for name in str(form.get("metrics") or "").split(","))
        return cls(table=parameters.dataset(form.get("infile1"), _LABEL), metrics=tuple(filter(None, names)))

    def display(self) -> Folds:
        """Read the table.

        Raises:
            UserError: no header, no score columns, a metric that is not there, or a single fold.
        """
        folds, scores = _read(self.table)
        return Folds(title="Scores of the folds", folds=folds, scores=_chosen(scores, self.metrics, self.table))


def _read(dataset: Dataset) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the names of the folds, and for each metric float64 (folds,)."""
    tsv.open_table(dataset, True, tables.ALL_COLUMNS)
    table = tables.read_text(dataset, True)
    header = of_header(table.names)
    key = next((i for i, name in enumerate(header) if name.lower() in ("fold", "split")), None)
    if key is None:
        key = next((i for i, column in enumerate(table.columns) if not all(map(_is_score, column))), None)
    rows = np.arange(len(table.columns[0]))
    folds = [str(number) for number in rows + 1]
    if key is not None:
        folds = list(table.columns[key])
        rows = np.asarray([i for i, name in enumerate(folds) if name.strip().lower() not in SUMMARIES], int)
        folds = [folds[i] for i in rows]
    scores = {
        name: np.asarray([_score(cell) for cell in column[rows]])
        for i, (name, column) in enumerate(zip(header, table.columns, strict=True))
        if i != key and name.lower() not in _NOT_SCORES and len(rows) and all(map(_is_score, column[rows]))
    }
    if not scores:
        raise UserError(
            f"{dataset}: no column holds scores, that is numbers, of the folds. It has: {listed(map(quoted, header))}."
        )
    if len(rows) < 2:
        raise UserError(f"{dataset}: there is only one fold. The scores of several are compared, one line each.")
    return folds, scores


def _is_score(cell: str) -> bool:
    return is_number(cell) or is_missing(cell)


def _score(cell: str) -> float:
    return float(cell) if is_number(cell) else float("nan")


def _chosen(scores: dict[str, np.ndarray], wanted: tuple[str, ...], dataset: Dataset) -> dict[str, np.ndarray]:
    unknown = [quoted(name) for name in wanted if name not in scores]
    if unknown:
        raise UserError(
            f"Metrics to show: {dataset} has no column {listed(unknown)}. It has: {listed(map(quoted, scores), 40)}."
        )
    return {name: scores[name] for name in wanted or scores}
