"""The Tool Shed's tarball: real files, and every tool runs from it alone."""

import json
import shutil
import subprocess
import sys
import tarfile

import pytest

from tests.galaxy import environments
from tests.galaxy.planemo import available, planemo
from tests.galaxy.repository import WRAPPERS
from tests.support.places import ROOT, TOOLS

pytestmark = pytest.mark.skipif(not available(), reason="planemo is not on the path; tox installs it")

# Galaxy's own answer to which files a job needs beside its tool, asked of Galaxy's own Python.
ASK_GALAXY = """
import json, os, sys
from galaxy.tool_util.parser import get_tool_source
path = os.path.realpath(sys.argv[1])
required = get_tool_source(path).parse_required_files()
print(json.dumps(required.find_required_files(os.path.dirname(path))))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Build the tarball and unpack it into an empty folder.

    Planemo puts it beside the repository, so it is given a copy.
    """
    copy = tmp_path_factory.mktemp("built") / "repository"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", ".tox", ".venv"))
    outcome = planemo("shed_build", copy)
    assert outcome.status == 0, outcome.text
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(copy.with_suffix(".tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_holds_real_files_only(unpacked):
    links = [path for path in unpacked.rglob("*") if path.is_symlink()]
    assert not links


def test_holds_what_a_repository_needs(unpacked):
    names = {path.name for path in unpacked.iterdir()}
    assert {"tools", "test-data", "workflows", "README.md", "LICENSE"} <= names
    assert not {"scripts", "tests", ".git", ".tox", ".venv"} & names
    assert not list(unpacked.rglob("__pycache__"))


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
def test_script_starts(wrapper, unpacked, tmp_path):
    script = unpacked / "tools" / "scripts" / f"{wrapper.stem}.py"
    help_text = subprocess.run(
        [sys.executable, "-Es", script, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert help_text.returncode == 0, help_text.stderr
    assert "--inputs" in help_text.stdout


@pytest.mark.parametrize("wrapper", WRAPPERS.values(), ids=WRAPPERS)
def test_galaxy_finds_every_script(wrapper, unpacked):
    python = environments.python(environments.galaxy())
    answer = subprocess.run(
        [python, "-c", ASK_GALAXY, unpacked / "tools" / wrapper.name], capture_output=True, text=True, check=True
    )
    found = set(json.loads(answer.stdout))
    expected = {str(path.relative_to(TOOLS)) for path in (TOOLS / "scripts").rglob("*.py")}
    assert expected <= found
