"""Start the embedded Galaxy, wait until it answers, and stop it.

with EmbeddedGalaxy() as galaxy:
    print(galaxy.url, galaxy.user_key)
"""

import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from . import configuration, environments

START_SECONDS = 240
STOP_SECONDS = 40
LOG_TAIL_LINES = 60
ADMIN_EMAIL = "admin@example.org"


class GalaxyFailed(RuntimeError):
    """The server ended or did not answer; the message holds the end of its log."""


class EmbeddedGalaxy:
    """One Galaxy server on a free loopback port, with a user who is its administrator.

    Attributes, once started: `url`, `admin_key` (Galaxy's bootstrap key, which belongs to
    nobody), `user_key`, `email` and `password` (of the user), `state` and `log`.
    """

    def __init__(self, state: Path | None = None, slots: int | None = None, workers: int = 2, **settings):
        """Prepare a server; nothing runs and nothing is written before `start`.

        Args:
            state: Folder for all its files, kept afterwards. Default: a temporary one,
                removed at the end.
            slots: Cores that each job may use (GALAXY_SLOTS). Default: two, or one where
                there is only one.
            workers: Jobs that run at the same time.
            **settings: Further fields of `configuration.Settings`.
        """
        self._kept_state = state
        self._slots = slots or min(2, os.cpu_count() or 1)
        self._workers = workers
        self._settings = settings
        self._supervisor: subprocess.Popen | None = None
        self.state: Path | None = None
        self.email = ADMIN_EMAIL
        self.password = secrets.token_urlsafe(16)
        self.admin_key = secrets.token_hex(16)
        self.user_key = ""
        self.url = ""

    def __enter__(self) -> "EmbeddedGalaxy":
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start the server and return once it answers and its user exists."""
        galaxy_environment = environments.galaxy()
        tools_environment = environments.tools()
        self.state = self._kept_state or Path(tempfile.mkdtemp(prefix="embedded-galaxy-"))
        self.state.mkdir(parents=True, exist_ok=True)
        self.log = self.state / "galaxy.log"
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        try:
            self._launch(galaxy_environment, self._configure(tools_environment), port)
            self._wait_until_it_answers()
            self._create_user()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Stop the server and its jobs; the supervisor also removes a temporary folder."""
        if self._supervisor is None:
            if self.state and not self._kept_state:
                shutil.rmtree(self.state, ignore_errors=True)
            return
        self._supervisor.stdin.close()
        try:
            self._supervisor.wait(STOP_SECONDS)
        finally:
            self._supervisor = None
        print("[galaxy] stopped", flush=True)

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """Return the last lines of the server's log."""
        if not self.log.is_file():
            return "(no log)"
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def _configure(self, tools_environment: Path) -> Path:
        settings = configuration.Settings(
            state=self.state,
            tools_environment=tools_environment,
            admin_key=self.admin_key,
            admin_email=self.email,
            slots=self._slots,
            workers=self._workers,
            **self._settings,
        )
        return configuration.write(settings)

    def _launch(self, environment: Path, config: Path, port: int):
        print(f"[galaxy] starting Galaxy {environments.GALAXY_VERSION} at {self.url}", flush=True)
        self._supervisor = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("supervisor.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.state,
            env=_server_environment(environment, config, self.state / "tmp"),
            start_new_session=True,
        )
        order = {
            "commands": [_web_server(environment, port), _worker(environment)],
            "log": str(self.log),
            "remove": None if self._kept_state else str(self.state),
        }
        self._supervisor.stdin.write(json.dumps(order) + "\n")
        self._supervisor.stdin.flush()

    def _wait_until_it_answers(self):
        started = time.monotonic()
        said = 0.0
        while True:
            if _readable(self._supervisor.stdout):
                raise GalaxyFailed(f"Galaxy ended while starting; its log ends:\n{self.log_tail()}")
            try:
                version = self._request("/api/version", timeout=2)["version_major"]
                break
            except OSError:  # nobody listens yet, or the server accepts but is not ready to answer
                waited = time.monotonic() - started
            if waited > START_SECONDS:
                raise GalaxyFailed(f"Galaxy did not answer within {waited:.0f} s; its log ends:\n{self.log_tail()}")
            if waited - said >= 5:
                said = waited
                print(f"[galaxy] starting, {waited:.0f} s", flush=True)
            time.sleep(0.3)
        print(f"[galaxy] Galaxy {version} answers after {time.monotonic() - started:.0f} s", flush=True)

    def _create_user(self):
        user = {"username": "admin", "email": self.email, "password": self.password}
        created = self._request("/api/users", self.admin_key, user)
        self.user_key = self._request(f"/api/users/{created['id']}/api_key", self.admin_key, {})

    def _request(self, path: str, key: str | None = None, payload: dict | None = None, timeout: float = 60):
        headers = {"Content-Type": "application/json"} | ({"x-api-key": key} if key else {})
        data = None if payload is None else json.dumps(payload).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)


def _web_server(environment: Path, port: int) -> list[str]:
    return [
        str(environment / "bin" / "gunicorn"),
        "galaxy.webapps.galaxy.fast_factory:factory()",
        *("--worker-class", "galaxy.webapps.galaxy.workers.Worker"),
        *("--config", "python:galaxy.web_stack.gunicorn_config"),
        *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--timeout", "300", "--graceful-timeout", "3"),
        "--no-control-socket",
    ]


def _worker(environment: Path) -> list[str]:
    """Return the command of the worker that takes uploads and sets metadata."""
    return [
        str(environments.python(environment)),
        str(Path(__file__).with_name("worker.py")),
        *("--app", "galaxy.celery", "worker", "--pool", "threads", "--concurrency", "2"),
        *("--queues", "celery,galaxy.internal,galaxy.external", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def _readable(stream) -> bool:
    return bool(select.select([stream], [], [], 0)[0])


def _server_environment(environment: Path, config: Path, temporary: Path) -> dict[str, str]:
    """Return the server's environment variables: its own Python first, none of ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "TOX", "COV"))}
    return kept | {
        "GALAXY_CONFIG_FILE": str(config),
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(temporary),
        "VIRTUAL_ENV": str(environment),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
