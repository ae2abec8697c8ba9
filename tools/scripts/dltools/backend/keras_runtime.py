"""Importing Keras with what the step needs, and nothing else.

Designing a network needs shapes, not arithmetic: there Keras runs on its NumPy backend, which
starts in a third of the time and a quarter of the memory of TensorFlow. Training and
prediction run on TensorFlow, with the cores that Galaxy granted the job.
"""

import contextlib
import copyreg
import ctypes
import importlib.abc
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

from dltools.backend import deferred_imports
from dltools.core.errors import UserError, quoted

# Keras imports these where they are installed, although neither design nor training calls them;
# scikit-learn and matplotlib alone take longer to import than a model takes to be designed.
SPECULATIVE_IMPORTS = frozenset({"torch", "pandas", "matplotlib", "tensorboard"})
# Of mallopt(3): M_MMAP_MAX, no block in a mapping of its own; M_TRIM_THRESHOLD, nothing given back below 2 GB. And as
# they are without being set, with M_MMAP_THRESHOLD, from which on blocks have such mappings.
_KEEPING = ((-4, 0), (-1, 2**31 - 1))
_GIVING_BACK = ((-4, 65_536), (-1, 1 << 27), (-3, 1 << 24))


class _KeptOut(importlib.abc.MetaPathFinder):
    """Makes named modules look as if they were not installed."""

    def __init__(self, names: frozenset[str]):
        self.names = names

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Say of what is kept out that it is not there; of others, that somebody else knows."""
        if fullname in self.names:
            raise ModuleNotFoundError(f"{fullname} is kept out of this process", name=fullname)


def _keep_out(names: Iterable[str]) -> None:
    # Everything in Keras that imports these copes with their absence. (A None in sys.modules would
    # do the same with less code, but SciPy takes such an entry for the module.)
    sys.meta_path.insert(0, _KeptOut(frozenset(names)))


def let_in(name: str) -> None:
    """Let a module be imported after all; call it once Keras has been imported without."""
    for finder in sys.meta_path:
        if isinstance(finder, _KeptOut):
            finder.names -= {name}


def keras_for_design() -> ModuleType:
    """Import Keras on its NumPy backend and return it; TensorFlow stays out of the process."""
    os.environ["KERAS_BACKEND"] = "numpy"
    deferred_imports.begin()
    _keep_out(SPECULATIVE_IMPORTS | {"tensorflow", "sklearn", "jax"})
    import keras

    # Some layers tell their shapes by its functions.
    let_in("jax")
    return keras


def _lists_copied_as_lists() -> None:
    """Let a list that a layer holds be copied.

    Keras keeps such lists in a type of its own, with a reference to all that the layer tracks. The
    configurations of some layers for images hold them, and saving copies a configuration.
    """
    from keras.src.utils.tracking import TrackedList

    copyreg.pickle(TrackedList, lambda tracked: (list, (list(tracked),)))


def granted_cores() -> int:
    """Return the number of cores that Galaxy granted this job (1 where it says nothing)."""
    text = os.environ.get("GALAXY_SLOTS", "1")
    if not text.isdigit() or int(text) < 1:
        raise UserError(f"GALAXY_SLOTS: must be a whole number of cores, at least 1. Received: {quoted(text)}.")
    return int(text)


def keep_freed_memory() -> None:
    """Let the C library of Linux keep large blocks for the next step instead of giving them back to the system.

    Each step of a training takes blocks of the same sizes. Given back, they are mapped and cleared anew each time: in
    the tutorial's training that is half of all page faults and 3 % of the processor time, and its peak of memory is no
    lower for it. Where memory is short, the system looks for free pages every time.
    """
    _set_malloc(_KEEPING)


def give_back_freed_memory() -> None:
    """Let it give back what is free, and from now on every large block when it is freed."""
    library = _set_malloc(_GIVING_BACK)
    if library is not None:
        library.malloc_trim(0)


def _set_malloc(values: Iterable[tuple[int, int]]) -> ctypes.CDLL | None:
    """Set parameters of the C library's `malloc`, and return the library; None where it has no such."""
    try:
        library = ctypes.CDLL(None)
        mallopt = library.mallopt
    except (OSError, AttributeError):
        return None
    for parameter, value in values:
        mallopt(parameter, value)
    return library


def keras_for_compute(keep_out: Iterable[str] = ()) -> ModuleType:
    """Import Keras on TensorFlow, quietly and on the granted cores, and return it.

    Parameters:
        keep_out: further modules that the calling step does not need.
    """
    cores = granted_cores()
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # Others may compute on the same GPU: take its memory as it is needed, not all at once.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ["OMP_NUM_THREADS"] = str(cores)
    keep_freed_memory()
    deferred_imports.begin()
    # TensorFlow's converter for phones imports JAX where it is installed.
    _keep_out(SPECULATIVE_IMPORTS | {"jax"} | frozenset(keep_out))
    with _native_stderr_held_back():
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(cores)
        tf.config.threading.set_inter_op_parallelism_threads(cores)
        tf.config.list_logical_devices()
        tf.get_logger().setLevel("ERROR")
        import keras
        from absl import logging

        logging.set_verbosity(logging.ERROR)
    _lists_copied_as_lists()
    return keras


@contextlib.contextmanager
def _native_stderr_held_back() -> Iterator[None]:
    """Hold back what native code writes to stderr; let it out if the block raises.

    TensorFlow's libraries report at start which graphics driver is not there, before any log
    level applies. In Galaxy, text on stderr looks like something went wrong.
    """
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(real, held.read())
            raise
        finally:
            os.dup2(real, 2)
            os.close(real)
