"""Networks with several outputs: trained, scored, saved, continued and used for predictions, each output by its name."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_diabetes, load_iris

from tests.support import forms
from tests.support.builders import FAST
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, scores

NAMED = {"kwargs": "name='species'"}, {"kwargs": "name='origin'"}


def heads(activation, units):
    """Return a network with two outputs, called species and origin."""
    outputs = [
        ("Dense", {"units": n, "activation": activation, "inbound_nodes": 2, **named})
        for n, named in zip(units, NAMED, strict=True)
    ]
    hidden = ("Dense", {"units": 16, "activation": "relu", "kwargs": "", "inbound_nodes": 1})
    return lambda columns: forms.functional(
        ("Input", {"shape": f"({columns},)"}), hidden, *outputs, inputs="[1]", outputs="[3, 4]"
    )


NETWORKS = {
    "classes": (heads("softmax", (3, 2))(4), {"epochs": 15, "seed": 1, **FAST}),
    "values": (
        heads("linear", (1, 2))(10),
        {"learning_type": "KerasGRegressor", "loss": "mean_squared_error", "metrics": ["mae"], "epochs": 5, "seed": 1},
    ),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    iris, diabetes = load_iris(), load_diabetes()
    y = iris.target
    write(folder / "x", ((iris.data - iris.data.mean(0)) / iris.data.std(0)).round(4))
    north = np.where(iris.data[:, 0] > 5.8, "north", "south")
    write(folder / "labels", np.stack([iris.target_names[y], north], 1), "species\torigin")
    write(
        folder / "one_hot",
        np.hstack([np.eye(3, dtype=int)[y], np.stack([north == "north", north == "south"], 1).astype(int)]),
    )
    write(folder / "three", np.stack([y, y, y], 1))
    write(folder / "diabetes", diabetes.data.round(4))
    write(
        folder / "values",
        np.stack([diabetes.target, diabetes.target / 2, diabetes.target / 3], 1) / 100,
        "all\thalf\tthird",
    )
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    configs = forms.run_all(
        "model_config",
        {name: form for name, (form, _) in NETWORKS.items()},
        tmp_path_factory.mktemp("configs"),
        outfile="model.json",
    )
    made = forms.run_all(
        "model_builder",
        {
            name: forms.builder(configs[name].folder / "model.json", **changes)
            for name, (_, changes) in NETWORKS.items()
        },
        tmp_path_factory.mktemp("zips"),
        outfile="builder.zip",
    )
    path = {name: result.folder / "builder.zip" for name, result in made.items()}
    outputs = {**OUTPUTS, "outfile_report": "report.html"}
    stratified = {"shuffle": "stratified", "test_size": 0.2, "random_state": 1}
    cases = {
        "labels": forms.training(
            path["classes"],
            data / "x",
            data / "labels",
            header2=True,
            split=stratified,
            scoring={"primary_scoring": "f1_macro", "secondary_scoring": ["roc_auc"]},
            scaling="standard",
        ),
        "one-hot": forms.training(path["classes"], data / "x", data / "one_hot"),
        "values": forms.training(path["values"], data / "diabetes", data / "values", "train_val_test", header2=True),
        "fail columns": forms.training(path["classes"], data / "x", data / "three"),
        "fail scorer": forms.training(path["classes"], data / "x", data / "one_hot", scoring={"primary_scoring": "f1"}),
    }
    first = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **outputs)
    again = {
        "further": forms.training(
            first["labels"].folder / "model.h5mlm", data / "x", data / "labels", header2=True, swaps=[("epochs", "2")]
        )
    }
    return first | forms.run_all("train_and_eval", again, tmp_path_factory.mktemp("further"), **outputs)


@pytest.mark.parametrize("name", ["labels", "one-hot", "values", "further"])
def test_ok_ends_well(runs, name):
    assert (runs[name].returncode, runs[name].stderr) == (0, "")


def test_each_output_is_scored_by_its_name(runs):
    found, true, predicted = scores(runs["labels"]), runs["labels"].table("y_true"), runs["labels"].table("y_preds")
    assert true[0] == ["True_species", "True_origin"]
    assert predicted[0] == ["Predicted_species", "Predicted_origin"]
    for position, name in enumerate(("species", "origin")):
        labels = [[row[position] for row in table[1:]] for table in (true, predicted)]
        assert found[f"validation_{name}_f1_macro"] == pytest.approx(metrics.f1_score(*labels, average="macro"))
        assert found[f"validation_{name}_f1_macro"] > 0.6
        assert 0.5 < found[f"validation_{name}_roc_auc"] <= 1
    history = runs["labels"].table("history")
    assert {"loss", "val_loss", "val_species_acc", "val_origin_acc"} <= set(history[0])
    assert found["validation_loss"] == pytest.approx(float(history[-1][history[0].index("val_loss")]), rel=1e-5)


def test_values_are_divided_in_order(runs):
    true, predicted = runs["values"].table("y_true"), runs["values"].table("y_preds")
    assert true[0] == ["True_species", "True_origin_half", "True_origin_third"]
    assert predicted[0] == ["Predicted_species", "Predicted_origin_half", "Predicted_origin_third"]
    true, predicted = (np.array(table[1:], float) for table in (true, predicted))
    assert np.allclose(true[:, 0], 2 * true[:, 1], atol=1e-5)
    assert scores(runs["values"])["test_origin_r2"] == pytest.approx(
        metrics.r2_score(true[:, 1:], predicted[:, 1:]), rel=1e-4
    )


def test_training_goes_on(runs):
    before, after = (runs[name].table("history") for name in ("labels", "further"))
    # How long an epoch took is no fact of the model.
    assert after[0][-1] == "seconds"
    assert [row[:-1] for row in after[: len(before)]] == [row[:-1] for row in before]
    assert [row[-1] == "nan" for row in after[1:]] == [True] * (len(before) - 1) + [False] * 2
    assert len(after) == len(before) + 2


def test_the_report_tells_of_each_output(runs):
    text = (runs["labels"].folder / "report.html").read_text()
    assert text.count("<p>Output species:</p>") == text.count("<p>Output origin:</p>") == 2


def test_prediction(runs, data, tmp_path):
    model, truth = runs["labels"].folder / "model.h5mlm", forms.table(data / "labels", "true", True)
    cases = {
        "classes": forms.prediction(model, data / "x", truth=truth),
        "probabilities": forms.prediction(model, data / "x", method="predict_proba", truth=truth),
    }
    found = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out", outfile_scores="scores")
    assert all((result.returncode, result.stderr) == (0, "") for result in found.values()), found
    header, *rows = found["classes"].table("out")
    assert header == ["Predicted_species", "Predicted_origin"]
    true = [line.split("\t") for line in (data / "labels").read_text().splitlines()[1:]]
    for position, name in enumerate(("species", "origin")):
        accuracy = metrics.accuracy_score([row[position] for row in true], [row[position] for row in rows])
        assert scores(found["classes"])[f"{name}_accuracy"] == pytest.approx(accuracy)
    header, *rows = found["probabilities"].table("out")
    assert header == ["species_setosa", "species_versicolor", "species_virginica", "origin_north", "origin_south"]
    assert np.allclose(np.array(rows, float).sum(axis=1), 2)


FAILS = {
    "fail columns": "'three': has 3 target columns, but the model has 2 outputs with units: species 3, origin 2. Choose 5 columns",
    "fail scorer": "'f1' makes no sense for a multiclass target",
}


@pytest.mark.parametrize("name", FAILS)
def test_fail(runs, name):
    forms.assert_one_line(runs[name], FAILS[name])
    assert runs[name].written == []


def test_columns_of_several_outputs_are_found_by_their_names(runs, data, tmp_path):
    """Each output has one column or two: in another order they are no other outputs'."""
    header, *rows = (line.split("\t") for line in (data / "values").read_text().splitlines())
    turned = write(tmp_path / "turned.tabular", [row[::-1] for row in rows], "\t".join(header[::-1]))
    model = runs["values"].folder / "model.h5mlm"
    cases = {
        "same": forms.prediction(model, data / "diabetes", truth=forms.table(data / "values", "true", True)),
        "turned": forms.prediction(model, data / "diabetes", truth=forms.table(turned, "true", True)),
    }
    found = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out", outfile_scores="scores")
    assert scores(found["turned"]) == scores(found["same"])
    again = forms.training(
        model, data / "diabetes", turned, header2=True, swaps=[("epochs", "1"), ("optimizer__learning_rate", "1e-30")]
    )
    result = forms.run("train_and_eval", again, tmp_path, outfile_result="again", outfile_y_true="y_true")
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "y_true").read_text().splitlines()[0] == "True_species\tTrue_origin_half\tTrue_origin_third"
