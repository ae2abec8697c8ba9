"""Layers of the group Recurrent."""

import dataclasses

from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import UNITS, window
from dltools.catalogue.layers.traits import Keras2, Trait
from dltools.forms.kinds import Choice, Whole

NAMES = ("LSTM", "GRU", "SimpleRNN")
_STATE = Trait.HAS_STATE | Trait.TAKES_STATES | Trait.LAST_AXIS
_RECURRENT = Layer(
    (UNITS,), keywords="return_sequences=True, dropout=0.2", traits=_STATE | Trait.READS_STEPS
)  # fmt: skip
# What a layer of Keras 2 that ran on GPUs alone did.
_FIXED = {"activation": "tanh", "recurrent_activation": "sigmoid"}


def _convolving(n: int) -> Layer:
    return Layer(
        (Field("filters", Whole(), "Number of channels of its output.", named=True), window(n)),
        keywords="return_sequences=True, padding='same'",
        dimensions=n,
        traits=_STATE | Trait.WINDOW | Trait.STRIDES_OR_GAPS,
        keras2=Keras2(gates="rrar", activates_state=True, turned=n == 2),
    )


# Keras chooses the fast implementation by itself now.
_CUDNN_GRU = Keras2(fixed={"reset_after": True, **_FIXED}, transposed=3)
_CUDNN_LSTM = Keras2(fixed=_FIXED, transposed=4)
LAYERS = {
    "LSTM": dataclasses.replace(_RECURRENT, keras2=Keras2(gates="rrar", activates_state=True)),
    "GRU": dataclasses.replace(_RECURRENT, keras2=Keras2(gates="rra", defaults={"reset_after": False})),
    "SimpleRNN": dataclasses.replace(_RECURRENT, keras2=Keras2(gates="a")),
    "Bidirectional": Layer(
        (
            Field(
                "merge_mode",
                Choice(("concat", "sum", "mul", "ave")),
                "What becomes of the two results.",
                required=False,
                options={
                    "concat": "concat: side by side, so that there are twice as many",
                    "mul": "mul: multiplied",
                    "ave": "ave: their mean",
                },
            ),
        ),
        label="Bidirectional (LSTM, GRU or SimpleRNN)",
        wraps=NAMES,
        wraps_help="It reads the sequence forwards, a second one like it backwards.",
        traits=Trait.READS_STEPS | Trait.TAKES_STATES,
    ),
    "TimeDistributed": Layer(
        label="TimeDistributed (another layer on every step)",
        wraps=(
            "Dense", "Conv1D", "Conv2D", "Conv3D", "SeparableConv2D", "MaxPooling1D", "MaxPooling2D",
            "AveragePooling1D", "AveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
            "GlobalAveragePooling1D", "GlobalAveragePooling2D", "Flatten", "Reshape", *NAMES,
        ),
        wraps_help="It works on each step of the sequence by itself, with the same weights.",
        traits=Trait.EVERY_STEP,
    ),
    **{f"ConvLSTM{n}D": _convolving(n) for n in (1, 2, 3)},
    "CuDNNGRU": dataclasses.replace(
        _RECURRENT, label="CuDNNGRU (the same as GRU)", keras="GRU", keras2=_CUDNN_GRU
    ),
    "CuDNNLSTM": dataclasses.replace(
        _RECURRENT, label="CuDNNLSTM (the same as LSTM)", keras="LSTM", keras2=_CUDNN_LSTM
    ),
}  # fmt: skip
