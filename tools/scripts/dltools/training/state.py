"""What a network has learned so far, and where its optimizer stands: taken out of it, and put back."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def of(model: "keras.Model") -> list[np.ndarray]:
    """Return copies of a compiled network's variables, those of its random generators among them, and of its
    optimizer's: all that training needs to go on from here.
    """
    return [np.array(variable) for variable in _variables(model)]


def put_back(model: "keras.Model", kept: list[np.ndarray]) -> None:
    """Give a network what `of` returned of it."""
    for variable, values in zip(_variables(model), kept, strict=True):
        variable.assign(values)


def _variables(model: "keras.Model") -> list:
    return [*model.variables, *model.optimizer.variables]
