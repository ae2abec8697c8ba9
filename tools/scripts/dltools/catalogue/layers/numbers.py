"""Layers of the group Numbers and categories."""

from dltools.catalogue.arguments import ENCODINGS
from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import axis
from dltools.catalogue.layers.traits import Trait
from dltools.forms.kinds import Choice, Numbers, Real, Whole

_ENCODED = {
    "multi_hot": "multi_hot: one vector a sample, 1 for each category in it",
    "one_hot": "one_hot: one vector for each number",
    "count": "count: one vector a sample, how often each category is in it",
}
_SCALES = Trait.SEES_TABLE | Trait.PASSES_ON | Trait.RESCALES

LAYERS = {
    # Its mean and variance come from the training data; see `adaptation`.
    "Normalization": Layer(
        (
            axis(
                "Axis of which each place has a mean and a variance of its own, or several in brackets. -1, the last "
                "one: each column, or each channel of an image."
            ),
        ),
        keywords="mean=0.13, variance=0.1",
        label="Normalization (to the training data's mean and variance)",
        traits=_SCALES | Trait.FRACTIONS | Trait.AXIS | Trait.STATISTICS,
    ),
    "Rescaling": Layer(
        (
            Field(
                "scale",
                Real(),
                "What every number is multiplied by. 0.00392156862745098 is 1/255 and brings images to 0 to 1.",
            ),
            Field("offset", Real(), "What is added afterwards.", "0", required=False),
        ),
        keywords="name='rescaled'",
        traits=_SCALES | Trait.POINTWISE,
    ),
    "CategoryEncoding": Layer(
        (
            Field(
                "num_tokens",
                Whole(),
                "Number of categories. They are numbered from 0; a table that holds other numbers is refused.",
            ),
            Field("output_mode", Choice(ENCODINGS), "What becomes of them.", required=False, options=_ENCODED),
        ),
        keywords="name='encoded'",
        vocabulary="num_tokens",
    ),
    "Discretization": Layer(
        (
            Field("bin_boundaries", Numbers(), "Where one bin ends and the next begins: (0, 0.5, 2) makes four bins."),
            Field(
                "output_mode",
                Choice(("int", *ENCODINGS)),
                "What becomes of a number. After int, the layers before this one learn nothing.",
                required=False,
                options={"int": "int: the number of the bin", **_ENCODED},
            ),
        ),
        keywords="name='binned'",
    ),
}
