"""What a network learns from and is validated with, in batches."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue.training_config import FitConfig
from dltools.data import batches, class_weights
from dltools.data.batches import InputColumns
from dltools.data.labelled import LabelledSamples
from dltools.data.sets import Sets

if TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True, slots=True)
class Feed:
    """The batches of a training.

    Attributes:
        columns: which of the table each input of the network takes.
        options: of the fit.
        class_weight: what the classes weigh where the network learns, as the builder says.
        data, sets: the samples, and which of them are for what.
    """

    columns: list[InputColumns]
    options: FitConfig
    class_weight: str | Mapping[str, float] | None
    data: LabelledSamples
    sets: Sets

    def to_learn(self, seed: int) -> "tf.data.Dataset":
        """Return the training set, shuffled in each epoch anew, beginning from a seed."""
        endless = self.options.steps_per_epoch is not None
        data = self.data
        counts = class_weights.of_rows(self.class_weight, data.target, self.sets.training, data.weights)
        return self._batches(self.sets.training, data.target.spread(counts), seed, endless)

    def to_validate(self) -> "tf.data.Dataset | None":
        """Return the validation set in its order, or None if there is none. Classes do not weigh here."""
        if self.sets.validation is None:
            return None
        # Once an epoch, and once more when the best epoch is evaluated.
        self.data.samples.gather(self.sets.validation)
        return self._batches(self.sets.validation, self.data.target.spread(self.data.weights))

    def _batches(
        self, positions: np.ndarray, counts: batches.Weights, seed: int | None = None, endless: bool = False
    ) -> "tf.data.Dataset":
        size, compared = self.options.samples_a_step, self.data.target.compared
        return batches.pipeline(
            self.data.samples, self.columns, positions, size, compared, counts, shuffle_seed=seed, repeat=endless
        )
