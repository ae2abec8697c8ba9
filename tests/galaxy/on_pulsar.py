"""Run the tools on a machine that shares no file with Galaxy: every step on a Pulsar, which is sent all that it needs.

    .venv/bin/tox run -e pulsar

Galaxy's job configuration and Pulsar's own are those of `deployment/pulsar`; only places and the key differ. Pulsar
runs on this machine, but sees neither Galaxy's files nor this repository (see `pulsar_server.py`). Only the packages of
the tools are the same on both sides, found by Pulsar's own resolver. No part of `tox run -e tests`, since mounting
wants to be root.
"""

import dataclasses
import secrets
import sys
from pathlib import Path

import yaml

from tests.support.places import TEST_DATA

from . import rehearsal
from .cluster_jobs import GalaxyJob, history_jobs, run, training
from .demo import SMALL_DATA, TABLES, accuracy, read_column
from .deployment import check, put
from .pulsar_server import SHIPPED_KEY, EmbeddedPulsar
from .repository import WORKFLOW, WRAPPERS
from .server import EmbeddedGalaxy
from .supervised import free_port
from .workflow import WorkflowRun

# One in ten would be right by chance.
LEAST_ACCURACY = 0.3
# The tool that ends in time.
TRAINING = training().tool
# The table has none.
WRONG_HEADER = {"input_options|header1": "true"}
WORDS = "line 1: looks like data, not like a header"


def configured(folder: Path, galaxy_port: int, pulsar_port: int, token: str) -> Path:
    """Put Galaxy's job configuration into a folder, with this machine's places; return it."""
    places = {
        "https://galaxy.example.org": f"http://127.0.0.1:{galaxy_port}",
        "https://pulsar.example.org:8913": f"http://127.0.0.1:{pulsar_port}",
        SHIPPED_KEY: token,
    }
    return put("pulsar", folder, places) / "job_conf.yml"


@dataclasses.dataclass(frozen=True, slots=True)
class Granted:
    """What the job configuration grants to every job: processors, MB, minutes."""

    cores: int
    mb: int
    minutes: int


def granted(job_conf: Path) -> Granted:
    """Return what the job configuration grants."""
    environment = yaml.safe_load(job_conf.read_text(encoding="utf-8"))["execution"]["environments"]["pulsar"]
    values = {entry["name"]: int(entry["value"]) for entry in environment["env"]}
    return Granted(values["GALAXY_SLOTS"], values["GALAXY_MEMORY_MB"], values["DLTOOLS_MAX_MINUTES"])


def tutorial(galaxy: EmbeddedGalaxy, pulsar: EmbeddedPulsar, grant: Granted, folder: Path):
    """Run the workflow; check where its jobs ran, what they were granted, and that it predicts well."""
    workflow = WorkflowRun(galaxy, WORKFLOW, "tutorial")
    workflow.run({name: TEST_DATA / f"{name}.tabular" for name in TABLES}, SMALL_DATA)
    jobs = history_jobs(workflow.api, workflow.history)
    check({job.tool for job in jobs} == set(WRAPPERS), f"the tools that ran are {sorted(job.tool for job in jobs)}")
    for job in sorted(jobs, key=lambda job: int(job.external)):
        _check_job(job, pulsar, grant)
    predicted = read_column(workflow.fetch("predictions", folder / "predictions"))[1:]
    right = accuracy(read_column(TEST_DATA / "y_test.tabular"), predicted)
    check(right >= LEAST_ACCURACY, f"accuracy {right:.3f}")
    say(f"accuracy on the test set: {right:.3f}")


def _check_job(job: GalaxyJob, pulsar: EmbeddedPulsar, grant: Granted):
    """Check that Pulsar ran a job in its folder, with what is granted, and that the job was told so."""
    files = pulsar.staged(job.external)
    told = f"{job.tool}: Pulsar job {job.external}, sent {files} scripts, cores and MB {job.slots, job.memory_mb}"
    check(bool(files) and (job.slots, job.memory_mb) == (grant.cores, grant.mb), f"{told}; granted are {grant}")
    if job.tool == TRAINING:
        words = f"the {grant.minutes} min that this server gives the job"
        check(words in job.printed, f"{told}; it was not told of its {grant.minutes} min")
    say(told)


def users_error(galaxy: EmbeddedGalaxy):
    """Train on a table that has no header as if it had one: the user reads one plain line."""
    job = run(galaxy, "wrong header", training(**WRONG_HEADER))
    lines = [line for line in job.message.splitlines() if line.strip()]
    # The second is Galaxy's own, with the exit status.
    plain = len(lines) == 2 and lines[0].startswith("Error: ") and WORDS in lines[0]
    check(job.state == "error" and plain, f"wrong header: {job}")
    say(f"wrong header: the user reads: {lines[0]}")


def say(text: str):
    """Print a line of progress."""
    print(f"[pulsar] {text}", flush=True)


def elsewhere(folder: Path):
    """Start Pulsar and Galaxy, and run all there is to run."""
    state, remote, config = (folder / name for name in ("galaxy", "remote", "config"))
    for place in (state, remote, config):
        place.mkdir()
    port, pulsar_port, token = free_port(), free_port(), secrets.token_hex(16)
    job_conf = configured(config, port, pulsar_port, token)
    # Pulsar's view of what it is not to see is made before Galaxy writes anything there.
    with EmbeddedPulsar(remote, pulsar_port, token, hidden=(state, config)) as pulsar:
        # The folders of the jobs stay, to be looked at.
        server = EmbeddedGalaxy(state=state, workers=1, port=port, job_config_file=job_conf, cleanup_job="never")
        with server as galaxy:
            tutorial(galaxy, pulsar, granted(job_conf), config)
            users_error(galaxy)
        pulsar.check_hidden()


if __name__ == "__main__":
    sys.exit(rehearsal.run("The run on Pulsar", elsewhere, "Every step ran on Pulsar; all done"))
