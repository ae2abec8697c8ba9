"""Jobs whose time is limited, through the real script: they end in time, with all outputs, and are gone on with."""

import json
import re
import time

import h5py
import pytest

from dltools.core.time_limit import MINUTES_VARIABLE, SLURM_VARIABLE
from tests.support import forms
from tests.support.builders import FAST, make_builders
from tests.support.networks import network
from tests.support.samples import write_tables
from tests.support.trainings import OUTPUTS, form_of, scores

# Seconds that a job gets here, of which its libraries take some to load; and what a busy machine may add.
GRANTED, SLACK = 21, 9
EPOCHS = 1_000_000
REPORTS = {"outfile_report": "report", "outfile_report_markdown": "report_markdown"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def builders(tmp_path_factory):
    return make_builders({"endless": (network(3), {"epochs": EPOCHS, "seed": 1, **FAST})}, tmp_path_factory)


def minutes(number, **further):
    """Return the further settings of a run with a time limit."""
    return {"run_options": {**further, "time_limit": [{"__index__": 0, "max_minutes": number}]}}


def run(form, folder, **variables):
    """Run the script; return how it ended, and the seconds that it took."""
    began = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        # A later limit, which changes nothing, but ends the job if the one that is meant does not.
        for name, value in {MINUTES_VARIABLE: "2", **variables}.items():
            patch.setenv(name, value)
        result = forms.run("train_and_eval", form, folder, **OUTPUTS, **REPORTS)
    return forms.Result(result.returncode, result.stdout, result.stderr, folder), time.monotonic() - began


@pytest.fixture(scope="module")
def by_form(data, builders, tmp_path_factory):
    form = form_of(builders, data, "endless", "y", **minutes(GRANTED / 60))
    return run(form, tmp_path_factory.mktemp("form"))


@pytest.fixture(scope="module")
def by_slurm(by_form, data, tmp_path_factory):
    """Go on with what the form's limit ended, in mixed precision, in a job of Slurm."""
    model = {"model": by_form[0].folder / "model.h5mlm"}
    form = form_of(model, data, "model", "y", **minutes("", precision="mixed_bfloat16"))
    return run(form, tmp_path_factory.mktemp("slurm"), **{SLURM_VARIABLE: str(int(time.time()) + GRANTED)})


def record(result):
    with h5py.File(result.folder / "model.h5mlm") as file:
        return json.loads(file["-model_config-"][()])


def stopped_after(result):
    """Return the epoch after which the log says that a training stopped."""
    return int(
        re.search(rf"^Caution: The training stopped for time after epoch (\d+) of {EPOCHS}: ", result.stdout, re.M)[1]
    )


def test_ends_in_time_with_all_outputs(by_form):
    result, seconds = by_form
    assert (result.returncode, result.stderr) == (0, "")
    assert seconds < GRANTED + SLACK
    assert result.written == sorted([*OUTPUTS.values(), *REPORTS.values()])
    epoch = stopped_after(result)
    assert 1 < epoch < EPOCHS
    assert len(result.table("history")) == epoch + 1
    assert (
        f"another epoch was not expected to fit the {GRANTED / 60:g} min that the form gives the job" in result.stdout
    )
    assert f"further: {EPOCHS - epoch} epochs are left." in result.stdout
    assert scores(result)["validation_accuracy"] > 0.5


def test_record_and_report_say_so(by_form):
    result, _ = by_form
    epoch = stopped_after(result)
    facts = record(result)
    assert facts["run"]["stopped_for_time"].startswith(f"The training stopped for time after epoch {epoch} of {EPOCHS}")
    assert facts["run"]["epochs_left"] == EPOCHS - epoch
    assert facts["training"]["fit"]["epochs"] == EPOCHS
    for name in REPORTS.values():
        text = (result.folder / name).read_text()
        assert text.index("Before you trust the scores") < text.index("The training stopped for time after epoch")


def test_goes_on_for_the_epochs_that_are_left(by_form, by_slurm):
    before, (result, seconds) = stopped_after(by_form[0]), by_slurm
    assert (result.returncode, result.stderr) == (0, "")
    assert seconds < GRANTED + SLACK
    assert (
        f"The time of the last training was over after epoch {before}: {EPOCHS - before} more to go." in result.stdout
    )
    assert " are left of the time limit of the job in Slurm." in result.stdout
    epoch = stopped_after(result)
    assert before < epoch < EPOCHS
    assert len(result.table("history")) == epoch + 1
    assert result.table("history")[1][:-1] == by_form[0].table("history")[1][:-1]
    assert record(result)["run"]["epochs_left"] == EPOCHS - epoch


def test_goes_on_for_other_epochs_and_afresh(by_form, data, tmp_path):
    before, model = stopped_after(by_form[0]), {"model": by_form[0].folder / "model.h5mlm"}
    two = [("epochs", "2")]
    cases = {
        "further": form_of(model, data, "model", "y", swaps=two),
        "afresh": form_of(model, data, "model", "y", swaps=two, run_options={"start": "afresh"}),
    }
    done = forms.run_all("train_and_eval", cases, tmp_path, **OUTPUTS)
    for name, epochs in (("further", before + 2), ("afresh", 2)):
        assert (done[name].returncode, done[name].stderr) == (0, ""), name
        assert len(done[name].table("history")) == epochs + 1
        assert not {"stopped_for_time", "epochs_left"} & set(record(done[name])["run"])
        assert not re.search("^Time: |stopped for time|more to go", done[name].stdout, re.M)


REFUSED = {
    "no time": (minutes("0.01"), "No time is left for the training: "),
    "below 0": (minutes("-1"), "Time limit in minutes must be a number of at least 0. Received: '-1'."),
    "no number": (minutes("soon"), "Time limit in minutes must be a number of at least 0. Received: 'soon'."),
    "folds": (
        {**minutes("30"), "folds": {"shuffle": "kfold"}},
        "Cross-validation: network 1 of 5 has taken ",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def refused(data, builders, tmp_path_factory):
    cases = {name: form_of(builders, data, "endless", "y", **changes) for name, (changes, _) in REFUSED.items()}
    return forms.run_all("train_and_eval", cases, tmp_path_factory.mktemp("refused"), **OUTPUTS)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name, refused):
    forms.assert_one_line(refused[name], REFUSED[name][1])
    assert refused[name].written == []


@pytest.mark.parametrize("variable", [SLURM_VARIABLE, MINUTES_VARIABLE])
def test_fail_variable(variable, data, builders, tmp_path):
    result, _ = run(form_of(builders, data, "endless", "y"), tmp_path, **{variable: "soon"})
    forms.assert_one_line(result, f"{variable}: must be a whole number")
    assert result.written == []
