"""The tables that a training leaves: scores, history, layers, true labels; and those of predictions' scores."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue import target_kinds
from dltools.data.targets import Target
from dltools.networks import layer_table
from dltools.tables import tables

if TYPE_CHECKING:
    import keras


def write_scores(path: Path, scores: Mapping[str, float]) -> None:
    """Write one header line with the names and one line with the scores."""
    tables.write_table(path, list(scores), [np.asarray([value], np.float32) for value in scores.values()])


def write_history(path: Path, history: Mapping[str, list[float]]) -> None:
    """Write one line an epoch: its number, loss, metrics, their values on the validation set, seconds."""
    epochs = np.arange(1, len(history["loss"]) + 1)
    figures = [np.asarray(values, np.float32) for values in history.values()]
    tables.write_table(path, ["epoch", *history], [epochs, *figures])


def write_architecture(path: Path, model: "keras.Model") -> None:
    """Write one line a layer: name, type, output shape, number of parameters."""
    rows = layer_table.rows(model)
    names = list(layer_table.HEADER[1:5])
    columns = [[row.name for row in rows], [row.type for row in rows], [row.output_shape for row in rows]]
    tables.write_table(path, names, [*columns, np.asarray([row.parameters for row in rows])])


def write_truth(path: Path, target: Target, positions: np.ndarray) -> None:
    """Write the user's labels or values of the samples evaluated, in the order of the table."""
    found = [_truth(own, positions) for own in target.outputs or (target,)]
    tables.write_table(
        path, [name for names, _ in found for name in names], [column for _, columns in found for column in columns]
    )


def _truth(target: Target, positions: np.ndarray) -> tuple[list[str], list[np.ndarray]]:
    truth, prefix = target.truth[positions], f"True_{target.output}" if target.output else "True"
    named = (
        np.asarray(target.classes, object)[truth]
        if target.kind in (target_kinds.BINARY, target_kinds.MULTICLASS)
        else truth
    )
    columns = list(named.T) if named.ndim > 1 else [named]
    names = target.names if len(target.names) == len(columns) else range(len(columns))
    return [prefix] if len(columns) == 1 else [f"{prefix}_{name}" for name in names], columns
