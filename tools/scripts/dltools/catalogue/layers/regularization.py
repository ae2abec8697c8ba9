"""Layers of the group Regularization."""

from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import RATE
from dltools.catalogue.layers.traits import Trait
from dltools.forms.kinds import Real

_BY_CHANCE = Trait.POINTWISE | Trait.BY_CHANCE


def _penalty(name: str, of: str) -> Field:
    return Field(name, Real(0), f"Weight of the sum of {of} activations in the loss.", "0", required=False)


LAYERS = {
    **{
        f"SpatialDropout{n}D": Layer((RATE,), keywords="" if n == 1 else "seed=42", dimensions=n, traits=_BY_CHANCE)
        for n in (1, 2, 3)
    },
    "GaussianDropout": Layer((RATE,), traits=_BY_CHANCE),
    "AlphaDropout": Layer((RATE,), keywords="seed=42", traits=_BY_CHANCE | Trait.NOISE_SHAPE),
    "GaussianNoise": Layer(
        (Field("stddev", Real(0), "Standard deviation of the noise that is added while training."),),
        traits=_BY_CHANCE | Trait.FRACTIONS,
    ),
    "ActivityRegularization": Layer(
        (_penalty("l1", "absolute"), _penalty("l2", "squared")),
        traits=Trait.POINTWISE | Trait.ARRANGES | Trait.TRANSPARENT,
    ),
}
