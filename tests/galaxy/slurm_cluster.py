"""A Slurm of one node, this machine, on the loopback interface, in a temporary folder that goes with it.

with EmbeddedSlurm() as slurm:
    print(slurm.variables, slurm.words)

Debian's and Ubuntu's packages are enough: `slurmctld slurmd slurm-client munge`. Nothing below /etc is read or written.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import slurm_settings
from .slurm_settings import HOLDINGS, Holding
from .supervised import ServerFailed, Supervised, free_port, log_tail

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel")
PACKAGES = "slurmctld slurmd slurm-client munge"
# What a job that is to be killed for memory is granted and takes, in MB.
PROBE_GRANTED, PROBE_TAKEN = 200, 500
PROBE_SECONDS = 120
STOP_SECONDS = 30
_PROBE = f"python3 -c 'len(bytearray({PROBE_TAKEN} * 10**6))'"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmJob:
    """A job as Slurm kept it when it ended: its number, its end, what it was granted."""

    number: str
    state: str
    cores: int
    memory_mb: int

    @classmethod
    def of(cls, line: str) -> "SlurmJob":
        """Return the job of a line of Slurm's file."""
        fields = dict(word.partition("=")[::2] for word in line.split())
        granted = dict(entry.split("=") for entry in fields["Tres"].split(","))
        return cls(
            number=fields["JobId"],
            state=fields["JobState"],
            cores=int(granted["cpu"]),
            memory_mb=_megabytes(granted["mem"]),
        )


def _megabytes(text: str) -> int:
    """Return the MB of Slurm's words for memory: 200M, 1G, 1.50G."""
    return round(float(text[:-1]) * {"M": 1, "G": 1024, "T": 1024**2}[text[-1]])


class EmbeddedSlurm:
    """One Slurm controller and node, held to what is granted as far as this machine allows it.

    Attributes, once started: `variables` (the environment of who submits jobs), `words` (what holds jobs to their
    memory, or that nothing does) and `holds_memory` (seen by a job that took too much).
    """

    def __init__(self):
        """Prepare; nothing runs before `__enter__`."""
        self._servers: list[Supervised] = []
        self._state: Path | None = None
        self._groups: set[Path] = set()
        self.variables: dict[str, str] = {}
        self.words = ""
        self.holds_memory = False

    def __enter__(self) -> "EmbeddedSlurm":
        """Start it and return once its node takes jobs."""
        check_programs()
        self._groups = slurm_settings.groups()
        self._state = Path(tempfile.mkdtemp(prefix="embedded-slurm-"))
        # Others' programs, such as munge's, refuse a folder that more than its owner may write to.
        self._state.chmod(0o755)
        self.variables = {"SLURM_CONF": str(self._state / "slurm.conf")}
        try:
            self._start_munge()
            self._start_slurm()
            self.holds_memory = self._probe() == "OUT_OF_MEMORY"
            self._say(f"{self.words}: memory is {'held' if self.holds_memory else 'NOT held'} to what is granted")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """End all jobs, then the servers, and remove what they leave."""
        if len(self._servers) > 1:
            self._end_jobs()
        while self._servers:
            self._servers.pop().stop()
        for group in slurm_settings.groups() - self._groups:
            slurm_settings.remove(group)
        if self._state is not None:
            shutil.rmtree(self._state, ignore_errors=True)

    def ended(self) -> dict[str, SlurmJob]:
        """Return the jobs that have ended, by their number, in the order in which they did."""
        lines = (self._state / slurm_settings.ENDED).read_text(encoding="utf-8").splitlines()
        return {job.number: job for job in map(SlurmJob.of, lines)}

    def run(self, *command: str) -> str:
        """Run one of Slurm's commands; return what it prints."""
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerFailed(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return os.environ | {"PATH": search_path()} | self.variables

    def _start_munge(self):
        folder = self._state / "munge"
        folder.mkdir(mode=0o755)
        key, socket = folder / "key", folder / "socket"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o600)
        files = [f"--{name}-file={folder / name}" for name in ("key", "pid", "seed")]
        command = ["munged", "--foreground", "--force", f"--socket={socket}", *files]
        self._serve("Munge", [command], lambda: socket.stat())

    def _start_slurm(self):
        """Start controller and node by the first way of holding jobs that works here."""
        for holding in HOLDINGS:
            if not holding.possible():
                continue
            try:
                self._start_with(holding)
            except ServerFailed as error:
                fatal = [line for line in str(error).splitlines() if "fatal:" in line]
                self._say(f"not by {holding.words}: {fatal[-1] if fatal else error}")
            else:
                self.words = holding.words
                return
        raise ServerFailed("Slurm did not start on this machine in any way")

    def _start_with(self, holding: Holding):
        ports = free_port(), free_port()
        slurm_settings.write(self._state, holding, ports)
        node = slurm_settings.node()
        commands = [["slurmctld", "-D", "-i"], ["slurmd", "-D", "-N", node]]
        self._serve("Slurm", commands, self._check_node)
        self._say(f"{self.run('slurmctld', '-V').strip()} takes jobs for node {node}")

    def _serve(self, name: str, commands: list[list[str]], answers):
        log = self._state / f"{name.lower()}.log"
        server = Supervised(name, commands, log, self._environment())
        try:
            server.wait_until(answers)
        except ServerFailed:
            server.stop()
            raise
        self._servers.append(server)

    def _check_node(self):
        """Raise OSError unless the node is idle."""
        try:
            state = self.run("sinfo", "--noheader", "--format=%T").strip()
        except ServerFailed as error:
            raise OSError from error
        if state != "idle":
            raise OSError(state)

    def _probe(self) -> str:
        """Run a job that takes more than it is granted; return how Slurm says that it ended."""
        output = f"--output={self._state / 'probe.txt'}"
        job = self.run(
            "sbatch", "--parsable", f"--mem={PROBE_GRANTED}", output, "--chdir=/", f"--wrap={_PROBE}"
        ).strip()
        ends = time.monotonic() + PROBE_SECONDS
        while time.monotonic() < ends:
            state = self.run("scontrol", "--oneliner", "show", "job", job).partition("JobState=")[2].split()[0]
            if state not in ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING"):
                return state
            time.sleep(0.2)
        raise ServerFailed(f"job {job} is {state} after {PROBE_SECONDS} s:\n{log_tail(self._state / 'slurm.log')}")

    def _end_jobs(self):
        self.run("scancel", "--full", "--user", str(os.getuid()))
        ends = time.monotonic() + STOP_SECONDS
        while self.run("squeue", "--noheader").strip() and time.monotonic() < ends:
            time.sleep(0.2)

    def _say(self, text: str):
        print(f"[slurm] {text}", flush=True)


def check_programs():
    """Refuse to start where Slurm's programs are not installed."""
    if missing := [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]:
        raise ServerFailed(f"not installed: {', '.join(missing)}. On Debian and Ubuntu: apt-get install {PACKAGES}")


def search_path() -> str:
    """Return where programs are looked for: servers' programs may lie where a user's shell does not look."""
    return os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
