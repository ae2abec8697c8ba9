"""Running one of the long rehearsals from the command line: in a folder of its own, with a last line that says how it
ended.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from .supervised import ServerFailed
from .workflow import WorkflowFailed


class RehearsalFailed(RuntimeError):
    """Something did not go as it does where the tools are used; the message says which and how."""


def run(name: str, work: Callable[[Path], None], done: str) -> int:
    """Run and report; return the exit status.

    Args:
        name: What messages call it.
        work: Does it, in a folder that is removed afterwards.
        done: What the last line says where it went well; the seconds follow.
    """
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
            work(Path(folder))
    except (ServerFailed, WorkflowFailed, RehearsalFailed) as error:
        print(f"\n{name} failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{name} was interrupted.", file=sys.stderr)
        return 130
    print(f"\n{done} in {time.monotonic() - started:.0f} s.")
    return 0
