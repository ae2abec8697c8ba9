"""The saved state of one step, rewritten for the present form of its tool."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from workflows.converter import former
from workflows.converter.notes import Notes
from workflows.converter.places import ABSENT, get, pop, put

OPTIMIZER = "mode_selection|compile_params|optimizer_selection"
TRUE = (True, "true", "booltrue")


class NotOnOffer(Exception):
    """A step that does what the present tool does not; it is left as it is. The message says what."""


def decoded(text: Any) -> dict:
    """Return a saved state, which a file holds as JSON; servers of old wrote each of its parts as JSON once more.

    Raises:
        ValueError: it is no JSON object.
    """
    state = json.loads(text) if isinstance(text, str) else text
    if not isinstance(state, dict):
        raise ValueError("its tool_state is no JSON object")
    return {name: _part(value) for name, value in state.items()}


def _part(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(("{", "[", '"')):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def convert(tool: str, state: dict, notes: Notes) -> None:
    """Change a state in place, and note each change.

    Parameters:
        tool: one of `former.TOOLS`.

    Raises:
        NotOnOffer: the step does what the present tool does not; nothing was changed.
    """
    for place, (offered, instead) in former.ON_OFFER.get(tool, {}).items():
        chosen = get(state, place)
        if chosen is not ABSENT and chosen not in offered:
            raise NotOnOffer(f"{place} is {chosen!r}: {instead}")
    for old, new in former.MOVED.get(tool, {}).items():
        _move(state, old, new, notes)
    if tool in _FURTHER:
        _FURTHER[tool](state, notes)
    for place, why in former.GONE.get(tool, {}).items():
        if pop(state, place) is not ABSENT:
            notes.changed(f"{place} left out" + (f": {why}" if why else ""))
    for section, fields in former.ADDED.get(tool, {}).items():
        _add(get(state, section), fields, section, notes)


def _move(state: dict, old: str, new: str, notes: Notes) -> None:
    value = pop(state, old)
    if value is not ABSENT:
        put(state, new, value)
        notes.changed(f"{old} is {new} now")


def _add(section: Any, fields: Mapping[str, Any], place: str, notes: Notes) -> None:
    for name, value in fields.items():
        if isinstance(section, dict) and name not in section:
            section[name] = value
            notes.changed(f"{place}|{name} set to {value!r}, as it was without the field")


def _builder(state: dict, notes: Notes) -> None:
    if get(state, "mode_selection|get_params") in TRUE:
        put(state, "mode_selection|further_outputs", [{"__index__": 0, "list_hyperparameters": True}])
        notes.changed("mode_selection|get_params is the further output of the hyperparameters now")
    chosen = get(state, OPTIMIZER)
    options = get(state, f"{OPTIMIZER}|optimizer_options")
    if not isinstance(chosen, dict) or not isinstance(options, dict):
        return
    kind, place = chosen.get("optimizer_type"), f"{OPTIMIZER}|optimizer_options"
    for old, new in former.RENAMED_OPTIONS.items():
        _move(options, old, new, notes)
    _decay(options, notes)
    if "schedule_decay" in options:
        notes.changed(
            f"schedule_decay={options.pop('schedule_decay')} left out: the Nadam of Keras 3 has no such option"
        )
    _add(options, former.ADDED_TO_OPTIMIZERS.get(str(kind), {}), place, notes)


def _decay(options: dict, notes: Notes) -> None:
    """Let the learning rate fall as Keras 2 did, with every batch: divided by 1 + decay * batches."""
    if "decay" not in options:
        return
    decay = options.pop("decay")
    if not _number(decay):
        notes.changed(f"decay={decay} left out, which changes nothing")
        return
    schedule = {
        "schedule_type": "InverseTimeDecay",
        "__current_case__": 4,
        "unit": "steps",
        "decay_steps": "1",
        "decay_rate": decay,
        "staircase": False,
    }
    box = {"__index__": 0, **former.FURTHER_OPTIONS, "learning_rate_schedule": [{"__index__": 0, "schedule": schedule}]}
    options["further_options"] = [box]
    notes.changed(
        f"decay={decay} is the learning-rate schedule InverseTimeDecay now, in steps, which computes the same"
    )


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0


def _config(state: dict, notes: Notes) -> None:
    entries = get(state, "model_selection|layers")
    for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        layer = entry.get("layer_selection") if isinstance(entry, dict) else None
        kind = str(layer.get("layer_type")) if isinstance(layer, dict) else ""
        _add(layer, former.ADDED_TO_LAYERS.get(kind, {}), f"layer {number} ({kind})", notes)
        if kind in former.LAYERS_GONE:
            notes.left(f"layer {number} is a {kind}, which Keras has no more: choose another")


def _plots(state: dict, notes: Notes) -> None:
    section = get(state, "plotting_selection")
    if not isinstance(section, dict):
        return
    if "header_true" not in section and section.get("plot_type") == "classification_confusion_matrix":
        notes.left(
            "the confusion matrix did not ask for headers: see whether header_true and header_predicted are right"
        )
    _add(section, former.ADDED_TO_PLOTS.get(str(section.get("plot_type")), {}), "plotting_selection", notes)
    colour = former.COLOURS.get(str(section.get("plot_color")))
    if colour:
        notes.changed(f"the colour {section['plot_color']} is {colour} now")
        section["plot_color"] = colour


_FURTHER: Mapping[str, Callable[[dict, Notes], None]] = {
    former.BUILDER: _builder,
    former.CONFIG: _config,
    former.PLOTS: _plots,
}
