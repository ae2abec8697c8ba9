"""Run a workflow in a Galaxy through its API, say what happens meanwhile, fetch the results."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bioblend.galaxy import GalaxyInstance

from .server import EmbeddedGalaxy

POLL_SECONDS = 1.0
LIMIT_SECONDS = 3600
WAITING = {"new", "queued", "running", "waiting", "ready", "scheduled", "resubmitted", "upload"}
SCHEDULED = {"scheduled", "completed"}
CONSOLE_CHARACTERS = 100_000
FORBIDDEN = 403


class WorkflowFailed(RuntimeError):
    """A step ended red, or the workflow did not end; the message says what the job printed."""


class WorkflowRun:
    """One invocation of a workflow: upload, invoke, watch, fetch.

    `outputs` maps the labels of the workflow's outputs to dataset ids, once it has run, and `collections` those of
    its outputs that are lists to collection ids.
    """

    def __init__(self, galaxy: EmbeddedGalaxy, workflow: Path, history: str = "workflow"):
        """Import the workflow into a new history of the server's user."""
        self.api = GalaxyInstance(galaxy.url, galaxy.user_key)
        self.history = self.api.histories.create_history(history)["id"]
        self.workflow = self.api.workflows.import_workflow_from_local_path(str(workflow))["id"]
        self.outputs: dict[str, str] = {}
        self.collections: dict[str, str] = {}

    def run(self, tables: dict[str, Path], values: dict | None = None, exact_versions: bool = True, may_fail: str = ""):
        """Run the workflow on tables and values, each keyed by the label of an input.

        A workflow saved with other versions of the tools runs only without `exact_versions`. Jobs of the steps that
        `may_fail` names may end red.
        """
        inputs = {label: {"src": "hda", "id": self._upload(label, path)} for label, path in tables.items()}
        invocation = self.api.workflows.invoke_workflow(
            self.workflow,
            inputs=inputs | (values or {}),
            inputs_by="name",
            history_id=self.history,
            require_exact_tool_versions=exact_versions,
        )["id"]
        self._watch(invocation, may_fail)
        finished = self.api.invocations.show_invocation(invocation)
        self.outputs = {label: output["id"] for label, output in finished["outputs"].items()}
        self.collections = {label: output["id"] for label, output in finished["output_collections"].items()}

    def dataset(self, label: str) -> dict:
        """Return what Galaxy knows of the dataset of an output: its datatype, metadata, state."""
        return self.api.datasets.show_dataset(self.outputs[label])

    def elements(self, label: str) -> dict[str, dict]:
        """Return the datasets of an output that is a list, by their names."""
        found = self.api.dataset_collections.show_dataset_collection(self.collections[label])
        return {element["element_identifier"]: element["object"] for element in found["elements"]}

    def fetch(self, label: str, path: Path) -> Path:
        """Store an output as a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.api.datasets.download_dataset(
            self.outputs[label], file_path=str(path), use_default_filename=False, require_ok_state=True
        )
        return path

    def _upload(self, label: str, path: Path) -> str:
        print(f"[workflow] uploading {label} from {path.name}", flush=True)
        answer = self.api.tools.upload_file(
            str(path), self.history, file_name=label, file_type="tabular", auto_decompress=True
        )
        return answer["outputs"][0]["id"]

    def _watch(self, invocation: str, may_fail: Sequence[str]):
        """Wait until every step has ended, printing what starts, ends and what jobs print."""
        consoles: dict[str, _JobConsole] = {}
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            state = self.api.invocations.show_invocation(invocation)
            if state["state"] in ("failed", "cancelled"):
                raise WorkflowFailed(f"Galaxy could not schedule the workflow: {state.get('messages')}")
            for job, label in self._jobs(state):
                consoles.setdefault(job, _JobConsole(self.api, job, label, label in may_fail))
            for console in consoles.values():
                console.update()
            if state["state"] in SCHEDULED and all(console.done for console in consoles.values()):
                return
            time.sleep(POLL_SECONDS)
        raise WorkflowFailed(f"the workflow did not end within {LIMIT_SECONDS} s")

    def _jobs(self, invocation: dict) -> Iterator[tuple[str, str]]:
        """Yield each job that there is so far, with what its step is called; a list has a job for each element."""
        for step in invocation["steps"]:
            label = step["workflow_step_label"] or f"step {step['order_index'] + 1}"
            mapped = step.get("implicit_collection_jobs_id")
            if step.get("job_id"):
                yield step["job_id"], label
            elif mapped:
                shown = self.api.invocations.show_invocation_step(invocation["id"], step["id"])
                yield from ((job["id"], label) for job in shown["jobs"])


class _JobConsole:
    """What one job prints, followed while it runs."""

    def __init__(self, api: GalaxyInstance, job: str, label: str, may_fail: bool):
        self._api = api
        self._job = job
        self._label = label
        self._may_fail = may_fail
        self._state = ""
        self._printed = 0

    @property
    def done(self) -> bool:
        return self._state == "ok" or (self._state == "error" and self._may_fail)

    def update(self):
        """Print what is new; raise where the job has ended red."""
        if self.done:
            return
        job = self._api.jobs.show_job(self._job, full_details=True)
        if job["state"] != self._state and job["state"] == "running":
            print(f"[workflow] {self._label}: running", flush=True)
        if job["state"] == "running":
            self._print(self._printed_so_far(), ended=False)
        elif job["state"] == "ok":
            self._print(job["tool_stdout"] or "", ended=True)
            print(f"[workflow] {self._label}: done", flush=True)
        elif job["state"] == "error" and self._may_fail:
            print(f"[workflow] {self._label}: failed", flush=True)
        elif job["state"] not in WAITING:
            printed = "\n".join(filter(None, (job["tool_stdout"], job["tool_stderr"], job["stderr"])))
            raise WorkflowFailed(f"step '{self._label}' ended in state '{job['state']}':\n{printed}")
        self._state = job["state"]

    def _printed_so_far(self) -> str:
        """Return what the running job has printed, as Galaxy's console view shows it; "" where it does not.

        It does where the server is set up for it and sees what the job writes.
        """
        answer = self._api.make_get_request(
            f"{self._api.url}/jobs/{self._job}/console_output",
            params={
                "stdout_position": 0,
                "stdout_length": CONSOLE_CHARACTERS,
                "stderr_position": 0,
                "stderr_length": 0,
            },
        )
        if answer.status_code == FORBIDDEN:
            return ""
        answer.raise_for_status()
        return answer.json()["stdout"] or ""

    def _print(self, text: str, ended: bool):
        """Print the lines not printed before; while the job runs, its last may be half a line."""
        lines = (text if ended else text[: text.rfind("\n") + 1]).splitlines()
        for line in filter(str.strip, lines[self._printed :]):
            print(f"    {line}", flush=True)
        self._printed = max(self._printed, len(lines))
