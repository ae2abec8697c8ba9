"""What is found by reading: by Planemo in the tools, the workflow and the repository, by Ruff and others in the code."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.galaxy.planemo import available, planemo
from tests.galaxy.repository import PACKAGED, ROOT, WRAPPERS

WORKFLOWS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".github" / "workflows").glob("*.yml"))

with_planemo = pytest.mark.skipif(not available(), reason="planemo is not on the path; tox installs it")


@with_planemo
def test_tools_have_no_warning():
    outcome = planemo("lint", "--fail_level", "warn", *WRAPPERS.values())
    assert outcome.status == 0, outcome.text
    assert all(f"Linting tool {wrapper}" in outcome.text for wrapper in WRAPPERS.values()), outcome.text


@with_planemo
@pytest.mark.parametrize("workflow", PACKAGED, ids=lambda path: path.stem)
def test_workflow_has_no_warning(workflow):
    outcome = planemo("workflow_lint", "--fail_level", "warn", workflow)
    assert outcome.status == 0, outcome.text


@with_planemo
def test_repositories_have_no_warning():
    # One check asks the public Tool Shed whether this version is newer than the one there.
    arguments = ("--tools", "--fail_level", "warn", "--skip", "version_bumped", ROOT)
    outcome = planemo("shed_lint", *arguments)
    assert outcome.status == 0, outcome.text
    assert outcome.text.count("Linting repository") == len(WRAPPERS) + 1, outcome.text
    assert outcome.text.count("+Linting tool") == len(WRAPPERS), outcome.text


def run(*command: str) -> subprocess.CompletedProcess:
    """Run a program of this Python's environment in the repository's root."""
    program = Path(sys.executable).parent / command[0]
    found = program if program.exists() else shutil.which(command[0])
    assert found, f"{command[0]} is not installed; tox run -e tests installs it"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools" / "scripts")}
    return subprocess.run([found, *command[1:]], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS),
        ("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"),
        ("zizmor", "--offline", "--persona", "pedantic", ".github"),
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_workflows_are_right_and_safe(arguments):
    outcome = run(*arguments)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_ruff_looks_at_every_file():
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository, which would tell the files")
    known = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    expected = {ROOT / name for name in known.splitlines() if (ROOT / name).exists()}
    looked_at = {Path(line) for line in run("ruff", "check", "--show-files", ".").stdout.splitlines()}
    assert len(expected) > 200
    assert expected <= looked_at


@pytest.mark.parametrize("arguments", [("check", "."), ("format", "--check", ".")], ids=" ".join)
def test_ruff_finds_nothing(arguments):
    outcome = run("ruff", *arguments)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_packages_import_downwards_only():
    outcome = run("lint-imports")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "Packages import downwards only KEPT" in outcome.stdout


def test_types_hold():
    outcome = run("mypy")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "no issues found" in outcome.stdout


def test_no_test_module_imports_another():
    """What tests share lies in tests/support."""
    found = []
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            found += [f"{path}: {name}" for name in modules if name.rpartition(".")[2].startswith("test_")]
    assert not found
