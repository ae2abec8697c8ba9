"""Predicting a table of any length: its rows are read, put through the network and written, some at a time.

Only the true values and the network's outputs that scores are asked of are kept for all rows.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dltools.catalogue import scorers, target_kinds
from dltools.catalogue.training_config import TrainingConfig
from dltools.data import batches, input_tables, outputs, paired, samples, targets, words
from dltools.evaluation import baseline, evaluation, prediction, scoring
from dltools.forms import parameters
from dltools.model_files import model_file, trained_model
from dltools.networks.refusals import computed
from dltools.tables import prediction_tables, streams, tables

# About how many numbers are read at a time, and at most how many rows.
STRETCH, STRETCH_ROWS = 1 << 20, 1 << 16


class Beside(NamedTuple):
    """Columns that pass through: their header, and a function that returns those of the next so many rows."""

    names: list[str]
    take: Callable[[int], list[np.ndarray]]


class Truth(NamedTuple):
    """What the samples really are, and how the predictions are scored by it."""

    target: targets.Target
    scorers: list[str]


class Outcome(NamedTuple):
    """What was done: the model's record, the number of rows, and the scores by name, if asked for.

    `baselines` holds what the same answer for every sample would score, by the same names. `notes` says what the
    scores are to be compared with.
    """

    record: model_file.Record
    rows: int
    scores: dict[str, float]
    baselines: dict[str, float]
    notes: list[str]


def run(form: dict, target, threads: int) -> Outcome:
    """Predict the samples that the form names and write the predictions onto `target`, whole or not at all.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: anything in the form or the files that does not fit; nothing has been written then.
    """
    source = parameters.dataset(form["infile_estimator"], "Choose the dataset containing the trained model")
    model, record = trained_model.read(source)
    opened = samples.open_for(form["input_options"], record.features, threads)
    shape = batches.row_shape(model, opened)
    beside = [_passed_through(entry, opened, threads) for entry in form.get("id_columns") or []]
    given = outputs.of_model(model, shape, opened.source)
    truth = next((_truth(entry, opened, record, given, threads) for entry in form.get("true_values") or []), None)
    paired.check(paired.named_in(form))
    training, shapes = record.builder.training, [output.shape for output in given]
    network, guard, kept = _Network(model, record, shape, truth), words.Guard(model, opened), []
    done = 0
    with tables.writing(target) as write:
        for size in _stretches(opened, network.batch):
            rows = opened.take(size)
            guard.check(rows, done)
            found = network(rows, done)
            done += size
            names, columns = prediction.table(
                prediction.without_logits(found, training, shapes, [output.name for output in given]),
                form["method"],
                record.target,
                training,
                shapes,
            )
            if beside:
                prediction_tables.check_classes(names)
            names = [name for passed in beside for name in passed.names] + names
            write(names, [column for passed in beside for column in passed.take(size)] + columns)
            if truth is not None:
                kept.append(found)
        scores = {} if truth is None else _scores(record, truth, np.concatenate(kept), network.loss)
    constant, notes = ({}, []) if truth is None else _compared(training, truth, scores)
    return Outcome(record, opened.rows, scores, constant, notes)


def _stretches(opened: samples.Opened, batch: int) -> list[int]:
    """Divide the rows into stretches, each but the last of whole batches."""
    size = max(1, min(STRETCH_ROWS, STRETCH // opened.width) // batch) * batch
    return [min(size, opened.rows - first) for first in range(0, opened.rows, size)]


def _passed_through(entry: dict, opened: samples.Opened, threads: int) -> Beside:
    table = samples.table_of(entry, "id", "Dataset with the columns to pass through")
    stream = streams.texts(*table, threads)
    samples.check_lengths(opened.source, opened.rows, stream.source, stream.rows)
    return Beside(prediction_tables.passed(stream.names, stream.width), stream.take)


def _truth(
    entry: dict, opened: samples.Opened, record: model_file.Record, given: list[outputs.Output], threads: int
) -> Truth:
    table = samples.table_of(entry, "true", "Dataset with the true labels or values")
    kinds = [own["kind"] for own in record.target.get("outputs") or [record.target]]
    classification = any(kind != target_kinds.REGRESSION for kind in kinds)
    values: list[np.ndarray] | np.ndarray
    if classification:
        values, own_names, _ = input_tables.label_columns(*table)
        rows = len(values[0])
    else:
        numbers = tables.read_numbers(*table, threads, np.float64)
        values, own_names, rows = numbers.values, numbers.names, len(numbers.values)
    samples.check_lengths(opened.source, opened.rows, table.dataset, rows)
    columns = outputs.Columns(values, own_names, table.dataset, input_tables.numbers_reader(*table, threads))
    target = outputs.known(columns, record.target, given, record.builder.training)
    names = parameters.several(entry.get("scorers"))
    form = {"primary_scoring": names[0] if names else scorers.DEFAULT, "secondary_scoring": names[1:]}
    return Truth(target, scoring.chosen(form, target))


class _Network:
    """The network as a function from rows to outputs, float32 (rows, units); `loss` is the mean one so far."""

    def __init__(self, model, record: model_file.Record, shape, truth: Truth | None):
        import tensorflow as tf

        from dltools.training import fitting

        self.values = None if truth is None else truth.target.compared
        self.batch, self.total, self.rows = batches.prediction_batch(model), 0.0, 0
        if truth is not None:
            fitting.compile_model(model, record.builder.training, truth.target)

        @tf.function(reduce_retracing=True)
        def step(rows, values):
            found = model(batches.shaped(rows, shape), training=False)
            loss = tf.constant(0.0) if values is None else model.compute_loss(None, values, found, training=False)
            return evaluation.side_by_side(found), loss

        self.step = step

    @property
    def loss(self) -> float:
        return self.total / self.rows

    def __call__(self, rows: np.ndarray, first: int) -> np.ndarray:
        """Return the outputs for `rows`, of which the first has the position `first` in the table."""
        parts = []
        for start in range(0, len(rows), self.batch):
            part = rows[start : start + self.batch]
            place = slice(first + start, first + start + len(part))
            with computed():
                found, loss = self.step(part, None if self.values is None else _rows(self.values, place))
                parts.append(found.numpy().reshape(len(part), -1))
            self.total, self.rows = self.total + float(loss) * len(part), self.rows + len(part)
        found = np.concatenate(parts)
        prediction.check_numbers(found, np.arange(first, first + len(found)))
        return found


def _rows(values, place: slice):
    """Return some rows of what the loss compares, for one output or several."""
    return tuple(own[place] for own in values) if isinstance(values, tuple) else values[place]


def _scores(record: model_file.Record, truth: Truth, found: np.ndarray, loss: float) -> dict[str, float]:
    judged = evaluation.scores(record.builder.training, truth.target, found, np.arange(len(found)), truth.scorers)
    return {"loss": loss, **judged}


def _compared(training: TrainingConfig, truth: Truth, scores: dict[str, float]) -> tuple[dict[str, float], list[str]]:
    """Return the scores of the same answer for every sample, and what to say of them."""
    constant = baseline.of_samples(training, truth.target, truth.scorers)
    worse = baseline.not_beaten(scores, constant, truth.target, "", truth.scorers[0])
    return constant, [baseline.legend(truth.target, "these samples"), *([f"Caution: {worse}"] if worse else [])]
