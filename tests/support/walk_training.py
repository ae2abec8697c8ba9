"""Train every builder in a folder for one epoch, save the model, load it, and go on with what was loaded.

    python -m tests.support.walk_training FOLDER

Reads `FOLDER/*/builder.zip`, of which the last word of the folder's name says the form of the target, and prints
one line of JSON a builder: its name, and what went wrong or null.
"""

from pathlib import Path

from tests.support import walking  # first, since it starts Keras on TensorFlow

# isort: split
import numpy as np

from dltools.catalogue import objectives
from dltools.catalogue.training_config import TrainingConfig
from dltools.core.dataset import Dataset
from dltools.data import targets
from dltools.data.dense_table import DenseTable
from dltools.data.labelled import LabelledSamples
from dltools.data.sets import Sets
from dltools.data.specs import FeatureSpec, TargetSpec
from dltools.evaluation.evaluator import Evaluator
from dltools.model_files import builder, model_file
from dltools.model_files.records import Record
from dltools.training import fitting

ROWS, TRAINED = 24, 16
SOURCE = Dataset("target.tsv", "target.tsv")
# Keras cannot load a model that was compiled with this one: its own table of optimizers leaves it out.
UNKNOWN_TO_KERAS = ("Lamb",)


def target_for(form: str, units: int, loss: str) -> targets.Target:
    """Return a target of `ROWS` rows in one of `objectives.FORMS`."""
    random = np.random.default_rng(1)
    if form == objectives.REGRESSION:
        # Not below 0, so that every loss for numbers has a value.
        return targets.regression(random.uniform(0, 2, (ROWS, units)).astype("float32"), None, units, SOURCE)
    labels = np.arange(ROWS) % max(units, 2)
    return targets.classification([labels.astype(str)], None, units, loss, SOURCE)


def walk(folder: Path) -> None:
    """Train, save, load and train on, as the training tool does; Keras alone must read the file as well."""
    form = folder.name.rpartition(" ")[2]
    made = builder.read(Dataset(str(folder / "builder.zip"), "builder"))
    model = fitting.untrained(made, 4, "builder")
    target = target_for(form, model.output_shape[-1], made.training.loss)
    assert target.form == form, f"the target is {target.form}"
    x = np.random.default_rng(0).uniform(0, 1, (ROWS, 4)).astype("float32")
    data = LabelledSamples(samples=DenseTable(values=x, source=SOURCE), target=target)
    sets = Sets(training=np.arange(TRAINED), validation=np.arange(TRAINED, ROWS), test=None)
    untouched = [np.asarray(v) for v in model.trainable_variables]
    fitted = fitting.fit(model, made.training, data, sets, seed=3)
    pairs = zip(untouched, model.trainable_variables, strict=True)
    changed = any(not np.array_equal(before, np.asarray(variable)) for before, variable in pairs)
    assert changed, "training changed nothing"
    figures = {name: values[-1] for name, values in fitted.history.items()}
    assert np.isfinite(list(figures.values())).all(), f"not all are numbers: {figures}"
    check_scores(made.training, model, data, sets.validation, figures)
    target_spec = TargetSpec(kind=target.kind, classes=tuple(target.classes))
    record = Record(made, target_spec, FeatureSpec(width=4), fitted.history)
    dataset = walking.survives(folder, model, record, x)
    plain(dataset, model, x, target, made.training)
    if folder.name.startswith(("optimizer", "options", "callback", "schedule", "scaled")):
        read, record = model_file.read(dataset)
        model_file.restore_optimizer(dataset, read, made.training)
        further = fitting.fit(read, made.training, data, sets, 3, record.history)
        assert len(further.history["loss"]) == 2, "training did not go on"


def check_scores(config: TrainingConfig, model, data, validation, figures: dict) -> None:
    """Check that the scores of the rows held out are those that the last epoch ended with."""
    scores = Evaluator(model, config, data, []).evaluate(validation).scores
    if config.optimizer.options.get("use_ema"):
        return  # the last epoch was validated before the weights gave way to their running mean
    if config.loss in objectives.OF_BATCHES:
        del scores["loss"]  # it depends on how the samples are divided into batches
    for name, value in scores.items():
        assert np.isclose(figures[f"val_{name}"], value, rtol=1e-3, atol=1e-5), f"{name}: {value}, but {figures}"


def plain(dataset: Dataset, model, x, target: targets.Target, config: TrainingConfig) -> None:
    """Check that Keras alone opens the file, with its loss and metrics."""
    known = config.optimizer.type not in UNKNOWN_TO_KERAS
    loaded = walking.keras.models.load_model(dataset.path, compile=known)
    assert np.array_equal(np.asarray(loaded(x)), np.asarray(model(x))), "the predictions differ in plain Keras"
    if not known:
        return
    measured = loaded.evaluate(x, target.values, verbose=0, return_dict=True)
    assert set(measured) == {"loss", *config.metrics}, f"plain Keras measures {measured}"


walking.each("builder.zip", walk)
