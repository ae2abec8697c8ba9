"""The example runs as a user runs it: as a program, against the embedded Galaxy."""

import os
import subprocess
import sys

from tests.galaxy.repository import PACKAGED
from tests.support.places import ROOT

SCRIPT = ROOT / "examples" / "run_workflow.py"
WORKFLOW = PACKAGED["car-price-fnn"]
TABLES = {
    name: WORKFLOW.parent / "test-data" / f"{name}.tabular" for name in ("X_train", "y_train", "X_test", "y_test")
}
VALUES = ("--value", "epochs=60", "--value", "batch_size=10")


def run(server, key, output, tables=TABLES):
    """Run the example and return how it ended."""
    given = [word for label, path in tables.items() for word in ("--table", f"{label}={path}")]
    command = [sys.executable, SCRIPT, server, WORKFLOW, *given, *VALUES, "--output", output]
    environment = {name: value for name, value in os.environ.items() if name != "GALAXY_API_KEY"}
    environment |= {"GALAXY_API_KEY": key} if key else {}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_ok_downloads_what_the_workflow_gives(galaxy, tmp_path):
    outcome = run(galaxy.url, galaxy.user_key, tmp_path / "results")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    stored = {path.name for path in (tmp_path / "results").iterdir()}
    assert stored == {
        "architecture.tabular",
        "model_builder.zip",
        "predictions.tabular",
        "regression_plot.png",
        "report.html",
        "residuals.tabular",
        "scores.tabular",
        "trained_model.h5mlm",
    }
    header, *rows = (tmp_path / "results" / "predictions.tabular").read_text(encoding="utf-8").splitlines()
    assert header == "Predicted"
    assert len(rows) == len(TABLES["y_test"].read_text(encoding="utf-8").splitlines()) - 1
    assert "Training: ok" in outcome.stdout


def test_fail_names_the_step_and_what_its_job_said(galaxy, tmp_path):
    outcome = run(galaxy.url, galaxy.user_key, tmp_path / "results", TABLES | {"y_train": TABLES["y_test"]})
    assert outcome.returncode == 1
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("failed: step 'Training': ")
    assert "180" in line and "60" in line
    assert not (tmp_path / "results").exists()


def test_fail_with_a_wrong_key(galaxy, tmp_path):
    outcome = run(galaxy.url, "0" * 32, tmp_path / "results")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("failed: ")
    assert "Traceback" not in outcome.stderr


def test_fail_where_no_server_answers(tmp_path):
    outcome = run("http://127.0.0.1:9", "0" * 32, tmp_path / "results")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("failed: ")
    assert "Traceback" not in outcome.stderr


def test_fail_without_a_key(tmp_path):
    outcome = run("http://127.0.0.1:9", "", tmp_path / "results")
    assert outcome.returncode == 2
    assert "set the environment variable GALAXY_API_KEY" in outcome.stderr


def test_fail_without_a_file(tmp_path):
    outcome = run("http://127.0.0.1:9", "0" * 32, tmp_path, TABLES | {"y_test": tmp_path / "none.tabular"})
    assert outcome.returncode == 2
    assert f"no such file: {tmp_path / 'none.tabular'}" in outcome.stderr
