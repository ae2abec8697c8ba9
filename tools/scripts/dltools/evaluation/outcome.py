"""What a training run leaves, for its outputs and its report."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dltools.core.dataset import Dataset
from dltools.data.cautions import Cautions
from dltools.data.samples import SampleSource
from dltools.data.sets import Scheme, Sets
from dltools.data.targets import Target
from dltools.evaluation.evaluator import Evaluated
from dltools.model_files.records import Record

if TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run leaves.

    Attributes:
        samples, labels: the datasets of the samples and of their target.
        scheme: how the samples were divided.
        model, record: the trained network, and what its file tells of it.
        scores: ``test_loss``, ``validation_accuracy`` and so on; of a cross-validation the means over the folds, and
            the standard deviations (``_std``).
        target: of all samples.
        evaluated: the samples to report on; of a cross-validation all, each by the fold that it was tested in.
        folds: number of the fold -> scores, of a cross-validation; else None.
        divided: the sets; of a cross-validation with all its folds None.
        baselines: what the same answer for every sample would score, by the names of `scores`.
        seen: what makes the scores look better than the network is.
        shown: the samples, where images of some of them are to be in the report; else None.
    """

    samples: Dataset
    labels: Dataset
    scheme: Scheme
    model: "keras.Model"
    record: Record
    scores: dict[str, float]
    target: Target
    evaluated: Evaluated
    folds: Mapping[int, Mapping[str, float]] | None = None
    divided: Sets | None = None
    baselines: Mapping[str, float]
    seen: Cautions
    shown: SampleSource | None = None
