"""The six forms, and a trained model under the eye, as Chromium shows them."""

import pytest

from tests.galaxy.repository import WRAPPERS
from tests.support.places import TEST_DATA


@pytest.fixture(scope="module")
def browser(galaxy, tmp_path_factory):
    """Run one logged-in browser for all forms."""
    from tests.galaxy.browser import Browser, programs

    if programs() is None:
        pytest.skip("no Chromium with chromedriver on this machine (Debian: chromium and chromium-driver)")
    with Browser(galaxy, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.mark.parametrize("tool", WRAPPERS)
def test_form_renders(tool, browser):
    form = browser.open_form(tool)
    assert browser.errors() == []
    assert "Run Tool" in form.text


def test_trained_model_opens_with_the_eye(browser, workflow_run):
    text = browser.open_preview(workflow_run.outputs["trained_model"])
    assert "Conv2D" in text


@pytest.fixture(scope="module")
def plot(galaxy):
    """Draw a ROC curve with the form's defaults; return output name -> dataset id."""
    from bioblend.galaxy import GalaxyInstance

    api = GalaxyInstance(galaxy.url, galaxy.user_key)
    history = api.histories.create_history("plot")["id"]
    form = {"plotting_selection|plot_type": "roc_curve"}
    for parameter, name in {"infile1": "odd_true", "infile2": "odd_probabilities"}.items():
        uploaded = api.tools.upload_file(str(TEST_DATA / f"{name}.tabular"), history, file_type="tabular")["outputs"][
            0
        ]["id"]
        form[f"plotting_selection|{parameter}"] = {"src": "hda", "id": uploaded}
    outputs = {o["output_name"]: o["id"] for o in api.tools.run_tool(history, "ml_visualization_ex", form)["outputs"]}
    for dataset in outputs.values():
        api.datasets.wait_for_dataset(dataset, maxwait=300)
    return outputs


def test_picture_beside_a_page_shows(browser, plot):
    browser.open(f"/datasets/{plot['output_picture']}/preview")
    image = browser.wait_for(".image-wrapper img")
    assert browser.driver.execute_script("return arguments[0].naturalWidth", image) > 400


def test_page_says_how_to_see_it_where_it_is_shown_as_text(browser, plot):
    """By default, Galaxy shows a tool's HTML as text."""
    browser.open(f"/datasets/{plot['output']}/display/?preview=True")
    text = browser.driver.execute_script("return document.body.textContent.slice(0, 2000)")
    assert "AUC: odd" in text
    assert "If you read this as text" in text


@pytest.fixture(scope="module")
def report(galaxy):
    """Train with a report; return output name -> dataset id."""
    from bioblend.galaxy import GalaxyInstance

    api = GalaxyInstance(galaxy.url, galaxy.user_key)
    history = api.histories.create_history("report")["id"]
    form = {"save": ["save_report"], "input_options|selected_input": "tabular"}
    for columns, option in (("column_selector_options_1", ""), ("column_selector_options_2", "2")):
        form[f"input_options|{columns}|selected_column_selector_option{option}"] = "all_columns"
    files = {
        "experiment_schemes|infile_estimator": "cnn_builder.zip",
        "input_options|infile1": "X_train.tabular",
        "input_options|infile2": "y_train.tabular",
    }
    for parameter, name in files.items():
        kind = name.rpartition(".")[2]
        uploaded = api.tools.upload_file(str(TEST_DATA / name), history, file_type=kind)["outputs"][0]["id"]
        form[parameter] = {"src": "hda", "id": uploaded}
    outputs = {o["output_name"]: o["id"] for o in api.tools.run_tool(history, "keras_train_and_eval", form)["outputs"]}
    for dataset in outputs.values():
        api.datasets.wait_for_dataset(dataset, maxwait=300)
    return outputs


def test_report_shows_on_a_server_with_default_settings(browser, report):
    """The eye opens a report in Markdown so; the page of HTML is shown as text until it is allowed."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.open(f"/datasets/{report['outfile_report_markdown']}/report")
    WebDriverWait(browser.driver, 60).until(
        lambda driver: "Confusion matrix" in driver.find_element("tag name", "body").text, "the report did not appear"
    )
    assert "Loss and metrics of the epochs" in browser.wait_for("body").text
    assert len(browser.driver.find_elements("css selector", "table")) >= 7
    images = WebDriverWait(browser.driver, 60).until(
        lambda driver: len(found := driver.find_elements("css selector", ".image-wrapper img")) == 2 and found,
        "the images did not appear",
    )
    WebDriverWait(browser.driver, 60).until(
        lambda driver: all(driver.execute_script("return arguments[0].naturalWidth", image) > 400 for image in images),
        "an image is empty",
    )
    browser.open(f"/datasets/{report['outfile_report']}/display/?preview=True")
    assert "If you read this as plain text" in browser.driver.execute_script(
        "return document.body.textContent.slice(0, 2000)"
    )


@pytest.fixture(scope="module")
def uploaded(galaxy):
    """Upload files with the types that Galaxy finds; return the API, the history and name -> dataset id."""
    from bioblend.galaxy import GalaxyInstance

    api = GalaxyInstance(galaxy.url, galaxy.user_key)
    history = api.histories.create_history("as uploaded")["id"]
    files = {
        "builder": "cnn_builder.zip",
        "pixels": "X_train.tabular",
        "digits": "y_train.tabular",
        "few": "labels_few.txt",
    }
    found = {
        name: api.tools.upload_file(str(TEST_DATA / file), history, file_type="auto", file_name=name)["outputs"][0][
            "id"
        ]
        for name, file in files.items()
    }
    for dataset in found.values():
        api.datasets.wait_for_dataset(dataset, maxwait=300)
    return api, history, found


def test_labels_are_chosen_as_uploaded(browser, uploaded):
    """A table of one column becomes txt at upload: the form offers it, and no column need be chosen of it."""
    api, history, found = uploaded
    assert api.datasets.show_dataset(found["digits"])["extension"] == "txt"
    browser.open_history(history)
    browser.open_form("keras_train_and_eval")
    browser.choose("experiment_schemes|infile_estimator", "builder")
    browser.choose("input_options|infile1", "pixels")
    browser.choose("input_options|column_selector_options_1|selected_column_selector_option", "All columns")
    browser.wait_without("input_options|column_selector_options_1|col1")
    assert {"3: digits", "4: few"} <= set(browser.choices("input_options|infile2"))
    browser.choose("input_options|infile2", "digits")
    assert "Started tool" in browser.run_tool()
    scores = next(d for d in api.histories.show_history(history, contents=True) if d["hid"] == len(found) + 1)
    job = api.datasets.wait_for_dataset(scores["id"], maxwait=300)["creating_job"]
    told = api.jobs.show_job(job, full_details=True)["tool_stdout"]
    assert "'digits': classification into 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in told


def test_one_column_is_encoded_as_uploaded(browser, uploaded):
    api, history, _found = uploaded
    browser.open_history(history)
    browser.open_form("sklearn_to_categorical")
    browser.choose("infile", "digits")
    assert "Started tool" in browser.run_tool()
    encoded = max(api.histories.show_history(history, contents=True), key=lambda dataset: dataset["hid"])
    done = api.datasets.wait_for_dataset(encoded["id"], maxwait=300)
    assert (done["state"], done["metadata_columns"], done["metadata_data_lines"]) == ("ok", 10, 250)
