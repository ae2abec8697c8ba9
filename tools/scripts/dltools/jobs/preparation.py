"""A training made ready: everything that its form names is read and checked, and nothing is trained."""

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from dltools.backend import devices, keras_runtime
from dltools.catalogue.training_config import CLASSIFIER
from dltools.core.errors import UserError
from dltools.core.time_limit import TimeLimit
from dltools.data import batches, input_tables, mistaken_columns, outputs, paired, scaling, words
from dltools.data.input_tables import Inputs
from dltools.data.labelled import LabelledSamples
from dltools.data.samples import Described, SampleSource
from dltools.data.targets import Target
from dltools.evaluation import scoring
from dltools.jobs.train_form import TrainForm
from dltools.model_files import builder, exports, hyperparameters, records, starting_weights, trained_model
from dltools.model_files.builder import Builder
from dltools.model_files.records import Record
from dltools.networks import architecture, first_layers, last_layer
from dltools.training import automatic_precision, fitting, precision, rounding, stages, suitability
from dltools.training.automatic_precision import Precision

if TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True, slots=True)
class Start:
    """What a run starts from.

    Attributes:
        made: the builder, with swapped settings.
        loaded: a function that returns the network trained so far with its optimizer, or None to start afresh.
        record: of the training so far, whose classes and columns stay; or None.
    """

    made: Builder
    loaded: "Callable[[], keras.Model] | None" = None
    record: Record | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """A run made ready.

    Attributes:
        form: what was asked for.
        made: the architecture, as built for these samples, and how to train it.
        model: the network to train, fresh or trained before.
        before: the record of the training that it had before, or None.
        inputs: the tables.
        data: the samples with the target as the network learns it.
        scorers: names as `scoring.chosen` returns them.
        seed: of all random generators.
        precision: how the network is trained.
        trained: whether the network comes with trained weights.
        epochs: how many to train for.
        limit: when the job has to be over; None if nobody says.
    """

    form: TrainForm
    made: Builder
    model: "keras.Model"
    before: Record | None
    inputs: Inputs
    data: LabelledSamples
    scorers: list[str]
    seed: int
    precision: Precision
    trained: bool
    epochs: int
    limit: TimeLimit | None

    @property
    def shown(self) -> SampleSource | None:
        """The samples, where images of some of them are to be in the report."""
        return self.data.samples if self.form.examples else None

    @property
    def split_seed(self) -> int:
        """Seed of the splits for which the form gives none: the run's, unless the builder is one of a sweep."""
        shared = self.made.training.split
        return self.seed if shared is None else shared.seed


def prepare(form: TrainForm, limit: TimeLimit | None) -> RunSetup:
    """Read and check everything that the form names.

    Parameters:
        limit: when the job has to be over, if anybody says.

    Raises:
        UserError: anything in the form or the files that does not fit.
    """
    start = _start(form)
    made, before = start.made, start.record
    _check_fold(form, made)
    classifies = made.training.classifies or any(own.learning_type == CLASSIFIER for own in made.training.outputs)
    threads = keras_runtime.granted_cores()
    chosen_samples = form.samples
    if before is None:
        chosen_samples = chosen_samples.for_network(form.model, first_layers.of_architecture(made.architecture))
    known = before.features if before else None
    inputs = input_tables.read(chosen_samples, form.target, classifies, threads, known)
    samples = inputs.samples
    weights = None if form.weights is None else input_tables.read_weights(form.weights, samples)
    paired.check(form.tables)
    mistaken_columns.check(inputs)
    seed = fitting.seed_all(made.training)
    model, made = _network(form, start, samples.width)
    if form.tuning is not None:
        stages.check(model, str(form.model))
    last_layer.check_outputs(model, made.training, str(form.model))
    words.check(model, samples, trained=start.loaded is not None)
    exports.check(form.saved, model)
    target = _continued_target(inputs, model, before) if before else _target(inputs, model, made)
    suitability.check(model, made.training, target)
    _check_names(inputs, target, form, trained=start.loaded is not None)
    scorers = scoring.chosen(form.scorers, target)
    suitability.check_scorers(model, made.training, scorers)
    chosen = automatic_precision.decided(form.precision, model, samples)
    rounding.check(model, samples, chosen.policy, trained=start.loaded is not None)
    return RunSetup(
        form=form,
        made=made,
        model=model,
        before=before,
        inputs=inputs,
        data=LabelledSamples(samples=samples, target=target, weights=weights),
        scorers=scorers,
        seed=seed,
        precision=chosen,
        trained=start.loaded is not None,
        epochs=_epochs(form, made, before),
        limit=limit,
    )


def _of_any_fold(made: Builder) -> Builder:
    """Return the builder of a trained network without the fold of a sweep that it was trained for: that is done."""
    split = made.training.split
    if split is None:
        return made
    training = dataclasses.replace(made.training, split=dataclasses.replace(split, fold=None, folds=None))
    return dataclasses.replace(made, training=training)


def _check_fold(form: TrainForm, made: Builder) -> None:
    """Refuse a builder that trains one fold where the form makes no folds."""
    shared = made.training.split
    if shared is not None and shared.fold is not None and form.scheme.folds is None:
        raise UserError(
            f"{form.model}: is to be tested on fold {shared.fold} of {shared.folds}. Select the scheme Cross-validate, "
            "or make the sweep without folds."
        )


def _epochs(form: TrainForm, made: Builder, before: Record | None) -> int:
    """Return how many epochs to train for: those of the settings, or what a training left whose time was over."""
    left = before.epochs_left if before is not None else None
    return made.training.fit.epochs or 1 if left is None or form.epochs_swapped else left


def _network(form: TrainForm, start: Start, width: int) -> tuple["keras.Model", Builder]:
    """Return the network to train, and its builder with the architecture as it was built."""
    source = str(form.model)
    with devices.scope():
        if start.loaded is None:
            model = fitting.untrained(start.made, width, source, form.scaling)
            if form.starting is not None:
                print(starting_weights.take(model, form.starting), flush=True)
            return model, dataclasses.replace(start.made, architecture=json.loads(model.to_json()))
        model = start.loaded()
    scaling.check_kept(model, form.scaling, source)
    return model, start.made


def _check_names(inputs: Inputs, target: Target, form: TrainForm, *, trained: bool) -> None:
    """Refuse names and classes that a model file cannot hold; say what classes a trained network's are taken for."""
    for own in (target, *target.outputs):
        if trained:
            trained_model.report_classes(form.model, own.classes)
        records.check_shown((*own.classes, *own.names), form.target_source)
    records.check_shown(inputs.samples.spec.names or (), inputs.samples.source)


def _start(form: TrainForm) -> Start:
    """Return what a run starts from."""
    source = form.model
    if not trained_model.is_network(source.path):
        return Start(hyperparameters.swap(builder.read(source), form.swaps))
    if form.afresh or not trained_model.is_trained(source):
        return Start(hyperparameters.swap(_of_any_fold(trained_model.read_builder(source)), form.swaps))
    if form.starting is not None:
        raise UserError(
            f"Starting weights: {source} is trained already and has weights of its own. Choose a builder, or let the "
            "model start from its architecture alone ('further setting of the run')."
        )
    model, record = trained_model.read(source)
    made = _of_any_fold(_swapped(record, form))

    def loaded() -> "keras.Model":
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


def _swapped(record: Record, form: TrainForm) -> Builder:
    made = hyperparameters.swap(record.builder, form.swaps)
    if made.architecture != record.builder.architecture:
        raise UserError(
            "Hyperparameter swapping: the layers of a trained model are fixed. Swap settings of layers in a "
            "model that 'Create deep learning model' made, or swap fit and optimizer settings only."
        )
    return made


def _target(inputs: Inputs, model: "keras.Model", made: Builder) -> Target:
    """Interpret the target for the last layer of a network, or each of them, and the run's loss."""
    if inputs.target is None:
        return _reproduced(inputs, model, made)
    return outputs.target(inputs.target, outputs_of(model, inputs.samples), made.training)


def _reproduced(inputs: Inputs, model: "keras.Model", made: Builder) -> Target:
    """Return the target of an autoencoder."""
    samples = inputs.samples
    return outputs.reproduced(samples, outputs_of(model, samples), batches.input_columns(model, samples), made.training)


def outputs_of(model: "keras.Model", samples: Described) -> list[outputs.Output]:
    """Return the outputs of a network for samples."""
    return outputs.of_model(model, batches.input_columns(model, samples), samples.source)


def _continued_target(inputs: Inputs, model: "keras.Model", before: Record) -> Target:
    """Interpret the target for a network that was trained before: its classes and their order stay as they are."""
    hint = (
        " A trained model keeps its classes. To train on others, start afresh: open 'further setting of the run' and "
        "let the model start from its architecture alone, or choose a builder."
    )
    if inputs.target is None:
        return _reproduced(inputs, model, before.builder)
    given = outputs_of(model, inputs.samples)
    return outputs.known(inputs.target, before.target, given, before.builder.training, hint)
