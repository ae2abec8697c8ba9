"""Keeping the best epoch from what may come after it: a loss that is no longer a number."""

from collections.abc import Mapping

import numpy as np

from dltools.training.best_epoch import NO_LOGS, BestEpoch


def is_lost(loss: float, val_loss: float | None) -> bool:
    """Tell whether an epoch's losses show that the network no longer computes numbers.

    The loss of an epoch is a mean over its batches, so that the last step's damage shows in val_loss first, which
    may also be infinite for mistakes that are only large.
    """
    return not np.isfinite(loss) or (val_loss is not None and bool(np.isnan(val_loss)))


class NanGuard(BestEpoch):
    """Ends a training whose loss is no longer a number, and has kept the best epoch until then.

    Attributes:
        failed: the epoch, counted from 1, in which the losses or the weights were no longer numbers; None if none was.
    """

    def __init__(self, validated: bool):
        """Watch the validation loss where there is one (`validated`), else the loss."""
        super().__init__("val_loss" if validated else "loss", "min")
        self.failed: int | None = None
        self._epoch = 0

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] = NO_LOGS) -> None:
        """Keep the epoch if it is the best so far; end the training if it is no good at all."""
        super().on_epoch_end(epoch, logs)
        self._epoch = epoch + 1
        if is_lost(logs["loss"], logs.get("val_loss")):
            self.failed = epoch + 1
            self.model.stop_training = True

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """See whether the last step left weights that are no numbers, which no epoch's loss would tell."""
        if self.failed is None and not all(
            np.isfinite(values).all() for values in self.model.get_weights() if values.dtype.kind == "f"
        ):
            self.failed = self._epoch
