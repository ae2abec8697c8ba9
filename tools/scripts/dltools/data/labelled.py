"""Samples with what is to be learned of them."""

import dataclasses

import numpy as np

from dltools.data.samples import SampleSource
from dltools.data.targets import Target


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSamples:
    """Samples and their target.

    Attributes:
        samples: of all sets.
        target: of these samples.
        weights: float32 (samples,), what each counts for in the loss; None where all count alike.
    """

    samples: SampleSource
    target: Target
    weights: np.ndarray | None = None
