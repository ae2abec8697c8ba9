"""How a script's process ends."""

import subprocess
import sys

import pytest

from tests.support.places import SCRIPTS


def ended(program):
    """Run a program that may import the tools' packages; return how it ended."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# What a process does while it takes its libraries apart: here, the last breath of a module's object.
LAST_BREATH = """
class Library:
    def __del__(self):
        print("taken apart")
library = Library()
"""


def test_success_ends_at_once_with_everything_said_and_cleared_away():
    result = ended(f"""{LAST_BREATH}
import atexit
from dltools.core import script
def main():
    atexit.register(print, "cleared away")
    print("done")
script.run(main)
""")
    assert (result.returncode, result.stdout, result.stderr) == (0, "done\ncleared away\n", "")


@pytest.mark.parametrize(
    "fault, status, told",
    [
        ("raise UserError('the cell is empty')", 1, "Error: the cell is empty\n"),
        ("raise ZeroDivisionError", 1, "ZeroDivisionError\n"),
        ("sys.exit(3)", 3, ""),
    ],
)
def test_failure_keeps_its_status(fault, status, told):
    result = ended(f"""{LAST_BREATH}
from dltools.core import script
from dltools.core.errors import UserError
def main():
    {fault}
script.run(main)
""")
    assert result.returncode == status
    assert result.stderr.endswith(told)
    assert result.stdout == "taken apart\n"


def test_what_fails_after_a_script_still_fails():
    result = ended("""
from dltools.core import script
script.run(lambda: None)
raise ZeroDivisionError
""")
    assert result.returncode == 1


def test_a_full_disk_behind_standard_output_is_told():
    program = "from dltools.core import script\nscript.run(lambda: print('x' * 10))"
    command = [
        "sh",
        "-c",
        '"$0" -c "$1" > /dev/full',
        sys.executable,
        f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n{program}",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "There is no room left" in result.stderr
