"""What the network learns to predict: the user's labels or values, as Keras' losses want them.

The last layer's number of units and the loss decide the form. One unit takes a class as 0 or 1;
several take one column a class, or with a sparse loss the class's position.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from dltools.catalogue import objectives
from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.data import steps
from dltools.data.reproduced import Reproduced, Rows
from dltools.data.specs import TargetSpec
from dltools.tables import labels
from dltools.tables.cells import indicator
from dltools.tables.columns import name_positions
from dltools.tables.tsv import is_number

# Columns of a target: text of each, (rows,) objects, where it holds classes; else float64 (rows, columns).
Values = list[np.ndarray] | np.ndarray

SPARSE_LOSSES = ("sparse_categorical_crossentropy",)
MULTILABEL_LOSSES = ("binary_crossentropy", "binary_focal_crossentropy", "dice", "tversky")


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """The target of a run.

    Attributes:
        kind: binary, multiclass, multilabel or regression.
        values: what the loss compares with the output: float32 (rows, units), or int64 (rows, 1)
            class positions for a sparse loss.
        truth: what scores compare with the predictions: int64 (rows,) class positions, int64
            (rows, units) of 0 and 1 for multilabel, float64 (rows, units), as the user wrote them, for regression. Both
            are taken from the samples, float32, where these are what is to be learned.
        classes: the user's labels, as text, in the order of the class positions; empty for regression.
        names: the target columns' names where they have any.
        outputs: of several outputs, the target of each; then `values` has no columns, and `truth` is float64
            (rows, columns) with all of theirs side by side.
        output, units: of one of several outputs, its name and how many numbers it gives for a sample.
        shape: of what an output of several steps (a sequence, an image) gives for a sample, ending in the units; or
            (). Then `values` is (rows, *shape[:-1], units), and `truth` holds one column a step for classes, else one
            a number.
    """

    kind: str
    values: Rows
    truth: Rows
    classes: list[str]
    names: list[str]
    outputs: tuple["Target", ...] = ()
    output: str = ""
    units: int = 0
    shape: tuple[int, ...] = ()

    @property
    def compared(self) -> Rows | tuple[Rows, ...]:
        """What the loss compares with the network's outputs: `values`, or those of each of several outputs."""
        return tuple(own.values for own in self.outputs) if self.outputs else self.values

    @property
    def are_samples(self) -> bool:
        """Whether the samples themselves are to be learned, as by an autoencoder."""
        return isinstance(self.values, Reproduced)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each output for one sample, as `prediction.table` takes it; of one output of a single row, it
        is left out.
        """
        if self.outputs:
            return [own.shape or (own.units,) for own in self.outputs]
        return [self.shape] if self.shape else []

    def by_step(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return `values` and `truth` of some rows with each step as a row of its own; of one step, the rows
        themselves.
        """
        values = self.values[rows]
        # Of an autoencoder both are the samples, which may take much memory.
        truth = values.reshape(len(values), *self.truth.shape[1:]) if self.are_samples else self.truth[rows]
        if not self.shape:
            return values, truth
        one_class = self.kind in (BINARY, MULTICLASS)
        return values.reshape(-1, values.shape[-1]), truth.reshape(-1) if one_class else steps.rows(truth, self.shape)

    def spread(self, weights: np.ndarray | None) -> Any:
        """Return what samples count for, float32 (rows,) or (rows, steps), as the loss of this target takes it."""
        if weights is None:
            return None
        if any(own.shape for own in self.outputs):
            return tuple(own.spread(weights) for own in self.outputs)
        if not self.shape:
            return weights
        # Of as many dimensions as what the loss gives: Keras would take the samples of a batch for points of an image.
        return weights.reshape(len(weights), *(self.shape[:-1] if weights.ndim > 1 else [1] * (len(self.shape) - 1)))

    def each(self, found: np.ndarray) -> list[tuple["Target", np.ndarray]]:
        """Return the target of each output with its columns of `found`, the outputs (rows, units) side by side."""
        ends = np.cumsum([own.units for own in self.outputs])
        return [(own, found[:, end - own.units : end]) for own, end in zip(self.outputs, ends, strict=True)]

    @property
    def form(self) -> str:
        """In which form of `objectives.FORMS` losses and metrics get this target."""
        if self.kind == REGRESSION:
            return objectives.REGRESSION
        if self.values.dtype == np.int64:
            return objectives.SPARSE
        return objectives.CATEGORICAL if self.kind == MULTICLASS else objectives.BINARY


def regression(values: np.ndarray, names: list[str] | None, units: int, source: Dataset) -> Target:
    """Return the target of a regression.

    Parameters:
        values: float64 (rows, columns), one column a target.
        units: number of units of the last layer.

    Raises:
        UserError: the last layer has not one unit for each column.
    """
    columns = values.shape[1]
    if columns != units:
        raise UserError(
            f"{source}: has {columns} target columns, but the last layer has {units} units. A regression needs one "
            "unit for each target column: change the units of the last layer, or choose other columns."
        )
    return Target(REGRESSION, values.astype(np.float32), values, [], list(names or []))


def classification(
    columns: list[np.ndarray],
    names: list[str] | None,
    units: int,
    loss: str,
    source: Dataset,
    shape: tuple[int, ...] = (),
) -> Target:
    """Return the target of a classification.

    Parameters:
        columns: the target's columns as text: one of labels, or several of 0 and 1.
        units: number of units of the last layer.
        loss: name of the loss.
        shape: of an output of several steps, each of which is a row of `columns`; for messages.

    Raises:
        UserError: labels or columns that do not fit the last layer or the loss.
    """
    if len(columns) == 1:
        return _labels(columns[0], units, loss, source)
    return _indicators(columns, list(names or []), units, loss, source, shape)


def _labels(column: np.ndarray, units: int, loss: str, source: Dataset) -> Target:
    found = labels.classes(column)
    names, codes = found.names, found.codes(column)
    if len(names) < 2:
        raise UserError(f"{source}: a classification needs at least two classes. Received only: {quoted(names[0])}.")
    if units == 1:
        if len(names) > 2:
            raise UserError(
                f"{source}: has {len(names)} classes ({listed(names, 10)}), but the last layer has 1 unit, which "
                f"tells two classes apart. Give the last layer {len(names)} units with softmax.{_measured(names)}"
            )
        return Target(BINARY, codes.astype(np.float32)[:, None], codes, names, [])
    if found.numbers and found.numbers[0] >= 0 and found.numbers[-1] < units:
        # The labels are positions already; classes absent from this table keep their unit.
        written = dict(zip(found.numbers, names, strict=True))
        codes = np.asarray(found.numbers, np.int64)[codes]
        names = [written.get(position, str(position)) for position in range(units)]
    elif len(names) != units:
        raise UserError(
            f"{source}: has {len(names)} classes ({listed(names, 10)}), but the last layer has {units} units. "
            f"Give the last layer {len(names)} units, one for each class.{_measured(names)}"
        )
    return _multiclass(codes, names, units, loss)


def _measured(names: list[str]) -> str:
    """Return a hint where labels look like measurements: all numbers, some with fractions."""
    if not all(map(is_number, names)) or all(float(name).is_integer() for name in names):
        return ""
    return " If these are measurements, choose KerasGRegressor in 'Create deep learning model'."


def _multiclass(codes: np.ndarray, classes: list, units: int, loss: str, names: Sequence[str] = ()) -> Target:
    if loss in SPARSE_LOSSES:
        fit_values = codes[:, None]
    else:
        fit_values = np.zeros((len(codes), units), np.float32)
        fit_values[np.arange(len(codes)), codes] = 1
    return Target(BINARY if len(classes) == 2 else MULTICLASS, fit_values, codes, classes, list(names))


def _indicators(
    columns: list[np.ndarray], names: list, units: int, loss: str, source: Dataset, shape: tuple[int, ...]
) -> Target:
    table = _indicator_table(columns, units, source)
    odd = np.flatnonzero(table.sum(axis=1) != 1)
    if not len(odd):
        return _multiclass(table.argmax(axis=1), _positions(units), units, loss, names)
    if loss not in MULTILABEL_LOSSES:
        raise UserError(
            f"{source}: {steps.place(odd[0], shape)} has {table[odd[0]].sum()} columns that are 1, but {loss} needs "
            f"exactly one. Where a sample may have several labels, use {MULTILABEL_LOSSES[0]} and a sigmoid last layer."
        )
    return Target(MULTILABEL, table.astype(np.float32), table, _positions(units), names)


def _positions(count: int) -> list[str]:
    """Return the names of classes that are columns: their positions from 0."""
    return [str(position) for position in range(count)]


def _indicator_table(columns: list[np.ndarray], units: int, source: Dataset) -> np.ndarray:
    """Return int64 (rows, units) of 0 and 1."""
    table = np.stack([_indicator(column, position, source) for position, column in enumerate(columns, 1)], axis=1)
    if len(columns) != units:
        raise UserError(
            f"{source}: has {len(columns)} one-hot columns, but the last layer has {units} units. Give the last "
            f"layer {len(columns)} units, one for each column, or choose other columns."
        )
    return table


def _indicator(column: np.ndarray, position: int, source: Dataset) -> np.ndarray:
    found = labels.classes(column)
    numbers = [indicator(text) for text in found.names]
    wrong = next((t for t, n in zip(found.names, numbers, strict=True) if n is None), None)
    if wrong is not None:
        raise UserError(
            f"{source}: several target columns in a classification must hold only 0 and 1, or False and True "
            f"(one-hot). Received {quoted(wrong)} in selected column {position}. Choose one column of labels, or make "
            "one-hot columns with 'To categorical'."
        )
    return np.asarray(numbers, np.int64)[found.codes(column)]


def spec(target: Target) -> TargetSpec:
    """Return what a model file says of a target."""
    return TargetSpec(
        kind=target.kind,
        classes=tuple(labels.stored(target.classes)),
        names=tuple(target.names),
        outputs=tuple(dataclasses.replace(spec(own), output=own.output, units=own.units) for own in target.outputs),
    )


def known(
    values: Values,
    names: list[str] | None,
    trained_on: TargetSpec,
    units: int,
    loss: str,
    source: Dataset,
    hint: str = "",
    shape: tuple[int, ...] = (),
) -> Target:
    """Return the target of new samples for a model that is trained already: its classes, columns and their order stay.

    Columns are matched by their names where the model and the table have such, else by their order.

    Parameters:
        values: text columns (classification) or float64 (rows, columns) (regression).
        names: of these columns, or None.
        trained_on: the target of the model.
        units: number of units of the last layer.
        loss: name of the loss.
        hint: what to do where a label is none of the model's classes.
        shape: as for `classification`.

    Raises:
        UserError: a label that is none of the model's classes, or other columns.
    """
    kind, own_names = trained_on.kind, list(trained_on.names)
    if kind == REGRESSION:
        return regression(numbers(in_trained_order(values, names, own_names, source)), own_names, units, source)
    classes = labels.texts(list(trained_on.classes))
    if kind == MULTILABEL:
        table = _indicator_table(texts(in_trained_order(values, names, own_names, source)), units, source)
        return Target(MULTILABEL, table.astype(np.float32), table, classes, own_names)
    if len(values) == 1:
        codes = _known_codes(values[0], classes, source, hint, shape)
    else:
        codes = _one_hot_codes(_of_classes(texts(values), names, own_names, classes, source), units, source, shape)
    if units == 1:
        return Target(BINARY, codes.astype(np.float32)[:, None], codes, classes, own_names)
    return _multiclass(codes, classes, units, loss, own_names)


def texts(values: Values) -> list[np.ndarray]:
    """Return columns that hold classes."""
    assert isinstance(values, list), "columns of classes are read as text"
    return values


def numbers(values: Values) -> np.ndarray:
    """Return columns that hold numbers, float64 (rows, columns)."""
    assert isinstance(values, np.ndarray), "columns of numbers are read as such"
    return values


def in_trained_order(values: Values, names: list[str] | None, wanted: list[str], source: Dataset) -> Values:
    """Return target columns in the order of the names that the model was trained with, where both have such."""
    if not names or not wanted or len(wanted) == 1 or names == wanted:
        return values
    order = name_positions(names, wanted, source, "target columns")
    return [values[i] for i in order] if isinstance(values, list) else values[:, order]


def _of_classes(columns: list, names: list[str] | None, wanted: list[str], classes: list[str], source: Dataset) -> list:
    """Return one-hot columns in the order of the model's classes.

    Raises:
        UserError: nothing tells which column is which class.
    """
    if wanted:
        return texts(in_trained_order(columns, names, wanted, source))
    if names:
        found = labels.classes(classes, names)
        columns_of = {found.position[name]: column for name, column in zip(names, columns, strict=True)}
        if set(columns_of) == {found.position[name] for name in classes} and len(names) == len(classes):
            return [columns_of[found.position[name]] for name in classes]
    if classes == _positions(len(classes)):
        return columns
    # Columns of labels are the commoner mistake.
    for position, column in enumerate(columns, 1):
        _indicator(column, position, source)
    raise UserError(
        f"{source}: has {len(columns)} one-hot columns, and nothing tells which of them is which class of the model: "
        f"{listed(classes, 12)}. Choose one column of labels, or give the columns a header with the classes."
    )


def _known_codes(
    column: np.ndarray, classes: list[str], source: Dataset, hint: str, shape: tuple[int, ...]
) -> np.ndarray:
    found = labels.classes(classes, column)
    place = {found.position[name]: position for position, name in enumerate(classes)}
    unknown = next((row for row, text in enumerate(column) if found.position[text] not in place), None)
    if unknown is not None:
        raise UserError(
            f"{source}: {quoted(column[unknown])} is none of the classes that the model was trained on: "
            f"{listed(classes, 12)}. It is the label of {steps.place(unknown, shape)}.{hint}"
        )
    return np.fromiter((place[found.position[text]] for text in column), np.int64, len(column))


def _one_hot_codes(columns: list[np.ndarray], units: int, source: Dataset, shape: tuple[int, ...]) -> np.ndarray:
    table = _indicator_table(columns, units, source)
    odd = np.flatnonzero(table.sum(axis=1) != 1)
    if len(odd):
        raise UserError(
            f"{source}: {steps.place(odd[0], shape)} has {table[odd[0]].sum()} columns that are 1, but has exactly one "
            "class."
        )
    return table.argmax(axis=1)


def describe(target: Target) -> str:
    """Say in one line what the target is."""
    if target.outputs:
        return "; ".join(f"output {own.output}: {describe(own)}" for own in target.outputs)
    if isinstance(target.values, Reproduced):
        how = "as the network gets them" if target.values.samples.spec.images else "as they stand in the table"
        return f"autoencoder{steps.told(target.shape)}: the target is the samples themselves, {how}"
    if target.kind == REGRESSION:
        count = target.shape[-1] if target.shape else target.truth.shape[1]
        return f"regression of {count} target column(s){steps.told(target.shape)}"
    return f"classification{steps.told(target.shape)} into {len(target.classes)} classes: {listed(target.classes, 12)}"
