"""What is known of an image before its pixels are decoded, and the pixels as a file holds them."""

import dataclasses

import numpy as np

# What the last of an image's channels is beside colours: no transparency, or one that the colours are not multiplied
# by, or are; or something that the file does not tell.
OPAQUE, STRAIGHT, MULTIPLIED, UNTOLD = ("opaque", "straight", "multiplied", "untold")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageHeader:
    """What an image's file says of it.

    Attributes:
        format: one of `formats.FORMATS`.
        height, width: in pixels, turned as the image is to be seen.
        channels: 1 of grey, 3 of colours; transparency does not count.
        bits: of a number, as many as the file says.
        fractions: whether the numbers are fractions, and not whole.
        pages: images in the file, of which each has all channels.
        transparency: `OPAQUE` where the file has none.
    """

    format: str
    height: int
    width: int
    channels: int
    bits: int
    fractions: bool
    pages: int
    transparency: str = OPAQUE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """What a file holds.

    Attributes:
        values: (pages, height, width, channels and transparency); uint8 of up to 8 bits, with white as 255, uint16,
            or float32.
        transparency: what the last channel is; `OPAQUE` where it is a colour.
    """

    values: np.ndarray
    transparency: str = OPAQUE

    @property
    def colours(self) -> np.ndarray:
        """The values without transparency."""
        return self.values if self.transparency == OPAQUE else self.values[..., :-1]
