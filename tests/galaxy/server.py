"""Start the embedded Galaxy, wait until it answers, and stop it.

with EmbeddedGalaxy() as galaxy:
    print(galaxy.url, galaxy.user_key)
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import configuration, environments
from .supervised import LOG_TAIL_LINES, Supervised, ask, free_port, log_tail, variables

ADMIN_EMAIL = "admin@example.org"


class EmbeddedGalaxy:
    """One Galaxy server on a free loopback port, with a user who is its administrator.

    Attributes, once started: `url`, `admin_key` (Galaxy's bootstrap key, which belongs to
    nobody), `user_key`, `email` and `password` (of the user), `state` and `log`.
    """

    def __init__(
        self,
        state: Path | None = None,
        slots: int | None = None,
        workers: int = 2,
        environment: Callable[[], Path] = environments.galaxy,
        variables: dict[str, str] | None = None,
        port: int | None = None,
        **settings,
    ):
        """Prepare a server; nothing runs and nothing is written before `start`.

        Args:
            state: Folder for all its files, kept afterwards. Default: a temporary one,
                removed at the end.
            slots: Cores that each job may use (GALAXY_SLOTS). Default: two, or one where
                there is only one.
            workers: Jobs that run at the same time.
            environment: Builds the virtual environment that it runs in, where needed, and returns it.
            variables: Further environment variables of the server.
            port: On which it listens. Default: a free one.
            **settings: Further fields of `configuration.Settings`.
        """
        self._kept_state = state
        self._slots = slots or min(2, os.cpu_count() or 1)
        self._workers = workers
        self._environment = environment
        self._variables = variables or {}
        self._port = port
        self._settings = settings
        self._supervised: Supervised | None = None
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
        galaxy_environment = self._environment()
        tools_environment = environments.tools()
        self.state = self._kept_state or Path(tempfile.mkdtemp(prefix="embedded-galaxy-"))
        self.state.mkdir(parents=True, exist_ok=True)
        self.log = self.state / "galaxy.log"
        port = self._port or free_port()
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
        if self._supervised is None:
            if self.state and not self._kept_state:
                shutil.rmtree(self.state, ignore_errors=True)
            return
        supervised, self._supervised = self._supervised, None
        supervised.stop()

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """Return the last lines of the server's log."""
        return log_tail(self.log, lines)

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
        self._supervised = Supervised(
            "Galaxy",
            [_web_server(environment, port), _worker(environment)],
            self.log,
            variables(environment, self.state / "tmp", GALAXY_CONFIG_FILE=str(config), **self._variables),
            remove=None if self._kept_state else self.state,
        )

    def _wait_until_it_answers(self):
        waited = self._supervised.wait_until(lambda: self._request("/api/version", timeout=2))
        print(f"[galaxy] Galaxy {environments.GALAXY_VERSION} answers after {waited:.0f} s", flush=True)

    def _create_user(self):
        user = {"username": "admin", "email": self.email, "password": self.password}
        created = self._request("/api/users", self.admin_key, user)
        self.user_key = self._request(f"/api/users/{created['id']}/api_key", self.admin_key, {})

    def _request(self, path: str, key: str | None = None, payload: dict | None = None, timeout: float = 60):
        return ask(self.url + path, payload, timeout, **({"x_api_key": key} if key else {}))


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
