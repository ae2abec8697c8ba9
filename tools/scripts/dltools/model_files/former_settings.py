"""Settings by the names that the tools before these gave them, which saved workflows swap.

Those names were made of the estimator's arguments (``lr``, ``optimizer``, ``seed``) and of the layers' configurations,
level by level: ``layers_1_Dense__config__kernel_initializer__config__seed``. Before version 1.0.10 a sequential network
had its input in no layer of its own, so that the first layer was layers_0.
"""

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from dltools.catalogue import weights
from dltools.catalogue.optimizers import OPTIMIZERS
from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import Parameter, Real

# Former name -> name now, where it is not made by a rule.
NAMES = {
    "lr": "optimizer__learning_rate",
    "seed": "random_seed",
    "validation_fraction": "validation_split",
}
_LEVEL = "__config__"
_POSITION = re.compile(r"layers_(\d+)_")
# Keyed by class in `keras.initializers` and `keras.regularizers`.
_OPTIONS: Mapping[str, tuple[Parameter, ...]] = dict([*weights.INITIALIZERS.values(), *weights.REGULARIZERS.values()])


def present(name: str, known: Collection[str], label: str) -> str:
    """Return the name that a setting has now, with a line on stdout where it is another.

    Parameters:
        name: as it was typed.
        known: names of all settings.
        label: of the part of the form, for the line.
    """
    found = NAMES.get(name, name.replace(_LEVEL, "__"))
    # The settings of an optimizer stood beside the others; the first layer was counted as 0.
    others = [f"optimizer__{found}", *([_after_the_input(found)] if _LEVEL in name else [])]
    if found not in known:
        found = next((other for other in others if other in known), found)
    if found != name:
        counted = ", the layers counted from 0 with the input" if _POSITION.match(found) else ""
        print(f"{label}: {quoted(name, 120)} is {found} here{counted}.")
    return found


def _after_the_input(name: str) -> str:
    return _POSITION.sub(lambda position: f"layers_{int(position[1]) + 1}_", name, count=1)


@dataclasses.dataclass(frozen=True, slots=True)
class OptionOfWeights:
    """An option of an initializer or a regularizer of a layer's weights.

    Attributes:
        config: the options, in which it is changed.
        parameter: its name there, and what it may hold.
    """

    config: dict
    parameter: Parameter

    def set(self, value: Any, label: str) -> None:
        """Give it a value, or None for Keras' default.

        Raises:
            UserError: a value that it may not hold.
        """
        self.config[self.parameter.name] = None if value is None else self.parameter.kind.read(value, label)


def of_weights(layers: Mapping[str, tuple[str, dict]]) -> dict[str, OptionOfWeights]:
    """Return name -> option of every initializer and regularizer that the layers' configurations hold.

    Parameters:
        layers: prefix of the names of a layer's settings -> its class and its configuration.
    """
    return {
        f"{prefix}__{argument}__{parameter.name}": OptionOfWeights(value["config"], parameter)
        for prefix, (_, config) in layers.items()
        for argument, value in config.items()
        if isinstance(value, dict) and isinstance(value.get("config"), dict)
        for parameter in _OPTIONS.get(str(value.get("class_name")), ())
    }


def _swap_optimizer(training: dict, value: Any, label: str) -> None:
    """Choose another optimizer; it keeps the settings that it shares with the present one."""
    classes = {name.lower(): name for name in OPTIMIZERS}
    kind = classes.get(str(value).lower())
    if kind is None:
        raise UserError(f"{label}: optimizer must be one of {listed(OPTIMIZERS)}. Received: {quoted(value)}.")
    chosen = training["optimizer"]
    kept = {p.name: chosen["options"][p.name] for p in OPTIMIZERS[kind] if p.name in chosen["options"]}
    told = listed(f"{name}={option}" for name, option in kept.items()) or "none"
    print(f"{label}: the optimizer is {kind}. Settings that it shares with {chosen['type']} are kept: {told}.")
    chosen["type"], chosen["options"] = kind, kept


def _swap_decay(training: dict, value: Any, label: str) -> None:
    """Let the learning rate fall with every batch as Keras 2 did: divided by 1 + decay * batches."""
    decay = Real(0).read(value, f"{label}: decay")
    if not decay:
        print(f"{label}: decay=0 is left out, which changes nothing.")
        return
    if "schedule" in training["optimizer"]:
        raise UserError(f"{label}: decay makes a learning-rate schedule, and the model has one. Swap its settings.")
    options = {"unit": "steps", "decay_steps": 1, "decay_rate": decay}
    training["optimizer"]["schedule"] = {"type": "InverseTimeDecay", "options": options}
    print(f"{label}: decay={decay:g} is the schedule InverseTimeDecay in steps of one batch, which is the same.")


def _leave_schedule_decay(training: dict, value: Any, label: str) -> None:
    print(f"{label}: schedule_decay={value} is left out: the Nadam of Keras 3 has no such option.")


# Settings of the optimizer as a whole, and of optimizers of Keras 2 that have another place now; each is given the
# training parameters as JSON, which it changes, the new value, and the label of the part of the form.
OF_OPTIMIZER: Mapping[str, Callable[[dict, Any, str], None]] = {
    "optimizer": _swap_optimizer,
    "decay": _swap_decay,
    "schedule_decay": _leave_schedule_decay,
}
