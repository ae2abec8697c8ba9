"""Targets of networks that answer each step of a sequence, or each point of an image.

The table has the answers of a sample in one row: a column of labels for each step, one-hot columns for each step, or a
column
for each number.
"""

import dataclasses

import numpy as np

from dltools.catalogue.target_kinds import REGRESSION
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import steps, targets
from dltools.data.reproduced import array
from dltools.data.specs import TargetSpec
from dltools.data.targets import Target, Values

_ONE_ANSWER = (
    "For one answer for each sample, put Flatten or GlobalAveragePooling before the last Dense layer, or switch "
    "return_sequences off."
)


def regression(values: np.ndarray, names: list[str] | None, shape: tuple[int, ...], source: Dataset) -> Target:
    """Return the target of a regression.

    Parameters:
        values: float64 (rows, columns).
        shape: of the output for one sample.

    Raises:
        UserError: the output has not one number for each column.
    """
    if len(shape) == 1:
        return targets.regression(values, names, shape[0], source)
    size = int(np.prod(shape))
    if values.shape[1] != size:
        raise UserError(
            f"{source}: has {_counted(values.shape[1])}, but the last layer gives data of shape {shape} for each "
            f"sample, which are {size} numbers. Choose {size} columns. {_ONE_ANSWER}"
        )
    return _shaped(targets.regression(values, names, size, source), names, shape)


def classification(
    columns: list[np.ndarray], names: list[str] | None, shape: tuple[int, ...], loss: str, source: Dataset
) -> Target:
    """Return the target of a classification.

    Parameters:
        columns: the target's columns as text: labels, one for each step, or columns of 0 and 1, one for each number.
        shape: of the output for one sample.
        loss: name of the loss.

    Raises:
        UserError: labels or columns that do not fit the last layer or the loss.
    """
    if len(shape) == 1:
        return targets.classification(columns, names, shape[0], loss, source)
    return _shaped(
        targets.classification(_by_step(columns, shape, source), None, shape[-1], loss, source, shape), names, shape
    )


def known(
    values: Values,
    names: list[str] | None,
    trained_on: TargetSpec,
    shape: tuple[int, ...],
    loss: str,
    source: Dataset,
    hint: str = "",
) -> Target:
    """Return the target of new samples for a model that is trained already; parameters as for `targets.known`.

    Raises:
        UserError: as `targets.known`, or columns that do not fit the shape.
    """
    if len(shape) == 1:
        return targets.known(values, names, trained_on, shape[0], loss, source, hint)
    own_names = list(trained_on.names)
    count = len(values) if isinstance(values, list) else values.shape[1]
    if count == len(own_names):
        values, names = targets.in_trained_order(values, names, own_names, source), own_names
    if trained_on.kind == REGRESSION:
        return regression(targets.numbers(values), names, shape, source)
    columns, unnamed = _by_step(targets.texts(values), shape, source), dataclasses.replace(trained_on, names=())
    found = targets.known(columns, None, unnamed, shape[-1], loss, source, hint, shape)
    return _shaped(found, names, shape)


def _by_step(columns: list[np.ndarray], shape: tuple[int, ...], source: Dataset) -> list[np.ndarray]:
    """Return the columns with each step as a row of its own: one column of labels, or one of 0 and 1 for each unit."""
    count, units = steps.count(shape), shape[-1]
    if len(columns) == count:
        return [np.stack(columns, axis=1).reshape(-1)]
    if len(columns) == count * units:
        return [np.stack(columns[unit::units], axis=1).reshape(-1) for unit in range(units)]
    one_hot = f", or {count * units} one-hot columns" if units > 1 else ""
    raise UserError(
        f"{source}: has {_counted(len(columns))}, but the last layer gives data of shape {shape} for each sample. "
        f"Choose {count} columns of labels, one for each step{one_hot}. {_ONE_ANSWER}"
    )


def _counted(columns: int) -> str:
    return f"{columns} target column{'' if columns == 1 else 's'}"


def _shaped(found: Target, names: list[str] | None, shape: tuple[int, ...]) -> Target:
    """Return a target of steps as one of samples."""
    samples = len(found.truth) if found.kind == REGRESSION else len(found.truth) // steps.count(shape)
    values = array(found.values).reshape(samples, *shape[:-1], -1)
    return dataclasses.replace(
        found, values=values, truth=array(found.truth).reshape(samples, -1), names=list(names or []), shape=shape
    )
