"""Finding, moving and removing what stands at a place of a saved state, such as ``input_options|infile1``."""

from typing import Any

ABSENT = object()


def get(state: dict, place: str) -> Any:
    """Return what stands at a place, or `ABSENT`."""
    found: Any = state
    for name in place.split("|"):
        if not isinstance(found, dict) or name not in found:
            return ABSENT
        found = found[name]
    return found


def put(state: dict, place: str, value: Any) -> None:
    """Let a value stand at a place, whose sections are made where they are not there."""
    *sections, name = place.split("|")
    for section in sections:
        state = state.setdefault(section, {})
    state[name] = value


def pop(state: dict, place: str) -> Any:
    """Remove what stands at a place, and return it, or `ABSENT`."""
    sections, _, name = place.rpartition("|")
    holder = get(state, sections) if sections else state
    return holder.pop(name, ABSENT) if isinstance(holder, dict) else ABSENT
