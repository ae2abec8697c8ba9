"""Mixed precision: training a copy of the network that computes with 16 bits and keeps its weights in 32.

The network itself stays one of 32 bits, so that its file is read, and predicts the same, wherever there is no
hardware for anything else.
"""

import json
from typing import TYPE_CHECKING

from dltools.catalogue import training_parameters
from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.catalogue.training_config import TrainingConfig
from dltools.data import words
from dltools.networks import architecture

if TYPE_CHECKING:
    import keras


FULL, FLOAT16, BFLOAT16 = PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")


def mixed_copy(model: "keras.Model", chosen: str, training: TrainingConfig) -> "keras.Model":
    """Return a network like `model`, with its weights and its optimizer's state, that computes in mixed precision.

    The last layers give numbers of 32 bits, so that the loss is computed with these. Words of an Embedding
    reach it in 32 bits: bfloat16 holds whole numbers up to 256 alone.

    Parameters:
        chosen: one of `PRECISIONS` but the first.
    """
    import keras

    config = json.loads(model.to_json())
    names = kept(model)
    for layer in config["config"]["layers"]:
        if layer["config"].get("name") not in names:
            _set_policy(layer, chosen)
    made = architecture.rebuild(config, "the model in mixed precision")
    copy_state(model, made, training)
    if chosen == FLOAT16:
        # Gradients below what 16 bits can tell from 0 would be lost.
        inner = getattr(made, "optimizer", None) or training_parameters.optimizer(training)
        made.optimizer = (
            inner
            if isinstance(inner, keras.optimizers.LossScaleOptimizer)
            else keras.optimizers.LossScaleOptimizer(inner)
        )
    return made


def kept(model: "keras.Model") -> set[str]:
    """Return the names of the layers that compute with 32 bits in mixed precision, beside those that see the table:
    layers that words pass, which would be rounded, and those that compute what the loss takes.
    """
    ends = {tensor._keras_history.operation.name for tensor in model.outputs}
    return ends | words.carriers(model)


def _set_policy(value: object, chosen: str) -> None:
    """Let layers compute with 16 bits, those inside others too, but for those that see the table."""
    if isinstance(value, dict):
        if of_class(str(value.get("class_name"))).has(Trait.SEES_TABLE):
            return
        policy = value.get("dtype")
        if (
            isinstance(policy, dict)
            and policy.get("class_name") == "DTypePolicy"
            and policy["config"].get("name") == FULL
        ):
            policy["config"]["name"] = chosen
        for child in value.values():
            _set_policy(child, chosen)
    elif isinstance(value, list):
        for child in value:
            _set_policy(child, chosen)


def copy_state(source: "keras.Model", target: "keras.Model", training: TrainingConfig) -> None:
    """Give one network the weights of another of the same architecture, and an optimizer in the same state."""
    import keras

    target.set_weights(source.get_weights())
    for layer in target.layers:
        # What layers such as Normalization compute from their weights once.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    optimizer = getattr(source, "optimizer", None)
    if optimizer is None:
        return
    made = training_parameters.optimizer(training)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and not isinstance(
        made, keras.optimizers.LossScaleOptimizer
    ):
        optimizer = optimizer.inner_optimizer
    made.build(target.trainable_variables)
    for ours, theirs in zip(made.variables, optimizer.variables, strict=True):
        ours.assign(theirs)
    target.optimizer = made
