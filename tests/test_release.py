"""What a release says of itself is the same everywhere, and what makes one is safe."""

import itertools
import json
import re
import subprocess
import tomllib
from dataclasses import dataclass

import pytest
import yaml

from tests import changed_tools
from tests.galaxy import environments, repository, toolshed
from tests.galaxy.repository import PACKAGED, WRAPPERS
from tests.support.places import ROOT

AUTHORS = ("the project's contributors",)
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DOI = "10.1371/journal.pcbi.1009014"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a file tells of the software."""

    title: str
    version: str
    license: str
    authors: tuple[str, ...]
    abstract: str
    keywords: tuple[str, ...]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def of_citation():
    told = yaml.safe_load(read("CITATION.cff"))
    names = tuple(author["name"] for author in told["authors"])
    return Told(
        title=told["title"],
        version=str(told["version"]),
        license=told["license"],
        authors=names,
        abstract=told["abstract"].strip(),
        keywords=tuple(told["keywords"]),
    )


def of_codemeta():
    told = json.loads(read("codemeta.json"))
    names = tuple(author["name"] for author in told["author"])
    return Told(
        title=told["name"],
        version=told["version"],
        license=told["license"].removeprefix("https://spdx.org/licenses/"),
        authors=names,
        abstract=told["description"],
        keywords=tuple(told["keywords"]),
    )


def of_zenodo():
    told = json.loads(read(".zenodo.json"))
    names = tuple(creator["name"] for creator in told["creators"])
    return Told(
        title=told["title"],
        version=told["version"],
        license=told["license"],
        authors=names,
        abstract=told["description"],
        keywords=tuple(told["keywords"]),
    )


@pytest.mark.parametrize("told", [of_citation, of_codemeta, of_zenodo], ids=lambda read: read.__name__)
def test_all_files_tell_the_same(told):
    project = tomllib.loads(read("pyproject.toml"))["project"]
    found = told()
    assert found.version == repository.version() == project["version"]
    assert found.license == project["license"] == "MIT"
    assert found.authors == tuple(author["name"] for author in project["authors"]) == AUTHORS
    assert found.keywords == tuple(project["keywords"])
    assert found == of_citation()
    # A package's name has no spaces, capitals or small words.
    assert set(project["name"].split("-")) == set(found.title.lower().split()) - {"for"}


def test_wrappers_name_the_authors():
    assert f'<organization name="{AUTHORS[0]}"/>' in repository.MACROS.read_text(encoding="utf-8")


def test_licenses_of_the_wrappers_and_the_file():
    assert all('license="MIT"' in path.read_text(encoding="utf-8") for path in WRAPPERS.values())
    assert read("LICENSE").startswith("MIT License")


def test_all_files_name_the_article():
    assert all(DOI in read(name) for name in ("CITATION.cff", "codemeta.json", ".zenodo.json"))


def test_changelog_begins_with_the_version():
    assert re.search(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)[1] == repository.version()


@pytest.mark.parametrize("workflow", PACKAGED, ids=lambda path: path.stem)
def test_workflow_names_the_version(workflow):
    steps = json.loads(workflow.read_text(encoding="utf-8"))["steps"].values()
    # Tools whose names are in underscores are Galaxy's own.
    versions = {step["tool_version"] for step in steps if step["type"] == "tool" and step["tool_id"][0] != "_"}
    assert versions == {f"{repository.version()}+galaxy0"}


@pytest.mark.parametrize("tag, status", [("v" + repository.version(), 0), (repository.version(), 1), ("v0.0.1", 1)])
def test_only_the_tag_of_the_version_is_shipped(tag, status):
    command = [environments.python(environments.tools()), "-m", "tests.galaxy.repository", "is", tag]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == status


def test_readme_prints_the_six_tools_to_install():
    printed = yaml.safe_load(toolshed.printed_list())
    owner = yaml.safe_load(read(".shed.yml"))["owner"]
    assert {(tool["name"], tool["owner"]) for tool in printed["tools"]} == {(name, owner) for name in WRAPPERS}
    assert len(printed["tools"]) == len(WRAPPERS)
    assert {tool["tool_shed_url"] for tool in printed["tools"]} == {toolshed.PUBLIC_SHED}


def test_rehearsal_changes_no_more_than_the_host_and_conda():
    printed = yaml.safe_load(toolshed.printed_list())
    used = yaml.safe_load(toolshed.tool_list("http://127.0.0.1:9/"))
    assert {tool.pop("tool_shed_url") for tool in used["tools"]} == {"http://127.0.0.1:9/"}
    assert [tool.pop("tool_shed_url") for tool in printed["tools"]]
    assert used.pop("install_resolver_dependencies") is not printed.pop("install_resolver_dependencies")
    assert used == printed


def test_readme_prints_the_pins_for_conda():
    text = re.sub(r"\s*\\\n\s*", " ", read("README.md"))
    assert repository.conda_arguments() in text


def test_tool_shed_is_of_the_version_of_galaxy():
    versions = {line.partition("==")[2] for line in (*environments.GALAXY_PACKAGES, *environments.SHED_PACKAGES)}
    assert versions - {""} == {environments.GALAXY_VERSION}


each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


@each_workflow
def test_workflow_may_read_and_no_more(path):
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert text["permissions"] == {"contents": "read"}
    assert not [name for name, job in text["jobs"].items() if "permissions" in job]


@each_workflow
def test_actions_are_pinned_by_commit_and_full_version(path):
    used = re.findall(r"uses: *(.*)", path.read_text(encoding="utf-8"))
    assert used
    assert not [name for name in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", name)]


@each_workflow
def test_what_a_workflow_runs_is_there(path):
    text = path.read_text(encoding="utf-8")
    environments_of_tox = set(re.findall(r"^\[testenv:(\w+)\]", read("tox.ini"), re.MULTILINE))
    assert set(re.findall(r"tox run -e (\S+)", text)) <= environments_of_tox
    assert all((ROOT / name).is_file() for name in re.findall(r"-r (\S+)", text))


def test_keys_are_read_in_protected_environments_only():
    jobs = itertools.chain(*(yaml.safe_load(path.read_text())["jobs"].items() for path in WORKFLOWS))
    with_keys = {name: job.get("environment") for name, job in jobs if "secrets." in json.dumps(job)}
    assert with_keys == {"test-tool-shed": "test-tool-shed", "main-tool-shed": "main-tool-shed"}


def test_test_tool_shed_comes_first():
    jobs = yaml.safe_load(read(".github/workflows/release.yml"))["jobs"]
    assert jobs["main-tool-shed"]["needs"] == "test-tool-shed"
    assert set(jobs["test-tool-shed"]["needs"]) == {"check", "rehearsal"}


@pytest.mark.parametrize(
    "changed, tools",
    [
        (["README.md"], []),
        (["tools/to_categorical.xml"], ["sklearn_to_categorical"]),
        (["test-data/no_model.json"], ["keras_model_builder"]),
        (["tools/macros/plots.xml", "benchmarks/rows.py"], ["ml_visualization_ex"]),
        (["tools/scripts/dltools/core/files.py"], list(WRAPPERS)),
        (["requirements/galaxy.txt"], list(WRAPPERS)),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_a_change_touches_the_tools_that_ship_it(changed, tools):
    assert changed_tools.touched(changed) == tools


def test_chunks_hold_each_tool_once():
    found = changed_tools.chunks(list(WRAPPERS), 4)
    assert len(found) == 4
    assert sorted(" or ".join(found).split(" or ")) == sorted(WRAPPERS)
    assert changed_tools.chunks([], 4) == []
