"""Measure how much memory each step takes with more and more input, for whoever grants memory to jobs.

    python -m benchmarks.grants               # some 10 minutes on 2 cores
    python -m benchmarks.grants --times 1 2   # fewer sizes

For each step: its peaks of resident memory at 1, 2, 4 and 8 times the least size, and the straight line that fits them
best. The figures of `deployment/slurm/tpv.yml` follow from it. Nothing is granted in these runs (GALAXY_MEMORY_MB), so
that every step keeps in memory what it would like to; a training to which less is granted keeps samples on disk.
"""

import argparse
import dataclasses
import functools
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import networks, settings, steps
from benchmarks.networks import Network
from benchmarks.processes import MB
from benchmarks.steps import Step
from benchmarks.suite_rows import Tables
from benchmarks.workshop import Workshop

GIB = 2**30
_BATCH = 500
_TIMES = (1, 2, 4, 8)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a step took: its input in GiB, and its peak of resident memory in GiB."""

    size: float
    peak: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A step with more and more input.

    Attributes:
        words: which step, on what.
        rows: of the least input.
        measured: runs the step on so many rows.
    """

    words: str
    rows: int
    measured: Callable[[int], Point]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grants", description=__doc__.splitlines()[0])
    parser.add_argument("--times", nargs="+", type=int, default=_TIMES, metavar="N", help="multiples of the least size")
    parser.add_argument("--divide", type=int, default=1, metavar="N", help="sizes by N, to see that the program works")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        shop = Workshop(settings.read([]), folder, folder / "shared")
        for series in _all(shop):
            points = [series.measured(series.rows // given.divide * times) for times in given.times]
            print(line(series.words, points), flush=True)


def line(words: str, points: Sequence[Point]) -> str:
    """Return what was found of a step: sizes and peaks in MiB, then the best straight line, GiB for GiB."""
    found = ", ".join(f"{1024 * point.size:,.1f}: {1024 * point.peak:,.0f}" for point in points)
    sizes, peaks = [point.size for point in points], [point.peak for point in points]
    if len(set(sizes)) == 1:
        return f"{words:45}{max(peaks):5.2f} GiB whatever the input   (MiB: {found})"
    fit = statistics.linear_regression(sizes, peaks)
    return f"{words:45}{fit.intercept:5.2f} GiB + {fit.slope:5.1f} x input   (MiB: {found})"


def _all(shop: Workshop) -> tuple[Series, ...]:
    dense, cnn = networks.dense(networks.PIXELS), networks.CNN
    return (
        Series(words="to_categorical", rows=1_000_000, measured=functools.partial(_categorical, shop)),
        Series(words="model_config, the tutorial's", rows=1, measured=functools.partial(_design, shop, False)),
        Series(words="model_builder, the tutorial's", rows=1, measured=functools.partial(_design, shop, True)),
        Series(words="train_and_eval, dense network", rows=25_000, measured=functools.partial(_train, shop, dense)),
        Series(words="train_and_eval, the tutorial's", rows=2_500, measured=functools.partial(_train, shop, cnn)),
        Series(words="model_prediction, the tutorial's", rows=10_000, measured=functools.partial(_predict, shop)),
        Series(words="ml_visualization, confusion matrix", rows=1_000_000, measured=functools.partial(_draw, shop)),
    )  # fmt: skip


def _categorical(shop: Workshop, rows: int) -> Point:
    labels = _labels(shop, rows)
    return _point(shop, steps.to_categorical(labels), shop.place("categorical"), labels)


def _design(shop: Workshop, build: bool, _rows: int) -> Point:
    folder = shop.place("design")
    design = _point(shop, steps.model_config(networks.CNN), folder)
    if not build:
        return design
    return _point(shop, steps.model_builder(folder, 1, _BATCH, shop.settings["seed"]), folder, folder / "model.json")


def _train(shop: Workshop, network: Network, rows: int) -> Point:
    made = shop.tables("patterns", rows=rows, columns=networks.PIXELS)
    folder = shop.built(f"network-{len(network.layers)}", network, 1, _BATCH)
    training = steps.Training(
        samples=made / "X",
        target=made / "y",
        seed=shop.settings["seed"],
        outputs={"outfile-object": "model.h5mlm", "outfile-architecture": "layers", "outfile-history": "history"},
    )
    return _point(shop, training.step(folder), folder, made / "X", made / "y", folder / "builder.zip")


def _predict(shop: Workshop, rows: int) -> Point:
    tables = Tables.of(shop.tables("tutorial", rows=500, test_rows=rows))
    folder = shop.built("trained", networks.CNN, 1, _BATCH)
    outputs = {"outfile-object": "model.h5mlm"}
    training = steps.Training(samples=tables.samples, target=tables.labels, seed=shop.settings["seed"], outputs=outputs)
    if not (folder / "model.h5mlm").exists():
        shop.step(training.step(folder), folder)
    step = steps.model_prediction(folder, tables.new_samples)
    return _point(shop, step, folder, tables.new_samples, folder / "model.h5mlm")


def _draw(shop: Workshop, rows: int) -> Point:
    labels, folder = _labels(shop, rows), shop.place("drawn")
    predicted = folder / "predicted"
    predicted.write_text(f"Predicted\n{labels.read_text(encoding='ascii')}", encoding="ascii")
    return _point(shop, steps.confusion_matrix(labels, predicted), folder, labels, predicted)


def _labels(shop: Workshop, rows: int) -> Path:
    """Return a table of so many classes."""
    return shop.tables("patterns", rows=rows, columns=1) / "y"


def _point(shop: Workshop, step: Step, folder: Path, *inputs: Path) -> Point:
    size = sum(path.stat().st_size for path in inputs)
    return Point(size=size / GIB, peak=shop.step(step, folder).memory * MB / GIB)


if __name__ == "__main__":
    main()
