"""The importances of a trained network's features: the samples that the form names are shuffled (see `permutation`)."""

import numpy as np

from dltools.catalogue import target_kinds
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import steps
from dltools.evaluation import permutation
from dltools.forms import parameters
from dltools.forms.kinds import Whole
from dltools.forms.parameters import is_empty
from dltools.plots import label_tables
from dltools.plots.importances import Importances
from dltools.tables import tables, tsv
from dltools.tables.cells import is_boolean
from dltools.tables.columns import name_positions, unmarked
from dltools.tables.tsv import is_number

_TRUTH = "Dataset containing the true labels or values"
REPEATS = 5
MAX_SAMPLES = 1000
# Where nobody says how many samples to use, about so many predictions are made in all.
_PREDICTIONS = 1_000_000
_FEWEST = 100


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

    from dltools.backend.keras_runtime import keras_for_compute

    keras_for_compute()
    from dltools.data import batches, outputs, words
    from dltools.model_files import trained_model

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
    if trained_on not in (None, features.width):
        raise UserError(
            f"{dataset}: {features.width} columns are selected, but the model was trained on {trained_on}. Choose the "
            "columns that correspond to those of the training samples."
        )
    words.Guard(model, features).check_all()
    names = table.names or record.features.get("names") or [f"column {i}" for i in range(1, features.width + 1)]
    given = outputs.of_model(model, batches.row_shape(model, features), dataset)
    judge = permutation.Judge(
        record, _truth(selection, record, given, features), selection.get("scoring"), steps.several(given[0].shape)
    )
    rows = _chosen_rows(selection, features, repeats, seed)
    network = _network(model, batches.row_shape(model, features))
    importances, deviations = permutation.permuted(network, judge, features.take(rows), rows, repeats, seed)
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

    from dltools.data import batches

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
    from dltools.data import input_tables, outputs

    if not selection.get("infile_truth"):
        return None
    dataset = parameters.dataset(selection["infile_truth"], _TRUTH)
    header = parameters.boolean(selection.get("header_truth"), "header_truth")
    values: list[np.ndarray] | np.ndarray
    if record.target["kind"] == target_kinds.REGRESSION:
        numbers = tables.read_numbers(dataset, header, dtype=np.float64)
        values, names, rows = numbers.values, numbers.names, len(numbers.values)
    else:
        values, names, _ = input_tables.label_columns(dataset, header, tables.ALL_COLUMNS)
        rows = len(values[0])
    label_tables.check_lengths(dataset, rows, features.source, features.rows, "labels")
    return outputs.known(outputs.Columns(values, names, dataset), record.target, given, record.builder.training)


def _chosen_rows(selection: dict, features, repeats: int, seed: int) -> np.ndarray:
    wanted = selection.get("max_samples")
    if is_empty(wanted):
        most = max(_FEWEST, min(MAX_SAMPLES, _PREDICTIONS // (features.width * repeats)))
    else:
        most = Whole(2).read(wanted, "Number of samples")
    if features.rows < 2:
        raise UserError(f"{features.source}: there is only one sample. A column is shuffled among several.")
    if most >= features.rows:
        return np.arange(features.rows)
    return np.sort(np.random.default_rng(seed).choice(features.rows, most, replace=False))
