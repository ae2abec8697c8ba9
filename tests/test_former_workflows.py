"""Workflows saved with the first versions of the tools before these run once they are converted, and not before."""

import json

import pytest

from tests.galaxy.demo import TABLES, read_column
from tests.support import former_workflows
from tests.support.places import TEST_DATA

WORKFLOWS = {"introduction": former_workflows.introduction, "fruits": former_workflows.fruits}
INPUTS = {name: TEST_DATA / f"{name}.tabular" for name in TABLES}


def imported(galaxy, workflow, folder):
    """Import a workflow into a Galaxy, ready to run."""
    from tests.galaxy.workflow import WorkflowRun

    path = folder / "workflow.ga"
    path.write_text(json.dumps(workflow), encoding="utf-8")
    return WorkflowRun(galaxy, path, workflow["name"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_ok_converted_workflow_runs_to_its_predictions(galaxy, uncaptured, tmp_path, name):
    from workflows.converter.__main__ import main

    old, new = tmp_path / "old.ga", tmp_path / "new.ga"
    old.write_text(json.dumps(WORKFLOWS[name]()), encoding="utf-8")
    assert main([str(old), str(new)]) == 0
    run = imported(galaxy, json.loads(new.read_text(encoding="utf-8")), tmp_path)
    with uncaptured():
        # Versions and all: what the converter writes is what the server has.
        run.run(INPUTS)
    header, *predicted = read_column(run.fetch("predict", tmp_path / "predictions"))
    assert header == "Predicted"
    assert len(predicted) == len(read_column(TEST_DATA / "y_test.tabular"))
    assert set(predicted) <= {str(digit) for digit in range(10)}


def test_fail_the_same_unconverted(galaxy, uncaptured, tmp_path):
    from bioblend import ConnectionError as Refused

    workflow = former_workflows.introduction()
    for step in workflow["steps"].values():
        if step["type"] == "tool":
            step["tool_id"] = step["content_id"] = step["name"]
            del step["tool_shed_repository"]
    run = imported(galaxy, workflow, tmp_path)
    with uncaptured(), pytest.raises(Refused):
        run.run(INPUTS, exact_versions=False)
