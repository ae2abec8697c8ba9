"""Which precision suits a network here: bfloat16 where something computes in it and the network gains by it.

The figures are those of `benchmarks/precision.py`, on a processor with AVX-512 BF16. Convolutions gain: the tutorial's
network takes half the time an epoch, at the same accuracy. Steps through a sequence take longer, and small networks do
as well, for the numbers are converted back and forth.
"""

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from dltools.backend import devices
from dltools.catalogue.layers.table import of_class
from dltools.catalogue.layers.traits import Trait
from dltools.data.samples import SampleSource
from dltools.networks import activation_sizes
from dltools.training import rounding
from dltools.training.precision import BFLOAT16, FULL

if TYPE_CHECKING:
    import keras

AUTOMATIC = "automatic"
# Multiplications for a sample: with fewer of them, a network gains nothing.
FEWEST_MULTIPLICATIONS = 1_000_000
# bfloat16 has 8 significant bits: with a mean of so many standard deviations, one of these is 8 to 16 steps of it.
_FARTHEST = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Precision:
    """How a run computes.

    Attributes:
        policy: one of `precision.PRECISIONS`.
        why: what made it so, where it was to be chosen automatically; else "".
    """

    policy: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.policy} (automatic: {self.why})" if self.why else self.policy


def decided(chosen: str, model: "keras.Model", samples: SampleSource) -> Precision:
    """Return in which precision to train a built network on samples.

    Parameters:
        chosen: one of `precision.PRECISIONS`, or `AUTOMATIC`.
    """
    if chosen != AUTOMATIC:
        return Precision(chosen)
    means = devices.bfloat16()
    if not means:
        return Precision(FULL, "nothing here computes in bfloat16")
    against = _against(model, samples)
    return Precision(FULL, against) if against else Precision(BFLOAT16, means)


def advice(chosen: str, model: "keras.Model", samples: SampleSource) -> str:
    """Say that automatic precision would be faster here than the float32 chosen; "" where it would not."""
    means = devices.bfloat16()
    if chosen != FULL or not means or _against(model, samples):
        return ""
    return (
        f"This machine computes in bfloat16 ({means}). In benchmarks, precision 'automatic' ('further setting of the "
        "run') cut an epoch to about half for convolutions and by a tenth for Dense layers; scores were as good."
    )


def _against(model: "keras.Model", samples: SampleSource) -> str:
    """Say why a network is as well or better trained in float32; "" where it is not."""
    layers = list(model._flatten_layers(include_self=False))
    if any(of_class(type(layer).__name__).has(Trait.HAS_STATE) for layer in layers):
        return "a network that steps through sequences gains nothing by 16 bits"
    if sum(map(multiplications, layers)) < FEWEST_MULTIPLICATIONS:
        return "a network of this size gains nothing by 16 bits"
    scaled = any(type(layer).__name__ == "Normalization" for layer in layers)
    if (not scaled and needs_digits(samples)) or rounding.loss(model, samples, BFLOAT16):
        return "the samples hold numbers that differ by too little for 16 bits; feature scaling would help"
    return ""


def needs_digits(samples: SampleSource) -> bool:
    """Tell whether a column's values lie far from 0 and close together, such as years, so that bfloat16, which holds
    about 2 digits, would make most of them the same.

    So many rows are looked at, evenly spaced, that it shows and takes no time.
    """
    values = samples.take(rounding.looked_at(samples))
    deviation = values.std(axis=0, dtype=np.float64)
    return bool(((deviation > 0) & (np.abs(values.mean(axis=0, dtype=np.float64)) > _FARTHEST * deviation)).any())


def multiplications(layer: "keras.Layer") -> int:
    """Return about how many multiplications a layer with a kernel takes for a sample; 0 of others, and where a size is
    open.
    """
    kernel = getattr(layer, "kernel", None)
    shapes = activation_sizes.outputs(layer)
    if kernel is None or not shapes:
        return 0
    places = math.prod(size or 1 for size in shapes[0][1:-1])
    return math.prod(kernel.shape) * places
