"""Class labels: which texts are class numbers, and the one-hot form."""

import numpy as np
import pytest

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.tables import labels

Y_TRAIN = Dataset("y_train.tabular", "y_train")


def column(*texts) -> np.ndarray:
    """Return texts as the table reader gives them."""
    return np.array(texts, object)


def test_integer_labels_reads_plainly_written_whole_numbers():
    result = labels.integer_labels(column("5", "5.0", " 0", "12 "), Y_TRAIN)
    assert result.tolist() == [5, 5, 0, 12]
    assert result.dtype == np.int64


REFUSED = {
    "-1": "the label '-1' is negative",
    "2.5": "the label '2.5' is fractional",
    "cat": "the label 'cat' is not a number. .* takes them as they are",
    "nan": r"the label is missing \('nan'\)",
    "NA": r"the label is missing \('NA'\)",
    "inf": "the label 'inf' is not a number",
    "1e3": "the label '1e3' is not a number",
    "1_0": "the label '1_0' is not a number",
    "001": "the label '001' is not a number. .* leading zeros",
    "+5": "the label '.5' is not a number",
    "9007199254740993": "the label '9007199254740993' is too large",
    "10000": "the label '10000' is too large for one of at most 10000 classes",
}


@pytest.mark.parametrize("text", REFUSED)
def test_integer_labels_names_line_and_label(text):
    with pytest.raises(UserError, match=f"^'y_train', line 4: {REFUSED[text]}"):
        labels.integer_labels(column("1", "2", text, "-7", text), Y_TRAIN, first_line=2)


def test_one_hot():
    table = labels.one_hot(np.array([2, 0, 1, 2]))
    np.testing.assert_array_equal(table, [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert table.dtype == np.uint8


def test_one_hot_with_classes_that_have_no_row():
    np.testing.assert_array_equal(labels.one_hot(np.array([1]), 4), [[0, 1, 0, 0]])


def test_one_hot_positions_reverses_one_hot():
    column = np.array([3, 0, 1, 3])
    assert labels.one_hot_positions(labels.one_hot(column, 5)).tolist() == column.tolist()


@pytest.mark.parametrize("values", [[[1, 1]], [[0, 0]], [[0, 2]], [[0.5, 0.5]], [[1, 0], [0, 0]]])
def test_one_hot_positions_of_other_tables_is_none(values):
    assert labels.one_hot_positions(np.array(values, np.float32)) is None


@pytest.mark.parametrize("names", [["0", "None"], ["None", "True"], ["0", "01"], ["1.0", "2.0"], ["-1", "1", "x"]])
def test_what_is_no_number_is_stored_as_text(names):
    """A class that is called None is no missing value."""
    assert labels.stored(names) == names
    assert labels.texts(labels.stored(names)) == names


def test_numbers_are_stored_as_such():
    assert labels.stored(["-1", "0", "7"]) == [-1, 0, 7]
    assert labels.texts([-1, 0, 7]) == ["-1", "0", "7"]
