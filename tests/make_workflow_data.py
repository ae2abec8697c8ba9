"""Make the small tables and images on which the packaged workflows are tested, each in `workflows/NAME/test-data`.

Run from the repository root: ``python -m tests.make_workflow_data``. Everything is drawn at random here, with fixed
seeds, in the form of the tutorials' public data and with something in it to learn; nothing of those data is copied.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.places import ROOT

FOLDER = ROOT / "workflows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What a workflow learns from: rows of cells for the features and for the target, both in the same order."""

    features: Sequence[Sequence]
    target: Sequence[Sequence]
    training: int
    feature_names: Sequence[str] = ()
    target_names: Sequence[str] = ()

    def tables(self) -> dict[str, str]:
        """Return the tutorials' four tables as tab-separated text; the first rows are for the training."""
        parts = {"train": slice(self.training), "test": slice(self.training, None)}
        return {
            f"{letter}_{part}": _text(names, rows[chosen])
            for part, chosen in parts.items()
            for letter, names, rows in (
                ("X", self.feature_names, self.features),
                ("y", self.target_names, self.target),
            )
        }


def _text(names: Sequence[str], rows: Iterable[Sequence]) -> str:
    return "".join("\t".join(map(str, row)) + "\n" for row in [*([names] if names else []), *rows])


def cars() -> Samples:
    """Return buyers of cars, five features from 0 to 1, and what they paid, from 0 to 1 as well."""
    rng = np.random.default_rng(1)
    buyers = rng.random((240, 5)).round(3)
    buyers[:, 1] = buyers[:, 1].round()
    age, _, miles, debt, income = buyers.T
    price = 0.9 * income + 0.5 * age * miles - 0.3 * debt + rng.normal(0, 0.03, len(buyers))
    scaled = (price - price.min()) / (price.max() - price.min())
    return Samples(
        features=buyers.tolist(),
        target=scaled.round(4)[:, None].tolist(),
        training=180,
        feature_names=["age", "gender", "miles", "debt", "income"],
        target_names=["sales"],
    )


def reviews(rows: int = 320, words: int = 40, vocabulary: int = 300, telling: int = 20) -> Samples:
    """Return reviews of a few words each, as numbers of words with 0 before the first, and whether they praise.

    Words 1 to `telling` are mostly found in good reviews, the same number after them mostly in bad ones.
    """
    rng = np.random.default_rng(2)
    good = rng.permutation(np.arange(rows) % 2)
    texts = rng.integers(2 * telling + 1, vocabulary, (rows, words))
    opinions = rng.integers(1, telling + 1, (rows, words)) + telling * (1 - good[:, None])
    texts = np.where(rng.random((rows, words)) < 0.3, opinions, texts)
    lengths = rng.integers(words // 2, words + 1, rows)
    texts[np.arange(words) < words - lengths[:, None]] = 0
    return Samples(features=texts.tolist(), target=good[:, None].tolist(), training=rows - 100)


def genes(rows: int = 110, number: int = 60, telling: int = 8) -> Samples:
    """Return how much of each gene was found in samples of two kinds of leukemia, in units that differ by gene."""
    rng = np.random.default_rng(3)
    kind = rng.permutation(np.arange(rows) % 2)
    expression = rng.normal(0, 1, (rows, number))
    expression[:, :telling] += 1.6 * kind[:, None]
    found = (expression * rng.uniform(20, 900, number) + rng.uniform(100, 3000, number)).round().astype(int)
    return Samples(
        features=found.tolist(),
        target=kind[:, None].tolist(),
        training=rows - 40,
        feature_names=[f"gene_{i + 1}" for i in range(number)],
        target_names=["type"],
    )


# Name, colour (red, green, blue), height and width as shares of the image.
FRUITS = (
    ("Strawberry", (200, 30, 40), 0.6, 0.5),
    ("Apple_Red_Delicious", (140, 10, 30), 0.8, 0.8),
    ("Pepper_Green", (40, 120, 40), 0.9, 0.6),
    ("Corn", (230, 200, 60), 0.9, 0.3),
    ("Banana", (240, 220, 90), 0.3, 0.9),
    ("Tomato_1", (210, 50, 30), 0.7, 0.7),
    ("Potato_White", (190, 160, 110), 0.5, 0.8),
    ("Pineapple", (150, 110, 40), 0.9, 0.5),
    ("Orange", (240, 140, 20), 0.8, 0.8),
    ("Peach", (240, 170, 120), 0.7, 0.7),
)


def fruits(each: int = 15, training: int = 100, side: int = 16) -> Samples:
    """Return colour images of fruits on white, `side` pixels high and wide, as rows of side * side * 3 numbers."""
    rng = np.random.default_rng(4)
    y, x = (np.indices((side, side)) + 0.5) / side - 0.5
    images, labels = [], []
    for number, (name, colour, height, width) in enumerate(FRUITS):
        for i in range(each):
            scale = rng.uniform(0.9, 1.1)
            inside = (y / (height * scale)) ** 2 + (x / (width * scale)) ** 2 < 0.25
            # Few shades, so that the files stay small when they are packed.
            shade = (rng.integers(-2, 3, (side, side, 1)) * 8).astype(int)
            image = np.where(inside[..., None], np.clip(np.array(colour) + shade, 0, 255), 255)
            images.append(image.reshape(-1).tolist())
            labels.append([name, f"{name}_{i}.jpg", number])
    order = rng.permutation(len(images))
    return Samples(
        features=[images[i] for i in order],
        target=[labels[i] for i in order],
        training=training,
        target_names=["Label_name", "file_name", "Label"],
    )


WORKFLOWS: dict[str, Callable[[], Samples]] = {
    "car-price-fnn": cars,
    "review-sentiment-rnn": reviews,
    "leukemia-introduction": genes,
    "fruit-cnn": fruits,
}


# The oldest time that a zip can hold.
_TIMELESS = (1980, 1, 1, 0, 0, 0)


def fruit_files(training: int = 12, new: int = 3, kinds: int = 4) -> dict[str, bytes]:
    """Return files with images of some fruits, of many sizes.

    A zip with a folder for each fruit, a file for each new image, and a table that says in another order what these
    show.
    """
    rng, files, labels = np.random.default_rng(5), {}, []
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as folders:
        for name, *shape in FRUITS[:kinds]:
            for number in range(training + new):
                data = _png(_fruit(rng, *shape))
                if number < training:
                    folders.writestr(zipfile.ZipInfo(f"{name}/{number:02}.png", _TIMELESS), data)
                else:
                    files[f"new_{len(labels):02}.png"] = data
                    labels.append([f"new_{len(labels):02}", name])
    order = rng.permutation(len(labels))
    table = _text(["image", "fruit"], [labels[place] for place in order])
    return files | {"training_images.zip": archive.getvalue(), "new_labels.tabular": table.encode()}


def _fruit(rng: np.random.Generator, colour: tuple[int, int, int], height: float, width: float) -> np.ndarray:
    """Return one image, uint8 (height, width, 3), of a fruit on white."""
    sides = rng.integers(36, 60, 2)
    y, x = ((np.indices(sides) + 0.5).T / sides - 0.5).T
    scale = rng.uniform(0.8, 1.1)
    inside = (y / (height * scale)) ** 2 + (x / (width * scale)) ** 2 < 0.25
    shades = rng.integers(-2, 3, (15, 15)).repeat(4, 0).repeat(4, 1)[: sides[0], : sides[1], None] * 8
    return np.where(inside[..., None], np.clip(np.array(colour) + shades, 0, 255), 245).astype(np.uint8)


def _png(pixels: np.ndarray) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG", optimize=True)
    return target.getvalue()


def written() -> dict[Path, bytes]:
    """Return the path of each file, and what it holds."""
    tables = {
        FOLDER / name / "test-data" / f"{table}.tabular": text.encode()
        for name, make in WORKFLOWS.items()
        for table, text in make().tables().items()
    }
    folder = FOLDER / "images-transfer-learning" / "test-data"
    return tables | {folder / name: data for name, data in fruit_files().items()}


def main() -> None:
    """Write all files."""
    for path, data in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
