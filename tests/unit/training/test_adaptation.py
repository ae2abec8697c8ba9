"""Normalization takes the mean and the variance of the rows trained on, and of these alone; prediction applies them."""

import h5py
import numpy as np
import pytest

from tests.support import forms

ROWS, HELD_OUT = 600, 120
NORMALIZATION = ("Normalization", {"axis": "-1", "kwargs": ""})
OUTPUT = ("Dense", {"units": 1, "activation": "linear", "kwargs": "kernel_initializer='ones'"})
# Layers -> the axis of the table's columns, seen as (samples, 3, 2), that has a mean of its own.
DESIGNS = {
    "columns": ([NORMALIZATION, OUTPUT], "(6,)", 0),
    "columns without input_shape": ([NORMALIZATION, OUTPUT], "", 0),
    "channels after others": (
        [
            ("Reshape", {"target_shape": "(3, 2)"}),
            ("Rescaling", {"scale": 2, "offset": 1}),
            ("Dropout", {"rate": 0.5}),
            NORMALIZATION,
            ("Flatten", {}),
            OUTPUT,
        ],
        "(6,)",
        (0, 1),
    ),
}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Write a table of columns of very different sizes, one of them constant where it is trained on."""
    folder = tmp_path_factory.mktemp("table")
    x = (
        np.random.default_rng(0)
        .normal([0, 5, 1000, -20, 0.1, 7], [1, 0.1, 30, 2, 0.01, 3], (ROWS, 6))
        .astype("float32")
    )
    x[:, 5] = 7
    np.savetxt(folder / "x", x, delimiter="\t", fmt="%.6g")
    np.savetxt(folder / "y", x[:, :1] / 2, fmt="%.6g")
    np.savetxt(folder / "groups", np.arange(ROWS) >= ROWS - HELD_OUT, fmt="%d")
    return folder


def run(script, form, folder, **outputs):
    result = forms.run(script, form, folder, **outputs)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.fixture
def trained(table, tmp_path):
    """Return a function that trains a network on all rows but the last ones, and returns its file."""

    def train(layers, input_shape):
        run("model_config", forms.sequential(*layers, input_shape=input_shape), tmp_path, outfile="model.json")
        run(
            "model_builder",
            forms.builder(tmp_path / "model.json", "KerasGRegressor", "mean_squared_error", ["mae"]),
            tmp_path,
            outfile="builder.zip",
        )
        split = {
            "shuffle": "group",
            "group_names": "1",
            "groups_selector": {
                "infile_g": forms.dataset(table / "groups"),
                "header_g": False,
                "column_selector_options_g": {"selected_column_selector_option_g": "by_index_number", "col_g": ["1"]},
            },
        }
        form = forms.training(tmp_path / "builder.zip", table / "x", table / "y", split=split)
        run("train_and_eval", form, tmp_path, outfile_result="scores", outfile_object="model.h5mlm")
        return tmp_path / "model.h5mlm"

    return train


def figures(file):
    """Return the mean and the variance that a model file holds."""
    with h5py.File(file) as handle:
        found = {}
        handle["model_weights/normalization"].visititems(
            lambda name, item: found.update({name.rpartition("/")[2]: item}) if isinstance(item, h5py.Dataset) else None
        )
        return found["mean"][()], found["variance"][()]


@pytest.mark.parametrize("name", ["columns without input_shape", "channels after others"])
def test_figures_are_those_of_the_training_rows(name, trained, table):
    layers, input_shape, axes = DESIGNS[name]
    file = trained(layers, input_shape)
    rows = np.loadtxt(table / "x")[: ROWS - HELD_OUT]
    seen = rows if axes == 0 else rows.reshape(-1, 3, 2) * 2 + 1
    mean, variance = figures(file)
    expected = seen.var(axes)
    if axes == 0:
        expected[5] = 1  # constant: only centred
    np.testing.assert_allclose(mean, seen.mean(axes), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(variance, expected, rtol=1e-3)


def test_prediction_applies_them_and_further_training_keeps_them(trained, table, tmp_path):
    file = trained(*DESIGNS["columns"][:2])
    mean, variance = figures(file)
    run("model_prediction", forms.prediction(file, table / "x"), tmp_path, outfile_predict="predicted")
    with h5py.File(file) as handle:
        dense = handle["model_weights/dense"]
        weights = []
        dense.visititems(lambda _, item: weights.append(item[()]) if isinstance(item, h5py.Dataset) else None)
    kernel, bias = sorted(weights, key=lambda array: -array.ndim)
    by_hand = ((np.loadtxt(table / "x") - mean) / np.sqrt(variance)) @ kernel + bias
    np.testing.assert_allclose(np.loadtxt(tmp_path / "predicted", skiprows=1), by_hand[:, 0], rtol=1e-4, atol=1e-3)
    # On other rows: what was learned counts on the figures that it was learned with.
    np.savetxt(tmp_path / "other", np.loadtxt(table / "x") * 2 + 3, delimiter="\t")
    form = forms.training(file, tmp_path / "other", table / "y")
    run("train_and_eval", form, tmp_path, outfile_result="scores", outfile_object="further.h5mlm")
    for before, after in zip((mean, variance), figures(tmp_path / "further.h5mlm"), strict=True):
        np.testing.assert_array_equal(before, after)
