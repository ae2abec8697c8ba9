"""Running a process and measuring it.

A process' peak of memory begins at its parent's size, so whoever measures stays small: no NumPy here, tables are
made in processes of their own.
"""

import contextlib
import dataclasses
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

MB = 1_000_000
_SAMPLED_EVERY = 0.1


class Failed(Exception):
    """A process did not do what it was to do; the text says which and why, in one line."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a process took, those that it started and waited for included.

    Attributes:
        cpu: processor seconds, user and system.
        wall: seconds from start to end.
        memory: its highest resident memory, in MB; of several processes the one that took most.
        anonymous: the highest memory that is no file's, in MB, looked at ten times a second; 0 where nobody watched.
        output: its standard output.
    """

    cpu: float
    wall: float
    memory: float
    anonymous: float
    output: str


def measure(
    command: Sequence[object],
    folder: Path,
    environment: Mapping[str, str],
    limit: float,
    watched: bool = False,
) -> Measured:
    """Run a command in a folder, and measure it.

    Parameters:
        limit: seconds after which it is killed.
        watched: whether its anonymous memory is looked at as it runs.

    Raises:
        Failed: it ended with an error, or ran longer than the limit.
    """
    words = list(map(str, command))
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=output, stderr=errors)
        with _killed_after(limit, process) as late, _watched(process.pid if watched else None) as samples:
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                raise
            wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [_text(stream) for stream in (output, errors)]
    if process.returncode:
        raise Failed(f"{_name(words)}: {_reason(process.returncode, texts[1], late.is_set(), limit)}")
    return Measured(
        cpu=usage.ru_utime + usage.ru_stime,
        wall=wall,
        memory=usage.ru_maxrss * 1024 / MB,
        anonymous=max(samples, default=0.0),
        output=texts[0],
    )


def _text(stream) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")


def _name(words: Sequence[str]) -> str:
    """Return what to call a command: its script, or else its last word."""
    return next((Path(word).stem for word in words if word.endswith(".py")), words[-1])


def _reason(status: int, errors: str, late: bool, limit: float) -> str:
    if late:
        return f"took longer than {limit:.0f} s"
    said = [line for line in errors.splitlines() if line.strip()]
    if status == -signal.SIGKILL:
        return "killed, as the system does with a process that takes more memory than there is"
    ended = f"ended by signal {-status}" if status < 0 else f"exit status {status}"
    return said[-1] if said and status > 0 else ended


@contextlib.contextmanager
def _killed_after(limit: float, process: subprocess.Popen) -> Iterator[threading.Event]:
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(limit, end)
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


@contextlib.contextmanager
def _watched(process: int | None) -> Iterator[list[float]]:
    """Yield a list that fills with the anonymous memory of a process, in MB."""
    samples: list[float] = []
    if process is None:
        yield samples
        return
    over, status = threading.Event(), Path(f"/proc/{process}/status")

    def look() -> None:
        while not over.wait(_SAMPLED_EVERY):
            # Between its end and its burial a process has no memory to tell of.
            with contextlib.suppress(OSError):
                samples.extend(_anonymous(status.read_text(encoding="ascii", errors="replace")))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()


def _anonymous(status: str) -> Iterator[float]:
    """Yield what the line RssAnon of a process' status says, in MB, if it is there."""
    for line in status.splitlines():
        if line.startswith("RssAnon:"):
            yield int(line.split()[1]) * 1024 / MB
