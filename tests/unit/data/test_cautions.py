"""What makes scores look better than the network is, said in the log and the report, and what the same answer for all would score."""

import re

import numpy as np
import pytest
import scipy.sparse
from sklearn import metrics
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from dltools.core.dataset import Dataset
from dltools.data import giveaways, repeats, targets
from dltools.data.dense_table import DenseTable
from dltools.data.sparse_matrix import SparseMatrix
from tests.support import forms
from tests.support.builders import FAST, make_builders
from tests.support.networks import network
from tests.support.tables import write
from tests.support.trainings import OUTPUTS, by_groups, selector

ALL_OUTPUTS = {**OUTPUTS, "outfile_report": "report.html", "outfile_report_markdown": "report.md"}
ROWS = 200
REGRESSOR = {
    "learning_type": "KerasGRegressor",
    "loss": "mean_absolute_error",
    "metrics": ["mae"],
    "epochs": 2,
    "seed": 3,
    **FAST,
}
BUILDERS = {"classes": (network(2), {"epochs": 2, "seed": 1, **FAST}), "value": (network(1, "linear"), REGRESSOR),
            "labels": (network(2, "sigmoid"), {"loss": "binary_crossentropy", "epochs": 2, "seed": 2}),
            "sigmoid": (network(1, "sigmoid"), {"loss": "binary_crossentropy", "epochs": 2, "seed": 2})}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    noise = random.normal(0, 1, (ROWS, 4)).round(4)
    label = random.integers(0, 2, ROWS)
    copies = np.r_[noise[:100], noise[:100]]
    write(folder / "noise", noise, "a\tb\tc\td")
    write(folder / "label", label, "label")
    write(folder / "copies", copies, "a\tb\tc\td")
    write(folder / "copied labels", np.r_[label[:100], label[:100]], "label")
    write(folder / "other labels", np.r_[label[:100], 1 - label[:100]], "label")
    write(folder / "rare", np.r_[[1] * 4, [0] * (ROWS - 4)][random.permutation(ROWS)], "label")
    write(folder / "telling", np.c_[noise, label * 2 + random.random(ROWS)].round(4), "a\tb\tc\td\tlevel")
    write(folder / "gap", np.c_[noise, np.where(label, -999, noise[:, 0] * 1000)].round(4), "a\tb\tc\td\tdays")
    write(folder / "value", (noise.sum(1) + 20).round(4), "value")
    write(folder / "log value", np.c_[noise, np.log(noise.sum(1) + 20)].round(6), "a\tb\tc\td\tlog")
    write(folder / "several", np.c_[label, 1 - random.integers(0, 2, ROWS)], "x\ty")
    write(folder / "patients", np.c_[noise, np.arange(ROWS) // 8], "a\tb\tc\td\tpatient")
    write(folder / "numbered", np.c_[np.arange(1, ROWS + 1), noise], "sample_id\ta\tb\tc\td")
    write(folder / "groups", np.arange(ROWS) // 8, "group")
    entries = [f"{r + 1} {c + 1} {copies[r, c]}" for r in range(ROWS) for c in range(4)]
    (folder / "copies.mtx").write_text(
        "\n".join(["%%MatrixMarket matrix coordinate real general", f"{ROWS} 4 {len(entries)}", *entries]) + "\n"
    )
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    builders = make_builders(BUILDERS, tmp_path_factory)

    def case(builder, x, y, **changes):
        changes.setdefault("split", {"shuffle": "simple", "test_size": 0.3, "random_state": 1})
        return forms.training(builders[builder], data / x, data / y, header1=True, header2=True, **changes)

    scored = {
        "scoring": {
            "primary_scoring": "balanced_accuracy",
            "secondary_scoring": ["accuracy", "f1", "neg_log_loss", "roc_auc"],
        }
    }
    cases = {
        "clean": case("classes", "noise", "label", scheme="train_val_test"),
        "copies": case("classes", "copies", "copied labels"), "contrary": case("classes", "copies", "other labels"),
        "sparse copies": case("classes", "copies.mtx", "copied labels", selected_input="sparse"),
        "folds": case("classes", "copies", "copied labels", scheme="cross_val"),
        "rare": case("classes", "noise", "rare", scheme="train_val_test", **scored), "one unit": case("sigmoid", "noise", "rare", **scored),
        "labels": case("labels", "noise", "several"),
        "telling": case("classes", "telling", "label"), "gap": case("classes", "gap", "label"), "log value": case("value", "log value", "value"),
        "value": case("value", "noise", "value", scheme="train_val_test", scoring={"primary_scoring": "r2", "secondary_scoring": ["neg_mean_absolute_error", "pearson_correlation"]}),
        "patients": case("classes", "patients", "label"), "numbered": case("classes", "numbered", "label"),
        "groups": case("classes", "noise", "label", scheme="train_val_test", split=by_groups(data, groups_selector=selector("g", data / "groups", True))),
        "by groups": case("classes", "patients", "label", split=by_groups(data, groups_selector=selector("g", data / "groups", True))),
    }  # fmt: skip
    cases["folds"]["experiment_schemes"]["fold_split"] = {
        "split_algos": {"shuffle": "kfold", "n_splits": 4, "random_state": 1}
    }
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("runs"), **ALL_OUTPUTS)


def said(result):
    """Return the lines with a warning or a fact; each must stand in both reports as well."""
    assert (result.returncode, result.stderr) == (0, "")
    before = result.stdout.partition("Epoch 1")[0].splitlines()
    lines = [
        line.removeprefix("Caution: ") for line in before if line.startswith("Caution: ") or "same features" in line
    ]
    for report in ("report.html", "report.md"):
        text = re.sub(
            r"&#x?(\w+);",
            lambda found: chr(int(found[1], 16 if "x" in found[0] else 10)),
            (result.folder / report).read_text(),
        )
        assert all(line.replace("'", "") in text.replace("'", "") for line in lines), report
    return lines


COPIES = r"\d+ of \d+ {} samples \(.*%\) have the same features as a training sample\. They look like copies, .* Remove the copies, or give samples"
SAID = {
    "clean": [],
    "copies": [COPIES.format("validation")], "sparse copies": [COPIES.format("validation")],
    "folds": [COPIES.format("test")],
    "contrary": [r"\d+ of 60 validation samples \(.*%\) have the same features as a training sample, \d+ of them with another target\.",
                 r"200 of 200 samples have the same features as a sample of another class, so that no network can get all of them right\."],
    "telling": [r"'telling': the feature 'level' alone tells the class of every sample\. A column that was made from the target,"],
    "gap": [r"'gap': the feature 'days' alone tells the class of every sample, for its value -999 \(a gap that was filled in\?\) stands for one class\."],
    "log value": [r"'log value': the feature 'log' alone tells the value of the target 'value' of every sample\."],
    "value": [], "labels": [],
    "patients": [r"'patients': column 5 \('patient'\) repeats like groups: \d+ of 25 values have rows in the training and in the validation set\. If the rows"],
    "numbered": [r"'numbered': column 1 \('sample_id'\) numbers the rows, which is no feature\. Choose 'All columns excluding some by column header name\(s\)' and exclude"],
    "groups": [r"'groups': \d+ of 25 groups have rows in the training and in the validation set, since only one of the splits is by groups\."],
    "by groups": [],
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_it_is_said_before_the_first_epoch_and_in_both_reports(runs, name):
    lines = said(runs[name])
    assert len(lines) == len(SAID[name]), lines
    assert all(re.match(pattern, line) for pattern, line in zip(SAID[name], lines, strict=True)), lines


def test_copies_are_counted_right(runs, data):
    x = np.loadtxt(data / "copies", skiprows=1)
    judged = runs["copies"].table("y_true")[1:]
    told = int(said(runs["copies"])[0].split()[0])
    sizes = re.search(r"Rows: (\d+) training, (\d+) validation", runs["copies"].stdout)
    assert len(judged) == int(sizes[2]) == 60 and len(x) == 200
    # Every row stands in the table twice: of those held out, all are counted but pairs that are held out together.
    assert 30 < told < 60 and told % 2 == 0


def baselines(result):
    """Return score -> what stands beside it in the log."""
    return {
        found[1]: float(found[2])
        for found in re.finditer(r"^(\w+): \S+ \(baseline: (\S+)\)$", result.stdout, re.MULTILINE)
    }


def test_baseline_of_classes_is_that_of_scikit_learn(runs):
    result = runs["rare"]
    found = baselines(result)
    header, _values = result.table("scores")
    assert header == [
        name
        for name in dict.fromkeys(re.findall(r"^(\w+): [-\d.naif]+(?: \(b|$)", result.stdout, re.MULTILINE))
        if "_" in name
    ]
    truth = np.array([row[0] for row in result.table("y_true")[1:]], int)
    always = np.zeros(len(truth), int)
    assert found["test_accuracy"] == pytest.approx(metrics.accuracy_score(truth, always), abs=1e-5)
    assert found["test_accuracy"] > 0.9
    assert found["test_acc"] == pytest.approx(found["test_accuracy"], abs=1e-5)
    assert found["test_balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(truth, always), abs=1e-5)
    assert found["test_f1"] == 0
    assert found["test_loss"] == pytest.approx(-found["test_neg_log_loss"], rel=1e-3)
    if len(set(truth)) > 1:
        assert found["test_roc_auc"] == 0.5
    assert {"validation_accuracy", "train_accuracy"} <= set(found)
    assert "Baseline: what always answering the most frequent class of the training set gets." in result.stdout


def test_baseline_of_one_unit_is_that_of_two(runs):
    one, two = baselines(runs["one unit"]), baselines(runs["rare"])
    assert one["train_loss"] == pytest.approx(-one["train_neg_log_loss"], rel=1e-3)
    assert one["train_balanced_accuracy"] == two["train_balanced_accuracy"] == 0.5


def test_baseline_of_numbers_is_the_better_of_mean_and_median(runs, data):
    found = baselines(runs["value"])
    truth = np.array([row[0] for row in runs["value"].table("y_true")[1:]], float)
    every = np.loadtxt(data / "value", skiprows=1)
    # The training set is what is neither in the test nor in the validation set; its mean is near that of all.
    assert found["test_r2"] == pytest.approx(0, abs=0.1)
    assert found["test_mae"] == pytest.approx(-found["test_neg_mean_absolute_error"], rel=1e-4)
    assert found["test_mae"] == pytest.approx(np.abs(truth - np.median(every)).mean(), rel=0.1)
    assert found["test_loss"] == pytest.approx(found["test_mae"], rel=1e-4)
    assert "test_pearson_correlation" not in found
    assert found["train_mae"] < np.abs(every - every.mean()).mean() * 1.1


def test_baseline_of_several_labels(runs):
    assert 0 < baselines(runs["labels"])["validation_accuracy"] < 1


def test_network_that_is_no_better_is_told(runs):
    told = [
        line
        for line in runs["rare"].stdout.splitlines()
        if "is no better than always answering the most frequent class" in line
    ]
    assert len(told) == 1 and told[0].startswith("Caution: On the test set the network is no better")
    assert "the baseline 0.5." in told[0] or "the baseline 1." in told[0]
    assert "is no better than always answering" in (runs["rare"].folder / "report.html").read_text()
    assert "no better" not in runs["telling"].stdout


def test_report_has_the_baseline_beside_the_scores(runs):
    from tests.support.pages import Page

    page = Page((runs["rare"].folder / "report.html").read_text())
    scores = page.table("Score")
    found = baselines(runs["rare"])
    for part in ("test", "validation", "train"):
        assert float(scores["accuracy"][f"{part} baseline"]) == pytest.approx(found[f"{part}_accuracy"], rel=1e-5)
    assert page.table("Score")["accuracy"]["test"]
    folds = Page((runs["folds"].folder / "report.html").read_text()).table("Score")
    assert 0.3 < float(folds["accuracy"]["test baseline"]) < 0.7


def test_prediction_has_the_baseline_of_the_samples(tmp_path, runs, data):
    model = runs["rare"].folder / "model.h5mlm"
    cases = {
        "rare": forms.prediction(model, data / "noise", header=True, truth=forms.table(data / "rare", "true", True))
    }
    model = runs["value"].folder / "model.h5mlm"
    cases["value"] = forms.prediction(
        model, data / "noise", header=True, truth=forms.table(data / "value", "true", True)
    )
    results = forms.run_all("model_prediction", cases, tmp_path, outfile_predict="out", outfile_scores="scores")
    assert baselines(results["rare"])["accuracy"] == 0.98
    assert "Baseline: what always answering the most frequent class of these samples gets." in results["rare"].stdout
    every = np.loadtxt(data / "value", skiprows=1)
    assert baselines(results["value"])["mae"] == pytest.approx(np.abs(every - np.median(every)).mean(), rel=1e-4)
    assert baselines(results["value"])["r2"] == pytest.approx(0, abs=1e-5)


# --- the rules by themselves ----------------------------------------------------------------------


def features(x):
    source = Dataset("x", "x")
    if scipy.sparse.issparse(x):
        return SparseMatrix(matrix=x, source=source)
    return DenseTable(values=np.ascontiguousarray(x, np.float32), source=source)


def classes(y):
    names, codes = np.unique(y, return_inverse=True)
    kind = targets.BINARY if len(names) == 2 else targets.MULTICLASS
    return targets.Target(kind, np.eye(len(names), dtype=np.float32)[codes], codes.astype(np.int64), list(names), [])


def numbers(y):
    y = np.asarray(y, np.float32).reshape(len(y), -1)
    return targets.Target(targets.REGRESSION, y, y, [], [])


IRIS, WINE, CANCER, DIGITS = (load(return_X_y=True) for load in (load_iris, load_wine, load_breast_cancer, load_digits))
DIABETES = load_diabetes(return_X_y=True)
RANDOM = np.random.default_rng(0)
CODES = np.array([30, 10, 20])[IRIS[1]]
FEW = np.argsort(RANDOM.random(len(IRIS[1])))[:12]
# Samples, target, and the positions of the columns that tell it.
GIVEAWAYS = {
    "irises": (IRIS[0], classes(IRIS[1]), []), "wines": (WINE[0], classes(WINE[1]), []), "cancers": (CANCER[0], classes(CANCER[1]), []),
    "digits": (DIGITS[0], classes(DIGITS[1]), []), "diabetes": (DIABETES[0], numbers(DIABETES[1]), []),
    "setosa, which two petals tell": (IRIS[0], classes(IRIS[1] == 0), []),
    "codes of the classes": (np.c_[IRIS[0], CODES], classes(IRIS[1]), [4]),
    "sorted, and a count": (np.c_[np.arange(150), IRIS[0]], classes(IRIS[1]), [0]),
    "a category of each": (np.c_[IRIS[0], CODES + RANDOM.integers(0, 3, 150)], classes(IRIS[1]), [4]),
    "categories in no order": (np.c_[IRIS[0], np.array([[1, 5, 9], [2, 6, 7], [3, 4, 8]])[IRIS[1], RANDOM.integers(0, 3, 150)]], classes(IRIS[1]), [4]),
    "a gap": (np.c_[CANCER[0], np.where(CANCER[1], 0, RANDOM.normal(0, 1, 569))], classes(CANCER[1]), [30]),
    "a gap of some": (np.c_[CANCER[0], np.where(CANCER[1] & (RANDOM.random(569) < 0.5), 0, RANDOM.normal(0, 1, 569))], classes(CANCER[1]), []),
    "an only column": (CODES[:, None], classes(IRIS[1]), []),
    "too few to tell": (np.c_[IRIS[0], IRIS[1] == 1][FEW], classes(IRIS[1][FEW] == 1), []),
    "rare classes": (np.c_[RANDOM.normal(0, 1, (5000, 3)), np.arange(5000) < 50], classes(np.arange(5000) < 50), [3]),
    "nothing but one rare sample": (np.c_[RANDOM.normal(0, 1, (5000, 3)), np.arange(5000) < 1], classes(np.arange(5000) < 1), []),
    "another unit": (np.c_[DIABETES[0], (DIABETES[1] * 1.8 + 32).round(1)], numbers(DIABETES[1]), [10]),
    "a power": (np.c_[DIABETES[0], DIABETES[1] ** 2], numbers(DIABETES[1]), [10]),
    "categories of numbers": (np.c_[DIABETES[0], np.searchsorted([100, 200], DIABETES[1])], numbers(np.searchsorted([100, 200], DIABETES[1]) ** 2), [10]),
    "a good measurement": (np.c_[DIABETES[0], DIABETES[1] + RANDOM.normal(0, 5, 442)], numbers(DIABETES[1]), []),
    "back as it came": (DIABETES[0][:, :3], numbers(DIABETES[0][:, :3]), []),
    "sparse": (scipy.sparse.csr_array(np.c_[DIGITS[0], DIGITS[1] + 1.0]), classes(DIGITS[1]), [64]),
}  # fmt: skip


@pytest.mark.parametrize("name", GIVEAWAYS)
def test_columns_that_tell_the_target(name):
    x, target, expected = GIVEAWAYS[name]
    assert [found.column for found in giveaways.find(features(x), target)] == expected


def halves(rows):
    order = np.random.default_rng(5).permutation(rows)
    return np.sort(order[rows // 5 :]), np.sort(order[: rows // 5])


def compared(x, y):
    given, target = features(x), y if isinstance(y, targets.Target) else classes(y)
    return repeats.between("test", *halves(len(given)), given, repeats.prints(given, target))


LOW = RANDOM.integers(0, 2, (2000, 6))
SHUFFLED = RANDOM.permutation(1000)


def twice(x, y):
    return np.r_[x, x], np.r_[y, y]


# Samples, target, whether they look like copies.
COPIED = {
    "irises": (*IRIS, False), "digits": (*DIGITS, False), "survey": (LOW, LOW[:, 0] ^ (RANDOM.random(2000) < 0.2), False),
    "cancers twice": (*twice(*CANCER), True), "digits twice": (*twice(*DIGITS), True), "numbers twice": (np.r_[DIABETES[0], DIABETES[0]], numbers(np.r_[DIABETES[1], DIABETES[1]]), True),
    "a fifth of the cancers again": (np.r_[CANCER[0], CANCER[0][:114]], np.r_[CANCER[1], CANCER[1][:114]], True),
    "measured twice": (np.r_[DIABETES[0], DIABETES[0]], numbers(np.r_[DIABETES[1], DIABETES[1] + 1]), False),
    "black images": (np.r_[DIGITS[0], np.zeros((900, 64))], np.r_[DIGITS[1], np.zeros(900)], False),
    "sparse": (scipy.sparse.csr_array(np.r_[DIGITS[0], DIGITS[0]]), np.r_[DIGITS[1], DIGITS[1]], True),
}  # fmt: skip


@pytest.mark.parametrize("name", COPIED)
def test_copies_in_two_parts(name):
    x, y, copies = COPIED[name]
    assert compared(x, y).copies == copies


def test_equal_rows_are_counted_whatever_their_bytes():
    x = np.array([[0.0, 1], [-0.0, 1], [2, 3], [2, 3], [4, 5]])
    target = classes([0, 0, 1, 0, 1])
    known, rows = np.array([0, 2, 4]), np.array([1, 3])
    dense, thin = features(x), features(scipy.sparse.csr_array(x))
    for given in (dense, thin):
        found = repeats.prints(given, target)
        assert repeats.between("test", known, rows, given, found) == repeats.Repeats("test", 2, 2, 1, False)
        assert repeats.contradictions(target, found) == 2
