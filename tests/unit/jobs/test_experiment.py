"""Schemes, splits and settings of a run through the real script: what is trained on, watched and judged."""

import json

import h5py
import numpy as np
import pytest
from sklearn import metrics

from tests.support import forms
from tests.support.builders import FAST, REGRESSOR, make_builders
from tests.support.networks import network
from tests.support.samples import CLASSES, NAMES, ROWS, write_tables
from tests.support.trainings import NOTHING, OUTPUTS, by_column, by_groups, form_of, own_groups, scores, selector

ALL_OUTPUTS = {**OUTPUTS, "outfile_folds": "folds"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("data"))


BUILDERS = {
    "softmax": (network(3), {"epochs": 4, "seed": 1, **FAST}),
    "drawn": (network(3), {"epochs": 1}),
    "labels": (network(2, "sigmoid"), {"loss": "binary_crossentropy", "epochs": 3, "seed": 2, **FAST}),
    "linear": (network(1, "linear"), {**REGRESSOR, "epochs": 4, "seed": 3, **FAST}),
    "pair": (network(2, "linear"), {**REGRESSOR, "epochs": 4, "seed": 3, **FAST}),
    "stopping": (
        network(3),
        {
            "epochs": 30,
            "seed": 1,
            **FAST,
            "callbacks": [
                (
                    "EarlyStopping",
                    {
                        "monitor": "val_loss",
                        "mode": "auto",
                        "min_delta": 5,
                        "patience": 1,
                        "restore_best_weights": True,
                    },
                )
            ],
        },
    ),
}


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    return make_builders(BUILDERS, tmp_path_factory)


STRATIFIED = {"shuffle": "stratified", "test_size": 30, "random_state": 1}
SCORED = {"primary_scoring": "accuracy", "secondary_scoring": ["f1_macro", "cohen_kappa", "recall_wighted"]}


def cases(data):
    """Return name -> builder, target, and what else the form says."""
    both = {"scheme": "train_val_test", "scoring": SCORED}
    return {
        "simple": ("softmax", "y", both),
        "stratified": (
            "softmax",
            "one_hot",
            {**both, "split": STRATIFIED, "val_split": {**STRATIFIED, "test_size": 0.2}},
        ),
        "grouped": (
            "softmax",
            "y",
            {**both, "split": by_groups(data), "val_split": {"shuffle": "group", "test_size": 0.2}},
        ),
        "validation grouped": ("softmax", "y", {**both, "val_split": own_groups(data)}),
        "last rows": ("softmax", "y", {"split": {"shuffle": "None", "test_size": 24}, "scoring": SCORED}),
        "column": ("softmax", "y", {**both, "split": by_column(data)}),
        "column, validation drawn": ("softmax", "y", {**both, "split": by_column(data, "no_validation")}),
        "no validation": ("softmax", "y", {**both, "val_split": NOTHING}),
        "multilabel": (
            "labels",
            "several",
            {**both, "scoring": {"primary_scoring": "f1_samples", "secondary_scoring": ["accuracy"]}},
        ),
        "regression": (
            "linear",
            "number",
            {**both, "scoring": {"primary_scoring": "r2", "secondary_scoring": ["neg_mean_absolute_error"]}},
        ),
        "regressions": (
            "pair",
            "numbers",
            {**both, "scoring": {"primary_scoring": "r2", "secondary_scoring": ["neg_mean_absolute_error"]}},
        ),
        "weighted": ("softmax", "y", {"weights": "weights"}),
        "weighted alike": ("softmax", "y", {"weights": "ones", "scheme": "train_val_test", "scoring": SCORED}),
        "drawn": ("drawn", "y", {}),
        "bfloat16": ("softmax", "y", {"run_options": {"precision": "mixed_bfloat16"}}),
        "float16": ("softmax", "y", {"run_options": {"precision": "mixed_float16"}}),
        "float32": ("softmax", "y", {"run_options": {"precision": "float32"}}),
        "automatic": ("softmax", "y", {"run_options": {"precision": "automatic"}}),
        "folds": ("softmax", "y", {"folds": {"shuffle": "kfold"}, "scoring": SCORED}),
        "stratified folds": (
            "softmax",
            "one_hot",
            {"folds": {"shuffle": "stratified_kfold", "n_splits": 3}, "val_split": NOTHING},
        ),
        "group folds": (
            "linear",
            "number",
            {"folds": {"shuffle": "group_kfold", "groups_selector": selector("g", data / "groups")}},
        ),
        "stopped": ("stopping", "y", both),
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data, builders):
    wanted = {
        name: form_of(builders, data, builder, y, **changes) for name, (builder, y, changes) in cases(data).items()
    }
    return forms.run_all("train_and_eval", wanted, tmp_path_factory.mktemp("runs"), **ALL_OUTPUTS)


FOLDED = ("folds", "stratified folds", "group folds")
CASES = (
    "simple",
    "stratified",
    "grouped",
    "validation grouped",
    "last rows",
    "column",
    "column, validation drawn",
    "no validation",
    "multilabel",
    "regression",
    "regressions",
    "weighted",
    "weighted alike",
    "drawn",
    "bfloat16",
    "float16",
    "float32",
    "automatic",
    *FOLDED,
    "stopped",
)


@pytest.mark.parametrize("name", CASES)
def test_ok_ends_well_with_every_output(runs, name):
    assert (runs[name].returncode, runs[name].stderr) == (0, "")
    assert runs[name].written == sorted({**OUTPUTS, **({"f": "folds"} if name in FOLDED else {})}.values())


METRICS = {
    "accuracy": lambda y, p: np.mean((y == p) if y.ndim == 1 else (y == p).all(axis=1)), "f1_macro": lambda y, p: metrics.f1_score(y, p, average="macro", zero_division=0),
    "f1_samples": lambda y, p: metrics.f1_score(y.astype(int), p.astype(int), average="samples", zero_division=0),
    "cohen_kappa": metrics.cohen_kappa_score, "recall_wighted": lambda y, p: metrics.recall_score(y, p, average="weighted", zero_division=0),
    "r2": lambda y, p: metrics.r2_score(y.astype(float), p.astype(float)),
    "neg_mean_absolute_error": lambda y, p: -metrics.mean_absolute_error(y.astype(float), p.astype(float)),
    "mae": lambda y, p: metrics.mean_absolute_error(y.astype(float), p.astype(float)),
}  # fmt: skip


def saved(result, name):
    """Return a saved table of truth or predictions without its header: (rows,), or (rows, columns) of several."""
    table = np.array(result.table(name)[1:])
    return table[:, 0] if table.shape[1] == 1 else table


@pytest.mark.parametrize("name", [name for name in CASES if name not in FOLDED])
def test_scores_follow_from_the_saved_predictions(runs, name):
    found = scores(runs[name])
    part = next(iter(found)).removesuffix("_loss")
    true, predicted = saved(runs[name], "y_true"), saved(runs[name], "y_preds")
    checked = [metric for metric in METRICS if f"{part}_{metric}" in found]
    assert checked
    for metric in checked:
        assert found[f"{part}_{metric}"] == pytest.approx(METRICS[metric](true, predicted), rel=1e-4), metric


def test_columns_of_the_result_table(runs):
    names = ["loss", "acc", "accuracy", "f1_macro", "cohen_kappa", "recall_wighted"]
    assert list(scores(runs["simple"])) == [
        f"{part}_{name}" for part in ("test", "validation", "train") for name in names
    ]
    assert list(scores(runs["last rows"])) == [f"{part}_{name}" for part in ("validation", "train") for name in names]
    assert list(scores(runs["no validation"])) == [f"{part}_{name}" for part in ("test", "train") for name in names]
    assert all(len(runs[name].table("scores")) == 2 for name in CASES)


def test_validation_scores_are_those_of_the_last_epoch(runs):
    for name in ("simple", "weighted alike", "regression"):
        history = dict(zip(*(runs[name].table("history")[row] for row in (0, -1)), strict=True))
        assert scores(runs[name])["validation_loss"] == pytest.approx(float(history["val_loss"]), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("column", NAMES[CLASSES[90:]]),
        ("column, validation drawn", NAMES[CLASSES[90:]]),
        ("last rows", NAMES[CLASSES[-24:]]),
        ("folds", NAMES[CLASSES]),
        ("stratified folds", CLASSES.astype(str)),
    ],
)
def test_rows_judged(runs, name, expected):
    assert saved(runs[name], "y_true").tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("column", "70 training, 20 validation, 30 test"),
        ("column, validation drawn", "72 training, 18 validation, 30 test"),
        ("stratified", "72 training, 18 validation, 30 test"),
        ("validation grouped", "validation, 24 test"),
        ("no validation", "96 training, 24 test"),
        ("last rows", "96 training, 24 validation"),
        ("folds", "Fold 4 of 4. Rows: 72 training, 18 validation, 30 test"),
        ("stratified folds", "Rows: 80 training, 40 test"),
    ],
)
def test_sizes_are_told(runs, name, sizes):
    assert sizes in runs[name].stdout


def test_it_is_told_what_the_scores_mean(runs):
    told = "The validation scores are of the samples that the training watched"
    assert told in runs["last rows"].stdout
    assert told not in runs["simple"].stdout
    assert "Computed on: processor, 1 core" in runs["simple"].stdout


@pytest.mark.parametrize("name", FOLDED)
def test_folds(runs, name):
    header, *rows = runs[name].table("folds")
    numbers = np.array([row[1:] for row in rows], float)
    folds, mean, std = numbers[:-2], numbers[-2], numbers[-1]
    assert [row[0] for row in rows] == [*map(str, range(1, len(folds) + 1)), "mean", "std"]
    assert len(folds) == (3 if name == "stratified folds" else 4)
    assert np.allclose(mean, folds.mean(axis=0), rtol=1e-4, atol=1e-6)
    assert np.allclose(std, folds.std(axis=0, ddof=1), rtol=1e-3, atol=1e-6)
    assert list(scores(runs[name])) == [*header[1:], *(f"{column}_std" for column in header[1:])]
    assert np.allclose(list(scores(runs[name]).values()), np.r_[mean, std], rtol=1e-4, atol=1e-6)
    # Every sample was in the test set once: folds of one size, so the mean accuracy is that of all predictions.
    true, predicted = saved(runs[name], "y_true"), saved(runs[name], "y_preds")
    assert len(true) == len(predicted) == ROWS
    if "test_accuracy" in header:
        assert mean[header.index("test_accuracy") - 1] == pytest.approx(
            metrics.accuracy_score(true, predicted), rel=1e-4
        )
    assert "Training the model to use. Rows: " in runs[name].stdout
    assert len(runs[name].table("history")) == 5


def test_folds_differ_in_their_weights_and_the_model_is_trained_on_all(runs):
    assert "Rows: 96 training, 24 validation\n" in runs["folds"].stdout
    assert "Rows: 120 training\n" in runs["stratified folds"].stdout
    losses = [row[1] for row in runs["folds"].table("folds")[1:-2]]
    assert len(set(losses)) == len(losses)


def weights_of(result):
    """Return name -> array of all weights in a model file."""
    found = {}
    with h5py.File(result.folder / "model.h5mlm") as handle:
        handle["model_weights"].visititems(
            lambda n, item: found.update({n: item[()]}) if isinstance(item, h5py.Dataset) else None
        )
    return found


def record_of(result):
    with h5py.File(result.folder / "model.h5mlm") as handle:
        return json.loads(handle["-model_config-"][()])


def same_weights(first, second):
    first, second = weights_of(first), weights_of(second)
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def test_sample_weights_count(runs):
    assert same_weights(runs["weighted alike"], runs["simple"])
    assert not same_weights(runs["weighted"], runs["simple"])
    # A class whose samples weigh nothing is not learned.
    assert "ant" not in saved(runs["weighted"], "y_preds")


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_mixed_precision_leaves_a_model_of_full_precision(runs, name):
    policies = json.dumps(record_of(runs[name])["architecture"])
    assert "mixed" not in policies
    assert not same_weights(runs[name], runs["simple"])
    assert f"mixed_{name}" in runs[name].stdout
    assert scores(runs[name])["validation_loss"] == pytest.approx(float(runs[name].table("history")[-1][3]), rel=0.05)


def test_automatic_precision_of_a_small_network_is_full(runs):
    told = record_of(runs["automatic"])["run"]["precision"]
    assert told.startswith("float32 (automatic: ")
    assert f", {told}" in runs["automatic"].stdout
    assert same_weights(runs["automatic"], runs["float32"])
    assert not same_weights(runs["bfloat16"], runs["float32"])


def test_drawn_seed_is_told_and_kept(runs):
    told = next(line for line in runs["drawn"].stdout.splitlines() if line.startswith("Random seed: "))
    assert record_of(runs["drawn"])["run"]["seed"] == int(told.split()[2])


def test_history_after_early_stopping(runs):
    assert len(runs["stopped"].table("history")) == 3
