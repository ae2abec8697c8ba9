"""Runs side by side, as of a sweep: which settings are best, and how sure that is."""

import dataclasses
import math
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, quoted
from dltools.forms import kinds, parameters
from dltools.plots import run_notes, run_tables
from dltools.plots.drawing import PALETTE, Display, add_legend, name_ticks, shortened, tidy
from dltools.plots.run_choice import AUTOMATIC, DIRECTIONS, Choice
from dltools.plots.run_groups import Group, Order, is_wide
from dltools.plots.run_tables import Run, Setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_NAMED, MAX_SETTINGS, MAX_RUNS = 25, 5, 2000
_MAX_TICKS = 8
_CHOSEN, _BESIDE, _BEST = PALETTE[0], PALETTE[4], PALETTE[1]


@dataclasses.dataclass(eq=False, kw_only=True)
class RunComparison(Display):
    """Runs in order, grouped where they differ in their seed or fold alone.

    After `plot`, `axes_` are the axes: of the best groups by name, then one for each setting that varies; `points_`
    are the points of each.
    """

    order: Order
    choice: Choice

    def plot(self, ax: "list[Axes] | None" = None) -> Self:
        """Draw on `ax`, as many axes as there are panels, or on a new figure."""
        settings = self.order.varied[:MAX_SETTINGS]
        named = min(MAX_NAMED, len(self.order.ranked))
        self.axes_ = self.panels_of(ax, 1 + len(settings), 2, (6.4, max(3.6, 0.26 * named + 1.4)), least=6)
        self.points_: list = []
        self._draw_order(self.axes_[0])
        for panel, name in zip(self.axes_[1:], settings, strict=True):
            self._draw_setting(panel, name)
        self.set_figure_title(self.axes_[0])
        return self

    def _draw_order(self, ax: "Axes") -> None:
        groups = self.order.ranked[:MAX_NAMED]
        at = np.arange(len(groups), dtype=float)
        means, deviations = self._spreads(groups, self.choice.column)
        _whiskers(ax, means, deviations, at, lying=True)
        self.points_.append(ax.plot(means, at, "o", color=_CHOSEN, label=self.choice.column)[0])
        if self.choice.beside:
            beside = self._spreads(groups, self.choice.beside)[0]
            ax.plot(beside, at, "s", color=_BESIDE, markerfacecolor="none", label=self.choice.beside)
        ax.plot(means[:1], at[:1], "D", color=_BEST, markersize=8, label="best")
        name_ticks(ax.yaxis, at, [self._label(group) for group in groups])
        if self.order.varied:
            ax.set_ylabel(shortened(", ".join(self.order.varied), 60), parse_math=False)
        ax.set_ylim(len(groups) - 0.5, -0.5)
        ax.set_xlabel(f"{shortened(self.choice.column, 40)} ({self._direction})", parse_math=False)
        add_legend(ax, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        tidy(ax, "x")

    def _draw_setting(self, ax: "Axes", name: str) -> None:
        groups = [group for group in self.order.ranked if group.settings]
        values = [group.settings[name] for group in groups]
        at, ticks, labels = _scale(values)
        means, deviations = self._spreads(groups, self.choice.column)
        _whiskers(ax, at, deviations, means, lying=False)
        self.points_.append(ax.plot(at, means, "o", color=_CHOSEN)[0])
        if groups and groups[0] is self.best:
            ax.plot(at[:1], means[:1], "D", color=_BEST, markersize=8)
        name_ticks(ax.xaxis, ticks, labels, rotation=30 if max(map(len, labels), default=0) > 6 else 0)
        ax.set_xlabel(shortened(name, 40), parse_math=False)
        ax.set_ylabel(shortened(self.choice.column, 40), parse_math=False)
        ax.margins(x=0.08)
        tidy(ax)

    def _spreads(self, groups: list[Group], column: str) -> tuple[np.ndarray, np.ndarray]:
        found = np.asarray([group.spread(column) for group in groups], float).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def _label(self, group: Group) -> str:
        """Return what an axis calls a group: the values that vary, where they are known, and how many runs it has."""
        values = ", ".join(_text(group.settings[name]) for name in self.order.varied) if group.settings else ""
        return _with_count(values or group.name, len(group.runs))

    @property
    def _direction(self) -> str:
        return "more is better" if self.choice.more else "less is better"

    @property
    def best(self) -> Group:
        """The group of the best score."""
        return self.order.ranked[0]

    def table(self) -> tuple[list[str], list]:
        """Return a line for each group, the best first, with the mean and the standard deviation of each score."""
        groups = self.order.groups
        header = ["rank", "run", "runs", "runs_without_scores"]
        columns: list = [
            ["" if rank is None else str(rank) for rank in self.order.ranks],
            [group.name for group in groups],
            np.asarray([len(group.runs) for group in groups]),
            np.asarray([len(group.missing) for group in groups]),
        ]
        for name in self.order.varied:
            header.append(name)
            columns.append([_text(group.settings.get(name, "")) for group in groups])
        chosen = [self.choice.column, *([self.choice.beside] if self.choice.beside else []), *self.choice.others]
        for name in chosen:
            means, deviations = self._spreads(list(groups), name)
            header += [name, f"{name}_std"]
            columns += [means.astype(np.float32), deviations.astype(np.float32)]
        for name in ("epochs", "seconds"):
            spent = np.asarray([np.mean([getattr(run, name) for run in group.runs] or [math.nan]) for group in groups])
            if not np.isnan(spent).all():
                header.append(name)
                columns.append(spent.astype(np.float32))
        header.append("best_run")
        columns.append([self._best_run(group) for group in groups])
        return header, columns

    def _best_run(self, group: Group) -> str:
        if math.isnan(group.spread(self.choice.column)[0]):
            return ""
        return group.best(self.choice.column, self.choice.more).name

    def summary(self) -> str:
        """Say which is best, and its test score."""
        best = self.best
        said = f"Best of {len(self.order.ranked)} by {self.choice.column} ({self._direction}): {best.name}, "
        said += f"{self.choice.column} {_spread(best, self.choice.column)}"
        if self.choice.beside:
            said += f", {self.choice.beside} {_spread(best, self.choice.beside)}"
        if len(best.runs) > 1:
            said += f" (mean of {len(best.runs)} runs, ± standard deviation; the best of them: {self._best_run(best)})"
        return f"{said}."


def comparison(runs: list[Run], choice: Choice) -> RunComparison:
    """Return the display of runs, with notes on what a reader must know.

    Raises:
        UserError: no run has the score.
    """
    order = Order.of(runs, choice.column, choice.more)
    if not order.ranked:
        raise UserError(f"Score to choose by: {quoted(choice.column)} is no number in any run.")
    return RunComparison(
        title="Comparison of runs",
        order=order,
        choice=choice,
        notes=[*run_notes.notes(runs, order, choice), *_not_drawn(order)],
    )


def _not_drawn(order: Order) -> list[str]:
    """Say what the figure has no room for."""
    shown = (("names, the best,", len(order.ranked), MAX_NAMED), ("settings", len(order.varied), MAX_SETTINGS))
    return [
        f"The figure shows {most} {what} of {count}; the table has all." for what, count, most in shown if count > most
    ]


def _with_count(name: str, count: int) -> str:
    return f"{shortened(name, 19)} ({count})" if count > 1 else name


def _spread(group: Group, column: str) -> str:
    mean, deviation = group.spread(column)
    return f"{mean:.4g}" if math.isnan(deviation) else f"{mean:.4g} ± {deviation:.2g}"


def _text(value: Setting) -> str:
    return value if isinstance(value, str) else f"{value:g}" if abs(value) < 1e6 else repr(value)


def _whiskers(ax: "Axes", x: np.ndarray, deviations: np.ndarray, y: np.ndarray, lying: bool) -> None:
    """Draw the standard deviations around points, as one line with gaps."""
    gap = np.full(len(x), math.nan)
    along, across = (x, y) if lying else (y, x)
    ends = np.column_stack([along - deviations, along + deviations, gap]).ravel()
    places = np.column_stack([across, across, gap]).ravel()
    ax.plot(*((ends, places) if lying else (places, ends)), "-", color=_CHOSEN, linewidth=1, alpha=0.7)


def _scale(values: list[Setting]) -> tuple[np.ndarray, list[float], list[str]]:
    """Return where values stand on an axis, and its ticks with their names: a number, its size, or a word."""
    numbers = [value for value in values if isinstance(value, float)]
    if len(numbers) < len(values):
        words = sorted({_text(value) for value in values})
        return (
            np.asarray([float(words.index(_text(value))) for value in values]),
            [*map(float, range(len(words)))],
            words,
        )
    at = np.log10(numbers) if is_wide(numbers) else np.asarray(numbers, float)
    pairs = dict(sorted(zip(at.tolist(), map(_text, numbers), strict=True)))
    shown = list(pairs)[:: -(-len(pairs) // _MAX_TICKS)]
    return at, shown, [pairs[place] for place in shown]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunsRequest:
    """The scores of runs, and what else is known of them.

    `builders` and `histories` are matched by their names; () for none. `score` is typed, or "" for the usual one;
    `direction` is one of `run_choice.DIRECTIONS`.
    """

    scores: tuple[Dataset, ...]
    builders: tuple[Dataset, ...] = ()
    histories: tuple[Dataset, ...] = ()
    score: str = ""
    direction: str = AUTOMATIC

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        further = parameters.with_further(form, "run_details")
        scores = parameters.datasets(form.get("infile_scores"), "Scores of the runs")
        if not scores:
            raise UserError("Scores of the runs: no dataset was chosen.")
        if len(scores) > MAX_RUNS:
            raise UserError(f"Scores of the runs: at most {MAX_RUNS:,} are compared. Received {len(scores):,}.")
        return cls(
            scores=scores,
            builders=parameters.datasets(further.get("infile_builders"), "Builders of the runs"),
            histories=parameters.datasets(further.get("infile_histories"), "Training histories of the runs"),
            score=str(form.get("score") or "").strip(),
            direction=kinds.Choice(DIRECTIONS).read(form.get("better") or AUTOMATIC, "What is better"),
        )

    def display(self) -> RunComparison:
        """Read the runs and put them in order.

        Raises:
            UserError: a file that is no good, or no score to compare by.
        """
        runs = run_tables.read(self.scores, self.builders, self.histories)
        return comparison(runs, Choice.of(runs, self.score, self.direction))
