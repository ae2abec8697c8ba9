"""A Tool Shed of one's own on the loopback interface, with an account that may create repositories.

with EmbeddedToolShed("galaxy-deep-learning") as shed:
    print(shed.url, shed.key)
"""

import base64
import json
import secrets
import shutil
import tempfile
from pathlib import Path

from . import environments
from .supervised import Supervised, ask, free_port, variables

ADMIN_EMAIL = "shedadmin@example.org"
OWNER_EMAIL = "owner@example.org"
FOLDERS = ("config", "data", "files", "hg", "tmp", "tool-data")


class EmbeddedToolShed:
    """One Tool Shed on a free loopback port, with SQLite, in a temporary folder that goes with it.

    Attributes, once started: `url` (with a slash at its end), `host` (with its port) and `key` (of the owner).
    """

    def __init__(self, owner: str, categories: tuple[str, ...] = ()):
        """Prepare a server for the repositories of one owner, in the categories that they name."""
        self._owner = owner
        self._categories = categories
        self._supervised: Supervised | None = None
        self.host = ""
        self.url = ""
        self.key = ""

    def __enter__(self) -> "EmbeddedToolShed":
        """Start the server and return once it answers and its owner has a key."""
        environment = environments.shed()
        state = Path(tempfile.mkdtemp(prefix="embedded-tool-shed-"))
        admin_key = secrets.token_hex(16)
        port = free_port()
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}/"
        try:
            config = _write(state, admin_key)
            print(f"[tool shed] starting Tool Shed {environments.GALAXY_VERSION} at {self.url}", flush=True)
            self._supervised = Supervised(
                "Tool Shed",
                [_web_server(environment, port)],
                state / "tool_shed.log",
                variables(environment, state / "tmp", TOOL_SHED_CONFIG_FILE=str(config)),
                remove=state,
            )
            waited = self._supervised.wait_until(lambda: ask(f"{self.url}api/version", timeout=2))
            print(f"[tool shed] answers after {waited:.0f} s", flush=True)
            self._create(admin_key)
        except BaseException:
            self.__exit__()
            shutil.rmtree(state, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        """Stop the server; the supervisor also removes its folder."""
        if self._supervised is not None:
            self._supervised.stop()

    def _create(self, admin_key: str):
        """Create the owner's account, with a key, and the categories."""
        password = secrets.token_urlsafe(16)
        user = {"username": self._owner, "email": OWNER_EMAIL, "password": password}
        ask(f"{self.url}api/users", user, x_api_key=admin_key)
        for name in self._categories:
            ask(f"{self.url}api/categories", {"name": name, "description": name}, x_api_key=admin_key)
        known = base64.b64encode(f"{OWNER_EMAIL}:{password}".encode()).decode()
        self.key = ask(f"{self.url}api/authenticate/baseauth", Authorization=f"Basic {known}")["api_key"]


def _write(state: Path, admin_key: str) -> Path:
    """Write the server's settings, as JSON, which it reads as the YAML that it expects; return the file."""
    for name in FOLDERS:
        (state / name).mkdir()
    settings = {
        "admin_users": ADMIN_EMAIL,
        "bootstrap_admin_api_key": admin_key,
        "database_connection": f"sqlite:///{state / 'data' / 'community.sqlite'}?isolation_level=IMMEDIATE",
        "file_path": str(state / "files"),
        "new_file_path": str(state / "tmp"),
        "hgweb_config_dir": str(state / "hg"),
        "hgweb_repo_prefix": "repos/",
        "tool_data_path": str(state / "tool-data"),
        "template_cache_path": str(state / "data" / "templates"),
        "model_cache_dir": str(state / "data" / "models"),
        "id_secret": secrets.token_hex(16),
        "data_dir": str(state / "data"),
        "config_dir": str(state / "config"),
        "toolshed_search_on": False,
    }
    path = state / "config" / "tool_shed.yml"
    path.write_text(json.dumps({"tool_shed": settings}, indent=2), encoding="utf-8")
    # The administrator's key stands in this file.
    path.chmod(0o600)
    return path


def _web_server(environment: Path, port: int) -> list[str]:
    return [
        str(environment / "bin" / "uvicorn"),
        *("--factory", "tool_shed.webapp.fast_factory:factory"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
