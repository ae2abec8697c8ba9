"""Fitting Normalization layers to the training data: mean and variance of what reaches them, before the first epoch.

The figures are weights of the layer, so that the model file keeps them and prediction applies them.
"""

from typing import TYPE_CHECKING

import numpy as np

from dltools.data import batches
from dltools.data.samples import SampleSource
from dltools.networks import adaptation, graph

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

# A feature that varies by less than this part of its mean is constant as far as float32 can tell.
CONSTANT = 1e-6


def adapt(
    model: "keras.Model", samples: SampleSource, columns: list[batches.InputColumns], positions: np.ndarray
) -> None:
    """Set the mean and the variance of each Normalization of a model that has none yet to those of the rows to train
    on.

    Its weight `count` says on how many rows it was fitted.

    A feature that is constant there is only centred: divided by a deviation of 0, the first row in which it
    differs would drown all others.

    Parameters:
        model: built.
        columns: as `batches.input_columns` returns them.
        positions: int64 (n,), of the training set.

    Raises:
        UserError: as `adaptation.check`.
    """
    adaptation.check(model)
    for layer in adaptation.adapting(model.layers):
        if int(layer.count):
            continue
        layer.adapt(_reaching(layer, model, samples, columns, positions))
        mean, variance = (np.asarray(weight) for weight in (layer.adapt_mean, layer.adapt_variance))
        layer.adapt_variance.assign(np.where(variance > np.square(CONSTANT * mean), variance, 1.0))
        layer.count.assign(len(positions))
        layer.finalize_state()


def _reaching(
    layer: "keras.Layer",
    model: "keras.Model",
    samples: SampleSource,
    columns: list[batches.InputColumns],
    positions: np.ndarray,
) -> "tf.data.Dataset":
    """Return batches of what reaches a layer when the network predicts, for some rows of a table."""
    import keras

    data = batches.pipeline(samples, columns, positions, batches.prediction_batch(model))
    if not any(graph.before(layer.name, graph.sources(model))):
        return data.map(lambda batch: batch)
    before = keras.Model(model.inputs, layer.input)
    return data.map(lambda batch: before(list(batch) if isinstance(batch, tuple) else batch, training=False))
