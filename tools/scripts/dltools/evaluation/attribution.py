"""Where a network looks: how much each feature of a sample adds to an answer, and which part of an image decides it.

Integrated gradients (https://arxiv.org/abs/1703.01365) share the difference between the answer for a sample x and that
for a baseline b among the features, for each i, with f the answer::

    (x_i - b_i) * integral over a from 0 to 1 of df/dx_i at b + a (x - b)

so that their sum is f(x) - f(b). The integral is taken by Gauss and Legendre's rule, with more points until that sum is
right. Grad-CAM (https://arxiv.org/abs/1610.02391) weighs the maps A_k of a convolution by the mean slope that the
answer before softmax or sigmoid has for them, and shows what speaks for it::

    max(0, sum over k of A_k * mean over the map of df/dA_k)
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from dltools.core.errors import UserError
from dltools.data import batches, words
from dltools.evaluation.forward_pass import side_by_side
from dltools.evaluation.maps import Maps
from dltools.networks.refusals import computed

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

# Points of the integral that are tried in turn, and how far the sum may be from what it should be.
POINTS = (32, 128, 512, 2048)
TOLERANCE = 0.01
# Differences that are smaller than this part of the largest are held to that: nothing much is to be explained there.
_SMALLEST = 0.05
# Rows whose slopes are computed at once, and the most numbers that these may have.
_ROWS, _NUMBERS = 4096, 1 << 22
_SATURATED = ("softmax", "sigmoid")
_NO_SLOPE = (
    "Method: this network looks up what its inputs stand for (Embedding), so that they have no slope and integrated "
    "gradients say nothing. Use the plot 'Feature importances' instead."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What is to be explained of each sample.

    Attributes:
        units: int64 (n,), which of the network's numbers.
        signs: float32 (n,), -1 where what speaks against it is asked for, as of the first of two classes; else 1.
        whole: what the answers for and against it add up to: 1 of probabilities, else 0.
    """

    units: np.ndarray
    signs: np.ndarray
    whole: float = 1.0

    def __getitem__(self, chosen: np.ndarray | slice) -> "Asked":
        """Return what is asked of some of the samples."""
        return Asked(self.units[chosen], self.signs[chosen], self.whole)

    def answers(self, outputs: np.ndarray) -> np.ndarray:
        """Return what a network's outputs, float32 (n, units), say of what is asked, float64 (n,)."""
        found = outputs[np.arange(len(outputs)), self.units].astype(np.float64)
        return np.where(self.signs > 0, found, self.whole - found)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attributions:
    """What each feature adds.

    Attributes:
        values: float64 (n, features).
        answers, at_baseline: float64 (n,), what the network says of the samples and of the baseline.
    """

    values: np.ndarray
    answers: np.ndarray
    at_baseline: np.ndarray

    @property
    def gaps(self) -> np.ndarray:
        """How far the sums are from what they should be, as shares of that, float64 (n,)."""
        wanted = self.answers - self.at_baseline
        sizes = np.maximum(np.abs(wanted), _SMALLEST * np.abs(wanted).max(initial=0))
        return np.abs(self.values.sum(axis=1) - wanted) / np.maximum(sizes, np.finfo(np.float32).tiny)


def integrated_gradients(
    model: "keras.Model", columns: list[batches.InputColumns], rows: np.ndarray, baseline: np.ndarray, asked: Asked
) -> Attributions:
    """Return what each feature adds to an answer.

    Parameters:
        columns: which features each input of the network takes.
        rows: the samples, float32 (n, features).
        baseline: float32 (features,).

    Raises:
        UserError: the network's answer has no slope, as that of one that looks its inputs up.
    """
    # Beside other inputs, those that are looked up would silently add nothing.
    if words.inputs_of(model):
        raise UserError(_NO_SLOPE)
    slope = _slope(model, columns)
    answers = slope(rows, asked)[1]
    at_baseline = slope(np.broadcast_to(baseline, rows.shape), asked)[1]
    values: np.ndarray = np.zeros(rows.shape, np.float64)
    left = np.arange(len(rows))
    for points in POINTS:
        values[left] = _integral(slope, rows[left], baseline, asked[left], points)
        found = Attributions(values=values, answers=answers, at_baseline=at_baseline)
        left = np.flatnonzero(found.gaps > TOLERANCE)
        if not len(left):
            break
    return found


def _integral(slope: "_Slope", rows: np.ndarray, baseline: np.ndarray, asked: Asked, points: int) -> np.ndarray:
    """Return the integral with so many points, float64 (n, features)."""
    places, weights = np.polynomial.legendre.leggauss(points)
    # They are on -1 to 1.
    places, weights = (places + 1) / 2, weights / 2
    difference = (rows - baseline).astype(np.float64)
    total: np.ndarray = np.zeros(rows.shape, np.float64)
    at_once = max(1, min(_ROWS, _NUMBERS // rows.shape[1]) // len(rows))
    for first in range(0, points, at_once):
        part = slice(first, first + at_once)
        between = (baseline + places[part, None, None] * difference).astype(np.float32)
        count = len(between)
        slopes = slope(between.reshape(-1, rows.shape[1]), asked[np.tile(np.arange(len(rows)), count)])[0]
        total += np.tensordot(weights[part], slopes.reshape(between.shape), axes=1)
    return total * difference


_Slope = Callable[[np.ndarray, Asked], tuple[np.ndarray, np.ndarray]]


def _slope(model: "keras.Model", columns: list[batches.InputColumns]) -> _Slope:
    """Return a function from samples to the slopes of the answers by each feature, and the answers: float64
    (n, features) and (n,).
    """
    import tensorflow as tf

    def step(rows: "tf.Tensor", units: "tf.Tensor", signs: "tf.Tensor") -> "tuple[tf.Tensor | None, tf.Tensor]":
        with tf.GradientTape() as tape:
            tape.watch(rows)
            outputs = side_by_side(model(batches.shaped(rows, columns), training=False))
            answers = signs * tf.gather(outputs, units, axis=1, batch_dims=1)
        return tape.gradient(answers, rows), answers

    size, compiled = batches.prediction_batch(model), tf.function(step, reduce_retracing=True)

    def of(rows: np.ndarray, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
        slopes, answers = [], []
        for first in range(0, len(rows), size):
            part = slice(first, first + size)
            with computed():
                found, answer = compiled(*map(tf.constant, (rows[part], asked.units[part], asked.signs[part])))
            if found is None:
                raise UserError(_NO_SLOPE)
            slopes.append(found.numpy().astype(np.float64))
            answers.append(answer.numpy().astype(np.float64) + asked.whole * (asked.signs[part] < 0))
        return np.concatenate(slopes), np.concatenate(answers)

    return of


def grad_cam(
    model: "keras.Model", maps: Maps, columns: list[batches.InputColumns], rows: np.ndarray, asked: Asked
) -> np.ndarray:
    """Return which part of the images speaks for an answer, float32 (n, height, width) of the maps; 0 is nothing.

    Parameters:
        maps: of the model, as `maps.last_over` returns them.
        columns, rows, asked: as for `integrated_gradients`.
    """
    import keras
    import tensorflow as tf

    over, channels = ((1, 2), -1) if maps.channels_last else ((2, 3), 1)
    both = keras.Model(model.inputs, [maps.output, model.outputs[0]])

    def step(rows: "tf.Tensor", units: "tf.Tensor", signs: "tf.Tensor") -> "tf.Tensor":
        with tf.GradientTape() as tape:
            shown, outputs = both(batches.shaped(rows, columns), training=False)
            tape.watch(shown)
            answers = signs * tf.gather(side_by_side(outputs), units, axis=1, batch_dims=1)
        weights = tf.reduce_mean(tape.gradient(answers, shown), axis=over, keepdims=True)
        return tf.nn.relu(tf.reduce_sum(weights * shown, axis=channels))

    size, compiled = batches.prediction_batch(model), tf.function(step, reduce_retracing=True)
    with _before_saturation(model), computed():
        parts = [slice(first, first + size) for first in range(0, len(rows), size)]
        found = [
            compiled(*map(tf.constant, (rows[part], asked.units[part], asked.signs[part]))).numpy().astype(np.float32)
            for part in parts
        ]
    return np.concatenate(found)


@contextlib.contextmanager
def _before_saturation(model: "keras.Model") -> Iterator[None]:
    """Let a network give inside the block what it has before its softmax or sigmoid, where slopes do not vanish."""
    import keras

    layer = model.outputs[0]._keras_history.operation
    activation = getattr(layer, "activation", None)
    if getattr(activation, "__name__", "") not in _SATURATED:
        yield
        return
    layer.activation = keras.activations.linear
    try:
        yield
    finally:
        layer.activation = activation
