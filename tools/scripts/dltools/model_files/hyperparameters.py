"""Every setting of a builder by name: to show it, and to swap its value before training.

Names: ``epochs``, ``batch_size`` and the other fit parameters, ``class_weight``, ``loss``, ``label_smoothing`` and the
loss's other options, ``random_seed``, ``optimizer__learning_rate`` and the optimizer's other options, where there is a
schedule or loss scaling ``schedule__decay_steps`` or ``loss_scaling__initial_scale``, and for a layer's arguments
``layers_<position>_<type>__<argument>``, the position counted from 0 in the model configuration,
such as ``layers_7_Dense__units``; for those of a layer inside it ``layers_1_Bidirectional__layer__units``. Names of
the tools before these are taken too: see `former_settings`.
"""

import copy
import dataclasses
import difflib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dltools.catalogue import arguments, fit_parameters, objectives, optimizers, schedules, training_parameters
from dltools.core.errors import UserError, listed, one_line, quoted
from dltools.core.files import replacing
from dltools.forms.kinds import Kind, Nullable, Parameter, Sizes, Whole
from dltools.forms.parameters import is_empty, word_or_literal
from dltools.model_files import former_settings
from dltools.model_files.builder import Builder

# Settings of a layer that are no hyperparameters: what it is called, what shapes it was built for, how a model inside
# another is connected.
NOT_SWAPPED = ("name", "dtype", "batch_shape", "build_config", "build_input_shape", "input_layers", "output_layers")
# Settings that are layers themselves, whose settings have names of their own.
_LAYERS_INSIDE = ("layer", "forward_layer", "backward_layer", "cell")


class _Opened(NamedTuple):
    """What a builder's files hold, in which single settings can be changed."""

    architecture: dict
    training: dict


def _opened(builder: Builder) -> _Opened:
    return _Opened(builder.architecture, builder.training.to_json())


# What the form calls the box in which settings are swapped for one run.
SWAPPING = "Hyperparameter swapping"
# Groups of the optimizer's settings: each has a name of its own before the name of the setting.
_PLACES = ("optimizer", "schedule", "loss_scaling")


def values(builder: Builder) -> dict:
    """Return name -> value of every setting."""
    return _values(_opened(builder))


def _values(opened: _Opened) -> dict:
    training = opened.training
    found = {"loss": training["loss"], "random_seed": training.get("random_seed"), **training["fit"]}
    found |= training.get("loss_options", {})
    found |= {"class_weight": training["class_weight"]} if "class_weight" in training else {}
    for place in _PLACES:
        found |= {f"{place}__{name}": value for name, value in _options(training, place).items()}
    for prefix, (_, config) in _layers(opened).items():
        found |= {
            f"{prefix}__{name}": value
            for name, value in config.items()
            if name not in NOT_SWAPPED and not _is_inside(name, value)
        }
    return found


def rows(builder: Builder) -> list[list[str]]:
    """Return the settings as rows of texts: number, name, value."""
    return [
        [str(number), name, value if isinstance(value, str) else json.dumps(value)]
        for number, (name, value) in enumerate(values(builder).items(), start=1)
    ]


def names(builder: Builder) -> set[str]:
    """Return the names of all settings: those with a value, and those that are left to Keras."""
    return _names(_opened(builder))


def _names(opened: _Opened) -> set[str]:
    training = opened.training
    found = set(_values(opened)) | {"class_weight"} | {p.name for p in fit_parameters.FIT_PARAMETERS}
    found |= {name for name, losses in objectives.OPTION_OF.items() if training["loss"] in losses}
    return found | {f"{place}__{p.name}" for place, table in _tables(training).items() for p in table}


def _tables(training: dict) -> dict[str, tuple[Parameter, ...]]:
    """Return the settings that the optimizer, its schedule and its loss scaling have, where there are these."""
    chosen = training["optimizer"]
    tables = {"optimizer": optimizers.OPTIMIZERS[chosen["type"]]}
    if "schedule" in chosen:
        tables["schedule"] = schedules.SCHEDULES[chosen["schedule"]["type"]]
    if "loss_scaling" in chosen:
        tables["loss_scaling"] = optimizers.LOSS_SCALING
    return tables


def write(path: str | Path, builder: Builder) -> None:
    """Write a line a setting with its name and its value, blank where it is left to Keras (tabular)."""
    known = values(builder)
    with replacing(path) as whole, open(whole, "w", encoding="utf-8") as handle:
        print("Parameter", "Value", sep="\t", file=handle)
        for name in sorted(names(builder), key=_layers_last):
            value = known.get(name)
            text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
            print(name, one_line(text), sep="\t", file=handle)


def _layers_last(name: str) -> tuple[int, str]:
    parts = name.split("_")
    return (int(parts[1]), name) if parts[0] == "layers" and parts[1].isdigit() else (-1, name)


def _options(training: dict, place: str) -> dict:
    """Return the settings of the optimizer, its schedule or its loss scaling; empty where it has none."""
    chosen = training["optimizer"]
    if place == "optimizer":
        return chosen["options"]
    if place == "schedule":
        return chosen.get("schedule", {}).get("options", {})
    return chosen.get("loss_scaling", {})


def _layers(opened: _Opened) -> dict[str, tuple[str, dict]]:
    """Return prefix of the names of a layer's settings -> its class and its configuration, of layers inside others
    too.
    """
    return dict(_layers_of(opened.architecture.get("config", {}), ""))


def _layers_of(config: dict, prefix: str) -> Iterator[tuple[str, tuple[str, dict]]]:
    listed_layers = config.get("layers")
    inside = (
        {
            f"layers_{position}_{layer.get('class_name')}": layer
            for position, layer in enumerate(listed_layers)
            if isinstance(layer, dict)
        }
        if isinstance(listed_layers, list)
        else {}
    )
    inside |= {name: config[name] for name in _LAYERS_INSIDE if _is_inside(name, config.get(name))}
    for name, layer in inside.items():
        if isinstance(layer.get("config"), dict):
            yield prefix + name, (str(layer.get("class_name")), layer["config"])
            yield from _layers_of(layer["config"], f"{prefix}{name}__")


def _is_inside(name: str, value: object) -> bool:
    return (name in _LAYERS_INSIDE and isinstance(value, dict)) or (name == "layers" and isinstance(value, list))


@dataclasses.dataclass(frozen=True, slots=True)
class Swap:
    """A new value for a setting, both as the user wrote them."""

    name: str
    value: str


def swap(builder: Builder, swaps: Iterable[Swap], label: str = SWAPPING) -> Builder:
    """Return a builder with swapped settings.

    Parameters:
        label: of the part of the form that asks for them, for messages.

    Raises:
        UserError: a name that does not exist (the message lists those that do), or a value of another type than the
            setting's.
    """
    opened = copy.deepcopy(_opened(builder))
    for entry in swaps:
        known = _names(opened) | former_settings.of_weights(_layers(opened)).keys()
        name = former_settings.present(entry.name.strip(), known, label)
        if is_empty(entry.value):
            raise UserError(f"{label}: {quoted(name)} has no new value.")
        value = _value(entry.value.strip(), name, label)
        if name in former_settings.OF_OPTIMIZER:
            former_settings.OF_OPTIMIZER[name](opened.training, value, label)
        else:
            _set(opened, name, value, label)
    return Builder(opened.architecture, training_parameters.check(opened.training, label))


def present_name(builder: Builder, name: str, label: str) -> str:
    """Return the name that a setting has now; one that does not exist stays as it is, for `swap` to refuse."""
    opened = _opened(builder)
    return former_settings.present(
        name.strip(), _names(opened) | former_settings.of_weights(_layers(opened)).keys(), label
    )


def is_whole(builder: Builder, name: str) -> bool:
    """Tell whether a setting, by its present name, counts something."""
    opened = _opened(builder)
    inside = former_settings.of_weights(_layers(opened)).get(name)
    if inside is not None:
        return _is_whole(inside.parameter.kind)
    place, _, argument = name.rpartition("__")
    tables = {"": (*fit_parameters.FIT_PARAMETERS, fit_parameters.RANDOM_SEED), **_tables(opened.training)}
    if place in tables:
        return any(_is_whole(p.kind) for p in tables[place] if p.name == argument)
    layer = _layers(opened).get(place)
    known = None if layer is None else arguments.kind(layer[0], argument)
    return type(_values(opened).get(name)) is int if known is None else _is_whole(known)


def _is_whole(kind: Kind) -> bool:
    return isinstance(kind.kind if isinstance(kind, Nullable) else kind, (Whole, Sizes))


def _value(text: str, name: str, label: str) -> Any:
    if name == "class_weight" and text.lower() not in ("none", "null"):
        # Read where the classes are still as the user wrote them.
        return text
    # The name of a loss or an activation may be given without quotes, as the form shows it.
    return word_or_literal(text, f"{label}: {name}")


def _set(opened: _Opened, name: str, value: object, label: str) -> None:
    training = opened.training
    of_loss = {p.name for p in objectives.LOSS_OPTIONS}
    # Options of another loss than the present one too: the loss may be swapped as well.
    allowed = _names(opened) | of_loss
    inside = former_settings.of_weights(_layers(opened))
    if name in inside:
        inside[name].set(value, f"{label}: {name}")
        return
    if name not in allowed:
        raise UserError(f"{label}: {quoted(name)} is no setting of this model. {_advice(name, allowed)}")
    place, _, argument = name.rpartition("__")
    if place in _PLACES:
        _options(training, place)[argument] = value
    elif place:
        _set_of_layer(*_layers(opened)[place], argument, value, f"{label}: {name}")
        _forget_shapes(opened.architecture)
    elif name in ("loss", "random_seed", "class_weight"):
        training[name] = value
    elif name in of_loss:
        training.setdefault("loss_options", {})[name] = value
    else:
        training["fit"][name] = value


def _set_of_layer(layer: str, config: dict, argument: str, value: object, label: str) -> None:
    known = arguments.kind(layer, argument)
    found = (
        arguments.like(config[argument], value, label)
        if known is None
        else arguments.read(layer, argument, value, label)
    )
    # As the configuration holds it, which is JSON.
    config[argument] = json.loads(json.dumps(found))


def _advice(name: str, allowed: set[str]) -> str:
    """Point to the setting that was meant, or list the run's settings before those of the layers."""
    meant = difflib.get_close_matches(name, allowed, n=1, cutoff=0.7)
    known = sorted(allowed, key=_layers_last)
    return (f"Did you mean {quoted(meant[0])}? " if meant else "") + f"Those that exist: {listed(known, 40)}."


def _forget_shapes(config: object) -> None:
    """Drop the shapes that layers were built for: they follow from the architecture, which has changed."""
    if isinstance(config, dict):
        config.pop("build_config", None)
        for child in config.values():
            _forget_shapes(child)
    elif isinstance(config, list):
        for child in config:
            _forget_shapes(child)
