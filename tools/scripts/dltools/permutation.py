"""Permutation importance of a trained network's features.

How much worse the network scores where one column's values are shuffled among the samples, so that they no longer
belong to them (https://doi.org/10.1023/A:1010933404324).
"""

import numpy as np

from . import label_tables, parameters, prediction, steps, tables, tsv
from .cells import is_boolean
from .columns import name_positions, unmarked
from .errors import UserError
from .kinds import Whole
from .parameters import Dataset, is_empty
from .plot_importances import Importances
from .tsv import is_number

_TRUTH = "Dataset containing the true labels or values"
REPEATS = 5
MAX_SAMPLES = 1000
# Where nobody says how many samples to use, about so many predictions are made in all.
_PREDICTIONS = 1_000_000
_FEWEST = 100
# Rows of shuffled samples that are predicted at once.
_BLOCK = 8192


def from_parameters(source: Dataset, selection: dict, label: str, columns: tables.Columns) -> Importances:
    """Return the importances of a trained network's features.

    Parameters:
        source: the model file.
        selection: the form's parameters, among them `infile1`, the samples, which the form calls `label`.
        columns: of the samples.

    Raises:
        UserError: no model, or samples or truth that do not fit it.
    """
    # Keras is kept from importing Matplotlib; what draws the plot must be there before.
    import matplotlib.figure  # noqa: F401

    from .keras_runtime import keras_for_compute

    keras_for_compute()
    from . import batches, outputs, trained_model, words

    repeats = Whole(1).read(selection.get("n_repeats") or REPEATS, "How often each feature is shuffled")
    seed = (
        0
        if is_empty(selection.get("random_seed"))
        else Whole(0, 2**32 - 1).read(selection["random_seed"], "Random seed")
    )
    model, record = trained_model.read(source)
    if len(model.outputs) > 1:
        raise UserError(
            f"{source}: has {len(model.outputs)} outputs, but the importance of features is shown for networks with "
            "one."
        )
    table, dataset = _samples(selection, label, columns)
    table = _in_trained_order(table, record.features.get("names"), dataset)
    features = batches.Features(table.values, table.names, dataset, sources=(table.table,))
    trained_on = record.features["count"]
    if trained_on not in (None, features.count):
        raise UserError(
            f"{dataset}: {features.count} columns are selected, but the model was trained on {trained_on}. Choose the "
            "columns that correspond to those of the training samples."
        )
    words.Guard(model, features).check_all()
    names = table.names or record.features.get("names") or [f"column {i}" for i in range(1, features.count + 1)]
    given = outputs.of_model(model, batches.row_shape(model, features), dataset)
    judge = Judge(
        record, _truth(selection, record, given, features), selection.get("scoring"), steps.several(given[0].shape)
    )
    rows = _chosen_rows(selection, features, repeats, seed)
    network = _network(model, batches.row_shape(model, features))
    importances, deviations = permuted(network, judge, features.take(rows), rows, repeats, seed)
    notes = (
        []
        if judge.truth is not None
        else [
            "no true labels were given, so the importance tells how far the predictions change rather than how far "
            "they get worse"
        ]
    )
    notes.append(
        f"samples used: {len(rows)} of {features.rows}; shuffles of each feature: {repeats}; random seed: {seed}"
    )
    return Importances(
        features=list(names), importances=importances, deviations=deviations, meaning=judge.meaning, notes=notes
    )


def _network(model, shape):
    """Return the network as a function of float32 (rows, features) that returns float32 (rows, units)."""
    import tensorflow as tf

    from . import batches

    @tf.function(reduce_retracing=True)
    def step(rows):
        return tf.cast(model(batches.shaped(rows, shape), training=False), tf.float32)

    def outputs(rows: np.ndarray) -> np.ndarray:
        size = batches.prediction_batch(model)
        parts = [step(rows[start : start + size]).numpy() for start in range(0, len(rows), size)]
        return np.concatenate(parts).reshape(len(rows), -1)

    return outputs


def _samples(selection: dict, label: str, columns: tables.Columns) -> tuple[tables.NumberTable, Dataset]:
    """Read the samples, whose first line names the features unless it holds numbers like the lines below."""
    dataset = parameters.dataset(selection.get("infile1"), label)
    first = tsv.first_line(dataset)
    if first.alone:
        raise UserError(
            f"{dataset} holds names but no samples. The features of a network are shuffled among samples: choose the "
            "table that the model was tested on."
        )
    numbers = all(is_number(cell) or is_boolean(cell) for cell in first.cells)
    header = first.marked or columns.mode.endswith("header_name") or not numbers
    return tables.read_numbers(dataset, header, columns, threads=2), dataset


def _in_trained_order(table: tables.NumberTable, names: list[str] | None, dataset: Dataset) -> tables.NumberTable:
    """Return the columns in the order of the training's, where both have names."""
    if not names or table.names is None or table.names == names:
        return table
    wanted = [name if name in table.names else unmarked(name) for name in names]
    order = name_positions(table.names, wanted, dataset, "columns")
    source = table.table and table.table._replace(positions=[table.table.positions[position] for position in order])
    return tables.NumberTable(table.values[:, order], list(names), table.first_line, source)


def _truth(selection: dict, record, given: list, features):
    """Read the true labels or values as a `targets.Target`, or return None where none are given."""
    from . import input_tables, outputs, targets

    if not selection.get("infile_truth"):
        return None
    dataset = parameters.dataset(selection["infile_truth"], _TRUTH)
    header = parameters.boolean(selection.get("header_truth"), "header_truth")
    if record.target["kind"] == targets.REGRESSION:
        table = tables.read_numbers(dataset, header, dtype=np.float64)
        values, rows = table.values, len(table.values)
    else:
        table = input_tables.label_columns(dataset, header, tables.ALL_COLUMNS)
        values, rows = table.columns, len(table.columns[0])
    label_tables.check_lengths(dataset, rows, features.source, features.rows, "labels")
    return outputs.known(values, table.names, record.target, given, record.builder.training["loss"], dataset)


def _chosen_rows(selection: dict, features, repeats: int, seed: int) -> np.ndarray:
    wanted = selection.get("max_samples")
    if is_empty(wanted):
        most = max(_FEWEST, min(MAX_SAMPLES, _PREDICTIONS // (features.count * repeats)))
    else:
        most = Whole(2).read(wanted, "Number of samples")
    if features.rows < 2:
        raise UserError(f"{features.source}: there is only one sample. A column is shuffled among several.")
    if most >= features.rows:
        return np.arange(features.rows)
    return np.sort(np.random.default_rng(seed).choice(features.rows, most, replace=False))


class Judge:
    """Scores a network's outputs against the truth, or against what it said before anything was shuffled.

    `meaning` says what a fall of the score means.
    """

    def __init__(self, record, target, scorer, shape=()):
        """Choose the scorer: by default accuracy, or R2 for a regression. `target` is None without truth; `shape` is
        as in a target.
        """
        from . import scoring, targets

        self._kind, self._loss = record.target["kind"], record.builder.training["loss"]
        self.truth, self._target, self._shape = None if target is None else target.truth, target, shape
        is_regression = self._kind == targets.REGRESSION
        if target is not None:
            self.scorer = scoring.chosen({"primary_scoring": scorer}, target)[0]
            what = f"Fall of {self.scorer}"
        elif not is_empty(scorer):
            raise UserError(
                "Score that the importance is the fall of: needs the true labels or values. Give them, or leave it "
                "blank."
            )
        else:
            self.scorer = "r2" if is_regression else "accuracy"
            what = "Change of the predictions" if is_regression else "Share of predictions that change"
        self.meaning = f"{what} where the feature is shuffled"

    def reference(self, rows: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return what the predictions of `rows` are compared with."""
        if self._target is not None:
            return self._target.by_step(rows)[1]
        return prediction.decided(steps.rows(outputs, self._shape), self._kind, self._loss)

    def score(self, outputs: np.ndarray, reference: np.ndarray) -> float:
        """Score outputs, float32 (rows, units)."""
        from . import scoring

        outputs = steps.rows(outputs, self._shape)
        decided = prediction.decided(outputs, self._kind, self._loss)
        likelihoods = prediction.likelihoods(outputs, self._kind)
        return scoring.scores([self.scorer], self._kind, reference, decided, likelihoods)[self.scorer]


def permuted(
    predicted, judge: Judge, values: np.ndarray, rows: np.ndarray, repeats: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation, float64 (features,), of how far the score falls for each feature.

    Parameters:
        predicted: takes float32 (rows, features), returns float32 (rows, units).
        values: the samples, float32 (rows, features), which are at `rows` of the table.

    Raises:
        UserError: an output is no number.
    """
    outputs = predicted(values)
    prediction.check_numbers(outputs, rows)
    reference = judge.reference(rows, outputs)
    base = judge.score(outputs, reference)
    count = values.shape[1]
    drops = np.zeros((count, repeats))
    # A column that is the same in all samples stays the same however it is shuffled.
    varied = np.flatnonzero(values.min(axis=0) < values.max(axis=0))
    orders = np.random.default_rng(seed)
    jobs = [(feature, repeat) for feature in varied for repeat in range(repeats)]
    at_once = max(1, _BLOCK // len(values))
    for start in range(0, len(jobs), at_once):
        block = jobs[start : start + at_once]
        shuffled = np.repeat(values[None], len(block), axis=0)
        for copy, (feature, _) in zip(shuffled, block, strict=True):
            copy[:, feature] = orders.permutation(copy[:, feature])
        found = predicted(shuffled.reshape(-1, count)).reshape(len(block), len(values), -1)
        for (feature, repeat), one in zip(block, found, strict=True):
            prediction.check_numbers(one, rows)
            drops[feature, repeat] = base - judge.score(one, reference)
    return drops.mean(axis=1), drops.std(axis=1)
