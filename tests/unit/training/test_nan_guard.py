"""A training that goes wrong after good epochs leaves the best of them, fit to be trained further."""

import numpy as np
import pytest

from tests.support import forms
from tests.support.builders import make_builders
from tests.support.networks import network
from tests.support.samples import write_tables
from tests.support.trainings import NOTHING, OUTPUTS, form_of, scores

DIVERGING = {
    "learning_type": "KerasGRegressor",
    "loss": "mean_squared_error",
    "metrics": ["mae"],
    "seed": 1,
    "epochs": 40,
    "optimizer": "SGD",
    "options": {"learning_rate": 3, "momentum": 0.9},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    data = write_tables(tmp_path_factory.mktemp("data"))
    linear = forms.sequential(("Dense", {"units": 1, "activation": "linear", "kwargs": ""}), input_shape="")
    builders = make_builders(
        {
            "linear": (linear, DIVERGING),
            "hopeless": (network(1, "linear"), {**DIVERGING, "options": {"learning_rate": 1e30}}),
        },
        tmp_path_factory,
    )
    # One step an epoch: its loss is that of the weights before it.
    whole = ("batch_size", "1000")
    first = forms.run_all(
        "train_and_eval",
        {
            "wrong": form_of(builders, data, "linear", "number"),
            "hopeless": form_of(builders, data, "hopeless", "number"),
            "last step": form_of(builders, data, "hopeless", "number", swaps=[whole]),
            "last step, not validated": form_of(
                builders,
                data,
                "hopeless",
                "number",
                scheme="train_val_test",
                val_split=NOTHING,
                swaps=[whole, ("epochs", "1")],
            ),
        },
        tmp_path_factory.mktemp("first"),
        **OUTPUTS,
    )
    model = {"model": first["wrong"].folder / "model.h5mlm"}
    further = form_of(model, data, "model", "number", swaps=[("epochs", "3"), ("lr", "0.0001")])
    return first | forms.run_all("train_and_eval", {"further": further}, tmp_path_factory.mktemp("further"), **OUTPUTS)


def test_best_epoch_is_kept(runs):
    result = runs["wrong"]
    assert (result.returncode, result.stderr) == (0, "")
    header, *rows = result.table("history")
    validation = np.array([row[header.index("val_loss")] for row in rows], float)
    assert 1 < len(rows) < 40
    assert not np.isfinite(float(rows[-1][1]))
    best = int(np.nanargmin(validation)) + 1
    assert f"Training went wrong: in epoch {len(rows)} the loss was " in result.stdout
    assert f"The model is that of epoch {best}, the best: val_loss " in result.stdout
    assert scores(result)["validation_loss"] == pytest.approx(validation[best - 1], rel=1e-4)


def test_kept_model_is_trained_further(runs):
    assert (runs["further"].returncode, runs["further"].stderr) == (0, "")
    assert np.isfinite(scores(runs["further"])["validation_loss"])
    assert len(runs["further"].table("history")) == len(runs["wrong"].table("history")) + 3


def test_no_good_epoch_is_an_error(runs):
    forms.assert_one_line(runs["hopeless"], "Training failed: in epoch 1 the loss was ")
    assert runs["hopeless"].written == []


def test_damage_of_the_last_step_is_seen(runs):
    forms.assert_one_line(runs["last step"], ", val_loss nan, or a weight no number, so the weights are lost")
    assert runs["last step"].written == []
    forms.assert_one_line(runs["last step, not validated"], "The network's output for sample ")
