"""Slurm's settings for one node, this machine, and the ways in which it may hold jobs to what they are granted."""

import contextlib
import getpass
import os
import socket
from dataclasses import dataclass
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
# The file that gets a line for every job that has ended.
ENDED = "completed.txt"
# What the machine keeps for itself.
_SHARE_FOR_JOBS = 0.8
_CGROUP_SETTINGS = """\
CgroupAutomount=no
ConstrainCores=yes
ConstrainRAMSpace=yes
ConstrainSwapSpace=yes
AllowedSwapSpace=0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A way to hold jobs to the processors and the memory that they are granted.

    Attributes:
        words: what it is called in messages.
        folder: where it must be possible to make a control group; None for the way that needs none.
        cgroup: the plugin's lines in cgroup.conf.
        plugins: the two plugins of slurm.conf.
    """

    words: str
    folder: Path | None
    cgroup: str
    plugins: str

    def possible(self) -> bool:
        """Tell whether this machine lets us try."""
        if self.folder is None:
            return True
        probe = self.folder / f"probe-{os.getpid()}"
        try:
            probe.mkdir()
            # A new group has files of the memory that it may take; a folder of something else has none.
            found = any(probe.glob("memory.*"))
            probe.rmdir()
        except OSError:
            return False
        return found


_BY_CGROUP = "ProctrackType=proctrack/cgroup\nTaskPlugin=task/cgroup"
HOLDINGS = (
    Holding(
        words="control groups, version 1",
        folder=_CGROUPS / "memory",
        cgroup="CgroupPlugin=cgroup/v1\n",
        plugins=_BY_CGROUP,
    ),
    Holding(
        words="control groups, version 2",
        folder=_CGROUPS,
        cgroup="CgroupPlugin=cgroup/v2\nIgnoreSystemd=yes\n",
        plugins=_BY_CGROUP,
    ),
    Holding(
        words="no control groups, which cannot be made here",
        folder=None,
        cgroup="",
        plugins="ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none",
    ),
)


def groups() -> set[Path]:
    """Return the control groups of Slurm that there are."""
    return {path for pattern in ("slurm*", "*/slurm*") for path in _CGROUPS.glob(pattern) if path.is_dir()}


def remove(group: Path):
    """Remove a control group with those in it, as far as no process is left in them."""
    for folder in sorted((group, *group.rglob("*/")), reverse=True):
        with contextlib.suppress(OSError):
            folder.rmdir()


def node() -> str:
    """Return what this machine is called in Slurm."""
    return socket.gethostname().partition(".")[0]


def cores() -> int:
    """Return how many processors the node has."""
    return len(os.sched_getaffinity(0))


def memory_mb() -> int:
    """Return how many MB the node has for jobs."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20 * _SHARE_FOR_JOBS)


def write(folder: Path, holding: Holding, ports: tuple[int, int]):
    """Write slurm.conf and cgroup.conf into a folder, where all other files of Slurm come to lie too."""
    for name in ("controller", "node"):
        (folder / name).mkdir(exist_ok=True)
    # Slurm reads it from beside slurm.conf.
    (folder / "cgroup.conf").write_text(_CGROUP_SETTINGS + holding.cgroup, encoding="ascii")
    controller, daemon = ports
    user = getpass.getuser()
    text = f"""\
ClusterName=embedded
SlurmctldHost={node()}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder / "munge" / "socket"}
CredType=cred/munge
StateSaveLocation={folder / "controller"}
SlurmdSpoolDir={folder / "node"}
SlurmctldPidFile={folder / "controller.pid"}
SlurmdPidFile={folder / "node.pid"}
{holding.plugins}
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=1000
KillWait=5
MailProg=/bin/true
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder / ENDED}
ReturnToService=2
SlurmdParameters=config_overrides
NodeName={node()} NodeAddr=127.0.0.1 CPUs={cores()} RealMemory={memory_mb()} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=2-0 State=UP
"""
    (folder / "slurm.conf").write_text(text, encoding="utf-8")
