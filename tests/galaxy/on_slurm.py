"""Run the tools as a server with a cluster does: every step a job of Slurm, with what it is granted there.

    .venv/bin/tox run -e slurm

Galaxy's job configuration, the rules of what each tool is granted (Total Perspective Vortex) and the file that tells
jobs their time limit are those of `deployment/slurm`; only places differ, and what `here.yml` says of this machine.
Slurm is this machine's own (see `slurm_cluster.py`); it wants the packages `slurmctld slurmd slurm-client munge`. No
part of `tox run -e tests`, since it takes minutes and Slurm.
"""

import re
import sys
from pathlib import Path

import yaml

from tests.support.places import TEST_DATA

from . import environments, rehearsal, slurm_settings
from .cluster_jobs import GalaxyJob, builder, history_jobs, run, training
from .demo import SMALL_DATA, TABLES, accuracy, read_column
from .deployment import check, put
from .repository import WORKFLOW, WRAPPERS
from .server import EmbeddedGalaxy
from .slurm_cluster import EmbeddedSlurm, SlurmJob
from .workflow import WorkflowRun

SHIPPED_PLACE = "/srv/galaxy/deployment/slurm"
# One in ten would be right by chance.
LEAST_ACCURACY = 0.3
HOPELESS, GROWING, LIMITED, KILLED = "too little memory", "too little memory at first", "two minutes", "one minute"
# GiB of the first attempt: doubled three times it does not do for a training, but for a builder, which takes 0.05.
HOPELESS_GIB, GROWING_GIB = 0.015, 0.02
LIMITED_MINUTES = 2
# Slurm's limit for a job that is told that it ends in the year 2100.
KILLED_MINUTES, NEVER = 1, "4102444800"
_OUT_OF_MEMORY = "Out of memory error"
ENDLESS = {
    "experiment_schemes|hyperparams_swapping|param_set_0|sp_name": "epochs",
    "experiment_schemes|hyperparams_swapping|param_set_0|sp_value": "1000000",
}
# What a training prints that ended in time, before Slurm would have ended it.
_STOPPED, _BY_SLURM = "The training stopped for time", "the time limit of the job in Slurm"


def configured(folder: Path) -> Path:
    """Put the shipped files into a folder, with what is this machine's; return Galaxy's job configuration."""
    put("slurm", folder, {SHIPPED_PLACE: str(folder)})
    here = {
        "tools": {
            "default": {
                "rules": [
                    _rule(HOPELESS, context={"base_gib": HOPELESS_GIB, "gib_per_gib": 0}),
                    _rule(GROWING, context={"base_gib": GROWING_GIB, "gib_per_gib": 0}),
                    _rule(LIMITED, context={"minutes": LIMITED_MINUTES}),
                    _rule(KILLED, context={"minutes": KILLED_MINUTES}, env={"SLURM_JOB_END_TIME": NEVER}),
                ]
            }
        },
        "destinations": {"slurm": {"max_cores": slurm_settings.cores(), "max_mem": slurm_settings.memory_mb() // 1024}},
    }
    (folder / "here.yml").write_text(yaml.safe_dump(here), encoding="utf-8")
    path = folder / "job_conf.yml"
    configuration = yaml.safe_load(path.read_text(encoding="utf-8"))
    configuration["execution"]["environments"]["tpv"]["tpv_config_files"].append(str(folder / "here.yml"))
    path.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return path


def _rule(history: str, **then: object) -> dict:
    """Return a rule for the jobs of a history."""
    return {"id": history, "if": f"job.history is not None and job.history.name == {history!r}", **then}


def granted(folder: Path, job: GalaxyJob) -> tuple[int, int]:
    """Return the processors and MB that the rules grant to a job."""
    tools = yaml.safe_load((folder / "tpv.yml").read_text(encoding="utf-8"))["tools"]
    named = [rule for pattern, rule in tools.items() if pattern != "default" and re.fullmatch(pattern, job.tool)]
    check(len(named) == 1, f"tpv.yml has {len(named)} entries for {job.tool}, not one")
    context = tools["default"]["context"] | named[0]["context"]
    cores = named[0].get("cores", tools["default"]["cores"])
    gib = context["base_gib"] + context["gib_per_gib"] * job.input_bytes / 2**30
    return min(cores, slurm_settings.cores()), int(1024 * gib)


def tutorial(galaxy: EmbeddedGalaxy, slurm: EmbeddedSlurm, folder: Path):
    """Run the workflow; check where its jobs ran, what they were granted, and that it predicts well."""
    workflow = WorkflowRun(galaxy, WORKFLOW, "tutorial")
    workflow.run({name: TEST_DATA / f"{name}.tabular" for name in TABLES}, SMALL_DATA)
    jobs = history_jobs(workflow.api, workflow.history)
    check({job.tool for job in jobs} == set(WRAPPERS), f"the tools that ran are {sorted(job.tool for job in jobs)}")
    ended = slurm.ended()
    for job in sorted(jobs, key=lambda job: int(job.external)):
        _check_job(job, ended, granted(folder, job))
    predicted = read_column(workflow.fetch("predictions", folder / "predictions"))[1:]
    right = accuracy(read_column(TEST_DATA / "y_test.tabular"), predicted)
    check(right >= LEAST_ACCURACY, f"accuracy {right:.3f}")
    say(f"accuracy on the test set: {right:.3f}")


def _check_job(job: GalaxyJob, ended: dict[str, SlurmJob], rules: tuple[int, int]):
    """Check that Slurm ran a job, with what the rules grant, and that the job was told so."""
    inside = ended.get(job.external)
    check(inside is not None and inside.state == "COMPLETED", f"{job.tool}: in Slurm {job.external!r} is {inside}")
    of_slurm, of_galaxy = (inside.cores, inside.memory_mb), (job.slots, job.memory_mb)
    told = f"{job.tool}: Slurm job {job.external}, cores and MB by the rules {rules}, of Slurm {of_slurm}, in the job"
    check(rules == of_slurm == of_galaxy, f"{told} {of_galaxy}")
    say(f"{told} {of_galaxy}")


def out_of_memory(galaxy: EmbeddedGalaxy, slurm: EmbeddedSlurm):
    """Run jobs with too little memory: one for which even the last attempt fails, in words, and one that it suits."""
    if not slurm.holds_memory:
        say("LEFT OUT: jobs with too little memory, since nothing holds them to it here")
        return
    known = set(slurm.ended())
    job = run(galaxy, HOPELESS, training())
    check(job.state == "error" and _OUT_OF_MEMORY in job.message, f"{HOPELESS}: {job}")
    say(f"{HOPELESS}: {_attempts(slurm, known)}, then Galaxy says: {job.message.strip().splitlines()[-1]}")
    known = set(slurm.ended())
    job = run(galaxy, GROWING, builder())
    attempts = _attempts(slurm, known)
    check(job.state == "ok" and "OUT_OF_MEMORY" in attempts, f"{GROWING}: {attempts}; {job}")
    say(f"{GROWING}: {attempts}, and the job ends green")


def _attempts(slurm: EmbeddedSlurm, known: set[str]) -> str:
    new = [job for number, job in slurm.ended().items() if number not in known]
    return ", ".join(f"job {job.number} with {job.memory_mb} MB {job.state}" for job in new)


def in_time(galaxy: EmbeddedGalaxy, slurm: EmbeddedSlurm):
    """Train for longer than Slurm gives the job: it ends green, with what it has learned."""
    known = set(slurm.ended())
    job = run(galaxy, LIMITED, training(**ENDLESS))
    attempts = _attempts(slurm, known)
    stops = [line for line in job.printed.splitlines() if _STOPPED in line and _BY_SLURM in line]
    check(job.state == "ok" and len(stops) == 1, f"{LIMITED}: {attempts}; {job}")
    say(f"time limit of {LIMITED_MINUTES} min: {attempts}; the job ends green and prints: {stops[0]}")


def killed(galaxy: EmbeddedGalaxy, slurm: EmbeddedSlurm):
    """Train for longer than Slurm gives the job, without knowing it: it is killed as a whole, and ends red."""
    known = set(slurm.ended())
    job = run(galaxy, KILLED, training(**ENDLESS))
    attempts = _attempts(slurm, known)
    check(job.state == "error" and attempts.endswith("TIMEOUT"), f"{KILLED}: {attempts}; {job}")
    say(f"time limit of {KILLED_MINUTES} min, unknown to the job: {attempts}; the job ends red")


def say(text: str):
    """Print a line of progress."""
    print(f"[cluster] {text}", flush=True)


def cluster(folder: Path):
    """Start Slurm and Galaxy, and run all there is to run."""
    with EmbeddedSlurm() as slurm:
        server = EmbeddedGalaxy(
            workers=1,
            environment=environments.galaxy_tpv,
            variables=slurm.variables,
            job_config_file=configured(folder),
        )
        with server as galaxy:
            tutorial(galaxy, slurm, folder)
            out_of_memory(galaxy, slurm)
            in_time(galaxy, slurm)
            killed(galaxy, slurm)


if __name__ == "__main__":
    sys.exit(rehearsal.run("The run on Slurm", cluster, "Every step ran as a job of Slurm; all done"))
