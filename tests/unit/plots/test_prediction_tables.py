"""Tables of predictions in the plots: what passed through is no class, and the positive class is never guessed."""

import numpy as np
import pytest

from dltools.core.errors import UserError
from dltools.forms import parameters
from dltools.plots import label_tables
from dltools.tables import prediction_tables
from dltools.tables.chosen import ChosenTable
from tests.support.plotting import Tables, compared, drawn, scored


@pytest.fixture
def make(tmp_path):
    return Tables(tmp_path)


SEX = np.tile([0, 1], 30)
TRUE = np.repeat(["ill", "well"], 30)
SHARE = np.where(TRUE == "ill", 0.8, 0.3)
SHARES = {"ill": SHARE, "well": (1 - SHARE).round(4)}


def accuracy(make, columns, true=TRUE):
    return drawn(
        "classification_confusion_matrix", **compared(make.columns("t", {None: true}), make.columns("p", columns))
    ).accuracy


@pytest.mark.parametrize("names", [("sex",), ("sample", "sex"), None])
def test_columns_that_passed_through_are_no_classes(make, names):
    passed = prediction_tables.passed(names and list(names), len(names or "ab"))
    columns = dict.fromkeys(passed, SEX) | SHARES
    assert accuracy(make, columns) == 1
    curves = drawn("roc_curve", **scored(make.columns("t", {None: TRUE}), make.columns("p", columns))).curves
    assert [(curve.name, curve.area) for curve in curves] == [("well", 1.0)]
    assert accuracy(make, dict.fromkeys(passed, SEX) | {"Predicted": TRUE}) == 1


def test_names_of_what_passes_through():
    assert prediction_tables.passed(["sample", "id", "id_2", "id:x", ""], 5) == [
        "id:sample",
        "id",
        "id_2",
        "id:x",
        "id",
    ]
    assert prediction_tables.passed(None, 1) == ["id"]
    assert prediction_tables.passed(None, 2) == ["id_1", "id_2"]


@pytest.mark.parametrize(
    "names", [("id_1", "id_2"), ("id:a", "b"), ("Predicted", "b"), ("Predicted_a", "Predicted_b"), ("id", "x")]
)
def test_classes_may_be_called_as_what_passed_through(make, names):
    true = np.where(TRUE == "ill", *names)
    assert accuracy(make, dict(zip(names, SHARES.values(), strict=True)), true) == 1
    if names[0].startswith("id"):
        with pytest.raises(UserError, match=f"a class of the model is called '{names[0]}', as such columns are"):
            prediction_tables.check_classes(list(names))
    else:
        assert accuracy(make, {"id:sex": SEX, **dict(zip(names, SHARES.values(), strict=True))}, true) == 1


def test_unmarked_columns_beside_probabilities_are_refused(make):
    with pytest.raises(
        UserError,
        match=r"'p', line 3: the probabilities of the classes add up to 2 instead of 1. The columns read are: 'sex', 'ill', 'well'",
    ):
        accuracy(make, {"sex": SEX, **SHARES})


@pytest.mark.parametrize(
    "classes", [("3", "7"), ("0.5", "1.5"), ("1E40", "0"), ("2", "10"), ("+1", "0"), ("True", "False"), ("true", "0")]
)
def test_header_of_numbers_names_the_classes(make, classes):
    true = np.where(TRUE == "ill", *classes)
    columns = dict(zip(classes, SHARES.values(), strict=True))
    assert accuracy(make, columns, true) == 1
    assert {
        curve.area
        for curve in drawn("roc_curve", **scored(make.columns("t", {None: true}), make.columns("p", columns))).curves
    } == {1.0}


def test_true_header_is_not_taken_off_rows_of_scores(make):
    # Two columns of whole scores without header, beside labels with one.
    true, scores = make.columns("t", {"kind": ["a", "b", "a"]}), make("p", "1\t0\n0\t1\n1\t0\n")
    with pytest.raises(UserError, match="no header that names their classes"):
        drawn("roc_curve", **scored(true, scores))


# --- one column of scores ---------------------------------------------------------------------

ASKED = {"1 and 2": ("1", "2"), "names": ("healthy", "ill"), "no 1": ("0", "2"), "minus": ("-", "+")}


@pytest.mark.parametrize("case", ASKED)
@pytest.mark.parametrize("plot", ["roc_curve", "pr_curve", "threshold_plot"])
def test_positive_class_is_asked_for(make, case, plot):
    low, high = ASKED[case]
    true, scores = make.columns("t", {None: np.where(SEX, high, low)}), make.columns("p", {"score": SEX * 0.6 + 0.2})
    with pytest.raises(
        UserError,
        match="pos_label: 'p' has one column of scores, and nothing says of which class they are: .* or .*. Type the class",
    ):
        drawn(plot, **scored(true, scores))


@pytest.mark.parametrize("case", ASKED)
def test_positive_class_that_was_typed_is_taken(make, case):
    low, high = ASKED[case]
    true, scores = make.columns("t", {None: np.where(SEX, high, low)}), make.columns("p", {"score": SEX * 0.6 + 0.2})
    assert [(c.name, c.area) for c in drawn("roc_curve", **scored(true, scores, high)).curves] == [(high, 1.0)]
    assert [(c.name, c.area) for c in drawn("roc_curve", **scored(true, scores, low)).curves] == [(low, 0.0)]


@pytest.mark.parametrize("classes", [("0", "1"), ("-1", "1"), ("0.0", "1.0")])
def test_1_is_positive_beside_0_and_minus_1(make, classes):
    true, scores = (
        make.columns("t", {None: np.where(SEX, classes[1], classes[0])}),
        make.columns("p", {"score": SEX * 0.6 + 0.2}),
    )
    assert [(c.name, c.area) for c in drawn("roc_curve", **scored(true, scores)).curves] == [(classes[1], 1.0)]


def test_column_named_after_a_class_is_of_that_class(make):
    true, scores = make.columns("t", {None: np.where(SEX, "2", "1")}), make.columns("p", {"1": 0.8 - SEX * 0.6})
    assert [(c.name, c.area) for c in drawn("roc_curve", **scored(true, scores)).curves] == [("1", 1.0)]


def test_two_columns_of_one_class_are_refused(make):
    true, scores = make("t", "1\n2\n1\n"), make("p", "1\t1.0\t2\n.2\t.3\t.5\n.1\t.1\t.8\n.3\t.3\t.4\n")
    with pytest.raises(UserError, match="more than one column is named after the class '1'"):
        drawn("roc_curve", **scored(true, scores))


def test_predicted_values_of_a_regression_stand_beside_what_passed_through(make):
    values = np.arange(12) / 4
    shown = drawn(
        "regression",
        **compared(make.columns("t", {None: values}), make.columns("p", {"id:age": values * 3, "Predicted": values})),
    )
    assert shown.targets[0].predicted.tolist() == values.tolist()


def test_labels_read_from_one_hot_columns(make):
    table = make("t", "a\tb\n1\t0\n0\t1\n")
    found = label_tables.read(ChosenTable(parameters.dataset(table, ""), True))
    assert found.values.tolist() == ["a", "b"] and parameters.dataset(table, "").name == "t"
