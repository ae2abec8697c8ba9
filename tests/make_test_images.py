"""Make the images in test-data from the digits that scikit-learn ships, with their labels, a builder and a model.

Run from the repository root with the Python that the tests run on: ``python -m tests.make_test_images``. It writes
zeros and ones of 28 x 28 pixels, as `make_test_data` makes them: ``digit_01.png`` to ``digit_16.png``; the same as 12
bits in TIFF files of 16, ``digits_12_bits.zip``; ``digits_in_folders.zip`` with 40 in the folders zero and one, beside
what programs of macOS leave there; ``digit_labels.tabular``, in another order than the images; and the builder
``image_builder.zip`` and trained model ``image_model.h5mlm`` of a network that takes such images.
"""

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from sklearn.datasets import load_digits

from tests.make_test_data import resized
from tests.make_test_models import dataset, make_architecture, make_builder, run
from tests.support.places import TEST_DATA

NETWORK = [
    {"layer_type": "Conv2D", "filters": 4, "kernel_size": "3", "activation": "relu", "kwargs": "strides=2"},
    {"layer_type": "MaxPooling2D", "pool_size": "(2, 2)", "strides": "", "kwargs": ""},
    {"layer_type": "Flatten", "data_format": "channels_last"},
    {"layer_type": "Dense", "units": 2, "activation": "softmax", "kwargs": ""},
]
NAMES = ["zero", "one"]
SINGLE, IN_FOLDERS = 16, 40
MADE = (2026, 1, 1, 0, 0, 0)


def png(pixels: np.ndarray) -> bytes:
    """Return an image, uint8 (height, width), as PNG."""
    found = io.BytesIO()
    Image.fromarray(pixels).save(found, "PNG", optimize=True)
    return found.getvalue()


def tiff(pixels: np.ndarray) -> bytes:
    """Return an image, uint8 (height, width), as TIFF of 16 bits with the numbers of a camera of 12."""
    found = io.BytesIO()
    tifffile.imwrite(found, pixels.astype(np.uint16) * 16, photometric="minisblack", metadata=None, datetime=None)
    return found.getvalue()


def write_zip(name: str, members: dict[str, bytes]) -> None:
    """Write a zip that is the same each time."""
    with zipfile.ZipFile(TEST_DATA / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(zipfile.ZipInfo(member, MADE), data, zipfile.ZIP_DEFLATED)


def write_images() -> None:
    """Write the images and their labels."""
    digits = load_digits()
    chosen = np.flatnonzero(digits.target < 2)[:IN_FOLDERS]
    images = resized(digits.images[chosen]).reshape(-1, 28, 28).astype(np.uint8)
    labels = [NAMES[label] for label in digits.target[chosen]]
    names = [f"digit_{number:02}" for number in range(1, IN_FOLDERS + 1)]
    for name, image in zip(names[:SINGLE], images, strict=False):
        (TEST_DATA / f"{name}.png").write_bytes(png(image))
    write_zip(
        "digits_12_bits.zip", {f"{name}.tif": tiff(image) for name, image in zip(names[:SINGLE], images, strict=False)}
    )
    members = {
        f"digits/{label}/{name}.png": png(image) for name, label, image in zip(names, labels, images, strict=True)
    }
    write_zip("digits_in_folders.zip", members | {"__MACOSX/digits/._zero": b"", "digits/.DS_Store": b"\0"})
    rows = [
        f"{names[place]}\t{labels[place]}\tsheet_{place // 4 + 1}\t{int(images[place].sum())}"
        for place in np.random.default_rng(0).permutation(SINGLE)
    ]
    text = "\n".join(["image\tdigit\tsheet\tink", *rows]) + "\n"
    (TEST_DATA / "digit_labels.tabular").write_text(text, encoding="utf-8")


def write_model() -> None:
    """Write the builder, and the model that it makes of the images in folders."""
    builder = "image_builder.zip"
    with tempfile.TemporaryDirectory() as folder:
        architecture = Path(folder, "image_model.json")
        make_architecture(architecture, NETWORK, input_shape="(28, 28, 1)")
        make_builder(builder, architecture, "KerasGClassifier", "categorical_crossentropy", "acc", epochs=30)
        form = {
            "experiment_schemes": {
                "selected_exp_scheme": "train_val",
                "infile_estimator": dataset(TEST_DATA / builder),
                "hyperparams_swapping": {"param_set": []},
                "test_split": {"split_algos": {"shuffle": "simple", "test_size": 0.2, "random_state": 1}},
                "metrics": {"scoring": {"primary_scoring": "default"}},
            },
            "input_options": {
                "selected_input": "images",
                "image_source": {
                    "images_from": "zip",
                    "infile_zip": dataset(TEST_DATA / "digits_in_folders.zip"),
                },
                "image_labels": {"labels_from": "folders"},
            },
            "save": ["save_estimator"],
        }
        outputs = ("--outfile-result", f"{folder}/scores", "--outfile-object", str(TEST_DATA / "image_model.h5mlm"))
        run("train_and_eval", form, *outputs)


def main() -> None:
    """Write all."""
    write_images()
    write_model()


if __name__ == "__main__":
    main()
