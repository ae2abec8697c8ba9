"""Outputs that give more than one row of numbers for a sample: a sequence, of several steps, or an image, of many
points.

An output's shape is that for one sample and ends in the units of the last layer: (10, 3) for three classes at each of
ten steps, (28, 28, 1) for an image. In tables, the numbers of a sample stand in one row, in the order that NumPy's
reshape takes them in. For scores, each step is a row.
"""

from typing import TYPE_CHECKING

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError

if TYPE_CHECKING:
    import keras


def count(shape: tuple[int, ...]) -> int:
    """Return how many steps there are."""
    return int(np.prod(shape[:-1]))


def rows(found: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return (samples * steps, units) of what stands in one row a sample; without a shape, the rows as they are."""
    return found.reshape(-1, shape[-1]) if shape else found


def several(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return an output's shape as targets have it: () for one of a single row."""
    return shape if len(shape) > 1 else ()


def place(position: int, shape: tuple[int, ...]) -> str:
    """Say of which sample, and which of its steps, a row is, for messages."""
    if not shape:
        return f"sample {position + 1}"
    sample, step = divmod(int(position), count(shape))
    return f"sample {sample + 1}, step {step + 1}"


def told(shape: tuple[int, ...]) -> str:
    """Say what an output gives for a sample, where that is more than one row of numbers."""
    if not shape:
        return ""
    return f" for each of {count(shape)} {'steps' if len(shape) == 2 else 'points'}"


def shapes(model: "keras.Model", parts: list, source: Dataset) -> list[tuple[int, ...]]:
    """Return the shape of each of a network's outputs for one sample.

    Parameters:
        parts: what its inputs take, as `batches.input_columns` returns it: they tell the sizes that the network leaves
            open.

    Raises:
        UserError: a size that the inputs do not tell.
    """
    found = [tuple(tensor.shape[1:]) for tensor in model.outputs]
    if any(None in shape for shape in found):
        given = [(1, *part.shape) for part in parts]
        computed = model.compute_output_shape(given if len(given) > 1 else given[0])
        found = [tuple(shape[1:]) for shape in ([computed] if len(found) == 1 else computed)]
    unknown = next((shape for shape in found if None in shape), None)
    if unknown is not None:
        raise UserError(
            f"{source}: the network's output is of shape {unknown}, of which the inputs do not tell the size. Give its "
            "layers a size."
        )
    return found
