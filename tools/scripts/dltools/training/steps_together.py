"""How many steps TensorFlow takes at a time before Keras hears of them.

Between two steps Keras spends about a millisecond in Python. Where a step takes no longer than that, as with small
networks and batches, several together take less than half the time, with the same results to the bit.
"""

from typing import TYPE_CHECKING

from dltools.backend import devices
from dltools.catalogue.training_config import TrainingConfig
from dltools.training.automatic_precision import multiplications

if TYPE_CHECKING:
    import keras

TOGETHER = 8
# TensorFlow takes a tenth of a second longer to prepare it: as long as it saves in so many steps.
FEWEST_STEPS = 500
# Multiplications that a core does in about 10 milliseconds.
LARGE_STEP = 100_000_000


def count(model: "keras.Model", training: TrainingConfig, batch_size: int, steps: int) -> int:
    """Return how many steps of a built network's training to take at a time.

    Where an epoch or the validation is of a number of steps that the user gave, it is one: Keras takes whole groups.

    Parameters:
        steps: of all epochs.
    """
    if training.fit.steps_per_epoch or training.fit.validation_steps or devices.strategy() is not None:
        return 1
    work = batch_size * sum(map(multiplications, model._flatten_layers(include_self=False)))
    return TOGETHER if work < LARGE_STEP and steps >= FEWEST_STEPS else 1
