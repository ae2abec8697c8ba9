"""Predicting samples of any number: they are read, put through the network and written, some at a time.

Only the true values and the network's outputs that scores are asked of are kept for all samples.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dltools.catalogue.training_config import TrainingConfig
from dltools.data import batches, input_tables, outputs, paired, words
from dltools.data.named_tables import NamedTable
from dltools.data.rows import Rows
from dltools.data.samples import SampleStream
from dltools.data.targets import Target
from dltools.evaluation import baseline, evaluator, features, prediction, scoring
from dltools.evaluation.forward_pass import Answers, ForwardPass, mean_loss
from dltools.jobs.predict_form import PredictForm, TruthForm
from dltools.model_files import trained_model
from dltools.model_files.records import Record
from dltools.tables import prediction_tables, streams, tables
from dltools.tables.chosen import ChosenTable

if TYPE_CHECKING:
    import keras

# About how many numbers are read at a time, and at most how many rows.
STRETCH, STRETCH_ROWS = 1 << 20, 1 << 16
# From a network's outputs, float32 (rows, numbers), to the header and the columns that are written.
AsTable = Callable[[np.ndarray], tuple[list[str], list[np.ndarray]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Beside:
    """Columns that pass through: their header, and a function that returns those of the next so many rows."""

    names: list[str]
    take: Callable[[int], list[np.ndarray]]


@dataclasses.dataclass(frozen=True, slots=True)
class Truth:
    """What the samples really are, and the names of the scorers of the predictions."""

    target: Target
    scorers: list[str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done.

    Attributes:
        record: of the model.
        rows: how many samples there were.
        scores: by name, if asked for.
        baselines: what the same answer for every sample would score, by the same names.
        notes: what the scores are to be compared with, or what the features are.
    """

    record: Record
    rows: int
    scores: dict[str, float]
    baselines: dict[str, float]
    notes: list[str]


def run(form: PredictForm, target: Path, threads: int) -> Outcome:
    """Predict the samples that the form names and write the predictions onto `target`, whole or not at all.

    Raises:
        UserError: anything in the form or the files that does not fit; nothing has been written then.
    """
    model, record = trained_model.read(form.model)
    wanted = features.of_layer(model, form.layer) if form.method == features.METHOD else None
    samples = form.samples.stream(threads, record.features)
    columns = batches.input_columns(model, samples)
    beside = [*_names(samples), *(_passed_through(table, samples, threads) for table in form.passed)]
    given = outputs.of_model(model, columns, samples.source)
    truth = None if form.truth is None else _truth(form.truth, samples, record, given, threads)
    paired.check(form.tables)
    as_table = _labels(form.method, record, given) if wanted is None else wanted.table
    network = _Network(model if wanted is None else wanted.network, record, columns, truth)
    guard = words.Guard(model, samples)
    kept: list[Answers] = []
    done = 0
    with tables.writing(target) as write:
        for size in _stretches(samples, network.batch_size, wanted.width if wanted else 0):
            rows = samples.next(size)
            guard.check(rows, done)
            answers = network.of(rows, done)
            done += size
            header, predicted = as_table(answers.outputs)
            if beside:
                prediction_tables.check_classes(header, bool(samples.images))
            header = [name for passed in beside for name in passed.names] + header
            write(header, [column for passed in beside for column in passed.take(size)] + predicted)
            if truth is not None:
                kept.append(answers)
    training = record.builder.training
    scores = {} if truth is None else _scores(training, truth, kept)
    constant, notes = ({}, []) if truth is None else _compared(training, truth, scores)
    if wanted is not None:
        notes = [wanted.told()]
    return Outcome(record=record, rows=len(samples), scores=scores, baselines=constant, notes=notes)


def _labels(method: str, record: Record, given: list[outputs.Output]) -> AsTable:
    """Return a function from the network's outputs to what they say of the samples."""
    training, shapes, names = record.builder.training, [own.shape for own in given], [own.name for own in given]

    def table(found: np.ndarray) -> tuple[list[str], list[np.ndarray]]:
        found = prediction.without_logits(found, training, shapes, names)
        return prediction.table(found, method, record.target, training, shapes)

    return table


def _stretches(samples: SampleStream, batch: int, width: int = 0) -> list[int]:
    """Divide the rows into stretches, each but the last of whole batches.

    Parameters:
        width: how many numbers are written of each.
    """
    size = max(1, min(STRETCH_ROWS, STRETCH // max(samples.width, width)) // batch) * batch
    return [min(size, len(samples) - first) for first in range(0, len(samples), size)]


def _passed_through(table: ChosenTable | NamedTable, samples: SampleStream, threads: int) -> Beside:
    if isinstance(table, NamedTable):
        own, rows = table.table, table.rows_of(samples.images)
        found = tables.read_text(own.dataset, own.header, own.columns, threads)
        columns = [column[rows] for column in found.columns]
        return Beside(prediction_tables.passed(found.names, len(columns)), _in_order(columns))
    stream = streams.texts(table.dataset, table.header, table.columns, threads)
    samples.rows.check(stream.source, stream.rows)
    return Beside(prediction_tables.passed(stream.names, stream.width), stream.take)


def _names(samples: SampleStream) -> list[Beside]:
    """Return the names of images, which pass through; of tables, nothing does unless the user wants it."""
    if not samples.images:
        return []
    names = np.asarray([image.name for image in samples.images], object)
    return [Beside([prediction_tables.IMAGE], _in_order([names]))]


def _in_order(columns: list[np.ndarray]) -> Callable[[int], list[np.ndarray]]:
    """Return a function that returns the next so many rows of columns."""
    done = 0

    def take(count: int) -> list[np.ndarray]:
        nonlocal done
        done += count
        return [column[done - count : done] for column in columns]

    return take


def _beside_samples(table: ChosenTable | NamedTable, samples: SampleStream) -> tuple[ChosenTable, Rows]:
    """Return a table with a row for each sample, and which row that is."""
    if not isinstance(table, NamedTable):
        return table, samples.rows
    return table.table, Rows(source=table.dataset, count=len(table.names()), kept=table.rows_of(samples.images))


def _truth(
    wanted: TruthForm, samples: SampleStream, record: Record, given: list[outputs.Output], threads: int
) -> Truth:
    table, rows = _beside_samples(wanted.table, samples)
    if record.target.classifies:
        found = input_tables.label_columns(table)
        numbers = input_tables.numbers_reader(table, threads)
        columns = outputs.Columns(found.columns, found.names, table.dataset, numbers)
    else:
        values = tables.read_numbers(table.dataset, table.header, table.columns, threads, np.float64)
        columns = outputs.Columns(values.values, values.names, table.dataset)
    rows.check(table.dataset, len(columns))
    target = outputs.known(columns.of(rows), record.target, given, record.builder.training)
    return Truth(target, scoring.chosen(wanted.scorers, target))


class _Network:
    """The network as a function from rows to its answers, with the loss where the truth is known."""

    def __init__(self, model: "keras.Model", record: Record, columns: list[batches.InputColumns], truth: Truth | None):
        from dltools.training import fitting

        if truth is not None:
            fitting.compile_model(model, record.builder.training, truth.target)
        self._network, self._columns = ForwardPass(model), columns
        self._compared = None if truth is None else truth.target.compared
        self.batch_size = self._network.batch_size

    def of(self, rows: np.ndarray, first: int) -> Answers:
        """Return the answers for `rows`, of which the first has the position `first` in the table."""
        answers = self._network(batches.in_memory(rows, self._columns, self.batch_size, self._compared, first))
        prediction.check_numbers(answers.outputs, np.arange(first, first + len(rows)))
        return answers


def _scores(training: TrainingConfig, truth: Truth, kept: list[Answers]) -> dict[str, float]:
    found = np.concatenate([answers.outputs for answers in kept])
    scored = evaluator.scores(training, truth.target, found, np.arange(len(found)), truth.scorers)
    return {"loss": mean_loss(kept), **scored}


def _compared(training: TrainingConfig, truth: Truth, scores: dict[str, float]) -> tuple[dict[str, float], list[str]]:
    """Return the scores of the same answer for every sample, and what to say of them."""
    constant = baseline.of_samples(training, truth.target, truth.scorers)
    worse = baseline.not_beaten(scores, constant, truth.target, "", truth.scorers[0])
    return constant, [baseline.legend(truth.target, "these samples"), *([f"Caution: {worse}"] if worse else [])]
