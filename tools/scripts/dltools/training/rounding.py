"""What mixed precision would lose of the samples, before anything is trained: the numbers that reach its layers of 16
bits are rounded as these round them.

bfloat16 has 8 significant bits, so that it knows of the years of a century a dozen; float16 has 11, and nothing beyond
65,504. What a layer scales in 32 bits first is near 0, where there are digits enough.
"""

import dataclasses
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.core.errors import UserError
from dltools.data import batches, words
from dltools.data.samples import SampleSource
from dltools.training import precision

if TYPE_CHECKING:
    import keras

# As many rows are looked at, of wide tables so many numbers.
_ROWS, _NUMBERS = 1000, 1 << 22
# The standard deviation of what rounding changes may be this part of the column's.
_LOST = 0.05
_LARGEST = {precision.FLOAT16: 65_504}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What 16 bits make of a column.

    Attributes:
        row, column: positions of the value that is changed most.
        value, becomes: this value, and what is made of it.
        distinct, kept: how many different values the column has in the rows looked at, and has afterwards.
    """

    row: int
    column: int
    value: float
    becomes: float
    distinct: int
    kept: int


def looked_at(samples: SampleSource) -> np.ndarray:
    """Return positions of so many rows, evenly spaced, that it shows what the columns are like and takes no time."""
    most = max(1, min(len(samples), _ROWS, _NUMBERS // samples.width))
    return np.linspace(0, len(samples) - 1, most).astype(np.int64)


def check(model: "keras.Model", samples: SampleSource, policy: str, trained: bool) -> None:
    """Refuse samples of which mixed precision would lose what tells them apart.

    Parameters:
        policy: one of `precision.PRECISIONS`.
        trained: whether the network comes with trained weights, so that no scaling can be put in front.

    Raises:
        UserError: names a column, a value of it, what becomes of it, and what to do.
    """
    found = None if policy == precision.FULL else loss(model, samples, policy)
    if found is None:
        return
    advice = "Choose precision float32" if trained else "Choose feature scaling (standard), or precision float32"
    what = f"{found.value:.9g} becomes "
    if np.isinf(found.becomes):
        what += f"infinite in 16 bits ({policy}), whose largest number is {_LARGEST[policy]:,}"
    else:
        what += f"{found.becomes:.9g} in 16 bits ({policy})"
        what += f", in which {found.distinct:,} different values of the column become {found.kept:,}"
    raise UserError(f"{samples.place(found.row, found.column)}: {what}. {advice}.")


def loss(model: "keras.Model", samples: SampleSource, policy: str) -> Loss | None:
    """Return what a mixed precision copy of a network would lose of the first column that it cannot tell apart, or
    None.

    Parameters:
        policy: one of `precision.PRECISIONS` but the first.
    """
    rows, kept = looked_at(samples), precision.kept(model)
    parts = batches.input_columns(model, samples)
    given = batches.shaped(samples.take(rows), parts)
    found = [
        dataclasses.replace(one, row=int(rows[one.row]), column=part.first + one.column)
        for tensor, part, values in zip(model.inputs, parts, given if len(parts) > 1 else (given,), strict=True)
        for rounded in _rounded(model, tensor, values, kept)
        if (one := _loss(np.asarray(rounded, np.float32).reshape(len(rows), -1), policy))
    ]
    return min(found, key=lambda one: one.column, default=None)


def _rounded(model: "keras.Model", tensor: "keras.KerasTensor", values: Any, kept: Set[str]) -> Iterator[Any]:
    """Yield what those layers of 16 bits are given of the samples that a tensor of the network reaches.

    Parameters:
        values: what stands in the tensor.
        kept: names of the layers that compute in 32 bits, beside those that always do.
    """
    for layer, node in words.walk(model.outputs):
        for place in (place for place, other in enumerate(node.input_tensors) if other is tensor):
            if of_class(type(layer).__name__).has(Trait.SEES_TABLE):
                # What has weights scales by those that it will learn.
                if not layer.weights:
                    yield from _rounded(model, node.output_tensors[0], layer(values), kept)
            elif layer.name not in kept:
                if hasattr(layer, "layers"):
                    yield from _rounded(layer, layer.inputs[place], values, frozenset())
                elif layer.autocast:
                    yield values


def _loss(values: np.ndarray, policy: str) -> Loss | None:
    """Return what is lost of the first column of values, float32 (rows, columns), that cannot be told apart."""
    import tensorflow as tf

    becomes = tf.cast(tf.cast(values, policy.removeprefix("mixed_")), tf.float32).numpy()
    infinite = np.isinf(becomes)
    with np.errstate(invalid="ignore"):
        changed = np.where(infinite, 0, values - becomes).astype(np.float64)
    far = changed.std(axis=0) > _LOST * values.std(axis=0, dtype=np.float64)
    for column in np.flatnonzero(far | infinite.any(axis=0)):
        distinct, kept = (len(np.unique(numbers[:, column])) for numbers in (values, becomes))
        if kept < distinct or infinite[:, column].any():
            row = int((np.abs(changed[:, column]) + np.where(infinite[:, column], np.inf, 0)).argmax())
            return Loss(
                row=row,
                column=int(column),
                value=float(values[row, column]),
                becomes=float(becomes[row, column]),
                distinct=distinct,
                kept=kept,
            )
    return None
