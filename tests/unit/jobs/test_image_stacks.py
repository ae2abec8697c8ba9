"""TIFF files with several pages through the scripts: one page chosen, or all of them as a stack."""

import numpy as np
import pytest
import tifffile

from tests.support import forms, trainings
from tests.support import image_forms as images
from tests.support.builders import FAST, make_builders

SETTINGS = {"epochs": 12, "batch_size": 8, "seed": 1, **FAST}
FLAT, LAST = (
    ("Flatten", {"data_format": "channels_last"}),
    ("Dense", {"units": 2, "activation": "softmax", "kwargs": ""}),
)
BUILDERS = {
    "one page": (forms.sequential(FLAT, LAST, input_shape="(12, 16, 1)"), SETTINGS),
    "stack": (forms.sequential(FLAT, LAST, input_shape="(2, 12, 16, 1)"), SETTINGS),
    "deeper": (forms.sequential(FLAT, LAST, input_shape="(3, 12, 16, 1)"), SETTINGS),
}
OUTPUTS = {"outfile_result": "scores", "outfile_object": "model.h5mlm"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a folder of labels, and of images whose second page tells the class; the first is the same noise."""
    folder = images.write_all(tmp_path_factory.mktemp("data"))
    noise = np.random.default_rng(5).integers(0, 255, (images.HEIGHT, images.WIDTH)).astype(np.uint8)
    (folder / "stacks").mkdir()
    for stem, image in zip(images.STEMS, images.pixels(), strict=True):
        tifffile.imwrite(folder / "stacks" / f"{stem}.tiff", np.stack([noise, image]), photometric="minisblack")
    return folder


@pytest.fixture(scope="module")
def stacks(data):
    return images.collection(data, sorted((data / "stacks").iterdir()))


@pytest.fixture(scope="module")
def trained(data, stacks, tmp_path_factory):
    """Return name -> how a training ended."""
    builders, by_table = make_builders(BUILDERS, tmp_path_factory), images.labels(data / "labels")
    asked = {
        "first": ("one page", {"image_page": 1}),
        "second": ("one page", {"image_page": 2}),
        "third": ("one page", {"image_page": 3}),
        "none": ("one page", {}),
        "stack": ("stack", {}),
        "deeper": ("deeper", {}),
    }
    cases = {
        name: images.training(builders[builder], images.inputs(stacks, by_table, **options))
        for name, (builder, options) in asked.items()
    }
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("trained"), **OUTPUTS)


@pytest.mark.parametrize(("name", "least", "most"), [("first", 0, 0.75), ("second", 1, 1), ("stack", 1, 1)])
def test_learns_from_what_is_chosen(name, least, most, trained):
    assert trained[name].returncode == 0, trained[name].stderr
    assert least <= trainings.scores(trained[name])["validation_accuracy"] <= most


# Images are read in the order of the labels.
FIRST = f"'{images.STEMS[images.ORDER[0]]}.tiff'"
REFUSALS = {
    "third": f"{FIRST}: page 3 is chosen, but the file has 2. Choose another, or leave it out.",
    "none": f"{FIRST}: has 2 pages, but the network takes one image. Choose one of the pages",
    "deeper": f"{FIRST}: has 2 pages, but the network takes stacks of 3",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_fail_before_training(name, trained):
    forms.assert_one_line(trained[name], REFUSALS[name])
    assert not trained[name].written


@pytest.mark.parametrize("name", ["second", "stack"])
def test_prediction_takes_what_the_training_took(name, data, stacks, trained, tmp_path):
    (tmp_path / "run").mkdir()
    truth = forms.table(data / "labels", "true", True, "half")
    form = images.prediction(trained[name].folder / "model.h5mlm", images.inputs(stacks), truth=truth)
    (found,) = forms.run_all("model_prediction", {"run": form}, tmp_path / "run", outfile_predict="predicted").values()
    assert found.returncode == 0, found.stderr
    assert "accuracy: 1 (baseline: 0.5)" in found.stdout
    assert "Predicted 40 images." in found.stdout
