"""Train every model configuration in a folder for one step, save it, load it, and compare its predictions.

    python -m tests.support.walk_layers FOLDER

Reads `FOLDER/*/model.json` and prints one line of JSON a model: its name, and what went wrong or null.
"""

import json
from pathlib import Path

from tests.support import walking  # first, since it starts Keras on TensorFlow

# isort: split
import numpy as np

from dltools.catalogue import training_parameters
from dltools.catalogue.training_config import REGRESSOR, FitConfig, OptimizerConfig, TrainingConfig
from dltools.core.dataset import Dataset
from dltools.data import batches
from dltools.data.dense_table import DenseTable
from dltools.data.specs import FeatureSpec, TargetSpec
from dltools.model_files.builder import Builder
from dltools.model_files.records import Record
from dltools.networks import adaptation, architecture
from dltools.training import normalization

TRAINING = TrainingConfig(
    learning_type=REGRESSOR,
    loss="mean_squared_error",
    metrics=("mae",),
    optimizer=OptimizerConfig(type="Adam", options={}),
    fit=FitConfig(epochs=1),
)
ROWS = 4


def data(model, seed=0):
    """Return random input for a model: whole numbers below 5 where a layer looks them up."""
    random = np.random.default_rng(seed)
    looks_up = any(
        type(getattr(layer, "layer", layer)).__name__ in ("Embedding", "CategoryEncoding") for layer in model.layers
    )
    found = [
        random.integers(0, 5, (ROWS, *t.shape[1:])) if looks_up else random.normal(size=(ROWS, *t.shape[1:]))
        for t in model.inputs
    ]
    return [x.astype("float32") for x in found]


def walk(folder: Path) -> None:
    """Train, save and load a network, and compare what it predicts."""
    config, _ = architecture.read_config_file(Dataset(str(folder / "model.json"), folder.name))
    model = architecture.rebuild(config, folder.name)
    designed = model.output_shape
    if len(designed) != 2:
        # The model files hold networks that give one row of numbers.
        model = walking.keras.Model(model.inputs, walking.keras.layers.Flatten(name="row")(model.outputs[0]))
        config = json.loads(architecture.to_json(model))
    x = data(model)
    y = np.random.default_rng(1).normal(size=(ROWS, *model.output_shape[1:])).astype("float32")
    model.compile(
        loss=training_parameters.loss(TRAINING),
        optimizer=training_parameters.optimizer(TRAINING),
        metrics=training_parameters.metrics(TRAINING, "binary", model.output_shape[-1]),
        run_eagerly=True,
    )
    x = x if len(x) > 1 else x[0]
    if adaptation.adapting(model.layers):
        samples = DenseTable(values=x.reshape(ROWS, -1), source=Dataset(folder.name, folder.name))
        normalization.adapt(model, samples, batches.input_columns(model, samples), np.arange(ROWS))
    loss = model.train_on_batch(x, y)
    assert np.isfinite(loss).all(), f"the loss is {loss}"
    before = np.asarray(model(x, training=False))
    assert before.shape[1:] == model.output_shape[1:], f"designed as {designed}, but it is {before.shape}"
    if any(type(layer).__name__.startswith("Random") for layer in model.layers):
        # Several times, for once in a while chance leaves all pictures as they are.
        assert any(not np.array_equal(before, np.asarray(model(x, training=True))) for _ in range(5)), (
            "nothing is varied while training"
        )
    record = Record(Builder(config, TRAINING), TargetSpec(kind="regression"), FeatureSpec(width=1), {"loss": [1.0]})
    walking.survives(folder, model, record, x)


walking.each("model.json", walk)
