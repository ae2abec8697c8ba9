"""The rows of memory: prediction of many rows, a table larger than memory, a sparse matrix."""

from pathlib import Path

from benchmarks import networks, steps
from benchmarks.figures import Note, memory_ratio, time_ratio
from benchmarks.memory_limits import limited
from benchmarks.processes import MB, Measured
from benchmarks.settings import Settings
from benchmarks.step_rows import few_and, trained
from benchmarks.suite_rows import Found, Tables, epoch_seconds
from benchmarks.workshop import Workshop, interleaved

_CELL = 4
_BATCH = 500
# What a training's libraries take before its table; a third of a table that is less leaves nothing to test.
_LIBRARIES_MB = 850
# What a sparse matrix is trained with; the few rows beside which it is measured have every class, and fill a batch.
_FEW_ROWS, _FEW_UNITS, _SPARSE_BATCH = 300, 8, 32


def prediction_memory(shop: Workshop) -> Found:
    """Prediction of ten times as many rows."""
    many = shop.settings["streamed_rows"]
    few, ten_times = few_and(shop, many // 10), few_and(shop, many)
    folder = trained(shop, few)

    def peak(tables: Tables) -> float:
        return shop.step(steps.model_prediction(folder, tables.new_samples), folder).memory

    found = interleaved(shop.repeats, {"few": lambda: peak(few), "many": lambda: peak(ten_times)})
    yield memory_ratio("memory", found["many"], found["few"])


def beyond_memory(shop: Workshop) -> Found:
    """Training on a table larger than what is granted, and on the same with all memory that there is."""
    settings = shop.settings
    rows, granted = settings["beyond_mb"] * MB // (networks.PIXELS * _CELL), _granted(settings)
    made = shop.tables("patterns", rows=rows, columns=networks.PIXELS)
    network, epochs = networks.OF_IMAGES[settings.network], settings["beyond_epochs"]
    folders = {name: shop.built(name, network, epochs, _BATCH) for name in ("within", "free")}

    def train(name: str, before: tuple[str, ...], environment: dict[str, str]) -> Measured:
        training = steps.Training(
            samples=made / "X",
            target=made / "y",
            seed=settings["seed"],
            outputs={"outfile-history": "history"},
        )
        step = training.step(folders[name])
        return shop.step(step, folders[name], before=before, watched=True, environment=environment)

    def within() -> Measured:
        with limited(granted) as limit:
            return train("within", limit.command, {"GALAXY_MEMORY_MB": str(granted)})

    yield Note(f"{settings['beyond_mb']:,} MB of samples in float32, {rows:,} rows; {granted:,} MB granted")
    with limited(granted) as limit:
        yield Note(f"held by {limit.words}" if limit.command else limit.words)
    found = interleaved(shop.repeats, {"within": within, "free": lambda: train("free", (), {})})
    yield time_ratio("wall", [run.wall for run in found["within"]], [run.wall for run in found["free"]])
    yield memory_ratio("anonymous", [run.anonymous for run in found["within"]], [float(granted)] * shop.repeats)
    for name, runs in found.items():
        seconds = epoch_seconds(folders[name] / "history")
        yield Note(
            f"{name}: {_scores(folders[name])}; epochs {seconds:.1f} s; anonymous memory {runs[-1].anonymous:,.0f} MB, "
            f"resident {runs[-1].memory:,.0f} MB"
        )


def sparse(shop: Workshop) -> Found:
    """Training on a sparse matrix, beside one of few rows and as many columns: that has the same network."""
    settings = shop.settings
    columns, percent = settings["sparse_columns"], settings["sparse_percent"]
    folder = shop.built("sparse", networks.dense(columns, _FEW_UNITS), 1, _SPARSE_BATCH)

    def peak(rows: int) -> float:
        made = shop.tables("sparse", rows=rows, columns=columns, percent=percent)
        training = steps.Training(samples=made / "X.mtx", target=made / "y", seed=settings["seed"], sparse=True)
        return shop.step(training.step(folder), folder).memory

    rows = settings["sparse_rows"]
    found = interleaved(shop.repeats, {"few": lambda: peak(_FEW_ROWS), "all": lambda: peak(rows)})
    added = [whole - few for whole, few in zip(found["all"], found["few"], strict=True)]
    dense = rows * columns * _CELL / MB
    yield memory_ratio("memory", added, [dense] * shop.repeats)
    yield Note(
        f"peaks without {_FEW_ROWS} rows' peak, that is without imports, weights, optimizer and a batch; "
        f"{dense:,.0f} MB dense"
    )


def _granted(settings: Settings) -> int:
    """Return the MB to grant to a training on a table that is larger."""
    if settings["grant_mb"]:
        return settings["grant_mb"]
    third = settings["beyond_mb"] // 3
    return third if third > _LIBRARIES_MB else _LIBRARIES_MB + third


def _scores(folder: Path) -> str:
    """Return the scores that a training wrote, in one line."""
    names, values = [line.split("\t") for line in (folder / "scores").read_text(encoding="utf-8").splitlines()[:2]]
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
