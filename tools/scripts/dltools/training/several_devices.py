"""What Keras cannot do by itself where each batch is shared among several devices."""

from typing import TYPE_CHECKING, Any

from dltools.backend import devices

if TYPE_CHECKING:
    import keras


def prepare(model: "keras.Model") -> None:
    """Let a compiled model be fitted whose batches are not shared evenly, where there are several devices.

    Keras builds loss and metrics by the first batch of a dataset, of which it takes the mean over the devices. Where
    these do not get equally many samples, as 13 and 12 of 25, it fails. The share of one device does as well.
    """
    shared = devices.strategy()
    if shared is None:
        return
    import tensorflow as tf

    def build_by_one_share(iterator: Any = None, data_batch: Any = None) -> None:
        for _, _, batches in iterator or ():
            data_batch = tf.nest.map_structure(lambda value: shared.experimental_local_results(value)[0], next(batches))
            break
        with shared.scope():
            model._symbolic_build(data_batch=data_batch)

    model._maybe_symbolic_build = build_by_one_share
