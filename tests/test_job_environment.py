"""What a job tells of its environment before its command runs: which versions are there, under whatever names."""

import string
import subprocess
import sys
import venv

import pytest

from tests.galaxy.repository import WRAPPERS
from tests.support import interface
from tests.support.places import TOOLS

# The library of the step as it is called when it comes under its own name.
OWN_NAME = {tool: "tensorflow" for tool in ("keras_train_and_eval", "model_prediction", "ml_visualization_ex")}


@pytest.fixture(scope="module")
def wrappers():
    """Return tool id -> the root of its wrapper, with the macros put in."""
    return interface.expanded()


def environment(folder):
    """Make a virtual environment whose Python has no package; return its folder and the one for packages."""
    venv.create(folder, symlinks=True)
    return folder, folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Return an environment without any package."""
    return environment(tmp_path_factory.mktemp("bare"))[0]


@pytest.fixture(scope="module")
def renamed(tmp_path_factory):
    """Return an environment with TensorFlow alone, under the name that PyPI gives its build without GPUs."""
    folder, packages = environment(tmp_path_factory.mktemp("renamed"))
    for path, text in {
        "tensorflow_cpu-2.21.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tensorflow-cpu\nVersion: 2.21.0\n",
        "tensorflow_cpu-2.21.0.dist-info/top_level.txt": "tensorflow\n",
        "tensorflow/__init__.py": "raise SystemExit('to tell the version it need not be imported')\n",
    }.items():
        (packages / path).parent.mkdir(exist_ok=True)
        (packages / path).write_text(text, encoding="utf-8")
    return folder


def told(root, path, folder):
    """Run a version command as Galaxy's job script does, before a command; return what it tells and what the script prints."""
    command = string.Template(root.findtext("version_command").strip()).safe_substitute(
        {"__tool_directory__": str(TOOLS)}
    )
    script = folder / "tool_script.sh"
    script.write_text(
        f"set -e\n{command} > '{folder}/COMMAND_VERSION' 2>&1;\necho the command runs\n", encoding="utf-8"
    )
    environment = {"PATH": str(path), "LC_ALL": "C"}
    process = subprocess.run(["/bin/bash", script], env=environment, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (0, "the command runs\n", "")
    return (folder / "COMMAND_VERSION").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("tool", WRAPPERS)
def test_version_command_names_what_is_there(tool, wrappers, tmp_path):
    python = tmp_path / "python"
    python.write_text(f'#!/bin/bash\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    versions = dict(entry.split(" ") for entry in told(wrappers[tool], tmp_path, tmp_path).split(", "))
    assert set(versions) >= (
        {OWN_NAME[tool]} if tool in OWN_NAME else {"numpy"} if tool == "sklearn_to_categorical" else {"keras"}
    )
    assert all(version[0].isdecimal() for version in versions.values())


@pytest.mark.parametrize("tool", WRAPPERS)
def test_version_command_without_any_package_lets_the_job_run(tool, wrappers, bare, tmp_path):
    entries = told(wrappers[tool], bare / "bin", tmp_path).split(", ")
    assert len(entries) >= 2
    assert all(entry.endswith(" not found") for entry in entries)


@pytest.mark.parametrize("tool", OWN_NAME)
def test_version_command_finds_a_package_under_another_name(tool, wrappers, renamed, tmp_path):
    entries = told(wrappers[tool], renamed / "bin", tmp_path).split(", ")
    assert "tensorflow-cpu 2.21.0" in entries
    assert "keras not found" in entries


@pytest.mark.parametrize("tool", WRAPPERS)
def test_version_command_without_python_lets_the_job_run(tool, wrappers, tmp_path):
    assert "python" in told(wrappers[tool], tmp_path / "nowhere", tmp_path)
