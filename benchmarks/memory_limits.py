"""Holding a process to a number of megabytes, by a control group of its own, where this program may make one."""

import contextlib
import dataclasses
import os
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import MB

_ROOT = Path("/sys/fs/cgroup")


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """A limit on memory: the words to put before a command that it is to hold for, and how to say what it is."""

    command: tuple[str, ...]
    words: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Version:
    """Where one version of control groups keeps what: its folder, the file with the limit, that with the processes."""

    folder: Path
    limit: str
    processes: str


_VERSIONS = (
    _Version(_ROOT / "memory", "memory.limit_in_bytes", "tasks"),
    _Version(_ROOT, "memory.max", "cgroup.procs"),
)
# The shell enters the group and becomes the command, so that the command's every page is counted.
_ENTER = 'echo $$ > "$0" && exec "$@"'


@contextlib.contextmanager
def limited(mb: int) -> Iterator[Limit]:
    """Yield a limit of so many MB; without a control group, one that holds nothing, and says so."""
    for version in _VERSIONS:
        group = version.folder / f"benchmark-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            try:
                (group / version.limit).write_text(str(mb * MB), encoding="ascii")
            except OSError:
                continue
            yield Limit(("/bin/sh", "-c", _ENTER, str(group / version.processes)), f"a control group of {mb:,} MB")
            return
        finally:
            _remove(group)
    yield Limit((), "no control group could be made: nothing but GALAXY_MEMORY_MB limits the memory")


def _remove(group: Path) -> None:
    """Remove a control group, which stays busy for a moment after its last process has ended."""
    for _ in range(50):
        try:
            group.rmdir()
        except OSError:
            time.sleep(0.1)
        else:
            return
