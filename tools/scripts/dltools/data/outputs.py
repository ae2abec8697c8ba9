"""The target of a whole network: of its one output, or of each of several, among which the columns are divided in
order.
"""

from typing import NamedTuple

import numpy as np

from dltools.catalogue.target_kinds import REGRESSION, SEVERAL
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import sequences, steps
from dltools.data.targets import Target


class Output(NamedTuple):
    """One of a network's outputs: its name, "" of a single one, and its shape for one sample."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it gives for a sample."""
        return int(np.prod(self.shape))


def of_model(model, parts: list, source) -> list[Output]:
    """Return the outputs of a network.

    Parameters:
        parts: what its inputs take, as `batches.row_shape` returns it.

    Raises:
        UserError: an output whose size neither the network nor its inputs tell.
    """
    names = model.output_names if len(model.outputs) > 1 else [""]
    return [Output(name, shape) for name, shape in zip(names, steps.shapes(model, parts, source), strict=True)]


def target(columns, names: list[str] | None, outputs: list[Output], loss: str | None, source: Dataset) -> Target:
    """Return the target of a network.

    Parameters:
        columns: text columns (classification) or float64 (rows, columns) (regression).
        outputs: of the network.
        loss: name of the loss of a classification; None for a regression.

    Raises:
        UserError: the columns do not add up, or do not fit an output.
    """

    def made(own, own_names, shape) -> Target:
        if loss is None:
            return sequences.regression(own, own_names, shape, source)
        return sequences.classification(own, own_names, shape, loss, source)

    if len(outputs) == 1:
        return made(columns, names, outputs[0].shape)
    return joined(
        [
            made(own, own_names, output.shape)._replace(output=output.name, units=output.size)
            for output, own, own_names in _shares(columns, names, outputs, loss is not None, source)
        ]
    )


def known(
    values, names: list[str] | None, facts: dict, outputs: list[Output], loss: str, source: Dataset, hint: str = ""
) -> Target:
    """Return the target of new samples for a network that is trained already; parameters as for `targets.known`.

    Raises:
        UserError: as `targets.known`, or columns that do not add up.
    """
    if facts["kind"] != SEVERAL:
        return sequences.known(values, names, facts, outputs[0].shape, loss, source, hint)
    classifies = any(own["kind"] != REGRESSION for own in facts["outputs"])
    shares = _shares(values, names, outputs, classifies, source)
    return joined(
        [
            sequences.known(share, share_names, own, output.shape, loss, source, hint)._replace(
                output=own["output"], units=output.size
            )
            for (output, share, share_names), own in zip(shares, facts["outputs"], strict=True)
        ]
    )


def joined(found: list[Target]) -> Target:
    """Return the targets of several outputs as one."""
    truth = np.column_stack([own.truth for own in found]).astype(np.float64)
    return Target(SEVERAL, np.empty((len(truth), 0), np.float32), truth, [], [], tuple(found))


def _shares(columns, names, outputs: list[Output], labels: bool, source: Dataset):
    """Yield each output with its columns and their names: one for each number that it gives, or one of labels for each
    step.
    """
    count = len(columns) if isinstance(columns, list) else columns.shape[1]
    sizes = [output.size for output in outputs]
    of_labels = [steps.count(output.shape) for output in outputs]
    if labels and count == sum(of_labels):
        sizes = of_labels
    if sum(sizes) != count:
        told = ", ".join(f"{output.name} {output.size}" for output in outputs)
        other = ""
        if labels and sum(of_labels) == len(outputs):
            other = f", or one column of labels for each of the {len(outputs)}"
        elif labels:
            other = f", or {sum(of_labels)} columns of labels, one for each step of each output"
        raise UserError(
            f"{source}: has {count} target columns, but the model has {len(outputs)} outputs with units: {told}. "
            f"Choose {sum(output.size for output in outputs)} columns, for the outputs in this order{other}."
        )
    ends = np.cumsum(sizes)
    for output, size, end in zip(outputs, sizes, ends, strict=True):
        chosen = slice(int(end) - size, int(end))
        yield (
            output,
            (columns[chosen] if isinstance(columns, list) else columns[:, chosen]),
            names[chosen] if names else None,
        )
