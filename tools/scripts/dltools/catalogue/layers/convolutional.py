"""Layers of the group Convolutional."""

from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import ACTIVATION, every, window
from dltools.catalogue.layers.traits import Keras2, Trait
from dltools.forms.kinds import Whole

FILTERS = Field(
    "filters",
    Whole(),
    "Number of patterns that the layer learns to recognise: the channels of its output.",
    named=True,
)
_WINDOW = Trait.WINDOW | Trait.LAST_AXIS
_TRANSPOSED = Trait.LAST_AXIS | Trait.STRIDES_OR_GAPS | Trait.PADS_OUTPUT


def _plain(n: int) -> Layer:
    return Layer(
        (FILTERS, window(n), ACTIVATION),
        keywords=f"strides={2 if n == 1 else every(n, 2)}, padding='same'",
        aliases=(f"Convolution{n}D",),
        dimensions=n,
        traits=_WINDOW | Trait.STRIDES_OR_GAPS | Trait.GROUPS,
        keras2=Keras2(turned=True),
    )


def _separable(n: int) -> Layer:
    return Layer(
        (FILTERS, window(n), ACTIVATION),
        keywords="depth_multiplier=2",
        aliases=(f"SeparableConvolution{n}D",),
        dimensions=n,
        traits=_WINDOW | Trait.SEPARATES,
        keras2=Keras2(other_in_theano=True),
    )


def _depthwise(n: int) -> Layer:
    return Layer(
        (window(n), ACTIVATION),
        keywords="depth_multiplier=2, padding='same'",
        dimensions=n,
        traits=_WINDOW,
        keras2=Keras2(other_in_theano=n == 2),
    )


def _transposed(n: int) -> Layer:
    return Layer(
        (FILTERS, window(n), ACTIVATION),
        keywords=f"strides={2 if n == 1 else every(n, 2)}, padding='same'",
        aliases=(f"Convolution{n}DTranspose",),
        dimensions=n,
        traits=_TRANSPOSED,
        keras2=Keras2(turned=n > 1, other_in_theano=n == 1),
    )


LAYERS = {
    **{f"Conv{n}D": _plain(n) for n in (1, 2, 3)},
    **{f"SeparableConv{n}D": _separable(n) for n in (1, 2)},
    **{f"DepthwiseConv{n}D": _depthwise(n) for n in (1, 2)},
    **{f"Conv{n}DTranspose": _transposed(n) for n in (1, 2, 3)},
}
