"""Judging a trained network on parts of the rows, and the tables that tell the user about it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dltools.catalogue import target_kinds, training_parameters
from dltools.catalogue.training_config import TrainingConfig
from dltools.data import batches, steps, targets
from dltools.evaluation import prediction, scoring
from dltools.networks import last_layer, layer_table
from dltools.networks.refusals import computed
from dltools.tables import tables

# Scores of the training part are computed on at most so many of its samples, unless the user wants all: they
# tell whether the network has learned by heart, and that they tell without a further pass over a large table.
TRAINING_ROWS_JUDGED = 10_000


class Judged(NamedTuple):
    """How the network did on some rows: their positions, its outputs (float32 (rows, units), no logits), its scores by
    name.
    """

    rows: np.ndarray
    outputs: np.ndarray
    scores: dict[str, float]


def sample_of_training(rows: np.ndarray, every: bool) -> np.ndarray:
    """Return the training rows to judge: all, or evenly spaced ones of a large part."""
    if every or len(rows) <= TRAINING_ROWS_JUDGED:
        return rows
    return rows[np.linspace(0, len(rows) - 1, TRAINING_ROWS_JUDGED).astype(np.int64)]


def judging(
    model,
    training: TrainingConfig,
    features: batches.Features,
    target: targets.Target,
    scorers: list[str],
    weights=None,
) -> Callable:
    """Return a function that judges `model` on rows, given by int64 positions, in one pass: rows -> `Judged`.

    Parameters:
        scorers: names as `scoring.chosen` returns them.
        weights: float32 (rows of the table,), what each row counts for in the loss; None where all count alike.
    """
    shapes = steps.shapes(model, batches.row_shape(model, features), features.source)
    names = last_layer.output_names(model)
    found_and_loss = outputs_and_loss(model, features, target, weights)

    def judge(rows: np.ndarray) -> Judged:
        found, loss = found_and_loss(rows)
        judged = {"loss": loss, **scores(training, target, found, rows, scorers)}
        return Judged(rows, prediction.without_logits(found, training, shapes, names), judged)

    return judge


def outputs_and_loss(model, features: batches.Features, target: targets.Target, weights=None) -> Callable:
    """Return a function that computes the network's outputs for rows, and their mean loss, in one pass.

    The loss is computed inside the network's graph, where Keras takes it from the logits: from the outputs
    alone, confident mistakes would be cut off at the smallest probability that float32 arithmetic is safe with.

    Returns:
        rows -> (found, loss): float32 (rows, units), in the order of `rows`, and the loss as `fit` reports it.
    """
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def step(x, y, sample_weight=None):
        found = model(x, training=False)
        return side_by_side(found), model.compute_loss(x, y, found, sample_weight, training=False)

    shape, size = batches.row_shape(model, features), batches.prediction_batch(model)
    weights = target.spread(weights)

    def compute(rows: np.ndarray) -> tuple[np.ndarray, float]:
        data = batches.pipeline(features, shape, rows, size, target.compared, weights)
        with computed():
            parts = [(found.numpy(), float(loss)) for found, loss in (step(*batch) for batch in data)]
        sizes = [len(found) for found, _ in parts]
        outputs = np.concatenate([found for found, _ in parts])
        prediction.check_numbers(outputs, rows)
        return outputs, float(np.average([loss for _, loss in parts], weights=sizes))

    return compute


def side_by_side(found):
    """Return what a network gives, one tensor or one for each of several outputs, as float32 (rows, numbers)."""
    import tensorflow as tf

    return tf.concat(
        [tf.reshape(tf.cast(part, tf.float32), (tf.shape(part)[0], -1)) for part in tf.nest.flatten(found)], axis=1
    )


def scores(
    training: TrainingConfig, target: targets.Target, found: np.ndarray, rows: np.ndarray, scorers: list[str]
) -> dict[str, float]:
    """Return Keras' metrics and scikit-learn's scores of one prediction, in this order.

    Parameters:
        found: float32 (rows, units), the network's outputs for `rows`; of several steps, all numbers of a sample in a
            row.
        rows: int64 positions of the rows judged.
        scorers: names as `scoring.chosen` returns them.
    """
    if target.outputs:
        return {
            f"{own.output}_{name}": value
            for own, part in target.each(found)
            for name, value in scores(training.of(own.output), own, part, rows, scorers).items()
        }
    judged, found = {}, steps.rows(found, target.shape)
    values, truth = target.by_step(rows)
    for metric in training_parameters.metrics(training, target.form, found.shape[1]):
        metric.update_state(values, found)
        judged[metric.name] = float(metric.result())
    found = prediction.without_logits(found, training)
    predicted = prediction.decided(found, target.kind, training.loss)
    likelihoods = prediction.likelihoods(found, target.kind)
    return judged | scoring.scores(scoring.of_output(scorers, target), target.kind, truth, predicted, likelihoods)


def write_scores(path, judged: dict[str, float]) -> None:
    """Write one header line with the names and one line with the scores."""
    tables.write_table(path, list(judged), [np.asarray([value], np.float32) for value in judged.values()])


def write_history(path, history: dict[str, list[float]]) -> None:
    """Write one line an epoch: its number, loss, metrics, their values on the validation part, seconds."""
    epochs = np.arange(1, len(history["loss"]) + 1)
    figures = [np.asarray(values, np.float32) for values in history.values()]
    tables.write_table(path, ["epoch", *history], [epochs, *figures])


def write_architecture(path, model) -> None:
    """Write one line a layer: name, type, output shape, number of parameters."""
    rows = layer_table.rows(model)
    names = list(layer_table.HEADER[1:5])
    columns = [[row.name for row in rows], [row.type for row in rows], [row.output_shape for row in rows]]
    tables.write_table(path, names, [*columns, np.asarray([row.parameters for row in rows])])


def write_truth(path, target: targets.Target, rows: np.ndarray) -> None:
    """Write the user's labels or values of the rows judged, in the order of the table."""
    found = [_truth(own, rows) for own in target.outputs or (target,)]
    tables.write_table(
        path, [name for names, _ in found for name in names], [column for _, columns in found for column in columns]
    )


def _truth(target: targets.Target, rows: np.ndarray) -> tuple[list[str], list[np.ndarray]]:
    truth, prefix = target.truth[rows], f"True_{target.output}" if target.output else "True"
    named = (
        np.asarray(target.classes, object)[truth]
        if target.kind in (target_kinds.BINARY, target_kinds.MULTICLASS)
        else truth
    )
    columns = list(named.T) if named.ndim > 1 else [named]
    names = target.names if len(target.names) == len(columns) else range(len(columns))
    return [prefix] if len(columns) == 1 else [f"{prefix}_{name}" for name in names], columns
