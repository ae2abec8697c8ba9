"""The importances of a trained network's features: the samples that the form names are shuffled (see `permutation`)."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import steps
from dltools.forms.kinds import Whole
from dltools.forms.parameters import is_empty
from dltools.plots import network_samples
from dltools.plots.importances import TITLE, Importances
from dltools.tables import chosen
from dltools.tables.chosen import ChosenTable
from dltools.tables.columns import Columns

if TYPE_CHECKING:
    import keras

    from dltools.data import batches
    from dltools.data.dense_table import DenseTable
    from dltools.evaluation.permutation import PermutationScorer

_TRUTH = "Dataset containing the true labels or values"
REPEATS = 5
MAX_SAMPLES = 1000
# Where nobody says how many samples to use, about so many predictions are made in all.
_PREDICTIONS = 1_000_000
_FEWEST = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shuffling:
    """How the importance of a network's features is found.

    `truth` is the table with the true labels or values, or None: then importance is how far the predictions change.
    `scoring` is the name of a scorer, or None for that of the kind of target. Each feature is shuffled `repeats` times
    among `samples` rows, or as many as suit the table where that is None, by random numbers that follow from `seed`.
    """

    truth: ChosenTable | None = None
    scoring: str | None = None
    repeats: int = REPEATS
    samples: int | None = None
    seed: int = 0

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the parameters of a form.

        Raises:
            UserError: a number that is none.
        """
        samples, seed = form.get("max_samples"), form.get("random_seed")
        return cls(
            truth=chosen.read_optional(form, _TRUTH, "infile_truth", "header_truth"),
            scoring=form.get("scoring"),
            repeats=Whole(1).read(form.get("n_repeats") or REPEATS, "How often each feature is shuffled"),
            samples=None if is_empty(samples) else Whole(2).read(samples, "Number of samples"),
            seed=0 if is_empty(seed) else Whole(0, 2**32 - 1).read(seed, "Random seed"),
        )


def importances(source: Dataset, samples: Dataset, columns: Columns, how: Shuffling) -> Importances:
    """Return the importances of a trained network's features.

    Parameters:
        source: the model file.
        samples: what the features are shuffled among, of which `columns` are the features.

    Raises:
        UserError: no model, or samples or truth that do not fit it.
    """
    # Keras is kept from importing Matplotlib; what draws the plot must be there before.
    import matplotlib.figure  # noqa: F401

    from dltools.backend.keras_runtime import keras_for_compute

    keras_for_compute()
    from dltools.data import batches, outputs, words
    from dltools.evaluation import permutation
    from dltools.model_files import trained_model

    model, record = trained_model.read(source)
    network_samples.check_one_output(model, source, "the importance of features")
    if record.features.images is not None:
        raise UserError(
            f"{source}: was trained on images, whose points are no features to shuffle. Choose the plot 'Where the "
            "network looks'."
        )
    features = network_samples.features(samples, columns, record)
    words.Guard(model, features).check_all(features)
    inputs = batches.input_columns(model, features)
    given = outputs.of_model(model, inputs, samples)
    scorer = permutation.PermutationScorer(
        record, network_samples.truth(how.truth, record, given, features), how.scoring, steps.several(given[0].shape)
    )
    rows = _chosen_rows(how, features)
    found, deviations = permutation.permuted(
        _network(model, inputs), scorer, features.take(rows), rows, how.repeats, how.seed
    )
    return Importances(
        title=TITLE,
        features=network_samples.names(features, record),
        importances=found,
        deviations=deviations,
        meaning=scorer.meaning,
        notes=_notes(how, scorer, len(rows), len(features)),
    )


def _notes(how: Shuffling, scorer: "PermutationScorer", rows: int, of: int) -> list[str]:
    """Return what is said below the plot: what the importances mean, and how they were found."""
    notes = []
    if scorer.truth is None:
        notes.append(
            "no true labels were given, so the importance tells how far the predictions change rather than how far "
            "they get worse"
        )
    shuffles = f"shuffles of each feature: {how.repeats}; random seed: {how.seed}"
    return [*notes, f"samples used: {rows} of {of}; {shuffles}"]


def _network(model: "keras.Model", columns: "list[batches.InputColumns]") -> Callable[[np.ndarray], np.ndarray]:
    """Return the network as a function of float32 (rows, features) that returns float32 (rows, units)."""
    from dltools.data import batches
    from dltools.evaluation.forward_pass import ForwardPass

    network = ForwardPass(model)
    return lambda rows: network(batches.in_memory(rows, columns, network.batch_size)).outputs


def _chosen_rows(how: Shuffling, features: "DenseTable") -> np.ndarray:
    most = how.samples
    if most is None:
        most = max(_FEWEST, min(MAX_SAMPLES, _PREDICTIONS // (features.width * how.repeats)))
    if len(features) < 2:
        raise UserError(f"{features.source}: there is only one sample. A column is shuffled among several.")
    if most >= len(features):
        return np.arange(len(features))
    return np.sort(np.random.default_rng(how.seed).choice(len(features), most, replace=False))
