"""Servers on the loopback interface: commands that end with the process that started them, and what they answer."""

import json
import os
import select
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

START_SECONDS = 480
STOP_SECONDS = 40
LOG_TAIL_LINES = 60


class ServerFailed(RuntimeError):
    """A server ended or did not answer; the message holds the end of its log."""


class Supervised:
    """Commands that run until `stop` is called or this process is gone, whatever ended it (see `supervisor.py`)."""

    def __init__(
        self, name: str, commands: list[list[str]], log: Path, environment: dict[str, str], remove: Path | None = None
    ):
        """Start the commands in the log's folder.

        Args:
            name: What messages call the server.
            commands: The programs with their arguments.
            log: File for all that they print.
            environment: Their environment variables.
            remove: Folder to remove when they have ended.
        """
        self._name = name
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("supervisor.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=log.parent,
            env=environment,
            start_new_session=True,
        )
        order = {"commands": commands, "log": str(log), "remove": remove and str(remove)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def wait_until(self, answers: Callable[[], object]) -> float:
        """Ask until there is an answer, an OSError meaning none yet; return the seconds that it took.

        Raises ServerFailed where a command ends by itself or nothing answers.
        """
        started = time.monotonic()
        said = 0.0
        while True:
            if bool(select.select([self._process.stdout], [], [], 0)[0]):
                raise ServerFailed(f"{self._name} ended while starting; its log ends:\n{log_tail(self._log)}")
            try:
                answers()
                return time.monotonic() - started
            except OSError:  # nobody listens yet, or the server accepts but is not ready to answer
                waited = time.monotonic() - started
            if waited > START_SECONDS:
                raise ServerFailed(
                    f"{self._name} did not answer within {waited:.0f} s; its log ends:\n{log_tail(self._log)}"
                )
            if waited - said >= 5:
                said = waited
                print(f"[{self._name.lower()}] starting, {waited:.0f} s", flush=True)
            time.sleep(0.3)

    def stop(self):
        """Stop the commands and all that they started, unless that was done."""
        if self._process.stdin.closed:
            return
        self._process.stdin.close()
        self._process.wait(STOP_SECONDS)
        print(f"[{self._name.lower()}] stopped", flush=True)


def log_tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """Return the last lines of a log."""
    if not log.is_file():
        return "(no log)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def variables(environment: Path, temporary: Path, **own: str) -> dict[str, str]:
    """Return a server's environment variables: its own Python and its programs first, none of ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "TOX", "COV"))}
    return kept | {
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(temporary),
        "VIRTUAL_ENV": str(environment),
        **own,
    }


def free_port() -> int:
    """Return a port of the loopback interface on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(address: str, payload: dict | None = None, timeout: float = 60, **headers: str):
    """Return the JSON that an address answers, to a payload if there is one; raise OSError where it answers none.

    An underscore in the name of a header stands for a hyphen.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if payload is None else json.dumps(payload).encode()
    request = urllib.request.Request(address, data=data, headers={"Content-Type": "application/json", **named})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)
