"""Layers of the groups Images, and Images, varied while training."""

from dltools.catalogue.arguments import FLIPS
from dltools.catalogue.layers.entry import Field, Layer
from dltools.catalogue.layers.fields import VALUE_RANGE
from dltools.catalogue.layers.traits import Trait
from dltools.forms.kinds import Choice, Factor, Numbers, Real, Whole

_SIZE = (
    Field("height", Whole(), "Height of the image that it makes."),
    Field("width", Whole(), "Width of the image that it makes."),
)
_VARIED = Trait.IMAGES | Trait.BY_CHANCE | Trait.TRAINS_ONLY
_FILLED = "fill_mode='constant', seed=42"


def _factor(text: str, name: str = "factor", required: bool = True) -> Field:
    return Field(
        name, Factor(), f"How far, at random: one number, or the limits in brackets. {text}", required=required
    )


LAYERS = {
    "Resizing": Layer(_SIZE, keywords="interpolation='nearest'", traits=Trait.IMAGES),
    "CenterCrop": Layer(_SIZE, keywords="data_format='channels_last'", traits=Trait.IMAGES | Trait.MOVES),
}
# In training alone. Not RandomCrop: when it predicts, Keras leaves the images uncropped, so that the layers after it
# fail.
VARIED = {
    "RandomFlip": Layer(
        (
            Field(
                "mode",
                Choice(FLIPS),
                "What may change places.",
                required=False,
                options={"horizontal": "horizontal: left and right", "vertical": "vertical: top and bottom"},
            ),
        ),
        keywords="seed=42",
        traits=Trait.IMAGES | Trait.TRAINS_ONLY | Trait.ARRANGES,
    ),
    "RandomRotation": Layer(
        (_factor("Part of a full turn: 0.1 turns by up to 36 degrees either way."),), keywords=_FILLED, traits=_VARIED
    ),
    "RandomZoom": Layer(
        (
            _factor("0.2 zooms by up to 20% either way; (-0.3, -0.2) zooms in by 20% to 30%.", "height_factor"),
            _factor("The same for the width. Blank to keep the proportions.", "width_factor", required=False),
        ),
        keywords=_FILLED,
        traits=_VARIED,
    ),
    "RandomTranslation": Layer(
        (
            _factor("0.1 moves up or down by up to 10% of the height.", "height_factor"),
            _factor("0.1 moves left or right by up to 10% of the width.", "width_factor"),
        ),
        keywords=_FILLED,
        traits=_VARIED,
    ),
    "RandomContrast": Layer(
        (_factor("0.2 changes the contrast by up to 20% either way."), VALUE_RANGE), keywords="seed=42", traits=_VARIED
    ),
    "RandomBrightness": Layer(
        (_factor("0.2 adds or takes up to 20% of value_range."), VALUE_RANGE), keywords="seed=42", traits=_VARIED
    ),
    "RandomErasing": Layer(
        (
            Field("factor", Real(0, 1), "Fraction of the images in which a rectangle is erased.", "1", required=False),
            Field(
                "scale",
                Numbers(2),
                "Smallest and largest part of the image that is erased.",
                "(0.02, 0.33)",
                required=False,
            ),
            VALUE_RANGE,
        ),
        keywords="fill_value=0, seed=42",
        traits=_VARIED,
    ),
}
