"""Looking at a user's file in a process of its own, which may hang, crash or ask for too much memory.

Libraries in C are no match for every damaged file: HDF5 1.14 goes round in circles for ever in some. The process
is a copy of this one, so it has all that was imported and costs some 20 ms; it ends with what it was made for.
Threads are not copied, and what they held stays held: what is called must not use TensorFlow, nor anything with
threads.
"""

import contextlib
import multiprocessing
import resource
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dltools.core import limits
from dltools.core.errors import UserError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# What the process says when it has found nothing; else it says what it found.
NOTHING = b""
REFUSED, FAILED = b"refused ", b"failed "


def check(look: Callable[[], None], source: str) -> None:
    """Call a function in a process of its own, bounded in time and memory.

    Parameters:
        look: raises `UserError` if it finds something wrong; returns nothing.
        source: the file's name, for messages.

    Raises:
        UserError: what `look` raised, or that it did not come to an end.
        RuntimeError: with the traceback of anything else that `look` raised.
    """
    seconds = limits.limit("seconds")
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_look, args=(look, sender), daemon=True)
    process.start()
    sender.close()
    try:
        said = receiver.recv_bytes() if receiver.poll(seconds) else None
    except EOFError:
        said = FAILED
    finally:
        process.kill()
        process.join()
    if said is None:
        raise UserError(
            f"{source}: looking through the file took more than {seconds} s, so it is taken to be damaged. An "
            f"administrator may raise this by {limits.LIMITS['seconds'].variable}."
        )
    if said.startswith(REFUSED):
        raise UserError(said.removeprefix(REFUSED).decode())
    if said == FAILED:
        raise UserError(f"{source}: is damaged: the library that reads such files broke down over it.")
    if said != NOTHING:
        raise RuntimeError(said.removeprefix(FAILED).decode())


def _look(look: Callable[[], None], sender: "Connection") -> None:
    _bound_memory(limits.limit("look_bytes"))
    said = NOTHING
    try:
        look()
    except UserError as error:
        said = REFUSED + str(error).encode("utf-8", "replace")
    except BaseException:
        import traceback

        said = FAILED + traceback.format_exc().encode("utf-8", "replace")
    sender.send_bytes(said)
    sender.close()


def _bound_memory(most: int) -> None:
    """Let this process take at most so many bytes more; beyond that, asking for memory fails."""
    with contextlib.suppress(OSError):  # there is no such file but on Linux, where Galaxy runs its jobs
        taken = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        kept = resource.getrlimit(resource.RLIMIT_DATA)
        known = [limit for limit in kept if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min([taken + most, *known]), kept[1]))
