#!/usr/bin/env python3
"""Run a packaged workflow on a Galaxy server and download what it gives, with BioBlend.

    pip install bioblend
    export GALAXY_API_KEY=...   # in Galaxy: User, Preferences, Manage API key
    DATA=workflows/car-price-fnn/test-data
    python examples/run_workflow.py https://your.galaxy workflows/car-price-fnn/car-price-fnn.ga \
        --table X_train=$DATA/X_train.tabular --table y_train=$DATA/y_train.tabular \
        --table X_test=$DATA/X_test.tabular --table y_test=$DATA/y_test.tabular \
        --value epochs=60 --value batch_size=10 --output results

A server that has installed the tools from a Tool Shed wants the copy of the workflow that workflows/long_ids.py prints.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from bioblend import ConnectionError as Refused
from bioblend.galaxy import GalaxyInstance
from requests.exceptions import ConnectionError as NotReached

KEY = "GALAXY_API_KEY"
WAIT_SECONDS = 5
# Every step has its jobs from then on; "completed" is what newer servers say.
SCHEDULED = ("scheduled", "completed")
FINISHED = ("ok", "skipped")
BROKEN = ("error", "failed", "deleted", "deleting", "stopped", "paused")


class WorkflowFailed(Exception):
    """The workflow cannot give its outputs; the message says which step failed and what its job said."""


def pair(text: str) -> tuple[str, str]:
    """Split LABEL=SOMETHING, which the command line names."""
    label, mark, rest = text.partition("=")
    if not (label and mark and rest):
        raise argparse.ArgumentTypeError(f"LABEL=... is wanted, and {text!r} was given")
    return label, rest


def table(text: str) -> tuple[str, Path]:
    """Split LABEL=FILE; the file must be there."""
    label, path = pair(text)
    if not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"no such file: {path}")
    return label, Path(path)


def value(text: str) -> tuple[str, object]:
    """Split LABEL=VALUE; numbers, true and false are such, everything else is text."""
    label, given = pair(text)
    try:
        return label, json.loads(given)
    except ValueError:
        return label, given


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("server", help="address of the Galaxy server")
    parser.add_argument("workflow", type=Path, help="a packaged workflow (.ga)")
    parser.add_argument("--table", type=table, action="append", default=[], metavar="LABEL=FILE", help="an input")
    parser.add_argument("--value", type=value, action="append", default=[], metavar="LABEL=VALUE", help="a parameter")
    parser.add_argument("--output", type=Path, default=Path("results"), help="folder (default: %(default)s)")
    args = parser.parse_args()
    if not os.environ.get(KEY):
        parser.error(f"set the environment variable {KEY} to your API key on that server")
    if not args.workflow.is_file():
        parser.error(f"no such file: {args.workflow}")
    return args


def start(api: GalaxyInstance, args: argparse.Namespace) -> str:
    """Upload the workflow and its tables into a new history and start it; return the id of the invocation."""
    history = api.histories.create_history(args.workflow.stem)
    workflow = api.workflows.import_workflow_from_local_path(str(args.workflow))
    inputs: dict = dict(args.value)
    for label, path in args.table:
        print(f"uploading {label}", flush=True)
        # Without auto_decompress Galaxy keeps a packed table packed.
        answer = api.tools.upload_file(
            str(path), history["id"], file_name=label, file_type="tabular", auto_decompress=True
        )
        inputs[label] = {"src": "hda", "id": answer["outputs"][0]["id"]}
    # The tables need not be there yet: Galaxy runs each step once its inputs are.
    return api.workflows.invoke_workflow(
        workflow["id"],
        inputs=inputs,
        inputs_by="name",
        history_id=history["id"],
        require_exact_tool_versions=True,
    )["id"]


def wait(api: GalaxyInstance, invocation: str) -> dict:
    """Wait until every step has ended well and return the invocation; say what each job is at meanwhile."""
    seen: dict[str, str] = {}
    while True:
        now = api.invocations.show_invocation(invocation)
        if now["state"] in ("failed", "cancelled"):
            raise WorkflowFailed(f"Galaxy could not start all steps: {now.get('messages') or now['state']}")
        labels = {step["job_id"]: step["workflow_step_label"] for step in now["steps"] if step.get("job_id")}
        # The first first: what waits for a job that failed fails or is paused as well, and has nothing to say.
        jobs = sorted(api.jobs.get_jobs(invocation_id=invocation), key=lambda job: job["create_time"])
        for job in jobs:
            name = labels.get(job["id"]) or job["tool_id"]
            if seen.get(job["id"]) != job["state"]:
                print(f"{name}: {job['state']}", flush=True)
            seen[job["id"]] = job["state"]
            if job["state"] in BROKEN:
                raise WorkflowFailed(f"step {name!r}: {last_words(api, job['id'])}")
        if now["state"] in SCHEDULED and all(job["state"] in FINISHED for job in jobs):
            return now
        time.sleep(WAIT_SECONDS)


def last_words(api: GalaxyInstance, job: str) -> str:
    """Return the last line that a job wrote to its standard error, where the tools say what is wrong."""
    told = api.jobs.show_job(job, full_details=True)
    lines = [line for line in (told.get("tool_stderr") or told.get("stderr") or "").splitlines() if line.strip()]
    return lines[-1] if lines else f"the job ended in state {told['state']!r} and said nothing"


def download(api: GalaxyInstance, outputs: dict, folder: Path):
    """Store every labelled output in a folder, under its label and with its datatype at the end of the name."""
    folder.mkdir(parents=True, exist_ok=True)
    for label, output in sorted(outputs.items()):
        extension = api.datasets.show_dataset(output["id"])["extension"]
        path = folder / f"{label}.{extension}"
        api.datasets.download_dataset(output["id"], file_path=str(path), use_default_filename=False)
        print(f"stored {path}", flush=True)


def main() -> int:
    """Run the workflow and return the exit status: 1 where it failed, with one line that says why."""
    args = arguments()
    try:
        api = GalaxyInstance(args.server, os.environ[KEY])
        download(api, wait(api, start(api, args))["outputs"], args.output)
    except (WorkflowFailed, Refused, NotReached) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
