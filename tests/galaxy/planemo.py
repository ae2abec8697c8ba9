"""Planemo as a separate program: its packages and the tools' would not go together."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.places import ROOT, TEST_DATA

from .server import EmbeddedGalaxy


@dataclass(frozen=True)
class Outcome:
    """How a run of Planemo ended, and what it said."""

    status: int
    text: str


def available() -> bool:
    """Return whether Planemo is on the path."""
    return shutil.which("planemo") is not None


def planemo(*arguments: str | Path, folder: Path = ROOT) -> Outcome:
    """Run Planemo in a folder and return how it ended."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
    process = subprocess.run(
        ["planemo", *map(str, arguments)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(process.returncode, process.stdout)


def run_own_tests(galaxy: EmbeddedGalaxy, tested: Path) -> Outcome:
    """Run the tests that a tool's file holds, or that lie beside a workflow's, in a running Galaxy."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        outcome = planemo(
            *("test", "--engine", "external_galaxy", "--galaxy_url", galaxy.url),
            *("--galaxy_admin_key", galaxy.admin_key, "--galaxy_user_key", galaxy.user_key),
            *("--no_shed_install", "--test_data", TEST_DATA),
            *("--test_output", Path(folder) / "results.html", "--test_output_json", results),
            tested,
        )
        return Outcome(outcome.status, outcome.text + _problems(results))


def _problems(results: Path) -> str:
    """Return what failed and what the failed jobs printed, from Planemo's own report."""
    if not results.is_file():
        return ""
    lines = []
    for test in json.loads(results.read_text(encoding="utf-8"))["tests"]:
        data = test["data"]
        if data["status"] == "success":
            continue
        job = data.get("job") or {}
        details = {
            "problem": "\n".join(map(str, data.get("output_problems") or [data.get("execution_problem")])),
            "stdout": job.get("stdout"),
            "stderr": job.get("stderr"),
        }
        lines.append(f"\n{test['id']}: {data['status']}")
        lines += [f"--- {name}\n{text}" for name, text in details.items() if text]
    return "\n".join(lines)
