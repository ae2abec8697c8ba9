"""Keep one embedded Galaxy running for a developer, until Ctrl-C.

python -m tests.galaxy.serve [--state FOLDER]
"""

import argparse
import signal
import threading
from pathlib import Path

from .server import EmbeddedGalaxy


def main():
    """Start the server, print how to reach it, wait."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--state", type=Path, help="folder for its files, kept afterwards (default: a temporary one)")
    args = parser.parse_args()
    released = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: released.set())
    try:
        with EmbeddedGalaxy(state=args.state and args.state.resolve(), watch_tools=True) as galaxy:
            print(f"\n  address   {galaxy.url}\n  user      {galaxy.email}\n  password  {galaxy.password}")
            print(f"  API key   {galaxy.user_key}\n  admin key {galaxy.admin_key}\n  log       {galaxy.log}")
            print("\nChanged wrappers are loaded anew. Ctrl-C stops it.", flush=True)
            released.wait()
    except KeyboardInterrupt:
        print("\n[galaxy] stopping", flush=True)


if __name__ == "__main__":
    main()
