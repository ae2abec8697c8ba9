"""Images of samples in the report: only where they are asked for, and which of them."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_iris

from tests.support import forms
from tests.support import image_forms as images
from tests.support.builders import FAST, make_builders
from tests.support.networks import network
from tests.support.pages import Page
from tests.support.tables import write

OUTPUTS = {
    "outfile_result": "scores",
    "outfile_y_true": "y_true",
    "outfile_y_preds": "y_preds",
    "outfile_report": "report.html",
    "outfile_report_markdown": "report.md",
    "report_pictures": "figures",
}
VALUES = {"learning_type": "KerasGRegressor", "loss": "mean_squared_error", "metrics": ["mae"], "epochs": 2, "seed": 1}
ASKED = "These are images of samples, which are in this report because they were asked for."
NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


def convolution(filters, activation):
    return "Conv2D", {"filters": filters, "kernel_size": "3", "activation": activation, "kwargs": "padding='same'"}


def of_digits(*last):
    return forms.sequential(convolution(2, "relu"), *last, input_shape="(8, 8, 1)")


FLATTEN = ("Flatten", {"data_format": "channels_last"})


def dense(units, activation):
    return "Dense", {"units": units, "activation": activation, "kwargs": ""}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    digits, iris = load_digits(), load_iris()
    write(folder / "x", (digits.data[:400] / 16).round(4))
    write(folder / "y", NAMES[digits.target[:400]])
    write(folder / "ink", digits.data[:400].mean(axis=1).round(3))
    write(folder / "labels", np.stack([digits.target[:400] % 2, digits.target[:400] > 4], 1).astype(int), "odd\tlarge")
    write(folder / "mask", (digits.data[:400] > 8).astype(int))
    write(folder / "flowers", iris.data)
    write(folder / "kinds", iris.target_names[iris.target])
    path = make_builders(
        {
            "classes": (of_digits(FLATTEN, dense(10, "softmax")), {"epochs": 3, "seed": 1, **FAST}),
            "values": (of_digits(FLATTEN, dense(1, "linear")), VALUES),
            "labels": (of_digits(FLATTEN, dense(2, "sigmoid")), {"loss": "binary_crossentropy", "seed": 1}),
            "given back": (of_digits(convolution(1, "sigmoid")), {**VALUES, "epochs": 15, **FAST}),
            "masks": (of_digits(convolution(1, "sigmoid")), {"loss": "binary_crossentropy", "seed": 1}),
            "flowers": (network(3), {"seed": 1}),
        },
        tmp_path_factory,
    )
    cases = {
        "classes": forms.training(path["classes"], folder / "x", folder / "y"),
        "values": forms.training(path["values"], folder / "x", folder / "ink"),
        "labels": forms.training(path["labels"], folder / "x", folder / "labels", header2=True),
        "given back": forms.training(path["given back"], folder / "x", folder / "none"),
        "masks": forms.training(path["masks"], folder / "x", folder / "mask"),
        "flowers": forms.training(path["flowers"], folder / "flowers", folder / "kinds"),
    }
    cases["given back"]["experiment_schemes"]["run_options"] = [{"autoencoder": [{"reproduce": True}]}]
    for form in cases.values():
        form["save"] = ["save_report", "save_examples"]
    cases["not asked"] = {**cases["classes"], "save": ["save_report"]}
    found = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS)
    assert {name: result.stderr for name, result in found.items()} == dict.fromkeys(found, "")
    return found


def text_of(result):
    return (result.folder / "report.html").read_text()


def figures_of(result):
    """Return what the page says of each figure behind the heading, and the figure."""
    behind = text_of(result).split("<h2>Examples</h2>")[1].split("<h2>")[0]
    found = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]*)"', behind)
    return [(alt, Image.open(io.BytesIO(base64.b64decode(png)))) for png, alt in found]


def test_nothing_is_shown_where_nobody_asks(runs):
    text = text_of(runs["not asked"])
    assert "Examples" not in text
    assert ASKED not in text
    assert text.count("<img") == 1, "the learning curves"
    assert ASKED in text_of(runs["classes"])


def test_examples_of_each_class_and_mistakes(runs):
    (examples, first), (mistakes, second) = figures_of(runs["classes"])
    assert examples.startswith("Examples of each class: 1: ")
    assert mistakes.startswith("Most confident mistakes: 1: true ")
    assert all(image.size[0] > 300 and len(np.unique(image.convert("L"))) > 10 for image in (first, second))
    page = Page(text_of(runs["classes"]))
    tables = [table for table in page.tables if table[0] == ["Sample", "True", "Predicted"]]
    assert len(tables) == 2
    rows = [line.split("\t") for name in ("y_true", "y_preds") for line in ["\t".join(runs["classes"].table(name)[0])]]
    assert rows == [["True"], ["Predicted"]]
    wrong = [row for row in tables[1][1:]]
    assert 0 < len(wrong) <= 15
    assert all(true != predicted for _, true, predicted in wrong)
    sure = [float(number) for number in re.findall(r"p = ([0-9.]+)", mistakes)]
    assert len(sure) == len(wrong)
    assert sure == sorted(sure, reverse=True)
    shown = [true for _, true, _ in tables[0][1:]]
    assert len(set(shown)) == 8
    assert all(shown.count(name) <= 5 for name in shown)
    assert "and 2 more classes" in text_of(runs["classes"])


def test_samples_are_those_of_the_lines_that_are_named(runs):
    page = Page(text_of(runs["classes"]))
    table = next(table for table in page.tables if table[0] == ["Sample", "True", "Predicted"])
    target = NAMES[load_digits().target]
    for sample, true, _ in table[1:]:
        assert target[int(re.fullmatch(r"'x', line (\d+)", sample)[1]) - 1] == true


def test_values_from_small_to_large_and_those_farthest_off(runs):
    (examples, _), (farthest, _) = figures_of(runs["values"])
    assert examples.startswith("Examples by their true value, from small to large: 1: true ")
    shown = [float(number) for number in re.findall(r"true ([0-9.]+)", examples)]
    assert shown == sorted(shown)
    off = [abs(float(a) - float(b)) for a, b in re.findall(r"true ([0-9.e-]+), predicted ([0-9.e-]+)", farthest)]
    assert farthest.startswith("Values that are farthest off")
    assert off == pytest.approx(sorted(off, reverse=True), abs=0.02)


def test_labels(runs):
    (examples, _), _ = figures_of(runs["labels"])
    assert examples.startswith("Examples of each class: 1: odd, ")
    assert "true odd, large" in text_of(runs["labels"]) or "odd, large" in examples


def test_what_an_autoencoder_gives_back(runs):
    ((alt, image),) = figures_of(runs["given back"])
    assert "below each what the network makes of it" in alt
    errors = [float(number) for number in re.findall(r"error ([0-9.e-]+)", alt)]
    assert len(errors) == 5
    assert errors == sorted(errors)
    # It gives back what it got, more or less.
    half = np.asarray(image.convert("L"), float)
    assert half.std() > 30


@pytest.mark.parametrize("name", ["masks", "flowers"])
def test_what_is_no_image_with_one_answer_is_said(runs, name):
    assert figures_of(runs[name]) == []
    assert "The samples are no images" in text_of(runs[name])


@pytest.fixture(scope="module")
def of_images(tmp_path_factory):
    """Return trainings on grey and coloured images, of which some labels are wrong."""
    folder = images.write_all(tmp_path_factory.mktemp("images"))
    rows = [line.split("\t") for line in (folder / "labels").read_text().splitlines()[1:]]
    wrong = {"cell_03", "cell_08", "cell_20"}
    other = {"top": "base", "base": "top"}
    rows = [[row[0], other[row[1]] if row[0] in wrong else row[1], *row[2:]] for row in rows]
    write(folder / "labels", rows, images.HEADER)

    def network_of(channels, last):
        layers = [convolution(3, "relu"), *([FLATTEN] if last[0] == "Dense" else []), last]
        return forms.sequential(*layers, input_shape=f"({images.HEIGHT}, {images.WIDTH}, {channels})")

    settings = {"epochs": 10, "seed": 1, "batch_size": 8, "optimizer": "Adam", "options": {"learning_rate": 0.01}}
    path = make_builders(
        {
            "grey": (network_of(1, dense(2, "softmax")), settings),
            "colour": (network_of(3, dense(2, "softmax")), settings),
            "given back": (network_of(1, convolution(1, "linear")), {**VALUES, "epochs": 10, **FAST}),
        },
        tmp_path_factory,
    )
    given = images.inputs(images.collection(folder), images.labels(folder / "labels"))
    cases = {
        "grey": images.training(path["grey"], given),
        "standard": images.training(path["grey"], {**given, "image_options": [{"image_scale": "standard"}]}),
        "colour": images.training(path["colour"], given),
        "given back": images.training(path["given back"], given),
    }
    cases["given back"]["experiment_schemes"]["run_options"] = [{"autoencoder": [{"reproduce": True}]}]
    for form in cases.values():
        form["experiment_schemes"]["test_split"]["split_algos"] = {"shuffle": "None", "test_size": 0.4}
        form["save"] = ["save_report", "save_examples"]
    found = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS)
    assert {name: result.stderr for name, result in found.items()} == dict.fromkeys(found, "")
    return folder, found


@pytest.mark.parametrize("name", ["grey", "standard", "colour"])
def test_images_go_by_their_names(of_images, name):
    folder, found = of_images
    labels = dict(line.split("\t")[:2] for line in (folder / "labels").read_text().splitlines()[1:])
    tables = [table for table in Page(text_of(found[name])).tables if table[0] == ["Sample", "True", "Predicted"]]
    assert len(tables) == 2
    for sample, true, _ in tables[0][1:] + tables[1][1:]:
        assert labels[re.fullmatch(r"Image '(cell_\d\d)\.png'", sample)[1]] == true
    # The last rows are held out; what is said to be wrong there is what was labelled so.
    assert {row[0] for row in tables[1][1:]} <= {f"Image '{name}.png'" for name in ("cell_03", "cell_08", "cell_20")}


def test_images_are_shown_as_they_are(of_images):
    """Of a base, the lower half is bright, on whatever scale the network gets it."""
    _, found = of_images
    for name in ("grey", "standard", "colour"):
        (alt, sheet), _ = figures_of(found[name])
        assert alt.startswith("Examples of each class: 1: base, ")
        shown = np.asarray(sheet.convert("L"), float)
        # The first image stands in the upper left corner below its caption of two lines.
        first = shown[int(0.36 * 90) : int(1.2 * 90), 12:90]
        dark = first[(first < 255).all(axis=1)]
        half = len(dark) // 2
        assert dark[half + 4 :].mean() > dark[: half - 4].mean() + 60


def test_images_beside_what_an_autoencoder_makes_of_them(of_images):
    _, found = of_images
    ((alt, _),) = figures_of(found["given back"])
    assert "below each what the network makes of it" in alt


def test_in_markdown_they_lie_beside(runs):
    text = (runs["classes"].folder / "report.md").read_text()
    assert len(text) <= 10_240
    shown = re.findall(r'path="(picture_\d+\.png)"', text)
    assert sorted(path.name for path in (runs["classes"].folder / "figures").iterdir()) == sorted(shown)
    assert len(shown) >= 3
