"""The whole tutorial by hand in a browser, as a student does it."""

import io
import json
import zipfile

import pytest

from tests.support.places import TEST_DATA


@pytest.fixture(scope="module")
def seen(request, tmp_path_factory):
    """Do the tutorial once; return what the window showed."""
    from tests.galaxy import lesson, tutorial
    from tests.galaxy.browser import Browser, programs
    from tests.galaxy.student import Student

    if programs() is None:
        pytest.skip("no Chromium with chromedriver on this machine (Debian: chromium and chromium-driver)")
    galaxy = request.getfixturevalue("galaxy")
    with Browser(galaxy, tmp_path_factory.mktemp("profile"), **tutorial.WINDOW) as browser:
        return tutorial.do(Student(browser), [TEST_DATA / name for name in lesson.FILES])


@pytest.fixture(scope="module")
def stored(seen, galaxy):
    """Return a function that fetches a dataset's bytes by its number in the history."""
    from bioblend.galaxy import GalaxyInstance

    from tests.galaxy import lesson

    api = GalaxyInstance(galaxy.url, galaxy.user_key)
    (history,) = api.histories.get_histories(name=lesson.HISTORY)
    ids = {item["hid"]: item["id"] for item in api.histories.show_history(history["id"], contents=True)}
    return lambda number: api.datasets.download_dataset(ids[number], require_ok_state=True)


def test_each_step_makes_what_the_tutorial_says(seen):
    from tests.galaxy import lesson

    named = [[name.partition(" on dataset")[0] for name in names] for names in seen.made]
    assert named == [*(list(step.outputs) for step in lesson.STEPS), [lesson.BUILDER]]


def test_the_builder_is_that_of_the_packaged_workflow(stored, workflow_run, tmp_path):
    """Filled by hand, the forms of the network and of its training hold what the workflow holds."""
    packaged = workflow_run.fetch("model_builder", tmp_path / "builder.zip").read_bytes()
    assert stored(7) == packaged


def test_scores_are_seen(seen):
    header, values = seen.scores[:6], [float(cell) for cell in seen.scores[6:]]
    assert header == (
        "validation_loss",
        "validation_acc",
        "validation_accuracy",
        "train_loss",
        "train_acc",
        "train_accuracy",
    )
    assert 0.5 < values[1] == values[2] <= 1


def test_predictions_are_mostly_right(stored):
    truth = (TEST_DATA / "y_test.tabular").read_text().split()
    header, *predicted = stored(13).decode().split()
    assert header == "Predicted"
    assert len(predicted) == len(truth)
    # One in ten would be right by chance.
    assert sum(a == b for a, b in zip(truth, predicted, strict=True)) > len(truth) / 2


def test_report_is_seen(seen):
    assert "Before you trust the scores" not in seen.report
    assert all(
        part in seen.report
        for part in ("Scores", "Confusion matrix", "validation baseline", "categorical_crossentropy")
    )
    assert "shown as plain text" in seen.page


def test_confusion_matrix_is_seen(seen, stored):
    from PIL import Image

    assert seen.matrix_pixels > 400
    with Image.open(io.BytesIO(stored(14))) as image:
        greens = {pixel for _, pixel in image.convert("RGB").getcolors(1 << 24) if pixel[1] > pixel[0] + 40}
    # Several shades of green, one for each count.
    assert len(greens) > 5


def test_a_job_is_run_again_with_another_number_of_epochs(seen, stored):
    from tests.galaxy import lesson

    assert seen.epochs_before == str(lesson.SMALL_DATA["epochs"])
    first, second = (_training(stored(number)) for number in (7, 15))
    assert (first["fit"].pop("epochs"), second["fit"].pop("epochs")) == (lesson.SMALL_DATA["epochs"], lesson.LONGER)
    assert first == second


def _training(builder: bytes) -> dict:
    with zipfile.ZipFile(io.BytesIO(builder)) as opened:
        return json.loads(opened.read("training.json"))
