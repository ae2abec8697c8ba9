"""The target of a whole network: of its one output, or of each of several, among which the columns are divided in
order.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue.target_kinds import REGRESSION, SEVERAL
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed
from dltools.data import batches, sequences, steps, targets
from dltools.data.reproduced import Reproduced, array
from dltools.data.rows import Rows
from dltools.data.samples import SampleSource
from dltools.data.specs import TargetSpec
from dltools.data.targets import Target, Values
from dltools.networks import last_layer
from dltools.tables.columns import name_positions

if TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True, slots=True)
class Output:
    """One of a network's outputs: its name, "" of a single one, and its shape for one sample."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it gives for a sample."""
        return int(np.prod(self.shape))


def of_model(model: "keras.Model", parts: list, source: Dataset) -> list[Output]:
    """Return the outputs of a network.

    Parameters:
        parts: what its inputs take, as `batches.input_columns` returns it.

    Raises:
        UserError: an output whose size neither the network nor its inputs tell.
    """
    names = last_layer.output_names(model)
    return [Output(name, shape) for name, shape in zip(names, steps.shapes(model, parts, source), strict=True)]


@dataclasses.dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a target, which each output takes its own of.

    Attributes:
        found: text columns where any output learns classes, else float64 (rows, columns).
        names: of the columns, or None.
        source: the table.
        numbers: reads columns by their positions as float64 (rows, columns), where they were read as text.
    """

    found: list[np.ndarray] | np.ndarray
    names: list[str] | None
    source: Dataset
    numbers: Callable[[list[int]], np.ndarray] | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.found[0]) if isinstance(self.found, list) else len(self.found)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.found) if isinstance(self.found, list) else self.found.shape[1]

    def of(self, rows: Rows) -> "Columns":
        """Return the columns with the rows of the samples alone."""
        if rows.kept is None:
            return self
        found, numbers = self.found, self.numbers
        return dataclasses.replace(
            self,
            found=[rows.of(column) for column in found] if isinstance(found, list) else rows.of(found),
            numbers=None if numbers is None else lambda chosen: rows.of(numbers(chosen)),
        )

    def share(self, chosen: slice, classifies: bool) -> tuple[list[np.ndarray] | np.ndarray, list[str] | None]:
        """Return the columns of one output, and their names."""
        names = self.names[chosen] if self.names else None
        if not isinstance(self.found, list):
            return self.found[:, chosen], names
        if classifies or self.numbers is None:
            return self.found[chosen], names
        return self.numbers(list(range(self.width))[chosen]), names

    def in_order(self, wanted: list[str]) -> "Columns":
        """Return the columns in the order of some names, where both have such.

        Raises:
            UserError: a name is missing.
        """
        if not self.names or len(wanted) != self.width or self.names == wanted:
            return self
        order = name_positions(self.names, wanted, self.source, "target columns")
        numbers = self.numbers
        return Columns(
            [self.found[place] for place in order] if isinstance(self.found, list) else self.found[:, order],
            list(wanted),
            self.source,
            None if numbers is None else lambda chosen: numbers([order[place] for place in chosen]),
        )


def target(columns: Columns, outputs: list[Output], training: TrainingConfig) -> Target:
    """Return the target of a network.

    Parameters:
        outputs: of the network.
        training: tells which of them learn classes, and their losses.

    Raises:
        UserError: the columns do not add up, or do not fit an output.
    """

    def made(share: tuple[Values, list[str] | None], output: Output) -> Target:
        (own, own_names), learns = share, training.of(output.name)
        if learns.classifies:
            return sequences.classification(targets.texts(own), own_names, output.shape, learns.loss, columns.source)
        return sequences.regression(targets.numbers(own), own_names, output.shape, columns.source)

    if len(outputs) == 1:
        return made((columns.found, columns.names), outputs[0])
    classifies = [training.of(output.name).classifies for output in outputs]
    return joined(
        [
            dataclasses.replace(made(columns.share(chosen, learns), output), output=output.name, units=output.size)
            for output, chosen, learns in zip(outputs, _shares(columns, outputs, classifies), classifies, strict=True)
        ]
    )


def known(
    columns: Columns, trained_on: TargetSpec, outputs: list[Output], training: TrainingConfig, hint: str = ""
) -> Target:
    """Return the target of new samples for a network that is trained already.

    Parameters:
        trained_on: the network's target.
        hint: what to do where a label is none of the model's classes.

    Raises:
        UserError: as `targets.known`, or columns that do not add up.
    """
    if not trained_on.outputs:
        shape, loss = outputs[0].shape, training.loss
        return sequences.known(columns.found, columns.names, trained_on, shape, loss, columns.source, hint)
    if all(own.names for own in trained_on.outputs):
        columns = columns.in_order([name for own in trained_on.outputs for name in own.names])
    classifies = [own.classifies for own in trained_on.outputs]
    shares = _shares(columns, outputs, classifies)
    found = []
    for output, own, chosen, learns in zip(outputs, trained_on.outputs, shares, classifies, strict=True):
        share, names = columns.share(chosen, learns)
        made = sequences.known(share, names, own, output.shape, training.of(own.output).loss, columns.source, hint)
        found.append(dataclasses.replace(made, output=own.output, units=output.size))
    return joined(found)


def reproduced(
    samples: SampleSource, outputs: list[Output], inputs: list[batches.InputColumns], training: TrainingConfig
) -> Target:
    """Return the samples themselves as the target of a network, an autoencoder.

    Parameters:
        outputs, inputs: of the network.

    Raises:
        UserError: the network learns classes, or does not give back as many numbers as it gets, in their order.
    """
    if any(training.of(own.name).classifies for own in outputs):
        raise UserError(
            "Autoencoder: the network is to give back numbers, but it is made to learn classes. Choose "
            "KerasGRegressor in 'Create deep learning model', with a loss such as mean_squared_error."
        )
    given, taken = [own.shape for own in outputs], [own.shape for own in inputs]
    if len(given) != 1 or outputs[0].size != samples.width or not _same_order(given[0], taken):
        raise UserError(
            f"Autoencoder: the network gives data of shape {listed(given)} for a sample, but takes {listed(taken)}, "
            f"{samples.width} numbers. It must have one output of the same shape as its input, or of as many units: "
            "change its last layers."
        )
    names = [] if samples.spec.images else list(samples.spec.names or ())
    values, truth = Reproduced(samples, given[0]), Reproduced(samples, (samples.width,))
    return Target(REGRESSION, values, truth, [], names, shape=steps.several(given[0]))


def _same_order(given: tuple[int, ...], taken: list[tuple[int, ...]]) -> bool:
    """Tell whether the numbers of an output stand in the order of those of the inputs, as far as shapes tell."""
    shapes = [tuple(size for size in shape if size != 1) for shape in (given, *taken)]
    return len(shapes[0]) <= 1 or all(len(shape) <= 1 or shape == shapes[0] for shape in shapes[1:])


def joined(found: list[Target]) -> Target:
    """Return the targets of several outputs as one."""
    truth = np.column_stack([array(own.truth) for own in found]).astype(np.float64)
    return Target(SEVERAL, np.empty((len(truth), 0), np.float32), truth, [], [], tuple(found))


def _shares(columns: Columns, outputs: list[Output], classifies: list[bool]) -> list[slice]:
    """Return which columns each output has: one for each number that it gives, or one of labels for each step."""
    sizes = [output.size for output in outputs]
    of_labels = [
        steps.count(output.shape) if learns else output.size for output, learns in zip(outputs, classifies, strict=True)
    ]
    if columns.width == sum(of_labels):
        sizes = of_labels
    if sum(sizes) != columns.width:
        raise UserError(_not_divided(columns, outputs, classifies, sum(of_labels)))
    ends = np.cumsum(sizes)
    return [slice(int(end) - size, int(end)) for size, end in zip(sizes, ends, strict=True)]


def _not_divided(columns: Columns, outputs: list[Output], classifies: list[bool], labels: int) -> str:
    told = ", ".join(f"{output.name} {output.size}" for output in outputs)
    other = ""
    if all(classifies) and labels == len(outputs):
        other = f", or one column of labels for each of the {len(outputs)}"
    elif any(classifies):
        other = f", or {labels}, with a column of labels for each step of an output that learns classes"
    return (
        f"{columns.source}: has {columns.width} target columns, but the model has {len(outputs)} outputs with units: "
        f"{told}. Choose {sum(output.size for output in outputs)} columns, for the outputs in this order{other}."
    )
