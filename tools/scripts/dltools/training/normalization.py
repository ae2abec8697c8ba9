"""Fitting Normalization layers to the training data: mean and variance of what reaches them, before the first epoch.

The figures are weights of the layer, so that the model file keeps them and prediction applies them.
"""

import numpy as np

from dltools.data import batches
from dltools.networks import adaptation, graph

# A feature that varies by less than this part of its mean is constant as far as float32 can tell.
CONSTANT = 1e-6


def adapt(model, features, shape, rows: np.ndarray) -> None:
    """Set the mean and the variance of each Normalization of a model that has none yet to those of the rows to train
    on.

    Its weight `count` says on how many rows it was fitted.

    A feature that is constant there is only centred: divided by a deviation of 0, the first row in which it
    differs would drown all others.

    Parameters:
        model: a built `keras.Model`.
        features: `batches.Features`.
        shape: of a row, as `batches.row_shape` returns it.
        rows: int64 (n,) positions of the rows.

    Raises:
        UserError: as `adaptation.check`.
    """
    adaptation.check(model)
    for layer in adaptation.adapting(model.layers):
        if int(layer.count):
            continue
        layer.adapt(_reaching(layer, model, features, shape, rows))
        mean, variance = (np.asarray(weight) for weight in (layer.adapt_mean, layer.adapt_variance))
        layer.adapt_variance.assign(np.where(variance > np.square(CONSTANT * mean), variance, 1.0))
        layer.count.assign(len(rows))
        layer.finalize_state()


def _reaching(layer, model, features, shape, rows):
    """Return batches of what reaches a layer when the network predicts, for some rows of a table."""
    import keras

    data = batches.pipeline(features, shape, rows, batches.prediction_batch(model))
    if not any(graph.before(layer.name, graph.sources(model))):
        return data.map(lambda batch: batch)
    before = keras.Model(model.inputs, layer.input)
    return data.map(lambda batch: before(list(batch) if isinstance(batch, tuple) else batch, training=False))
