"""The callbacks of a run, made of what the form chose."""

from typing import TYPE_CHECKING

from dltools.catalogue import callbacks, metrics
from dltools.catalogue.training_config import TrainingConfig

if TYPE_CHECKING:
    import keras

    from dltools.training.best_epoch import BestEpoch


def make(training: TrainingConfig) -> "tuple[list[keras.callbacks.Callback], BestEpoch | None]":
    """Return the run's `keras.callbacks.Callback` objects, and the `best_epoch.BestEpoch` among them or None."""
    import keras

    # A Keras class, so importable only once Keras has its backend.
    from dltools.training.best_epoch import BestEpoch

    made, best = [], None
    for callback in training.callbacks:
        options = dict(callback.options)
        if callbacks.watches(callback):
            options.setdefault("monitor", callbacks.VALIDATION_LOSS)
            # Keras' own auto does not know every metric.
            if options.get("mode", callbacks.AUTO) == callbacks.AUTO:
                options["mode"] = metrics.direction(str(options["monitor"]))
        if callback.type == callbacks.BEST_EPOCH:
            best = BestEpoch(monitor=str(options["monitor"]), mode=str(options["mode"]))
            made.append(best)
        else:
            made.append(getattr(keras.callbacks, callback.type)(**options))
    return made, best
