"""Trainings whose batches take the time that a scenario says, by a clock of their own.

    python -m tests.support.timed_trainings

Prints one line of JSON a scenario: its name, and what came of it.
"""

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.support.walking import keras  # first, since it starts Keras on TensorFlow

# isort: split
import numpy as np

from dltools.catalogue import training_parameters
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.core.time_limit import TimeLimit
from dltools.data import targets
from dltools.data.dense_table import DenseTable
from dltools.data.labelled import LabelledSamples
from dltools.data.sets import Sets
from dltools.training import fitting, state, watching
from dltools.training.pace import TimePlan

ROWS, TRAINED, BATCH = 40, 32, 8
SOURCE = Dataset("target.tsv", "target.tsv")
BEST = {"type": "ModelCheckpoint", "options": {"monitor": "val_loss"}}
EARLY = {"type": "EarlyStopping", "options": {"monitor": "val_loss", "patience": 50, "restore_best_weights": True}}
PLATEAU = {"type": "ReduceLROnPlateau", "options": {"monitor": "loss", "patience": 1, "factor": 0.5, "min_delta": 9.0}}


class Passing(keras.callbacks.Callback):
    """Lets the time pass that each batch takes, and keeps the model of every epoch."""

    def __init__(self, batch: Callable[[int, int], float], validation: float):
        """Take `batch(epoch, number)` seconds for a batch of the training, `validation` for one of the validation."""
        super().__init__()
        self.batch, self.validation = batch, validation
        self.now, self.epoch = 0.0, 0
        self.states: dict[int, list[np.ndarray]] = {}
        self.losses: list[float] = []

    def on_epoch_begin(self, epoch, logs=None):
        """Note which epoch it is, counted from 1."""
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        """Let a batch pass."""
        self.now += self.batch(self.epoch, batch)

    def on_test_batch_end(self, batch, logs=None):
        """Let a batch of the validation pass."""
        self.now += self.validation

    def on_epoch_end(self, epoch, logs=None):
        """Keep the model."""
        self.states[epoch + 1] = state.of(self.model)
        self.losses.append(logs["val_loss"] if "val_loss" in logs else logs["loss"])


def train(
    end: float,
    batch: Callable[[int, int], float] = lambda epoch, number: 10.0,
    validation: float = 5.0,
    *,
    epochs: int = 100,
    callbacks: tuple = (),
    options: Mapping = MappingProxyType({}),
    fit: Mapping = MappingProxyType({}),
    history: Mapping = MappingProxyType({}),
    validated: bool = True,
    count: int = 1,
    schedule: Mapping | None = None,
) -> dict:
    """Train a network that has to be done after `end` seconds; return what came of it."""
    chosen = {"type": "Adam", "options": {"learning_rate": 0.05, **options}}
    training = training_parameters.check(
        {
            "learning_type": "KerasGRegressor",
            "random_seed": 1,
            "loss": "mean_squared_error",
            "metrics": ["mae"],
            "optimizer": chosen | ({"schedule": dict(schedule)} if schedule else {}),
            "fit": {"epochs": epochs, "batch_size": BATCH, **fit},
            "callbacks": list(callbacks),
        },
        "settings",
    )
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(1)])
    x = np.random.default_rng(0).uniform(0, 1, (ROWS, 4)).astype("float32")
    target = targets.regression(x @ np.array([[1.0], [2], [3], [4]], "float32"), None, 1, SOURCE)
    data = LabelledSamples(samples=DenseTable(values=x, source=SOURCE), target=target)
    passing = Passing(batch, validation)
    limit = TimeLimit(began=0.0, end=end, words="the limit", clock=lambda: passing.now)
    made = watching.make(training)
    watching.make = lambda _: ([passing, *made[0]], made[1])
    sets = Sets(training=np.arange(TRAINED), validation=np.arange(TRAINED, ROWS) if validated else None, test=None)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            fitted = fitting.fit(
                model, training, data, sets, 1, history, plan=TimePlan(limit=limit, evaluated=0, count=count)
            )
    except UserError as error:
        return {"error": str(error), "now": passing.now}
    finally:
        watching.make = ORIGINAL
    now = state.of(model)
    return {
        "now": passing.now,
        "history": fitted.history,
        "stop": fitted.stop and [fitted.stop.epoch, fitted.stop.last, fitted.stop.batches, fitted.stop.steps],
        "steps": int(np.asarray(model.optimizer.iterations)),
        "same as epochs": [epoch for epoch, kept in passing.states.items() if all(map(np.array_equal, kept, now))],
        "same weights as epochs": [
            epoch
            for epoch, kept in passing.states.items()
            if all(map(np.array_equal, kept, [np.asarray(weights) for weights in model.weights]))
        ],
        "averaged": [
            bool(np.array_equal(np.asarray(weights), np.asarray(average)))
            for weights, average in zip(
                model.trainable_weights, getattr(model.optimizer, "_model_variables_moving_average", ()), strict=False
            )
        ],
        "losses": passing.losses,
        "printed": printed.getvalue(),
    }


ORIGINAL = watching.make
SCENARIOS = {
    # 45 s an epoch, of which 21 and the floor of 50 s fit.
    "whole epochs": {"end": 1005},
    "no validation": {"end": 1005, "validated": False},
    "all fit": {"end": 1000, "epochs": 5},
    "steps_per_epoch": {"end": 1005, "fit": {"steps_per_epoch": 2}},
    # About 20 s of floor; the third batch of epoch 5 no longer fits.
    "slow epoch": {"end": 410, "batch": lambda epoch, number: 100.0 if epoch == 5 else 10.0},
    "slow epoch, averaged weights": {
        "end": 410, "batch": lambda epoch, number: 100.0 if epoch == 5 else 10.0, "options": {"use_ema": True},
    },
    "slow epoch, best epoch": {
        "end": 365, "batch": lambda epoch, number: 100.0 if epoch == 4 else 10.0, "callbacks": (BEST,),
        "options": {"learning_rate": 0.5},
    },
    "slow epoch, best weights": {
        "end": 365, "batch": lambda epoch, number: 100.0 if epoch == 4 else 10.0, "callbacks": (EARLY,),
        "options": {"learning_rate": 0.5},
    },
    "best epoch": {"end": 400, "callbacks": (BEST, PLATEAU), "options": {"learning_rate": 0.5}},
    # No model was kept, since ten epochs had more than their time.
    "very slow epoch": {"end": 10_000, "batch": lambda epoch, number: 6000.0 if epoch == 4 else 10.0},
    "first epoch": {"end": 250, "batch": lambda epoch, number: 100.0},
    "first epoch, best epoch": {"end": 250, "batch": lambda epoch, number: 100.0, "callbacks": (BEST, EARLY)},
    "first epoch, averaged weights": {"end": 250, "batch": lambda epoch, number: 100.0, "options": {"use_ema": True}},
    "first batch": {"end": 50, "batch": lambda epoch, number: 100.0},
    "first epoch, lost": {"end": 250, "batch": lambda epoch, number: 100.0, "options": {"learning_rate": 1e38}},
    "first validation": {"end": 48, "batch": lambda epoch, number: 14.0 if number == 3 else 10.0},
    "first epoch of a further training": {
        "end": 250, "batch": lambda epoch, number: 100.0,
        "history": {"loss": [3.0, 2.0], "val_loss": [4.0, 3.0], "mae": [1.0, 1.0], "val_mae": [1.0, 1.0]},
    },
    "schedule": {"end": 400, "schedule": {"type": "CosineDecay", "options": {}}},
    "cross-validation": {"end": 5000, "count": 6},
    "cross-validation, may end early": {"end": 1000, "count": 6, "callbacks": (EARLY,)},
    "cross-validation, slow epoch": {
        "end": 1000, "count": 2, "epochs": 4, "batch": lambda epoch, number: 500.0 if epoch == 2 else 10.0,
    },
    "no time": {"end": 4},
}  # fmt: skip


if __name__ == "__main__":
    for name, scenario in SCENARIOS.items():
        print(json.dumps([name, train(**scenario)]), flush=True)
