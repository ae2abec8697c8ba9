"""The rows of single steps, and of the reader of tables."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks import bare_imports, networks, steps
from benchmarks.bare_imports import Imports
from benchmarks.figures import Figure, Note, time_ratio
from benchmarks.suite_rows import Found, Tables, share_equal
from benchmarks.workshop import Workshop, interleaved

_NEEDLESS = ("keras", "tensorflow")
_FEW_ROWS = 500
_BATCH = 100


def light(shop: Workshop) -> Found:
    """The steps that need no network, on the tutorial's labels."""
    folder, tables = shop.place("light"), Tables.of(shop.tutorial())
    predicted = folder / "predicted"
    _write_predictions(tables.new_labels, predicted)
    chosen = {
        "to_categorical": steps.to_categorical(tables.labels),
        "confusion_matrix": steps.confusion_matrix(tables.new_labels, predicted),
    }
    yardsticks = {"to_categorical": bare_imports.TABLES, "confusion_matrix": bare_imports.DRAWING}
    yield from _beside_imports(shop, folder, chosen, yardsticks)
    found = {name: sorted(set(_NEEDLESS) & set(shop.loaded(step, folder))) for name, step in chosen.items()}
    counts = {name: (float(len(packages)),) for name, packages in found.items()}
    count = sum(len(packages) for packages in found.values())
    yield Figure(name="needless", value=count, runs=(count,), singles=counts, unit="")


def design(shop: Workshop) -> Found:
    """The steps that design the tutorial's network."""
    folder = shop.built("design", networks.CNN, 1, _BATCH)
    chosen = {
        "model_config": steps.model_config(networks.CNN),
        "model_builder": steps.model_builder(folder, 1, _BATCH, shop.settings["seed"]),
    }
    yield from _beside_imports(shop, folder, chosen, dict.fromkeys(chosen, bare_imports.KERAS_WITH_NUMPY))


def prediction(shop: Workshop) -> Found:
    """Prediction by the tutorial's network, beside plain Keras with the same network as Keras saves it."""
    rows = shop.settings["prediction_rows"]
    made = few_and(shop, rows)
    folder = trained(shop, made)
    samples, plain = made.new_samples, folder / "plain"
    step = steps.model_prediction(folder, samples)
    runs = {
        "plain": lambda: shop.script("plain_prediction", folder / "model.keras", samples, plain).wall,
        "step": lambda: shop.step(step, folder).wall,
    }
    found = interleaved(shop.repeats, runs)
    yield time_ratio("wall", found["step"], found["plain"])
    labels = folder / "labels"
    with open(plain, encoding="utf-8") as whole:
        next(whole)
        labels.write_text(whole.read(), encoding="utf-8")
    yield Note(f"predicted the same: {share_equal(labels, folder / 'predicted'):.2%} of the rows")


def wide(shop: Workshop) -> Found:
    """The checked reader beside PyArrow's alone."""
    settings = shop.settings
    made = shop.tables("genes", rows=settings["wide_rows"], columns=settings["wide_columns"])

    def seconds(reader: str) -> float:
        return float(shop.script("read_table", reader, made / "X").output)

    runs = {"pyarrow": lambda: seconds("pyarrow"), "tools": lambda: seconds("tools")}
    found = interleaved(shop.short_repeats, runs)
    yield time_ratio("wall", found["tools"], found["pyarrow"])


def trained(shop: Workshop, tables: Tables) -> Path:
    """Return a folder with the tutorial's network, trained on tables, as h5mlm and as Keras saves it."""
    folder = shop.built("trained", networks.CNN, 1, _BATCH)
    training = steps.Training(
        samples=tables.samples,
        target=tables.labels,
        seed=shop.settings["seed"],
        outputs={"outfile-object": "model.h5mlm", "outfile-keras": "model.keras"},
    )
    shop.step(training.step(folder), folder)
    return folder


def few_and(shop: Workshop, new_rows: int) -> Tables:
    """Return the tutorial's tables with few rows to train on and so many to predict."""
    return Tables.of(shop.tables("tutorial", rows=_FEW_ROWS, test_rows=new_rows))


def _beside_imports(
    shop: Workshop, folder: Path, chosen: Mapping[str, steps.Step], yardsticks: Mapping[str, Imports]
) -> Found:
    """Yield the ratio of each step's wall time to that of its bare imports."""
    for name, step in chosen.items():
        imports = yardsticks[name]
        runs = {
            "imports": lambda imports=imports: shop.bare(imports).wall,
            "step": lambda step=step: shop.step(step, folder).wall,
        }
        found = interleaved(shop.short_repeats, runs)
        yield time_ratio(name, found["step"], found["imports"])


def _write_predictions(truth: Path, target: Path) -> None:
    """Write predictions as Model Prediction does, of which one in ten is wrong."""
    with open(truth, encoding="utf-8") as labels, open(target, "w", encoding="utf-8") as handle:
        handle.write("Predicted\n")
        for row, line in enumerate(labels):
            handle.write(line if row % 10 else f"{(int(line) + 1) % 10}\n")
