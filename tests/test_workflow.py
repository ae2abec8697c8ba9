"""The packaged workflow, invoked in the embedded Galaxy, judged by what is in its outputs."""

import json

import pytest

from tests.galaxy.demo import accuracy, read_column
from tests.galaxy.repository import WORKFLOW
from tests.support.places import TEST_DATA

DIGITS = {str(digit) for digit in range(10)}
# One in ten would be right by chance; a few hundred digits teach the network three in four.
BETTER_THAN_CHANCE = 0.3


@pytest.fixture
def fetched(workflow_run, tmp_path):
    """Return a function that stores an output, by its label, and gives its path."""
    return lambda label: workflow_run.fetch(label, tmp_path / label)


def test_inputs_are_labelled_as_in_the_tutorial():
    steps = json.loads(WORKFLOW.read_text(encoding="utf-8"))["steps"].values()
    labels = {step["label"] for step in steps if step["type"] == "data_input"}
    assert labels == {"X_train", "y_train", "X_test", "y_test"}


def test_predictions_are_digits_and_mostly_right(fetched):
    header, *predicted = read_column(fetched("predictions"))
    assert header == "Predicted"
    assert set(predicted) <= DIGITS
    assert accuracy(read_column(TEST_DATA / "y_test.tabular"), predicted) > BETTER_THAN_CHANCE


def test_scores_are_one_row_under_a_header(fetched):
    header, row = (line.split("\t") for line in fetched("scores").read_text(encoding="utf-8").splitlines())
    scores = dict(zip(header, row, strict=True))
    assert BETTER_THAN_CHANCE < float(scores["validation_accuracy"]) <= 1


def test_architecture_names_the_layers(fetched):
    text = fetched("architecture").read_text(encoding="utf-8")
    for layer in ("Reshape", "Conv2D", "MaxPooling2D", "Flatten", "Dense"):
        assert layer in text


def test_trained_model_is_an_h5mlm(workflow_run):
    model = workflow_run.dataset("trained_model")
    assert model["extension"] == "h5mlm"
    assert "Dense" in model["peek"]


def test_galaxy_sniffs_the_trained_model(workflow_run, fetched):
    """Uploaded without naming a datatype, the model is recognised by what is in it."""
    api = workflow_run.api
    answer = api.tools.upload_file(str(fetched("trained_model")), workflow_run.history, file_type="auto")
    dataset = api.datasets.show_dataset(answer["outputs"][0]["id"])
    api.datasets.wait_for_dataset(dataset["id"], maxwait=120, interval=1)
    assert api.datasets.show_dataset(dataset["id"])["extension"] == "h5mlm"


def test_confusion_matrix_is_a_picture(workflow_run, fetched):
    assert workflow_run.dataset("confusion_matrix")["extension"] == "png"
    assert fetched("confusion_matrix").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
