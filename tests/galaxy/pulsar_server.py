"""A Pulsar on the loopback interface that sees neither Galaxy's files nor this repository.

with EmbeddedPulsar(folder, hidden=(state,)) as pulsar:
    print(pulsar.url)

It runs in a mount namespace of its own, in which empty file systems lie over the hidden folders. Of the repository
there is left what stands for another machine's own: the virtual environments.
"""

import os
import shlex
from pathlib import Path

from tests.support.places import ROOT

from . import environments
from .configuration import offer_packages
from .deployment import check, put
from .repository import ENVIRONMENTS
from .supervised import Supervised, ask, variables

SHIPPED_PLACE = "/srv/pulsar"
SHIPPED_KEY = "change-this-token"


class EmbeddedPulsar:
    """One Pulsar with the files of `deployment/pulsar`, in a folder of its own.

    Attributes, once started: `staging` (where each job has a folder) and `log`.
    """

    def __init__(self, folder: Path, port: int, token: str, hidden: tuple[Path, ...]):
        """Prepare; nothing runs before `__enter__`.

        Args:
            folder: for its files; it has to be there.
            port: on which it listens.
            token: that it asks of Galaxy.
            hidden: folders that it is not to see.
        """
        self._folder = folder
        self._port = port
        self._token = token
        self._hidden = hidden
        self._supervised: Supervised | None = None
        self.staging = folder / "staging"
        self.log = folder / "pulsar.log"

    def __enter__(self) -> "EmbeddedPulsar":
        """Start it and return once it answers."""
        environment, tools = environments.pulsar_app(), environments.tools()
        places = {
            SHIPPED_PLACE: str(self._folder),
            SHIPPED_KEY: self._token,
            "host = 0.0.0.0": "host = 127.0.0.1",
            "port = 8913": f"port = {self._port}",
        }
        put("pulsar", self._folder, places)
        for name in ("staging", "persisted", "tmp"):
            (self._folder / name).mkdir()
        offer_packages(self._folder / "dependencies", tools)
        start = self._folder / "start.sh"
        start.write_text(self._script(environment), encoding="utf-8")
        self._supervised = Supervised(
            "Pulsar",
            [[*_unshare(), "/bin/bash", str(start)]],
            self.log,
            variables(environment, self._folder / "tmp"),
        )
        try:
            waited = self._supervised.wait_until(self._ask)
            print(f"[pulsar] Pulsar answers after {waited:.0f} s", flush=True)
            self.check_hidden()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """Stop it; its folder stays."""
        if self._supervised is not None:
            self._supervised.stop()

    def staged(self, job: str) -> int | None:
        """Return how many of a tool's files a job was sent, if Pulsar ran it to its end; else None."""
        folder = self.staging / job
        if not (folder / "return_code").exists():
            return None
        return sum(path.suffix == ".py" for path in (folder / "tool_files").rglob("*"))

    def _script(self, environment: Path) -> str:
        """Return what runs in the namespace: it hides the folders, then becomes Pulsar."""
        kept = self._folder / "environments"
        lines = ["set -e", f"mkdir {kept}", f"mount --bind {shlex.quote(str(ENVIRONMENTS.resolve()))} {kept}"]
        lines += [f"mount -t tmpfs none {shlex.quote(str(folder))}" for folder in (ROOT, *self._hidden)]
        lines += [f"mkdir {shlex.quote(str(ENVIRONMENTS))}", f"mount --bind {kept} {shlex.quote(str(ENVIRONMENTS))}"]
        lines += [
            f"echo $$ > {self._folder / 'pid'}",
            f"exec {shlex.quote(str(environment / 'bin' / 'pulsar-serve'))} {self._folder / 'server.ini'}",
        ]
        return "\n".join(lines) + "\n"

    def _ask(self):
        return ask(f"http://127.0.0.1:{self._port}/jobs?job_id=ready&private_token={self._token}", {}, timeout=2)

    def check_hidden(self):
        """Look at the folders as Pulsar sees them."""
        seen = Path(f"/proc/{(self._folder / 'pid').read_text(encoding='ascii').strip()}/root")
        for folder in (ROOT, *self._hidden):
            there = {path.name for path in Path(f"{seen}{folder}").iterdir()} - {ENVIRONMENTS.name}
            check(not there, f"Pulsar sees in {folder}: {', '.join(sorted(there))}")


def _unshare() -> list[str]:
    """Return the words that start a command in a mount namespace of its own."""
    return ["unshare", "--mount", "--propagation", "private", *([] if os.geteuid() == 0 else ["--map-root-user"])]
