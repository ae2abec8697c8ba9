"""What cannot be learned, or not as it was meant, is said in one line before the first epoch."""

import numpy as np
import pytest

from tests.support import forms
from tests.support.builders import make_builders
from tests.support.networks import network
from tests.support.samples import ROWS, write_tables
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, by_column, by_groups, form_of, own_groups, selector

REGRESSOR = {"learning_type": "KerasGRegressor", "metrics": ["none"]}
SPARSE, CATEGORICAL, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"
# Name -> units and activation of the last layer, and the builder's settings.
ENDS = {
    "softmax": (3, "softmax", {}), "softmax of one": (1, "softmax", {"loss": BINARY}), "sigmoids": (3, "sigmoid", {}),
    "one, categorical": (1, "sigmoid", {"loss": CATEGORICAL, "metrics": ["none"]}), "labels, softmax": (2, "softmax", {"loss": BINARY}),
    "hinge, sigmoid": (1, "sigmoid", {"loss": "hinge", "metrics": ["none"]}),
    **{f"{loss}, {activation}": (1, activation, {**REGRESSOR, "loss": loss})
       for loss, activation in (("mean_squared_error", "linear"), ("mean_squared_error", "sigmoid"), ("mean_squared_error", "softmax"),
                                ("mean_squared_error", "relu"), ("poisson", "exponential"), ("hinge", "tanh"), ("cosine_proximity", "linear"),
                                ("mean_squared_logarithmic_error", "linear"), ("mean_absolute_percentage_error", "linear"))},
    "classes of numbers": (2, "softmax", {**REGRESSOR, "loss": CATEGORICAL}), "probabilities": (1, "sigmoid", {**REGRESSOR, "loss": BINARY}),
    "hinge": (1, "tanh", {"loss": "hinge", "metrics": ["none"]}),
    "stopping": (3, "softmax", {"callbacks": [("EarlyStopping", {"monitor": "val_loss", "mode": "auto", "patience": 1})]}),
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = write_tables(tmp_path_factory.mktemp("data"))
    write(folder / "constant", np.full(ROWS, 3.5))
    write(folder / "below", -1 - np.arange(ROWS))
    write(folder / "counts", np.arange(ROWS) - 1)
    write(folder / "sorted", np.arange(ROWS) // 40)
    write(folder / "missing", ["nan" if row in (7, 9) else "inf" if row == 20 else "1.5" for row in range(ROWS)])
    write(folder / "one_group", ["g"] * ROWS)
    write(folder / "two", np.arange(ROWS) % 2)
    write(folder / "short", [1, 2])
    return folder


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    return make_builders(
        {name: (network(units, activation), settings) for name, (units, activation, settings) in ENDS.items()},
        tmp_path_factory,
    )


def cases(data):
    """Return name -> (builder, target, what else the form says), and what must be said."""
    both = {"scheme": "train_val_test"}
    return {
        "softmax of one": (
            ("softmax of one", "two", {}),
            "softmax and 1 unit, which gives 1 whatever it is fed. Choose sigmoid",
        ),
        "softmax of a regression": (
            ("mean_squared_error, softmax", "number", {}),
            "softmax and 1 unit, which gives 1 whatever it is fed. Choose linear",
        ),
        "sigmoids of classes": (
            ("sigmoids", "one_hot", {}),
            "categorical_crossentropy: needs the probabilities of 3 classes that exclude each other",
        ),
        "one unit, categorical": (
            ("one, categorical", "two", {}),
            "compares the units of the last layer with each other, but that has 1 unit",
        ),
        "labels, softmax": (
            ("labels, softmax", "several", {}),
            "softmax, whose units exclude each other, but samples of this target have several",
        ),
        "hinge, sigmoid": (
            ("hinge, sigmoid", "two", {}),
            "by the sign of the output, but sigmoid gives nothing below 0",
        ),
        "poisson": (
            ("poisson, exponential", "counts", {}),
            "poisson: counts events, so the target must hold numbers of at least 0. Sample 1 has -1",
        ),
        "msle": (
            ("mean_squared_logarithmic_error, linear", "counts", {}),
            "takes logarithms, so the target must hold numbers of at least 0",
        ),
        "mape": (
            ("mean_absolute_percentage_error, linear", "counts", {}),
            "divides by the target, which is 0 in 1 samples, first in sample 2",
        ),
        "hinge": (("hinge, tanh", "number", {}), "tells -1 and 1 apart, so the target must hold -1 and 1"),
        "cosine": (("cosine_proximity, linear", "number", {}), "compares the units of the last layer with each other"),
        "probabilities": (
            ("probabilities", "number", {}),
            "compares probabilities, so the target must hold numbers from 0 to 1",
        ),
        "classes of numbers": (
            ("classes of numbers", "numbers", {}),
            "is a loss for classes, but this is a regression",
        ),
        "out of reach": (
            ("mean_squared_error, sigmoid", "number", {}),
            "sigmoid gives numbers from 0 to 1, but the target runs from",
        ),
        "negative of relu": (
            ("mean_squared_error, relu", "below", {}),
            "relu gives numbers of at least 0, but the target runs from -120 to -1",
        ),
        "constant": (
            ("mean_squared_error, linear", "constant", {}),
            "There is nothing to learn: the target is 3.5 in every sample",
        ),
        "constant part": (
            ("softmax", "sorted", {"split": {"shuffle": "None", "test_size": 80}}),
            "The training set holds 40 samples that all have the same",
        ),
        "missing": (
            ("mean_squared_error, linear", "missing", {}),
            "'missing', line 8, column 1: 'nan' stands for a missing value. Fill it in, or remove the row or the column. In all, 3 cells",
        ),
        "single row": (
            ("softmax", "single", {"split": {"shuffle": "stratified"}}),
            "needs at least 2 rows of every class. Class 'dog' has a single row",
        ),
        "one group": (
            ("softmax", "y", {"split": by_groups(data, groups_selector=selector("g", data / "one_group"))}),
            "needs at least two groups",
        ),
        "all groups": (
            (
                "softmax",
                "y",
                {**both, "split": by_groups(data), "val_split": {**own_groups(data), "group_names": "nobody"}},
            ),
            "nobody are not among the groups",
        ),
        "no groups": (
            ("softmax", "y", {**both, "val_split": {"shuffle": "group"}}),
            "Validation holdout: a split by groups needs the dataset with the groups",
        ),
        "odd parts": (
            ("softmax", "y", {"split": by_column(data, "odd_parts")}),
            "must hold train, validation or test. Received: 'later'",
        ),
        "test of train_val": (
            ("softmax", "y", {"split": by_column(data)}),
            "of 30 samples that they are for the test, but the scheme Train and Validate has no test",
        ),
        "no samples of a part": (
            ("softmax", "y", {"split": by_column(data, "two")}),
            "must hold train, validation or test. Received: '0', '1'",
        ),
        "negative weight": (
            ("softmax", "y", {"weights": "negative"}),
            "sample weights must be at least 0. Sample 1 has -5",
        ),
        "weights of other length": (("softmax", "y", {"weights": "short"}), "'x' has 120 rows, but 'short' has 2"),
        "too many folds": (
            ("softmax", "y", {"folds": {"shuffle": "kfold", "n_splits": 121}}),
            "n_splits: 120 rows cannot make 121 folds",
        ),
        "too few groups": (
            (
                "softmax",
                "y",
                {
                    "folds": {
                        "shuffle": "group_kfold",
                        "n_splits": 16,
                        "groups_selector": selector("g", data / "groups"),
                    }
                },
            ),
            "15 groups cannot make 16 folds",
        ),
        "rare class": (
            ("softmax", "y", {"folds": {"shuffle": "stratified_kfold", "n_splits": 41}}),
            "needs at least 41 rows of every class. Class 'ant' has 40",
        ),
        "folds of numbers": (
            ("mean_squared_error, linear", "number", {"folds": {"shuffle": "stratified_kfold"}}),
            "a stratified split needs classes",
        ),
        "nothing to watch": (
            ("stopping", "y", {**both, "val_split": {"shuffle": "no_validation"}}),
            "EarlyStopping: monitor must be one of loss, acc. Received: 'val_loss'",
        ),
        "precision": (
            ("softmax", "y", {"run_options": {"precision": "float8"}}),
            "Precision of the arithmetic must be one of float32",
        ),
        "log loss": (
            ("hinge", "two", {"scoring": {"primary_scoring": "neg_log_loss"}}),
            "'neg_log_loss' needs probabilities, but the last layer's activation is tanh",
        ),
        "scorer": (
            ("softmax", "y", {"scoring": {"primary_scoring": "top_3_accuracy"}}),
            "'top_3_accuracy' makes no sense for a multiclass target of 3 classes",
        ),
    }


@pytest.fixture(scope="module")
def refusals(tmp_path_factory, data, builders):
    wanted = {
        name: form_of(builders, data, builder, y, **changes) for name, ((builder, y, changes), _) in cases(data).items()
    }
    return forms.run_all("train_and_eval", wanted, tmp_path_factory.mktemp("refusals"), **OUTPUTS)


def test_fail(refusals, data, subtests):
    for name, (_, message) in cases(data).items():
        with subtests.test(name):
            forms.assert_one_line(refusals[name], message)
            assert refusals[name].written == []
            assert "Epoch 1" not in refusals[name].stdout


def test_ok_batch_larger_than_the_data_is_explained(tmp_path, data, builders):
    form = form_of(builders, data, "softmax", "y", swaps=[("batch_size", "500")])
    result = forms.run_all("train_and_eval", {"large": form}, tmp_path, outfile_result="scores")["large"]
    assert result.returncode == 0
    assert "batch_size 500 is more than the 96 training samples, so each epoch is a single step." in result.stdout
