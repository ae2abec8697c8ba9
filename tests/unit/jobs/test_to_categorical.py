"""To categorical, run as Galaxy runs it: a process with a JSON file of parameters."""

import json
import subprocess
import sys

import pytest

from tests.support.places import SCRIPTS

SCRIPT = SCRIPTS / "to_categorical.py"


@pytest.fixture
def to_categorical(tmp_path):
    """Return a function that runs the tool on the text of a table."""

    def run(text, header=False, num_classes=None, options=()):
        table = tmp_path / "y.tabular"
        table.write_text(text)
        inputs = {
            "infile": {"source_path": str(table), "element_identifier": "y_train", "ext": "tabular"},
            "header0": header,
            "num_classes": num_classes,
        }
        (tmp_path / "inputs.json").write_text(json.dumps(inputs))
        command = [sys.executable, *options, SCRIPT, "--inputs", "inputs.json", "--outfile", "out.tabular"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("num_classes", [4, "4"])
def test_ok_writes_a_table_without_header(to_categorical, tmp_path, num_classes):
    result = to_categorical("2\n0.0\n1\n2\n", num_classes=num_classes)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "out.tabular").read_text() == "0\t0\t1\t0\n1\t0\t0\t0\n0\t1\t0\t0\n0\t0\t1\t0\n"
    assert result.stdout == "4 rows, 4 classes; rows of each class: 0: 1, 1: 1, 2: 2, 3: 0\n"


@pytest.mark.parametrize("num_classes", [None, ""])
def test_ok_counts_classes_by_the_largest_label(to_categorical, tmp_path, num_classes):
    assert to_categorical("label\n2\n0\n", True, num_classes).returncode == 0
    assert (tmp_path / "out.tabular").read_text() == "0\t0\t1\n1\t0\t0\n"


FAIL = {
    "blank line": (("1\n\n2\n",), "'y_train', line 2: the line is blank"),
    "negative": (("1\n-1\n",), "line 2: the label '-1' is negative"),
    "fractional": (("1\n0.5\n",), "line 2: the label '0.5' is fractional"),
    "missing": (("1\nNA\n",), "line 2: the label is missing ('NA')"),
    "name": (("cat\ndog\n",), "line 1: the label 'cat' is not a number"),
    "outside the classes": (("1\n9\n3\n", False, 3), "line 2: the label 9 is outside the 3 classes"),
    "outside, header": (("y\n1\n3\n", True, 3), "Set the total number of classes to 4"),
    "no classes": (("1\n", False, 0), "Total number of classes: must be from 1 to"),
    "header missed": (("label\n1\n",), "'label' looks like a header"),
    "data as header": (("7\n1\n", True), "looks like data"),
    "several columns": (("1\t2\n3\t4\n",), "has 2 columns"),
    "empty": (("",), "'y_train' is empty"),
}


@pytest.mark.parametrize("fault", FAIL)
def test_fail_with_one_line_and_no_output(to_categorical, tmp_path, fault):
    arguments, message = FAIL[fault]
    result = to_categorical(*arguments)
    assert result.returncode == 1, result.stdout
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr
    assert result.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inputs.json", "y.tabular"]


def test_neither_tensorflow_nor_keras_is_imported(to_categorical):
    result = to_categorical("2\n0\n1\n", options=["-X", "importtime"])
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "numpy" in imported
    assert not imported & {"tensorflow", "keras", "sklearn"}
