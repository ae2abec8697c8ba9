"""What is free while batches go through a network is kept for the next one; after them it goes back to the system."""

import subprocess
import sys

import pytest

from tests.support.places import SCRIPTS

# Prints how many MB a process holds after it has freed 400 MB: while they are kept, given back, and freed once more.
_PROGRAM = """
import numpy as np
from dltools.backend import keras_runtime
def held():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) // 1000
def freed():
    block = np.ones(50_000_000)
    # Behind it in memory, so that it is not at the end of what the process has.
    kept = np.ones(1000)
    del block
    return held(), kept
keras_runtime.keep_freed_memory()
kept, last = freed()
keras_runtime.give_back_freed_memory()
print(kept, held(), freed()[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux is what is asked")
def test_freed_memory_is_kept_until_it_is_given_back():
    process = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(SCRIPTS), "OPENBLAS_NUM_THREADS": "1", "PATH": ""},
    )  # fmt: skip
    kept, given_back, later = map(int, process.stdout.split())
    assert kept > 400 > 200 > max(given_back, later)
