"""A training run from its inputs to its scores.

The tables are read, checked against each other and divided into parts; the network is trained on one
part, watched on another, and judged on each. Whatever is wrong is said before the first epoch; the trained
network is handed over to be kept before anything else is done with it.
"""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dltools.backend import devices, keras_runtime
from dltools.catalogue.training_config import CLASSIFIER, OutputConfig, TrainingConfig
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import (
    batches,
    cautions,
    input_tables,
    mistaken_columns,
    outputs,
    paired,
    parts,
    samples,
    scaling,
    targets,
    words,
)
from dltools.evaluation import baseline, evaluation, scoring
from dltools.forms import parameters
from dltools.model_files import builder, exports, hyperparameters, model_file, trained_model
from dltools.networks import architecture, last_layer
from dltools.training import fitting, precision, suitability

if TYPE_CHECKING:
    import keras

AFRESH = "afresh"


class Start(NamedTuple):
    """What a run starts from.

    Attributes:
        made: the builder, with swapped settings.
        loaded: a function that returns the network trained so far with its optimizer, or None to start afresh.
        record: of the training so far, whose classes and columns stay; or None.
    """

    made: builder.Builder
    loaded: Callable | None = None
    record: model_file.Record | None = None


class Setup(NamedTuple):
    """A run made ready: everything read and checked, nothing trained.

    Attributes:
        scheme: the case of `experiment_schemes` as Galaxy's JSON holds it.
        made: the architecture, as built for this table, and how to train it.
        model: the network to train, fresh or trained before.
        before: the record of the training that it had before, or None.
        inputs, target: the tables, and the target as the network learns it.
        weights: float32 (rows,), what each row counts for in the loss, or None.
        scorers: names as `scoring.chosen` returns them.
        seed: of all random generators.
        precision: one of `precision.PRECISIONS`.
        every_training_row: whether the scores of the training part are computed on all of its rows.
        trained: whether the network comes with trained weights.
    """

    scheme: dict
    made: builder.Builder
    model: "keras.Model"
    before: model_file.Record | None
    inputs: input_tables.Inputs
    target: targets.Target
    weights: np.ndarray | None
    scorers: list[str]
    seed: int
    precision: str
    every_training_row: bool
    trained: bool = False


class Outcome(NamedTuple):
    """What a run leaves: the model and its record, the scores of every part, and the outputs for the part to report.

    `folds` holds the scores of every fold of a cross-validation; else it is None, and `divided` holds the rows of each
    part. `baselines` holds what the same answer for every sample would score, by the names of `scores`.
    """

    model: "keras.Model"
    record: model_file.Record
    scores: dict[str, float]
    target: targets.Target
    judged: evaluation.Judged
    folds: list[dict[str, float]] | None = None
    divided: parts.Parts | None = None
    baselines: Mapping[str, float] = MappingProxyType({})
    seen: cautions.Cautions = cautions.Cautions((), ())


def run(form: dict, keep: Callable) -> Outcome:
    """Train and judge a network as the form says; Keras runs on TensorFlow by now.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.
        keep: called with the trained model and its record as soon as there are any, so that nothing that goes wrong
            later loses them.

    Raises:
        UserError: anything in the form or the files that does not fit. What is wrong with them is said before the
            first epoch, when nothing has been written.
    """
    setup = prepare(form)
    divided = parts.divide(setup.scheme, setup.inputs.features, setup.target, setup.seed)
    announce(setup, divided)
    print(f"Rows: {divided.sizes()}", flush=True)
    found = look(form, setup, [divided])
    record = train(setup, divided)
    keep(setup.model, record)
    judged = judge(setup, divided)
    scores, constant = named_scores(judged), baselines(setup, divided, judged)
    found = found.judged(baseline.not_beaten(scores, constant, setup.target, divided.judged, setup.scorers[0]))
    return Outcome(setup.model, record, scores, setup.target, judged[divided.judged], None, divided, constant, found)


def prepare(form: dict) -> Setup:
    """Read and check everything that the form names.

    Raises:
        UserError: anything in the form or the files that does not fit.
    """
    scheme = form["experiment_schemes"]
    options = parameters.with_further({"run_options": scheme.get("run_options")}, "run_options")
    source = parameters.dataset(scheme["infile_estimator"], "Choose the dataset containing pipeline/estimator object")
    swaps = (scheme.get("hyperparams_swapping") or {}).get("param_set") or []
    made, loaded, before = _starting_point(source, swaps, options)
    classification = made.training.classifies or any(map(_classifies, made.training.outputs))
    trained_on = before.features if before else None
    tables = input_tables.read(form["input_options"], classification, keras_runtime.granted_cores(), trained_on)
    weights = input_tables.read_weights(form["input_options"], tables.features)
    paired.check(paired.named_in([form["input_options"], scheme]))
    mistaken_columns.check(form["input_options"], tables)
    seed = fitting.seed_all(made.training)
    scaled = scaling.chosen(form)
    with devices.scope():
        model = loaded() if loaded else fitting.untrained(made, tables.features.width, str(source), scaled)
    if loaded:
        scaling.check_kept(model, scaled, str(source))
    else:
        made = made._replace(architecture=json.loads(model.to_json()))
    last_layer.check_outputs(model, made.training, str(source))
    words.check(model, tables.features, trained=loaded is not None)
    exports.check(form, model)
    target = _continued_target(tables, model, before) if before else read_target(tables, model, made.training)
    suitability.check(model, made.training, target)
    for told in (target, *target.outputs):
        if loaded:
            trained_model.report_classes(source, told.classes)
        model_file.check_shown((*told.classes, *told.names), tables.label_source)
    model_file.check_shown(tables.features.names or (), tables.features.source)
    scorers = scoring.chosen(scheme["metrics"]["scoring"], target)
    suitability.check_scorers(model, made.training, scorers)
    every = parameters.boolean(options.get("score_all_training"), "score_all_training")
    return Setup(
        scheme,
        made,
        model,
        before,
        tables,
        target,
        weights,
        scorers,
        seed,
        precision.read(options),
        every,
        loaded is not None,
    )


def _starting_point(source: Dataset, swaps: list, options: dict) -> Start:
    """Return what a run starts from."""
    if not trained_model.is_network(source.path):
        return Start(hyperparameters.swap(builder.read(source), swaps))
    if options.get("start") == AFRESH or not trained_model.is_trained(source):
        return Start(hyperparameters.swap(trained_model.read_builder(source), swaps))
    model, record = trained_model.read(source)
    made = _swapped_trained(record, swaps)

    def loaded():
        # Made again: now the run is seeded, of which layers such as Dropout draw a seed of their own when they are
        # made, and several GPUs that share the network need it made for them.
        network = architecture.rebuild(record.builder.architecture, str(source))
        precision.copy_state(model, network, made.training)
        try:
            trained_model.restore_optimizer(source, network, made.training)
        except UserError:
            if made.training.optimizer == record.builder.training.optimizer:
                raise
            raise UserError(
                "Hyperparameter swapping: with these settings the optimizer needs another state than the trained model "
                "holds. Swap its learning rate only, or let the model start from its architecture alone ('further "
                "setting of the run')."
            ) from None
        return network

    # A network that plain Keras saved tells neither its classes nor its columns: the table's are taken in their order.
    return Start(made, loaded, None if trained_model.is_foreign(source) else record)


def read_target(tables: input_tables.Inputs, model, options: TrainingConfig) -> targets.Target:
    """Interpret the target for the last layer of a network, or each of them, and the run's loss."""
    return outputs.target(tables.columns, outputs_of(model, tables.features), options)


def _classifies(output: OutputConfig) -> bool:
    return output.learning_type == CLASSIFIER


def outputs_of(model, features: batches.Features | samples.Opened) -> list[outputs.Output]:
    """Return the outputs of a network for a table."""
    return outputs.of_model(model, batches.row_shape(model, features), features.source)


def _continued_target(tables: input_tables.Inputs, model, before: model_file.Record) -> targets.Target:
    """Interpret the target for a network that was trained before: its classes and their order stay as they are."""
    hint = (
        " A trained model keeps its classes. To train on others, start afresh: open 'further setting of the run' and "
        "let the model start from its architecture alone, or choose a builder."
    )
    given = outputs_of(model, tables.features)
    return outputs.known(tables.columns, before.target, given, before.builder.training, hint)


def train(setup: Setup, divided: parts.Parts) -> model_file.Record:
    """Train the network of a run and return the record that belongs to it."""
    features, target = setup.inputs.features, setup.target
    arguments = (
        setup.made.training,
        features,
        target,
        divided.train,
        divided.validation,
        setup.seed,
        setup.before and setup.before.history,
        setup.weights,
    )
    with devices.scope():
        if setup.precision == precision.FULL:
            fitted = fitting.fit(setup.model, *arguments)
        else:
            copied = precision.mixed_copy(setup.model, setup.precision, setup.made.training)
            fitted = fitting.fit(copied, *arguments)
            precision.copy_state(copied, setup.model, setup.made.training)
            fitting.compile_model(setup.model, setup.made.training, target)
    return model_file.Record(
        setup.made,
        setup.before.target if setup.before else targets.facts(target),
        setup.before.features if setup.before else samples.facts(features),
        fitted.history,
        {
            "seed": setup.seed, "seed_drawn": setup.made.training.random_seed is None, "rows": divided.counts(),
            "computed_on": devices.description(), "cores": keras_runtime.granted_cores(), "precision": setup.precision,
        },
    )  # fmt: skip


def judge(setup: Setup, divided: parts.Parts) -> dict[str, evaluation.Judged]:
    """Judge the network on each part, the one to report first; every row of a part is looked at once."""
    judge_rows = evaluation.judging(
        setup.model, setup.made.training, setup.inputs.features, setup.target, setup.scorers, setup.weights
    )
    rows = {
        "test": divided.test, "validation": divided.validation,
        "train": evaluation.sample_of_training(divided.train, setup.every_training_row),
    }  # fmt: skip
    return {name: judge_rows(positions) for name, positions in rows.items() if positions is not None}


def named_scores(judged: dict[str, evaluation.Judged]) -> dict[str, float]:
    """Return the scores of all parts, each named after its part: ``test_loss``, ``validation_loss``, ``train_loss``."""
    return {f"{part}_{name}": value for part, found in judged.items() for name, value in found.scores.items()}


def baselines(setup: Setup, divided: parts.Parts, judged: dict[str, evaluation.Judged]) -> dict[str, float]:
    """Return what the same answer for every sample would score, named as by `named_scores`."""
    given = (setup.made.training, setup.target, divided.train)
    return {
        f"{part}_{name}": value
        for part, found in judged.items()
        for name, value in baseline.scores(*given, found.rows, setup.scorers, setup.weights).items()
    }


def look(form: dict, setup: Setup, divided: list[parts.Parts]) -> cautions.Cautions:
    """Look for what makes scores look better than the network is, and tell the user before the first epoch."""
    found = cautions.look(form["input_options"], setup.scheme, setup.inputs.features, setup.target, divided)
    found.tell()
    return found


def _swapped_trained(record: model_file.Record, swaps: list) -> builder.Builder:
    made = hyperparameters.swap(record.builder, swaps)
    if made.architecture != record.builder.architecture:
        raise UserError(
            "Hyperparameter swapping: the layers of a trained model are fixed. Swap settings of layers in a "
            "model that 'Create deep learning model' made, or swap fit and optimizer settings only."
        )
    return made


def announce(setup: Setup, divided: parts.Parts) -> None:
    """Tell the user before the first epoch what is about to be trained on what, and what the scores will mean."""
    features, options = setup.inputs.features, setup.made.training
    print(f"{features.source}: {features.rows} rows, {features.width} columns")
    print(f"{setup.inputs.label_source}: {targets.describe(setup.target)}")
    size = options.fit.batch_size or fitting.DEFAULT_BATCH_SIZE
    if size > len(divided.train):
        print(
            f"batch_size {size} is more than the {len(divided.train)} training samples, so each epoch is a single step."
        )
    if divided.test is None:
        print(
            "The validation scores are of the samples that the training watched. For scores of samples that played no "
            "part in it, choose the scheme Train, Validate and Evaluate."
        )
    judged = evaluation.sample_of_training(divided.train, setup.every_training_row)
    if len(judged) < len(divided.train):
        print(f"The train scores are computed on {len(judged)} evenly spaced samples of the training part.")
    if options.fit.validation_split:
        print("validation_split of the model is not used: the validation part is the one held out here.")
    print(f"Computed on: {devices.description()}{'' if setup.precision == precision.FULL else f', {setup.precision}'}")
    print(f"Random seed: {setup.seed}", flush=True)
