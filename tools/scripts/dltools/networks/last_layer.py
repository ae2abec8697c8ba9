"""Whether a model's last layer gives what the loss takes: probabilities, or with from_logits plain numbers."""

from typing import TYPE_CHECKING

from dltools.catalogue import objectives
from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.errors import UserError, listed, quoted

if TYPE_CHECKING:
    import keras

# Activations whose outputs lie between 0 and 1.
PROBABILITIES = ("sigmoid", "softmax", "hard_sigmoid", "sparse_sigmoid", "sparsemax")


def activation(output: "keras.KerasTensor") -> str | None:
    """Return the name of the activation that a model ends with, or None where the layers do not tell.

    Parameters:
        output: one of a model's outputs, a `keras.KerasTensor`.
    """
    while hasattr(output, "_keras_history"):
        layer, _, position = output._keras_history
        if hasattr(layer, "layers"):
            # A model inside the network.
            output = layer.outputs[position]
        elif of_class(type(layer).__name__).has(Trait.TRANSPARENT):
            sources = layer._inbound_nodes[0].input_tensors
            output = sources[0] if len(sources) == 1 else None
        else:
            return _of_layer(layer.layer if type(layer).__name__ == "TimeDistributed" else layer)
    return None


def _of_layer(layer: "keras.Layer") -> str | None:
    known = of_class(type(layer).__name__)
    return known.activation or getattr(getattr(layer, "activation", None), "__name__", None)


def check_ends(model: "keras.Model", source: str) -> None:
    """Refuse a model that gives no row of numbers for each sample, and neither a sequence nor an image of such.

    Raises:
        UserError: an output of a single number without an axis of its own, or of an unknown number of units.
    """
    if any(len(tensor.shape) < 2 or tensor.shape[-1] is None for tensor in model.outputs):
        raise UserError(
            f"{source}: the last layer must give at least one row of numbers for each sample. End the network with a "
            "Dense layer."
        )


def check_one_row(model: "keras.Model", source: str) -> None:
    """Refuse a model that does not give one row of numbers for each sample.

    Raises:
        UserError: an output of several dimensions.
    """
    check_ends(model, source)
    wrong = next((tuple(tensor.shape[1:]) for tensor in model.outputs if len(tensor.shape) != 2), None)
    if wrong is not None:
        raise UserError(
            f"{source}: the last layer gives data of shape {wrong} for each sample. The former tools knew one row of "
            "numbers."
        )


def check(model: "keras.Model", training: TrainingConfig) -> None:
    """Refuse a last layer and a loss that together learn nothing right.

    What the layers do not tell is let through.

    Raises:
        UserError: names both ways to put it right.
    """
    for name, output in zip(output_names(model), model.outputs, strict=True):
        own = training.of(name)
        if own.loss in objectives.OF_PROBABILITIES:
            _check_activation(activation(output), own)


def check_outputs(model: "keras.Model", training: TrainingConfig, source: str) -> None:
    """Refuse losses of outputs that a network has not: without a word, these would learn by another loss.

    Raises:
        UserError: names the first such output.
    """
    names = output_names(model)
    wrong = next((own.output for own in training.outputs if own.output not in names), None)
    if wrong is not None:
        known = listed(names) if len(names) > 1 else "a single one"
        raise UserError(
            f"{source}: has a loss for the output {quoted(wrong)}, but its network has no such output. It has: "
            f"{known}. Make it anew with 'Create deep learning model'."
        )


def output_names(model: "keras.Model") -> list[str]:
    """Return the names of a network's outputs; that of a single one is ""."""
    return list(model.output_names) if len(model.outputs) > 1 else [""]


def _check_activation(found: str | None, training: TrainingConfig) -> None:
    name = training.loss
    if found is None:
        return
    suited = objectives.OF_PROBABILITIES[name]
    if objectives.logits_to(training) and found in PROBABILITIES:
        raise UserError(
            f"from_logits: is for a last layer without activation, but the last layer ends in {found}. Switch "
            "from_logits off, or choose linear as the activation of the last layer."
        )
    if not objectives.logits_to(training) and found not in PROBABILITIES:
        switch = (
            f", or switch from_logits on in the options of the loss{'' if found == 'linear' else ' and choose linear'}"
        )
        raise UserError(
            f"{name}: needs probabilities, but the last layer's activation is {found}. Choose {suited} as the "
            "activation of the last "
            f"layer{switch if name in objectives.OPTION_OF['from_logits'] else ' (sigmoid for a single unit)'}."
        )
