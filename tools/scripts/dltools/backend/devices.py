"""What a run computes on: the visible GPUs, all of them at once where there are several, or else the processor."""

import contextlib
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from dltools.backend import keras_runtime

if TYPE_CHECKING:
    import tensorflow as tf

# What Linux calls the instructions that multiply matrices of bfloat16, of processors for x86, the fastest first.
_BFLOAT16 = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 BF16"}
# NVIDIA's GPUs from 2020 on (Ampere) have units for it.
_BFLOAT16_CAPABILITY = (8, 0)
_PROCESSOR = Path("/proc/cpuinfo")


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


def bfloat16() -> str:
    """Name what computes in bfloat16 here: a GPU, or instructions of the processor; "" where nothing does."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        flags = _processor_flags()
        return next((name for flag, name in _BFLOAT16.items() if flag in flags), "")
    found = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    able = all(details.get("compute_capability", (0, 0)) >= _BFLOAT16_CAPABILITY for details in found)
    return found[0].get("device_name", "GPU") if able else ""


def _processor_flags() -> set[str]:
    """Return what the processor can do, in Linux' words; nothing where that is not told."""
    try:
        lines = _PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return set(next((line for line in lines if line.startswith("flags")), "").split())
