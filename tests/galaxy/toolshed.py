"""Ship the tools as a release does, to a Tool Shed of one's own, and use them as a server that installed them.

    .venv/bin/tox run -e toolshed

Planemo creates and fills the repositories, Ephemeris installs the six tools from the list that docs/ prints, and
the tutorial's workflow runs on the installed tools by their long ids. Only the host differs from a real release, and
that the packages come from PyPI, not from conda. No part of `tox run -e tests`, since uploading takes minutes.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import yaml

from tests.support.places import ROOT, TEST_DATA

from . import rehearsal
from .demo import SMALL_DATA, TABLES, accuracy, read_column
from .planemo import Outcome, planemo
from .rehearsal import RehearsalFailed
from .repository import WORKFLOW, WRAPPERS
from .server import EmbeddedGalaxy
from .shed_server import EmbeddedToolShed
from .workflow import WorkflowRun

INSTALLATION = ROOT / "docs" / "administration" / "installation.md"
PUBLIC_SHED = "https://toolshed.g2.bx.psu.edu/"
LONG_IDS = ROOT / "workflows" / "long_ids.py"
# One in ten would be right by chance.
LEAST_ACCURACY = 0.3
# What Galaxy runs to take the tables in.
OF_GALAXY = {"upload1", "__DATA_FETCH__"}


def printed_list() -> str:
    """Return the list of tools that the documentation prints for administrators."""
    blocks = re.findall(r"```yaml\n(.*?)```", INSTALLATION.read_text(encoding="utf-8"), re.DOTALL)
    lists = [block for block in blocks if "tools:" in block]
    if len(lists) != 1:
        raise RehearsalFailed(f"{INSTALLATION} prints {len(lists)} lists of tools, not one")
    return lists[0]


def tool_list(shed_url: str) -> str:
    """Return the printed list with another Tool Shed, and without packages of conda, which is not there."""
    text = printed_list().replace(PUBLIC_SHED, shed_url)
    return text.replace("install_resolver_dependencies: true", "install_resolver_dependencies: false")


def create(shed: EmbeddedToolShed):
    """Create and fill all repositories with planemo."""
    print("[shipping] planemo creates and fills the repositories, which takes minutes", flush=True)
    outcome = planemo("shed_create", "--shed_target", shed.url, "--shed_key", shed.key, ROOT)
    updated = outcome.text.count("updated successfully")
    if outcome.status or updated != len(WRAPPERS) + 1:
        raise RehearsalFailed(f"planemo filled {updated} of {len(WRAPPERS) + 1} repositories:\n{outcome.text}")


def install(galaxy: EmbeddedGalaxy, shed: EmbeddedToolShed, folder: Path):
    """Install the six tools with Ephemeris."""
    print("[shipping] Ephemeris installs the tools, which takes minutes", flush=True)
    path = folder / "tools.yml"
    path.write_text(tool_list(shed.url), encoding="utf-8")
    command = ["shed-tools", "install", "-g", galaxy.url, "-a", galaxy.user_key, "-t", path]
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    outcome = Outcome(process.returncode, process.stdout)
    if outcome.status or f"Installed repositories ({len(WRAPPERS)})" not in outcome.text:
        raise RehearsalFailed(f"Ephemeris did not install all tools:\n{outcome.text}\n{galaxy.log_tail()}")


def long_workflow(shed: EmbeddedToolShed, folder: Path) -> Path:
    """Write the workflow with long ids, by the documented command."""
    command = [sys.executable, LONG_IDS, WORKFLOW, "--shed", shed.host]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    path = folder / "installed.ga"
    path.write_text(text, encoding="utf-8")
    return path


def run_workflow(galaxy: EmbeddedGalaxy, workflow: Path, folder: Path):
    """Run the workflow; check which tools its jobs ran and that its predictions are mostly right."""
    run = WorkflowRun(galaxy, workflow, "installed tools")
    run.run({name: TEST_DATA / f"{name}.tabular" for name in TABLES}, SMALL_DATA)
    ran = {job["tool_id"] for job in run.api.jobs.get_jobs(history_id=run.history)} - OF_GALAXY
    steps = json.loads(workflow.read_text(encoding="utf-8"))["steps"].values()
    named = {step["tool_id"] for step in steps if step["tool_id"]}
    if ran != named or len(ran) != len(WRAPPERS):
        raise RehearsalFailed(f"the workflow names {sorted(named)} and ran {sorted(ran)}")
    predicted = read_column(run.fetch("predictions", folder / "predictions"))[1:]
    right = accuracy(read_column(TEST_DATA / "y_test.tabular"), predicted)
    image = run.fetch("confusion_matrix", folder / "confusion_matrix").read_bytes()
    if right < LEAST_ACCURACY or not image.startswith(b"\x89PNG"):
        raise RehearsalFailed(f"accuracy {right:.3f}, and the confusion matrix begins with {image[:8]!r}")
    print("[shipping] the workflow ran on", *sorted(ran), sep="\n    ", flush=True)
    print(f"[shipping] accuracy on the test set: {right:.3f}", flush=True)


def ship(folder: Path):
    """Go the whole way, saying how long each part took."""
    settings = yaml.safe_load((ROOT / ".shed.yml").read_text(encoding="utf-8"))
    with EmbeddedToolShed(settings["owner"], tuple(settings["categories"])) as shed:
        started = time.monotonic()
        create(shed)
        print(f"[shipping] repositories filled after {time.monotonic() - started:.0f} s", flush=True)
        with EmbeddedGalaxy(workers=1, wrappers=(), tool_shed=shed.url) as galaxy:
            started = time.monotonic()
            install(galaxy, shed, folder)
            print(f"[shipping] tools installed after {time.monotonic() - started:.0f} s", flush=True)
            run_workflow(galaxy, long_workflow(shed, folder), folder)


if __name__ == "__main__":
    sys.exit(rehearsal.run("Shipping", ship, "Shipped, installed and run"))
