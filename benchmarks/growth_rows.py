"""The rows of how costs grow: with rows, with columns, with folds."""

import functools

from benchmarks import bare_imports, networks, steps
from benchmarks.figures import growth as fitted
from benchmarks.figures import time_ratio
from benchmarks.processes import Failed, Measured
from benchmarks.suite_rows import Found
from benchmarks.workshop import Workshop, interleaved

_BATCH = 500
_FOLDS_BATCH = 100
_TIMES = (1, 2, 4, 8)
_FOLDS = 5
# Next to nothing, in every class.
_FEW_ROWS = 300


def growth(shop: Workshop) -> Found:
    """Training on tables with more and more rows, or columns, less what it takes on next to none."""
    settings = shop.settings
    rows, columns = settings["growth_rows"], settings["growth_columns"]
    sizes = {"tiny": (_FEW_ROWS, columns)}
    sizes |= {f"rows {times}": (rows * times, columns) for times in _TIMES}
    sizes |= {f"columns {times}": (rows, columns * times) for times in _TIMES if times > 1}

    def train(rows: int, columns: int) -> Measured:
        folder = shop.place(f"network-{columns}")
        made = shop.tables("patterns", rows=rows, columns=columns)
        training = steps.Training(samples=made / "X", target=made / "y", seed=settings["seed"])
        return shop.step(training.step(folder), folder)

    for columns in {columns for _, columns in sizes.values()}:
        shop.built(f"network-{columns}", networks.dense(columns), 1, _BATCH)
    runs = {name: functools.partial(train, *size) for name, size in sizes.items()}
    found = interleaved(shop.repeats, runs)
    found["columns 1"] = found["rows 1"]
    untold = []
    for by in ("rows", "columns"):
        for name, kind, unit in ((f"{by}_time", "cpu", "s"), (f"{by}_memory", "memory", "MB")):
            taken = {times: [getattr(run, kind) for run in found[f"{by} {times}"]] for times in _TIMES}
            try:
                yield fitted(name, taken, [getattr(run, kind) for run in found["tiny"]], unit)
            except ValueError as error:
                untold.append(f"{name}: {error}")
    if untold:
        raise Failed("; ".join(untold))


def folds(shop: Workshop) -> Found:
    """Five folds beside five trainings with as many training rows, without any output of a model."""
    settings = shop.settings
    columns = settings["folds_columns"]
    made = shop.tables("patterns", rows=settings["folds_rows"], columns=columns)
    folder = shop.built("folds", networks.dense(columns), settings["folds_epochs"], _FOLDS_BATCH)

    def train(folds: int) -> float:
        training = steps.Training(
            samples=made / "X", target=made / "y", seed=settings["seed"], folds=folds, tested=not folds
        )
        return shop.step(training.step(folder), folder).wall

    runs = {
        "imports": lambda: shop.bare(bare_imports.TRAINING).wall,
        "one": lambda: train(0),
        "folds": lambda: train(_FOLDS),
    }
    found = interleaved(shop.repeats, runs)
    # Each from the same turn, but for the figure that counts, which is of the least of each.
    yardstick = [
        _FOLDS * one - (_FOLDS - 1) * imports for one, imports in zip(found["one"], found["imports"], strict=True)
    ]
    yield time_ratio("wall", found["folds"], yardstick)
