"""Feature scaling: fitted on the training set alone, kept in the model, applied wherever the model is."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
from sklearn.datasets import load_iris

from tests.support import forms
from tests.support.builders import FAST
from tests.support.networks import TWO_INPUTS, network
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

IMAGE = forms.sequential(
    ("Conv2D", {"filters": 2, "kernel_size": "1", "activation": "relu", "kwargs": ""}),
    ("Flatten", {}),
    ("Dense", {"units": 3, "activation": "softmax", "kwargs": ""}),
    input_shape="(5, 1, 1)",
)
OPEN = forms.sequential(
    ("GlobalAveragePooling1D", {"data_format": "channels_last"}),
    ("Dense", {"units": 3, "activation": "softmax", "kwargs": ""}),
    input_shape="(None, 1)",
)
CONFIGS = {"flat": network(3), "image": IMAGE, "two inputs": TWO_INPUTS, "open": OPEN}
# The first 120 rows train, the others validate.
LAST = {"split": {"shuffle": "None", "test_size": 30}}
TRAINED = 120


@pytest.fixture(scope="module")
def x():
    iris = load_iris()
    order = np.random.default_rng(0).permutation(150)
    # Far from 0, of very different sizes, and one column that never changes.
    values = np.column_stack([iris.data * [1, 1000, 0.001, 1] + [0, 5000, 0, 300], np.full(150, 7.0)])[order]
    return values.round(6), iris.target_names[iris.target][order]


@pytest.fixture(scope="module")
def data(tmp_path_factory, x):
    folder = tmp_path_factory.mktemp("data")
    write(folder / "x", x[0])
    write(folder / "four", x[0][:, :4])
    write(folder / "y", x[1])
    write(folder / "tiny", x[0] * [1, 1, 1, 1, 0] + np.arange(150)[:, None] * [0, 0, 0, 0, 1e-12])
    entries = [f"{r + 1} {c + 1} {x[0][r, c]}" for r, c in zip(*x[0].nonzero(), strict=True)]
    (folder / "x.mtx").write_text(
        "\n".join(["%%MatrixMarket matrix coordinate real general", f"150 5 {len(entries)}", *entries]) + "\n"
    )
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    configs = forms.run_all("model_config", CONFIGS, tmp_path_factory.mktemp("configs"), outfile="model.json")
    made = forms.run_all(
        "model_builder",
        {
            name: forms.builder(result.folder / "model.json", epochs=8, seed=1, **FAST)
            for name, result in configs.items()
        },
        tmp_path_factory.mktemp("zips"),
        outfile="builder.zip",
    )

    def case(name, samples="x", **changes):
        return forms.training(made[name].folder / "builder.zip", data / samples, data / "y", **LAST, **changes)

    cases = {
        "standard": case("flat", scaling="standard"),
        "min-max": case("flat", scaling="min_max"),
        "255": case("flat", scaling="divide_by_255"),
        "none": case("flat", scaling="none"),
        "image": case("image", scaling="standard"),
        "two inputs": case("two inputs", "four", scaling="standard"),
        "sparse": case("flat", "x.mtx", scaling="standard", selected_input="sparse"),
        "fail open": case("open", scaling="min_max"),
        "fail tiny": case("flat", "tiny", scaling="standard"),
        "fail name": case("flat", scaling="log"),
    }
    first = forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **OUTPUTS)
    model = first["standard"].folder / "model.h5mlm"
    swaps = [("epochs", "1")]
    again = {
        "further": forms.training(model, data / "x", data / "y", swaps=swaps),
        "further, same": forms.training(model, data / "x", data / "y", swaps=swaps, scaling="standard"),
        "fail other": forms.training(model, data / "x", data / "y", scaling="min_max"),
    }
    return first | forms.run_all("train_and_eval", again, tmp_path_factory.mktemp("again"), **OUTPUTS)


def weights(result, layer):
    """Return name -> array of a layer's weights in a model file."""
    found = {}
    with h5py.File(result.folder / "model.h5mlm") as handle:
        handle[f"model_weights/{layer}"].visititems(
            lambda name, item: (
                found.update({name.rpartition("/")[2]: item[()]}) if isinstance(item, h5py.Dataset) else None
            )
        )
    return found


def test_the_training_set_alone_is_what_counts(runs, x):
    train = x[0][:TRAINED]
    found = weights(runs["standard"], "standard_scaling")
    assert found["mean"] == pytest.approx(train.mean(axis=0), rel=1e-6)
    # The column that never changes is divided by 1.
    assert found["variance"] == pytest.approx([*train[:, :4].var(axis=0), 1], rel=1e-5)
    assert found["count"] == TRAINED
    found = weights(runs["min-max"], "min_max_scaling")
    assert found["mean"] == pytest.approx(train.min(axis=0), rel=1e-6)
    assert np.sqrt(found["variance"]) == pytest.approx([*np.ptp(train[:, :4], axis=0), 1], rel=1e-5)


@pytest.mark.parametrize(
    "name", ["standard", "min-max", "255", "none", "image", "two inputs", "sparse", "further", "further, same"]
)
def test_ok_ends_well(runs, name):
    assert (runs[name].returncode, runs[name].stderr) == (0, "")


def test_each_input_is_scaled_by_its_own_columns(runs, x):
    train = x[0][:TRAINED]
    assert weights(runs["image"], "standard_scaling")["mean"].ravel() == pytest.approx(train.mean(axis=0), rel=1e-6)
    assert weights(runs["two inputs"], "standard_scaling_sepals")["mean"] == pytest.approx(
        train[:, :3].mean(axis=0), rel=1e-6
    )
    assert weights(runs["two inputs"], "standard_scaling_petals")["mean"] == pytest.approx(
        train[:, 3:4].mean(axis=0), rel=1e-6
    )


def accuracy(result):
    header, values = result.table("scores")
    return float(values[header.index("validation_accuracy")])


def test_the_network_learns_what_it_cannot_without(runs):
    assert accuracy(runs["none"]) < 0.7
    assert min(accuracy(runs[name]) for name in ("standard", "min-max", "sparse", "two inputs")) > 0.8
    assert runs["sparse"].table("y_preds") == runs["standard"].table("y_preds")


def test_training_further_keeps_the_scaling(runs):
    before = weights(runs["standard"], "standard_scaling")
    for name in ("further", "further, same"):
        after = weights(runs[name], "standard_scaling")
        assert all(np.array_equal(before[key], after[key]) for key in before)


def test_the_layer_is_in_the_table(runs):
    assert runs["255"].table("layers")[1] == ["scaling_by_255", "Rescaling", "(None, 5)", "0"]
    assert runs["standard"].table("layers")[1][:3] == ["standard_scaling", "Normalization", "(None, 5)"]


PLAIN_KERAS = """
import sys, json, keras, numpy as np
x = np.loadtxt(sys.argv[1], dtype="float32")
print(json.dumps([keras.models.load_model(path).predict(x, verbose=0).tolist() for path in sys.argv[2:]]))
"""


def test_plain_keras_scales_alike(runs, data, tmp_path):
    names = ("standard", "min-max", "255", "further")
    for name in names:
        (tmp_path / f"{name}.h5").symlink_to(runs[name].folder / "model.h5mlm")
    command = [sys.executable, "-c", PLAIN_KERAS, str(data / "x"), *(f"{name}.h5" for name in names)]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    cases = {
        name: forms.prediction(runs[name].folder / "model.h5mlm", data / "x", method="predict_proba") for name in names
    }
    ours = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out")
    for name, plain in zip(names, json.loads(process.stdout), strict=True):
        assert np.array(ours[name].table("out")[1:], float) == pytest.approx(np.array(plain), abs=1e-6)


FAILS = {
    "fail open": "Feature scaling: the model's input_shape is (None, 1). Scaling column by column needs every size",
    "fail tiny": "Feature scaling: column 5 of 'tiny' varies by 3",
    "fail name": "Feature scaling must be one of none, standard, min_max, divide_by_255. Received: 'log'",
    "fail other": "was trained with 'standard', which stays as it is",
}


@pytest.mark.parametrize("name", FAILS)
def test_fail(runs, name):
    forms.assert_one_line(runs[name], FAILS[name])
    assert runs[name].written == []
