"""Run commands until the caller lets go of them or is gone; then clean up after them.

The caller writes one line of JSON to this process's standard input and holds it open:

    {"commands": [[...], ...], "log": "FILE", "remove": "FOLDER" or null}

When the input closes, be it by intent, by Ctrl-C or because the caller was killed,
everything that the commands started is stopped and the folder is removed. No signal and no
`atexit` handler can do that for a caller that was killed outright. When a command ends by
itself, so does this process, which tells the caller.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

GRACE_SECONDS = 3
POLL_SECONDS = 0.1


def session_members(sessions: set[int]) -> list[int]:
    """Return the ids of the processes in some sessions, whatever their process group.

    Galaxy starts each job in a process group of its own, so a group would miss them.
    """
    listing = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True).stdout
    found = []
    for pid in map(int, listing.split()):
        try:
            if os.getsid(pid) in sessions:
                found.append(pid)
        except ProcessLookupError:
            continue  # ended between the listing and the question
    return found


def stop(processes: list[subprocess.Popen]):
    """End the commands and all that they started: ask first, then insist."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    sessions = {process.pid for process in processes}
    while left := session_members(sessions):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended by itself
        for process in processes:
            process.poll()  # reap it, or it stays in the listing
        time.sleep(POLL_SECONDS)


def main():
    """Read the order, run it, clean up."""
    order = json.loads(sys.stdin.readline())
    released = threading.Event()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: released.set())
    # Ctrl-C is the caller's to answer, by closing our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait_for_end_of_input():
        sys.stdin.read()
        released.set()

    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    processes: list[subprocess.Popen] = []
    try:
        with Path(order["log"]).open("ab") as log:
            for command in order["commands"]:
                streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
                processes.append(subprocess.Popen(command, **streams, start_new_session=True))
        while not released.wait(POLL_SECONDS):
            if any(process.poll() is not None for process in processes):
                break
    finally:
        stop(processes)
    if not released.is_set():
        print("a command ended by itself", flush=True)
        released.wait()  # the caller still reads the log
    if order["remove"]:
        shutil.rmtree(order["remove"], ignore_errors=True)


if __name__ == "__main__":
    main()
