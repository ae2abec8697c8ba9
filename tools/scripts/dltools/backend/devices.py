"""What a run computes on: the visible GPUs, all of them at once where there are several, or else the processor."""

import contextlib
import functools
from typing import TYPE_CHECKING

from dltools.backend import keras_runtime

if TYPE_CHECKING:
    import tensorflow as tf


@functools.cache
def strategy() -> "tf.distribute.Strategy | None":
    """Return the `tf.distribute.Strategy` that shares each batch among several GPUs; None with one or none."""
    import tensorflow as tf

    names = [device.name for device in tf.config.list_logical_devices("GPU")]
    return tf.distribute.MirroredStrategy(names) if len(names) > 1 else None


def scope() -> contextlib.AbstractContextManager:
    """Return the context in which a network, its optimizer and its compiled state are made."""
    shared = strategy()
    return contextlib.nullcontext() if shared is None else shared.scope()


def description() -> str:
    """Name what the run computes on, for people: ``2 x NVIDIA A100, each batch shared among them``."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        cores = keras_runtime.granted_cores()
        return f"processor, {cores} core{'s' if cores > 1 else ''}"
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus]
    shared = ", each batch shared among them" if len(gpus) > 1 else ""
    return f"{f'{len(names)} x ' if len(names) > 1 else ''}{names[0]}{shared}"
