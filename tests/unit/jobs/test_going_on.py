"""Going on with training: the network's classes, columns and targets stay, whatever the order and the choice of the new rows."""

import json

import h5py
import numpy as np
import pytest

from tests.support import forms
from tests.support.builders import FAST, REGRESSOR, make_builders
from tests.support.networks import network
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

ROWS = 120
CODES = np.random.default_rng(1).permutation(np.arange(ROWS) % 3)
NAMES = np.array(["ant", "bee", "cat"])


def table(path, columns, order=None):
    """Write a table of header -> values; `order` chooses columns by position, for names may be there twice."""
    chosen = [columns[i] for i in (range(len(columns)) if order is None else order)]
    write(
        path, np.stack([np.asarray(values, object) for _, values in chosen], 1), "\t".join(name for name, _ in chosen)
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    x = (np.eye(3)[CODES] * [1, 5, 20] + rng.normal(0, 0.2, (ROWS, 3))).round(4)
    features = list(zip(["a", "b", "c"], x.T, strict=True))
    doubled = [("a", x[:, 0]), ("gene", x[:, 1]), ("gene", x[:, 2])]
    table(folder / "x", features)
    table(folder / "x_turned", features, [2, 0, 1])
    table(folder / "x_doubled", doubled)
    table(folder / "x_doubled_turned", doubled, [1, 2, 0])
    table(folder / "x_others", [("p", x[:, 0]), ("q", x[:, 1]), ("q", x[:, 2])])
    table(folder / "x_three", [("gene", x[:, 1]), *doubled])
    few = CODES < 2
    table(folder / "x_few", [(name, values[few]) for name, values in features])
    write(folder / "numbers", CODES + 1, "class")
    write(folder / "numbers_few", (CODES + 1)[few], "class")
    write(folder / "names", NAMES[CODES], "class")
    write(folder / "names_few", NAMES[CODES][few], "class")
    write(folder / "other_names", np.array(["dog", "eel", "fox"])[CODES], "class")
    hot = list(zip(["ant", "bee", "cat"], np.eye(3, dtype=int)[CODES].T, strict=True))
    table(folder / "one_hot", hot)
    table(folder / "one_hot_turned", hot, [1, 2, 0])
    write(folder / "one_hot_bare", np.eye(3, dtype=int)[CODES])
    table(folder / "label_and_site", [("class", NAMES[CODES]), ("site", np.array(["here", "there", "here"])[CODES])])
    values = [("small", x @ [1, 0, 0]), ("large", x @ [0, 3, 1] + 50)]
    table(folder / "values", values)
    table(folder / "values_turned", values, [1, 0])
    table(folder / "other_values", [("small", values[0][1]), ("huge", values[1][1])])
    return folder


MODELS = {  # the builder, samples, target
    "numbers": ("sparse", "x", "numbers"),
    "names": ("softmax", "x", "names"),
    "one-hot": ("softmax", "x", "one_hot"),
    "values": ("pair", "x", "values"),
    "doubled": ("softmax", "x_doubled", "names"),
}
FURTHER = {  # the trained model, samples, target
    "subset of numbers": ("numbers", "x_few", "numbers_few"),
    "subset of names": ("names", "x_few", "names_few"),
    "same": ("names", "x", "names"),
    "columns": ("names", "x_turned", "names"),
    "names into one-hot": ("one-hot", "x", "one_hot_turned"),
    "header of classes": ("names", "x", "one_hot_turned"),
    "targets": ("values", "x", "values_turned"),
    "doubled": ("doubled", "x_doubled_turned", "names"),
    "fail classes": ("names", "x", "other_names"),
    "fail targets": ("values", "x", "other_values"),
    "fail columns": ("names", "x_others", "names"),
    "fail bare one-hot": ("names", "x", "one_hot_bare"),
    "fail two columns of labels": ("names", "x", "label_and_site"),
    "fail three": ("doubled", "x_three", "names"),
}
PREDICT = {  # the trained model, samples, truth
    "plain": ("names", "x", "names"),
    "turned": ("names", "x_turned", "one_hot_turned"),
    "doubled": ("doubled", "x_doubled", "names"),
    "doubled turned": ("doubled", "x_doubled_turned", "names"),
    "targets": ("values", "x", "values"),
    "targets turned": ("values", "x", "values_turned"),
    "fail others": ("doubled", "x_others", "names"),
}


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    builders = make_builders(
        {
            "sparse": (network(3), {"loss": "sparse_categorical_crossentropy", "epochs": 40, "seed": 1, **FAST}),
            "softmax": (network(3), {"epochs": 40, "seed": 1, **FAST}),
            "pair": (network(2, "linear"), {**REGRESSOR, "epochs": 30, "seed": 3, **FAST}),
        },
        tmp_path_factory,
    )
    first = forms.run_all(
        "train_and_eval",
        {
            name: forms.training(builders[builder], data / x, data / y, header1=True, header2=True)
            for name, (builder, x, y) in MODELS.items()
        },
        tmp_path_factory.mktemp("first"),
        **OUTPUTS,
    )
    assert all(result.returncode == 0 for result in first.values()), first
    model = {name: result.folder / "model.h5mlm" for name, result in first.items()}
    further = forms.run_all(
        "train_and_eval",
        {
            name: forms.training(
                model[start],
                data / x,
                data / y,
                header1=True,
                header2="bare" not in y,
                swaps=[("epochs", "1"), ("learning_rate", "1e-6")],
            )
            for name, (start, x, y) in FURTHER.items()
        },
        tmp_path_factory.mktemp("further"),
        **OUTPUTS,
    )
    predicted = forms.run_all(
        "model_prediction",
        {
            name: forms.prediction(model[start], data / x, header=True, truth=forms.table(data / y, "true", True))
            for name, (start, x, y) in PREDICT.items()
        },
        tmp_path_factory.mktemp("predict"),
        outfile_predict="out",
        outfile_scores="scores",
    )
    return first, further, predicted


def facts(result):
    """Return what the model file of a run says of target and features."""
    with h5py.File(result.folder / "model.h5mlm") as file:
        found = json.loads(file["-model_config-"][()])
    return found["target"], found["features"]


def score(result, name):
    names, values = result.table("scores")
    return float(values[names.index(name)])


GOOD = [name for name in FURTHER if not name.startswith("fail")]


@pytest.mark.parametrize("name", GOOD)
def test_goes_on_where_it_was(runs, name):
    first, further, _ = runs
    assert (further[name].returncode, further[name].stderr) == (0, "")
    # The learning rate leaves the weights as they are, so that what was learned still shows.
    if name == "targets":
        assert score(further[name], "validation_r2") == pytest.approx(score(first["values"], "validation_r2"), abs=0.01)
    else:
        assert score(further[name], "train_accuracy") > 0.95
    assert facts(further[name]) == facts(first[FURTHER[name][0]])


REFUSED = {
    "fail classes": "'other_names': 'fox' is none of the classes that the model was trained on: ant, bee, cat. It is the label of sample 1. "
    "A trained model keeps its classes. To train on others, start afresh",
    "fail targets": "'other_values': 1 of the 2 target columns that the model was trained on are not among the chosen ones: 'large'.",
    "fail columns": "'x_others': 3 of the 3 columns that the model was trained on are not among the chosen ones",
    "fail bare one-hot": "'one_hot_bare': has 3 one-hot columns, and nothing tells which of them is which class of the model: ant, bee, cat.",
    "fail two columns of labels": "'label_and_site': several target columns in a classification must hold only 0 and 1, or False and True (one-hot). Received 'ant' in selected column 1. Choose one column of labels, or",
    "fail three": "'x_three': 'gene' names 3 of the chosen columns, but 2 in training.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_the_network_does_not_know(runs, name):
    message = REFUSED[name].replace("'fox'", repr(str(np.array(["dog", "eel", "fox"])[CODES[0]])))
    forms.assert_one_line(runs[1][name], message)
    assert runs[1][name].written == []


def test_prediction_finds_columns_and_targets_by_name(runs):
    predicted = runs[2]
    for name in ("turned", "doubled turned", "targets turned"):
        assert (predicted[name].returncode, predicted[name].stderr) == (0, ""), name
    for name in ("plain", "turned", "doubled", "doubled turned"):
        assert score(predicted[name], "accuracy") > 0.95, name
    assert predicted["doubled turned"].table("out") == predicted["doubled"].table("out")
    assert predicted["targets turned"].table("scores") == predicted["targets"].table("scores")
    assert score(predicted["targets"], "r2") > 0.7


def test_prediction_refuses_other_columns_where_names_are_there_twice(runs):
    forms.assert_one_line(
        runs[2]["fail others"],
        "3 of the 3 columns that the model was trained on are not among the chosen ones: 'a', 'gene'",
    )
