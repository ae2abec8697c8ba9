"""Runs put in order: those that differ in their seed or fold alone together, the best first, what is no number last."""

import dataclasses
import math
import re
from collections.abc import Sequence
from typing import Self

import numpy as np

from dltools.plots.run_tables import SEED, Run, Setting

# What a sweep adds to the names of repetitions.
_REPETITION = re.compile(r"_?(random_seed-\d+|fold-\d+)")
_MANY = 100
_NO_SPREAD = (math.nan, math.nan)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs of the same settings.

    Attributes:
        name: of the run, or what the names of its runs have in common.
        runs: those with scores.
        missing: names of those without.
        settings: what varies between groups.
    """

    name: str
    runs: tuple[Run, ...]
    missing: tuple[str, ...]
    settings: dict[str, Setting]

    def values(self, column: str) -> np.ndarray:
        """Return a score of each run, float64 (runs,); nan where a run has none."""
        return np.asarray([run.scores.get(column, math.nan) for run in self.runs], float)

    def spread(self, column: str) -> tuple[float, float]:
        """Return mean and sample standard deviation of a score, nan where there is none.

        One run that has no number makes the mean none: its settings cannot be relied on. A single run has the standard
        deviation that a cross-validation wrote beside its mean.
        """
        values = self.values(column)
        if not len(values):
            return _NO_SPREAD
        if len(values) == 1:
            return float(values[0]), self.runs[0].scores.get(f"{column}_std", math.nan)
        return float(values.mean()), float(values.std(ddof=1))

    def best(self, column: str, more: bool) -> Run:
        """Return the run of the best score; of several, the first."""
        values = self.values(column) * (1 if more else -1)
        return self.runs[int(np.nanargmax(values))]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Groups in order.

    Attributes:
        groups: the best first; those whose score is no number, or that have no run with scores, last.
        ranks: 1 for the best; equal scores share one. None without a score.
        varied: names of the settings that vary between runs, but for the seed.
    """

    groups: tuple[Group, ...]
    ranks: tuple[int | None, ...]
    varied: tuple[str, ...]

    @classmethod
    def of(cls, runs: Sequence[Run], column: str, more: bool) -> Self:
        """Put runs in order by a score.

        Parameters:
            more: whether more of it is better.
        """
        varied = _varied(runs)
        found = _groups(runs, varied)

        def key(group: Group) -> tuple[bool, float]:
            mean = group.spread(column)[0]
            return math.isnan(mean), -mean if more else mean

        # Sorting keeps the order of the names between equal ones.
        ordered = sorted(found, key=lambda group: (key(group)[0], 0.0 if key(group)[0] else key(group)[1]))
        means = [group.spread(column)[0] for group in ordered]
        ranks = [None if math.isnan(mean) else means.index(mean) + 1 for mean in means]
        return cls(groups=tuple(ordered), ranks=tuple(ranks), varied=varied)

    @property
    def ranked(self) -> list[Group]:
        """The groups that have a score, the best first."""
        return [group for group, rank in zip(self.groups, self.ranks, strict=True) if rank is not None]

    @property
    def repeated(self) -> bool:
        """Whether any settings were tried more than once."""
        return any(len(group.runs) + len(group.missing) > 1 for group in self.groups)


def _varied(runs: Sequence[Run]) -> tuple[str, ...]:
    known = [run.settings.values for run in runs if run.settings is not None]
    names = dict.fromkeys(name for values in known for name in values)
    return tuple(name for name in names if name != SEED and len({values.get(name) for values in known}) > 1)


def _groups(runs: Sequence[Run], varied: Sequence[str]) -> list[Group]:
    together: dict[str, list[Run]] = {}
    for run in runs:
        # A run whose builder is not known stands alone.
        together.setdefault(run.settings.twin if run.settings else f"name {run.name}", []).append(run)
    return [_group(found, varied) for found in together.values()]


def _group(runs: list[Run], varied: Sequence[str]) -> Group:
    settings = runs[0].settings
    return Group(
        name=_common_name([run.name for run in runs]),
        runs=tuple(run for run in runs if run.scores),
        missing=tuple(run.name for run in runs if not run.scores),
        settings={} if settings is None else {name: settings.values.get(name, "") for name in varied},
    )


def _common_name(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    shared = {_REPETITION.sub("", name).strip("_") for name in names}
    found = shared.pop() if len(shared) == 1 else ""
    return found or f"{names[0]} and {len(names) - 1} more"


def is_wide(values: Sequence[float]) -> bool:
    """Tell whether numbers are of such different sizes that only a logarithmic scale shows all."""
    return min(values) > 0 and max(values) / min(values) >= _MANY
