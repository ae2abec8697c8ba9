"""What Planemo finds by reading: the tools, the workflow, the repository, each without a warning."""

import pytest

from tests.galaxy.planemo import available, planemo
from tests.galaxy.repository import ROOT, WORKFLOW, WRAPPERS

pytestmark = pytest.mark.skipif(not available(), reason="planemo is not on the path; tox installs it")


@pytest.mark.parametrize("tool", WRAPPERS)
def test_tool_has_no_warning(tool):
    outcome = planemo("lint", "--fail_level", "warn", WRAPPERS[tool])
    assert outcome.status == 0, outcome.text


def test_workflow_has_no_warning():
    outcome = planemo("workflow_lint", "--fail_level", "warn", WORKFLOW)
    assert outcome.status == 0, outcome.text


def test_repository_has_no_warning():
    # One check asks the public Tool Shed whether this version is newer than the one there.
    outcome = planemo("shed_lint", "--tools", "--fail_level", "warn", "--skip", "version_bumped", ROOT)
    assert outcome.status == 0, outcome.text
