"""Small images of two classes with their labels, and the parameters of the forms that name them."""

import zipfile

import numpy as np
from PIL import Image

from tests.support import forms
from tests.support.tables import write

COUNT = 40
HEIGHT, WIDTH = 12, 16
CLASSES = np.arange(COUNT) % 2
# Which half of an image is bright.
NAMES = np.array(["top", "base"])
STEMS = [f"cell_{number:02}" for number in range(COUNT)]
HEADER = "image\thalf\tpatient\tpart\tweight\tshift"
ORDER = np.random.default_rng(1).permutation(COUNT)


def pixels(seed=0):
    """Return the images, uint8 (40, 12, 16)."""
    found = np.random.default_rng(seed).integers(0, 100, (COUNT, HEIGHT, WIDTH))
    half = HEIGHT // 2
    for image, is_base in zip(found, CLASSES, strict=True):
        image[half:] += 120 * is_base
        image[:half] += 120 * (1 - is_base)
    return found.astype(np.uint8)


def write_all(folder):
    """Write the images one by one, in a zip with folders, and with their labels; return the folder."""
    (folder / "images").mkdir()
    every = pixels()
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        for stem, image, half in zip(STEMS, every, NAMES[CLASSES], strict=True):
            path = folder / "images" / f"{stem}.png"
            Image.fromarray(image).save(path)
            archive.write(path, f"cells/{half}/{stem}.png")
        archive.writestr("__MACOSX/._cells", "")
        archive.writestr("cells/readme.txt", "halves")
    parts = np.where(np.arange(COUNT) < 24, "train", np.where(np.arange(COUNT) < 32, "validation", "test"))
    rows = [
        [STEMS[k], NAMES[CLASSES[k]], f"p{k // 4}", parts[k], 1 + k % 3, 2 * CLASSES[k] - 1 + k % 5 / 10] for k in ORDER
    ]
    write(folder / "labels", rows, HEADER)
    write(folder / "bare_labels", [row[:2] for row in rows])
    write(folder / "wider", [*rows[:10], ["cell_90", "top", "p9", "test", 9, 1.5], *rows[10:37]], HEADER)
    write(folder / "narrower", rows[:37], HEADER)
    write(folder / "twice", [*rows, rows[0]], HEADER)
    write(folder / "measured", [[f"{STEMS[k]}.png", k % 5, CLASSES[k]] for k in range(COUNT)], "name\tfive\tis_base")
    several = [[stem, int(k > 0), CLASSES[k]] for k, stem in enumerate(STEMS)]
    write(folder / "several", several, "image\tbright\tbase")
    return folder


def collection(folder, paths=None):
    """Return the parameters that name a collection, of all images or of some files."""
    paths = sorted((folder / "images").iterdir()) if paths is None else paths
    return {"images_from": "collection", "infile_images": [forms.dataset(path) for path in paths]}


def zipped(path):
    """Return the parameters that name a zip."""
    return {"images_from": "zip", "infile_zip": forms.dataset(path)}


def labels(path, column="half", header=True, name_column="1"):
    """Return the parameters that name the table of the labels, with its column by name or by number."""
    mode = "by_header_name" if isinstance(column, str) else "by_index_number"
    by_name = {"selected_column_selector_option2": mode, "col2": column}
    return {
        "labels_from": "table",
        "infile2": forms.dataset(path),
        "header2": header,
        "name_column": name_column,
        "column_selector_options_2": by_name if header else {"selected_column_selector_option2": "all_columns"},
    }


FOLDERS = {"labels_from": "folders"}


def inputs(source, target=None, further=(), **options):
    """Return `input_options`; `options` are those of the box on size and scale."""
    found = {"selected_input": "images", "image_source": source, "further_inputs": list(further)}
    found |= {"image_labels": target} if target else {}
    return found | ({"image_options": [{"__index__": 0, **options}]} if options else {})


def measured(folder, *columns):
    """Return the parameters of a further input of images, with the images' names."""
    return {**forms.table(folder / "measured", "input", True, ",".join(columns)), "name_column_input": "1"}


def training(builder, given, **changes):
    """Return a form of the training tool."""
    return forms.training(builder, "x", "y", **changes) | {"input_options": given}


def prediction(model, given, **changes):
    """Return a form of the prediction tool."""
    return forms.prediction(model, "x", **changes) | {"input_options": given}
