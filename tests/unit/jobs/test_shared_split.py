"""The builders of a sweep: tested on the same samples whatever their seeds are, and fold by fold as in one job."""

import numpy as np
import pytest

from tests.support import forms
from tests.support.builders import REGRESSOR
from tests.support.networks import network
from tests.support.samples import ROWS, write_tables
from tests.support.sweeps import form_of, grid, make, values
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, scores
from tests.support.trainings import form_of as training_of

ALL_OUTPUTS = {**OUTPUTS, "outfile_folds": "folds"}
FOLDS = 3
# The target is the number of the row, so that the true values tell the rows.
NUMBERED = {"shuffle": "simple", "test_size": 0.2, "random_state": None}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = write_tables(tmp_path_factory.mktemp("data"))
    write(folder / "row", np.arange(ROWS))
    return folder


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Return a function that writes the configuration of a network."""

    def written(units, activation):
        folder = tmp_path_factory.mktemp("config")
        result = forms.run("model_config", network(units, activation), folder, outfile="model.json")
        assert result.returncode == 0, result.stderr
        return folder / "model.json"

    return written


@pytest.fixture(scope="module")
def rows(tmp_path_factory, data, config):
    """Return the runs of two points with different seeds, in and outside a sweep, by scheme."""
    file = config(1, "linear")
    made = make(form_of(file, grid(seeds="1, 2", split_seed=9), **REGRESSOR), tmp_path_factory.mktemp("sweep"))
    for seed in ("1", "2"):
        folder = tmp_path_factory.mktemp("alone")
        form = forms.builder(file, seed=seed, **REGRESSOR)
        assert forms.run("model_builder", form, folder, outfile="b.zip").returncode == 0
        made[f"alone {seed}"] = folder / "b.zip"
    wanted = {
        f"{name}, {scheme}": training_of(made, data, name, "row", scheme=scheme, split=NUMBERED, val_split=NUMBERED)
        for name in made
        for scheme in ("train_val", "train_val_test")
    }
    seeded = {**NUMBERED, "random_state": 5}
    wanted |= {
        f"{name}, seeded": training_of(made, data, name, "row", scheme="train_val", split=seeded)
        for name in ("random_seed-1", "alone 1")
    }
    return forms.run_all("train_and_eval", wanted, tmp_path_factory.mktemp("runs"), **ALL_OUTPUTS)


def evaluated(result):
    """Return the rows that a run was evaluated on."""
    header, *found = result.table("y_true")
    assert header == ["True"]
    return [row[0] for row in found]


@pytest.mark.parametrize("scheme", ["train_val", "train_val_test"])
def test_points_with_different_seeds_are_evaluated_on_the_same_rows(rows, scheme):
    first, second = (rows[f"random_seed-{seed}, {scheme}"] for seed in (1, 2))
    assert len(evaluated(first)) == ROWS // 5
    assert evaluated(first) == evaluated(second)
    # Their weights differ all the same.
    assert scores(first) != scores(second)
    assert "Seed of the splits: 9, which all builders of the sweep share.\nRandom seed: 1\n" in first.stdout


def test_validation_set_is_the_same_too(tmp_path, data):
    """A network that answers 0 and learns nothing has the mean square of the validation set's rows as its loss."""
    still = ("Dense", {"units": 1, "activation": "linear", "kwargs": "kernel_initializer='zeros'"})
    assert (
        forms.run("model_config", forms.sequential(still, input_shape=""), tmp_path, outfile="model.json").returncode
        == 0
    )
    changes = {**REGRESSOR, "optimizer": "SGD", "options": {"learning_rate": 0}}
    losses = {}
    for split_seed in (0, 1):
        box = grid(seeds="1, 2", split_seed=split_seed)
        made = make(form_of(tmp_path / "model.json", box, **changes), tmp_path / f"made {split_seed}")
        wanted = {
            name: training_of(made, data, name, "row", scheme="train_val_test", split=NUMBERED, val_split=NUMBERED)
            for name in made
        }
        folder = tmp_path / f"runs {split_seed}"
        folder.mkdir()
        runs = forms.run_all("train_and_eval", wanted, folder, **ALL_OUTPUTS)
        losses[split_seed] = [scores(result)["validation_loss"] for result in runs.values()]
    assert losses[0][0] == losses[0][1] > 0
    assert losses[1][0] == losses[1][1] != losses[0][0]


@pytest.mark.parametrize("scheme", ["train_val", "train_val_test"])
def test_builders_that_stand_alone_are_split_by_their_own_seeds(rows, scheme):
    first, second = (rows[f"alone {seed}, {scheme}"] for seed in (1, 2))
    assert evaluated(first) != evaluated(second)
    assert "Seed of the splits" not in first.stdout


def test_seed_of_the_form_comes_first(rows):
    assert evaluated(rows["random_seed-1, seeded"]) == evaluated(rows["alone 1, seeded"])
    assert evaluated(rows["random_seed-1, seeded"]) != evaluated(rows["random_seed-1, train_val"])


@pytest.fixture(scope="module")
def folded(tmp_path_factory, data, config):
    """Return the run of a cross-validation in one job, and those of its folds in a job each."""
    file = config(3, "softmax")
    box = grid(values("epochs", "3"), folds=FOLDS)
    made = make(form_of(file, box, seed=7), tmp_path_factory.mktemp("sweep"))
    folder = tmp_path_factory.mktemp("alone")
    assert forms.run("model_builder", forms.builder(file, seed=7, epochs=3), folder, outfile="b.zip").returncode == 0
    made["alone"] = folder / "b.zip"
    found = {}
    for name in made:
        # A sweep says how many folds there are.
        split = {"shuffle": "stratified_kfold", "n_splits": FOLDS if name == "alone" else 5, "random_state": None}
        form = training_of(made, data, name, "y", folds=split)
        run = tmp_path_factory.mktemp("run")
        result = forms.run("train_and_eval", form, run, **ALL_OUTPUTS)
        assert (result.returncode, result.stderr) == (0, ""), result.stderr
        found[name] = (result, run)
    return found


def lines(folder, name):
    return [line.split("\t") for line in (folder / name).read_text().splitlines()]


@pytest.mark.parametrize("fold", range(1, FOLDS + 1))
def test_fold_in_a_job_of_its_own_has_the_scores_of_the_fold_in_one_job(folded, fold):
    header, *rows = lines(folded["alone"][1], "folds")
    result, folder = folded[f"epochs-3_fold-{fold}"]
    assert lines(folder, "folds") == [header, rows[fold - 1]]
    assert lines(folder, "scores") == [header[1:], rows[fold - 1][1:]]
    assert f"Fold {fold} of 3, the others by the other builders of the sweep. Rows: " in result.stdout
    assert "n_splits of the form is not used: the sweep is over 3 folds." in result.stdout


def test_folds_together_predict_each_row_once_as_in_one_job(folded):
    whole = folded["alone"][1]
    counts = [len(lines(folded[f"epochs-3_fold-{fold}"][1], "y_preds")) - 1 for fold in range(1, FOLDS + 1)]
    assert sum(counts) == len(lines(whole, "y_preds")) - 1 == ROWS


def test_network_of_a_fold_is_trained_further_like_any_other(folded, data, tmp_path):
    """Its fold was of the sweep; the seed of the splits stays."""
    model = {"model": folded["epochs-3_fold-1"][1] / "model.h5mlm"}
    result = forms.run(
        "train_and_eval", training_of(model, data, "model", "y", scheme="train_val_test"), tmp_path, **OUTPUTS
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "Seed of the splits: 7, which all builders of the sweep share." in result.stdout


def test_fold_wants_the_scheme_with_folds(tmp_path, data, config):
    made = make(form_of(config(3, "softmax"), grid(folds=2)), tmp_path / "made")
    form = training_of(made, data, "fold-2", "y", scheme="train_val_test")
    result = forms.run("train_and_eval", form, tmp_path, **ALL_OUTPUTS)
    forms.assert_one_line(result, "'fold-2.zip': is to be tested on fold 2 of 2. Select the scheme Cross-validate")
