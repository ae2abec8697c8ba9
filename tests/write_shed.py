"""Write into `.shed.yml` which files each tool's repository in the Tool Shed holds.

    .venv/bin/tox run -e macros

A repository holds its wrapper, the macros that the wrapper imports, the scripts, and of `test-data` only the files that
the wrapper's tests name: the Tool Shed takes most of a second for each file. `tests/test_tool_shed_tarball.py` tells
when this was forgotten.
"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

from tests.galaxy.repository import WRAPPERS
from tests.support.places import ROOT, TEST_DATA, TOOLS

SHED = ROOT / ".shed.yml"
MARK = "# From here on written by tests/write_shed.py"
PAPERS = ("README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff")


def imported(wrapper: Path) -> list[Path]:
    """Return the files with macros that a wrapper imports, those that they import among them."""
    found: list[Path] = []
    waiting = [wrapper]
    while waiting:
        path = waiting.pop()
        for element in ET.parse(path).iter("import"):
            macros = path.parent / (element.text or "").strip()
            if macros not in found:
                found.append(macros)
                waiting.append(macros)
    return sorted(found)


def named_data(wrapper: Path, folder: Path = TEST_DATA) -> list[Path]:
    """Return the files of a folder that a wrapper names, directly or in the macros that it imports."""
    values = {
        value
        for path in (wrapper, *imported(wrapper))
        for element in ET.parse(path).iter()
        for attribute in element.attrib.values()
        for value in attribute.split(",")
    }
    return sorted(path for path in folder.iterdir() if path.name in values)


def description(wrapper: Path) -> str:
    """Return a tool's name with its description, as one line."""
    root = ET.parse(wrapper).getroot()
    return f"{root.get('name')} {(root.findtext('description') or '').strip()}"


def repository(wrapper: Path) -> list[str]:
    """Return the lines of the repository of one tool, without the line of its name."""
    code = [wrapper, *imported(wrapper), TOOLS / "scripts"]
    return [
        f"    description: {json.dumps(description(wrapper))}",
        "    include:",
        "      - source:",
        *_items(code, "          "),
        "        strip_components: 1",
        *_items([*named_data(wrapper), *(ROOT / name for name in PAPERS)], "      "),
    ]


def _items(paths: Iterable[Path], indent: str) -> list[str]:
    return [f"{indent}- {path.relative_to(ROOT)}" for path in paths]


def text() -> str:
    """Return the whole of `.shed.yml`: what people wrote above the mark, and the six repositories."""
    by_hand, mark, below = SHED.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise ValueError(f"{SHED}: the line that begins with {MARK!r} is gone")
    lines = ["repositories:"]
    for tool, wrapper in sorted(WRAPPERS.items()):
        lines += [f"  {tool}:", *repository(wrapper)]
    return by_hand + mark + below.partition("\n")[0] + "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    SHED.write_text(text(), encoding="utf-8")
