"""A short, repeatable run of the fuzzer; `python -m tests.fuzz` searches for minutes."""

import pytest

from tests import fuzz

EXECUTIONS = {"json": 150, "zip": 80, "h5mlm": 15}


@pytest.mark.parametrize("kind", EXECUTIONS)
def test_changed_files_are_refused_or_read_rightly(tmp_path, kind):
    counts, outcomes, findings = fuzz.fuzz(kind, seconds=300, executions=EXECUTIONS[kind], seed=3, folder=tmp_path)
    assert findings == []
    assert counts.total() == EXECUTIONS[kind]
    assert counts["read"] > 0 and counts["refused"] > 0
    assert outcomes > 5
