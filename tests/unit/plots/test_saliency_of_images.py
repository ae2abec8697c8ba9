"""The plot of where a network looks, at images: which are decoded and shown, what they are called, what is refused."""

import dataclasses
import math
import zipfile

import numpy as np
import pytest
from PIL import Image

from dltools.core.errors import UserError
from tests.support import forms
from tests.support.builders import FAST, make_builders
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

SIDE, COUNT = 8, 120
SETTINGS = {"epochs": 15, "seed": 1, **FAST}


@pytest.fixture(autouse=True)
def _keras_as_it_is(monkeypatch):
    """The process of the tests has TensorFlow already, whose threads are not set a second time."""
    import keras

    from dltools.backend import keras_runtime

    monkeypatch.setattr(keras_runtime, "keras_for_compute", lambda: keras)


def network(channels, side=SIDE):
    """Return a network that tells two kinds of images apart."""
    return forms.sequential(
        ("Conv2D", {"filters": 4, "kernel_size": "3", "activation": "relu", "kwargs": "padding='same'"}),
        ("GlobalAveragePooling2D", {"data_format": "channels_last"}),
        ("Dense", {"units": 2, "activation": "softmax", "kwargs": ""}),
        input_shape=f"({side}, {side}, {channels})",
    )


def of_rows(path, table, spec):
    """Make of a model that was trained on rows of pixels one that was trained on images."""
    from dltools.core.dataset import Dataset
    from dltools.model_files import model_file, trained_model

    source = Dataset(str(path), "model")
    model, record = trained_model.read(source)
    model.compile("sgd", "categorical_crossentropy")
    pixels = record.features.width if spec is None else math.prod(spec.shape)
    tables = (pixels, record.features.width - pixels) if pixels < record.features.width else ()
    features = dataclasses.replace(record.features, names=None, images=spec, tables=tables)
    model_file.write(table, model, dataclasses.replace(record, features=features))
    return table


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return the models, the folder of images (a bright square left or right), and the tables of what they are."""
    from dltools.images.image_spec import ImageSpec

    folder, random = tmp_path_factory.mktemp("images"), np.random.default_rng(1)
    left = np.arange(COUNT) % 2 == 0
    pixels = random.integers(0, 90, (COUNT, SIDE, SIDE, 3), np.uint8)
    # What tells them apart: a red square, or a blue one, each at a place of its own.
    places = random.integers(0, SIDE - 2, (COUNT, 2))
    for number, (row, column) in enumerate(places):
        pixels[number, row : row + 3, column : column + 3, 0 if left[number] else 2] = 250
    (folder / "colour").mkdir()
    (folder / "grey16").mkdir()
    for number, image in enumerate(pixels):
        Image.fromarray(image).save(folder / "colour" / f"cell_{number:03}.png")
        grey = image[..., 0].astype(np.uint16) * 16
        Image.fromarray(grey).save(folder / "grey16" / f"cell_{number:03}.png")
    kinds = np.where(left, "red", "blue")
    write(folder / "x", (pixels.reshape(COUNT, -1) / 255).round(4))
    write(folder / "grey", (pixels[..., 0].reshape(COUNT, -1) / 255).round(4))
    write(folder / "y", kinds)
    shuffled = random.permutation(COUNT)
    rows = [(f"cell_{number:03}", f"patient {number % 7}", kinds[number]) for number in shuffled]
    # The truth of some is another one, so that the network is wrong there.
    rows = [(name, patient, "blue" if name == "cell_004" else kind) for name, patient, kind in rows]
    write(folder / "labels", rows, "name\tpatient\tkind")
    write(folder / "few", [row for row in rows if row[0] < "cell_010"], "name\tpatient\tkind")
    with zipfile.ZipFile(folder / "colour.zip", "w") as file:
        for path in sorted((folder / "colour").iterdir()):
            file.write(path, f"cells/{path.name}")
        file.writestr("cells/notes.txt", "nothing")
    builders = make_builders({"colour": (network(3), SETTINGS), "grey": (network(1), SETTINGS)}, tmp_path_factory)
    cases = {"colour": ("x",), "grey": ("grey",)}
    trained = forms.run_all(
        "train_and_eval",
        {name: forms.training(builders[name], folder / x, folder / "y") for name, (x,) in cases.items()},
        tmp_path_factory.mktemp("trained"),
        **OUTPUTS,
    )
    assert all(result.returncode == 0 for result in trained.values()), trained
    spec = ImageSpec(shape=(SIDE, SIDE, 3), fit="stretch", scale="0_1", white=255.0)
    grey = dataclasses.replace(spec, shape=(SIDE, SIDE, 1), white=4095.0)
    model = trained["colour"].folder / "model.h5mlm"
    stack = dataclasses.replace(spec, shape=(2, SIDE, SIDE // 2, 3))
    mixed = dataclasses.replace(spec, shape=(SIDE, SIDE // 2, 3))
    of_rows(model, folder / "colour.h5mlm", spec)
    of_rows(trained["grey"].folder / "model.h5mlm", folder / "grey.h5mlm", grey)
    of_rows(model, folder / "stack.h5mlm", stack)
    of_rows(model, folder / "mixed.h5mlm", mixed)
    of_rows(model, folder / "rows.h5mlm", None)
    return folder


def request(folder, model="colour.h5mlm", images="colour", names=None, **options):
    from dltools.plots.saliency import SaliencyRequest

    if images.endswith(".zip"):
        source = {"images_from": "zip", "infile_zip": forms.dataset(folder / images)}
    else:
        paths = sorted((folder / images).iterdir())
        given = [forms.dataset(path, path.name) for path in paths if names is None or path.name in names]
        source = {"images_from": "collection", "infile_images": given}
    return SaliencyRequest.read(
        {
            "infile_estimator": forms.dataset(folder / model),
            "image_samples": [{"__index__": 0, "image_source": source}],
            "saliency_options": [{"__index__": 0, **options}],
        }
    )


def truth(folder, name="labels", name_column=(1,)):
    return {
        "infile_truth": forms.dataset(folder / name),
        "header_truth": True,
        "name_column": list(name_column),
        "label_columns": ["3"],
    }


def lines(display):
    names, columns = display.table()
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def test_the_first_images_are_shown_by_name(world):
    display = request(world).display()
    table = lines(display)
    assert [row["image"] for row in table] == [f"cell_{number:03}.png" for number in range(8)]
    assert display.pixels.shape == (8, SIDE, SIDE, 3)
    with Image.open(world / "colour" / "cell_000.png") as image:
        np.testing.assert_allclose(display.pixels[0], np.asarray(image) / 255, atol=1e-6)
    display.plot_sized(None)
    assert display.axes_[0].get_title().startswith("cell_000.png\nanswer ")


def test_a_zip_shows_what_a_collection_does(world):
    one, other = (request(world, images=name, number=3).display() for name in ("colour", "colour.zip"))
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_allclose(one.heat, other.heat, rtol=1e-5)
    assert [row["image"] for row in lines(other)] == [f"cells/cell_{number:03}.png" for number in range(3)]
    assert "files that are no images are left out: cells/notes.txt" in other.notes


def test_answers_are_those_for_the_rows_of_the_same_pixels(world, tmp_path):
    table = lines(request(world, number=5, explained="red").display())
    form = forms.prediction(world / "rows.h5mlm", world / "x", method="predict_proba")
    found = forms.run_all("model_prediction", {"rows": form}, tmp_path, outfile_predict="p")["rows"].table("p")
    column = found[0].index("red")
    assert [row["answer"] for row in table] == pytest.approx([float(row[column]) for row in found[1:6]], abs=1e-3)


def test_named_images_are_shown_in_the_order_of_the_names(world):
    for images in ("colour", "colour.zip"):
        display = request(world, images=images, rows="cell_007.png, cell_003", explained="blue").display()
        table = lines(display)
        assert [row["image"].rpartition("/")[2] for row in table] == ["cell_007.png", "cell_003.png"]
        assert [row["explained"] for row in table] == ["blue", "blue"]


def test_labels_are_found_by_name_in_whatever_order(world):
    table = lines(request(world, rows="cell_004, cell_005, cell_006", **truth(world)).display())
    assert [(row["image"], row["true"]) for row in table] == [
        ("cell_004.png", "blue"),
        ("cell_005.png", "blue"),
        ("cell_006.png", "red"),
    ]


@pytest.mark.parametrize("column", ["1", [], None, "c1"])
def test_the_column_of_names_however_galaxy_gives_it(world, column):
    display = request(world, rows="cell_004", **truth(world) | {"name_column": column}).display()
    assert lines(display)[0]["true"] == "blue"


def test_the_most_confident_right_and_wrong_answers_come_first(world, capsys):
    display = request(world, number=4, **truth(world, "few")).display()
    table = lines(display)
    right = [row["explained"] == row["true"] for row in table]
    assert right == sorted(right, reverse=True)
    assert [row["image"] for row in table if row["explained"] != row["true"]] == ["cell_004.png"]
    assert "'few': left out: 110 images are named in no row" in capsys.readouterr().out


def test_no_more_than_fifty_are_decoded(world, monkeypatch):
    from dltools.images import decoding

    seen, decoded = [], decoding.decoded
    monkeypatch.setattr(decoding, "decoded", lambda file, spec: seen.append(file.name) or decoded(file, spec))
    display = request(world, number=6, **truth(world)).display()
    assert len(seen) == len(set(seen)) == 50
    assert "of 120 images with a label, 50, evenly spaced, were looked at" in display.notes
    seen.clear()
    request(world).display()
    assert len(seen) == 8


def test_sixteen_bits_and_grey(world):
    display = request(world, "grey.h5mlm", "grey16", number=2).display()
    assert display.pixels.shape == (2, SIDE, SIDE)
    with Image.open(world / "grey16" / "cell_001.png") as image:
        np.testing.assert_allclose(display.pixels[1], np.asarray(image, float) / 4095, atol=1e-6)


def test_colour_images_in_a_grey_network(world):
    """Their luminance is looked at; it is shown so."""
    display = request(world, "grey8.h5mlm", number=2).display()
    assert display.pixels.shape == (2, SIDE, SIDE)


@pytest.fixture(scope="module", autouse=True)
def grey8(world):
    from dltools.images.image_spec import ImageSpec

    spec = ImageSpec(shape=(SIDE, SIDE, 1), fit="stretch", scale="-1_1", white=255.0)
    of_rows(world / "grey.h5mlm", world / "grey8.h5mlm", spec)


def test_heat_lies_on_the_square(world):
    """Which colour a square has decides, so the network looks at the square."""
    display = request(world, number=8, saliency_method="integrated_gradients").display()
    assert display.heat.shape == (8, SIDE, SIDE)
    assert "each answer is compared with that for a black image" in display.notes[0]
    bright = display.pixels.max(axis=-1) > 0.9
    inside = [heat[where].mean() / heat[~where].mean() for heat, where in zip(display.heat, bright, strict=True)]
    assert np.median(inside) > 2


def test_black_is_black_on_every_scale(world):
    display = request(world, "grey8.h5mlm", number=2, saliency_method="integrated_gradients").display()
    assert "compared with that for a black image" in display.notes[0]


REFUSALS = {
    "another name": ({"rows": "cell_999"}, "Rows to show: no image is called 'cell_999'. Type names of images"),
    "too many names": ({"rows": ", ".join(f"cell_{n:03}" for n in range(51))}, "must be at most 50 images."),
    "no label": ({"rows": "cell_050", "truth": "few"}, "the table of labels has none for 'cell_050.png'"),
    "stack": ({"model": "stack.h5mlm"}, "the model takes stacks of 2 pages."),
    "mixed": ({"model": "mixed.h5mlm"}, "the model takes columns of a table beside the images."),
    "rows": ({"model": "rows.h5mlm"}, "the model was not trained on images by these tools"),
    "shape": ({"picture_shape": "(8, 8, 3)"}, "is for rows of a table. Leave it blank for images."),
    "one column": ({"truth": "few", "name_column": "3"}, "column 3 holds the images' names"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_shown_is_refused(name, world):
    options, message = REFUSALS[name]
    options = dict(options)
    labels = truth(world, options.pop("truth")) if "truth" in options else {}
    labels |= {"name_column": options.pop("name_column")} if "name_column" in options else {}
    with pytest.raises(UserError) as raised:
        request(world, **labels, **options).display()
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_table_for_a_model_of_images_is_refused(world):
    from dltools.plots.saliency import SaliencyRequest

    given = {"infile1": forms.dataset(world / "x"), "column_selector_options": forms.ALL, "image_samples": []}
    asked = SaliencyRequest.read({"infile_estimator": forms.dataset(world / "colour.h5mlm"), **given})
    with pytest.raises(UserError, match="is a table, but the model was trained on images. Choose images."):
        asked.display()


def test_importance_of_features_is_refused_for_a_model_of_images(world):
    from dltools.core.dataset import Dataset
    from dltools.plots import permuted_features
    from dltools.tables.columns import ALL_COLUMNS

    source, samples = (Dataset(str(world / name), name) for name in ("colour.h5mlm", "x"))
    with pytest.raises(UserError, match=r"^'colour.h5mlm': was trained on images, whose points are no features"):
        permuted_features.importances(source, samples, ALL_COLUMNS, permuted_features.Shuffling.read({}))


def test_a_text_named_like_an_image_is_refused_by_name(world, tmp_path):
    (tmp_path / "colour").mkdir()
    (tmp_path / "colour" / "cell.png").write_text("no image")
    (tmp_path / "colour.h5mlm").write_bytes((world / "colour.h5mlm").read_bytes())
    with pytest.raises(UserError, match="'cell.png'.*a text"):
        request(tmp_path).display()
