"""Every packaged workflow has what belongs to it, and passes the test that lies beside it in the embedded Galaxy."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests import make_workflow_data
from tests.galaxy import planemo
from tests.galaxy.repository import PACKAGED
from tests.support.places import ROOT

# One runs on while others upload: Planemo mostly waits, the server takes two jobs at a time.
AT_A_TIME = 3
DATA = ("data_input", "data_collection_input")
INPUTS = (*DATA, "parameter_input")

each_workflow = pytest.mark.parametrize("name", PACKAGED)


def read(name):
    return json.loads(PACKAGED[name].read_text(encoding="utf-8"))


def beside(name, file):
    return (PACKAGED[name].parent / file).read_text(encoding="utf-8")


def own_tests(name):
    return yaml.safe_load(beside(name, f"{name}-tests.yml"))


def labels_of_outputs(workflow):
    return {output["label"] for step in workflow["steps"].values() for output in step["workflow_outputs"]}


def test_all_are_found():
    assert {
        "car-price-fnn", "fruit-cnn", "images-transfer-learning", "leukemia-introduction", "mnist-cnn", "review-sentiment-rnn", "sweep"
    } <= set(PACKAGED)  # fmt: skip


@each_workflow
def test_says_whose_it_is_and_what_it_does(name):
    workflow = read(name)
    assert workflow["license"] == "MIT"
    assert workflow["creator"] == [{"class": "Organization", "name": "the project's contributors"}]
    assert workflow["annotation"].endswith(".")
    assert workflow["tags"]
    assert workflow["name"] == beside(name, "README.md").splitlines()[0].removeprefix("# ")


@each_workflow
def test_every_step_has_a_label_and_a_note(name):
    steps = read(name)["steps"].values()
    labels = [step["label"] for step in steps]
    assert all(labels)
    assert len(set(labels)) == len(labels)
    assert all(step["annotation"].endswith(".") for step in steps)


@each_workflow
def test_release_is_the_last_of_its_changelog(name):
    assert re.search(r"^## \[(.+?)\]", beside(name, "CHANGELOG.md"), re.MULTILINE)[1] == read(name)["release"]


@each_workflow
def test_readme_names_the_inputs_and_outputs(name):
    workflow = read(name)
    named = {step["label"] for step in workflow["steps"].values() if step["type"] in INPUTS}
    named |= labels_of_outputs(workflow)
    assert named - set(re.findall(r"\*\*(\w+)\*\*", beside(name, "README.md"))) == set()


@each_workflow
def test_own_test_gives_every_table_and_looks_into_every_output(name):
    workflow = read(name)
    tables = {step["label"] for step in workflow["steps"].values() if step["type"] in DATA}
    # What is made without a sample being seen says nothing of the training.
    wanted = labels_of_outputs(workflow) - {"model_builder"}
    for test in own_tests(name):
        assert tables <= set(test["job"])
        assert wanted <= set(test["outputs"])
        assert all(output.get("asserts") or output.get("element_tests") for output in test["outputs"].values())


@each_workflow
def test_dockstore_knows_its_files(name):
    (told,) = yaml.safe_load(beside(name, ".dockstore.yml"))["workflows"]
    named = [told["primaryDescriptorPath"], *told["testParameterFiles"]]
    assert [Path(path).name for path in named] == [f"{name}.ga", f"{name}-tests.yml"]
    assert all((PACKAGED[name].parent / Path(path).name).is_file() for path in named)


def test_tables_are_those_that_the_program_makes():
    """They are written by it: python -m tests.make_workflow_data."""
    made = make_workflow_data.written()
    assert [path for path, data in made.items() if path.read_bytes() != data] == []
    lying = {path for path in ROOT.glob("workflows/*/test-data/*")}
    assert lying == set(made)


@pytest.fixture(scope="module")
def outcomes(galaxy, request):
    """Start the tests of all workflows that were asked for and return what each will have come to."""
    if not planemo.available():
        pytest.skip("planemo is not on the path; tox run -e tests installs it")
    run = [item for item in request.session.items if "outcomes" in getattr(item, "fixturenames", ())]
    chosen = [item.callspec.params["name"] for item in run if item.path == request.path]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {name: pool.submit(planemo.run_own_tests, galaxy, PACKAGED[name]) for name in chosen}


@each_workflow
def test_own_test_passes(name, outcomes):
    outcome = outcomes[name].result()
    print(outcome.text)
    assert outcome.status == 0
    assert f"All {len(own_tests(name))} test" in outcome.text
