"""When a job has to be over: the form, Slurm and the administrator each may say, and the first of them counts."""

import pytest

from dltools.core import time_limit
from dltools.core.errors import UserError
from dltools.core.time_limit import MINUTES_VARIABLE, SLURM_VARIABLE

BEGAN = 1_800_000_000.0


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    monkeypatch.delenv(SLURM_VARIABLE, raising=False)
    monkeypatch.delenv(MINUTES_VARIABLE, raising=False)


@pytest.mark.parametrize(("minutes", "slurm", "granted", "end", "words"), [
    (2.5, "", "", 150, "the 2.5 min that the form gives the job"),
    (None, "1800000090", "", 90, "the time limit of the job in Slurm"),
    (None, "", "3", 180, "the 3 min that this server gives the job"),
    (1, "1800000090", "3", 60, "the 1 min that the form gives the job"),
    (2, "1800000090", "3", 90, "the time limit of the job in Slurm"),
    (5, "1800000190", "3", 180, "the 3 min that this server gives the job"),
    (2, "0", " ", 120, "the 2 min that the form gives the job"),
])  # fmt: skip
def test_first_limit_counts(minutes, slurm, granted, end, words, monkeypatch):
    monkeypatch.setenv(SLURM_VARIABLE, slurm)
    monkeypatch.setenv(MINUTES_VARIABLE, granted)
    limit = time_limit.earliest(BEGAN, minutes, lambda: BEGAN + 40)
    assert (limit.end - BEGAN, limit.words, limit.left()) == (end, words, end - 40)


def test_nobody_says():
    assert time_limit.earliest(BEGAN, None) is None


@pytest.mark.parametrize("text", ["soon", "-5", "1.5", "2026-11-28T10:00:00", "9" * 40])
@pytest.mark.parametrize("variable", [SLURM_VARIABLE, MINUTES_VARIABLE])
def test_fail_malformed(variable, text, monkeypatch):
    monkeypatch.setenv(variable, text)
    with pytest.raises(UserError, match=f"^{variable}: must be a whole number of .* Received: '{text[:10]}"):
        time_limit.earliest(BEGAN, None)


@pytest.mark.parametrize(("seconds", "words"), [(7.31, "7.3 s"), (125, "2 min 05 s"), (3720, "1 h 02 min")])
def test_durations(seconds, words):
    assert time_limit.duration(seconds) == words
