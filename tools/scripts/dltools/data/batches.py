"""Feeding rows of a table to the network, in batches, without copying the table.

A pipeline carries row positions; each batch is gathered from the one array when it is due. It was
measured to train faster than `fit` on arrays, with `tf.data`'s own autotuning off: that sometimes
keeps `fit` waiting for seconds after its last epoch.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.networks import activation_sizes

if TYPE_CHECKING:
    import scipy.sparse

PREFETCHED_BATCHES = 2
# Batches of at least this size predict fastest; larger ones only take memory.
PREDICTION_BATCH = 512
# How many values of the layer that makes most of them are bearable: of large networks, fewer rows go through at a time.
BATCH_VALUES = 1 << 27


def prediction_batch(model) -> int:
    """Return how many rows go through a network at a time where it does not learn."""
    return max(1, min(PREDICTION_BATCH, BATCH_VALUES // max(1, activation_sizes.largest(model))))


class Features(NamedTuple):
    """The input table: `values` float32 (rows, columns), dense or a `scipy.sparse` array; names or None."""

    values: "np.ndarray | scipy.sparse.csr_array"
    names: list[str] | None
    source: Dataset
    # Numbers of columns of the tables that stand side by side; empty where it is one table.
    widths: tuple[int, ...] = ()
    # `tsv.Source` of each table, from left to right; empty for a sparse matrix.
    sources: tuple = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.values.shape[0]

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.values.shape[1]

    def take(self, positions: np.ndarray | slice) -> np.ndarray:
        """Return rows, by position or a slice, as a dense float32 array."""
        chosen = self.values[positions]
        return chosen if isinstance(chosen, np.ndarray) else chosen.toarray()


class Part(NamedTuple):
    """The columns of the table, from `first` to before `last`, that one input of the network takes in `shape`."""

    first: int
    last: int
    shape: tuple[int, ...]


def row_shape(model, features) -> list[Part]:
    """Return which columns of the table each input of the network takes, and in which shape.

    A row of 784 numbers serves an input of (784,) as well as one of (28, 28, 1). Several inputs take a table each
    where there are several; else the columns of the one table in order, each as many as it has numbers.

    Parameters:
        features: `Features`, or anything with their `width`, `widths` and `source`.

    Raises:
        UserError: the number of columns does not fit the network's inputs.
    """
    inputs = [(t.name, tuple(t.shape[1:])) for t in model.inputs]
    if len(inputs) == 1:
        return [
            Part(0, features.width, _filled(inputs[0][1], features.width, features.source, "the model's input_shape"))
        ]
    sizes = features.widths or _sizes(inputs, features)
    if len(sizes) != len(inputs):
        raise UserError(
            f"{features.source}: {len(sizes)} tables are given, but the model has {len(inputs)} inputs "
            f"({_told(inputs)}). Give one table for each input, in this order, or one table with the columns of all."
        )
    parts, first = [], 0
    for size, (name, shape) in zip(sizes, inputs, strict=True):
        parts.append(Part(first, first + size, _filled(shape, size, features.source, f"the shape of input {name}")))
        first += size
    return parts


def _filled(wanted: tuple, count: int, source: Dataset, what: str) -> tuple[int, ...]:
    """Return an input's shape for rows of `count` numbers, with a size that was left open filled in."""
    unknown = [position for position, size in enumerate(wanted) if size is None]
    known = int(np.prod([size for size in wanted if size is not None]))
    fits = count == known if not unknown else count % known == 0
    if len(unknown) > 1 or not fits:
        raise UserError(
            f"{source}: has {count} columns, but {what} is {tuple(wanted)}, which takes "
            f"{known if not unknown else f'a multiple of {known}'} numbers a row. Choose other columns, or change "
            "input_shape."
        )
    return tuple(count // known if size is None else size for size in wanted)


def _sizes(inputs: list[tuple], features) -> list[int]:
    """Return how many columns of one table each of several inputs takes."""
    open_ = any(None in shape for _, shape in inputs)
    sizes = [] if open_ else [int(np.prod(shape)) for _, shape in inputs]
    if open_ or sum(sizes) != features.width:
        needs = "one of unknown size, so give a table for each input" if open_ else f"{sum(sizes)} numbers a row"
        raise UserError(
            f"{features.source}: has {features.width} columns, but the model has {len(inputs)} inputs "
            f"({_told(inputs)}), which take {needs}. Choose the columns of all inputs in this order, or give each "
            "input a table by 'Further input tables'."
        )
    return sizes


def _told(inputs: list[tuple]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in inputs)


def shaped(batch, parts: list[Part]):
    """Return rows, a float32 tensor (rows, columns), as the network takes them: one tensor, or one for each input."""
    import tensorflow as tf

    if len(parts) == 1:
        return tf.reshape(batch, (-1, *parts[0].shape))
    return tuple(tf.reshape(batch[:, part.first : part.last], (-1, *part.shape)) for part in parts)


def pipeline(
    features: Features,
    shape,
    rows: np.ndarray,
    batch_size: int,
    values=None,
    weights=None,
    shuffle_seed=None,
    repeat=False,
):
    """Return a `tf.data.Dataset` of the rows.

    Parameters:
        shape: of a row, as `row_shape` returns it.
        rows: int64 (n,) positions in the table.
        values: what the loss compares, for all rows of the table; or None to predict.
        weights: float32, what each row of the table counts for in the loss; None where all count alike.
        shuffle_seed: shuffle anew each epoch, beginning from this seed; None keeps the order.
        repeat: go on without end, for a given number of steps an epoch.
    """
    import tensorflow as tf

    def gather(positions):
        batch = tf.numpy_function(features.take, [positions], tf.float32, stateful=False)
        batch.set_shape((None, features.width))
        return (shaped(batch, shape), *(tf.nest.map_structure(lambda given: tf.gather(given, positions), beside)))

    beside = tuple(tf.nest.map_structure(tf.constant, given) for given in (values, weights) if given is not None)
    positions = tf.data.Dataset.from_tensor_slices(rows)
    if shuffle_seed is not None:
        positions = positions.shuffle(len(rows), seed=shuffle_seed, reshuffle_each_iteration=True)
    if repeat:
        positions = positions.repeat()
    options = tf.data.Options()
    options.autotune.enabled = False
    return positions.batch(batch_size).map(gather).prefetch(PREFETCHED_BATCHES).with_options(options)
