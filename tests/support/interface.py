"""The parameters that saved workflows address in the six tools, as one line of text each.

A line reads ``path type default options``, tab-separated. The path joins names by ``|``, and the
case of a conditional follows its name in brackets: ``input_options[tabular]|infile1``; cases in
which the rest of the path is the same share a line. ``interface.txt`` holds the lines that must
stay. To print those of the wrappers as they are:

    python -m tests.support.interface
"""

import itertools
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

from tests.galaxy import environments
from tests.galaxy.repository import WRAPPERS

PROMISED = Path(__file__).with_name("interface.txt")

# Galaxy's own way of putting the macros in, asked of Galaxy's own Python.
ASK_GALAXY = """
import json, sys
from galaxy.util import xml_to_string
from galaxy.util.xml_macros import load
print(json.dumps([xml_to_string(load(path).getroot()) for path in sys.argv[1:]]))
"""


class Parameter(NamedTuple):
    """What a saved workflow may rely on: a parameter's type, default and option values."""

    type: str
    default: str
    options: tuple[str, ...] = ()


def expanded() -> dict[str, ET.Element]:
    """Return tool id -> the root of its wrapper, with the macros put in."""
    python = environments.python(environments.galaxy())
    answer = subprocess.run([python, "-c", ASK_GALAXY, *WRAPPERS.values()], capture_output=True, text=True, check=True)
    return dict(zip(WRAPPERS, map(ET.fromstring, json.loads(answer.stdout)), strict=True))


def parameters(root: ET.Element) -> dict[str, Parameter]:
    """Return path -> parameter of a wrapper."""
    return dict(_parameters(root.find("inputs"), ""))


def name_of(element: ET.Element) -> str:
    """Return the name by which a parameter is addressed."""
    return element.get("name") or element.get("argument").lstrip("-").replace("-", "_")


def _parameters(parent: ET.Element, prefix: str):
    for element in parent:
        if element.tag == "param":
            yield prefix + name_of(element), _parameter(element)
        elif element.tag in ("section", "repeat"):
            yield from _parameters(element, f"{prefix}{name_of(element)}|")
        elif element.tag == "conditional":
            yield from _conditional(element, prefix + name_of(element))


def _conditional(element: ET.Element, path: str):
    test = element.find("param")
    yield f"{path}|{name_of(test)}", _parameter(test)
    for case in element.findall("when"):
        yield from _parameters(case, f"{path}[{case.get('value')}]|")


def _parameter(element: ET.Element) -> Parameter:
    kind = element.get("type")
    if kind == "select":
        options = element.findall("option")
        multiple = element.get("multiple") == "true"
        chosen = [option.get("value") for option in options if option.get("selected") == "true"]
        default = ",".join(chosen) if chosen or multiple else options[0].get("value")
        return Parameter(kind + " multiple" * multiple, default, tuple(option.get("value") for option in options))
    if kind == "boolean":
        return Parameter(kind, element.get("checked", "false"), (element.get("truevalue"), element.get("falsevalue")))
    if kind == "data":
        return Parameter(kind, "", tuple(element.get("format").split(",")))
    return Parameter(kind + " multiple" * (element.get("multiple") == "true"), element.get("value", ""))


def lines(found: dict[str, Parameter]) -> list[str]:
    """Return parameters as lines, with the last cases that agree on the rest of a path together."""
    groups: dict[tuple, list[str]] = {}
    for path, parameter in found.items():
        before, case, after = _around_last_case(path)
        groups.setdefault((before, after, parameter), []).append(case)
    return [
        "\t".join([before + _bracketed(cases) + after, parameter.type, parameter.default, " ".join(parameter.options)])
        for (before, after, parameter), cases in groups.items()
    ]


def _around_last_case(path: str) -> tuple[str, str, str]:
    before, bracket, rest = path.rpartition("[")
    if not bracket:
        return path, "", ""
    case, _, after = rest.partition("]")
    return before, case, after


def _bracketed(cases: list[str]) -> str:
    return f"[{','.join(cases)}]" if cases != [""] else ""


def promised() -> dict[str, dict[str, Parameter]]:
    """Return tool id -> path -> parameter, as `interface.txt` holds them."""
    tools: dict[str, dict[str, Parameter]] = {}
    for line in PROMISED.read_text(encoding="utf-8").splitlines():
        if "\t" not in line:
            tools[line] = paths = {}
            continue
        path, kind, default, options = line.split("\t")
        for alternative in _alternatives(path):
            paths[alternative] = Parameter(kind, default, tuple(options.split()))
    return tools


def _alternatives(path: str) -> list[str]:
    parts = re.split(r"(\[[^\]]*\])", path)
    choices = [[f"[{case}]" for case in part[1:-1].split(",")] if part.startswith("[") else [part] for part in parts]
    return ["".join(choice) for choice in itertools.product(*choices)]


def main() -> None:
    """Print the interface of the wrappers as they are."""
    for tool, root in expanded().items():
        print(tool, *lines(parameters(root)), sep="\n")


if __name__ == "__main__":
    main()
