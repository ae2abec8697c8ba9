"""Steps of small networks are taken together, with the same results to the bit; what the user counts stays counted."""

import dataclasses

import numpy as np
import pytest

from dltools.backend import devices
from dltools.catalogue.training_config import Chosen, FitConfig, OptimizerConfig, TrainingConfig
from dltools.core.dataset import Dataset
from dltools.data import targets
from dltools.data.dense_table import DenseTable
from dltools.data.labelled import LabelledSamples
from dltools.data.sets import Sets
from dltools.training import fitting, steps_together

ROWS, TRAINED = 130, 100
SOURCE = Dataset("y", "y")
# 13 batches of 8 an epoch, the last of 4; 8 are taken together, then 5.
DECAY = Chosen(type="ExponentialDecay", options={"decay_steps": 5, "decay_rate": 0.9})
CONFIG = TrainingConfig(
    learning_type="KerasGClassifier",
    loss="categorical_crossentropy",
    optimizer=OptimizerConfig(type="Adam", options={"learning_rate": 0.01}, schedule=DECAY),
    metrics=("acc",),
    fit=FitConfig(epochs=3, batch_size=8),
    random_seed=1,
    class_weight="balanced",
)


def changed(**fit):
    return dataclasses.replace(CONFIG, fit=dataclasses.replace(CONFIG.fit, **fit))


def network(units=16):
    import keras

    layers = [keras.layers.Dense(units), keras.layers.Dropout(0.2), keras.layers.BatchNormalization()]
    return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(3, activation="softmax")])


def trained(config):
    """Return the weights after the training, and the history without its seconds."""
    random = np.random.default_rng(0)
    x, labels = random.normal(size=(ROWS, 4)).astype(np.float32), random.integers(0, 3, ROWS)
    data = LabelledSamples(
        samples=DenseTable(values=x, source=SOURCE),
        target=targets.classification([labels.astype(str)], None, 3, config.loss, SOURCE),
        weights=random.random(ROWS).astype(np.float32),
    )
    sets = Sets(training=np.arange(TRAINED), validation=np.arange(TRAINED, ROWS), test=None)
    fitting.seed_all(config)
    model = network()
    found = fitting.fit(model, config, data, sets, seed=1)
    return model, {name: values for name, values in found.history.items() if name != "seconds"}


def test_results_are_those_of_single_steps(monkeypatch):
    monkeypatch.setattr(steps_together, "FEWEST_STEPS", 3 * 13)
    model, history = trained(CONFIG)
    assert model.steps_per_execution == steps_together.TOGETHER
    monkeypatch.setattr(steps_together, "TOGETHER", 1)
    alone, expected = trained(CONFIG)
    assert alone.steps_per_execution == 1
    assert history == expected
    assert len(history["loss"]) == 3
    assert int(model.optimizer.iterations) == 3 * 13
    for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_epochs_have_as_many_steps_as_the_user_gave(monkeypatch):
    monkeypatch.setattr(steps_together, "FEWEST_STEPS", 1)
    model, history = trained(changed(steps_per_epoch=5))
    assert (model.steps_per_execution, len(history["loss"])) == (1, 3)
    assert int(model.optimizer.iterations) == 3 * 5


@pytest.mark.parametrize(
    ("units", "fit", "steps", "count"),
    [
        (16, {}, 500, steps_together.TOGETHER),
        (16, {}, 499, 1),
        (16, {"validation_steps": 2}, 500, 1),
        (16, {"steps_per_epoch": 2}, 500, 1),
        (2_000_000, {}, 500, 1),  # (4 + 3) * 2,000,000 multiplications a sample, 8 samples
    ],
)
def test_large_steps_few_and_counted_ones_are_taken_alone(units, fit, steps, count):
    assert steps_together.count(network(units), changed(**fit), 8, steps) == count


def test_steps_shared_among_gpus_are_taken_alone(monkeypatch):
    monkeypatch.setattr(devices, "strategy", lambda: "shared")
    assert steps_together.count(network(), CONFIG, 8, 500) == 1
