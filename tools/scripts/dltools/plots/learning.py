"""How a model learns: over the epochs of a training, or with more and more samples.

The training history that 'Deep learning training and evaluation' writes has a line an epoch; the
cross-validated learning curve has a line for each number of samples.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.forms import parameters
from dltools.plots.drawing import PALETTE, Display, add_legend, shortened, tidy
from dltools.tables import tables
from dltools.tables.columns import of_header

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZES, CROSS_VALIDATED = (
    "train_sizes_abs",
    (
        ("training", "mean_train_scores", "std_train_scores"),
        ("cross-validation", "mean_test_scores", "std_test_scores"),
    ),
)
VALIDATION = "val_"
# Columns of a history that are no figures of merit.
_NOT_SHOWN = {"epoch", "seconds", "lr", "learning_rate", "time"}
MAX_PANELS = 12
_LABEL = "Select the dataset containing values for plotting learning curve"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LearningRequest:
    """Learning curves of a table, which is a training history or a cross-validated learning curve.

    `with_errors` adds the standard deviations to the latter.
    """

    table: Dataset
    with_errors: bool = False

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        return cls(
            table=parameters.dataset(form.get("infile1"), _LABEL),
            with_errors=parameters.boolean(form.get("plot_std_err"), "plot_std_err"),
        )

    def display(self) -> Display:
        """Return the display of the table, by the columns that it has.

        Raises:
            UserError: the table is neither a history nor a cross-validated learning curve.
        """
        names = _header(self.table)
        if SIZES in names:
            return _cross_validated(_read(self.table, names), self.table, self.with_errors)
        return _history(names, self.table)


def _history(names: list[str], dataset: Dataset) -> "History":
    shown = [name for name in names if name.lower() not in _NOT_SHOWN]
    if "loss" not in names and "epoch" not in names:
        raise UserError(
            f"{dataset}: no learning curve. It needs the columns epoch and loss, as the training history of 'Deep "
            f"learning training and evaluation' has them, or {SIZES}, mean_train_scores and mean_test_scores. It has: "
            f"{listed(map(quoted, names), 12)}."
        )
    values = _read(dataset, [n for n in names if n in shown or n == "epoch"])
    epochs = values.pop("epoch", None)
    if epochs is None:
        epochs = np.arange(1, len(next(iter(values.values()))) + 1)
    elif epochs[0] == 0:
        # Keras' own logger counts from 0.
        epochs = epochs + 1
    if not values:
        raise UserError(f"{dataset}: besides the epoch there is no column to show.")
    notes = []
    if not any(name.startswith(VALIDATION) for name in values):
        notes.append("no validation columns (val_…), so the curves tell nothing about samples that were not trained on")
    return History(title="Training history", epochs=epochs, values=values, notes=notes)


def _header(dataset: Dataset) -> list[str]:
    from dltools.tables import tsv
    from dltools.tables.columns import ALL_COLUMNS

    return of_header(tsv.open_table(dataset, True, ALL_COLUMNS).names)


def _read(dataset: Dataset, wanted: list[str]) -> dict[str, np.ndarray]:
    chosen = tables.Columns("by_header_name", tuple(dict.fromkeys(wanted)))
    table = tables.read_numbers(dataset, True, chosen, dtype=np.float64)
    return dict(zip(of_header(table.names), table.values.T, strict=True))


@dataclasses.dataclass(eq=False, kw_only=True)
class History(Display):
    """Loss and metrics of each epoch.

    `values` maps the history's names to float64 (epochs,); those of the validation set begin with ``val_``.
    `first_stage` is the last epoch before a second stage, or None where there is one stage.
    After `plot`, `axes_` is a list of one axes a metric, and `lines_` maps names to lines.
    """

    epochs: np.ndarray
    values: dict[str, np.ndarray]
    first_stage: int | None = None

    @property
    def metrics(self) -> list[str]:
        """Names without ``val_``, loss first."""
        names = list(dict.fromkeys(name.removeprefix(VALIDATION) for name in self.values))
        return sorted(names, key=lambda name: name != "loss")[:MAX_PANELS]

    def plot(self, ax: "Sequence[Axes] | None" = None) -> Self:
        """Draw one panel a metric; on `ax`, as many axes, or on a new figure."""
        metrics = self.metrics
        self.axes_ = self.panels_of(ax, len(metrics), 2, (5.2, 3.8))
        self.lines_: dict = {}
        for panel, metric in zip(self.axes_, metrics, strict=True):
            self._draw(panel, metric)
        self.set_figure_title(self.axes_[0])
        return self

    def _draw(self, panel: "Axes", metric: str) -> None:
        from matplotlib.ticker import MaxNLocator

        looks = ((metric, "training", PALETTE[0], "-"), (VALIDATION + metric, "validation", PALETTE[1], "--"))
        # Many epochs need no marks; a single one shows nothing else.
        marker = "o" if len(self.epochs) <= 30 else None
        for name, label, color, dashes in looks:
            if name in self.values:
                (self.lines_[name],) = panel.plot(
                    self.epochs,
                    self.values[name],
                    label=label,
                    color=color,
                    linestyle=dashes,
                    marker=marker,
                    markersize=3.5,
                )
        if self.first_stage is not None:
            panel.axvline(
                self.first_stage + 0.5, color="0.35", linestyle=":", linewidth=1.3, label="second stage begins"
            )
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_xlabel("Epoch")
        panel.set_ylabel(shortened(metric), parse_math=False)
        tidy(panel)
        add_legend(panel)

    def table(self) -> tuple[list[str], list]:
        """Return the history as it is shown."""
        return ["epoch", *self.values], [self.epochs.astype(np.int64), *self.values.values()]

    def summary(self) -> str:
        """Say where training ended and where the validation loss was lowest."""
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.values.items())
        watched = self.values.get("val_loss")
        best = (
            ""
            if watched is None
            else f"; lowest val_loss {watched.min():.4g} in epoch {self.epochs[watched.argmin()]:.0f}"
        )
        return f"{len(self.epochs)} epochs, the last with {last}{best}"


def _cross_validated(values: dict[str, np.ndarray], dataset: Dataset, with_errors: bool) -> "LearningCurve":
    missing = [mean for _, mean, _ in CROSS_VALIDATED if mean not in values]
    if missing:
        raise UserError(f"{dataset}: a cross-validated learning curve needs the columns {listed(missing)} too.")
    absent = [std for _, _, std in CROSS_VALIDATED if std not in values]
    if with_errors and absent:
        raise UserError(
            f"Whether to plot standard error bar: {dataset} lacks the columns {listed(absent)} that it needs."
        )
    order = np.argsort(values[SIZES], kind="stable")
    return LearningCurve(
        title="Learning curve",
        sizes=values[SIZES][order],
        means={label: values[mean][order] for label, mean, _ in CROSS_VALIDATED},
        deviations={label: values[std][order] for label, _, std in CROSS_VALIDATED} if with_errors else None,
    )


@dataclasses.dataclass(eq=False, kw_only=True)
class LearningCurve(Display):
    """Mean scores, float64 (sizes,), in training and cross-validation for each number of samples.

    `deviations` holds the standard deviations over the folds, or is None. After `plot`, `lines_` maps names to lines
    and `bands_` to what shows the deviations.
    """

    sizes: np.ndarray
    means: dict[str, np.ndarray]
    deviations: dict[str, np.ndarray] | None

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw both curves on `ax` or on a new figure."""
        if ax is None:
            ax = self.new_axes((7, 5))
        self.axes_, self.lines_, self.bands_ = ax, {}, {}
        for (label, mean), look in zip(self.means.items(), ((PALETTE[0], "-"), (PALETTE[1], "--")), strict=True):
            color, dashes = look
            (self.lines_[label],) = ax.plot(
                self.sizes, mean, color=color, linestyle=dashes, marker="o", markersize=4, label=label
            )
            if self.deviations:
                self.bands_[label] = ax.errorbar(
                    self.sizes, mean, self.deviations[label], fmt="none", ecolor=color, capsize=3, elinewidth=1
                )
        ax.set_xlabel("Number of training samples")
        ax.set_ylabel("Score" + (" ± standard deviation" if self.deviations else ""))
        self.set_title(ax)
        tidy(ax)
        add_legend(ax)
        return self

    def table(self) -> tuple[list[str], list]:
        """Return one line a number of samples."""
        return [SIZES, *(f"{k} mean" for k in self.means)], [self.sizes.astype(np.int64), *self.means.values()]

    def summary(self) -> str:
        """Say the scores with all samples."""
        last = ", ".join(f"{label} {values[-1]:.4f}" for label, values in self.means.items())
        return f"with {self.sizes[-1]:.0f} samples: {last}"
