"""Print which tools a change touches, as JSON: a list of chunks, each an expression for pytest's -k.

    python -m tests.changed_tools origin/main...HEAD --chunks 3

A tool is touched where a file is that its repository in the Tool Shed holds (see `write_shed.py`), and all are where
what tests them is: the test itself, the embedded Galaxy, pinned versions.
"""

import argparse
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from tests import write_shed
from tests.galaxy.repository import WRAPPERS
from tests.support.places import ROOT

ALL = ("tools/scripts", "tests/galaxy", "tests/test_galaxy_tools.py", "requirements", "tox.ini")


def touched(changed: Iterable[str]) -> list[str]:
    """Return the ids of the tools that changed files (paths below the root) touch."""
    paths = [PurePosixPath(name) for name in changed]
    if any(path.is_relative_to(part) for path in paths for part in ALL):
        return list(WRAPPERS)
    return [tool for tool, wrapper in WRAPPERS.items() if _files(wrapper) & set(paths)]


def _files(wrapper: Path) -> set[PurePosixPath]:
    held = [wrapper, *write_shed.imported(wrapper), *write_shed.named_data(wrapper)]
    return {PurePosixPath(path.relative_to(ROOT)) for path in held}


def chunks(tools: list[str], count: int) -> list[str]:
    """Return at most `count` expressions that name all tools, the longest wrappers apart from each other."""
    longest_first = sorted(tools, key=lambda tool: -WRAPPERS[tool].stat().st_size)
    parts = [longest_first[start::count] for start in range(count)]
    return [" or ".join(part) for part in parts if part]


def main():
    """Ask git what changed in a range of commits and print the chunks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("range", help="commits as git diff takes them")
    parser.add_argument("--chunks", type=int, default=3, help="at most so many (default: %(default)s)")
    args = parser.parse_args()
    command = ["git", "diff", "--name-only", args.range, "--"]
    changed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    print(json.dumps(chunks(touched(changed), args.chunks)))


if __name__ == "__main__":
    main()
