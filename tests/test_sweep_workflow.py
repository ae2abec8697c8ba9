"""The packaged workflow of a sweep, invoked in the embedded Galaxy: a job for each builder, and one run that fails."""

import json

import pytest

from tests.galaxy.repository import PACKAGED
from tests.support.places import TEST_DATA

SWEEP = PACKAGED["sweep"]

# With the last rate the weights are no numbers after a few steps, so that the training ends red.
RATES, SEEDS = ("0.01", "0.0001", "1e30"), ("1", "2")
VALUES = {
    "number_of_classes": 10,
    "header": False,
    "learning_rates": ", ".join(RATES),
    "batch_sizes": "32",
    "seeds": ", ".join(SEEDS),
    "epochs": 4,
}
GOOD, FAILED = (
    {f"learning_rate-{rate}_batch_size-32_random_seed-{seed}" for rate in rates for seed in SEEDS}
    for rates in (RATES[:2], ("1e+30",))
)


@pytest.fixture(scope="module")
def sweep(galaxy, uncaptured):
    """Run the packaged workflow once on the digits in test-data."""
    from tests.galaxy.workflow import WorkflowRun

    run = WorkflowRun(galaxy, SWEEP, "sweep test")
    tables = {"samples": TEST_DATA / "X_train.tabular", "classes": TEST_DATA / "y_train.tabular"}
    with uncaptured():
        # Galaxy 26.1 calls the job of its own filter failed as well, but gives its list, and goes on with that.
        run.run(tables, VALUES, may_fail=("Training", "Runs that ended well"))
    return run


def test_inputs_are_labelled_and_explained():
    steps = json.loads(SWEEP.read_text(encoding="utf-8"))["steps"].values()
    inputs = [step for step in steps if step["type"] in ("data_input", "parameter_input")]
    assert {step["label"] for step in inputs} == {"samples", "classes", *VALUES}
    assert all(step["annotation"] for step in steps)


def test_each_builder_has_a_run_of_its_name(sweep):
    names = set(sweep.elements("builders"))
    assert names == GOOD | FAILED
    states = {name: dataset["state"] for name, dataset in sweep.elements("scores").items()}
    assert set(states) == names
    assert {name for name, state in states.items() if state == "ok"} == GOOD
    assert {name for name, state in states.items() if state == "error"} == FAILED


def test_table_has_the_best_first_and_the_failed_last(sweep, tmp_path):
    header, *rows = (
        line.split("\t") for line in sweep.fetch("comparison_table", tmp_path / "table").read_text().splitlines()
    )
    first, second, last = (dict(zip(header, row, strict=True)) for row in rows)
    assert (first["rank"], first["learning_rate"], first["runs"]) == ("1", "0.01", "2")
    assert (second["rank"], second["learning_rate"], second["runs"]) == ("2", "0.0001", "2")
    assert (last["rank"], last["runs"], last["runs_without_scores"]) == ("", "0", "2")
    assert float(first["validation_accuracy"]) > 0.6 > float(second["validation_accuracy"])
    assert 0 < float(first["test_accuracy"]) <= 1 and float(first["test_accuracy_std"]) >= 0
    assert first["best_run"] in GOOD


def test_log_tells_of_the_choice_and_names_the_failed(sweep):
    dataset = sweep.dataset("comparison")
    assert dataset["extension"] == "png"
    told = sweep.api.jobs.show_job(dataset["creating_job"], full_details=True)["tool_stdout"]
    assert "Best of 2 by validation_accuracy (more is better): learning_rate-0.01_batch_size-32" in told
    assert "Report test_accuracy, at which the choice did not look" in told
    (named,) = (line for line in told.splitlines() if line.startswith("Without scores, since they failed"))
    assert all(name in named for name in FAILED)


def test_all_points_were_tested_on_the_same_rows(sweep):
    jobs = [dataset["creating_job"] for name, dataset in sweep.elements("scores").items() if name in GOOD]
    told = [sweep.api.jobs.show_job(job, full_details=True)["tool_stdout"] for job in jobs if job]
    assert len(told) == len(GOOD)
    assert all("Seed of the splits: 0, which all builders of the sweep share." in text for text in told)
