"""Layers of the group Normalization."""

from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import axis, epsilon
from dltools.catalogue.layers.traits import Trait
from dltools.forms.kinds import Whole

LAYERS = {
    "BatchNormalization": Layer(
        keywords="momentum=0.9, epsilon=0.001",
        traits=Trait.POINTWISE | Trait.FRACTIONS | Trait.AXIS | Trait.STATISTICS,
    ),
    "LayerNormalization": Layer(
        (
            axis("Axis over which each sample is normalized, or several in brackets. -1 is the last one."),
            epsilon("variance"),
        ),
        keywords="center=False, scale=False",
        traits=Trait.FRACTIONS | Trait.AXIS,
    ),
    "GroupNormalization": Layer(
        (
            Field(
                "groups",
                Whole(),
                "In how many groups the channels are normalized; it divides their number. 1 for all together.",
            ),
            epsilon("variance"),
        ),
        keywords="axis=-1, center=False",
        traits=Trait.FRACTIONS | Trait.GROUPS | Trait.AXIS,
    ),
    "UnitNormalization": Layer(
        (axis("Axis along which each sample gets the length 1. -1 is the last one."),),
        keywords="name='unit'",
        traits=Trait.FRACTIONS | Trait.AXIS,
    ),
    "RMSNormalization": Layer(
        (epsilon("mean square", "0.000001"),), keywords="axis=-1", traits=Trait.FRACTIONS | Trait.AXIS
    ),
    "SpectralNormalization": Layer(
        (
            Field(
                "power_iterations",
                Whole(1, 100),
                "How often the norm is estimated anew in a step of training.",
                "1",
                required=False,
            ),
        ),
        label="SpectralNormalization (of another layer's weights)",
        wraps=("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Embedding"),
        wraps_help="Its weights are kept to the spectral norm 1.",
    ),
}
