"""What a training job leaves behind that is killed, ended, out of disk, or fails after training; and its repeat."""

import json
import resource
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from tests.support import forms
from tests.support.builders import FAST, make_builders
from tests.support.networks import network
from tests.support.places import SCRIPTS
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

ROWS = 90
DEEP = forms.sequential(
    *[("Dense", {"units": 300, "activation": "relu", "kwargs": ""})] * 5,
    ("Dense", {"units": 3, "activation": "softmax", "kwargs": ""}),
    input_shape="(3,)",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    classes = np.arange(ROWS) % 3
    write(folder / "x", (np.eye(3)[classes] + np.random.default_rng(0).normal(0, 0.4, (ROWS, 3))).round(4))
    write(folder / "y", classes)
    return folder


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    return make_builders(
        {
            "endless": (network(3), {"epochs": 1_000_000}),
            "deep": (DEEP, {"epochs": 1}),
            "seeded": (network(3), {"epochs": 3, "seed": 5, **FAST}),
            "unseeded": (network(3), {"epochs": 3, **FAST}),
        },
        tmp_path_factory,
    )


def start(form, folder, outputs=OUTPUTS, largest=None):
    """Start the training script in a folder, which it may write files of at most `largest` bytes to."""
    (folder / "inputs.json").write_text(json.dumps(form))
    options = [word for option, name in outputs.items() for word in (f"--{option.replace('_', '-')}", name)]
    limit = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))) if largest else None
    command = [sys.executable, SCRIPTS / "train_and_eval.py", "--inputs", "inputs.json", *options]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limit
    )


def left(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "inputs.json")


def in_training(process):
    """Wait until the first epochs are over."""
    return next(line for line in process.stdout if line.startswith("Epoch 2/"))


def test_killed_in_training_leaves_nothing(data, builders, tmp_path):
    process = start(forms.training(builders["endless"], data / "x", data / "y"), tmp_path)
    in_training(process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert left(tmp_path) == []


def test_ended_in_training_says_so_and_leaves_nothing(data, builders, tmp_path):
    process = start(forms.training(builders["endless"], data / "x", data / "y"), tmp_path)
    in_training(process)
    process.terminate()
    _, told = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert (
        told
        == "Error: The job was ended from outside, for example because its time was over. Nothing unfinished is left behind.\n"
    )
    assert left(tmp_path) == []


def test_killed_while_writing_leaves_no_file_that_looks_whole(data, builders, tmp_path):
    process = start(forms.training(builders["deep"], data / "x", data / "y"), tmp_path)
    while process.poll() is None and not any(name.startswith(".unfinished-") for name in left(tmp_path)):
        time.sleep(0.001)
    process.kill()
    process.communicate()
    found = left(tmp_path)
    assert not {"scores", "y_true", "y_preds"} & set(found)
    if "model.h5mlm" in found:  # it was quicker than the signal: then it is whole
        with h5py.File(tmp_path / "model.h5mlm") as handle:
            assert handle.attrs["-URL-"]


def test_full_disk_is_told_and_leaves_nothing(data, builders, tmp_path):
    process = start(forms.training(builders["deep"], data / "x", data / "y"), tmp_path, largest=200_000)
    _, told = process.communicate()
    assert process.returncode == 1
    assert told == (
        "Error: There is no room left to write the output: the disk or your quota is full. Make room, and run "
        "the job again.\n"
    )
    assert left(tmp_path) == []


def test_model_is_kept_where_what_comes_after_it_fails(data, builders, tmp_path):
    outputs = {**OUTPUTS, "outfile_y_preds": "no_such_folder/y_preds"}
    process = start(forms.training(builders["seeded"], data / "x", data / "y"), tmp_path, outputs)
    _, told = process.communicate()
    assert process.returncode == 1
    assert "FileNotFoundError" in told
    assert left(tmp_path) == ["history", "layers", "model.h5mlm", "scores", "y_true"]


def contents(path):
    """Return name -> bytes of every array of a model file, and its record."""
    arrays = {}
    with h5py.File(path) as handle:
        for group in ("model_weights", "optimizer_weights"):
            handle[group].visititems(
                lambda n, item: arrays.update({n: item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None
            )
        record = json.loads(handle["-model_config-"][()])
    return arrays, record


def test_repeated_to_the_bit(data, builders, tmp_path):
    """Two processes with a seed, and one without whose drawn seed is given to another."""
    folders = {name: tmp_path / name for name in ("first", "second", "drawn", "repeated")}
    results = {}
    for name, folder in folders.items():
        folder.mkdir()
        swaps = [("random_seed", str(results["drawn"][1]["run"]["seed"]))] if name == "repeated" else []
        builder = builders["seeded" if name in ("first", "second") else "unseeded"]
        process = start(forms.training(builder, data / "x", data / "y", scheme="train_val_test", swaps=swaps), folder)
        _, told = process.communicate()
        assert (process.returncode, told) == (0, "")
        results[name] = contents(folder / "model.h5mlm")
    for one, other in (("first", "second"), ("drawn", "repeated")):
        for output in ("scores", "y_true", "y_preds", "layers"):
            assert (folders[one] / output).read_bytes() == (folders[other] / output).read_bytes(), output
        assert results[one][0] == results[other][0]
        if "drawn" not in (one, other):
            assert (folders[one] / "model.h5mlm").read_bytes() == (folders[other] / "model.h5mlm").read_bytes()
        assert len(results[one][0]) > 8
    assert results["first"][1] == results["second"][1]
    assert results["first"][0] != results["drawn"][0]
    assert [results[name][1]["run"]["seed_drawn"] for name in folders] == [False, False, True, False]
