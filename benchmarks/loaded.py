"""Run a script, and write the names of the packages that its process holds at the end as JSON.

python -P benchmarks/loaded.py NAMES.json SCRIPT ARGUMENT …
"""

import json
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Run it."""
    target, script = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    sys.path.insert(0, str(Path(script).parent))
    runpy.run_path(script, run_name="__main__")
    names = {name.partition(".")[0] for name, module in list(sys.modules.items()) if module}
    Path(target).write_text(json.dumps(sorted(names)), encoding="utf-8")


if __name__ == "__main__":
    main()
