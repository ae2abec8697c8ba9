"""Layers that saved workflows hold and Keras has no more, or whose work other layers do by themselves."""

from dltools.catalogue.layers.convolutional import FILTERS
from dltools.catalogue.layers.entry import Layer
from dltools.catalogue.layers.fields import ACTIVATION, window
from dltools.catalogue.layers.recurrent import LAYERS as RECURRENT
from dltools.catalogue.layers.traits import Trait

_CONVOLVING = RECURRENT["ConvLSTM2D"]
_STEPS = "which steps through the sequence by itself"


def _unshared(n: int, sizes: str, strides: str) -> Layer:
    other = f"Conv{n}D"
    return Layer(
        (FILTERS, window(n, f"{sizes} of the window."), ACTIVATION),
        keywords=f"strides={strides}",
        label=f"LocallyConnected{n}D (use {other})",
        instead=f"{other}, whose weights are shared by all places",
        traits=Trait.GONE,
    )


def _cell(name: str) -> Layer:
    layer = RECURRENT[name]
    return Layer(
        layer.fields,
        keywords=layer.keywords,
        label=f"{name}Cell (use {name})",
        instead=f"{name}, {_STEPS}",
        keras2=layer.keras2,
    )


LAYERS = {
    "LocallyConnected1D": _unshared(1, "Length", "2"),
    "LocallyConnected2D": _unshared(2, "Height and width", "(2, 2)"),
    **{f"{name}Cell": _cell(name) for name in ("SimpleRNN", "GRU", "LSTM")},
    "ConvLSTM2DCell": Layer(
        _CONVOLVING.fields,
        keywords=_CONVOLVING.keywords,
        label="ConvLSTM2DCell (use ConvLSTM2D)",
        instead=f"ConvLSTM2D, {_STEPS}",
    ),
}
