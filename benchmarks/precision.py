"""Compare networks trained in bfloat16 with the same trained in float32: scores, and seconds of an epoch.

    python benchmarks/precision.py                    # 10 tasks x 10 seeds, about a quarter of an hour on 2 cores
    python benchmarks/precision.py --seeds 3 --tasks lstm attention

For each task: mean score of the test set in either precision, their difference, the standard deviation of that mean
difference (the same seeds, so that runs are compared in pairs), and how many times faster an epoch is. The rule of
automatic precision (`dltools.training.precision`) follows from this table.
"""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools" / "scripts"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GALAXY_SLOTS", str(os.cpu_count() or 1))

from dltools.backend import keras_runtime  # noqa: E402

keras_runtime.keras_for_compute()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers as k  # noqa: E402
from sklearn import datasets  # noqa: E402

from dltools.catalogue.training_config import (  # noqa: E402
    CLASSIFIER,
    REGRESSOR,
    FitConfig,
    OptimizerConfig,
    TrainingConfig,
)
from dltools.core.dataset import Dataset  # noqa: E402
from dltools.data import targets  # noqa: E402
from dltools.data.dense_table import DenseTable  # noqa: E402
from dltools.data.labelled import LabelledSamples  # noqa: E402
from dltools.data.sets import Sets  # noqa: E402
from dltools.evaluation.evaluator import Evaluator  # noqa: E402
from dltools.training import fitting, precision  # noqa: E402

SOURCE = Dataset("generated", "generated")
BFLOAT16 = "mixed_bfloat16"


@dataclasses.dataclass(frozen=True)
class Task:
    """A task: samples (float32), classes or values, layers of a network for it, epochs and samples a batch."""

    x: np.ndarray
    y: np.ndarray
    layers: Callable[[], list]
    epochs: int = 10
    batch: int = 32

    @property
    def classes(self) -> int:
        """How many classes there are; 0 for a regression."""
        return int(self.y.max()) + 1 if self.y.dtype.kind == "i" else 0


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's digits, 1,797 x 64, from 0 to 1."""
    found = datasets.load_digits()
    return (found.data / 16).astype(np.float32), found.target.astype(np.int64)


def large_digits(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return digits enlarged to 28 x 28 points, repeated with noise."""
    x, y = digits()
    random = np.random.default_rng(0)
    chosen = random.integers(0, len(x), rows)
    images = np.kron(x[chosen].reshape(-1, 8, 8), np.ones((1, 4, 4), np.float32))[:, 2:30, 2:30]
    return (images + random.normal(0, 0.3, images.shape)).reshape(rows, -1).astype(np.float32), y[chosen]


def waves(rows: int = 1500, steps: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of which the class is which of three frequencies they hold."""
    random = np.random.default_rng(1)
    y = random.integers(0, 3, rows)
    time = np.arange(steps)
    phase = random.uniform(0, 2 * np.pi, (rows, 1))
    x = np.sin(time * (0.2 + 0.08 * y[:, None]) + phase) + random.normal(0, 0.8, (rows, steps))
    return x.astype(np.float32), y.astype(np.int64)


def words(rows: int = 2000, length: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of words of which some speak for one class, some for the other."""
    random = np.random.default_rng(2)
    x = random.integers(0, 1000, (rows, length))
    y = ((x < 100).sum(axis=1) > (x >= 900).sum(axis=1)).astype(np.int64)
    return x.astype(np.float32), y


def values(scale: float = 1.0, rows: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Return Friedman's first regression problem, its values times `scale`."""
    x, y = datasets.make_friedman1(rows, 10, noise=0.5, random_state=3)
    return x.astype(np.float32), (y * scale).astype(np.float64)


def genes() -> tuple[np.ndarray, np.ndarray]:
    """Return a small study of many features, few of which tell two classes apart."""
    x, y = datasets.make_classification(240, 5000, n_informative=30, n_redundant=0, random_state=4)
    return x.astype(np.float32), y.astype(np.int64)


def tasks() -> dict[str, Task]:
    """Return the tasks by name."""
    small, irises = digits(), datasets.load_iris()
    cnn = large_digits(4000)
    return {
        "tutorial's CNN": Task(*cnn, lambda: [
            k.Reshape((28, 28, 1)), k.Conv2D(64, 3, activation="relu", padding="same"), k.MaxPooling2D(),
            k.Conv2D(32, 3, activation="relu"), k.MaxPooling2D(), k.Flatten(),
        ], 2, 100),
        "tutorial's FNN": Task(*small, lambda: [k.Dense(64, activation="relu"), k.Dense(32, activation="relu")]),
        "wide FNN": Task(*cnn, lambda: [k.Dense(1024, activation="relu"), k.Dense(512, activation="relu")], 3, 128),
        "BatchNormalization": Task(*cnn, lambda: [
            k.Reshape((28, 28, 1)), k.Conv2D(32, 3, strides=2), k.BatchNormalization(momentum=0.9), k.ReLU(),
            k.Conv2D(64, 3, strides=2), k.BatchNormalization(momentum=0.9), k.ReLU(), k.GlobalAveragePooling2D(),
        ], 5, 64),
        "LSTM": Task(*waves(), lambda: [k.Reshape((40, 1)), k.LSTM(32)], 8),
        "tutorial's RNN": Task(*words(), lambda: [k.Embedding(1000, 32), k.LSTM(16)], 5),
        "attention": Task(*words(), lambda: [
            Attending(), k.GlobalAveragePooling1D(), k.Dense(32, activation="relu")], 5),
        "regression": Task(*values(), lambda: [k.Dense(64, activation="relu"), k.Dense(32, activation="relu")], 30),
        "regression, wide range": Task(*values(1000.0), lambda: [
            k.Dense(64, activation="relu"), k.Dense(32, activation="relu")], 60),
        "autoencoder": Task(small[0], small[0].astype(np.float64), lambda: [
            k.Dense(32, activation="relu"), k.Dense(12, activation="relu"), k.Dense(32, activation="relu")], 20),
        "tiny": Task(irises.data.astype(np.float32), irises.target.astype(np.int64), lambda: [
            k.Dense(8, activation="relu")], 40, 8),
        "many features": Task(*genes(), lambda: [k.Dense(64, activation="relu"), k.Dropout(0.3)], 8, 16),
    }  # fmt: skip


class Attending:
    """Stands for an Embedding and a layer of attention, which no chain of layers holds."""


def network(task: Task) -> keras.Model:
    """Return a fresh network for a task."""
    inputs = tensor = keras.Input((task.x.shape[1],))
    for layer in task.layers():
        if isinstance(layer, Attending):
            tensor = k.Embedding(1000, 32)(tensor)
            tensor = k.LayerNormalization()(k.Add()([tensor, k.MultiHeadAttention(2, 16)(tensor, tensor)]))
        else:
            tensor = layer(tensor)
    if task.classes:
        return keras.Model(inputs, k.Dense(task.classes, activation="softmax")(tensor))
    return keras.Model(inputs, k.Dense(task.y.reshape(len(task.y), -1).shape[1])(tensor))


def trained(task: Task, seed: int, chosen: str) -> tuple[float, float]:
    """Train a network; return its score on the test set (accuracy, or R2) and the least seconds of an epoch."""
    learns = CLASSIFIER if task.classes else REGRESSOR
    loss = "categorical_crossentropy" if task.classes else "mean_squared_error"
    training = TrainingConfig(
        learning_type=learns,
        loss=loss,
        optimizer=OptimizerConfig(type="Adam", options={"learning_rate": 0.003}),
        fit=FitConfig(epochs=task.epochs, batch_size=task.batch, verbose=0),
        random_seed=seed,
    )
    fitting.seed_all(training)
    order = np.random.default_rng(seed).permutation(len(task.x))
    first = len(order) // 4
    sets = Sets(training=np.sort(order[first:]), validation=None, test=np.sort(order[:first]))
    target = (
        targets.classification([task.y.astype(str).astype(object)], None, task.classes, loss, SOURCE)
        if task.classes
        else targets.regression(task.y.reshape(len(task.y), -1), None, task.y.reshape(len(task.y), -1).shape[1], SOURCE)
    )
    data = LabelledSamples(samples=DenseTable(values=task.x, source=SOURCE), target=target)
    model = network(task)
    if chosen == precision.FULL:
        fitted = fitting.fit(model, training, data, sets, seed)
    else:
        copied = precision.mixed_copy(model, chosen, training)
        fitted = fitting.fit(copied, training, data, sets, seed)
        precision.copy_state(copied, model, training)
        fitting.compile_model(model, training, target)
    scores = Evaluator(model, training, data, ["accuracy"] if task.classes else []).evaluate(sets.test).scores
    # R2 of all values together: pixels that hardly vary have none of their own.
    score = scores["accuracy"] if task.classes else 1 - scores["loss"] / target.truth[sets.test].var(axis=0).mean()
    return float(score), min(fitted.history["seconds"])


def compared(task: Task, seeds: int) -> dict[str, float]:
    """Train a task in both precisions with each seed; return what the table shows."""
    found = {chosen: np.array([trained(task, seed, chosen) for seed in range(seeds)]) for chosen in (
        precision.FULL, BFLOAT16)}  # fmt: skip
    full, half = found[precision.FULL], found[BFLOAT16]
    lost = full[:, 0] - half[:, 0]
    return {
        "float32": float(full[:, 0].mean()),
        "bfloat16": float(half[:, 0].mean()),
        "lost": float(lost.mean()),
        "deviation": float(lost.std(ddof=1) / np.sqrt(seeds)),
        "faster": float(np.median(full[:, 1]) / np.median(half[:, 1])),
    }


def main() -> None:
    """Compare every task, print a line for each, and write them all as JSON where that is asked for."""
    known = tasks()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--tasks", nargs="*", choices=list(known), default=list(known))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    print(f"{'task':24}{'float32':>9}{'bfloat16':>9}{'lost':>9}{'deviation':>10}{'faster':>8}")
    rows = {}
    for name in given.tasks:
        rows[name] = found = compared(known[name], given.seeds)
        numbers = "".join(f"{found[key]:9.4f}" for key in ("float32", "bfloat16", "lost"))
        print(f"{name:24}{numbers}{found['deviation']:10.4f}{found['faster']:8.2f}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
