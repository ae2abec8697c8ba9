"""A job that the system kills for memory ends with words that say so."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.galaxy.repository import WRAPPERS
from tests.support import interface
from tests.support.places import TEST_DATA

SCRIPT = "train_and_eval.py"
# As long as nobody kills it, the training runs on.
ENDLESS = "1000000"
WAIT_SECONDS = 300


def test_every_wrapper_tells_galaxy_how_a_killed_job_ends():
    commands = [root.find("command") for root in interface.expanded().values()]
    assert len(commands) == len(WRAPPERS)
    assert {(command.get("detect_errors"), command.get("oom_exit_code")) for command in commands} == {
        ("exit_code", "137")
    }


def wait_for(found: Callable, what: str):
    """Return what a function finds, once it finds anything."""
    ends = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < ends:
        if result := found():
            return result
        time.sleep(0.2)
    raise AssertionError(f"{what} after {WAIT_SECONDS} s")


def processes_of(state, script: str) -> list[int]:
    """Return the ids of the processes that run a script for a job of the server whose files lie in `state`."""
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    entries = [line.split(maxsplit=2) for line in listing.splitlines()]
    return [
        int(pid)
        for pid, program, *rest in entries
        if "python" in program and rest and script in rest[0] and str(state) in rest[0]
    ]


@pytest.fixture(scope="module")
def killed(galaxy):
    """Train until the process is killed from outside, as the system does for memory; return the job and its outputs."""
    from bioblend.galaxy import GalaxyInstance

    api = GalaxyInstance(galaxy.url, galaxy.user_key)
    history = api.histories.create_history("killed")["id"]
    form = {
        "experiment_schemes|hyperparams_swapping|param_set_0|sp_name": "epochs",
        "experiment_schemes|hyperparams_swapping|param_set_0|sp_value": ENDLESS,
        "input_options|column_selector_options_1|selected_column_selector_option": "all_columns",
        "input_options|column_selector_options_2|selected_column_selector_option2": "all_columns",
    }
    files = {
        "experiment_schemes|infile_estimator": "cnn_builder.zip",
        "input_options|infile1": "X_train.tabular",
        "input_options|infile2": "y_train.tabular",
    }
    for parameter, name in files.items():
        uploaded = api.tools.upload_file(str(TEST_DATA / name), history, file_type=name.rpartition(".")[2])["outputs"][
            0
        ]["id"]
        form[parameter] = {"src": "hda", "id": uploaded}
    started = api.tools.run_tool(history, "keras_train_and_eval", form)
    job = started["jobs"][0]["id"]

    def shown() -> dict:
        return api.jobs.show_job(job, full_details=True)

    (process,) = wait_for(lambda: processes_of(galaxy.state, SCRIPT), f"no process runs {SCRIPT}")
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: shown()["state"] == "error", "the job did not end red")
    return shown(), [api.datasets.show_dataset(output["id"]) for output in started["outputs"]]


def test_galaxy_says_that_the_job_ran_out_of_memory(killed):
    job, _ = killed
    assert job["exit_code"] == 137
    assert [message["desc"] for message in job["job_messages"]] == ["Out of memory error: Exit code 137 ()"]


def test_no_output_of_the_job_looks_whole(killed):
    _, outputs = killed
    assert outputs
    assert {output["state"] for output in outputs} == {"error"}
