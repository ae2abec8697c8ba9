"""A training run from its inputs to its scores.

The tables are read, checked against each other and divided into parts; the network is trained on one
part, watched on another, and judged on the part that the scheme names.
"""

import json
from typing import NamedTuple

import numpy as np

from . import (
    batches, builder, evaluation, hyperparameters, keras_runtime, model_file, parameters, scoring, splits, tables,
    targets, training,
)
from .errors import UserError

HEADER = "Does the dataset contain header"


class Inputs(NamedTuple):
    """The tables of a run, read but not yet interpreted.

    Attributes:
        features: the training samples.
        labels: the target as text columns (classification) or float32 (rows, columns) (regression).
        label_names: names of the target's columns, or None.
        label_source: the target's dataset.
        groups: str (rows,), the group of every row, or None.
    """

    features: batches.Features
    labels: list | np.ndarray
    label_names: list[str] | None
    label_source: parameters.Dataset
    groups: np.ndarray | None


class Parts(NamedTuple):
    """Row positions (int64, ascending) of the parts; `test` is None in the scheme without test part."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray | None


def read_features(form: dict, threads: int) -> batches.Features:
    """Read the samples that `input_options` names, dense or sparse."""
    source = parameters.dataset(form["infile1"], "Training samples dataset")
    if form["selected_input"] == "sparse":
        return batches.Features(tables.read_sparse(source), None, source)
    columns = tables.column_selection(
        form["column_selector_options_1"], "selected_column_selector_option", "col1", f"Columns of {source}"
    )
    table = tables.read_numbers(source, parameters.boolean(form["header1"]), columns, threads)
    return batches.Features(table.values, table.names, source)


def read_inputs(form: dict, scheme: dict, classification: bool, threads: int) -> Inputs:
    """Read samples, target and groups.

    Parameters:
        form: the conditional `input_options` as Galaxy's JSON holds it.
        scheme: the case of `experiment_schemes`, whose `test_split` may name groups.
        classification: whether the target holds classes.

    Raises:
        UserError: a table that is no good, or tables of different lengths.
    """
    features = read_features(form, threads)
    source = parameters.dataset(form["infile2"], "Dataset containing class labels or target values")
    columns = tables.column_selection(
        form["column_selector_options_2"], "selected_column_selector_option2", "col2", f"Columns of {source}"
    )
    header = parameters.boolean(form["header2"])
    if classification:
        table = tables.read_text(source, header, columns)
        labels, count = table.columns, len(table.columns[0])
    else:
        table = tables.read_numbers(source, header, columns, threads)
        labels, count = table.values, len(table.values)
    _check_lengths(features, source, count)
    return Inputs(features, labels, table.names, source, _read_groups(scheme["test_split"]["split_algos"], features))


def _check_lengths(features: batches.Features, source, count: int) -> None:
    if count == features.rows:
        return
    hint = "Each sample needs exactly one row in both."
    if abs(count - features.rows) == 1:
        hint = f"They differ by one, so one of the two settings '{HEADER}' is probably wrong."
    raise UserError(f"{features.source} has {features.rows} rows, but {source} has {count}. {hint}")


def _read_groups(form: dict, features: batches.Features) -> np.ndarray | None:
    selector = form.get("groups_selector")
    if form["shuffle"] != "group" or not selector:
        return None
    source = parameters.dataset(selector["infile_g"], "Dataset containing the groups")
    columns = tables.column_selection(
        selector["column_selector_options_g"], "selected_column_selector_option_g", "col_g", f"Columns of {source}"
    )
    table = tables.read_text(source, parameters.boolean(selector["header_g"]), columns)
    if len(table.columns) != 1:
        raise UserError(f"{source}: groups are one column, but {len(table.columns)} are chosen. Choose one column.")
    _check_lengths(features, source, len(table.columns[0]))
    return np.asarray(table.columns[0], dtype=str)


def read_target(inputs: Inputs, units: int, training: dict) -> targets.Target:
    """Interpret the target for a last layer of `units` units and the run's loss."""
    if targets.is_classification(training["learning_type"]):
        return targets.classification(inputs.labels, inputs.label_names, units, training["loss"], inputs.label_source)
    return targets.regression(inputs.labels, inputs.label_names, units, inputs.label_source)


def divide(scheme: dict, inputs: Inputs, target: targets.Target, seed: int) -> Parts:
    """Divide the rows as the form says.

    In `train_val` the part held out is the one that validates; in `train_val_test` it tests, and the validation
    part is held out of the rest.
    """
    rows = np.arange(inputs.features.rows)
    classes = None if target.kind == targets.REGRESSION else target.truth
    form = scheme["test_split"]["split_algos"]
    if scheme["selected_exp_scheme"] == "train_val":
        train, validation = splits.hold_out(rows, form, "Validation holdout", seed, classes, inputs.groups)
        return Parts(np.sort(train), np.sort(validation), None)
    rest, test = splits.hold_out(rows, form, "Test holdout", seed, classes, inputs.groups)
    form = scheme["val_split"]["split_algos"]
    train, validation = splits.hold_out(np.sort(rest), form, "Validation holdout", seed, classes, inputs.groups)
    return Parts(np.sort(train), np.sort(validation), np.sort(test))


class Outcome(NamedTuple):
    """What a run leaves: the model and its record, its scores, and the outputs for the rows judged."""

    model: object
    record: model_file.Record
    scores: dict[str, float]
    target: targets.Target
    rows: np.ndarray
    outputs: np.ndarray


def run(form: dict) -> Outcome:
    """Train and judge a network as the form says; Keras runs on TensorFlow by now.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: anything in the form or the files that does not fit; nothing has been written then.
    """
    scheme = form["experiment_schemes"]
    source = parameters.dataset(scheme["infile_estimator"], "Choose the dataset containing pipeline/estimator object")
    swaps = (scheme.get("hyperparams_swapping") or {}).get("param_set") or []
    continued = model_file.is_hdf5(source.path)
    if continued:
        model, record = model_file.read(source)
        made, history = _swapped_trained(record, swaps), record.history
    else:
        model, made, history = None, hyperparameters.swap(builder.read(source), swaps), {}
    classification = targets.is_classification(made.training["learning_type"])
    inputs = read_inputs(form["input_options"], scheme, classification, keras_runtime.granted_cores())
    seed = training.seed_all(made.training)
    if model is None:
        model = training.untrained(made, inputs.features.count, str(source))
        made = made._replace(architecture=json.loads(model.to_json()))
    else:
        model_file.restore_optimizer(source, model, made.training)
    batches.row_shape(model, inputs.features)
    target = read_target(inputs, model.output_shape[-1], made.training)
    scorers = scoring.chosen(scheme["metrics"]["scoring"], target.kind, target.values.shape[1])
    parts = divide(scheme, inputs, target, seed)
    _announce(inputs, target, parts, seed, made.training)
    fitted = training.fit(model, made.training, inputs.features, target, parts.train, parts.validation, seed, history)
    name, rows = ("validation", parts.validation) if parts.test is None else ("test", parts.test)
    found, loss = evaluation.outputs_and_loss(model, inputs.features, target, rows)
    judged = {"loss": loss, **evaluation.judge(made.training, target, found, rows, scorers)}
    record = model_file.Record(
        made,
        {"kind": target.kind, "classes": target.classes, "names": target.names},
        {"count": inputs.features.count, "names": inputs.features.names},
        fitted.history,
    )
    return Outcome(model, record, {f"{name}_{key}": value for key, value in judged.items()}, target, rows, found)


def _swapped_trained(record: model_file.Record, swaps: list) -> builder.Builder:
    made = hyperparameters.swap(record.builder, swaps)
    if made.architecture != record.builder.architecture:
        raise UserError("Hyperparameter swapping: the layers of a trained model are fixed. Swap settings of layers in a "
                        "model that 'Create deep learning model' made, or swap fit and optimizer settings only.")
    return made


def _announce(inputs: Inputs, target: targets.Target, parts: Parts, seed: int, training_options: dict) -> None:
    """Tell the user before the first epoch what is about to be trained on what."""
    print(f"{inputs.features.source}: {inputs.features.rows} rows, {inputs.features.count} columns")
    print(f"{inputs.label_source}: {targets.describe(target)}")
    sizes = {"training": parts.train, "validation": parts.validation, "test": parts.test}
    print("Rows: " + ", ".join(f"{len(rows)} {name}" for name, rows in sizes.items() if rows is not None))
    if training_options["fit"].get("validation_split"):
        print("validation_split of the model is not used: the validation part is the one held out here.")
    print(f"Random seed: {seed}", flush=True)
