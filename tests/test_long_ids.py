"""The workflow with the ids of installed tools, as the documented command prints it."""

import json
import subprocess
import sys

import pytest
import yaml

from tests.galaxy.repository import PACKAGED, WORKFLOW, WRAPPERS
from tests.support.places import ROOT

SCRIPT = ROOT / "workflows" / "long_ids.py"
PUBLIC = "toolshed.g2.bx.psu.edu/repos/galaxy-deep-learning"


def printed(workflow, *options):
    command = [sys.executable, "-I", SCRIPT, workflow, *options]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def ids(workflow, key="tool_id"):
    return [step[key] for step in workflow["steps"].values() if step["type"] == "tool"]


@pytest.fixture(params=PACKAGED)
def workflow(request):
    return PACKAGED[request.param]


@pytest.fixture
def packaged(workflow):
    return json.loads(workflow.read_text(encoding="utf-8"))


def test_owner_is_that_of_the_repositories():
    settings = yaml.safe_load((ROOT / ".shed.yml").read_text(encoding="utf-8"))
    assert PUBLIC.endswith(f"/{settings['owner']}")


def test_every_step_gets_the_id_of_the_installed_tool(workflow, packaged):
    found = printed(workflow)
    versions = {step["tool_id"]: step["tool_version"] for step in packaged["steps"].values() if step["tool_id"]}
    assert set(versions) & set(WRAPPERS)
    expected = [f"{PUBLIC}/{tool}/{tool}/{versions[tool]}" if tool in WRAPPERS else tool for tool in ids(packaged)]
    assert ids(found) == expected
    assert ids(found, "content_id") == ids(found)


def test_all_tools_have_long_ids():
    assert {name.split("/")[-2] for name in ids(printed(WORKFLOW))} == set(WRAPPERS)


def test_nothing_else_changes(workflow, packaged):
    found = printed(workflow)
    for step in (*packaged["steps"].values(), *found["steps"].values()):
        if step["type"] == "tool":
            del step["tool_id"], step["content_id"]
    assert found == packaged


def test_shed_and_owner_may_be_others():
    found = printed(WORKFLOW, "--shed", "127.0.0.1:9009", "--owner", "somebody")
    assert all(name.startswith("127.0.0.1:9009/repos/somebody/") for name in ids(found))


def test_workflows_inside_and_tools_of_others(tmp_path):
    packaged = json.loads(WORKFLOW.read_text(encoding="utf-8"))
    inner = {"type": "subworkflow", "tool_id": None, "subworkflow": packaged}
    other = {"type": "tool", "tool_id": "cat1", "content_id": "cat1", "tool_version": "1.0"}
    path = tmp_path / "outer.ga"
    path.write_text(json.dumps({"name": "outer", "steps": {"0": inner, "1": other}}), encoding="utf-8")
    found = printed(path)
    assert ids(found["steps"]["0"]["subworkflow"]) == ids(printed(WORKFLOW))
    assert found["steps"]["1"] == other
