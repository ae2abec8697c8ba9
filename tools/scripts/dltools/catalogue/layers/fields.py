"""Parameters that several layers share."""

import dataclasses

from dltools.catalogue.arguments import ACTIVATION_LABELS, ACTIVATIONS, DATA_FORMATS
from dltools.catalogue.layers.entry import Field
from dltools.forms.kinds import Axes, Choice, Numbers, Real, Sizes, Whole

# Number of dimensions -> the sizes of a window in words.
_WINDOWS = {
    1: "Length of the window, for example 3.",
    2: "Height and width of the window, for example 3 or (3, 3).",
    3: "Depth, height and width of the window, for example 3 or (3, 3, 3).",
}

ACTIVATION = Field(
    "activation", Choice(ACTIVATIONS), required=False, label="Activation function", options=ACTIVATION_LABELS,
    macro="options_activations",
)  # fmt: skip
UNITS = Field(
    "units", Whole(),
    "Size of the layer's output. As the last layer of a classification: the number of classes, or 1 for yes and no.",
    named=True,
)  # fmt: skip
RATE = Field(
    "rate", Real(0, 1),
    "Fraction of the input that is left out, at random, while training, for example 0.2.", named=True,
)  # fmt: skip
DATA_FORMAT = Field(
    "data_format", Choice(DATA_FORMATS), "Where the channels stand in the shape of the layer's input.", required=False,
    options={
        "channels_last": "channels_last: (height, width, channels)",
        "channels_first": "channels_first: (channels, height, width)",
    },
    named=True,
)  # fmt: skip
DROPOUT = Field(
    "dropout", Real(0, 1), "Fraction of the attention that is left out, at random, while training.", "0",
    required=False,
)  # fmt: skip
VALUE_RANGE = Field(
    "value_range", Numbers(2),
    "Smallest and largest value of the image's points: (0, 1) if they were divided by 255.", "(0, 255)",
    required=False,
)  # fmt: skip


def epsilon(added_to: str, default: str = "0.001") -> Field:
    """Return the field of a normalization that keeps it from dividing by 0."""
    return Field(
        "epsilon", Real(0), f"Added to the {added_to}, so that nothing is divided by 0.", default, required=False
    )


def axis(text: str) -> Field:
    """Return the field of an axis, or of several, which begins as the last one; `text` is its help."""
    return Field("axis", Axes(), text, "-1", required=False)


def one_axis(text: str) -> Field:
    """Return the field of one axis, which begins as the last one; `text` is its help."""
    return dataclasses.replace(axis(text), kind=Axes(several=False))


def window(dimensions: int, text: str = "") -> Field:
    """Return the field of the sizes of a window; `text` is its help where that is another than for all."""
    return sizes("kernel_size", dimensions, text or _WINDOWS[dimensions])


def sizes(name: str, dimensions: int, text: str, default: str = "") -> Field:
    """Return a field of a whole number for each dimension, or one for all, which must be given."""
    return Field(name, Sizes(dimensions), text, default, macro="validator_size", named=True)


def every(dimensions: int, size: int) -> str:
    """Return a size for each dimension as the form shows it: ``(2, 2)``."""
    return f"({', '.join([str(size)] * dimensions)})"
