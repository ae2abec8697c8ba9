"""A whole workflow: its steps, what connects them, and the ids of their tools."""

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workflows.converter import former, states
from workflows.converter.notes import Notes
from workflows.converter.places import ABSENT, get, put
from workflows.long_ids import long_id

_ID = re.compile(rf"(?:[^/]+/repos/[^/]+/[^/]+/)?({'|'.join(former.TOOLS)})(?:/[^/]+)?")
_LAYER = re.compile(r"layers_(\d+)_(\w+?)(__config__.*)")
CONNECTED = {"__class__": "ConnectedValue"}
# Versions before this one had the input of a sequential network in no layer of its own.
_COUNTS_THE_INPUT = (1, 0, 10)


@dataclasses.dataclass(frozen=True, slots=True)
class Naming:
    """By which ids a server has the tools.

    Attributes:
        version: of the tools.
        shed, owner: host of the Tool Shed that they were installed from, and who owns them there; "" where the server
            has them by their short ids.
    """

    version: str
    shed: str = ""
    owner: str = ""

    def of(self, tool: str) -> str:
        """Return the id of a tool."""
        return long_id(tool, self.version, self.shed, self.owner) if self.owner else tool


def convert(workflow: dict, naming: Naming, notes: Notes) -> None:
    """Rewrite a workflow in place, and those within it; note each change.

    Raises:
        ValueError: what is no workflow as Galaxy saves it; the message says why.
    """
    if workflow.get("a_galaxy_workflow") != "true" or not isinstance(workflow.get("steps"), dict):
        raise ValueError('is no workflow as Galaxy saves it (.ga), which says "a_galaxy_workflow": "true"')
    steps = {key: step for key, step in workflow["steps"].items() if isinstance(step, dict)}
    for step in steps.values():
        if isinstance(step.get("subworkflow"), dict):
            convert(step["subworkflow"], naming, notes)
    ours = {key: tool for key, step in steps.items() if (tool := tool_of(step))}
    for key, tool in ours.items():
        notes.step = f"step {_shown(steps[key].get('id'))} ({tool})"
        _step(steps[key], tool, naming, notes, steps)
    _connections(steps, notes)


def _shown(number: Any) -> str:
    """Return the number of a step as Galaxy shows it, from 1 on; a file counts from 0."""
    return str(number + 1) if isinstance(number, int) else "?"


def tool_of(step: dict) -> str:
    """Return the short id of a step's tool if it is one of ours, else ""."""
    found = _ID.fullmatch(str(step.get("tool_id") or ""))
    return found[1] if found else ""


def _step(step: dict, tool: str, naming: Naming, notes: Notes, steps: dict[str, dict]) -> None:
    before = step.get("tool_state")
    try:
        state = states.decoded(before)
        was = json.dumps(state)
        states.convert(tool, state, notes)
    except states.NotOnOffer as error:
        notes.left(f"left as it is. {error}")
        return
    except ValueError as error:
        notes.left(f"left as it is: {error}")
        return
    _move_connections(step, tool, state, notes)
    if tool == former.TRAINING:
        _count_layers(step, state, steps, notes)
    if not isinstance(before, str) or json.dumps(state) != was:
        step["tool_state"] = json.dumps(state)
    _outputs(step, tool, notes)
    _rename(step, tool, naming, notes)


def _rename(step: dict, tool: str, naming: Naming, notes: Notes) -> None:
    now = naming.of(tool)
    if step.get("tool_id") != now or step.get("tool_version") != naming.version:
        notes.changed(f"{step.get('tool_id')}, version {step.get('tool_version')}, is {now}, version {naming.version}")
    step["tool_id"] = step["content_id"] = now
    step["tool_version"] = naming.version
    # It named the repository of the former tools, and a revision of it.
    named = step.get("tool_shed_repository")
    ours = {"tool_shed": naming.shed, "owner": naming.owner, "name": tool}
    if isinstance(named, dict) and any(named.get(key) != value for key, value in ours.items()):
        del step["tool_shed_repository"]


def _move_connections(step: dict, tool: str, state: dict, notes: Notes) -> None:
    connections = step.get("input_connections")
    if not isinstance(connections, dict):
        return
    gone = former.GONE.get(tool, {})
    for place in list(connections):
        if place in former.MOVED.get(tool, {}):
            connections[former.MOVED[tool][place]] = connections.pop(place)
        elif place in gone:
            del connections[place]
            notes.changed(f"the connection to {place} left out")
    for place in connections:
        found = get(state, place)
        if found is None or (isinstance(found, dict) and found.get("__class__") == "RuntimeValue"):
            # As servers save it today; of old they saved nothing, or what is asked for when the workflow runs.
            put(state, place, dict(CONNECTED))


def _outputs(step: dict, tool: str, notes: Notes) -> None:
    """Leave out what a step says of outputs that are no more, and call the others by their present names."""
    gone, renamed = former.OUTPUTS_GONE.get(tool, ()), former.OUTPUTS_RENAMED.get(tool, {})
    for part, key in (("outputs", "name"), ("workflow_outputs", "output_name")):
        entries = step.get(part)
        if not isinstance(entries, list):
            continue
        for entry in [entry for entry in entries if _named(entry, key) in gone]:
            entries.remove(entry)
            if part == "workflow_outputs":
                notes.changed(f"the output {entry[key]} of the workflow left out, which is no more")
        _call_anew(entries, key, renamed)
    actions = step.get("post_job_actions")
    if isinstance(actions, dict):
        for key in [key for key, action in actions.items() if _named(action, "output_name") in gone]:
            del actions[key]
        _call_anew(actions.values(), "output_name", renamed)


def _named(entry: Any, key: str) -> str:
    """Return the output that an entry is about, "" where it names none."""
    name = entry.get(key) if isinstance(entry, dict) else None
    return name if isinstance(name, str) else ""


def _call_anew(entries: Iterable[Any], key: str, renamed: Mapping[str, str]) -> None:
    for entry in entries:
        if (name := _named(entry, key)) in renamed:
            entry[key] = renamed[name]


def _connections(steps: dict[str, dict], notes: Notes) -> None:
    """Connect to outputs by their present names; tell who takes one that is no more."""
    for step in steps.values():
        for place, source in _sources(step):
            origin = steps.get(str(source.get("id")))
            tool = tool_of(origin) if origin is not None else ""
            name = str(source.get("output_name"))
            if name in former.OUTPUTS_RENAMED.get(tool, {}):
                source["output_name"] = former.OUTPUTS_RENAMED[tool][name]
            elif name in former.OUTPUTS_GONE.get(tool, ()):
                notes.step = f"step {_shown(step.get('id'))} ({step.get('name')})"
                notes.left(
                    f"{place} takes {name} of step {_shown(source.get('id'))}, which is no more: connect another"
                )


def _sources(step: dict) -> Iterator[tuple[str, dict]]:
    """Yield (place, where it comes from) of a step's connections; a place may take several."""
    connections = step.get("input_connections")
    for place, found in connections.items() if isinstance(connections, dict) else ():
        for source in found if isinstance(found, list) else [found]:
            if isinstance(source, dict):
                yield place, source


def _count_layers(step: dict, state: dict, steps: dict[str, dict], notes: Notes) -> None:
    """Count the layers of swapped settings with the input, which former versions had in no layer of its own."""
    entries = get(state, "experiment_schemes|hyperparams_swapping|param_set")
    told = re.match(r"(\d+)\.(\d+)\.(\d+)", _version(step))
    if not isinstance(entries, list) or told is None or tuple(map(int, told.groups())) >= _COUNTS_THE_INPUT:
        return
    kind = _kind_of_network(step, steps)
    for entry in entries:
        name = str(entry.get("sp_name")) if isinstance(entry, dict) else ""
        found = _LAYER.fullmatch(name)
        if found is None or kind == "functional":
            continue
        if kind == "sequential":
            entry["sp_name"] = f"layers_{int(found[1]) + 1}_{found[2]}{found[3]}"
            notes.changed(f"{name} is {entry['sp_name']} now: the input is layer 0")
        else:
            notes.left(
                f"{name} counts the layers of a sequential network without its input, which is layer 0 now: see to it"
            )


def _version(step: dict) -> str:
    return str(step.get("tool_version") or str(step.get("tool_id")).rpartition("/")[2])


def _kind_of_network(step: dict, steps: dict[str, dict]) -> Any:
    """Return the model type of the network that a step trains, where the workflow tells it, else `ABSENT`."""
    builder = _source(step, "experiment_schemes|infile_estimator", steps)
    config = _source(builder, "mode_selection|infile_json", steps) if builder else None
    if not config or tool_of(config) != former.CONFIG:
        return ABSENT
    try:
        return get(states.decoded(config.get("tool_state")), "model_selection|model_type")
    except ValueError:
        return ABSENT


def _source(step: dict, place: str, steps: dict[str, dict]) -> dict | None:
    return next((steps.get(str(source.get("id"))) for found, source in _sources(step) if found == place), None)
