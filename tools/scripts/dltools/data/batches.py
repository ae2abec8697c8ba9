"""Feeding samples to the network, in batches, without copying them all.

A pipeline carries their positions; each batch is taken from the source when it is due. It was
measured to train faster than `fit` on arrays, with `tf.data`'s own autotuning off: that sometimes
keeps `fit` waiting for seconds after its last epoch.
"""

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dltools.core import memory
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import shuffling
from dltools.data.reproduced import Reproduced, Rows
from dltools.data.samples import Described, SampleSource
from dltools.networks import activation_sizes

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


# What the loss compares with the outputs of all samples, and what each counts for: one array, or one an output.
Compared = Rows | tuple[Rows, ...]
Weights = np.ndarray | tuple[np.ndarray | None, ...] | None
# What a network takes: a tensor, or one for each input.
Inputs = Any

# Batches that are made before they are due; of samples in a file, whose reading takes now longer, now shorter, more,
# as far as they take no more bytes.
PREFETCHED_BATCHES, MOST_PREFETCHED, PREFETCHED_BYTES = 2, 8, 1 << 24
# Batches of at least this size predict fastest; larger ones only take memory.
PREDICTION_BATCH = 512
# How many values of the layer that makes most of them are bearable: of large networks, fewer rows go through at a time.
BATCH_VALUES = 1 << 27
# How many numbers of the samples themselves are: of several batches at once, while they are made dense and fed.
BATCH_NUMBERS = 1 << 21


def prediction_batch(model: "keras.Model") -> int:
    """Return how many rows go through a network at a time where it does not learn."""
    numbers = sum(math.prod(size or 1 for size in tensor.shape[1:]) for tensor in model.inputs)
    most = min(BATCH_VALUES // max(1, activation_sizes.largest(model)), BATCH_NUMBERS // max(1, numbers))
    return max(1, min(PREDICTION_BATCH, most))


class InputColumns(NamedTuple):
    """The columns of the table, from `first` to before `last`, that one input of the network takes in `shape`."""

    first: int
    last: int
    shape: tuple[int, ...]


def input_columns(model: "keras.Model", samples: Described) -> list[InputColumns]:
    """Return which columns of the samples each input of the network takes, and in which shape.

    A row of 784 numbers serves an input of (784,) as well as one of (28, 28, 1). Several inputs take a table each
    where there are several; else the columns of the one table in order, each as many as it has numbers.

    Raises:
        UserError: the number of columns does not fit the network's inputs.
    """
    inputs = [(t.name, tuple(t.shape[1:])) for t in model.inputs]
    if len(inputs) == 1:
        return [
            InputColumns(
                0, samples.width, _filled(inputs[0][1], samples.width, samples.source, "the model's input_shape")
            )
        ]
    sizes = [size for size in samples.spec.tables if size is not None] or _sizes(inputs, samples)
    if len(sizes) != len(inputs):
        raise UserError(
            f"{samples.source}: {len(sizes)} tables are given, but the model has {len(inputs)} inputs "
            f"({_told(inputs)}). Give one table for each input, in this order, or one table with the columns of all."
        )
    parts, first = [], 0
    for size, (name, shape) in zip(sizes, inputs, strict=True):
        parts.append(
            InputColumns(first, first + size, _filled(shape, size, samples.source, f"the shape of input {name}"))
        )
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


def _sizes(inputs: list[tuple], samples: Described) -> list[int]:
    """Return how many columns of one table each of several inputs takes."""
    open_ = any(None in shape for _, shape in inputs)
    sizes = [] if open_ else [int(np.prod(shape)) for _, shape in inputs]
    if open_ or sum(sizes) != samples.width:
        needs = "one of unknown size, so give a table for each input" if open_ else f"{sum(sizes)} numbers a row"
        raise UserError(
            f"{samples.source}: has {samples.width} columns, but the model has {len(inputs)} inputs "
            f"({_told(inputs)}), which take {needs}. Choose the columns of all inputs in this order, or give each "
            "input a table by 'Further input tables'."
        )
    return sizes


def _told(inputs: list[tuple]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in inputs)


def shaped(batch: "tf.Tensor | np.ndarray", columns: list[InputColumns]) -> Inputs:
    """Return rows, a float32 tensor (rows, columns), as the network takes them: one tensor, or one for each input."""
    import tensorflow as tf

    if len(columns) == 1:
        return tf.reshape(batch, (-1, *columns[0].shape))
    return tuple(tf.reshape(batch[:, own.first : own.last], (-1, *own.shape)) for own in columns)


def pipeline(
    samples: SampleSource,
    columns: list[InputColumns],
    positions: np.ndarray,
    batch_size: int,
    values: Compared | None = None,
    weights: Weights = None,
    shuffle_seed: int | None = None,
    repeat: bool = False,
) -> "tf.data.Dataset":
    """Return a `tf.data.Dataset` of some of the samples.

    Parameters:
        columns: as `input_columns` returns them.
        positions: int64 (n,), of the samples.
        values: what the loss compares, for all samples; or None to predict.
        weights: float32, what each sample counts for in the loss; None where all count alike.
        shuffle_seed: shuffle anew each epoch, beginning from this seed; None keeps the order.
        repeat: go on without end, for a given number of steps an epoch.
    """
    import tensorflow as tf

    def gather(batch: "tf.Tensor", chosen: "tf.Tensor") -> tuple:
        batch.set_shape((None, samples.width))
        own = (tf.reshape(batch, (-1, *values.each)),) if isinstance(values, Reproduced) else ()
        return (shaped(batch, columns), *own, *(tf.nest.map_structure(lambda given: tf.gather(given, chosen), beside)))

    kept = (None if isinstance(values, Reproduced) else values, weights)
    beside = tuple(tf.nest.map_structure(tf.constant, given) for given in kept if given is not None)
    ahead = PREFETCHED_BATCHES
    if shuffle_seed is None or samples.in_memory:
        data = _taken(samples, positions, batch_size, shuffle_seed, repeat)
    else:
        data = _drawn(samples, positions, batch_size, shuffle_seed, repeat)
        fitting = PREFETCHED_BYTES // (batch_size * samples.width * memory.CELL_BYTES)
        ahead = min(max(ahead, fitting), MOST_PREFETCHED)
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.map(gather).prefetch(ahead).with_options(options)


def _taken(
    samples: SampleSource, positions: np.ndarray, batch_size: int, seed: int | None, repeat: bool
) -> "tf.data.Dataset":
    """Return batches of samples and their positions: in order, or each from anywhere."""
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(positions)
    if seed is not None:
        data = data.shuffle(len(positions), seed=seed, reshuffle_each_iteration=True)
    if repeat:
        data = data.repeat()
    return data.batch(batch_size).map(
        lambda chosen: (tf.numpy_function(samples.take, [chosen], tf.float32, stateful=False), chosen)
    )


def _drawn(samples: SampleSource, positions: np.ndarray, batch_size: int, seed: int, repeat: bool) -> "tf.data.Dataset":
    """Return batches of samples and their positions, shuffled as `shuffling.batches` does, in each epoch anew."""
    import tensorflow as tf

    epochs = itertools.count()

    def epoch() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return shuffling.batches(samples, positions, batch_size, np.random.default_rng([seed, next(epochs)]))

    signature = tf.TensorSpec((None, samples.width), tf.float32), tf.TensorSpec((None,), tf.int64)
    data = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    if repeat:
        return data.repeat()
    return data.apply(tf.data.experimental.assert_cardinality(-(-len(positions) // batch_size)))


def in_memory(
    rows: np.ndarray, columns: list[InputColumns], batch_size: int, compared: Compared | None = None, first: int = 0
) -> Iterator[tuple]:
    """Yield batches of rows as the network takes them, in their order.

    Parameters:
        rows: float32 (n, width).
        compared: what the loss compares, for all samples; or None.
        first: position of the first row among these.
    """
    for start in range(0, len(rows), batch_size):
        part = rows[start : start + batch_size]
        inputs = shaped(part, columns)
        if compared is None:
            yield (inputs,)
        else:
            place = slice(first + start, first + start + len(part))
            each = tuple(own[place] for own in compared) if isinstance(compared, tuple) else compared[place]
            yield inputs, each
