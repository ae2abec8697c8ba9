"""Autoencoders: the samples themselves as the target, of which no second table is read."""

import re

import numpy as np
import pytest
from scipy import io, sparse
from sklearn import metrics
from sklearn.datasets import load_digits

from dltools.core import memory
from tests.support import forms
from tests.support import image_forms as images
from tests.support.builders import FAST, make_builders
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, scores

VALUES = {"learning_type": "KerasGRegressor", "loss": "mean_squared_error", "metrics": ["mae"], "epochs": 4, "seed": 1}
FEATURES = 6
NAMES = [f"gene{number}" for number in range(1, FEATURES + 1)]
MISSING = "no_such_table"


def dense(units, activation="linear", **further):
    return "Dense", {"units": units, "activation": activation, "kwargs": "", **further}


def convolution(filters, activation):
    return (
        "Conv2D",
        {"filters": filters, "kernel_size": "3", "activation": activation, "kwargs": "padding='same'"},
    )


SMALL = forms.sequential(dense(3, "tanh"), dense(FEATURES), input_shape=f"({FEATURES},)")
TURNED = ("Permute", {"dims": "(3, 1, 2)"})
TWO_INPUTS = forms.functional(
    ("Input", {"shape": "(2,)"}),
    ("Input", {"shape": "(4,)"}),
    ("Concatenate", {"merging_layers": "[1, 2]", "axis": "-1"}),
    dense(FEATURES, inbound_nodes=3),
    inputs="[1, 2]",
    outputs="[4]",
)
TWO_OUTPUTS = forms.functional(
    ("Input", {"shape": "(6,)"}),
    dense(3, inbound_nodes=1),
    dense(3, inbound_nodes=1),
    inputs="[1]",
    outputs="[2, 3]",
)
NETWORKS = {
    "small": (SMALL, VALUES),
    "classes": (forms.sequential(dense(FEATURES, "softmax"), input_shape=f"({FEATURES},)"), {}),
    "narrow": (forms.sequential(dense(3), dense(5), input_shape=f"({FEATURES},)"), VALUES),
    "turned": (forms.sequential(convolution(2, "relu"), TURNED, input_shape="(4, 8, 2)"), VALUES),
    "image": (
        forms.sequential(convolution(4, "relu"), convolution(1, "sigmoid"), input_shape="(8, 8, 1)"),
        {**VALUES, "loss": "binary_crossentropy"},
    ),
    "sigmoid": (forms.sequential(dense(FEATURES, "sigmoid"), input_shape=f"({FEATURES},)"), VALUES),
    "two inputs": (TWO_INPUTS, VALUES),
    "two outputs": (TWO_OUTPUTS, VALUES),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(5)
    hidden = random.normal(size=(200, 2))
    genes = (hidden @ random.normal(size=(2, FEATURES)) * 3 + 7).round(3)
    genes[:, 3:] *= 10
    write(folder / "genes", genes, "\t".join(NAMES))
    write(folder / "turned", genes[:, ::-1], "\t".join(NAMES[::-1]))
    write(folder / "bare", genes)
    write(folder / "first", genes[:, :2], "\t".join(NAMES[:2]))
    write(folder / "rest", genes[:, 2:], "\t".join(NAMES[2:]))
    write(folder / "weights", np.where(np.arange(200) < 100, 1, 3))
    counts = sparse.csr_matrix(np.where(genes > 7, genes, 0))
    io.mmwrite(folder / "counts.mtx", counts)
    write(folder / "counts", counts.toarray())
    write(folder / "digits", (load_digits().data[:300] / 16).round(4))
    write(folder / "small", (load_digits().data[:300] / 16).round(4))
    return folder


def autoencoder(builder, x, **changes):
    """Return a form with the box; the dataset of labels that it names is not there."""
    form = forms.training(builder, x, x.parent / MISSING, **changes)
    box = [{"__index__": 0, "reproduce": True}]
    form["experiment_schemes"]["run_options"] = [{"__index__": 0, "autoencoder": box}]
    return form


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    path = make_builders(NETWORKS, tmp_path_factory)
    tested = {"scheme": "train_val_test", "split": {"shuffle": "simple", "test_size": 0.3, "random_state": 1}}
    weights = [{"__index__": 0, **forms.table(data / "weights", "w")}]
    cases = {
        "named": autoencoder(path["small"], data / "genes", header1=True, **tested),
        "copied": forms.training(path["small"], data / "genes", data / "genes", header1=True, header2=True, **tested),
        "scaled": autoencoder(path["small"], data / "genes", header1=True, scaling="standard"),
        "image": autoencoder(path["image"], data / "digits"),
        "image copied": forms.training(path["image"], data / "digits", data / "digits"),
        "flat image": autoencoder(path["image"], data / "small"),
        "sparse": autoencoder(path["small"], data / "counts.mtx", selected_input="sparse"),
        "dense": autoencoder(path["small"], data / "counts"),
        "one table": autoencoder(path["two inputs"], data / "genes", header1=True),
        "two tables": autoencoder(
            path["two inputs"], data / "first", header1=True, further=[forms.table(data / "rest", "input", True)]
        ),
        "off": forms.training(path["small"], data / "bare", data / MISSING),
        "fail classes": autoencoder(path["classes"], data / "bare"),
        "fail shape": autoencoder(path["narrow"], data / "bare"),
        "fail order": autoencoder(path["turned"], data / "digits"),
        "fail outputs": autoencoder(path["two outputs"], data / "bare"),
        "fail range": autoencoder(path["sigmoid"], data / "bare"),
        "fail scorer": autoencoder(path["small"], data / "bare", scoring={"primary_scoring": "accuracy"}),
        "fail stratified": autoencoder(
            path["small"], data / "bare", split={"shuffle": "stratified", "test_size": 0.2, "random_state": 1}
        ),
    }
    for name, table in (("weighted", None), ("weighted copied", data / "bare")):
        form = autoencoder(path["small"], data / "bare")
        if table is not None:
            form = forms.training(path["small"], data / "bare", table)
        form["input_options"]["sample_weights"] = weights
        cases[name] = form
    folds = autoencoder(path["small"], data / "genes", header1=True)
    split = {"shuffle": "kfold", "n_splits": 3, "random_state": 1}
    folds["experiment_schemes"] |= {"selected_exp_scheme": "cross_val", "fold_split": {"split_algos": split}}
    cases["folds"] = folds
    cases["off"]["experiment_schemes"]["run_options"] = [{"__index__": 0, "autoencoder": [{"reproduce": "boolfalse"}]}]
    outputs = {**OUTPUTS, "outfile_report": "report.html", "outfile_report_markdown": "report.md"}
    first = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **outputs)
    model = first["named"].folder / "model.h5mlm"
    still = [("epochs", "1"), ("optimizer__learning_rate", "1e-9")]
    again = {
        "further": autoencoder(model, data / "genes", header1=True, swaps=[("epochs", "2")]),
        "turned further": autoencoder(model, data / "turned", header1=True, swaps=still, **tested),
    }
    return first | forms.run_all("train_and_eval", again, tmp_path_factory.mktemp("further"), **outputs)


GOOD = ("named", "copied", "scaled", "image", "flat image", "sparse", "dense", "one table", "two tables", "folds",
        "weighted", "further", "turned further")  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_ends_well(runs, name):
    assert (runs[name].returncode, runs[name].stderr) == (0, ""), runs[name].stderr


@pytest.mark.parametrize(("name", "other"), [("named", "copied"), ("weighted", "weighted copied"),
                                             ("image", "image copied"), ("one table", "two tables")])  # fmt: skip
def test_learns_as_from_a_second_copy(runs, name, other):
    one, two = scores(runs[name]), scores(runs[other])
    assert one.keys() == two.keys()
    assert [one[key] for key in two] == pytest.approx(list(two.values()), rel=1e-5)
    for table in ("y_true", "y_preds"):
        (first, *rows), (second, *others) = runs[name].table(table), runs[other].table(table)
        assert first == second
        assert np.array(rows, float) == pytest.approx(np.array(others, float), rel=1e-5, abs=1e-6)


def test_a_sparse_matrix_learns_as_the_table_of_it(runs):
    assert list(scores(runs["sparse"]).values()) == pytest.approx(list(scores(runs["dense"]).values()), rel=1e-5)


def test_columns_are_called_after_the_features(runs, data, tmp_path):
    header, *true = runs["named"].table("y_true")
    assert header == [f"True_{name}" for name in NAMES]
    assert runs["named"].table("y_preds")[0] == [f"Predicted_{name}" for name in NAMES]
    known = {tuple(line.split("\t")) for line in (data / "genes").read_text().splitlines()[1:]}
    assert {tuple(f"{float(cell):.6g}" for cell in row) for row in true} <= {
        tuple(f"{float(cell):.6g}" for cell in row) for row in known
    }
    model = runs["named"].folder / "model.h5mlm"
    cases = {name: forms.prediction(model, data / name, header=True) for name in ("genes", "turned")}
    found = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="predicted")
    tables = [found[name].table("predicted") for name in cases]
    assert tables[0][0] == [f"Predicted_{name}" for name in NAMES]
    assert tables[0] == tables[1], "a table with its columns in another order is given back in that of the training"


def test_scores_are_of_the_numbers_of_the_table(runs):
    for name in ("named", "scaled", "image"):
        true, predicted = (np.array(runs[name].table(table)[1:], float) for table in ("y_true", "y_preds"))
        found = scores(runs[name])
        of_set = "test" if name == "named" else "validation"
        if name == "image":
            true, predicted = true.reshape(-1), predicted.reshape(-1)
        assert found[f"{of_set}_mae"] == pytest.approx(np.abs(true - predicted).mean(), rel=1e-4)
        assert found[f"{of_set}_r2"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-3)
    values = np.array(runs["scaled"].table("y_true")[1:], float)
    assert values.max() > 50, "the table's own numbers"
    told = "Feature scaling is a part of the network, which gives back the numbers of the table, not scaled ones."
    assert told in runs["scaled"].stdout
    assert told not in runs["named"].stdout


def test_the_log_says_what_is_learned(runs):
    told = "'genes': autoencoder: the target is the samples themselves, as they stand in the table"
    assert told in runs["named"].stdout
    assert "autoencoder for each of 64 points" in runs["image"].stdout
    assert "alone tells" not in runs["named"].stdout
    assert "same features" not in runs["named"].stdout


def test_baselines_are_those_of_a_copy(runs):
    def baselines(name):
        lines = [line for line in runs[name].stdout.splitlines() if "(baseline: " in line]
        return {line.partition(":")[0]: float(line.partition("(baseline: ")[2].rstrip(")")) for line in lines}

    assert baselines("named")
    assert baselines("named") == pytest.approx(baselines("copied"), rel=1e-4)


def test_training_goes_on(runs):
    assert len(runs["further"].table("history")) == len(runs["named"].table("history")) + 2
    now, before = scores(runs["turned further"]), scores(runs["named"])
    assert now["test_loss"] == pytest.approx(before["test_loss"], rel=1e-4)


def test_every_fold_is_given_back(runs):
    assert len(runs["folds"].table("y_preds")) == 200 + 1
    assert scores(runs["folds"])["test_loss_std"] > 0


def test_the_report_says_how_well_samples_are_given_back(runs):
    text = (runs["named"].folder / "report.html").read_text()
    true, predicted = (np.array(runs["named"].table(table)[1:], float) for table in ("y_true", "y_preds"))
    errors = np.sqrt(np.square(true - predicted).mean(axis=1))
    assert "The network is an autoencoder" in text
    found = re.search(r'<th scope="row"[^>]*>50%</th><td[^>]*>([0-9.e+-]+)</td>', text)
    assert float(found[1]) == pytest.approx(np.median(errors), rel=1e-3)
    rows = dict(re.findall(r'<th scope="row"[^>]*>(gene\d)</th><td align="right">([0-9.e+-]+)</td>', text))
    for place, name in enumerate(NAMES):
        assert float(rows[name]) == pytest.approx(np.sqrt(np.square(true - predicted)[:, place].mean()), rel=1e-3)
    whole = (runs["image"].folder / "report.html").read_text()
    assert "all 64 features" in whole
    assert "given back worst" not in whole
    assert (runs["named"].folder / "report.md").stat().st_size < 10_240


REFUSALS = {
    "fail classes": "Autoencoder: the network is to give back numbers, but it is made to learn classes.",
    "fail shape": "Autoencoder: the network gives data of shape (5,) for a sample, but takes (6,), 6 numbers.",
    "fail order": "Autoencoder: the network gives data of shape (2, 4, 8) for a sample, but takes (4, 8, 2), 64 numbers.",
    "fail outputs": "Autoencoder: the network gives data of shape (3,), (3,) for a sample, but takes (6,), 6 numbers.",
    "fail range": "The last layer's sigmoid gives numbers from 0 to 1, but the target runs from",
    "fail scorer": "'accuracy' makes no sense for a regression target of 6 columns",
    "fail stratified": "stratified",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_fail_refusals(runs, name):
    forms.assert_one_line(runs[name], REFUSALS[name])


def test_without_the_box_the_target_is_read(runs):
    assert runs["off"].returncode
    assert MISSING in runs["off"].stderr


@pytest.fixture(scope="module")
def of_images(tmp_path_factory):
    """Return trainings that give images back: of a zip with folders, and of those that a table names."""
    folder = images.write_all(tmp_path_factory.mktemp("images"))
    shape = f"({images.HEIGHT}, {images.WIDTH}, 1)"
    network = forms.sequential(convolution(4, "relu"), convolution(1, "sigmoid"), input_shape=shape)
    path = make_builders({"network": (network, {**VALUES, "epochs": 8, **FAST})}, tmp_path_factory)["network"]
    given = {
        "zip": images.inputs(images.zipped(folder / "images.zip"), images.FOLDERS),
        "named": images.inputs(images.collection(folder), images.labels(folder / "narrower"), unmatched="leave_out"),
        "255": images.inputs(images.zipped(folder / "images.zip"), images.FOLDERS, image_scale="0_255"),
    }
    cases = {name: images.training(path, own) for name, own in given.items()}
    for form in cases.values():
        form["experiment_schemes"]["run_options"] = [{"autoencoder": [{"reproduce": True}]}]
    outputs = {**OUTPUTS, "outfile_report": "report.html"}
    found = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **outputs)
    return folder, found


def test_images_are_given_back_on_the_scale_that_the_network_gets(of_images, tmp_path):
    folder, found = of_images
    assert [(found[name].returncode, found[name].stderr) for name in ("zip", "named")] == [(0, ""), (0, "")]
    assert "the target is the samples themselves, as the network gets them" in found["zip"].stdout
    true, predicted = (np.array(found["zip"].table(name)[1:], float) for name in ("y_true", "y_preds"))
    assert true.shape == (8, images.HEIGHT * images.WIDTH)
    # A bright half is 100 to 220 of 255.
    assert 0.7 < true.max() <= 1
    assert scores(found["zip"])["validation_loss"] == pytest.approx(np.square(true - predicted).mean(), rel=1e-3)
    assert "in the units of the numbers that the network gets" in (found["zip"].folder / "report.html").read_text()
    assert "37 images, each brought to 12 x 16 x 1" in found["named"].stdout
    form = images.prediction(found["zip"].folder / "model.h5mlm", images.inputs(images.zipped(folder / "images.zip")))
    (predicted,) = forms.run_all("model_prediction", {"all": form}, tmp_path, outfile_predict="p").values()
    assert len(predicted.table("p")) == images.COUNT + 1
    assert len(predicted.table("p")[0]) == images.HEIGHT * images.WIDTH + 1


def test_fail_images_beyond_the_last_layers_range(of_images):
    message = "The last layer's sigmoid gives numbers from 0 to 1, but the target runs from 0 to"
    forms.assert_one_line(of_images[1]["255"], message)


def test_a_table_beyond_memory_is_given_back(tmp_path_factory):
    """In memory it would take 72 MB, and its target as much again, beside the libraries' 700."""
    folder, rows, columns = tmp_path_factory.mktemp("large"), 24_000, 750
    digits = np.random.default_rng(0).integers(0, 10, (rows, columns), np.uint8)
    text = np.full((rows, 2 * columns), ord("\t"), np.uint8)
    text[:, ::2], text[:, -1] = digits + ord("0"), ord("\n")
    (folder / "x").write_bytes(text.tobytes())
    network = forms.sequential(dense(2, "relu"), dense(columns), input_shape=f"({columns},)")
    path = make_builders({"network": (network, {**VALUES, "epochs": 1, "batch_size": 200})}, tmp_path_factory)
    few, many = ({"shuffle": "simple", "test_size": size, "random_state": 1} for size in (2000, 12_000))
    cases = {
        "few": autoencoder(path["network"], folder / "x", split=few),
        "many": autoencoder(path["network"], folder / "x", split=many),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(memory.VARIABLE, "960")
        found = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("run"), outfile_result="scores")
    assert found["few"].returncode == 0, found["few"].stderr
    assert "They are kept in a file in the job's folder" in found["few"].stdout
    # What the mean of each column gets, which two units and an epoch are not far from.
    assert scores(found["few"])["validation_loss"] < 40
    forms.assert_one_line(
        found["many"], "all samples and the scores of 12,000 that are held out, of 750 features each, take"
    )
