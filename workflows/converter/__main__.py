"""Rewrite a workflow that was saved with the tools before these: `python -m workflows.converter old.ga new.ga`.

Each change is said in one line, and so is what a person has to do. The file is read as JSON, and nothing of it is run.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from workflows.converter.notes import Notes
from workflows.converter.workflow import Naming, convert
from workflows.long_ids import SHED

ROOT = Path(__file__).resolve().parents[2]
# The one place where the versions are pinned.
MACROS = ROOT / "tools" / "macros" / "requirements.xml"
MOST_BYTES = 64 * 1024 * 1024


def main(arguments: list[str] | None = None) -> int:
    """Convert one file; return the exit status, 1 where it is no workflow."""
    options = _parser().parse_args(arguments)
    notes = Notes()
    try:
        workflow = _read(options.old)
        convert(workflow, Naming(tool_version(), options.shed, options.owner), notes)
    except (ValueError, RecursionError, OSError) as error:
        print(f"Error: {options.old}: {error}", file=sys.stderr)
        return 1
    options.new.write_text(json.dumps(workflow, indent=4, ensure_ascii=False) + "\n", encoding="utf-8")
    for line in notes.lines:
        print(line)
    for line in notes.open:
        print(f"Not converted: {line}")
    print(f"{options.new}: {len(notes.lines)} changes, {len(notes.open)} things to see to.")
    return 0


def tool_version() -> str:
    """Return the version of the tools of this repository."""
    tokens = dict(re.findall(r'<token name="@(\w+)@">([^<]*)</token>', MACROS.read_text(encoding="utf-8")))
    return f"{tokens['TOOL_VERSION']}+galaxy{tokens['VERSION_SUFFIX']}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workflows.converter", description=__doc__)
    parser.add_argument("old", type=Path, help="the workflow, as Galaxy saved it (.ga)")
    parser.add_argument("new", type=Path, help="where to write it")
    parser.add_argument("--shed", default=SHED, metavar="HOST", help="host of the Tool Shed (default: %(default)s)")
    parser.add_argument("--owner", default="", help="who owns the tools there; without it they have their short ids")
    return parser


def _read(path: Path) -> dict:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"has more than {MOST_BYTES:,} bytes")
    try:
        workflow = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"is no JSON, as which Galaxy saves workflows: {error}") from None
    if not isinstance(workflow, dict):
        raise ValueError("is no workflow")
    return workflow


if __name__ == "__main__":
    sys.exit(main())
