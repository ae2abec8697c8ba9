"""Layers of the group Reshaping."""

import dataclasses

from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import every, sizes
from dltools.catalogue.layers.traits import Trait
from dltools.forms.kinds import Amounts, Shape, Whole

_CHANNELS_FIRST = "data_format='channels_first'"


def _ends(name: str, n: int, default: str, traits: Trait) -> Layer:
    """Return the entry of a layer that cuts off or adds something at each end."""
    return Layer(
        (Field(name, Amounts(n), f"How much at each end, for example {default}.", default, required=False),),
        keywords="" if n == 1 else _CHANNELS_FIRST,
        dimensions=n,
        traits=Trait.POINTWISE | traits,
    )


def _upsampling(n: int) -> Layer:
    size = sizes("size", n, f"How many points each becomes, for example 2 or {every(n, 2)}.", every(n, 2))
    return Layer(
        (dataclasses.replace(size, required=False, blank=False),),
        keywords=_CHANNELS_FIRST,
        dimensions=n,
    )


_CROPS = Trait.CROPS | Trait.ARRANGES | Trait.MARGINS
LAYERS = {
    "Permute": Layer(
        (
            Field(
                "dims",
                Shape(),
                "The new order of the dimensions, counted from 1 and without the samples: (2, 1) swaps two.",
            ),
        ),
        traits=Trait.ARRANGES | Trait.TRANSPARENT | Trait.MOVES,
    ),
    "RepeatVector": Layer((Field("n", Whole(), "How often each row is repeated."),), traits=Trait.ARRANGES),
    "Cropping1D": _ends("cropping", 1, "(1, 1)", _CROPS | Trait.TRANSPARENT),
    "Cropping2D": _ends("cropping", 2, "((0, 0), (0, 0))", _CROPS),
    "Cropping3D": _ends("cropping", 3, "((1, 1), (1, 1), (1, 1))", _CROPS),
    "UpSampling1D": Layer(
        (Field("size", Whole(), "How many steps each becomes.", "2", required=False),),
        dimensions=1,
        traits=Trait.ARRANGES,
    ),
    **{f"UpSampling{n}D": _upsampling(n) for n in (2, 3)},
    "ZeroPadding1D": _ends("padding", 1, "1", Trait.MARGINS),
    **{f"ZeroPadding{n}D": _ends("padding", n, every(n, 1), Trait.MARGINS) for n in (2, 3)},
}
