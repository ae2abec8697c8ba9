"""Running a tool's script: from its first line to the end of its process."""

import atexit
import os
import sys
from collections.abc import Callable

from dltools.core.errors import user_errors_on_stderr


def run(main: Callable[[], None]) -> None:
    """Run a script's `main`; where that succeeds, the process ends without taking its libraries apart.

    To tear down TensorFlow takes Python 0.5 s, Matplotlib 0.07 s, and nothing comes of it: outputs are written and
    closed by then, and what `main` registered with `atexit` is done. A failed process ends in the ordinary way.
    """
    succeeded: list[bool] = []

    def leave() -> None:
        # An exception since then was printed, and its exit status is not 0.
        if succeeded and getattr(sys, "last_value", None) is None:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    # First registered, last called.
    atexit.register(leave)
    with user_errors_on_stderr():
        main()
        # Here a full disk is told in words.
        sys.stdout.flush()
    succeeded.append(True)
