"""The report of a training run: what it says, that it needs no script, and that nothing from a file becomes markup."""

import re
import subprocess

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_diabetes, load_iris

from dltools.reports import document
from dltools.reports.gallery import Gallery
from tests.support import forms
from tests.support.builders import FAST
from tests.support.networks import network
from tests.support.pages import Page
from tests.support.places import ROOT
from tests.support.tables import write

EVIL = "<b>x<i>|`${galaxy x}`"
OUTPUTS = {
    "outfile_result": "scores",
    "outfile_y_true": "y_true",
    "outfile_y_preds": "y_preds",
    "outfile_report": "report.html",
    "outfile_report_markdown": "report.md",
    "report_pictures": "figures",
}
DIRECTIVE = re.compile(
    r'\n\n```galaxy\nhistory_dataset_as_image\(output="outfile_report_markdown", path="(picture_\d+\.png)"\)\n```(?=\n)'
)
REGRESSION = {
    "learning_type": "KerasGRegressor",
    "loss": "mean_squared_error",
    "metrics": ["mae"],
    "epochs": 3,
    "seed": 3,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    iris, diabetes = load_iris(), load_diabetes()
    write(folder / "x", ((iris.data - iris.data.mean(0)) / iris.data.std(0)).round(4))
    write(folder / "y", np.array([EVIL, "versicolor", "virginica"])[iris.target])
    write(folder / "several", np.stack([iris.target > 0, iris.target > 1], 1).astype(int), "a\tb")
    write(folder / "diabetes", diabetes.data.round(4))
    write(folder / "progression", np.stack([diabetes.target, diabetes.target / 2], 1) / 100, "after\t" + EVIL)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    networks = {
        "classes": (network(3), {"epochs": 10, "seed": 1, **FAST}),
        "values": (network(2, "linear"), REGRESSION),
        "labels": (network(2, "sigmoid"), {"loss": "binary_crossentropy", "seed": 1}),
    }
    configs = forms.run_all(
        "model_config",
        {name: form for name, (form, _) in networks.items()},
        tmp_path_factory.mktemp("configs"),
        outfile="model.json",
    )
    made = forms.run_all(
        "model_builder",
        {
            name: forms.builder(configs[name].folder / "model.json", **changes)
            for name, (_, changes) in networks.items()
        },
        tmp_path_factory.mktemp("zips"),
        outfile="builder.zip",
    )
    path = {name: result.folder / "builder.zip" for name, result in made.items()}
    cases = {
        "classes": forms.training(path["classes"], data / "x", data / "y", "train_val_test", scaling="standard"),
        "values": forms.training(path["values"], data / "diabetes", data / "progression", header2=True),
        "labels": forms.training(path["labels"], data / "x", data / "several", header2=True),
    }
    folds = forms.training(path["classes"], data / "x", data / "y", "cross_val", swaps=[("epochs", "2")])
    folds["experiment_schemes"]["fold_split"] = {"split_algos": {"shuffle": "stratified_kfold", "n_splits": 3}}
    return forms.run_all("train_and_eval", {**cases, "folds": folds}, tmp_path_factory.mktemp("runs"), **OUTPUTS)


def page(result):
    assert (result.returncode, result.stderr) == (0, "")
    return Page((result.folder / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["classes", "values", "labels", "folds"])
def test_one_page_without_script_or_anything_beside_it(runs, name):
    found = page(runs[name])
    text = (runs[name].folder / "report.html").read_text()
    assert not {"script", "iframe", "object", "embed", "link", "style", "svg"} & set(found.tags)
    assert not any(attribute.startswith("on") for attribute in found.attributes)
    assert all(source.startswith("data:image/png;base64,") for source in re.findall(r'(?:src|href)="([^"]*)', text))
    assert len(text.encode()) < document.MAX_BYTES


def test_scores_and_confusions_are_those_of_the_predictions(runs):
    found = page(runs["classes"])
    true, predicted = ([row[0] for row in runs["classes"].table(name)[1:]] for name in ("y_true", "y_preds"))
    true, predicted = (
        [EVIL if label.startswith(("<", '"<')) else label for label in labels] for labels in (true, predicted)
    )
    header, values = runs["classes"].table("scores")
    written = dict(zip(header, map(float, values), strict=True))
    told = found.table("Score")
    assert all(
        float(told[name.partition("_")[2]][name.partition("_")[0]]) == pytest.approx(value, rel=1e-5)
        for name, value in written.items()
    )
    classes = [EVIL, "versicolor", "virginica"]
    matrix = found.table("True \\ predicted")
    expected = metrics.confusion_matrix(true, predicted, labels=classes)
    assert [[int(matrix[row][column]) for column in classes] for row in classes] == expected.tolist()
    recall = metrics.recall_score(true, predicted, labels=classes, average=None)
    per_class = next(t for t in found.tables if t[0][:2] == ["Class", "Precision"])
    assert [float(row[2]) for row in per_class[1:]] == pytest.approx(recall, abs=1e-4)
    balance = found.table("Class")
    assert [balance[name]["all"] for name in classes] == ["50"] * 3
    assert sum(int(balance[name][part]) for name in classes for part in ("training", "validation", "test")) == 150


def test_it_tells_how_to_repeat_the_run(runs):
    found = page(runs["classes"])
    settings, run = found.table("Setting"), next(t for t in found.tables if t[0][0] == "Fact")
    assert settings["feature scaling"] == {"Value": "standard"}
    assert settings["optimizer"] == {"Value": "Adam"}
    assert dict(run[1:])["seed"] == "1"
    assert {"keras", "tensorflow", "python", "numpy", "date"} <= dict(run[1:]).keys()
    assert ["1", "standard_scaling", "Normalization"] in [
        row[:3] for row in next(t for t in found.tables if t[0][0] == "Layer")
    ]


def test_regressions_labels_and_folds(runs):
    values = page(runs["values"])
    assert "img" in values.tags
    true, predicted = (np.array(runs["values"].table(name)[1:], float) for name in ("y_true", "y_preds"))
    off = next(t for t in values.tables if t[0][1:2] == ["Mean of true - predicted"])
    assert [float(row[1]) for row in off[1:]] == pytest.approx((true - predicted).mean(axis=0), rel=1e-3)
    assert set(page(runs["labels"]).table("Label")) == {"a", "b"}
    assert "±" in page(runs["folds"]).table("Score")["accuracy"]["test"]


@pytest.mark.parametrize("name", ["classes", "values", "labels", "folds"])
def test_it_speaks_to_those_who_do_not_see_it(runs, name):
    """Every table has a caption and headers, every figure words and its numbers."""
    text = (runs[name].folder / "report.html").read_text()
    tables = re.findall(r"<table.*?</table>", text, re.DOTALL)
    assert all(re.search(r"<caption[^>]*>[^<]+</caption>", table) for table in tables)
    for table in tables:
        header, *rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
        assert header.count("<th") == header.count('scope="col"')
        assert all(row.count('<th scope="row"') == 1 for row in rows)
    shown = re.findall(r'<img [^>]*alt="([^"]*)"[^>]*></p>\n<table', text)
    assert len(shown) == text.count("<img") > 0
    assert re.search(r"loss from [0-9.e+-]+ to [0-9.e+-]+", shown[0])
    assert '<html lang="en">' in text and "<title>Deep learning" in text


def test_nothing_from_a_file_becomes_markup(runs):
    for name in ("classes", "values"):
        text = "".join(page(runs[name]).text)
        assert EVIL in text
        source = (runs[name].folder / "report.html").read_text()
        assert not re.search("<[bi]>", source)
        markdown = (runs[name].folder / "report.md").read_text()
        assert "&#60;b&#62;x&#60;i&#62;" in markdown
        assert not re.search(r"<|`|\$\{|history_dataset", DIRECTIVE.sub("", markdown))
    script = [document.Paragraph("<script>alert(1)</script>"), document.Table(["<script>"], [["<script>"]])]
    assert not any("<script" in render("<script>", script) for render in (document.to_html, document.to_markdown))
    # A row of a table has as many cells as its header, whatever they hold.
    for line in (runs["classes"].folder / "report.md").read_text().split("\n\n"):
        if line.startswith("|"):
            assert len({row.count("|") for row in line.splitlines()}) == 1


def test_columns_of_the_markdown_stand_apart():
    """Galaxy draws no room between columns, and Markdown drops blanks at the ends of a cell."""
    text = document.to_markdown("t", [document.Table(["Class", "validation", "Share"], [["one", 7, "10.0%"]])])
    cells = [cell.strip(" ") for line in text.splitlines()[2:] if "---" not in line for cell in line.split("|")[1:-1]]
    assert [cell.strip("\u200b\u2003") for cell in cells] == ["Class", "validation", "Share", "one", "7", "10.0%"]
    # A space of no width, which no trimming takes away, and behind it a wide one.
    assert [cell.startswith("\u200b\u2003") for cell in cells] == [False, True, True] * 2


def test_the_markdown_is_no_longer_than_galaxy_reads(runs):
    for name, result in runs.items():
        text = (result.folder / "report.md").read_text()
        assert len(text) < 10_240, name
        assert "| keras |" in text
    long = document.Table(["a"], [["x" * 50]] * 500)
    text = document.to_markdown("t", [document.Heading("first"), long, document.Paragraph("last")])
    assert len(text) < 10_240
    assert text.endswith("last\n\nWhat is missing here is in the HTML report.\n")


@pytest.mark.parametrize("name, count", [("classes", 2), ("values", 3), ("labels", 1), ("folds", 2)])
def test_the_markdown_shows_each_figure_that_lies_beside_it(runs, name, count):
    """The learning curves, then the confusion matrix or the residuals of each target."""
    shown = DIRECTIVE.findall((runs[name].folder / "report.md").read_text())
    assert shown == [f"picture_{number}.png" for number in range(1, count + 1)]
    assert sorted(path.name for path in (runs[name].folder / "figures").iterdir()) == shown
    for figure in shown:
        assert (runs[name].folder / "figures" / figure).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_numbers_give_way_to_the_figure_that_says_the_same(tmp_path):
    long = document.Table(["a"], [["x" * 50]] * 500)
    blocks = [
        document.Figure(b"first", "Long", long),
        document.Matrix(b"second", "Short", document.Table(["a"], [["b"]])),
        document.Matrix(None, "None", long),
    ]
    text = document.to_markdown("t", blocks, Gallery(tmp_path / "figures", "outfile_report_markdown"))
    assert DIRECTIVE.findall(text) == ["picture_1.png", "picture_2.png"]
    assert "xxx" not in text
    assert "| b |" in text
    assert text.endswith("\n\nWhat is missing here is in the HTML report.\n")
    assert [(tmp_path / "figures" / name).read_bytes() for name in ("picture_1.png", "picture_2.png")] == [
        b"first",
        b"second",
    ]
    assert not DIRECTIVE.search(document.to_markdown("t", blocks))


SANITIZE = "import sys; from galaxy.util.sanitize_html import sanitize_html; print(sanitize_html(sys.stdin.read()))"


def test_what_must_be_read_outlasts_galaxys_sanitizer(runs):
    python = ROOT / ".tox" / "galaxy" / "bin" / "python"
    if not python.exists():
        pytest.skip("no Galaxy on this machine (tox run -e tests installs it)")
    source = (runs["classes"].folder / "report.html").read_text()
    cleaned = subprocess.run([python, "-c", SANITIZE], input=source, capture_output=True, text=True, check=True).stdout
    before, after = Page(source), Page(cleaned)
    assert after.tables == before.tables
    assert set(before.tags) - set(after.tags) <= {"html", "head", "meta", "title", "body"}
    assert 'bgcolor="#' in cleaned
