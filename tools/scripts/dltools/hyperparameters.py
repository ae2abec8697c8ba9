"""Every setting of a builder by name: to show it, and to swap its value before training.

Names: ``epochs``, ``batch_size`` and the other fit parameters, ``loss``, ``label_smoothing``, ``random_seed``,
``optimizer__learning_rate`` (and the optimizer's other options), and for a layer's arguments
``layers_<position>_<type>__<argument>``, the position counted from 0 in the model configuration,
such as ``layers_7_Dense__units``.
"""

import copy
import difflib
import json

from . import objectives, training_parameters
from .builder import Builder
from .errors import UserError, listed, quoted
from .parameters import is_empty, literal

# Settings of a layer that are no hyperparameters: what it is called, and what shapes it was built for.
NOT_SWAPPED = ("name", "dtype", "batch_shape", "build_config")
# Names of the tools before these: layers_0_Dense__config__units, lr.
OLD_NAMES = {"lr": "optimizer__learning_rate"}


def values(builder: Builder) -> dict:
    """Return name -> value of every setting."""
    training = builder.training
    found = {"loss": training["loss"], "random_seed": training.get("random_seed"), **training["fit"]}
    found |= training.get("loss_options", {})
    found |= {f"optimizer__{name}": value for name, value in training["optimizer"]["options"].items()}
    for prefix, config in _layers(builder):
        found |= {f"{prefix}__{name}": value for name, value in config.items() if name not in NOT_SWAPPED}
    return found


def rows(builder: Builder) -> list[list[str]]:
    """Return the settings as rows of texts: number, name, value."""
    return [
        [str(number), name, value if isinstance(value, str) else json.dumps(value)]
        for number, (name, value) in enumerate(values(builder).items(), start=1)
    ]


def _layers(builder: Builder):
    layers = builder.architecture.get("config", {}).get("layers", [])
    return [
        (f"layers_{position}_{layer.get('class_name')}", layer["config"])
        for position, layer in enumerate(layers)
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict)
    ]


def swap(builder: Builder, swaps: list[dict]) -> Builder:
    """Return a builder with swapped settings.

    Parameters:
        swaps: `sp_name` and `sp_value` of each, as Galaxy's JSON holds them; rows without name are ignored.

    Raises:
        UserError: a name that does not exist (the message lists those that do), or a value that is no literal.
    """
    builder = copy.deepcopy(builder)
    for entry in swaps:
        if is_empty(entry.get("sp_name")):
            continue
        name = str(entry["sp_name"]).strip().replace("__config__", "__")
        name = OLD_NAMES.get(name, name)
        if is_empty(entry.get("sp_value")):
            raise UserError(f"Hyperparameter swapping: {quoted(name)} has no new value.")
        _set(builder, name, _value(str(entry["sp_value"]).strip(), name))
    return Builder(builder.architecture, training_parameters.check(builder.training, "Hyperparameter swapping"))


def _value(text: str, name: str):
    # The name of a loss or an activation may be given without quotes, as the form shows it.
    return text if text.isidentifier() and text not in ("None", "True", "False") else literal(text, f"Hyperparameter swapping: {name}")


def _set(builder: Builder, name: str, value) -> None:
    known = values(builder)
    of_loss = {p.name for p in objectives.LOSS_OPTIONS}
    allowed = set(known) | of_loss | {p.name for p in training_parameters.FIT_PARAMETERS}
    options = {p.name for p in training_parameters.OPTIMIZERS[builder.training["optimizer"]["type"]]}
    allowed |= {f"optimizer__{option}" for option in options}
    if name in options and name not in allowed:
        name = f"optimizer__{name}"
    if name not in allowed:
        raise UserError(f"Hyperparameter swapping: {quoted(name)} is no setting of this model. {_advice(name, allowed)}")
    place, _, argument = name.rpartition("__")
    if place == "optimizer":
        builder.training["optimizer"]["options"][argument] = value
    elif place:
        dict(_layers(builder))[place][argument] = value
        _forget_shapes(builder.architecture)
    elif name in ("loss", "random_seed"):
        builder.training[name] = value
    elif name in of_loss:
        builder.training.setdefault("loss_options", {})[name] = value
    else:
        builder.training["fit"][name] = value


def _advice(name: str, allowed: set[str]) -> str:
    """Point to the setting that was meant, or list the run's settings before those of the layers."""
    meant = difflib.get_close_matches(name, allowed, n=1, cutoff=0.7)
    names = sorted(allowed, key=lambda n: (n.startswith("layers_"), n))
    return (f"Did you mean {quoted(meant[0])}? " if meant else "") + f"Those that exist: {listed(names, 25)}."


def _forget_shapes(config) -> None:
    """Drop the shapes that layers were built for: they follow from the architecture, which has changed."""
    if isinstance(config, dict):
        config.pop("build_config", None)
        for child in config.values():
            _forget_shapes(child)
    elif isinstance(config, list):
        for child in config:
            _forget_shapes(child)
