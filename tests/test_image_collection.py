"""Someone makes a list of uploaded images in a browser, by hand, trains on it and predicts it."""

import pytest

from tests.support.places import TEST_DATA

HISTORY, LIST, LABELS = "Images in a list", "Digits", "labels.tabular"
COUNT = 16
SAMPLES = "input_options|image_source|infile_images"
TABLE = "input_options|image_labels"
BY_NAME = "Select columns by column header name(s)"


@pytest.fixture(scope="module")
def made(request, tmp_path_factory):
    """Do it once; return Galaxy's API and the datasets that came out, by their names."""
    from bioblend.galaxy import GalaxyInstance

    from tests.galaxy.browser import Browser, programs
    from tests.galaxy.student import Student
    from tests.galaxy.tutorial import WINDOW

    if programs() is None:
        pytest.skip("no Chromium with chromedriver on this machine (Debian: chromium and chromium-driver)")
    galaxy = request.getfixturevalue("galaxy")
    with Browser(galaxy, tmp_path_factory.mktemp("profile"), **WINDOW) as browser:
        names = _by_hand(Student(browser), _labels(tmp_path_factory.mktemp("labels") / LABELS))
    api = GalaxyInstance(galaxy.url, galaxy.user_key)
    (history,) = api.histories.get_histories(name=HISTORY)
    shown = {item["name"]: item["id"] for item in api.histories.show_history(history["id"], contents=True)}
    return api, {name.partition(" on ")[0]: shown[name] for name in names}


def _labels(path):
    """Write a table that names the images with their extension, which Galaxy takes off in a list."""
    header, *rows = (TEST_DATA / "digit_labels.tabular").read_text().splitlines()
    path.write_text("\n".join([header, *(row.replace("\t", ".png\t", 1) for row in rows)]) + "\n")
    return path


def _by_hand(student, labels):
    """Upload, make the list, train and predict; return the names of what came out."""
    from tests.galaxy.actions import Choose, Take, Tick, Type
    from tests.galaxy.list_builder import ListBuilder

    images = [TEST_DATA / f"digit_{number:02}.png" for number in range(1, COUNT + 1)]
    student.upload(HISTORY, [*images, labels, TEST_DATA / "image_builder.zip"])
    builder = ListBuilder(student.browser)
    builder.tick(range(1, COUNT + 1))
    builder.build(LIST)
    from_list = Choose("input_options|selected_input", "images"), Take(SAMPLES, LIST)
    student.open_tool("keras_train_and_eval")
    training = (
        Take("experiment_schemes|infile_estimator", "image_builder.zip"),
        *from_list,
        Take(f"{TABLE}|infile2", LABELS),
        Tick(f"{TABLE}|header2"),
        Choose(f"{TABLE}|column_selector_options_2|selected_column_selector_option2", BY_NAME),
        Type(f"{TABLE}|column_selector_options_2|col2", "digit"),
    )
    names = student.fill_and_run(training, 3)
    student.open_tool("model_prediction")
    return names + student.fill_and_run((Take("infile_estimator", "Trained model"), *from_list), 1)


def test_the_list_is_trained_on_whole(made):
    api, outputs = made
    job = api.datasets.show_dataset(outputs["Scores"])["creating_job"]
    told = api.jobs.show_job(job, full_details=True)["tool_stdout"]
    assert f"{COUNT} images ({COUNT} PNG), 28 x 28 pixels" in told
    assert "classification into 2 classes: one, zero" in told


def test_each_image_of_the_list_is_predicted_by_its_name(made):
    api, outputs = made
    header, *rows = api.datasets.download_dataset(outputs["Predictions"]).decode().splitlines()
    assert header.split("\t")[0] == "id:image"
    found = dict(row.split("\t")[:2] for row in rows)
    assert sorted(found) == [f"digit_{number:02}" for number in range(1, COUNT + 1)]
    truth = dict(row.split("\t")[:2] for row in (TEST_DATA / "digit_labels.tabular").read_text().splitlines()[1:])
    # Nearly all of these are trained on, and easy to tell apart.
    assert sum(found[name] == kind for name, kind in truth.items()) >= COUNT - 2
