"""Trainings whose time is over before their epochs are: what is left of them, by a clock that the scenario moves."""

import json
import math
import subprocess
import sys

import pytest

from tests.support.places import ROOT


@pytest.fixture(scope="module")
def runs():
    command = [sys.executable, "-m", "tests.support.timed_trainings"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return dict(json.loads(line) for line in process.stdout.splitlines() if line.startswith('["'))


def epochs(run):
    assert len({len(values) for values in run["history"].values()}) == 1
    return len(run["history"]["loss"])


def test_no_epoch_begins_that_does_not_fit(runs):
    run = runs["whole epochs"]
    assert run["stop"] == [21, 100, None, 0]
    assert epochs(run) == 21
    assert (run["now"], run["steps"]) == (945, 84)
    assert run["same as epochs"] == [21]
    run = runs["no validation"]
    # 40 s an epoch: after 23 of them 80 s are left.
    assert (run["stop"], epochs(run), run["same as epochs"]) == ([23, 100, None, 0], 23, [23])
    run = runs["steps_per_epoch"]
    # 25 s an epoch.
    assert (run["stop"], epochs(run), run["steps"]) == ([38, 100, None, 0], 38, 76)


def test_time_for_all_changes_nothing(runs):
    run = runs["all fit"]
    assert (run["stop"], epochs(run), run["now"], run["same as epochs"]) == (None, 5, 225, [5])


def test_epoch_that_takes_too_long_is_taken_back(runs):
    run = runs["slow epoch"]
    assert run["stop"][:3] == [4, 100, None]
    assert (epochs(run), run["steps"], run["now"]) == (4, 16, 380)
    assert run["same as epochs"] == [4]


def test_running_mean_of_the_weights_takes_their_place(runs):
    run = runs["slow epoch, averaged weights"]
    assert (epochs(run), run["steps"]) == (4, 16)
    assert run["averaged"] == [True] * 4
    assert run["same weights as epochs"] == []
    assert runs["first epoch, averaged weights"]["averaged"] == [True] * 4


@pytest.mark.parametrize("name", ["slow epoch, best epoch", "best epoch"])
def test_best_epoch_is_kept(name, runs):
    run = runs[name]
    losses = run["losses"]
    best = losses.index(min(losses)) + 1
    assert best < len(losses) == epochs(run)
    assert run["stop"][:3] == [len(losses), 100, None]
    assert run["same as epochs"] == [best]
    assert f"The model is that of epoch {best}, the best: val_loss" in run["printed"]


def test_best_weights_of_early_stopping_are_kept(runs):
    run = runs["slow epoch, best weights"]
    best = run["losses"].index(min(run["losses"])) + 1
    assert best < 3 == epochs(run)
    assert run["same weights as epochs"] == [best]


def test_best_epoch_is_the_model_where_no_later_one_was_kept(runs):
    run = runs["very slow epoch"]
    assert run["stop"][:3] == [3, 100, None]
    best = run["losses"].index(min(run["losses"])) + 1
    assert (epochs(run), run["same as epochs"]) == (3, [best])
    assert f"The model is that of epoch {best}, the best, since a later one took very long." in run["printed"]


@pytest.mark.parametrize("name", ["first epoch", "first epoch, best epoch"])
def test_batches_of_a_first_epoch_are_kept(name, runs):
    run = runs[name]
    assert run["stop"] == [1, 100, 2, 4]
    assert (run["steps"], run["now"], run["history"]["seconds"]) == (2, 200, [200])
    assert set(run["history"]) == {"loss", "mae", "seconds"}
    assert math.isfinite(run["history"]["loss"][0])
    assert run["losses"] == []


def test_one_batch_is_learned_from_in_any_case(runs):
    run = runs["first batch"]
    assert (run["stop"], run["steps"], epochs(run)) == ([1, 100, 1, 4], 1, 1)


def test_first_validation_that_does_not_fit(runs):
    run = runs["first validation"]
    assert (run["stop"], run["steps"], run["now"]) == ([1, 100, 4, 4], 4, 44)
    # The figures are those of the training, not of the validation that was begun.
    assert run["history"]["loss"] == pytest.approx(runs["whole epochs"]["history"]["loss"][:1])
    assert set(run["history"]) == {"loss", "mae", "seconds"}


def test_cut_epoch_follows_those_before(runs):
    run = runs["first epoch of a further training"]
    assert run["stop"] == [3, 102, 2, 4]
    history = run["history"]
    assert history["loss"][:2] == [3, 2]
    assert math.isfinite(history["loss"][2])
    assert history["val_loss"][:2] == [4, 3]
    assert math.isnan(history["val_loss"][2])
    assert history["seconds"][2] == 200


def test_loss_that_is_no_number_is_an_error_as_ever(runs):
    assert "Training failed: in epoch 1 the loss was" in runs["first epoch, lost"]["error"]


def test_learning_rate_stays_that_of_the_whole_training(runs):
    run = runs["schedule"]
    rates = run["history"]["learning_rate"]
    assert epochs(run) == 8
    expected = [0.05 * (1 + math.cos(math.pi * 4 * epoch / 400)) / 2 for epoch in range(1, 9)]
    assert rates == pytest.approx(expected, rel=1e-4)


def test_cross_validation_is_refused_early(runs):
    run = runs["cross-validation"]
    assert run["now"] == 90
    assert run["error"].startswith("Cross-validation: network 1 of 6 has taken 1 min 30 s until now")
    run = runs["cross-validation, may end early"]
    # Five times as long as until now no longer fits.
    assert 100 < run["now"] < 200
    assert "network 1 of 6" in run["error"]
    run = runs["cross-validation, slow epoch"]
    assert run["now"] == 545
    assert "network 1 of 2 has taken 9 min 05 s until now" in run["error"]


def test_no_time(runs):
    assert runs["no time"]["error"].startswith("No time is left for the training")
