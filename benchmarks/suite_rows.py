"""The rows of all six steps: beside plain Keras, and on a small table; and of fit alone."""

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import bare_imports, networks, steps
from benchmarks.figures import Figure, LeftOut, Note, memory_ratio, time_ratio
from benchmarks.networks import Network
from benchmarks.processes import Measured
from benchmarks.workshop import Workshop, interleaved

_BATCH = 500
_SMALL_BATCH = 32
_PROCESSOR = Path("/proc/cpuinfo")
_BFLOAT16 = ("amx_bf16", "avx512_bf16")
_NO_BFLOAT16 = f"this processor has neither {' nor '.join(_BFLOAT16)}"
Found = Iterator[Figure | LeftOut | Note]
Suite = dict[str, Measured]


@dataclasses.dataclass(frozen=True, slots=True)
class Tables:
    """The four tables of the tutorial, or others that stand for them."""

    samples: Path
    labels: Path
    new_samples: Path
    new_labels: Path

    @classmethod
    def of(cls, folder: Path) -> "Tables":
        """Return those in a folder."""
        return cls(*(folder / name for name in ("X_train", "y_train", "X_test", "y_test")))


def tutorial(shop: Workshop) -> Found:
    """The tutorial beside plain Keras, in float32."""
    plains, suites = _beside_plain(shop, steps.FLOAT32)
    yield from _times(plains, suites)
    names = list(suites[0])
    peaks = [[suite[name].memory for name in names] for suite in suites]
    training = [suite["train_and_eval"].memory for suite in suites]
    ratio = memory_ratio("memory", training, [plain.memory for plain in plains])
    yield _with(ratio, _by_step(names, peaks))
    yield Note(_accuracies(shop, plains))


def tutorial_automatic(shop: Workshop) -> Found:
    """The tutorial in automatic precision beside plain Keras in float32, where the processor has bfloat16."""
    if not computes_in_bfloat16():
        yield from (LeftOut(name, _NO_BFLOAT16) for name in ("cpu", "wall"))
        return
    plains, suites = _beside_plain(shop, steps.AUTOMATIC)
    yield from _times(plains, suites)
    yield Note(_accuracies(shop, plains))


def fit(shop: Workshop) -> Found:
    """The seconds of all epochs beside plain fit's."""
    settings, tables = shop.settings, Tables.of(shop.tutorial())
    folder = shop.built("fit", networks.CNN, settings["epochs"], _BATCH)
    shop.step(steps.to_categorical(tables.labels), folder)

    def epochs(precision: str) -> float:
        training = steps.Training(
            samples=tables.samples,
            target=folder / "one_hot",
            seed=settings["seed"],
            precision=precision,
            outputs={"outfile-history": "history"},
        )
        shop.step(training.step(folder), folder)
        return epoch_seconds(folder / "history")

    able = computes_in_bfloat16()
    precisions = [steps.FLOAT32, steps.AUTOMATIC] if able else [steps.FLOAT32]
    runs: dict[str, Callable[[], float]] = {"plain": lambda: float(told(_plain(shop))["fit_seconds"])}
    runs |= {precision: functools.partial(epochs, precision) for precision in precisions}
    found = interleaved(shop.repeats, runs)
    yield from (time_ratio(precision, found[precision], found["plain"]) for precision in precisions)
    if not able:
        yield LeftOut(steps.AUTOMATIC, _NO_BFLOAT16)


def small(shop: Workshop) -> Found:
    """The six steps on a small table, each of them right after the imports that it is compared with."""
    settings = shop.settings
    made = shop.tables("patterns", rows=settings["small_rows"], columns=settings["small_columns"])
    tables = Tables(made / "X", made / "y", made / "X", made / "y")
    network = networks.dense(settings["small_columns"])
    folder = shop.place("small")
    chain = _chain(folder, tables, network, settings["small_epochs"], _SMALL_BATCH, settings["seed"])
    suites: list[list[float]] = []
    imports: list[list[float]] = []
    floors: list[list[float]] = []
    for _ in range(shop.repeats):
        imports.append([])
        floors.append([])
        suites.append([])
        for step in chain:
            imports[-1].append(shop.bare(bare_imports.KERAS).wall)
            floors[-1].append(shop.bare(bare_imports.FLOORS[step.script]).wall)
            suites[-1].append(shop.step(step, folder).wall)
    sums = [[sum(run) for run in runs] for runs in (suites, imports, floors)]
    names = [step.script for step in chain]
    for name, yardstick, every in (("wall", sums[1], imports), ("floor", sums[2], floors)):
        singles = _by_step(names, suites) | _by_step(names, every, ", yardstick")
        yield _with(time_ratio(name, sums[0], yardstick), singles)


def _beside_plain(shop: Workshop, precision: str) -> tuple[list[Measured], list[Suite]]:
    """Run plain Keras and the six steps in turn; return what each took."""
    settings, folder = shop.settings, shop.place("steps")
    arguments = (settings["epochs"], _BATCH, settings["seed"], precision)
    chain = _chain(folder, Tables.of(shop.tutorial()), networks.CNN, *arguments)
    plains: list[Measured] = []
    suites: list[Suite] = []
    runs: dict[str, Callable[[], None]] = {
        "plain": lambda: plains.append(_plain(shop)),
        "suite": lambda: suites.append({step.script: shop.step(step, folder) for step in chain}),
    }
    interleaved(shop.repeats, runs)
    return plains, suites


def _chain(
    folder: Path,
    tables: Tables,
    network: Network,
    epochs: int,
    batch: int,
    seed: int,
    precision: str = steps.FLOAT32,
) -> list[steps.Step]:
    """Return the six steps, each of which takes from `folder` what those before wrote there."""
    training = steps.Training(
        samples=tables.samples,
        target=folder / "one_hot",
        seed=seed,
        precision=precision,
        outputs={"outfile-object": "model.h5mlm", "outfile-architecture": "layers"},
    )
    return [
        steps.to_categorical(tables.labels),
        steps.model_config(network),
        steps.model_builder(folder, epochs, batch, seed),
        training.step(folder),
        steps.model_prediction(folder, tables.new_samples),
        steps.confusion_matrix(tables.new_labels, folder / "predicted"),
    ]


def _plain(shop: Workshop) -> Measured:
    """Run the plain Keras script."""
    epochs, seed = shop.settings["epochs"], shop.settings["seed"]
    return shop.script("plain_keras", shop.tutorial(), "--epochs", epochs, "--seed", seed)


def told(plain: Measured) -> dict[str, float]:
    """Return what the plain Keras script reports."""
    return json.loads(plain.output.splitlines()[-1])


def _times(plains: Sequence[Measured], suites: Sequence[Suite]) -> Iterator[Figure]:
    """Yield the ratios of all six steps to plain Keras, with the singles of every step."""
    names = list(suites[0])
    for kind in ("cpu", "wall"):
        every = [[getattr(suite[name], kind) for name in names] for suite in suites]
        ratio = time_ratio(kind, [sum(run) for run in every], [getattr(plain, kind) for plain in plains])
        yield _with(ratio, _by_step(names, every))


def _by_step(names: Sequence[str], runs: Sequence[Sequence[float]], suffix: str = "") -> dict[str, tuple[float, ...]]:
    return {f"{name}{suffix}": times for name, times in zip(names, zip(*runs, strict=True), strict=True)}


def _with(figure: Figure, singles: dict[str, tuple[float, ...]]) -> Figure:
    return dataclasses.replace(figure, singles={**figure.singles, **singles})


def _accuracies(shop: Workshop, plains: Sequence[Measured]) -> str:
    """Say which share of the new samples the last run of each predicted rightly."""
    truth = Tables.of(shop.tutorial()).new_labels
    own = share_equal(truth, shop.place("steps") / "predicted")
    return f"accuracy on the test table: {own:.4f}, plain Keras {told(plains[-1])['accuracy']:.4f}"


def share_equal(truth: Path, predicted: Path) -> float:
    """Return which share of a column without a header another with one has the same."""
    with open(truth, encoding="utf-8") as one, open(predicted, encoding="utf-8") as other:
        next(other)
        equal = [a.strip() == b.strip() for a, b in zip(one, other, strict=True)]
    return sum(equal) / len(equal)


def epoch_seconds(history: Path) -> float:
    """Return the seconds of all epochs of a history."""
    with open(history, encoding="utf-8") as lines:
        position = next(lines).rstrip("\n").split("\t").index("seconds")
        return sum(float(line.rstrip("\n").split("\t")[position]) for line in lines)


def computes_in_bfloat16() -> bool:
    """Tell whether the processor has instructions for bfloat16."""
    try:
        lines = _PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return any(flag in flags for flag in _BFLOAT16)
