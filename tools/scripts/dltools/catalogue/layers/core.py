"""Layers of the group Core."""

from dltools.catalogue.arguments import ACTIVATIONS
from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import ACTIVATION, DATA_FORMAT, RATE, UNITS
from dltools.catalogue.layers.traits import Trait
from dltools.forms.kinds import Choice, Equation, Real, Shape, Whole

_ARRANGES = Trait.ARRANGES | Trait.TRANSPARENT

LAYERS = {
    "Dense": Layer(
        (UNITS, ACTIVATION),
        keywords="use_bias=False, kernel_initializer='he_normal'",
        traits=Trait.POINTWISE | Trait.LAST_AXIS,
    ),
    "Activation": Layer(
        (Field("activation", Choice(ACTIVATIONS), label=ACTIVATION.label, macro=ACTIVATION.macro),),
        traits=Trait.POINTWISE,
    ),
    "Dropout": Layer(
        (RATE,),
        keywords="seed=42",
        traits=Trait.POINTWISE | Trait.TRANSPARENT | Trait.BY_CHANCE | Trait.NOISE_SHAPE,
    ),
    "Flatten": Layer((DATA_FORMAT,), traits=_ARRANGES),
    "Reshape": Layer(
        (
            Field(
                "target_shape",
                Shape(unknown=-1),
                "New shape of each sample: (28, 28, 1) makes an image of 28 x 28 points and one channel out of 784 "
                "numbers. One number may be -1: as many as there are.",
                macro="validator_target_shape",
                named=True,
            ),
        ),
        traits=_ARRANGES | Trait.PASSES_ON,
    ),
    "Embedding": Layer(
        (
            Field(
                "input_dim",
                Whole(),
                "Size of the vocabulary: the largest number that stands for a word, plus 1. Words are whole numbers "
                "from 0; a table that holds others is refused.",
                named=True,
            ),
            Field("output_dim", Whole(), "How many numbers describe a word.", named=True),
        ),
        keywords="mask_zero=True",
        vocabulary="input_dim",
    ),
    "Masking": Layer(
        (
            Field(
                "mask_value",
                Real(),
                "Steps of a sequence in which every feature has this value are skipped by the layers after it.",
                "0",
                required=False,
            ),
        ),
    ),
    "EinsumDense": Layer(
        (
            Field(
                "equation",
                Equation(),
                "Axes of the input and of the weights, and those of the output: abc,cd->abd works on the last of "
                "three.",
            ),
            Field(
                "output_shape",
                Shape(unknown=None),
                "Shape of its output without the samples, with None for a size that stays: (None, 64).",
            ),
            ACTIVATION,
        ),
        keywords="bias_axes='d'",
    ),
    "Identity": Layer(keywords="name='unchanged'", traits=Trait.POINTWISE | _ARRANGES | Trait.PASSES_ON),
}
