"""What Galaxy knows of the jobs of a history, and what they were granted."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bioblend.galaxy import GalaxyInstance

from tests.support.places import TEST_DATA

from .rehearsal import RehearsalFailed
from .server import EmbeddedGalaxy

# What Galaxy runs to take the tables in.
OF_GALAXY = {"upload1", "__DATA_FETCH__"}
ENDED = {"ok", "error", "paused", "deleted", "failed"}
LIMIT_SECONDS = 600
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job to be run: a tool, its inputs (parameter -> file of test-data), the rest of its form."""

    tool: str
    files: Mapping[str, str]
    form: Mapping[str, object]


def training(**form: object) -> Order:
    """Return the training of the tutorial's network on the digits of test-data, with more in its form."""
    return Order(
        tool="keras_train_and_eval",
        files={
            "experiment_schemes|infile_estimator": "cnn_builder.zip",
            "input_options|infile1": "X_train.tabular",
            "input_options|infile2": "y_train.tabular",
        },
        form={
            "input_options|column_selector_options_1|selected_column_selector_option": "all_columns",
            "input_options|column_selector_options_2|selected_column_selector_option2": "all_columns",
            **form,
        },
    )


def builder() -> Order:
    """Return the job that makes a builder of the tutorial's network, with what the form begins with."""
    return Order(
        tool="keras_model_builder",
        files={"mode_selection|infile_json": "cnn_model.json"},
        form={"mode_selection|mode_type": "train_model", "mode_selection|learning_type": "KerasGClassifier"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GalaxyJob:
    """A job as Galaxy tells of it.

    Attributes:
        tool: its id.
        external: its number where it ran; "" where Galaxy keeps none.
        state: how it ended.
        input_bytes: of all its inputs.
        slots, memory_mb: what it was granted (GALAXY_SLOTS, GALAXY_MEMORY_MB); None where it was told nothing.
        printed: its standard output.
        message: what the user reads where it failed.
    """

    tool: str
    external: str
    state: str
    input_bytes: int
    slots: int | None
    memory_mb: int | None
    printed: str
    message: str


def history_jobs(api: GalaxyInstance, history: str) -> list[GalaxyJob]:
    """Return the jobs of the tools in a history."""
    found = api.jobs.get_jobs(history_id=history)
    return [shown(api, job["id"]) for job in found if job["tool_id"] not in OF_GALAXY]


def shown(api: GalaxyInstance, job_id: str) -> GalaxyJob:
    """Return a job."""
    job = api.jobs.show_job(job_id, full_details=True)
    metrics = {metric["name"]: float(metric["raw_value"]) for metric in job["job_metrics"] if _is_number(metric)}
    inputs = {entry["id"] for entry in job["inputs"].values()}
    return GalaxyJob(
        tool=job["tool_id"],
        external=str(job.get("external_id") or ""),
        state=job["state"],
        input_bytes=sum(api.datasets.show_dataset(dataset)["file_size"] for dataset in inputs),
        slots=_whole(metrics.get("galaxy_slots")),
        memory_mb=_whole(metrics.get("galaxy_memory_mb")),
        printed=job["tool_stdout"] or "",
        message="\n".join([job["tool_stderr"] or "", *(entry["desc"] for entry in job["job_messages"] or [])]),
    )


def run(galaxy: EmbeddedGalaxy, name: str, order: Order) -> GalaxyJob:
    """Run a job in a history of a name, and wait; return it."""
    api = GalaxyInstance(galaxy.url, galaxy.user_key)
    history = api.histories.create_history(name)["id"]
    files = {label: {"src": "hda", "id": _uploaded(api, history, file)} for label, file in order.files.items()}
    job = api.tools.run_tool(history, order.tool, {**order.form, **files})["jobs"][0]["id"]
    ends = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < ends:
        if api.jobs.show_job(job)["state"] in ENDED:
            return shown(api, job)
        time.sleep(POLL_SECONDS)
    state = api.jobs.show_job(job)["state"]
    raise RehearsalFailed(f"{name}: the job is {state} after {LIMIT_SECONDS} s:\n{galaxy.log_tail()}")


def _uploaded(api: GalaxyInstance, history: str, name: str) -> str:
    path = TEST_DATA / name
    answer = api.tools.upload_file(str(path), history, file_type=Path(name).suffix.removeprefix("."))
    return answer["outputs"][0]["id"]


def _is_number(metric: Mapping[str, str]) -> bool:
    return metric["name"] in ("galaxy_slots", "galaxy_memory_mb")


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
