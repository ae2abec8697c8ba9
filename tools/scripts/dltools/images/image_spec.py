"""How images of any size and kind become samples of one shape: a model keeps it, and prediction does it again."""

import dataclasses
from collections.abc import Mapping
from typing import Any

STRETCH, CROP, PAD = FITS = ("stretch", "crop", "pad")
ZERO_ONE, PLUS_MINUS_ONE, ZERO_255, STANDARD, UNSCALED = SCALES = ("0_1", "-1_1", "0_255", "standard", "none")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """What was done with the images that a network was trained on.

    Attributes:
        shape: of a sample, (height, width, channels), of stacks (pages, height, width, channels).
        fit: how sizes are brought together: `STRETCH` to the shape, whatever the proportions; `CROP` the middle;
            `PAD` with black.
        scale: of the numbers: `ZERO_ONE`, `PLUS_MINUS_ONE` and `ZERO_255` bring 0 to `white` there; `STANDARD` gives
            each image a mean of 0 and a standard deviation of 1; `UNSCALED` keeps them.
        white: the largest number that a pixel can hold: 255 of 8 bits, 4095 of 12, 1 of fractions.
        page: of files with several pages, the one that is taken, from 1; None where files have one, or are stacks.
    """

    shape: tuple[int, ...]
    fit: str
    scale: str
    white: float
    page: int | None = None

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "ImageSpec":
        """Return what a model file says; its form is known to be right."""
        return cls(**{**found, "shape": tuple(found["shape"])})

    def to_json(self) -> dict[str, Any]:
        """Return what a model file says."""
        return {**dataclasses.asdict(self), "shape": list(self.shape)}
