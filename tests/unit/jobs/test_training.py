"""Training, evaluation and prediction through the real scripts, for every kind of target."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_diabetes, load_iris

from tests.support import forms
from tests.support.builders import FAST
from tests.support.networks import dense, network
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, scores


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Write the tables: scikit-learn's irises with their labels in every form, and diabetes patients."""
    folder = tmp_path_factory.mktemp("data")
    iris, diabetes = load_iris(), load_diabetes()
    y = iris.target
    two = y > 0
    x = (iris.data - iris.data.mean(0)) / iris.data.std(0)
    dense = x.round(4)
    write(folder / "x", dense)
    write(folder / "x_two", dense[two])
    write(folder / "one_hot", np.eye(3, dtype=int)[y])
    write(folder / "names", iris.target_names[y])
    write(folder / "from_five", y + 5)
    write(folder / "positions", y)
    write(folder / "two_names", iris.target_names[y][two])
    write(folder / "several", np.stack([y > 0, y > 1], 1).astype(int))
    write(folder / "groups", np.arange(150) // 10, "group")
    write(folder / "fractions", iris.data[:, 0])
    write(folder / "one_class", np.ones(150, int))
    write(folder / "short", y[1:])
    write(folder / "diabetes", diabetes.data.round(4))
    write(folder / "progression", diabetes.target / 100)
    write(folder / "two_values", np.stack([diabetes.target, diabetes.target / 2], 1) / 100)
    rows, columns = dense.nonzero()
    entries = [f"{r + 1} {c + 1} {dense[r, c]}" for r, c in zip(rows, columns, strict=True)]
    header = ["%%MatrixMarket matrix coordinate real general", f"150 4 {len(entries)}"]
    (folder / "x.mtx").write_text("\n".join([*header, *entries]) + "\n")
    return folder


SPARSE_INPUT = ("Input", {"shape": "(4,)", "name": "", "dtype": "float32", "sparse": True})
BRANCHES = forms.functional(
    SPARSE_INPUT,
    dense(8, "relu", 1),
    dense(8, "tanh", "1"),
    ("Add", {"merging_layers": "[2, 3]"}),
    dense(3, "softmax", 4),
    outputs="[5]",
)
TWO_INPUTS = forms.functional(
    ("Input", {"shape": "(4,)"}),
    ("Input", {"shape": "(4,)"}),
    ("Add", {"merging_layers": "[1, 2]"}),
    dense(3, "softmax", 3),
    inputs="[1, 2]",
    outputs="[4]",
)

BUILDERS = {
    "softmax": (network(3), {"epochs": 15, "seed": 1, **FAST}),
    "sparse": (network(3), {"loss": "sparse_categorical_crossentropy", "epochs": 15, "seed": 1, **FAST}),
    "ten": (network(10), {"loss": "sparse_categorical_crossentropy"}),
    "sigmoid": (network(1, "sigmoid"), {"loss": "binary_crossentropy", "epochs": 10, "seed": 2, **FAST}),
    "two": (network(2), {"epochs": 10, "seed": 2, **FAST}),
    "hinge": (network(1, "tanh"), {"loss": "hinge", "metrics": ["none"], "epochs": 10, "seed": 2, **FAST}),
    "labels": (network(2, "sigmoid"), {"loss": "binary_crossentropy", "epochs": 10, "seed": 2, **FAST}),
    "linear": (
        network(1, "linear"),
        {
            "learning_type": "KerasGRegressor",
            "loss": "mean_squared_error",
            "metrics": ["mae"],
            "epochs": 20,
            "seed": 3,
            **FAST,
        },
    ),
    "pair": (
        network(2, "linear"),
        {"learning_type": "KerasGRegressor", "loss": "mean_absolute_error", "metrics": "mse", "epochs": 5},
    ),
    "diverging": (
        network(1, "linear"),
        {
            "learning_type": "KerasGRegressor",
            "loss": "mean_squared_error",
            "optimizer": "SGD",
            "options": {"learning_rate": 1e30},
            "epochs": 3,
        },
    ),
    "stopping": (
        network(3),
        {
            "epochs": 50,
            "seed": 1,
            "callbacks": [
                (
                    "EarlyStopping",
                    {
                        "monitor": "val_loss",
                        "mode": "auto",
                        "min_delta": 10,
                        "patience": 1,
                        "restore_best_weights": True,
                    },
                ),
                ("ReduceLROnPlateau", {"monitor": "loss", "mode": "min", "patience": 2}),
                ("CSVLogger", {}),
            ],
        },
    ),
    "image": (
        forms.sequential(
            ("Conv2D", {"filters": 2, "kernel_size": "2", "activation": "relu", "kwargs": ""}),
            ("Flatten", {}),
            ("Dense", {"units": 3, "activation": "softmax", "kwargs": ""}),
            input_shape="(2, 2, 1)",
        ),
        {},
    ),
    "not flat": (
        forms.sequential(
            ("Reshape", {"target_shape": "(2, 2)"}),
            ("Dense", {"units": 3, "activation": "softmax", "kwargs": ""}),
            input_shape="(4,)",
        ),
        {},
    ),
    "784": (forms.sequential(*forms.CNN), {}),
    "branches": (BRANCHES, {"epochs": 15, "seed": 1, **FAST}),
    "two inputs": (TWO_INPUTS, {}),
}


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    """Make all builders through the real scripts; return name -> path."""
    folder = tmp_path_factory.mktemp("builders")
    configs = forms.run_all(
        "model_config", {name: form for name, (form, _) in BUILDERS.items()}, folder, outfile="model.json"
    )
    assert all(result.returncode == 0 for result in configs.values()), configs
    changes = {name: forms.builder(configs[name].folder / "model.json", **(BUILDERS[name][1])) for name in BUILDERS}
    made = forms.run_all("model_builder", changes, tmp_path_factory.mktemp("zips"), outfile="builder.zip")
    assert all(result.returncode == 0 for result in made.values()), made
    return {name: result.folder / "builder.zip" for name, result in made.items()}


# name -> builder, samples, target, further parameters of the form
OK = {
    "one-hot": (
        "softmax",
        "x",
        "one_hot",
        {
            "scoring": {
                "primary_scoring": "roc_auc",
                "secondary_scoring": [
                    "accuracy",
                    "f1_macro",
                    "neg_log_loss",
                    "average_precision",
                    "precision_wighted",
                    "balanced_accuracy",
                ],
            }
        },
    ),
    "one-hot again": ("softmax", "x", "one_hot", {}),
    "one-hot sparse loss": ("sparse", "x", "one_hot", {}),
    "names": (
        "softmax",
        "x",
        "names",
        {"scheme": "train_val_test", "scoring": {"primary_scoring": "accuracy", "secondary_scoring": "f1_micro"}},
    ),
    "from five": (
        "sparse",
        "x",
        "from_five",
        {"split": {"shuffle": "stratified", "test_size": 0.2, "random_state": 5}},
    ),
    "positions in ten": ("ten", "x", "positions", {}),
    "sparse input": ("softmax", "x.mtx", "one_hot", {"selected_input": "sparse"}),
    "two, one unit": (
        "sigmoid",
        "x_two",
        "two_names",
        {"scoring": {"primary_scoring": "roc_auc", "secondary_scoring": ["f1", "neg_log_loss"]}},
    ),
    "two, two units": (
        "two",
        "x_two",
        "two_names",
        {"scoring": {"primary_scoring": "binarize_auc_scorer", "secondary_scoring": None}},
    ),
    "hinge": ("hinge", "x_two", "two_names", {}),
    "several labels": (
        "labels",
        "x",
        "several",
        {"scoring": {"primary_scoring": "f1_samples", "secondary_scoring": ["roc_auc", "accuracy"]}},
    ),
    "regression": (
        "linear",
        "diabetes",
        "progression",
        {
            "scoring": {
                "primary_scoring": "r2",
                "secondary_scoring": ["spearman_correlation", "max_error", "neg_mean_absolute_error"],
            }
        },
    ),
    "two values": ("pair", "diabetes", "two_values", {"split": {"shuffle": "None", "test_size": 0.25}}),
    "stopped early": ("stopping", "x", "one_hot", {}),
    "picture": ("image", "x", "names", {}),
    "branches": ("branches", "x", "names", {}),
    "branches, sparse": ("branches", "x.mtx", "names", {"selected_input": "sparse"}),
    "swapped": (
        "softmax",
        "x",
        "one_hot",
        {
            "swaps": [
                ("epochs", "2"),
                ("layers_0_Dense__units", "5"),
                ("lr", "0.5"),
                (None, ""),
                ("layers_0_Dense__config__activation", "tanh"),
            ]
        },
    ),
}


def form_of(builders, data, name, x, y, changes):
    return forms.training(builders[name], data / x, data / y, **changes)


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data, builders):
    """Train everything in OK in one process."""
    cases = {name: form_of(builders, data, *case) for name, case in OK.items()}
    group = {
        "shuffle": "group",
        "test_size": 0.2,
        "random_state": 1,
        "group_names": "3, 7",
        "groups_selector": {
            "infile_g": forms.dataset(data / "groups"),
            "header_g": True,
            "column_selector_options_g": {"selected_column_selector_option_g": "all_columns"},
        },
    }
    by_group = {"shuffle": "group", "test_size": 0.3, "random_state": None, "group_names": None}
    cases["groups"] = forms.training(
        builders["softmax"], data / "x", data / "one_hot", "train_val_test", group, by_group
    )
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS)


@pytest.mark.parametrize("name", [*OK, "groups"])
def test_ok_ends_well_with_every_output(runs, name):
    assert (runs[name].returncode, runs[name].stderr) == (0, "")
    assert runs[name].written == sorted(OUTPUTS.values())


def labels(result, name):
    return [row[0] for row in result.table(name)[1:]]


LABELS = {
    "one-hot": {"0", "1", "2"},
    "names": {"setosa", "versicolor", "virginica"},
    "from five": {"5", "6", "7"},
    "two, one unit": {"versicolor", "virginica"},
    "two, two units": {"versicolor", "virginica"},
    "hinge": {"versicolor", "virginica"},
    "positions in ten": {"0", "1", "2"},
    "sparse input": {"0", "1", "2"},
    "groups": {"0", "1", "2"},
    "picture": {"setosa", "versicolor", "virginica"},
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_the_users_and_scores_follow_from_the_predictions(runs, name):
    true, predicted = labels(runs[name], "y_true"), labels(runs[name], "y_preds")
    assert set(true) <= LABELS[name]
    part = next(iter(scores(runs[name]))).removesuffix("_loss")
    accuracy = scores(runs[name]).get(f"{part}_accuracy")
    assert accuracy is None or accuracy == pytest.approx(metrics.accuracy_score(true, predicted))


@pytest.mark.parametrize(
    "name",
    [
        "one-hot",
        "one-hot sparse loss",
        "from five",
        "sparse input",
        "two, one unit",
        "two, two units",
        "hinge",
        "branches",
        "branches, sparse",
    ],
)
def test_the_network_learns(runs, name):
    assert metrics.accuracy_score(labels(runs[name], "y_true"), labels(runs[name], "y_preds")) >= 0.6


def test_multiclass_scores(runs):
    result = runs["one-hot"]
    found = scores(result)
    true, predicted = labels(result, "y_true"), labels(result, "y_preds")
    assert list(found)[:3] == ["validation_loss", "validation_acc", "validation_roc_auc"]
    assert found["validation_f1_macro"] == pytest.approx(metrics.f1_score(true, predicted, average="macro"))
    assert found["validation_precision_wighted"] == pytest.approx(
        metrics.precision_score(true, predicted, average="weighted", zero_division=0)
    )
    assert found["validation_loss"] == pytest.approx(-found["validation_neg_log_loss"], rel=1e-4)
    assert 0.5 < found["validation_roc_auc"] <= 1
    assert found["validation_loss"] == pytest.approx(float(result.table("history")[-1][3]), rel=1e-5)


def test_regression_scores(runs):
    result = runs["regression"]
    true, predicted = (np.array(labels(result, name), float) for name in ("y_true", "y_preds"))
    assert scores(result)["validation_r2"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-4)
    assert scores(result)["validation_mae"] == pytest.approx(metrics.mean_absolute_error(true, predicted), rel=1e-4)


def test_rows_judged_are_those_held_out(runs, data):
    result = runs["two values"]
    expected = np.loadtxt(data / "two_values")[-110:]
    assert np.allclose(np.array(result.table("y_true")[1:], float), expected)
    # The two named groups are the test set: rows 30 to 39 and 70 to 79.
    target = np.loadtxt(data / "positions", dtype=int)
    assert labels(runs["groups"], "y_true") == [str(c) for c in [*target[30:40], *target[70:80]]]
    assert "20 test" in runs["groups"].stdout


def test_same_seed_same_bits(runs):
    first, second = (runs[name].folder / "model.h5mlm" for name in ("one-hot", "one-hot again"))
    with h5py.File(first) as a, h5py.File(second) as b:
        members = []
        a["model_weights"].visititems(
            lambda name, item: members.append(name) if isinstance(item, h5py.Dataset) else None
        )
        assert len(members) >= 4
        assert all(np.array_equal(a["model_weights"][name][()], b["model_weights"][name][()]) for name in members)
    assert scores(runs["one-hot"])["validation_loss"] == scores(runs["one-hot again"])["validation_loss"]
    assert runs["one-hot"].table("y_preds") == runs["one-hot again"].table("y_preds")


def test_history_and_early_stopping(runs):
    history = runs["stopped early"].table("history")
    assert history[0] == ["epoch", "loss", "acc", "learning_rate", "val_loss", "val_acc", "seconds"]
    assert [row[0] for row in history[1:]] == ["1", "2"]


def test_progress_is_one_line_an_epoch(runs):
    lines = [line for line in runs["one-hot"].stdout.splitlines() if line.startswith("Epoch ")]
    assert len(lines) == 15
    assert lines[0].startswith("Epoch 1/15: loss ") and "val_acc" in lines[0] and lines[0].endswith(" left")


def test_architecture_table(runs):
    assert runs["picture"].table("layers") == [
        ["Name", "Type", "Output shape", "Parameters"],
        ["conv2d", "Conv2D", "(None, 1, 1, 2)", "10"],
        ["flatten", "Flatten", "(None, 2)", "0"],
        [runs["picture"].table("layers")[3][0], "Dense", "(None, 3)", "9"],
    ]


def test_model_file_tells_what_it_is(runs):
    with h5py.File(runs["names"].folder / "model.h5mlm") as handle:
        assert handle.attrs["-URL-"] == "https://github.com/goeckslab/Galaxy-ML"
        assert handle.attrs["-repr-"].startswith("KerasGClassifier: 4 features, 3 classes")
        assert "<td>Dense</td>" in handle.attrs["-http_repr-"]
        config = json.loads(handle["-model_config-"][()])
        rows = json.loads(handle["-model_hyperparameters-"][()])
    assert config["target"]["classes"] == ["setosa", "versicolor", "virginica"]
    assert config["features"]["count"] == 4
    assert len(config["history"]["loss"]) == 15
    assert {"python", "keras", "tensorflow", "numpy"} <= set(config["versions"])
    assert all(isinstance(cell, str) for row in rows for cell in row)
    assert ["epochs", "15"] in [row[1:] for row in rows]


# Prediction.


@pytest.fixture(scope="module")
def predictions(tmp_path_factory, runs, data):
    def case(run, x, **changes):
        return forms.prediction(runs[run].folder / "model.h5mlm", data / x, **changes)

    (data / "text").write_text("no model\n")
    cases = {
        "names": case("names", "x"),
        "probabilities": case("names", "x", method="predict_proba"),
        "two": case("two, one unit", "x_two", method="predict_proba"),
        "sparse": case("sparse input", "x.mtx", selected_input="sparse"),
        "two values": case("two values", "diabetes"),
        "several": case("several labels", "x", method="predict_proba"),
        "fail columns": case("names", "diabetes"),
        "fail regression": case("regression", "diabetes", method="predict_proba"),
        "fail hinge": case("hinge", "x_two", method="predict_proba"),
        "fail text": forms.prediction(data / "text", data / "x"),
        "fail HDF5": forms.prediction(data / "plain.h5", data / "x"),
    }
    with h5py.File(data / "plain.h5", "w") as handle:
        handle["x"] = 1
    return forms.run_all("model_prediction", cases, tmp_path_factory.mktemp("predictions"), outfile_predict="out")


def test_ok_predict(predictions, data):
    result = predictions["names"]
    assert (result.returncode, result.stderr) == (0, "")
    assert result.table("out")[0] == ["Predicted"]
    true = (data / "names").read_text().split()
    assert metrics.accuracy_score(true, labels(result, "out")) > 0.6


def test_ok_predict_proba(predictions):
    header, *rows = predictions["probabilities"].table("out")
    assert header == ["setosa", "versicolor", "virginica"]
    found = np.array(rows, float)
    assert np.allclose(found.sum(axis=1), 1)
    assert [header[i] for i in found.argmax(axis=1)] == labels(predictions["names"], "out")
    header, *rows = predictions["two"].table("out")
    assert header == ["versicolor", "virginica"]
    assert np.allclose(np.array(rows, float).sum(axis=1), 1)


def test_ok_predict_several_columns(predictions):
    assert predictions["two values"].table("out")[0] == ["Predicted_0", "Predicted_1"]
    assert predictions["several"].table("out")[0] == ["0", "1"]
    assert predictions["sparse"].table("out")[0] == ["Predicted"]
    assert len(predictions["sparse"].table("out")) == 151


PREDICTION_FAILS = {
    "fail columns": "'diabetes': has 10 columns, but the model was trained on 4",
    "fail regression": "predict_proba: this model is a regression",
    "fail hinge": "so they are no probabilities",
    "fail text": "'text': is no trained model (h5mlm)",
    "fail HDF5": "'plain.h5': is no trained model (h5mlm)",
}


@pytest.mark.parametrize("name", PREDICTION_FAILS)
def test_fail_prediction(predictions, name):
    forms.assert_one_line(predictions[name], PREDICTION_FAILS[name])
    assert predictions[name].written == []


PLAIN_KERAS = """
import sys, keras, numpy as np
model = keras.models.load_model("model.h5")
found = model.predict(np.loadtxt(sys.argv[1], dtype="float32"), verbose=0)
np.savetxt("plain", found)
print(int(model.optimizer.iterations.numpy()), model.loss.__class__.__name__)
"""


def test_plain_keras_opens_a_model_file(runs, predictions, data, tmp_path):
    (tmp_path / "model.h5").symlink_to(runs["names"].folder / "model.h5mlm")
    process = subprocess.run(
        [sys.executable, "-c", PLAIN_KERAS, str(data / "x")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    ours = np.array(predictions["probabilities"].table("out")[1:], float)
    assert np.abs(np.loadtxt(tmp_path / "plain") - ours).max() < 1e-6
    # 96 rows in batches of 32, 15 times: the optimizer's state came along.
    assert process.stdout.split() == ["45", "CategoricalCrossentropy"]


# Training further.


def test_continued_training_goes_on(runs, data, tmp_path):
    model = runs["one-hot"].folder / "model.h5mlm"
    case = forms.training(model, data / "x", data / "one_hot", swaps=[("epochs", "2")])
    layers = forms.training(model, data / "x", data / "one_hot", swaps=[("layers_1_Dense__units", "5")])
    results = forms.run_all("train_and_eval", {"go on": case, "layers": layers}, tmp_path, **OUTPUTS)
    assert (results["go on"].returncode, results["go on"].stderr) == (0, "")
    before, after = (result.table("history") for result in (runs["one-hot"], results["go on"]))
    # How long an epoch took is no fact of the model.
    assert [row[:-1] for row in after[: len(before)]] == [row[:-1] for row in before]
    assert len(after) == len(before) + 2
    assert float(after[-1][1]) < float(before[1][1])
    with h5py.File(results["go on"].folder / "model.h5mlm") as handle:
        iterations = [v[()] for n, v in handle["optimizer_weights/adam"].items() if n == "iteration"]
    assert iterations == [17 * 4]
    forms.assert_one_line(results["layers"], "the layers of a trained model are fixed")


FAIL = {
    "text is no builder": (("x", "x", "one_hot", {}), "'x': is no builder"),
    "lengths": (("softmax", "x", "short", {}), "'x' has 150 rows, but 'short' has 149. They differ by one"),
    "lengths far apart": (
        ("softmax", "x", "progression", {}),
        "'x' has 150 rows, but 'progression' has 442. Each sample",
    ),
    "input_shape": (("784", "x", "one_hot", {}), "has 4 columns, but the model's input_shape is (784,)"),
    "units too few": (
        ("two", "x", "names", {}),
        "has 3 classes (setosa, versicolor, virginica), but the last layer has 2 units",
    ),
    "units too many": (("ten", "x", "names", {}), "but the last layer has 10 units"),
    "one unit, three classes": (("sigmoid", "x", "names", {}), "Give the last layer 3 units with softmax"),
    "one-hot of other width": (("two", "x", "one_hot", {}), "has 3 one-hot columns, but the last layer has 2 units"),
    "fractions as classes": (
        ("softmax", "x", "fractions", {}),
        "35 classes (4.3, 4.4, 4.5, 4.6, 4.7, 4.8, 4.9, 5.0, 5.1, 5.2 and 25 more), but the last layer has 3 units. Give the last layer 35 units, one "
        "for each class. If these are measurements, choose KerasGRegressor",
    ),
    "numbers as one-hot": (("softmax", "x", "x", {}), "must hold only 0 and 1"),
    "not one-hot": (("two", "x", "several", {}), "columns that are 1, but categorical_crossentropy needs exactly one"),
    "one class": (("sigmoid", "x", "one_class", {}), "needs at least two classes"),
    "names in a regression": (("linear", "x", "names", {}), "is not a number"),
    "two values for one unit": (
        ("linear", "diabetes", "two_values", {}),
        "has 2 target columns, but the last layer has 1 units",
    ),
    "two inputs": (("two inputs", "x", "names", {}), "the model has 2 inputs"),
    "not flat": (
        ("not flat", "x", "names", {}),
        "has 1 target column, but the last layer gives data of shape (2, 3) for each sample. Choose 2 columns of labels, one for each step, or 6 one-hot columns. For one answer for each sample, put Flatten or GlobalAveragePooling before the last Dense layer",
    ),
    "scorer": (
        ("softmax", "x", "one_hot", {"scoring": {"primary_scoring": "r2"}}),
        "'r2' makes no sense for a multiclass target",
    ),
    "second scorer": (
        ("linear", "diabetes", "progression", {"scoring": {"primary_scoring": "r2", "secondary_scoring": ["roc_auc"]}}),
        "'roc_auc' makes no sense",
    ),
    "test_size": (
        ("softmax", "x", "one_hot", {"split": {"shuffle": "simple", "test_size": 150}}),
        "test_size must hold out at least 1 and fewer than all of the 150 rows",
    ),
    "stratified regression": (
        ("linear", "diabetes", "progression", {"split": {"shuffle": "stratified"}}),
        "a stratified split needs classes",
    ),
    "group without groups": (
        ("softmax", "x", "one_hot", {"split": {"shuffle": "group"}}),
        "needs the dataset with the groups",
    ),
    "no such setting": (
        ("softmax", "x", "one_hot", {"swaps": [("epoch", "2")]}),
        "'epoch' is no setting of this model. Did you mean 'epochs'?",
    ),
    "swapped to nonsense": (
        ("softmax", "x", "one_hot", {"swaps": [("epochs", "two or three")]}),
        "epochs: must be a number",
    ),
    "swapped to nothing": (("softmax", "x", "one_hot", {"swaps": [("epochs", "")]}), "'epochs' has no new value"),
    "header": (("softmax", "x", "one_hot", {"header1": True}), "looks like data, not like a header"),
    "diverging": (("diverging", "diabetes", "progression", {}), "Lower the optimizer's learning rate"),
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory, data, builders):
    paths = {**builders, "x": data / "x"}
    cases = {name: form_of(paths, data, *case) for name, (case, _) in FAIL.items()}
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("refusals"), **OUTPUTS)


@pytest.mark.parametrize("name", FAIL)
def test_fail(refusals, name):
    forms.assert_one_line(refusals[name], FAIL[name][1])
    assert refusals[name].written == []
