"""A network that learns numbers beside classes: each output by a loss of its own."""

import json
import zipfile

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_iris

from tests.support import forms
from tests.support.builders import FAST
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, scores


def named(name, units, activation):
    return "Dense", {"units": units, "activation": activation, "inbound_nodes": 2, "kwargs": f"name='{name}'"}


HIDDEN = "Dense", {"units": 16, "activation": "relu", "kwargs": "", "inbound_nodes": 1}
HEADS = forms.functional(
    ("Input", {"shape": "(3,)"}), HIDDEN, named("species", 3, "softmax"), named("width", 1, "linear"),
    inputs="[1]", outputs="[3, 4]",
)  # fmt: skip
ONE = forms.sequential(("Dense", {"units": 3, "activation": "softmax"}), input_shape="(3,)")
WIDTH = {
    "output": "2",
    "output_learning_type": "KerasGRegressor",
    "output_loss": "mean_squared_error",
    "output_metrics": ["mae"],
}
CLASSES = {"epochs": 30, "seed": 1, **FAST}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    iris = load_iris()
    x = iris.data[:, :3]
    write(folder / "x", ((x - x.mean(0)) / x.std(0)).round(4))
    width = iris.data[:, 3]
    write(folder / "x_told", np.column_stack([x[:, :2], width * 10 + 3]))
    write(folder / "both", np.column_stack([iris.target_names[iris.target], width]), "species\twidth")
    write(folder / "turned", np.column_stack([width, iris.target_names[iris.target]]), "width\tspecies")
    write(folder / "one_hot", np.column_stack([np.eye(3, dtype=int)[iris.target], width]))
    write(folder / "words", np.column_stack([iris.target_names[iris.target], np.where(width > 1, "wide", "thin")]))
    return folder


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    return forms.run_all(
        "model_config", {"heads": HEADS, "one": ONE}, tmp_path_factory.mktemp("configs"), outfile="model.json"
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory, configs):
    heads, one = (configs[name].folder / "model.json" for name in ("heads", "one"))
    cases = {
        "both": forms.builder(heads, outputs=[WIDTH], **CLASSES),
        "light": forms.builder(heads, outputs=[{**WIDTH, "output": "width", "loss_weight": "0.001"}], **CLASSES),
        "fail none": forms.builder(heads, outputs=[{**WIDTH, "output": "3"}], **CLASSES),
        "fail twice": forms.builder(heads, outputs=[WIDTH, {**WIDTH, "output": "width"}], **CLASSES),
        "fail one": forms.builder(one, outputs=[WIDTH], **CLASSES),
        "fail empty": forms.builder(heads, outputs=[{**WIDTH, "output": " "}], **CLASSES),
        "fail activation": forms.builder(heads, outputs=[{**WIDTH, "output_loss": "binary_crossentropy"}], **CLASSES),
    }
    return forms.run_all("model_builder", cases, tmp_path_factory.mktemp("zips"), outfile="builder.zip")


def renamed(path, target):
    """Write a builder whose loss is of an output that its network has not."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.replace(b'"output": "width"', b'"output": "height"'))
    return target


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data, made):
    path = {name: made[name].folder / "builder.zip" for name in ("both", "light")}
    scorers = {"primary_scoring": "f1_macro", "secondary_scoring": ["neg_mean_absolute_error"]}
    stratified = {"shuffle": "stratified", "test_size": 0.2, "random_state": 1}
    cases = {
        "both": forms.training(path["both"], data / "x", data / "both", "train_val_test", header2=True),
        "light": forms.training(path["light"], data / "x", data / "both", "train_val_test", header2=True),
        "scored": forms.training(path["both"], data / "x", data / "one_hot", scoring=scorers, split=stratified),
        "folds": forms.training(
            path["both"], data / "x", data / "both", "cross_val", header2=True, swaps=[("epochs", "2")]
        ),
        "told": forms.training(path["both"], data / "x_told", data / "both", header2=True, scaling="standard"),
        "fail output": forms.training(renamed(path["both"], data / "odd.zip"), data / "x", data / "both", header2=True),
        "fail words": forms.training(path["both"], data / "x", data / "words"),
        "fail columns": forms.training(path["both"], data / "x", data / "x"),
        "fail scorer": forms.training(
            path["both"], data / "x", data / "both", header2=True, scoring={"primary_scoring": "f1_samples"}
        ),
    }
    cases["folds"]["experiment_schemes"]["fold_split"] = {
        "split_algos": {"shuffle": "kfold", "n_splits": 3, "random_state": 1}
    }
    first = forms.run_all(
        "train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS, outfile_report="report.html"
    )
    again = {
        "further": forms.training(
            first["both"].folder / "model.h5mlm", data / "x", data / "both", header2=True, swaps=[("epochs", "2")]
        )
    }
    return first | forms.run_all("train_and_eval", again, tmp_path_factory.mktemp("further"), **OUTPUTS)


def test_the_builder_holds_the_loss_by_the_outputs_name(made):
    assert (made["both"].returncode, made["both"].stderr) == (0, "")
    assert "Output width: KerasGRegressor, loss mean_squared_error, which counts 1" in made["both"].stdout
    with zipfile.ZipFile(made["both"].folder / "builder.zip") as archive:
        found = json.loads(archive.read("training.json"))
    assert found["outputs"] == [
        {
            "output": "width",
            "learning_type": "KerasGRegressor",
            "loss": "mean_squared_error",
            "loss_weight": 1.0,
            "metrics": ["mae"],
        }
    ]


@pytest.mark.parametrize("name", ["both", "light", "scored", "folds", "further"])
def test_ends_well(runs, name):
    assert (runs[name].returncode, runs[name].stderr) == (0, ""), runs[name].stderr


def test_each_output_is_scored_as_what_it_learns(runs):
    found, true, predicted = scores(runs["both"]), *(runs["both"].table(name) for name in ("y_true", "y_preds"))
    assert true[0] == ["True_species", "True_width"]
    assert predicted[0] == ["Predicted_species", "Predicted_width"]
    species, width = ([[row[column] for row in table[1:]] for table in (true, predicted)] for column in (0, 1))
    assert found["test_species_accuracy"] == pytest.approx(metrics.accuracy_score(*species))
    assert found["test_width_r2"] == pytest.approx(metrics.r2_score(*np.array(width, float)), rel=1e-4)
    assert found["test_width_mae"] == pytest.approx(metrics.mean_absolute_error(*np.array(width, float)), rel=1e-4)
    assert found["test_species_accuracy"] > 0.85
    assert found["test_width_r2"] > 0.7
    assert {"test_species_acc", "test_width_mae"} <= set(found)
    assert not {"test_species_r2", "test_width_accuracy", "test_species_mae", "test_width_acc"} & set(found)
    assert "the most frequent class, and the mean or the median," in runs["both"].stdout


def test_a_feature_that_tells_the_number_is_said_to_tell_a_number(runs):
    assert (runs["told"].returncode, runs["told"].stderr) == (0, "")
    assert "feature 3 alone tells the value of the target 'width' of every sample" in runs["told"].stdout


def test_the_loss_is_the_weighted_sum(runs):
    found = scores(runs["light"])
    true, predicted = (
        np.array([row[1] for row in runs["light"].table(name)[1:]], float) for name in ("y_true", "y_preds")
    )
    of_width = ((true - predicted) ** 2).mean()
    history = runs["light"].table("history")
    assert {"species_loss", "width_loss"} <= set(history[0])
    last = dict(zip(history[0], map(float, history[-1]), strict=True))
    assert last["loss"] == pytest.approx(last["species_loss"] + 0.001 * last["width_loss"], rel=1e-2)
    assert found["test_loss"] < found["test_species_accuracy"]
    assert of_width > 2 * scores(runs["both"])["test_width_mae"] ** 2


def test_scores_go_to_the_outputs_that_they_fit(runs):
    found = scores(runs["scored"])
    assert {"validation_species_f1_macro", "validation_width_neg_mean_absolute_error"} <= set(found)
    assert not {"validation_width_f1_macro", "validation_species_neg_mean_absolute_error"} & set(found)


def test_the_report_and_the_history_tell_of_both(runs):
    text = (runs["both"].folder / "report.html").read_text()
    assert "output width" in text
    assert "True - predicted of" in text
    assert "Confusion matrix" in text
    assert len(runs["further"].table("history")) == len(runs["both"].table("history")) + 2


def test_prediction(runs, data, tmp_path):
    model, truth = runs["both"].folder / "model.h5mlm", forms.table(data / "both", "true", True)
    cases = {
        "classes": forms.prediction(model, data / "x", truth=truth),
        "probabilities": forms.prediction(model, data / "x", method="predict_proba", truth=truth),
    }
    found = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out", outfile_scores="scores")
    assert all((result.returncode, result.stderr) == (0, "") for result in found.values()), found
    header, *rows = found["classes"].table("out")
    assert header == ["Predicted_species", "Predicted_width"]
    true = [line.split("\t") for line in (data / "both").read_text().splitlines()[1:]]
    accuracy = metrics.accuracy_score([row[0] for row in true], [row[0] for row in rows])
    assert scores(found["classes"])["species_accuracy"] == pytest.approx(accuracy)
    widths = [np.array([row[1] for row in table], float) for table in (true, rows)]
    assert scores(found["classes"])["width_r2"] == pytest.approx(metrics.r2_score(*widths), rel=1e-4)
    header, *shares = found["probabilities"].table("out")
    assert header == ["species_setosa", "species_versicolor", "species_virginica", "Predicted_width"]
    assert np.allclose(np.array(shares, float)[:, :3].sum(axis=1), 1, atol=1e-5)
    assert [row[3] for row in shares] == [row[1] for row in rows]


FAILS = {
    "fail none": "Loss of an output: the network has no output '3'. It has: 1 or 'species', 2 or 'width'.",
    "fail twice": "Loss of an output: 'width' is given twice.",
    "fail one": "Loss of an output: this network has one output, whose loss stands above. Remove the box.",
    "fail empty": "Loss of an output: the output must be given, by the name or the number of its layer.",
    "fail activation": "binary_crossentropy: needs probabilities, but the last layer's activation is linear.",
}
REFUSED = {
    "fail output": "'odd.zip': has a loss for the output 'height', but its network has no such output. It has: species, width.",
    "fail words": "line 1, column 2: 'thin' is not a number",
    "fail columns": "'x': has 3 target columns, but the model has 2 outputs with units: species 3, width 1. Choose 4 columns, for the outputs in this order, or 2, with a column of labels",
    "fail scorer": "'f1_samples' makes no sense for a multiclass target of 3 classes and a regression target",
}


@pytest.mark.parametrize("name", FAILS)
def test_fail_to_build(made, name):
    forms.assert_one_line(made[name], FAILS[name])
    assert made[name].written == []


@pytest.mark.parametrize("name", REFUSED)
def test_fail_to_train(runs, name):
    forms.assert_one_line(runs[name], REFUSED[name])
    assert runs[name].written == []
