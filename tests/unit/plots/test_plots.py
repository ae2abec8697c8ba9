"""The other plots: what their artists hold, and what is refused."""

import numpy as np
import pytest
from sklearn import metrics

from dltools.core.errors import UserError
from dltools.evaluation import class_scores
from dltools.plots import compared_labels
from dltools.plots.balance import MAX_CLASSES_AT_ALL
from dltools.plots.class_scores import MAX_CLASSES, ClassScoresPlot
from dltools.plots.importances import MAX_FEATURES
from tests.support import forms
from tests.support.plotting import Tables, compared, drawn, tick_names


@pytest.fixture
def tables(tmp_path):
    return Tables(tmp_path)


# --- learning curves --------------------------------------------------------------------------

HISTORY = "epoch\tloss\tacc\tval_loss\tval_acc\tseconds\n1\t2.0\t.3\t2.1\t.2\t1.5\n2\t1.0\t.6\t1.2\t.5\t1.0\n3\t.5\t.8\t1.4\t.6\t1.0\n"


def learning(tables, text, errors=False):
    return drawn("learning_curve", infile1=tables("history", text), plot_std_err=errors)


def test_training_history_has_a_panel_for_each_metric(tables):
    shown = learning(tables, HISTORY)
    assert shown.metrics == ["loss", "acc"]
    assert list(shown.lines_) == ["loss", "val_loss", "acc", "val_acc"]
    np.testing.assert_allclose(shown.lines_["val_acc"].get_xydata(), [[1, 0.2], [2, 0.5], [3, 0.6]], rtol=1e-6)
    assert [axes.get_ylabel() for axes in shown.axes_] == ["loss", "acc"]
    assert "lowest val_loss 1.2 in epoch 2" in shown.summary()
    assert not shown.notes


def test_history_without_validation_columns_says_so(tables):
    shown = learning(tables, "epoch\tloss\n0\t2\n1\t1\n")
    assert list(shown.lines_["loss"].get_xdata()) == [1, 2]
    assert shown.notes == [
        "no validation columns (val_…), so the curves tell nothing about samples that were not trained on"
    ]


CROSS_VALIDATED = (
    "train_sizes_abs\tmean_train_scores\tstd_train_scores\tmean_test_scores\tstd_test_scores\n"
    "94\t.97\t.01\t.8\t.03\n17\t.9\t.02\t.6\t.1\n"
)


@pytest.mark.parametrize("errors", [True, False])
def test_cross_validated_curve(tables, errors):
    shown = learning(tables, CROSS_VALIDATED, errors)
    np.testing.assert_allclose(shown.lines_["cross-validation"].get_xydata(), [[17, 0.6], [94, 0.8]], rtol=1e-6)
    assert set(shown.bands_) == ({"training", "cross-validation"} if errors else set())
    if errors:
        segments = shown.bands_["cross-validation"][2][0].get_segments()
        np.testing.assert_allclose(segments[0][:, 1], [0.5, 0.7], rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "errors", "message"),
    [
        ("a\tb\n1\t2\n", False, "no learning curve. It needs the columns epoch and loss"),
        ("train_sizes_abs\tmean_train_scores\n1\t2\n", False, "needs the columns mean_test_scores too"),
        (
            "train_sizes_abs\tmean_train_scores\tmean_test_scores\n1\t.2\t.3\n",
            True,
            "lacks the columns std_train_scores, std_test_scores",
        ),
        ("epoch\tloss\n1\tnan\n", False, "line 2, column 2 ('loss'): 'nan' stands for a missing value"),
        ("epoch\tloss\n", False, "has only one line"),
    ],
)
def test_tables_that_are_no_learning_curve(tables, text, errors, message):
    with pytest.raises(UserError) as caught:
        learning(tables, text, errors)
    assert message in str(caught.value)


# --- recursive feature elimination ------------------------------------------------------------


@pytest.mark.parametrize(("steps", "names"), [("", ["1", "2", "3"]), ("[1, 5, 'all']", ["1", "5", "all"])])
def test_grid_scores(tables, steps, names):
    shown = drawn("rfecv_gridscores", infile1=tables("s", "score\n.5\n.9\n.7\n"), steps=steps)
    np.testing.assert_allclose(shown.line_.get_ydata(), [0.5, 0.9, 0.7], rtol=1e-6)
    assert tick_names(shown.axes_.xaxis) == names
    assert shown.best_.get_xdata() == [1]


@pytest.mark.parametrize("steps", ["[1, 2]", "3", "'a'"])
def test_as_many_steps_as_scores(tables, steps):
    with pytest.raises(UserError, match="Step IDs: must be a list of 3 labels"):
        drawn("rfecv_gridscores", infile1=tables("s", "score\n.5\n.9\n.7\n"), steps=steps)


# --- feature importances from a table ---------------------------------------------------------


def importances(tables, text, threshold=None, names="a\tb\tc\n"):
    return drawn(
        "feature_importances",
        infile_estimator=tables("i", text),
        infile1=tables("names", names),
        column_selector_options=forms.ALL,
        threshold=threshold,
    )


def test_importances_are_sorted_and_cut(tables):
    shown = importances(tables, "feature\timportance\tstd\na\t.1\t.01\nb\t-.9\t.02\nc\t.5\t.03\n", ".3")
    assert tick_names(shown.axes_.yaxis) == ["c", "b"]
    assert [bar.get_width() for bar in shown.bars_] == [0.5, -0.9]
    assert shown.table()[1][0] == ["c", "b"]
    assert list(shown.deviations) == [0.01, 0.02, 0.03]


def test_names_come_from_the_other_dataset(tables):
    assert tick_names(importances(tables, "importance\n.1\n.3\n.2\n").axes_.yaxis) == ["b", "c", "a"]


def test_many_features(tables):
    text = "feature\timportance\n" + "".join(f"f{i}\t{i}\n" for i in range(90))
    shown = importances(tables, text)
    assert len(shown.bars_) == MAX_FEATURES
    assert shown.axes_.get_ylabel() == "40 of 90 features"


@pytest.mark.parametrize(
    ("text", "threshold", "message"),
    [
        ("importance\n.1\n.3\n", None, "has 2 importances, but 3 feature names are selected"),
        ("a\tb\nx\ty\n", None, "no column holds numbers"),
        ("feature\timportance\na\t.1\n", "5", "no feature has an importance of 5 or more; the highest is 0.1"),
    ],
)
def test_importances_that_are_refused(tables, text, threshold, message):
    with pytest.raises(UserError) as caught:
        importances(tables, text, threshold)
    assert message in str(caught.value)


# --- scores of the classes --------------------------------------------------------------------


@pytest.fixture
def labelled():
    rng = np.random.default_rng(5)
    true = rng.integers(0, 5, 200)
    # Class 4 is never predicted.
    return true.astype(str), np.where(rng.random(200) < 0.7, true, (true + 1) % 4).clip(0, 3).astype(str)


def test_scores_are_those_of_scikit_learn(labelled):
    counts, classes = compared_labels.count(*labelled)
    found = class_scores.scores(counts)
    wanted = metrics.precision_recall_fscore_support(*labelled, zero_division=0)
    for values, expected in zip(found, wanted, strict=True):
        np.testing.assert_allclose(values, expected)
    names, columns = class_scores.table(counts, classes)
    report = metrics.classification_report(*labelled, output_dict=True, zero_division=0)
    rows = {row[0]: row[1:] for row in zip(*columns, strict=True)}
    assert names == ["class", "precision", "recall", "f1", "support"]
    for row, key in (("macro average", "macro avg"), ("weighted average", "weighted avg"), ("2", "2")):
        np.testing.assert_allclose(rows[row], list(report[key].values()))
    assert rows["accuracy"] == pytest.approx((report["accuracy"],) * 3 + (200,))


def test_the_tutorials_digit_0():
    """541 true positives, 29 false positives and 27 false negatives, which the help computes by hand."""
    found = class_scores.scores(np.array([[541, 27], [29, 9000]]))
    assert [round(float(values[0]), 4) for values in found[:3]] == [0.9491, 0.9525, 0.9508]


@pytest.mark.parametrize("how", ["true", "pred", "all"])
def test_shares_are_those_of_scikit_learn(labelled, how):
    counts, _ = compared_labels.count(*labelled)
    np.testing.assert_allclose(class_scores.normalized(counts, how), metrics.confusion_matrix(*labelled, normalize=how))


def test_bars_show_the_scores(tables):
    shown = drawn("class_scores", **compared(tables("t", "a\na\nb\n"), tables("p", "Predicted\na\nb\nb\n")))
    assert [bar.get_width() for bar in shown.bars_["precision"]] == [1.0, 0.5]
    assert [bar.get_width() for bar in shown.bars_["recall"]] == [0.5, 1.0]
    assert tick_names(shown.axes_.yaxis) == ["a (n = 2)", "b (n = 1)"]


def test_of_many_classes_the_worst_are_shown():
    counts = np.eye(80, dtype=int) * 5
    counts[70, 3] = 5
    shown = ClassScoresPlot(counts=counts, classes=[str(i) for i in range(80)]).plot()
    assert len(shown.shown_) == MAX_CLASSES
    assert set(shown.shown_[:2]) == {70, 3}


# --- class balance ----------------------------------------------------------------------------


def balance(*entries):
    return drawn(
        "class_balance",
        label_tables=[
            {"infile1": table, "header1": header, "column_selector_options": forms.ALL, "name": name}
            for table, header, name in entries
        ],
    )


def test_balance_counts_each_class_of_each_table(tables):
    shown = balance((tables("a", "10\n9\n10\n"), False, "training"), (tables("b", "y\n9\n9.0\n"), True, ""))
    assert shown.classes == ["9", "10"]
    assert [bar.get_width() for bar in shown.bars_["training"]] == [1, 2]
    assert [bar.get_width() for bar in shown.bars_["b"]] == [2, 0]
    assert tick_names(shown.axes_.yaxis) == ["9", "10"]


def test_balance_of_measurements_is_refused(tables):
    text = "".join(f"{i}.5\n" for i in range(MAX_CLASSES_AT_ALL + 1))
    with pytest.raises(UserError, match="1001 different labels"):
        balance((tables("a", text), False, ""))


# --- regression -------------------------------------------------------------------------------


def test_regression_scores_are_those_of_scikit_learn(tables):
    rng = np.random.default_rng(0)
    true = rng.normal(size=80)
    predicted = 0.8 * true + 0.2 * rng.normal(size=80)
    shown = drawn(
        "regression",
        **compared(tables.columns("t", {"True": true}), tables.columns("p", {"Predicted": predicted}), True),
    )
    from dltools.plots.regression import scores

    found = scores(shown.targets[0])
    assert found["R²"] == pytest.approx(metrics.r2_score(true, predicted), rel=1e-5)
    assert found["RMSE"] == pytest.approx(metrics.root_mean_squared_error(true, predicted), rel=1e-5)
    assert found["MAE"] == pytest.approx(metrics.mean_absolute_error(true, predicted), rel=1e-5)
    against, left_over = shown.points_[0]
    np.testing.assert_allclose(against.get_offsets(), np.column_stack([true, predicted]), rtol=1e-5)
    np.testing.assert_allclose(
        left_over.get_offsets(), np.column_stack([predicted, true - predicted]), rtol=1e-4, atol=1e-6
    )
    assert sum(bar.get_height() for bar in shown.axes_[0, 2].patches) == 80


def test_targets_are_matched_by_name(tables):
    true = tables("t", "True_age\tTrue_mass\n1\t10\n2\t20\n3\t31\n")
    shown = drawn(
        "regression", **compared(true, tables("p", "Predicted_mass\tPredicted_age\n11\t1\n19\t2\n30\t3\n"), True)
    )
    assert [target.name for target in shown.targets] == ["age", "mass"]
    np.testing.assert_allclose(shown.targets[1].predicted, [11, 19, 30])
    assert shown.axes_.shape == (2, 3)


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ("1\n2\n", "Predicted\n1\n", "'t' has 2 true values, 'p' has 1 predicted ones. They differ by one"),
        ("1\n2\n", "a\tb\n1\t2\n1\t2\n", "'t' has 1 selected columns, 'p' has 2"),
        ("1\nx\n", "Predicted\n1\n2\n", "'x' is not a number"),
        ("1\n", "Predicted\n1\n", "only one sample"),
    ],
)
def test_values_that_are_refused(tables, true, predicted, message):
    with pytest.raises(UserError) as caught:
        drawn("regression", **compared(tables("t", true), tables("p", predicted)))
    assert message in str(caught.value)


# --- predictions with columns that were passed through -------------------------------------------


def test_columns_beside_the_predictions_are_left_out(tables):
    true = tables("t", "a\nb\nb\n")
    labels = tables("l", "sample\tPredicted\ns1\ta\ns2\ta\ns3\tb\n")
    shown = drawn("classification_confusion_matrix", **compared(true, labels))
    np.testing.assert_array_equal(shown.counts, [[1, 0], [1, 1]])
    probabilities = tables("p", "sample\ta\tb\ns1\t.9\t.1\ns2\t.8\t.2\ns3\t.3\t.7\n")
    shown = drawn("classification_confusion_matrix", **compared(true, probabilities))
    np.testing.assert_array_equal(shown.counts, [[1, 0], [1, 1]])
    shown = drawn("roc_curve", infile1=true, infile2=probabilities, pos_label="b")
    assert shown.curves[0].area == 1
    values = tables("v", "sample\tPredicted\ns1\t1.5\ns2\t2\ns3\t2.5\n")
    shown = drawn("regression", **compared(tables("n", "1\n2\n3\n"), values))
    np.testing.assert_allclose(shown.targets[0].predicted, [1.5, 2, 2.5])


def test_one_class_is_said(tables):
    shown = drawn(
        "classification_confusion_matrix", **compared(tables("t", "a\na\n"), tables("p", "Predicted\na\na\n"))
    )
    assert shown.notes == ["there is only one class, so there is nothing that it could be taken for"]


def test_labels_that_only_one_table_has_are_shown_and_said(tables):
    shown = drawn(
        "classification_confusion_matrix", **compared(tables("t", "a\nb\n"), tables("p", "Predicted\na\nc\n"))
    )
    assert tick_names(shown.axes_.xaxis) == ["a", "b", "c"]
    assert shown.notes == ["never predicted: b", "predicted, but never true: c"]


def test_order_shares_and_totals(tables):
    form = compared(tables("t", "low\nhigh\nhigh\n"), tables("p", "Predicted\nlow\nlow\nhigh\n"))
    options = [{"normalize": "true", "totals": True, "class_order": "low, high", "save_metrics": False}]
    shown = drawn("classification_confusion_matrix", **form, matrix_options=options)
    assert tick_names(shown.axes_.yaxis) == ["low", "high", "total"]
    assert [[text.get_text() for text in row] for row in shown.texts_] == [["1.00", "0.00"], ["0.50", "0.50"]]
    rows, columns, corner = shown.totals_
    assert [text.get_text() for text in (*rows, *columns, corner)] == ["1", "2", "2", "1", "3"]
    with pytest.raises(UserError, match="there is no class 'mid'. There are: 'high', 'low'"):
        drawn("classification_confusion_matrix", **form, matrix_options=[{"class_order": "mid"}])
    with pytest.raises(UserError, match="'low' is named twice"):
        drawn("classification_confusion_matrix", **form, matrix_options=[{"class_order": "low,low"}])


# --- folds ------------------------------------------------------------------------------------

FOLDS = "fold\taccuracy\tloss\n1\t.8\t.5\n2\t.9\t.3\n3\t.7\tnan\nmean\t.8\t.4\nstd\t.1\t.1\n"


def test_folds_with_their_mean_and_deviation(tables):
    shown = drawn("kfold_comparison", infile1=tables("f", FOLDS), metrics="")
    assert [bar.get_height() for bar in shown.bars_["accuracy"]] == [0.8, 0.9, 0.7]
    assert shown.axes_[0].get_title() == "accuracy: 0.8 ± 0.1"
    assert shown.axes_[1].get_title() == "loss: 0.4 ± 0.14"
    assert shown.table()[1][0] == ["1", "2", "3", "mean", "std"]


def test_chosen_metrics_without_a_column_of_folds(tables):
    shown = drawn("kfold_comparison", infile1=tables("f", "r2\tmae\n.5\t1\n.6\t2\n"), metrics="mae")
    assert list(shown.bars_) == ["mae"]
    assert tick_names(shown.axes_[0].xaxis) == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "metric", "message"),
    [
        (FOLDS, "r2", "'f' has no column 'r2'. It has: 'accuracy', 'loss'"),
        ("fold\taccuracy\n1\t.8\n", "", "only one fold"),
        ("fold\tname\n1\tx\n2\ty\n", "", "no column holds scores"),
    ],
)
def test_folds_that_are_refused(tables, text, metric, message):
    with pytest.raises(UserError) as caught:
        drawn("kfold_comparison", infile1=tables("f", text), metrics=metric)
    assert message in str(caught.value)


# --- images -----------------------------------------------------------------------------------

PIXELS = "".join("\t".join(str(10 * row + i) for i in range(4)) + "\n" for row in range(4))
TRUE, PROBABILITIES = "a\nb\nb\na\n", "a\tb\n.9\t.1\n.6\t.4\n.8\t.2\n.3\t.7\n"


def mistakes(tables, shape="", number=25, true=TRUE, predicted=PROBABILITIES, pixels=PIXELS):
    return drawn(
        "image_mistakes",
        infile_pictures=tables("x", pixels),
        header_pictures=False,
        picture_shape=shape,
        number=number,
        **compared(tables("t", true), tables("p", predicted)),
    )


def test_the_most_confident_mistakes_come_first(tables):
    shown = mistakes(tables)
    assert [m.row for m in shown.mistakes] == [3, 4, 2]
    np.testing.assert_array_equal(shown.images_[0].get_array(), [[20, 21], [22, 23]])
    assert shown.captions_[0].get_text() == "true b\npredicted a\np = 0.800"
    assert shown.summary() == "3 of 4 samples are predicted wrongly; 3 are shown"


def test_labels_show_the_first_mistakes(tables):
    shown = mistakes(tables, "(1, 4)", 1, predicted="Predicted\na\na\na\na\n")
    assert [m.row for m in shown.mistakes] == [2]
    assert shown.images_[0].get_array().shape == (1, 4)
    assert shown.captions_[0].get_text() == "true b\npredicted a"
    assert "tell no probabilities" in shown.notes[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": "(3, 3)"}, "makes 9 pixels, but 'x' has 4 columns"),
        ({"shape": "(4,)"}, "must be (height, width)"),
        ({"pixels": "1\t2\t3\n" * 4}, "the 3 columns of 'x' are no square of pixels"),
        ({"pixels": PIXELS + "1\t2\t3\t4\n"}, "'x' has 5 images, 't' has 4 labels"),
        ({"predicted": "Predicted\na\nb\nb\na\n"}, "every sample is predicted rightly"),
        ({"number": "200"}, "must be at most 100"),
    ],
)
def test_images_that_are_refused(tables, change, message):
    with pytest.raises(UserError) as caught:
        mistakes(tables, **change)
    assert message in str(caught.value)
