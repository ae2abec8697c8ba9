"""A short, repeatable run of the fuzzer; `tox run -e fuzz -- --seconds 600` searches for minutes."""

import sys
from types import SimpleNamespace

import pytest

from tests import fuzz

pytest.importorskip("atheris", reason="atheris (libFuzzer for Python) has no package for this machine")

EXECUTIONS = {"json": 400, "zip": 300, "h5mlm": 80}


@pytest.mark.parametrize("kind", fuzz.READERS)
def test_changed_files_are_refused_or_read_rightly(tmp_path, kind):
    search = fuzz.fuzz(kind, seconds=300, executions=EXECUTIONS[kind], seed=3, folder=tmp_path)
    assert search.findings == []
    assert search.executions >= EXECUTIONS[kind]
    assert search.counts["read"] > 0 and search.counts["refused"] > 0
    assert search.new > 10


def test_what_is_no_refusal_gets_through(tmp_path):
    def read(path):
        raise IndexError(path.read_text())

    with pytest.raises(IndexError, match="file"):
        fuzz.Counted(SimpleNamespace(read=read), tmp_path)(b"file")


def test_what_is_written_gets_through(tmp_path):
    sys.addaudithook(fuzz._watch)
    with pytest.raises(fuzz.Acted, match="beside"):
        fuzz.Counted(SimpleNamespace(read=lambda path: (tmp_path / "beside").write_text("")), tmp_path)(b"file")
    assert not (tmp_path / "beside").exists()


def test_a_process_that_dies_is_a_finding(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    search = fuzz.fuzz("json", seconds=1, executions=10, seed=3, folder=tmp_path)
    assert len(search.findings) == fuzz.ENOUGH and "exit 1" in search.findings[0]
