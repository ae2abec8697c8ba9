"""Evaluating a network on some of the samples: its outputs, its loss, Keras' metrics and scikit-learn's scores."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from dltools.backend import keras_runtime
from dltools.catalogue import training_parameters
from dltools.catalogue.training_config import TrainingConfig
from dltools.data import batches, steps
from dltools.data.labelled import LabelledSamples
from dltools.data.targets import Target
from dltools.evaluation import prediction, scoring
from dltools.evaluation.forward_pass import ForwardPass, mean_loss
from dltools.networks import last_layer

if TYPE_CHECKING:
    import keras

# Scores of the training set are computed on at most so many of its samples, unless the user wants all: they
# tell whether the network has learned by heart, and that they tell without a further pass over a large table.
TRAINING_SAMPLES = 10_000
# Of wide samples that are given back, on fewer, so that no large part of the table is held twice.
FEWEST_TRAINING_SAMPLES, TRAINING_NUMBERS = 100, 1 << 22


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """How a network did on some samples.

    Attributes:
        positions: int64 (n,), of these samples.
        outputs: float32 (n, numbers), the network's, no logits.
        scores: name -> value, the loss first.
    """

    positions: np.ndarray
    outputs: np.ndarray
    scores: dict[str, float]


class Evaluator:
    """Evaluates a trained network on samples by their positions, in one pass."""

    def __init__(self, model: "keras.Model", training: TrainingConfig, data: LabelledSamples, scorers: list[str]):
        """Prepare to evaluate a compiled network.

        Parameters:
            scorers: names as `scoring.chosen` returns them.
        """
        self._training, self._data, self._scorers = training, data, scorers
        self._columns = batches.input_columns(model, data.samples)
        self._shapes = steps.shapes(model, self._columns, data.samples.source)
        self._names = last_layer.output_names(model)
        self._network = ForwardPass(model)

    def evaluate(self, positions: np.ndarray) -> Evaluated:
        """Return how the network does on the samples at int64 positions (n,).

        Raises:
            UserError: an output is no number.
        """
        keras_runtime.keep_freed_memory()
        found, loss = self.outputs_and_loss(positions)
        # Scores take blocks of other sizes than batches, some as large as all outputs.
        keras_runtime.give_back_freed_memory()
        scored = scores(self._training, self._data.target, found, positions, self._scorers)
        outputs = prediction.without_logits(found, self._training, self._shapes, self._names)
        return Evaluated(positions=positions, outputs=outputs, scores={"loss": loss, **scored})

    def outputs_and_loss(self, positions: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the network's outputs, float32 (n, numbers), in the order of the positions, and the loss as `fit`
        reports it.

        Raises:
            UserError: an output is no number.
        """
        target = self._data.target
        weights = target.spread(self._data.weights)
        answers = self._network(
            batches.pipeline(
                self._data.samples, self._columns, positions, self._network.batch_size, target.compared, weights
            )
        )
        prediction.check_numbers(answers.outputs, positions)
        return answers.outputs, mean_loss([answers])


def evaluated_training_samples(positions: np.ndarray, every: bool, numbers: int = 1) -> np.ndarray:
    """Return which samples of the training set to evaluate: all, or evenly spaced ones of a large set.

    Parameters:
        numbers: how many a network is to give back of each.
    """
    most = max(FEWEST_TRAINING_SAMPLES, min(TRAINING_SAMPLES, TRAINING_NUMBERS // numbers))
    if every or len(positions) <= most:
        return positions
    return positions[np.linspace(0, len(positions) - 1, most).astype(np.int64)]


def scores(
    training: TrainingConfig, target: Target, found: np.ndarray, positions: np.ndarray, scorers: list[str]
) -> dict[str, float]:
    """Return Keras' metrics and scikit-learn's scores of one prediction, in this order.

    Parameters:
        found: float32 (rows, units), the network's outputs for `positions`; of several steps, all numbers of a
            sample in a row.
        positions: int64, of the samples evaluated.
        scorers: names as `scoring.chosen` returns them.
    """
    if target.outputs:
        return {
            f"{own.output}_{name}": value
            for own, part in target.each(found)
            for name, value in scores(training.of(own.output), own, part, positions, scorers).items()
        }
    scored, found = {}, steps.rows(found, target.shape)
    values, truth = target.by_step(positions)
    for metric in training_parameters.metrics(training, target.form, found.shape[1]):
        metric.update_state(values, found)
        scored[metric.name] = float(metric.result())
    found = prediction.without_logits(found, training)
    predicted = prediction.decided(found, target.kind, training.loss)
    likelihoods = prediction.likelihoods(found, target.kind)
    return scored | scoring.scores(scoring.of_output(scorers, target), target.kind, truth, predicted, likelihoods)
