"""The same training with the same seed and number of cores writes the same bytes; what a run took is in its tables alone."""

import json
import time

import h5py
import numpy as np
import pytest

from tests.support import forms
from tests.support.builders import make_builders
from tests.support.tables import write
from tests.support.trainings import OUTPUTS

FILES = {**OUTPUTS, "outfile_keras": "model.keras", "outfile_onnx": "model.onnx"}
NETWORK = forms.sequential(
    ("Dense", {"units": 30, "activation": "relu", "kwargs": ""}),
    ("BatchNormalization", {"kwargs": ""}),
    ("Dropout", {"rate": 0.3, "kwargs": ""}),
    ("Dense", {"units": 3, "activation": "softmax", "kwargs": ""}),
    input_shape="(6,)",
)


@pytest.fixture(scope="module")
def form(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    classes = np.arange(150) % 3
    write(folder / "x", (np.eye(6)[classes] + np.random.default_rng(0).normal(0, 0.4, (150, 6))).round(4))
    write(folder / "y", np.array(["a", "b", "c"])[classes])
    made = make_builders(
        {
            "one": (
                NETWORK,
                {"epochs": 3, "seed": 5, "callbacks": [("EarlyStopping", {"monitor": "val_loss", "patience": 5})]},
            )
        },
        tmp_path_factory,
    )
    found = forms.training(made["one"], folder / "x", folder / "y", scheme="train_val_test", scaling="standard")
    return {**found, "save": ["save_estimator", "save_keras", "save_onnx"]}


@pytest.fixture(scope="module")
def runs(form, tmp_path_factory):
    """Return (cores, repetition) -> folder with the outputs of a process of its own."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for cores in ("1", "2"):
            patch.setenv("GALAXY_SLOTS", cores)
            for repetition in (1, 2):
                folder = tmp_path_factory.mktemp("run")
                result = forms.run("train_and_eval", form, folder, **FILES)
                assert (result.returncode, result.stderr) == (0, "")
                found[cores, repetition] = folder
                # The dates that files have tell seconds apart, and those of zip archives every second one.
                time.sleep(2)
    return found


@pytest.mark.parametrize("cores", ["1", "2"])
def test_models_and_tables_are_the_same(runs, cores):
    for name in ("model.h5mlm", "model.keras", "model.onnx", "scores", "y_true", "y_preds", "layers"):
        one, other = ((runs[cores, repetition] / name).read_bytes() for repetition in (1, 2))
        assert one == other, name
        assert len(one) > 20


def record(path):
    with h5py.File(path) as handle:
        return json.loads(handle["-model_config-"][()])


def history(folder):
    header, *rows = [line.split("\t") for line in (folder / "history").read_text().splitlines()]
    return header, rows


def test_seconds_are_in_the_table_and_in_no_model(runs):
    header, rows = history(runs["1", 1])
    assert header[-1] == "seconds"
    assert all(float(row[-1]) > 0 for row in rows)
    assert list(record(runs["1", 1] / "model.h5mlm")["history"]) == header[1:-1]


@pytest.fixture(scope="module")
def further(runs, form, tmp_path_factory):
    """Return the folder of a run that goes on, and of one with a file as release 2.0.0 wrote it, which tells of seconds."""
    found = {}
    for name in ("new", "old"):
        folder = tmp_path_factory.mktemp(name)
        model = folder / "before.h5mlm"
        model.write_bytes((runs["1", 1] / "model.h5mlm").read_bytes())
        if name == "old":
            facts = record(model)
            facts["history"]["seconds"] = [1.5, 2.5, 3.5]
            with h5py.File(model, "a") as handle:
                del handle["-model_config-"]
                handle["-model_config-"] = json.dumps(facts)
        scheme = {
            **form["experiment_schemes"],
            "infile_estimator": forms.dataset(model),
            "hyperparams_swapping": {"param_set": [{"sp_name": "epochs", "sp_value": "2"}]},
        }
        outputs = {**OUTPUTS, "outfile_report": "report.html"}
        result = forms.run(
            "train_and_eval", {**form, "experiment_schemes": scheme, "save": ["save_estimator"]}, folder, **outputs
        )
        assert (result.returncode, result.stderr) == (0, "")
        found[name] = folder
    return found


def test_a_run_that_goes_on_tells_the_seconds_that_it_knows(runs, further):
    before = [row[:-1] for row in history(runs["1", 1])[1]]
    for name, seconds in (("new", ["nan"] * 3), ("old", ["1.5", "2.5", "3.5"])):
        header, rows = history(further[name])
        assert header[-1] == "seconds"
        assert [row[-1] for row in rows[:3]] == seconds
        assert [row[:-1] for row in rows[:3]] == before
        assert len(rows) == 5
        assert all(float(row[-1]) > 0 for row in rows[3:])
        assert "seconds" not in record(further[name] / "model.h5mlm")["history"]
    assert "5 epochs, the last 2 in " in (further["new"] / "report.html").read_text()
    assert "5 epochs in " in (further["old"] / "report.html").read_text()


def test_a_file_that_tells_of_seconds_goes_on_to_the_same_bytes(further):
    assert (further["new"] / "model.h5mlm").read_bytes() == (further["old"] / "model.h5mlm").read_bytes()
