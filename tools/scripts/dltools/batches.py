"""Feeding rows of a table to the network, in batches, without copying the table.

A pipeline carries row positions; each batch is gathered from the one array when it is due. It was
measured to train faster than `fit` on arrays, with `tf.data`'s own autotuning off: that sometimes
keeps `fit` waiting for seconds after its last epoch.
"""

from typing import NamedTuple

import numpy as np

from .errors import UserError
from .parameters import Dataset

PREFETCHED_BATCHES = 2
# Batches of at least this size predict fastest; larger ones only take memory.
PREDICTION_BATCH = 512


class Features(NamedTuple):
    """The input table: `values` float32 (rows, columns), dense or a `scipy.sparse` array; names or None."""

    values: object
    names: list[str] | None
    source: Dataset

    @property
    def rows(self) -> int:
        return self.values.shape[0]

    @property
    def count(self) -> int:
        """Number of columns."""
        return self.values.shape[1]

    def take(self, positions: np.ndarray) -> np.ndarray:
        """Return rows by position as a dense float32 array."""
        chosen = self.values[positions]
        return chosen if isinstance(chosen, np.ndarray) else chosen.toarray()


def row_shape(model, features: Features) -> tuple[int, ...]:
    """Return the shape that the network wants each row of the table in.

    A row of 784 numbers serves an input of (784,) as well as one of (28, 28, 1).

    Raises:
        UserError: the number of columns does not fit the network's input.
    """
    wanted = model.input_shape[1:]
    unknown = [position for position, size in enumerate(wanted) if size is None]
    known = int(np.prod([size for size in wanted if size is not None]))
    fits = features.count == known if not unknown else features.count % known == 0
    if len(unknown) > 1 or not fits:
        raise UserError(
            f"{features.source}: has {features.count} columns, but the model's input_shape is {tuple(wanted)}, which "
            f"takes {known if not unknown else f'a multiple of {known}'} numbers a row. Choose other columns, or change input_shape."
        )
    return tuple(features.count // known if size is None else size for size in wanted)


def pipeline(features: Features, shape, rows: np.ndarray, batch_size: int, values=None, weights=None, shuffle_seed=None, repeat=False):
    """Return a `tf.data.Dataset` of the rows.

    Parameters:
        shape: of one row, as `row_shape` returns it.
        rows: int64 (n,) positions in the table.
        values: what the loss compares, for all rows of the table; or None to predict.
        weights: float32, what each row of the table counts for in the loss; None where all count alike.
        shuffle_seed: shuffle anew each epoch, beginning from this seed; None keeps the order.
        repeat: go on without end, for a given number of steps an epoch.
    """
    import tensorflow as tf

    def gather(positions):
        batch = tf.numpy_function(features.take, [positions], tf.float32, stateful=False)
        batch = tf.reshape(batch, (-1, *shape))
        return (batch, *(tf.gather(given, positions) for given in beside)) if beside else batch

    beside = [tf.constant(given) for given in (values, weights) if given is not None]
    positions = tf.data.Dataset.from_tensor_slices(rows)
    if shuffle_seed is not None:
        positions = positions.shuffle(len(rows), seed=shuffle_seed, reshuffle_each_iteration=True)
    if repeat:
        positions = positions.repeat()
    options = tf.data.Options()
    options.autotune.enabled = False
    return positions.batch(batch_size).map(gather).prefetch(PREFETCHED_BATCHES).with_options(options)
