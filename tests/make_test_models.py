"""Make the models in test-data by running the tools themselves on the test tables.

Run from the repository root, after `make_test_data.py`, with the Python that the tools run on:
``python -m tests.make_test_models``. It writes the architecture ``cnn_model.json`` (the
tutorial's network with an eighth of its filters, so that the files stay small), its builder
``cnn_builder.zip`` and the trained model ``cnn_model.h5mlm``; ``frozen_builder.zip``, the builder of
the same network with frozen convolutions; and ``two_outputs_model.json``, an architecture with
an output of classes and one of a number; ``regression_builder.zip``,
the builder of a small network that has no input_shape and gives one number; ``steps_builder.zip``, the builder of one
that tells of each step of a sequence which of two classes it is of; ``sweep_1.zip`` to
``sweep_4.zip``, builders of a sweep, and ``sweep_fold_1.zip`` and ``sweep_fold_2.zip``, of its folds; and the builder
``two_inputs_builder.zip`` and trained model ``two_inputs_model.h5mlm`` of a network with two inputs, the
pixels and one more number. ``saved_model.h5`` and ``saved_model.keras`` are one network in the files of Keras 2.2.4
and 2.13.1, whose input takes series of 4 numbers of any length. ``attack_builder.zip`` and ``attack_model.h5mlm`` are
made of these to be refused.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import attack_models, saved_models
from tests.support.places import SCRIPTS, TEST_DATA

CNN = [
    {"layer_type": "Reshape", "target_shape": "(28, 28, 1)"},
    {"layer_type": "Conv2D", "filters": 8, "kernel_size": "3", "activation": "relu", "kwargs": "padding='same'"},
    {"layer_type": "MaxPooling2D", "pool_size": "(2, 2)", "strides": "", "kwargs": ""},
    {"layer_type": "Conv2D", "filters": 4, "kernel_size": "3", "activation": "relu", "kwargs": ""},
    {"layer_type": "MaxPooling2D", "pool_size": "(2, 2)", "strides": "", "kwargs": ""},
    {"layer_type": "Flatten", "data_format": "channels_last"},
    {"layer_type": "Dense", "units": 10, "activation": "softmax", "kwargs": ""},
]
# Its convolutions do not learn but in a second stage.
FROZEN = [
    {**layer, "kwargs": f"{layer['kwargs']}{', ' if layer['kwargs'] else ''}trainable=False"}
    if layer["layer_type"] == "Conv2D"
    else layer
    for layer in CNN
]
REGRESSION = [
    {"layer_type": "Dense", "units": 8, "activation": "relu", "kwargs": ""},
    {"layer_type": "Dense", "units": 1, "activation": "linear", "kwargs": ""},
]
TWO_INPUTS = [
    {"layer_type": "Input", "shape": "(784,)", "name": "pixels", "dtype": "float32", "sparse": False},
    {"layer_type": "Input", "shape": "(1,)", "name": "number", "dtype": "float32", "sparse": False},
    {"layer_type": "Dense", "units": 8, "activation": "relu", "kwargs": "", "inbound_nodes": 1},
    {"layer_type": "Dense", "units": 2, "activation": "relu", "kwargs": "", "inbound_nodes": 2},
    {"layer_type": "Concatenate", "merging_layers": "[3, 4]", "axis": -1},
    {"layer_type": "Dense", "units": 10, "activation": "softmax", "kwargs": "", "inbound_nodes": 5},
]
STEPS = [
    {"layer_type": "Conv1D", "filters": 8, "kernel_size": "5", "activation": "relu", "kwargs": "padding='same'"},
    {"layer_type": "Dense", "units": 1, "activation": "sigmoid", "kwargs": ""},
]
TWO_OUTPUTS = [
    {"layer_type": "Input", "shape": "(784,)", "name": "pixels", "dtype": "float32", "sparse": False},
    {"layer_type": "Dense", "units": 8, "activation": "relu", "kwargs": "", "inbound_nodes": 1},
    {"layer_type": "Dense", "units": 10, "activation": "softmax", "kwargs": "name='digit'", "inbound_nodes": 2},
    {"layer_type": "Dense", "units": 1, "activation": "linear", "kwargs": "name='ink'", "inbound_nodes": 2},
]
# Two learning rates with two seeds each.
SWEEP = {
    "sampling": {
        "sampling_type": "grid",
        "hyperparameters": [{"hyperparameter": "learning_rate", "values": "0.01, 0.001"}],
    },
    "seeds": "1, 2",
}
ADAM = {"learning_rate": 0.003, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}
ALL_COLUMNS = {"selected_column_selector_option": "all_columns"}


def dataset(path: Path) -> dict:
    """Return a file as Galaxy passes a dataset."""
    return {"element_identifier": path.name, "ext": path.suffix.removeprefix("."), "source_path": str(path)}


def run(tool: str, form: dict, *outputs: str) -> None:
    """Run one tool's script with the parameters of its form."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as inputs:
        json.dump(form, inputs)
        inputs.flush()
        subprocess.run([sys.executable, SCRIPTS / f"{tool}.py", "--inputs", inputs.name, *outputs], check=True)


def make_architecture(path: Path, layers: list[dict], **ends: str) -> None:
    """Write an architecture: a sequential one, or with `input_layers` and `output_layers` a functional one."""
    selection = {
        "model_type": "functional" if "input_layers" in ends else "sequential",
        "layers": [{"layer_selection": layer} for layer in layers],
        **ends,
    }
    run("model_config", {"model_selection": selection}, "--outfile", str(path))


def make_builder(
    name: str, architecture: Path, learning_type: str, loss: str, metric: str, epochs: int, sweep: dict | None = None
) -> None:
    """Write a builder, or those of a sweep, numbered in the order of their names."""
    form = {
        "mode_type": "train_model",
        "infile_json": dataset(architecture),
        "learning_type": learning_type,
        "random_seed": 42,
        "compile_params": {
            "loss": loss,
            "metrics": [metric],
            "optimizer_selection": {"optimizer_type": "Adam", "optimizer_options": ADAM},
        },
        "fit_params": {
            "epochs": epochs,
            "batch_size": 25,
            "callbacks": [{"callback_selection": {"callback_type": "None"}}],
        },
    }
    if not sweep:
        run("model_builder", {"mode_selection": form}, "--outfile", str(TEST_DATA / name))
        return
    with tempfile.TemporaryDirectory() as folder:
        outputs = ("--outfile", f"{folder}/base.zip", "--sweep", f"{folder}/sweep")
        run("model_builder", {"mode_selection": {**form, "sweep": [sweep]}}, *outputs)
        for number, path in enumerate(sorted(Path(folder, "sweep").iterdir()), start=1):
            shutil.copy(path, TEST_DATA / f"{name}_{number}.zip")


def make_trained_model(builder: str, name: str, **further) -> None:
    """Write a trained model; `further` are parameters of `input_options`."""
    form = {
        "experiment_schemes": {
            "selected_exp_scheme": "train_val",
            "infile_estimator": dataset(TEST_DATA / builder),
            "hyperparams_swapping": {"param_set": []},
            "test_split": {"split_algos": {"shuffle": "simple", "test_size": 0.2, "random_state": 1}},
            "metrics": {"scoring": {"primary_scoring": "default"}},
        },
        "input_options": {
            "selected_input": "tabular",
            "infile1": dataset(TEST_DATA / "X_train.tabular"),
            "header1": False,
            "column_selector_options_1": ALL_COLUMNS,
            "infile2": dataset(TEST_DATA / "y_train_one_hot.tabular"),
            "header2": False,
            "column_selector_options_2": {"selected_column_selector_option2": "all_columns"},
            **further,
        },
        "save": ["save_estimator"],
    }
    with tempfile.NamedTemporaryFile() as scores:
        outputs = ("--outfile-result", scores.name, "--outfile-object", str(TEST_DATA / name))
        run("train_and_eval", form, *outputs)


def main() -> None:
    """Write all models."""
    cnn = TEST_DATA / "cnn_model.json"
    make_architecture(cnn, CNN, input_shape="(784,)")
    make_builder("cnn_builder.zip", cnn, "KerasGClassifier", "categorical_crossentropy", "acc", epochs=20)
    make_trained_model("cnn_builder.zip", "cnn_model.h5mlm")
    make_architecture(TEST_DATA / "two_outputs_model.json", TWO_OUTPUTS, input_layers="[1]", output_layers="[3, 4]")
    with tempfile.TemporaryDirectory() as folder:
        frozen = Path(folder) / "frozen_model.json"
        make_architecture(frozen, FROZEN, input_shape="(784,)")
        make_builder("frozen_builder.zip", frozen, "KerasGClassifier", "categorical_crossentropy", "acc", epochs=2)
        regression = Path(folder) / "regression_model.json"
        make_architecture(regression, REGRESSION, input_shape="")
        make_builder("regression_builder.zip", regression, "KerasGRegressor", "mean_squared_error", "mae", epochs=5)
        make_builder("sweep", regression, "KerasGRegressor", "mean_squared_error", "mae", epochs=5, sweep=SWEEP)
        folds = {"sampling": {"sampling_type": "grid"}, "folds": 2}
        make_builder("sweep_fold", regression, "KerasGRegressor", "mean_squared_error", "mae", epochs=5, sweep=folds)
        steps = Path(folder) / "steps_model.json"
        make_architecture(steps, STEPS, input_shape="(12, 4)")
        make_builder("steps_builder.zip", steps, "KerasGClassifier", "binary_crossentropy", "acc", epochs=150)
        two_inputs = Path(folder) / "two_inputs_model.json"
        make_architecture(two_inputs, TWO_INPUTS, input_layers="[1, 2]", output_layers="[6]")
        builder = "two_inputs_builder.zip"
        make_builder(builder, two_inputs, "KerasGClassifier", "categorical_crossentropy", "acc", epochs=10)
        number = {
            "infile_input": dataset(TEST_DATA / "groups.tabular"),
            "header_input": True,
            "column_selector_options_input": {
                "selected_column_selector_option_input": "by_header_name",
                "col_input": "row",
            },
        }
        make_trained_model(builder, "two_inputs_model.h5mlm", further_inputs=[number])
    make_saved()
    make_attacks()


def make_saved() -> None:
    """Write a network that Keras 2 saved, in both kinds of file."""
    case = saved_models.series()
    saved_models.write_case(TEST_DATA / "saved_model.h5", "series", case)
    places = (("conv1d", case.layers[0]), ("dense", case.layers[2]))
    arrays = {f"layers/{kind}/vars/{n}": array for kind, layer in places for n, (_, array) in enumerate(layer.weights)}
    saved_models.write_archive(TEST_DATA / "saved_model.keras", saved_models.sequential(case), arrays)


def make_attacks() -> None:
    """Write a builder and a trained model that try to act on the server."""
    config, _ = attack_models.networks()["CVE-2025-1550"]
    attack_models.write_builder(TEST_DATA / "attack_builder.zip", config, TEST_DATA / "cnn_builder.zip")
    change, _ = attack_models.HDF5["CVE-2026-1669"]
    attack_models.write_hdf5(TEST_DATA / "attack_model.h5mlm", change, TEST_DATA / "cnn_model.h5mlm")


if __name__ == "__main__":
    main()
