"""Fitting Normalization to the training data: the mean and the variance of what reaches it, before the first epoch.

The figures are weights of the layer, so that the model file keeps them and prediction applies them. What lies
before the layer must be settled then: it may not hold weights that training would change afterwards.
"""

import numpy as np

from . import graph
from .errors import UserError

# A feature that varies by less than this part of its mean is constant as far as float32 can tell.
CONSTANT = 1e-6


def adapting(layers) -> list:
    """Return those of some layers that take their mean and variance from data."""
    return [layer for layer in layers if type(layer).__name__ == "Normalization" and layer.input_mean is None]


def check(model, labels: dict[str, str] | None = None) -> None:
    """Refuse a model with a Normalization where its figures could not be those of the data that reach it.

    Parameters:
        model: a `keras.Model`; one that is not built passes.
        labels: layer name -> what to call it in the message, by default by name and type.

    Raises:
        UserError: names the layer, and the one before it with weights.
    """
    labels = labels or {layer.name: f"{layer.name} ({type(layer).__name__})" for layer in model.layers}
    for layer in model.layers:
        if adapting(_inside(layer)):
            raise UserError(
                f"{labels[layer.name]}: a Normalization stands inside it. Only one that stands by itself adapts to "
                "data."
            )
    found = adapting(model.layers) if model.built else []
    if not found:
        return
    learning = {layer.name for layer in model.layers if layer.weights and type(layer).__name__ != "Normalization"}
    feeding = graph.sources(model)
    for layer in found:
        before = [name for name in feeding if name in graph.before(layer.name, feeding) & learning]
        if before:
            raise UserError(
                f"{labels[layer.name]} takes its mean and variance from the data before training, so no layer with "
                f"weights may stand before it, but {labels[before[0]]} does. Move it before that layer, or use "
                "BatchNormalization."
            )


def _inside(layer) -> list:
    inner = [*getattr(layer, "layers", []), *([layer.layer] if hasattr(layer, "layer") else [])]
    return [*inner, *(deeper for child in inner for deeper in _inside(child))]


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
        UserError: as `check`.
    """
    check(model)
    for layer in adapting(model.layers):
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

    from . import batches

    data = batches.pipeline(features, shape, rows, batches.prediction_batch(model))
    if not any(graph.before(layer.name, graph.sources(model))):
        return data.map(lambda batch: batch)
    before = keras.Model(model.inputs, layer.input)
    return data.map(lambda batch: before(list(batch) if isinstance(batch, tuple) else batch, training=False))
