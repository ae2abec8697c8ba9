"""Class balance: how many samples each class has, in one or several tables of labels."""

import dataclasses
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.errors import UserError
from dltools.plots import label_tables
from dltools.plots.drawing import HATCHES, PALETTE, Display, add_legend, name_ticks, shortened, tidy, visible
from dltools.tables import chosen, labels
from dltools.tables.chosen import ChosenTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL = "Select the dataset containing labels"
MAX_CLASSES = 60
MAX_CLASSES_AT_ALL = 1000


@dataclasses.dataclass(eq=False, kw_only=True)
class Balance(Display):
    """Numbers of samples.

    `counts` maps a table's name to int64 (classes,), in the order of `classes`. After `plot`, `bars_` maps tables
    to their bars, and `shown_` holds the positions of the classes shown.
    """

    classes: list[str]
    counts: dict[str, np.ndarray]

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw one bar a class and table on `ax` or on a new figure."""
        total = sum(self.counts.values())
        self.shown_ = np.arange(len(self.classes))
        if len(self.shown_) > MAX_CLASSES:
            self.shown_ = np.argsort(-total, kind="stable")[:MAX_CLASSES]
        at, thick = np.arange(len(self.shown_)), 0.8 / len(self.counts)
        if ax is None:
            ax = self.new_axes((8, 1.6 + max(2.0, (0.22 + 0.16 * len(self.counts)) * len(at))))
        self.axes_, self.bars_ = ax, {}
        for number, (name, counts) in enumerate(self.counts.items()):
            where = at - 0.4 + thick * (number + 0.5)
            self.bars_[name] = ax.barh(
                where,
                counts[self.shown_],
                height=thick * 0.94,
                color=PALETTE[number % len(PALETTE)],
                hatch=HATCHES[number % len(HATCHES)],
                edgecolor="white",
                linewidth=0,
                label=visible(shortened(name, 40)),
            )
            shares = counts / max(1, counts.sum())
            labels = [f"{counts[i]} ({100 * shares[i]:.1f} %)" for i in self.shown_]
            ax.bar_label(self.bars_[name], labels, padding=3, fontsize="x-small")
        name_ticks(ax.yaxis, at, [self.classes[i] for i in self.shown_])
        ax.set_ylim(len(at) - 0.5, -0.5)
        ax.set_xlabel("Number of samples")
        ax.set_ylabel("Class")
        ax.margins(x=0.16)
        self.set_title(ax)
        tidy(ax, "x")
        if len(self.counts) > 1:
            add_legend(ax, loc="upper left", bbox_to_anchor=(1, 1))
        return self

    def table(self) -> tuple[list[str], list]:
        """Return one line a class."""
        return ["class", *self.counts], [self.classes, *self.counts.values()]

    def summary(self) -> str:
        """Say for each table the smallest and the largest class."""
        return "; ".join(self._extremes(name, counts) for name, counts in self.counts.items())

    def _extremes(self, name: str, counts: np.ndarray) -> str:
        least, most = int(counts.argmin()), int(counts.argmax())
        return (
            f"{name}: {counts.sum()} samples, {len(self.classes)} classes, fewest {counts[least]} of "
            f"{self.classes[least]}, most {counts[most]} of {self.classes[most]}"
        )


@dataclasses.dataclass(frozen=True, slots=True)
class NamedTable:
    """A table of labels, and what to call it."""

    name: str
    table: ChosenTable


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRequest:
    """The classes of one table of labels or several."""

    tables: tuple[NamedTable, ...]

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        found = []
        for entry in form.get("label_tables") or []:
            table = chosen.read(entry, _LABEL, "infile1", "header1", "column_selector_options")
            found.append(NamedTable(str(entry.get("name") or "").strip() or table.dataset.name, table))
        if not found:
            raise UserError(f"{_LABEL}: no dataset was chosen.")
        return cls(tables=tuple(found))

    def display(self) -> Balance:
        """Count the labels of each table.

        Raises:
            UserError: a table holds no labels, or there are too many classes.
        """
        found = [label_tables.read(entry.table) for entry in self.tables]
        counts, classes = _counted([entry.name for entry in self.tables], found)
        return Balance(title="Number of samples of each class", counts=counts, classes=classes)


def _counted(names: list[str], found: list[label_tables.Labels]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return what `Balance` takes: the counts of each table, and the names of the classes."""
    every = labels.classes(*(table.values for table in found), *(table.classes or () for table in found))
    if len(every.names) > MAX_CLASSES_AT_ALL:
        raise UserError(
            f"There are {len(every.names)} different labels. This plot counts at most {MAX_CLASSES_AT_ALL} classes: "
            "choose the column with the class labels."
        )
    counts: dict[str, np.ndarray] = {}
    for name, table in zip(names, found, strict=True):
        while name in counts:
            name += "'"
        counts[name] = np.bincount(every.codes(table.values), minlength=len(every.names))
    return counts, every.names
