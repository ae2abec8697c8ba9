"""The repositories of the Tool Shed: seven, small, and every tool runs from its own alone."""

import json
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET

import pytest

from tests import write_shed
from tests.galaxy import environments
from tests.galaxy.planemo import available, planemo
from tests.galaxy.repository import WRAPPERS
from tests.support.places import ROOT, TOOLS

SUITE = "suite_deep_learning"
# Nothing is sent there: planemo wants the address of a Tool Shed even where it only writes tarballs.
NOWHERE = "http://127.0.0.1:9/"
# Uncompressed. The Tool Shed keeps every version of every file.
MOST_BYTES = 3_000_000

with_planemo = pytest.mark.skipif(not available(), reason="planemo is not on the path; tox installs it")
each_tool = pytest.mark.parametrize("tool", WRAPPERS)

# Galaxy's own view of tools, asked of Galaxy's own Python: id, the files that a job needs beside it, tests.
ASK_GALAXY = """
import json, os, sys
from galaxy.tool_util.parser import get_tool_source
from galaxy.tool_util.verify.parse import parse_tool_test_descriptions

def view(path):
    source = get_tool_source(path)
    tests = list(parse_tool_test_descriptions(source))
    compared = [output["value"] for test in tests for output in test.outputs if output.get("value")]
    return {
        "id": source.parse_id(),
        "version": source.parse_version(),
        "required": source.parse_required_files().find_required_files(os.path.dirname(path)),
        "tests": len(tests),
        "problems": [str(test.exception) for test in tests if test.exception],
        "data": sorted({name for test in tests for name, _ in test.required_files} | set(compared)),
    }

print(json.dumps([view(os.path.realpath(path)) for path in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Build the tarballs of all repositories and unpack each into an empty folder of its name."""
    built = tmp_path_factory.mktemp("built")
    # Not shed_build, which writes all repositories to one file, one over the other.
    outcome = planemo("shed_upload", "--tar_only", "--shed_target", NOWHERE, ROOT, folder=built)
    assert outcome.status == 0, outcome.text
    folder = tmp_path_factory.mktemp("unpacked")
    for path in built.glob("shed_upload_*.tar.gz"):
        with tarfile.open(path) as archive:
            archive.extractall(folder / path.name.removeprefix("shed_upload_").removesuffix(".tar.gz"), filter="data")
    return folder


@pytest.fixture(scope="module")
def seen(unpacked):
    """Return tool -> Galaxy's view of it in its unpacked repository."""
    paths = [unpacked / tool / wrapper.name for tool, wrapper in WRAPPERS.items()]
    command = [environments.python(environments.galaxy()), "-c", ASK_GALAXY, *paths]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return dict(zip(WRAPPERS, json.loads(answer.stdout), strict=True))


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def scripts():
    """Return the modules, and the templates beside them."""
    found = (path for path in (TOOLS / "scripts").rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(TOOLS)) for path in found}


def test_list_of_files_is_up_to_date():
    assert write_shed.SHED.read_text(encoding="utf-8") == write_shed.text(), "run tox run -e macros"


def test_list_of_files_follows_the_wrapper(tmp_path):
    """A wrapper that imports other macros and names other data gets others, those of the macros among them."""
    data = tmp_path / "test-data"
    data.mkdir()
    for name in ("a.tabular", "b.tabular", "c.tabular", "unused.tabular"):
        (data / name).touch()
    (tmp_path / "inner.xml").write_text('<macros><xml name="m"><param value="c.tabular"/></xml></macros>')
    (tmp_path / "outer.xml").write_text("<macros><import>inner.xml</import></macros>")
    wrapper = tmp_path / "tool.xml"
    wrapper.write_text(
        '<tool><macros><import>outer.xml</import></macros><tests><test><param name="x" value="a.tabular,b.tabular"/>'
        "</test></tests><help>unused.tabular</help></tool>"
    )
    assert [path.name for path in write_shed.imported(wrapper)] == ["inner.xml", "outer.xml"]
    assert [path.name for path in write_shed.named_data(wrapper, data)] == ["a.tabular", "b.tabular", "c.tabular"]


@with_planemo
def test_one_repository_a_tool_and_the_suite(unpacked):
    assert {path.name for path in unpacked.iterdir()} == {*WRAPPERS, SUITE}


@with_planemo
def test_suite_names_the_six(unpacked):
    assert files(unpacked / SUITE) == {"repository_dependencies.xml"}
    root = ET.parse(unpacked / SUITE / "repository_dependencies.xml").getroot()
    named = {(repository.get("owner"), repository.get("name")) for repository in root}
    assert named == {("galaxy-deep-learning", tool) for tool in WRAPPERS}


@with_planemo
def test_holds_real_files_only(unpacked):
    links = [path for path in unpacked.rglob("*") if path.is_symlink()]
    assert not links
    assert not list(unpacked.rglob("__pycache__"))


@with_planemo
@each_tool
def test_holds_what_a_repository_needs_and_no_more(tool, unpacked, seen):
    wrapper = WRAPPERS[tool]
    macros = {str(path.relative_to(TOOLS)) for path in write_shed.imported(wrapper)}
    data = {f"test-data/{name}" for name in seen[tool]["data"]}
    assert files(unpacked / tool) == {wrapper.name, *macros, *scripts(), *data, *write_shed.PAPERS}
    assert sum(path.stat().st_size for path in (unpacked / tool).rglob("*") if path.is_file()) < MOST_BYTES


@with_planemo
@each_tool
def test_script_starts(tool, unpacked, tmp_path):
    script = unpacked / tool / "scripts" / f"{WRAPPERS[tool].stem}.py"
    help_text = subprocess.run(
        [sys.executable, "-Es", script, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert help_text.returncode == 0, help_text.stderr
    assert "--inputs" in help_text.stdout


@with_planemo
@each_tool
def test_galaxy_loads_the_tool_and_its_tests(tool, seen):
    view = seen[tool]
    assert view["id"] == tool
    assert "@" not in view["version"]
    assert view["tests"] == len(ET.parse(WRAPPERS[tool]).findall("tests/test"))
    assert not view["problems"]


@with_planemo
@each_tool
def test_galaxy_finds_every_script(tool, seen):
    assert scripts() <= set(seen[tool]["required"])
