"""The confusion matrix: what is counted, what is drawn, what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from dltools.core.errors import UserError
from dltools.plots import compared_labels, plot_form
from dltools.plots.confusion_matrix import COLOR_MAPS, MAX_CLASSES_WITH_COUNTS, ConfusionMatrix
from tests.support.places import SCRIPTS

SCRIPT = SCRIPTS / "ml_visualization.py"


@pytest.fixture
def selection(tmp_path):
    """Return a function that writes two tables and returns the form's parameters for them."""

    def make(true, predicted, header_true=False, header_predicted=True, **others) -> dict:
        datasets = {}
        for name, text in {"y_test": true, "y_pred": predicted}.items():
            path = tmp_path / f"{name}.tabular"
            path.write_text(text)
            datasets[name] = {"source_path": str(path), "element_identifier": name, "ext": "tabular"}
        return {
            "plot_type": "classification_confusion_matrix",
            "title": "Digits",
            "infile_true": datasets["y_test"],
            "header_true": header_true,
            "column_selector_options_true": {"selected_column_selector_option": "all_columns"},
            "infile_predicted": datasets["y_pred"],
            "header_predicted": header_predicted,
            "plot_format": "png",
            "plot_color": "Greens",
        } | others

    return make


# --- counting ---------------------------------------------------------------------------------


def test_rows_are_true_labels_and_columns_predicted_ones():
    counts, classes = compared_labels.count(np.array(["a", "a", "b"]), np.array(["b", "b", "b"]))
    assert classes == ["a", "b"]
    np.testing.assert_array_equal(counts, [[0, 2], [0, 1]])


def test_counts_are_those_of_scikit_learn():
    true, predicted = np.random.default_rng(0).integers(0, 5, (2, 1000))
    counts, _ = compared_labels.count(true.astype(str), predicted.astype(str))
    np.testing.assert_array_equal(counts, confusion_matrix(true, predicted))


@pytest.mark.parametrize(
    "true, predicted, classes",
    [
        (["10", "9"], ["9", "2"], ["2", "9", "10"]),
        (["5"], ["5.0"], ["5"]),
        (["-1", "1.0"], ["1", "-1.0"], ["-1", "1"]),
        (["0.5"], ["2"], ["0.5", "2"]),
        (["10", "x"], ["9", "9.0"], ["10", "9", "9.0", "x"]),
        (["dog", "Cat"], ["ant", "dog"], ["Cat", "ant", "dog"]),
    ],
)
def test_classes_are_ordered_as_numbers_if_all_are_numbers(true, predicted, classes):
    assert compared_labels.count(np.array(true), np.array(predicted))[1] == classes


def test_too_many_classes_are_measurements():
    labels = np.arange(compared_labels.MAX_CLASSES + 1).astype(str)
    with pytest.raises(UserError, match=r"1001 different labels.* not measurements"):
        compared_labels.count(labels, labels)


# --- drawing ----------------------------------------------------------------------------------


def shown(matrix: ConfusionMatrix) -> list[list[str]]:
    """Return the texts in the cells."""
    return [[text.get_text() for text in row] for row in matrix.texts_]


def test_plot_writes_counts_names_and_title():
    matrix = ConfusionMatrix(counts=np.array([[3, 1], [0, 20]]), classes=["cat", "dog"], title="Animals").plot()
    axes = matrix.axes_
    assert shown(matrix) == [["3", "1"], ["0", "20"]]
    assert matrix.texts_[0, 1].get_position() == (1, 0)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["cat", "dog"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted label", "True label")
    assert axes.get_title() == "Animals"
    assert axes.yaxis_inverted()
    np.testing.assert_array_equal(matrix.image_.get_array(), matrix.counts)


def test_plot_draws_on_given_axes():
    axes = Figure().add_subplot()
    matrix = ConfusionMatrix(counts=np.eye(2, dtype=int), classes=["0", "1"]).plot(axes)
    assert matrix.axes_ is axes
    assert matrix.figure_ is axes.figure


def test_plot_leaves_the_state_of_pyplot_alone():
    ConfusionMatrix(counts=np.eye(2, dtype=int), classes=["0", "1"]).plot()
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


@pytest.mark.parametrize("color", COLOR_MAPS)
def test_counts_are_legible_on_every_background(color):
    counts = np.arange(25).reshape(5, 5)
    matrix = ConfusionMatrix(counts=counts, classes=list("abcde"), color_map=COLOR_MAPS[color]).plot()
    backgrounds = matrix.image_.cmap(matrix.image_.norm(counts))
    for text, background in zip(matrix.texts_.flat, backgrounds.reshape(25, 4), strict=True):
        bright, dark = sorted([luminance(to_rgb(text.get_color())), luminance(background)], reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2, level AA


def luminance(color) -> float:
    """Return the relative luminance that WCAG 2 defines, from RGB of 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_many_classes_have_no_counts_and_fewer_ticks():
    size = MAX_CLASSES_WITH_COUNTS * 5
    matrix = ConfusionMatrix(counts=np.eye(size, dtype=int), classes=[str(i) for i in range(size)]).plot()
    assert matrix.texts_ is None
    names = [label.get_text() for label in matrix.axes_.get_xticklabels()]
    assert names[:3] == ["0", "3", "6"]
    assert len(names) <= 60


def test_names_and_title_are_plain_text_of_bounded_length():
    names = ["$x^2$", "long " * 30]
    matrix = ConfusionMatrix(counts=np.eye(2, dtype=int), classes=names, title="costs $5 or $6 " * 40).plot()
    labels = matrix.axes_.get_yticklabels()
    assert labels[0].get_text() == "$x^2$"
    assert len(labels[1].get_text()) == 24
    assert not labels[0].get_parse_math()
    lines = matrix.axes_.get_title().splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 60
    matrix.figure_.canvas.draw()


# --- the form's parameters --------------------------------------------------------------------


def test_tool_prediction_against_labels_without_header(selection):
    matrix = plot_form.read(selection("1\n0\n1\n", "Predicted\n1\n1\n0\n")).display()
    np.testing.assert_array_equal(matrix.counts, [[0, 1], [1, 1]])
    assert (matrix.classes, matrix.title) == (["0", "1"], "Digits")
    assert matrix.accuracy == pytest.approx(1 / 3)


def test_true_labels_from_a_chosen_column(selection):
    column = {"selected_column_selector_option": "by_header_name", "col": "class"}
    form = selection(
        "id\tclass\ns1\tcat\ns2\tdog\n",
        "Predicted\ncat\ncat\n",
        header_true=True,
        column_selector_options_true=column,
    )
    assert plot_form.read(form).display().classes == ["cat", "dog"]


def test_true_labels_as_a_one_hot_table(selection):
    matrix = plot_form.read(selection("0\t1\t0\n0\t0\t1\n", "Predicted\n1\n0\n")).display()
    assert matrix.classes == ["0", "1", "2"]
    np.testing.assert_array_equal(matrix.counts, [[0, 0, 0], [0, 1, 0], [1, 0, 0]])


@pytest.mark.parametrize("color, name", [("Summer", "summer"), ("Autumn", "autumn"), ("winter", "winter")])
def test_colours_of_the_form_are_known_to_matplotlib(selection, color, name):
    matrix = plot_form.read(selection("1\n", "Predicted\n1\n", plot_color=color)).display().plot()
    assert matrix.image_.cmap.name == name


PREDICTED = "Predicted\n1\n2\n"
REFUSED = {
    "lengths": (("1\n2\n1\n2\n", PREDICTED), "'y_test' has 4 true labels, 'y_pred' has 2 predicted ones. Choose"),
    "lengths by one": (("1\n2\n1\n", PREDICTED), "differ by one: check for both tables"),
    "header missed": (("1\n2\n", PREDICTED, False, False), "'y_pred', line 1: 'Predicted' looks like a header"),
    "header missed, names": (
        ("a\nb\n", "Predicted\na\nb\n", False, False),
        "'y_pred', line 1: 'Predicted' looks like a header, for it is no label in 'y_test'. Set .* to Yes",
    ),
    "header missed, any name": (("a\nb\n", "guess\na\nb\n", False, False), "'guess' looks like a header"),
    "true header missed": (("kind\na\nb\n", "Predicted\na\nb\n"), "'y_test', line 1: 'kind' looks like a header"),
    "data as header": (("1\n2\n", "7\n1\n2\n"), "'y_pred', line 1: looks like data"),
    "names as header": (("a\nb\n", "a\nb\n"), "'y_pred', line 1: 'a' is not a header.* Set .* to No for 'y_pred'"),
    "true names as header": (("a\nb\na\n", "a\nb\nb\n", True, False), "'y_test', line 1: 'a' is not a header"),
    "no probabilities": (
        ("1\n0\n", "0\t1\n.5\t.5\n.1\t1.9\n"),
        "'y_pred', line 3, column 2 \\('1'\\): 1.9 is no probability",
    ),
    "several columns of names": (("1\n0\n", "0\t1\n.5\tx\n.1\t.9\n"), "is not a number.* read as probabilities"),
    "several true columns": (("1\t2\n0\t1\n", PREDICTED), "no one-hot table"),
    "two 1s in a row": (("1\t1\n0\t1\n", PREDICTED), "no one-hot table"),
    "empty truth": (("", PREDICTED), "'y_test' is empty"),
    "empty prediction": (("1\n", ""), "'y_pred' is empty"),
    "header only": (("1\n", "Predicted\n"), "'y_pred' has only one line"),
    "blank line": (("1\n\n2\n", PREDICTED), "'y_test', line 2: the line is blank"),
    "missing label": (("1\nNA\n", PREDICTED), "'y_test', line 2: the label is missing"),
    "probabilities": (("1\n0\n", "Predicted\n1\n0.25\n"), "'y_pred', line 3: '0.25' is no class"),
    "nothing in common": (("cat\ndog\n", PREDICTED), "no label in common: the first has '1', '2', the second 'cat'"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_tables_that_do_not_fit_are_refused(selection, fault):
    arguments, message = REFUSED[fault]
    with pytest.raises(UserError, match=message):
        plot_form.read(selection(*arguments)).display()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"plot_color": "Pink"}, "Choose plot color: must be one of Greys, .* Received: 'Pink'"),
        ({"plot_type": "pie"}, "Select a plotting type: must be one of .* Received: 'pie'"),
        ({"infile_true": None}, "Select dataset containing true labels: no dataset was chosen"),
        (
            {
                "column_selector_options_true": {
                    "selected_column_selector_option": "by_index_number",
                    "col": "4",
                }
            },
            "'y_test': column 4 does not exist. The dataset has 1 column",
        ),
    ],
)
def test_parameters_that_are_refused(selection, change, message):
    with pytest.raises(UserError, match=message):
        plot_form.read(selection("1\n2\n", PREDICTED, **change)).display()


# --- the script -------------------------------------------------------------------------------


def run(folder, selection, *options, name="plot.png"):
    """Run the tool as Galaxy does."""
    (folder / "inputs.json").write_text(json.dumps({"plotting_selection": selection}))
    command = [sys.executable, *options, SCRIPT, "--inputs", "inputs.json", "--output", name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_ok_writes_the_same_figure_each_time(selection, tmp_path):
    form = selection("1\n2\n1\n", "Predicted\n1\n2\n2\n")
    for name in ("first.png", "second.png"):
        result = run(tmp_path, form, name=name)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == "3 samples, 2 classes, accuracy 0.6667\n"
    figure = (tmp_path / "first.png").read_bytes()
    assert figure.startswith(b"\x89PNG")
    assert figure == (tmp_path / "second.png").read_bytes()


def test_fail_with_one_line_and_no_output(selection, tmp_path):
    result = run(tmp_path, selection("1\n2\n1\n", PREDICTED))
    assert result.returncode == 1
    assert result.stderr.startswith("Error: 'y_test' has 3 true labels")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".tabular", ".tabular"]


def test_neither_tensorflow_nor_keras_is_imported(selection, tmp_path):
    result = run(tmp_path, selection("1\n2\n", PREDICTED), "-X", "importtime")
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "matplotlib.figure" in imported
    assert not imported & {"tensorflow", "keras", "sklearn", "matplotlib.pyplot"}
