"""Looking at files in a process of its own: whatever happens there ends in one line, or in a bug's traceback."""

import os
import signal
import time

import pytest

from dltools.core.errors import UserError
from dltools.untrusted import hdf5, sandbox
from tests.support import attack_models
from tests.support.places import TEST_DATA

MODEL = TEST_DATA / "cnn_model.h5mlm"


def refuse():
    raise UserError("'x': is no é")


def test_what_is_found_is_told():
    sandbox.check(lambda: None, "'x'")
    with pytest.raises(UserError, match="^'x': is no é$"):
        sandbox.check(refuse, "'x'")


def test_what_has_no_end_is_ended(monkeypatch):
    monkeypatch.setenv("DLTOOLS_MAX_SECONDS", "1")
    started = time.monotonic()
    with pytest.raises(UserError, match="'x': looking through the file took more than 1 s.*DLTOOLS_MAX_SECONDS"):
        sandbox.check(lambda: time.sleep(100), "'x'")
    assert time.monotonic() - started < 50


def test_a_death_is_told():
    with pytest.raises(UserError, match="'x': is damaged: the library that reads such files broke down over it"):
        sandbox.check(lambda: os.kill(os.getpid(), signal.SIGKILL), "'x'")


def test_a_bug_keeps_its_traceback():
    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*test_sandbox.*ZeroDivisionError"):
        sandbox.check(lambda: 1 / 0, "'x'")


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setenv("DLTOOLS_MAX_LOOK_BYTES", str(10**8))
    sandbox.check(lambda: bytearray(5 * 10**7), "'x'")
    # More than this process may have freed and kept, which the bound does not count.
    with pytest.raises(RuntimeError, match="MemoryError"):
        sandbox.check(lambda: bytearray(10**10), "'x'")
    # Here nothing is bounded.
    assert len(bytearray(2 * 10**8)) == 2 * 10**8


def test_a_file_that_hdf5_cannot_end_with(tmp_path, monkeypatch):
    with hdf5.opened(MODEL, "'x'", "is no model") as handle:
        assert "model_weights" in handle
    attack_models.write_endless(tmp_path / "model.h5mlm", MODEL)
    monkeypatch.setenv("DLTOOLS_MAX_SECONDS", "3")
    with (
        pytest.raises(UserError, match="took more than 3 s"),
        hdf5.opened(tmp_path / "model.h5mlm", "'x'", "is no model"),
    ):
        pytest.fail("it was opened")
