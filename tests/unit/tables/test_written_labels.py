"""Truth, scores and targets as other programs write them: each step sees the rows that the readers of tables see."""

import numpy as np
import pytest
from sklearn import metrics

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import input_tables, targets
from dltools.jobs import input_form
from dltools.tables import tsv
from tests.support import forms
from tests.support.plotting import Tables, compared, drawn, probabilities, scored

NAMES = np.array(["healthy", "sick"])
TRUTH, PROBABILITIES = probabilities(30, 2)
LABELS = NAMES[TRUTH]
AREA = metrics.roc_auc_score(TRUTH, PROBABILITIES[:, 1])


@pytest.fixture
def tables(tmp_path):
    tsv._told.clear()
    return Tables(tmp_path)


def lines(rows, *above):
    """Return rows of cells as text, below some lines."""
    return "\n".join([*above, *("\t".join(map(str, row)) for row in rows)]) + "\n"


def r_lines(rows, *names):
    """Return rows of cells as R writes them, with names of the rows."""
    head = "\t".join(f'"{name}"' for name in names)
    return lines([[f'"r{i}"', *row] for i, row in enumerate(rows)], head)


COLUMN = LABELS[:, None]
TRUTHS = {
    "plain": lines(COLUMN),
    "blank end": lines(COLUMN) + "\n\n",
    "comment": lines(COLUMN, "# made by R"),
    "comment and header": lines(COLUMN, "# made by R", "label"),
    "marked header": lines(COLUMN, "#label") + "\n",
    "row names": r_lines(COLUMN, "label"),
    "True and False": lines(TRUTH[:, None] == [0, 1], "healthy\tsick"),
    "True and False, no header": lines(TRUTH[:, None] == [0, 1]),
    "one-hot, marked header": lines((TRUTH[:, None] == [0, 1]).astype(int), "#healthy\tsick"),
    "one-hot, row names": r_lines((TRUTH[:, None] == [0, 1]).astype(int), "healthy", "sick"),
}
SCORES = {
    "plain": lines(PROBABILITIES, "healthy\tsick"),
    "blank end": lines(PROBABILITIES, "healthy\tsick") + "\n",
    "comment": lines(PROBABILITIES, "# made by R", "healthy\tsick"),
    "marked header": lines(PROBABILITIES, "#healthy\tsick"),
    "row names": r_lines(PROBABILITIES, "healthy", "sick"),
}


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("scores", SCORES)
def test_curves_are_the_same_however_truth_and_scores_are_written(tables, truth, scores):
    shown = drawn(
        "roc_curve",
        **scored(
            tables("truth", TRUTHS[truth]), tables("scores", SCORES[scores]), "sick" if "no header" not in truth else ""
        ),
    )
    assert shown.curves[0].area == pytest.approx(AREA)


@pytest.mark.parametrize("truth", ["plain", "row names", "one-hot, marked header"])
def test_curves_of_utf_16(tables, truth, tmp_path):
    true, scores = tables("truth", ""), tables("scores", "")
    (tmp_path / "truth.tabular").write_text(TRUTHS[truth], encoding="utf-16")
    (tmp_path / "scores.tabular").write_text(SCORES["plain"], encoding="utf-16")
    assert drawn("roc_curve", **scored(true, scores, "sick")).curves[0].area == pytest.approx(AREA)


def test_classes_that_are_numbers_in_a_marked_header_lose_no_row(tables):
    scores = tables("scores", lines(PROBABILITIES, "#0\t1"))
    shown = drawn("roc_curve", **scored(tables("truth", lines(TRUTH[:, None])), scores))
    assert shown.curves[0].area == pytest.approx(AREA)


def test_one_row_of_indicators_too_many_is_no_header(tables):
    rows = (TRUTH[:, None] == [0, 1]).tolist()
    with pytest.raises(UserError, match="'truth' has 31 true labels, 'scores' has 30 predicted ones"):
        drawn("roc_curve", **scored(tables("truth", lines([rows[0], *rows])), tables("scores", SCORES["plain"])))


PREDICTED = LABELS.copy()
PREDICTED[:6] = NAMES[1 - TRUTH[:6]]
COUNTS = metrics.confusion_matrix(LABELS, PREDICTED)


@pytest.mark.parametrize("truth", [name for name in TRUTHS if name != "True and False, no header"])
def test_a_confusion_matrix_is_the_same_however_truth_is_written(tables, truth):
    header = truth not in ("plain", "blank end", "comment")
    written = {"comment": ("# by R", "Predicted"), "row names": None}.get(truth, ("Predicted",))
    predicted = (
        r_lines(PREDICTED[:, None], "Predicted") if written is None else lines(PREDICTED[:, None], *written) + "\n"
    )
    form = compared(tables("truth", TRUTHS[truth]), tables("predicted", predicted), header)
    shown = drawn("classification_confusion_matrix", plot_color="Greens", **form)
    np.testing.assert_array_equal(shown.counts, COUNTS)


def test_wrong_probabilities_are_named_by_their_line_in_the_file(tables):
    scores = tables("scores", lines([[0.5, 7], *PROBABILITIES[1:]], "# one", "# two", "healthy\tsick"))
    with pytest.raises(UserError, match=r"'scores', line 4, column 2 \('sick'\): 7 is no probability"):
        drawn(
            "classification_confusion_matrix", plot_color="Greens", **compared(tables("truth", TRUTHS["plain"]), scores)
        )


@pytest.mark.parametrize("words", [("True", "False"), ("TRUE", "FALSE"), ("1", "0"), ("1.0", "0.0")])
def test_a_one_hot_target_may_say_true_and_false(words):
    columns = [np.where(i == TRUTH, *words).astype(object) for i in (0, 1)]
    target = targets.classification(columns, ["healthy", "sick"], 2, "categorical_crossentropy", Dataset("y", "y"))
    np.testing.assert_array_equal(target.truth, TRUTH)


def test_samples_and_target_are_counted_alike(tables):
    x = tables("x", lines([["r1", 1, "TRUE"], ["r2", 3, "FALSE"]], "# made by R", "a\tb") + "\n\n")
    y = tables("y", '"label"\n"r1"\t"cat"\n"r2"\t"dog"\n\n')
    form = forms.training(x["source_path"], x["source_path"], y["source_path"], header1=True, header2=True)[
        "input_options"
    ]
    form["column_selector_options_2"] = {"selected_column_selector_option2": "by_index_number", "col2": None}
    found = input_tables.read(input_form.samples(form), input_form.target(form), True, 1)
    np.testing.assert_array_equal(found.samples.take(np.arange(2)), [[1, 1], [3, 0]])
    assert (found.samples.spec.names, found.target.found[0].tolist()) == (("a", "b"), ["cat", "dog"])
    y = tables("y", lines([["cat"], ["dog"], ["cat"], [""]], "label"))
    with pytest.raises(UserError, match="'x.tabular' has 2 rows, but 'y.tabular' has 3"):
        input_tables.read(input_form.samples(form), input_form.target(form), True, 1)


@pytest.mark.parametrize("names", ["a\tb\tc\n", "#a\tb\tc\n", "# by R\na\tb\tc\n1\t2\t3\n", "a\tb\tc\nr1\t1\t2\t3\n"])
def test_features_are_named_by_any_header(tables, names):
    shown = drawn(
        "feature_importances",
        infile_estimator=tables("i", "importance\n.1\n.3\n.2\n"),
        infile1=tables("names", names),
        column_selector_options=forms.ALL,
        threshold=None,
    )
    assert shown.features == ["a", "b", "c"]
