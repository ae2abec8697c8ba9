"""Layers of the group Pooling."""

import dataclasses

from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import DATA_FORMAT, every, sizes
from dltools.catalogue.layers.traits import Trait


def _window(n: int) -> tuple[Field, Field]:
    """Return the fields of a window that moves: of steps a whole number, which the form takes blank for strides."""
    example = "" if n == 1 else f", for example 2 or {every(n, 2)}"
    things, default = ("steps become", "2") if n == 1 else ("points become", every(n, 2))
    size = sizes("pool_size", n, f"How many {things} one{example}.", default)
    strides = sizes("strides", n, f"How far the window moves from one to the next{example}. Blank for pool_size.")
    whole = n == 1
    return (
        dataclasses.replace(size, required=False, blank=False, whole=whole),
        dataclasses.replace(strides, required=False, whole=whole),
    )


def _pooling(n: int, short: str) -> Layer:
    return Layer(
        _window(n),
        keywords="padding='same'",
        aliases=(f"{short}Pool{n}D",),
        dimensions=n,
        traits=Trait.WINDOW | Trait.HOLDS_WINDOW,
    )


def _adaptive(n: int) -> Layer:
    example = "4" if n == 1 else f"4 or {every(n, 4)}"
    help_text = f"Size of the output whatever that of the input, for example {example}."
    return Layer(
        (sizes("output_size", n, help_text),),
        keywords="data_format='channels_first'",
        dimensions=n,
    )


_KINDS = {"Max": "Max", "Average": "Avg"}
LAYERS = {
    **{f"{kind}Pooling{n}D": _pooling(n, short) for kind, short in _KINDS.items() for n in (1, 2, 3)},
    **{
        f"Global{kind}Pooling{n}D": Layer((DATA_FORMAT,), aliases=(f"Global{short}Pool{n}D",), dimensions=n)
        for kind, short in _KINDS.items()
        for n in (1, 2, 3)
    },
    **{f"Adaptive{kind}Pooling{n}D": _adaptive(n) for kind in _KINDS for n in (1, 2, 3)},
}
