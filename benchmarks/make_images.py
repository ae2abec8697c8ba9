"""Make the images that are measured with: a zip with a folder for each class, and the same folders beside it.

    python -P benchmarks/make_images.py KIND --folder FOLDER --count 1000

`textures` are of any size and have stripes whose direction tells the class, under noise; `photographs` are JPEG files
of 224 x 224 pixels, of which 500 are different: they are for memory alone, and lie only in the zip. The same arguments
make the same pixels.
"""

import argparse
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("along", "across", "rising", "falling")
_ANGLES = (0, np.pi / 2, np.pi / 4, -np.pi / 4)
_SIDES = (56, 96)
# Of the contrast of the stripes to the noise: some images stay doubtful.
_CONTRAST, _NOISE = (4, 60), 50
_SIDE, _DIFFERENT = 224, 500


def main() -> None:
    """Make the images of a kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=list(_KINDS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    given = parser.parse_args()
    given.folder.mkdir(parents=True)
    with zipfile.ZipFile(given.folder / "images.zip", "w") as archive:
        for name, data in _KINDS[given.kind](given.count):
            archive.writestr(name, data)
            if given.kind == "textures":
                path = given.folder / "images" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


def _textures(count: int) -> Iterator[tuple[str, bytes]]:
    rng = np.random.default_rng(0)
    for number in range(count):
        kind = number % len(CLASSES)
        height, width = rng.integers(*_SIDES, 2)
        rows, columns = np.mgrid[:height, :width]
        across = rows * np.cos(_ANGLES[kind]) + columns * np.sin(_ANGLES[kind])
        stripes = np.sin(across * rng.uniform(0.4, 0.8) + rng.uniform(0, 6)) * rng.uniform(*_CONTRAST)
        colour = rng.uniform(90, 160, 3) + stripes[..., None] + rng.normal(0, _NOISE, (height, width, 3))
        yield f"{CLASSES[kind]}/{number:06}.png", _encoded(colour, "PNG")


def _photographs(count: int) -> Iterator[tuple[str, bytes]]:
    rng = np.random.default_rng(0)
    coarse = [rng.uniform(0, 255, (8, 8, 3)) for _ in range(min(count, _DIFFERENT))]
    made = [_encoded(image, "JPEG", (_SIDE, _SIDE)) for image in coarse]
    for number in range(count):
        yield f"{CLASSES[number % len(CLASSES)]}/{number:06}.jpg", made[number % len(made)]


def _encoded(colour: np.ndarray, form: str, size: tuple[int, int] | None = None) -> bytes:
    image = Image.fromarray(colour.clip(0, 255).astype(np.uint8))
    target = io.BytesIO()
    (image.resize(size, Image.Resampling.BICUBIC) if size else image).save(target, form)
    return target.getvalue()


_KINDS = {"textures": _textures, "photographs": _photographs}


if __name__ == "__main__":
    main()
