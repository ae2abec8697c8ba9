"""The rows of images: a training beside plain Keras, and the memory of many images beside few."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import networks, steps
from benchmarks.figures import Note, memory_ratio, time_ratio
from benchmarks.processes import Measured
from benchmarks.suite_rows import Found, epoch_seconds, told
from benchmarks.workshop import Workshop, interleaved

_BATCH = 32
_GRANTED_MB = 2_000
_ACCURACY = "validation_acc"


def images(shop: Workshop) -> Found:
    """The seconds of all epochs and the accuracy beside plain Keras', each with as many seeds."""
    settings, made = shop.settings, shop.images("textures", shop.settings["images"])
    seeds, epochs = range(1, settings["image_seeds"] + 1), settings["image_epochs"]
    folders = {seed: shop.built(f"seed {seed}", networks.TEXTURES, epochs, _BATCH, seed) for seed in seeds}
    turns = iter([seed for seed in seeds for _ in range(2)])

    def plain() -> Mapping[str, float]:
        words = ("--side", networks.TEXTURES.shape[0], "--epochs", epochs, "--seed", next(turns))
        return told(shop.script("plain_images", made / "images", *words))

    def own() -> Mapping[str, float]:
        seed = next(turns)
        _train(shop, folders[seed], made, seed)
        return {"fit_seconds": epoch_seconds(folders[seed] / "history"), "accuracy": _accuracy(folders[seed])}

    found = interleaved(len(seeds), {"own": own, "plain": plain})
    seconds = {name: [run["fit_seconds"] for run in runs] for name, runs in found.items()}
    yield time_ratio("fit", seconds["own"], seconds["plain"])
    own_words, plain_words = (_spread([run["accuracy"] for run in found[name]]) for name in ("own", "plain"))
    yield Note(f"accuracy on the validation set, {len(seeds)} seeds: {own_words}, plain Keras {plain_words}")


def images_memory(shop: Workshop) -> Found:
    """The peak of memory of a training on many images and on a quarter of them, within one grant."""
    many = shop.settings["many_images"]
    folder = shop.built("photographs", networks.PHOTOGRAPHS, 1, _BATCH)

    def peak(count: int) -> Measured:
        made = shop.images("photographs", count)
        return _train(shop, folder, made, shop.settings["seed"], {"GALAXY_MEMORY_MB": str(_GRANTED_MB)})

    found = {count: peak(count) for count in (many // 4, many)}
    yield memory_ratio("granted", [found[many].anonymous], [float(_GRANTED_MB)])
    for count, run in found.items():
        yield Note(
            f"{count:,} images of 224 x 224 x 3: anonymous memory {run.anonymous:,.0f} MB, resident "
            f"{run.memory:,.0f} MB, {run.wall:.0f} s in all, one epoch {epoch_seconds(folder / 'history'):.0f} s"
            if count == many
            else f"{count:,} images: anonymous memory {run.anonymous:,.0f} MB, resident {run.memory:,.0f} MB"
        )


def _train(
    shop: Workshop, folder: Path, made: Path, seed: int, environment: Mapping[str, str] | None = None
) -> Measured:
    training = steps.Training(
        samples=made / "images.zip", seed=seed, images=True, outputs={"outfile-history": "history"}
    )
    return shop.step(training.step(folder), folder, watched=True, environment=environment)


def _accuracy(folder: Path) -> float:
    names, values = [line.split("\t") for line in (folder / "scores").read_text(encoding="utf-8").splitlines()[:2]]
    return float(values[names.index(_ACCURACY)])


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values) if len(values) > 1 else 0:.3f}"
