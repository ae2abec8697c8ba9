"""What a network answers where it does not learn, and its loss where the truth is known."""

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from dltools.data import batches
from dltools.networks.refusals import computed

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


@dataclasses.dataclass(frozen=True, slots=True)
class Answers:
    """What came out of a network.

    Attributes:
        outputs: float32 (samples, numbers), those of several outputs side by side.
        losses, sizes: the mean loss of each batch, and how many samples it had; the losses are 0 without the truth.
    """

    outputs: np.ndarray
    losses: list[float]
    sizes: list[int]


class ForwardPass:
    """A network as a function from batches to its answers.

    The loss is computed inside the network's graph, where Keras takes it from the logits: from the outputs
    alone, confident mistakes would be cut off at the smallest probability that float32 arithmetic is safe with.
    """

    def __init__(self, model: "keras.Model"):
        """Prepare a network, which is compiled if a loss is to be computed."""
        import tensorflow as tf

        def step(inputs: batches.Inputs, compared: Any = None, weights: Any = None) -> "tuple[tf.Tensor, tf.Tensor]":
            found = model(inputs, training=False)
            if compared is None:
                return side_by_side(found), tf.constant(0.0)
            return side_by_side(found), model.compute_loss(inputs, compared, found, weights, training=False)

        self.batch_size = batches.prediction_batch(model)
        self._step = tf.function(step, reduce_retracing=True)

    def __call__(self, data: Iterable[tuple]) -> Answers:
        """Put batches through the network.

        Parameters:
            data: of each batch the inputs, then what the loss compares and what each sample counts for, if any.
        """
        with computed():
            found = [(outputs.numpy(), float(loss)) for outputs, loss in (self._step(*batch) for batch in data)]
        return Answers(
            np.concatenate([outputs for outputs, _ in found]),
            [loss for _, loss in found],
            [len(outputs) for outputs, _ in found],
        )


def mean_loss(answers: Iterable[Answers]) -> float:
    """Return the mean loss of all samples."""
    known = list(answers)
    losses = [loss for one in known for loss in one.losses]
    return float(np.average(losses, weights=[size for one in known for size in one.sizes]))


def side_by_side(found: "tf.Tensor | list[tf.Tensor]") -> "tf.Tensor":
    """Return what a network gives, one tensor or one for each of several outputs, as float32 (samples, numbers)."""
    import tensorflow as tf

    return tf.concat(
        [tf.reshape(tf.cast(part, tf.float32), (tf.shape(part)[0], -1)) for part in tf.nest.flatten(found)], axis=1
    )
