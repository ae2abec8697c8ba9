"""What Planemo finds by reading: the tools, the workflow, the repository, each without a warning."""

import pytest

from tests.galaxy.planemo import available, planemo
from tests.galaxy.repository import ROOT, WORKFLOW, WRAPPERS

pytestmark = pytest.mark.skipif(not available(), reason="planemo is not on the path; tox installs it")


def test_tools_have_no_warning():
    outcome = planemo("lint", "--fail_level", "warn", *WRAPPERS.values())
    assert outcome.status == 0, outcome.text
    assert all(f"Linting tool {wrapper}" in outcome.text for wrapper in WRAPPERS.values()), outcome.text


def test_workflow_has_no_warning():
    outcome = planemo("workflow_lint", "--fail_level", "warn", WORKFLOW)
    assert outcome.status == 0, outcome.text


def test_repository_has_no_warning():
    # The tools are looked at above. One check asks the public Tool Shed whether this version is newer than the one there.
    outcome = planemo("shed_lint", "--fail_level", "warn", "--skip", "version_bumped", ROOT)
    assert outcome.status == 0, outcome.text
