"""Telling the user how training goes: one line an epoch, as it happens."""

import time
from collections.abc import Iterable

import keras

from dltools.core.time_limit import duration


def in_order(names: Iterable[str]) -> list[str]:
    """Return the names that `fit` reports with the loss first, then the metrics, then the same of the validation
    part.
    """
    return sorted(names, key=lambda name: (name.startswith("val_"), name.removeprefix("val_") != "loss"))


class Progress(keras.callbacks.Callback):
    """Prints a line an epoch with loss, metrics, seconds and what remains; keeps each epoch's seconds.

    The lines are flushed, so that Galaxy's view of a running job shows them.
    """

    def __init__(self, first_epoch: int, last_epoch: int, silent: bool = False):
        """Tell of the epochs after `first_epoch` up to `last_epoch`; `silent` keeps their seconds alone."""
        super().__init__()
        self.first_epoch, self.last_epoch, self.silent = first_epoch, last_epoch, silent
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Stop it, and print the line."""
        self.seconds.append(time.monotonic() - self._began)
        if self.silent:
            return
        known = logs or {}
        figures = ", ".join(f"{name} {float(known[name]):.4g}" for name in in_order(known))
        left = self.last_epoch - epoch - 1
        remaining = f", about {duration(left * sum(self.seconds) / len(self.seconds))} left" if left else ""
        print(f"Epoch {epoch + 1}/{self.last_epoch}: {figures}, {duration(self.seconds[-1])}{remaining}", flush=True)
