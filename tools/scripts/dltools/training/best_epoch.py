"""Keeping the model of the best epoch, whatever the later ones do to it."""

from collections.abc import Mapping
from types import MappingProxyType

import keras
import numpy as np

from dltools.core.errors import UserError
from dltools.training import state

# What Keras tells of an epoch, where it tells nothing.
NO_LOGS: Mapping[str, float] = MappingProxyType({})


class BestEpoch(keras.callbacks.Callback):
    """Keeps the weights and the optimizer's state of the epoch with the best monitored figure, in memory.

    Keras' ModelCheckpoint keeps the weights alone; without the optimizer's state, training could not go on from
    the epoch. An epoch whose loss, figure or weights are no longer numbers is never the best.

    Attributes:
        epoch: the best epoch, counted from 1, or None while there is none.
        figure: what was monitored, in that epoch.
        kept: the model after that epoch, as `state.of` returns it.
    """

    def __init__(self, monitor: str, mode: str):
        """Watch the figure `monitor`, of which the largest (`mode` max) or the smallest (min) is the best."""
        super().__init__()
        self.monitor, self.mode = monitor, mode
        self.epoch: int | None = None
        self.figure: float | None = None
        self.kept: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] = NO_LOGS) -> None:
        """Keep the model if this epoch is the best so far."""
        figure = float(logs[self.monitor])
        if not np.isfinite(figure) or not np.isfinite(logs["loss"]) or not self._is_better(figure):
            return
        kept = state.of(self.model)
        if all(np.isfinite(values).all() for values in kept if values.dtype.kind == "f"):
            self.epoch, self.figure, self.kept = epoch + 1, figure, kept

    def _is_better(self, figure: float) -> bool:
        if self.figure is None:
            return True
        return figure > self.figure if self.mode == "max" else figure < self.figure

    def restore(self) -> None:
        """Give the model the weights and the optimizer the state of the best epoch.

        Raises:
            UserError: no epoch was any good.
        """
        if self.kept is None:
            raise UserError(
                f"ModelCheckpoint: in no epoch {self.monitor} was a number, so there is no best one. Monitor another "
                "figure, lower the optimizer's learning rate, or scale the features to about 0 to 1."
            )
        state.put_back(self.model, self.kept)
