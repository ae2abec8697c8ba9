"""Truth beside predictions of images: rows belong together by the images' names."""

import numpy as np
import pytest

from dltools.core.errors import UserError
from tests.support.plotting import Tables, compared, drawn, scored

NAMES = ["b/three.png", "a/one.png", "c/two.png", "a/four.png"]
TRUE = {"one": "cat", "two": "dog", "three": "cat", "four": "dog"}
PREDICTED = ["cat", "cat", "dog", "dog"]


@pytest.fixture()
def tables(tmp_path):
    return Tables(tmp_path)


@pytest.fixture()
def predicted(tables):
    return tables.columns("predicted", {"id:image": NAMES, "Predicted": PREDICTED})


def chosen(truth, predicted, column):
    form = compared(truth, predicted, header_true=True)
    return form | {
        "column_selector_options_true": {"selected_column_selector_option": "by_index_number", "col": [str(column)]}
    }


def counts(display):
    return display.counts.tolist()


def matrix(form):
    return drawn("classification_confusion_matrix", plot_color="Greens", **form)


@pytest.mark.parametrize("end", ["", ".png"])
def test_rows_of_the_truth_may_stand_in_any_order(tables, predicted, end):
    truth = tables.columns("truth", {"image": [f"{name}{end}" for name in TRUE], "class": list(TRUE.values())})
    shown = counts(matrix(chosen(truth, predicted, 2)))
    assert shown == [[2, 0], [0, 2]]


def test_rows_of_other_images_are_left_over(tables, predicted):
    truth = tables.columns("truth", {"image": ["zero", *TRUE], "class": ["dog", *TRUE.values()]})
    assert counts(matrix(chosen(truth, predicted, 2))) == [[2, 0], [0, 2]]


def test_a_column_with_gaps_beside_them_changes_nothing(tables, predicted):
    truth = tables("truth", "note\timage\tclass\n" + "".join(f"\t{name}\t{kind}\n" for name, kind in TRUE.items()))
    assert counts(matrix(chosen(truth, predicted, 3))) == [[2, 0], [0, 2]]


def test_a_truth_without_names_is_taken_in_its_order(tables, predicted):
    truth = tables.columns("truth", {"class": ["cat", "cat", "dog", "cat"]})
    assert counts(matrix(chosen(truth, predicted, 1))) == [[2, 1], [0, 1]]


NUMBERED = {"id:image": ["1.png", "2.png", "3.png"], "Predicted": [2, 1, 1]}


def test_a_class_that_is_called_like_an_image_is_no_name(tables):
    predicted = tables.columns("predicted", NUMBERED)
    truth = tables.columns("truth", {"class": [1, 1, 2], "image": ["3", "2", "1"]})
    assert counts(matrix(chosen(truth, predicted, 1))) == [[2, 0], [0, 1]]


def test_fail_two_columns_of_names_in_another_order_each(tables):
    predicted = tables.columns("predicted", NUMBERED)
    truth = tables.columns("truth", {"class": [2, 3, 1], "image": ["3", "2", "1"]})
    with pytest.raises(UserError, match="columns 1 and 2 both hold the names of all predicted images"):
        matrix(chosen(truth, predicted, 1))


def test_fail_an_image_without_row(tables, predicted):
    truth = tables.columns("truth", {"image": ["one", "two", "three"], "class": ["cat", "dog", "cat"]})
    with pytest.raises(UserError, match="1 of 4 predicted images, the first is 'a/four.png'"):
        matrix(chosen(truth, predicted, 2))


def test_values_of_a_regression_follow_the_names(tables):
    predicted = tables.columns("predicted", {"id:image": NAMES, "Predicted": [3, 1, 2, 4]})
    truth = tables.columns("truth", {"image": list(TRUE), "size": [1, 2, 3, 4]})
    target = drawn("regression", **chosen(truth, predicted, 2)).targets[0]
    assert np.array_equal(target.true, target.predicted)


def test_classes_of_a_curve_follow_the_names(tables):
    cats = [0.9, 0.8, 0.2, 0.1]
    scores = tables.columns("scores", {"id:image": NAMES, "cat": cats, "dog": [round(1 - cat, 1) for cat in cats]})
    truth = tables.columns("truth", {"image": list(TRUE), "class": list(TRUE.values())})
    assert [curve.area for curve in drawn("roc_curve", **scored(truth, scores)).curves] == [1.0]


def test_tables_of_rows_are_compared_as_before(tables):
    truth = tables.columns("truth", {"image": list(TRUE), "class": list(TRUE.values())})
    predicted = tables.columns("predicted", {"id:name": list(TRUE), "Predicted": ["cat", "dog", "dog", "dog"]})
    assert counts(matrix(chosen(truth, predicted, 2))) == [[1, 1], [0, 2]]
