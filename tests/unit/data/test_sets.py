"""Training, validation and test set: they never overlap, together they are all samples, the test set is touched once."""

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.data import sets, targets
from dltools.data.dense_table import DenseTable
from dltools.jobs.train_form import read_scheme
from tests.support.builders import FAST, make_builders
from tests.support.networks import network
from tests.support.places import SCRIPTS
from tests.support.samples import CLASSES, GROUPS, ROWS, write_tables
from tests.support.trainings import NOTHING, by_column, by_groups, form_of, own_groups, selector

SOURCE = Dataset("table", "table")
SAMPLES = DenseTable(values=np.zeros((ROWS, 2), np.float32), source=SOURCE)
SIZES = (0.1, 0.2, 0.5, 1.0 / 3, 7, "30")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("data"))


def target(kind):
    if kind == "numbers":
        return targets.regression(np.arange(ROWS, dtype=np.float32)[:, None], None, 1, SOURCE)
    columns = np.eye(3, dtype=int)[CLASSES].T if kind == "one-hot" else CLASSES[None]
    return targets.classification(
        [column.astype(str) for column in columns], None, 3, "categorical_crossentropy", SOURCE
    )


def split(method, size, data, seed):
    if method == "group":
        return by_groups(data, test_size=size, random_state=seed)
    return {"shuffle": method, "test_size": size, "random_state": seed}


def assert_sets(divided):
    """Check that the sets are ascending positions of different rows, of all rows together, and none is empty."""
    found = [rows for _, rows in divided.named()]
    assert all(len(rows) and (np.diff(rows) > 0).all() for rows in found)
    assert np.array_equal(np.sort(np.concatenate(found)), np.arange(ROWS))


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        (kind, method)
        for kind in ("classes", "one-hot", "numbers")
        for method in ("None", "simple", "stratified", "group")
        if (kind, method) != ("numbers", "stratified")
    ],
)
def test_sets_never_overlap(kind, method, data):
    for (first, second), seed in itertools.product(itertools.product(SIZES, (0.2, 9)), (None, 0, 7)):
        forms_of = {
            "test_split": {"split_algos": split(method, first, data, seed)},
            "val_split": {"split_algos": split(method, second, data, seed)},
        }
        for scheme in (sets.TRAIN_VAL, sets.TRAIN_VAL_TEST):
            divided = sets.divide(read_scheme({"selected_exp_scheme": scheme, **forms_of}), SAMPLES, target(kind), 3)
            assert_sets(divided)
            assert (divided.test is None) == (scheme == sets.TRAIN_VAL)
            if method == "group":
                groups = [set(GROUPS[rows]) for _, rows in divided.named()]
                assert not any(a & b for a, b in itertools.combinations(groups, 2))
            if method == "stratified":
                shares = [
                    np.bincount(CLASSES[rows], minlength=3) / len(rows) for _, rows in divided.named() if len(rows) > 9
                ]
                assert np.allclose(shares, 1 / 3, atol=0.1)


@pytest.mark.parametrize(("size", "held_out"), [(0.25, 30), ("0.25", 30), (17, 17), ("17", 17), (None, 24), ("", 24)])
def test_size_is_a_fraction_or_a_count(size, held_out, data):
    scheme = {"selected_exp_scheme": sets.TRAIN_VAL, "test_split": {"split_algos": split("simple", size, data, 1)}}
    assert len(sets.divide(read_scheme(scheme), SAMPLES, target("classes"), 3).validation) == held_out


@pytest.mark.parametrize("method", ["kfold", "stratified_kfold", "group_kfold"])
@pytest.mark.parametrize("validation", ["no_validation", "simple", "stratified", "group"])
def test_folds_hold_every_sample_once(method, validation, data):
    form = {"shuffle": method, "n_splits": "4", "random_state": None, "groups_selector": selector("g", data / "groups")}
    val = (
        {"shuffle": "no_validation"}
        if validation == "no_validation"
        else {**own_groups(data), "shuffle": validation, "group_names": ""}
    )
    scheme = {
        "selected_exp_scheme": sets.CROSS_VAL,
        "fold_split": {"split_algos": form},
        "val_split": {"split_algos": val},
    }
    found = sets.folds(read_scheme(scheme), SAMPLES, target("classes"), 3)
    assert len(found) == 4
    for fold in found:
        assert_sets(fold)
    assert np.array_equal(np.sort(np.concatenate([fold.test for fold in found])), np.arange(ROWS))
    if method == "group_kfold":
        assert not any(set(GROUPS[fold.test]) & set(GROUPS[fold.training]) for fold in found)
    whole = sets.for_final_model(read_scheme(scheme), SAMPLES, target("classes"), 3)
    assert whole.test is None
    assert_sets(whole)


def test_column_says_the_sets(data):
    scheme = {
        "selected_exp_scheme": sets.TRAIN_VAL_TEST,
        "test_split": {"split_algos": by_column(data)},
        "val_split": {"split_algos": NOTHING},
    }
    divided = sets.divide(read_scheme(scheme), SAMPLES, target("classes"), 3)
    assert [len(rows) for _, rows in divided.named()] == [70, 20, 30]
    assert_sets(divided)


# Notes which rows are looked at, and when the training has ended.
WATCHED = """
import json, sys
sys.path.insert(0, sys.argv[1])
from dltools.backend import keras_runtime
keras_runtime.keras_for_compute()
from dltools.data.dense_table import DenseTable
from dltools.jobs import experiment
from dltools.jobs.train_form import TrainForm
seen, take = [], DenseTable.take
DenseTable.take = lambda self, rows: (seen.append(rows.tolist()), take(self, rows))[1]
ended = []
form = TrainForm.read(json.load(open("inputs.json")))
outcome = experiment.run(form, lambda model, record: ended.append(len(seen)), None)
tested = outcome.evaluated.positions.tolist()
json.dump({"before": sum(seen[:ended[0]], []), "after": sum(seen[ended[0]:], []), "test": tested}, open("seen.json", "w"))
"""


def test_test_set_is_touched_once_after_training(data, tmp_path, tmp_path_factory):
    builders = make_builders({"softmax": (network(3), {"epochs": 3, **FAST})}, tmp_path_factory)
    form = form_of(builders, data, "softmax", "y", scheme="train_val_test")
    form["feature_scaling"] = [{"__index__": 0, "scaling": "standard"}]
    (tmp_path / "inputs.json").write_text(json.dumps(form))
    subprocess.run([sys.executable, "-c", WATCHED, str(SCRIPTS)], cwd=tmp_path, check=True, capture_output=True)
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert len(seen["test"]) == 24
    assert not set(seen["before"]) & set(seen["test"])
    assert len(set(seen["before"])) == ROWS - 24
    assert sorted(row for row in seen["after"] if row in seen["test"]) == sorted(seen["test"])
