"""Fine-tuning: a second stage of a training, in which the last of the frozen layers learn too, at a lower rate."""

import dataclasses
from typing import TYPE_CHECKING

from dltools.catalogue.training_config import TrainingConfig
from dltools.core.errors import UserError
from dltools.networks import freezing

if TYPE_CHECKING:
    import keras

LEARNING_RATE = "learning_rate"
LEFT_OUT = "The second stage is left out: the time of the job is over before it."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FineTuning:
    """The second stage, as the user asks for it.

    Attributes:
        epochs: how many it has.
        rate: the learning rate in it.
        layers: how many of the frozen layers learn in it, the last ones; None for all.
    """

    epochs: int
    rate: float
    layers: int | None

    def settings(self, training: TrainingConfig) -> TrainingConfig:
        """Return how the network is trained in it: as before, at a rate of its own that stays."""
        optimizer = dataclasses.replace(
            training.optimizer, options={**training.optimizer.options, LEARNING_RATE: self.rate}, schedule=None
        )
        return dataclasses.replace(training, optimizer=optimizer)


def check(model: "keras.Model", source: str) -> None:
    """Refuse fine-tuning of a network that has no frozen layers.

    Raises:
        UserError: names the file.
    """
    if not freezing.frozen(model):
        raise UserError(
            f"Fine-tuning: {source} has no frozen layers that could learn in a second stage. Freeze layers when the "
            "architecture is made, or remove the box."
        )


def frozen_afresh(model: "keras.Model") -> str | None:
    """Say of a network that nobody trained which of its layers never will be; None where all learn."""
    names = [layer.name for layer in freezing.frozen(model)]
    if not names:
        return None
    return (
        f"{len(names)} layers are frozen, from {names[0]} on, and nobody trained them: what they make of a sample is "
        "chance. Choose the dataset with the starting weights ('Starting weights and fine-tuning'), or freeze none."
    )


def begin(model: "keras.Model", chosen: FineTuning) -> list[str]:
    """Let the last frozen layers of a network learn, with an optimizer that starts afresh; return their names."""
    names = freezing.thaw(model, chosen.layers)
    # What it keeps of the first stage belongs to other weights.
    model.optimizer = None
    return names


def told(names: list[str], chosen: FineTuning) -> str:
    """Say that the second stage begins."""
    which = (
        f"the layer {names[0]} learns" if len(names) == 1 else f"{len(names)} layers, {names[0]} to {names[-1]}, learn"
    )
    return f"Second stage: {which} too, at the learning rate {chosen.rate:g}, for {chosen.epochs} epochs."
