"""Curves over all thresholds: the right class, the points and areas of scikit-learn, what is refused."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from dltools.core.errors import UserError
from dltools.plots import curves
from tests.support.plotting import Tables, drawn, probabilities, scored

NAMES = ["ant", "bee", "cat", "dog"]


@pytest.fixture
def tables(tmp_path):
    return Tables(tmp_path)


@pytest.fixture
def binary(tables):
    """Return truth as bool (rows,), probabilities of "sick" (rows,), and the two datasets."""
    truth, values = probabilities(60, 2)
    labels = np.array(["healthy", "sick"])[truth]
    true = tables.columns("y_true", {"True": labels})
    scores = tables.columns("proba", {"healthy": values[:, 0], "sick": values[:, 1]})
    return truth == 1, values[:, 1], true, scores


@pytest.fixture
def multiclass(tables):
    truth, values = probabilities(80, 4)
    true = tables.columns("y_true", {"True": np.array(NAMES)[truth]})
    return truth, values, true, tables.columns("proba", dict(zip(NAMES, values.T, strict=True)))


def near(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


# --- ROC --------------------------------------------------------------------------------------


def test_binary_roc_is_that_of_scikit_learn(binary):
    truth, values, true, scores = binary
    shown = drawn("roc_curve", **scored(true, scores, drop_intermediate=True))
    line = shown.lines_["sick"]
    x, y, _ = metrics.roc_curve(truth, values.astype(np.float32))
    near(line.get_xdata(), x)
    near(line.get_ydata(), y)
    assert shown.curves[0].area == pytest.approx(metrics.roc_auc_score(truth, values))
    assert shown.axes_.get_title() == "Receiver operating characteristic of class sick"


def test_columns_are_found_by_name_whatever_their_order(tables, binary):
    truth, values, true, _ = binary
    swapped = tables.columns("swapped", {"sick": values, "healthy": 1 - values})
    area = metrics.roc_auc_score(truth, values)
    assert drawn("roc_curve", **scored(true, swapped, "sick")).curves[0].area == pytest.approx(area)
    other = drawn("roc_curve", **scored(true, swapped, "healthy"))
    assert (other.curves[0].name, other.curves[0].area) == ("healthy", pytest.approx(area))


@pytest.mark.parametrize("names", [("0", "1"), ("1", "0"), ("1", "2"), ("-1", "1"), ("3", "7"), ("0.0", "1.0")])
def test_classes_that_are_numbers(tables, names):
    truth, values = probabilities(40, 2)
    true = tables.columns("y_true", {None: np.array([n.removesuffix(".0") for n in names])[truth]})
    scores = tables.columns("proba", dict(zip(names, values.T, strict=True)))
    positive = 0 if names[0] == "1" else 1  # 1 counts as positive where it is a class
    shown = drawn("roc_curve", **scored(true, scores))
    assert shown.curves[0].name == names[positive].removesuffix(".0")
    assert shown.curves[0].area == pytest.approx(metrics.roc_auc_score(truth == positive, values[:, positive]))


@pytest.mark.parametrize("header", ["True", None])
def test_truth_has_a_header_or_not(tables, binary, header):
    truth, values, _, scores = binary
    true = tables.columns("truth", {header: np.where(truth, "sick", "healthy")})
    assert drawn("roc_curve", **scored(true, scores)).curves[0].area == pytest.approx(
        metrics.roc_auc_score(truth, values)
    )


def test_one_column_of_scores_is_that_of_the_positive_class(tables):
    truth, values = probabilities(50, 2)
    scores = 7 * values[:, 1] - 3
    shown = drawn("roc_curve", **scored(tables.columns("t", {"y": truth}), tables.columns("s", {"score": scores})))
    assert shown.curves[0].name == "1"
    assert shown.curves[0].area == pytest.approx(metrics.roc_auc_score(truth, scores))


def test_dropping_points_leaves_the_area(binary):
    _, _, true, scores = binary
    few, all_ = (drawn("roc_curve", **scored(true, scores, drop_intermediate=drop)).curves[0] for drop in (True, False))
    assert len(few.x) < len(all_.x)
    assert few.area == pytest.approx(all_.area)


def test_multiclass_roc_and_its_averages(multiclass):
    truth, values, true, scores = multiclass
    shown = drawn("roc_curve", **scored(true, scores))
    areas = {curve.name: curve.area for curve in shown.curves}
    assert list(areas) == [curves.MICRO, curves.MACRO, *NAMES]
    for position, name in enumerate(NAMES):
        assert areas[name] == pytest.approx(metrics.roc_auc_score(truth == position, values[:, position]))
    indicators = np.eye(4)[truth]
    assert areas[curves.MICRO] == pytest.approx(metrics.roc_auc_score(indicators, values, average="micro"))
    assert areas[curves.MACRO] == pytest.approx(metrics.roc_auc_score(truth, values, multi_class="ovr"))
    macro = shown.lines_[curves.MACRO]
    assert metrics.auc(macro.get_xdata(), macro.get_ydata()) == pytest.approx(areas[curves.MACRO], abs=0.01)
    legend = [text.get_text() for text in shown.axes_.get_legend().get_texts()]
    assert legend[2] == f"ant (AUC = {areas['ant']:.3f})"
    assert legend[-1] == "chance"


def test_one_class_of_several(multiclass):
    truth, values, true, scores = multiclass
    shown = drawn("roc_curve", **scored(true, scores, "cat"))
    assert [curve.name for curve in shown.curves] == ["cat"]
    assert shown.curves[0].area == pytest.approx(metrics.roc_auc_score(truth == 2, values[:, 2]))


def test_multilabel_by_columns(tables):
    rng = np.random.default_rng(3)
    truth, values = rng.integers(0, 2, (50, 3)), rng.random((50, 3))
    true = tables.columns("t", {f"True_{n}": column for n, column in zip("abc", truth.T, strict=True)})
    shown = drawn(
        "pr_curve", **scored(true, tables.columns("p", {n: column for n, column in zip("cba", values.T, strict=True)}))
    )
    by_name = {curve.name: curve.area for curve in shown.curves}
    assert by_name["a"] == pytest.approx(metrics.average_precision_score(truth[:, 0], values[:, 2]))
    assert by_name[curves.MICRO] == pytest.approx(
        metrics.average_precision_score(truth, values[:, ::-1], average="micro")
    )


def test_classes_with_too_few_samples_are_left_out(tables):
    truth = np.array([0] * 10 + [1] * 10 + [2] * 3)
    values = np.random.default_rng(0).dirichlet(np.ones(3), 23)
    true = tables.columns("t", {None: truth})
    shown = drawn(
        "roc_curve", **scored(true, tables.columns("p", dict(zip("012", values.T, strict=True))), minimum="5")
    )
    assert [curve.name for curve in shown.curves][2:] == ["0", "1"]
    assert shown.notes == ["left out, with fewer than 5 samples: 2"]


def test_a_class_without_a_column_is_said(tables):
    truth, values = probabilities(30, 3)
    true = tables.columns("t", {"True": np.array(["a", "b", "new"])[truth]})
    scores = tables.columns("p", {"a": values[:, 0], "b": values[:, 1], "c": values[:, 2]})
    shown = drawn("roc_curve", **scored(true, scores))
    assert {curve.name for curve in shown.curves} >= {"a", "b"}
    assert "no column for the true class new" in shown.notes[0]


def test_many_classes_are_not_all_named(tables):
    truth, values = probabilities(120, 24)
    shown = drawn(
        "roc_curve",
        **scored(tables.columns("t", {None: truth}), tables.columns("p", {str(i): v for i, v in enumerate(values.T)})),
    )
    assert len(shown.lines_) == 26
    legend = shown.axes_.get_legend()
    assert len(legend.get_texts()) == 2 + curves.MAX_NAMED // 2 + 1
    assert legend.get_title().get_text() == "the 5 lowest of 24 classes"


# --- precision and recall, thresholds, calibration --------------------------------------------


def test_binary_pr_is_that_of_scikit_learn(binary):
    truth, values, true, scores = binary
    shown = drawn("pr_curve", **scored(true, scores, "sick"))
    precision, recall, _ = metrics.precision_recall_curve(truth, values.astype(np.float32), drop_intermediate=True)
    near(shown.lines_["sick"].get_xdata(), recall)
    near(shown.lines_["sick"].get_ydata(), precision)
    assert shown.curves[0].area == pytest.approx(metrics.average_precision_score(truth, values))
    assert shown.chance == truth.mean()


def test_macro_average_of_pr_is_the_mean_of_the_areas(multiclass):
    truth, values, true, scores = multiclass
    shown = drawn("pr_curve", **scored(true, scores))
    macro = next(curve for curve in shown.curves if curve.name == curves.MACRO)
    assert macro.area == pytest.approx(metrics.average_precision_score(np.eye(4)[truth], values, average="macro"))
    assert metrics.auc(macro.x, macro.y) == pytest.approx(macro.area, abs=0.02)


def test_table_holds_every_point(binary):
    names, columns = drawn("roc_curve", **scored(*binary[2:])).table()
    assert names == ["class", "false_positive_rate", "true_positive_rate", "threshold"]
    assert len({len(column) for column in columns}) == 1
    assert columns[3][0] == np.inf


def test_threshold_plot_counts_as_scikit_learn(binary):
    truth, values, true, scores = binary
    shown = drawn("threshold_plot", **scored(true, scores))
    for at in (0, 10, shown.best):
        predicted = values >= shown.thresholds[at]
        assert shown.f1[at] == pytest.approx(metrics.f1_score(truth, predicted))
        assert shown.precision[at] == pytest.approx(metrics.precision_score(truth, predicted))
        assert shown.recall[at] == pytest.approx(metrics.recall_score(truth, predicted))
        assert shown.predicted_positive[at] == pytest.approx(predicted.mean())
    assert shown.best_.get_xdata()[0] == shown.thresholds[shown.best]


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_calibration_is_that_of_scikit_learn(binary, strategy):
    truth, values, true, scores = binary
    shown = drawn("calibration_curve", n_bins="5", strategy=strategy, **scored(true, scores))
    observed, predicted = calibration_curve(truth, values.astype(np.float32), n_bins=5, strategy=strategy)
    near(shown.lines_["sick"].get_xdata(), predicted)
    near(shown.lines_["sick"].get_ydata(), observed)
    assert shown.curves[0].samples.sum() == len(truth)
    assert shown.curves[0].brier == pytest.approx(metrics.brier_score_loss(truth, values), rel=1e-4)


def test_class_with_an_underscore_stays_in_the_legend(tables):
    shown = drawn(
        "calibration_curve",
        n_bins="5",
        strategy="uniform",
        **scored(tables("t", "a\n_b\n_b\n"), tables("p", "_b\n.2\n.7\n.4\n"), "_b"),
    )
    assert [text.get_text().strip()[:2] for text in shown.axes_[0].get_legend().get_texts()] == ["pe", "_b"]


# --- what is refused --------------------------------------------------------------------------

GOOD = "a\tb\n.2\t.8\n.7\t.3\n.4\t.6\n"
REFUSED = {
    "one class": ("a\na\na\n", GOOD, "", "'t' holds only one class, 'a'"),
    "lengths": ("a\nb\n", GOOD, "", "'t' has 2 true labels, 'p' has 3 predicted ones. They differ by one"),
    "lengths with header": (
        "True\na\nb\n",
        "a\tb\n.2\t.8\n.7\t.3\n.4\t.6\n.4\t.6\n",
        "",
        "'t' has 2 true labels, 'p' has 4",
    ),
    "no such class": ("a\nb\na\n", GOOD, "c", "pos_label: 'c' is no class of 't'. The classes are: 'a', 'b'"),
    "too high": ("a\nb\na\n", "a\tb\n.2\t.8\n.7\t3\n.4\t.6\n", "", "'p', line 3, column 2 ('b'): 3 is no probability"),
    "too low": (
        "a\nb\na\n",
        "a\tb\n-.2\t.8\n.7\t.3\n.4\t.6\n",
        "",
        "'p', line 2, column 1 ('a'): -0.2 is no probability",
    ),
    "other names": (
        "a\nb\na\n",
        "c\td\n.2\t.8\n.7\t.3\n.4\t.6\n",
        "",
        "no column is named after a class. Its columns are 'c', 'd'",
    ),
    "no header": ("a\nb\na\n", ".2\t.8\n.7\t.3\n.4\t.6\n", "", "no header that names their classes"),
    "labels as scores": ("0\n1\n1\n", "Predicted\n0\n1\n1\n", "", "holds predicted labels, not probabilities"),
    "names as scores": ("a\nb\nb\n", "Predicted\na\nb\nb\n", "", "'a' is not a number"),
    "one column, three classes": ("a\nb\nc\n", "score\n.1\n.2\n.3\n", "", "has one column, but 't' holds 3 classes"),
    "empty truth": ("", GOOD, "", "'t' is empty"),
    "empty scores": ("a\nb\n", "", "", "'p' is empty"),
    "no rows": ("a\nb\n", "a\tb\n", "", "'p' has only one line"),
    "no indicators": ("x\ty\n1\t0\n2\t0\n1\t1\n", GOOD, "", "'t', line 3, column 1: '2' is neither 0 nor 1"),
    "columns": ("x\ty\tz\n1\t0\t0\n0\t1\t0\n1\t0\t0\n", GOOD, "", "'t' has 3 columns of 0 and 1, 'p' has 2"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_faults_are_named(tables, fault):
    true, scores, positive, message = REFUSED[fault]
    with pytest.raises(UserError) as caught:
        drawn("roc_curve", **scored(tables("t", true), tables("p", scores), positive))
    assert message in str(caught.value)


def test_no_class_has_enough_samples(tables):
    with pytest.raises(UserError, match="no class to show has 9 samples and more.* the most is 2"):
        drawn("pr_curve", **scored(tables("t", "a\nb\na\n"), tables("p", GOOD), "a", minimum=9))


def test_calibration_needs_probabilities(tables):
    with pytest.raises(UserError, match="Calibration needs probabilities"):
        drawn("calibration_curve", **scored(tables("t", "0\n1\n1\n"), tables("p", "score\n-3\n.5\n2\n")))


def test_threshold_plot_needs_one_class(multiclass):
    with pytest.raises(UserError, match="pos_label: there are 4 classes, and this plot shows one"):
        drawn("threshold_plot", **scored(*multiclass[2:]))
