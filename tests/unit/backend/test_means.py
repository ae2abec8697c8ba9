"""The job's means: the memory that Galaxy grants, the cores, several devices, and training that starts afresh."""

import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from tests.support import forms
from tests.support.builders import FAST, make_builders
from tests.support.networks import network
from tests.support.places import SCRIPTS
from tests.support.samples import write_tables
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, form_of, scores

TABLE = Dataset("X_train", "X_train")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    scheduled = {"schedule": ("ExponentialDecay", {"decay_steps": 10, "decay_rate": 0.9, "staircase": False})}
    return make_builders(
        {
            "softmax": (network(3), {"epochs": 6, "seed": 1, **FAST}),
            "odd": (network(3), {"epochs": 2, "seed": 1, **FAST, **scheduled, "batch_size": 17}),
        },
        tmp_path_factory,
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory, data, builders):
    form = form_of(builders, data, "softmax", "y")
    return forms.run_all("train_and_eval", {"first": form}, tmp_path_factory.mktemp("first"), **OUTPUTS)["first"]


def test_table_that_fits_is_read(monkeypatch):
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    memory.check_table(TABLE, 60_000, 784)
    monkeypatch.setenv(memory.VARIABLE, "2000")
    memory.check_table(TABLE, 60_000, 784)


def test_table_that_cannot_fit_is_refused(monkeypatch):
    monkeypatch.setenv(memory.VARIABLE, "2000")
    with pytest.raises(
        UserError, match="'X_train': 1,000,000 rows of 784 columns take 3,136 MB, .* this job was granted 2,000 MB"
    ):
        memory.check_table(TABLE, 1_000_000, 784)
    monkeypatch.setenv(memory.VARIABLE, "much")
    with pytest.raises(UserError, match="GALAXY_MEMORY_MB: must be a whole number"):
        memory.check_table(TABLE, 1, 1)


# What a step loads decides what it takes of its own, in MB: see `memory.LIBRARIES_MB`.
OWN = {"tables": 70, "matplotlib": 100, "tensorflow": 700}


@pytest.mark.parametrize(
    "loaded, own",
    [((), OWN["tables"]), (("matplotlib",), OWN["matplotlib"]), (("tensorflow", "matplotlib"), OWN["tensorflow"])],
)
def test_libraries_that_are_loaded_count(loaded, own):
    assert memory.libraries(loaded) == own


@pytest.mark.parametrize("granted, fits", [(OWN["tables"], False), (OWN["tables"] + 1, True)])
def test_plot_needs_no_memory_for_tensorflow(granted, fits, monkeypatch, tmp_path):
    monkeypatch.setenv(memory.VARIABLE, str(granted))
    write(tmp_path / "y", np.arange(50))
    form = {
        "plot_type": "regression",
        "infile_true": forms.dataset(tmp_path / "y"),
        "infile_predicted": forms.dataset(tmp_path / "y"),
        "column_selector_options_true": forms.ALL,
        "plot_format": "png",
        "title": "",
    }
    result = forms.run("ml_visualization", {"plotting_selection": form}, tmp_path, output="plot")
    assert (result.returncode == 0) is fits
    assert fits or result.stderr.startswith(
        "Error: 'y': 50 rows of 1 columns take 0 MB, and the program itself at least 70 MB, but this job was granted 70 MB"
    )


@pytest.mark.parametrize("script", ["train_and_eval", "model_prediction"])
@pytest.mark.parametrize("granted, fits", [(OWN["tensorflow"], False), (OWN["tensorflow"] + 1, True)])
def test_network_needs_memory_for_tensorflow(script, granted, fits, data, builders, first, monkeypatch, tmp_path):
    monkeypatch.setenv(memory.VARIABLE, str(granted))
    if script == "model_prediction":
        result = forms.run(
            script, forms.prediction(first.folder / "model.h5mlm", data / "x"), tmp_path, outfile_predict="predicted"
        )
    else:
        result = forms.run(
            script, form_of(builders, data, "softmax", "y", swaps=[("epochs", "1")]), tmp_path, outfile_result="scores"
        )
    assert (result.returncode == 0) is fits, result.stderr
    assert fits or "the program itself at least 700 MB, but this job was granted 700 MB" in result.stderr


@pytest.mark.parametrize(
    "told, megabytes",
    [(["3000000000\n"], "3,000"), (["max\n", "2000000000"], "2,000"), (["9223372036854771712"], None), ([], None)],
)
def test_machine_or_container_bounds_what_galaxy_leaves_open(monkeypatch, tmp_path, told, megabytes):
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    files = [tmp_path / str(number) for number in range(2)]
    for file, text in zip(files, told, strict=False):
        file.write_text(text)
    monkeypatch.setattr(memory, "CONTAINER_LIMITS", files)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // memory.MB
    with pytest.raises(UserError, match=f"but there are {megabytes or format(machine, ',')} MB where this job runs"):
        memory.check_table(TABLE, 10**9, 10**6)


SHOW_POOLS = """
import sys
sys.path.insert(0, sys.argv[1])
from dltools.backend import keras_runtime
keras_runtime.keras_for_compute()
import tensorflow as tf
print(tf.config.threading.get_intra_op_parallelism_threads(), tf.config.threading.get_inter_op_parallelism_threads())
"""


def test_galaxys_cores_set_the_thread_pools():
    process = subprocess.run(
        [sys.executable, "-c", SHOW_POOLS, SCRIPTS],
        env={"GALAXY_SLOTS": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == ["3", "3"]


# Two logical devices of the processor stand for two GPUs: the code that shares a batch among them is the same.
TWO_DEVICES = """
import os, runpy, sys
script = sys.argv[1]
sys.path.insert(0, script.rpartition("/")[0])
os.environ["KERAS_BACKEND"] = "tensorflow"
import tensorflow as tf
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
from dltools.backend import devices
strategy = []
def two():
    strategy[:] = strategy or [tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])]
    return strategy[0]
devices.strategy = two
sys.argv = sys.argv[1:]
runpy.run_path(script, run_name="__main__")
print("replicas:", strategy[0].num_replicas_in_sync)
"""


def run_on_two_devices(form, folder):
    (folder / "inputs.json").write_text(json.dumps(form))
    options = [word for option, name in OUTPUTS.items() for word in (f"--{option.replace('_', '-')}", name)]
    command = [
        sys.executable,
        "-c",
        TWO_DEVICES,
        str(SCRIPTS / "train_and_eval.py"),
        "--inputs",
        "inputs.json",
        *options,
    ]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return forms.Result(process.returncode, process.stdout, process.stderr, folder)


def test_two_devices_learn_like_one_and_go_on(first, data, builders, tmp_path):
    for name in ("new", "further"):
        (tmp_path / name).mkdir()
    new = run_on_two_devices(form_of(builders, data, "softmax", "y"), tmp_path / "new")
    assert new.returncode == 0, new.stderr
    assert "replicas: 2" in new.stdout
    assert scores(new)["validation_loss"] == pytest.approx(scores(first)["validation_loss"], rel=0.1)
    model = {"model": new.folder / "model.h5mlm"}
    further = run_on_two_devices(form_of(model, data, "model", "y", swaps=[("epochs", "2")]), tmp_path / "further")
    assert further.returncode == 0, further.stderr
    assert len(further.table("history")) == 9
    assert float(further.table("history")[-1][1]) < float(new.table("history")[1][1])


def test_two_devices_share_batches_that_are_not_even(data, builders, tmp_path):
    """Of each batch of 17, one device gets 9 samples, in training as in validation, which has 24 samples."""
    for name in ("new", "further"):
        (tmp_path / name).mkdir()
    new = run_on_two_devices(form_of(builders, data, "odd", "y"), tmp_path / "new")
    assert new.returncode == 0, new.stderr
    alone = forms.run_all("train_and_eval", {"alone": form_of(builders, data, "odd", "y")}, tmp_path, **OUTPUTS)[
        "alone"
    ]
    assert scores(new)["validation_loss"] == pytest.approx(scores(alone)["validation_loss"], rel=0.1)
    model = {"model": new.folder / "model.h5mlm"}
    further = run_on_two_devices(form_of(model, data, "model", "y"), tmp_path / "further")
    assert further.returncode == 0, further.stderr
    names, *epochs = further.table("history")
    rates = [float(epoch[names.index("learning_rate")]) for epoch in epochs]
    assert len(rates) == 4
    # The schedule goes on as well.
    assert rates == sorted(rates, reverse=True) and len(set(rates)) == 4


def iterations(result):
    with h5py.File(result.folder / "model.h5mlm") as handle:
        # Keras numbers the optimizers that one process makes: adam, adam_1.
        (optimizer,) = handle["optimizer_weights"].values()
        return int(np.asarray(optimizer["iteration"]))


def test_trained_model_starts_afresh_or_goes_on(first, data, tmp_path):
    model = {"model": first.folder / "model.h5mlm"}
    results = forms.run_all(
        "train_and_eval",
        {
            "afresh": form_of(model, data, "model", "y", run_options={"start": "afresh"}),
            "other layers": form_of(
                model,
                data,
                "model",
                "y",
                run_options={"start": "afresh"},
                swaps=[("layers_1_Dense__units", "5"), ("epochs", "1")],
            ),
            "further": form_of(model, data, "model", "y", swaps=[("epochs", "1")]),
            "mixed": form_of(
                model, data, "model", "y", swaps=[("epochs", "1")], run_options={"precision": "mixed_float16"}
            ),
            "other state": form_of(model, data, "model", "y", swaps=[("optimizer__amsgrad", "True")]),
            "folds": form_of(model, data, "model", "y", folds={"shuffle": "kfold"}),
            "folds afresh": form_of(
                model,
                data,
                "model",
                "y",
                folds={"shuffle": "kfold", "n_splits": 2},
                run_options={"start": "afresh"},
                swaps=[("epochs", "1")],
            ),
        },
        tmp_path,
        **OUTPUTS,
    )
    afresh = results["afresh"]
    assert (afresh.returncode, afresh.stderr) == (0, "")
    assert afresh.table("scores") == first.table("scores")
    assert len(afresh.table("history")) == 7
    assert results["other layers"].table("layers")[1][2] == "(None, 5)"
    steps = iterations(first)
    for name in ("further", "mixed"):
        assert (results[name].returncode, results[name].stderr) == (0, "")
        assert [len(results[name].table("history")), iterations(results[name])] == [8, steps + steps // 6]
    forms.assert_one_line(
        results["folds"], "Cross-validation: this model is trained already, on samples that would then be in the test"
    )
    forms.assert_one_line(
        results["other state"], "with these settings the optimizer needs another state than the trained model holds"
    )
    assert results["folds"].written == results["other state"].written == []
    assert results["folds afresh"].returncode == 0
