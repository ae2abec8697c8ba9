"""The runs that are compared: their scores, and their settings and histories where these are given."""

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.model_files import builder, hyperparameters
from dltools.tables import tables
from dltools.tables.columns import of_header
from dltools.tables.table_faults import is_missing
from dltools.tables.tsv import is_number

# What makes no other setting: runs that differ in it alone are repetitions.
SEED = "random_seed"
_SHORT = "optimizer__"
Setting = float | str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a builder says of a run.

    Attributes:
        values: the hyperparameters by their names.
        twin: the same text for builders that differ in their seed and their fold alone.
        split_seed: of the splits that a sweep shares; None outside a sweep.
        fold: which fold the run was tested on; None for none.
    """

    values: Mapping[str, Setting]
    twin: str
    split_seed: int | None
    fold: int | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run.

    Attributes:
        name: the element's in its collection.
        scores: column -> score; nan where it is none. Empty for a run without scores, which failed.
        settings: None where its builder is not given.
        epochs, seconds: of its history; nan where that is not given.
    """

    name: str
    scores: Mapping[str, float]
    settings: Settings | None
    epochs: float = math.nan
    seconds: float = math.nan


def read(scores: Iterable[Dataset], builders: Iterable[Dataset], histories: Iterable[Dataset]) -> list[Run]:
    """Read the runs, matched by the names of the datasets; one that only a builder tells of has no scores.

    Raises:
        UserError: a table without scores, a file that is no builder.
    """
    found = {name: _scores(one) for name, one in _named(scores).items()}
    known = {name: _settings(one) for name, one in _named(builders).items()}
    spent = {name: _history(one) for name, one in _named(histories).items()}
    if known and not known.keys() & found.keys():
        raise UserError(
            f"The builders: none has the name of a run. The builders are called {listed(map(quoted, known), 3)}, the "
            f"scores {listed(map(quoted, found), 3)}. Choose the list of builders that the runs were made of."
        )
    runs = []
    for name in dict.fromkeys([*found, *known]):
        epochs, seconds = spent.get(name, (math.nan, math.nan))
        runs.append(
            Run(name=name, scores=found.get(name, {}), settings=known.get(name), epochs=epochs, seconds=seconds)
        )
    return runs


def _named(datasets: Iterable[Dataset]) -> dict[str, Dataset]:
    """Return the datasets by their names, of which later ones of the same name have a number."""
    found: dict[str, Dataset] = {}
    for one in datasets:
        name, number = one.name, 1
        while name in found:
            number += 1
            name = f"{one.name} ({number})"
        found[name] = one
    return found


def _scores(dataset: Dataset) -> dict[str, float]:
    if not Path(dataset.path).stat().st_size:
        return {}
    header, columns = _table(dataset)
    if len(columns[0]) != 1:
        raise UserError(
            f"{dataset}: must have one line of scores under a header, as 'Deep learning training and evaluation' "
            f"writes it. Received {len(columns[0])} lines."
        )
    return {name: _number(column[0], name, dataset) for name, column in zip(header, columns, strict=True)}


def _number(cell: str, name: str, dataset: Dataset) -> float:
    if is_number(cell):
        return float(cell)
    # What a training that diverged leaves.
    if is_missing(cell) or cell.strip().lower().lstrip("+-") in ("inf", "infinity"):
        return math.nan
    raise UserError(f"{dataset}: column {quoted(name)} must hold a number. Received: {quoted(cell)}.")


def _table(dataset: Dataset) -> tuple[list[str], list[np.ndarray]]:
    table = tables.read_text(dataset, True)
    return of_header(table.names), table.columns


def _history(dataset: Dataset) -> tuple[float, float]:
    """Return how many epochs a run had, and how many seconds they took; nan where the table does not tell."""
    if not Path(dataset.path).stat().st_size:
        return math.nan, math.nan
    header, columns = _table(dataset)
    seconds = dict(zip(header, columns, strict=True)).get("seconds")
    spent = math.nan if seconds is None else sum(_number(cell, "seconds", dataset) for cell in seconds)
    return float(len(columns[0])), spent


def _settings(dataset: Dataset) -> Settings:
    made = builder.read(dataset)
    alone = dataclasses.replace(made.training, random_seed=None, split=None)
    split = made.training.split
    return Settings(
        values={_short(name): _shown(value) for name, value in hyperparameters.values(made).items()},
        twin=json.dumps([made.architecture, alone.to_json()], sort_keys=True),
        split_seed=None if split is None else split.seed,
        fold=None if split is None else split.fold,
    )


def _short(name: str) -> str:
    return name.removeprefix(_SHORT)


def _shown(value: object) -> Setting:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value if isinstance(value, str) else json.dumps(value)
