"""Sheets of small images in bytes of PNG files. Matplotlib is imported when one is drawn."""

import dataclasses
import io
from collections.abc import Sequence

import numpy as np

DPI = 90
# Inches of an image, and of what stands above it.
_WIDTH, _HEIGHT, _LINE = 1.15, 1.0, 0.14
# Few colours do for small images, and a page may not be large.
_COLORS = 256


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image of a sheet.

    Attributes:
        pixels: float32 (height, width), or (height, width, 3) for colours.
        caption: a few short lines.
    """

    pixels: np.ndarray
    caption: str


def draw(pictures: Sequence[Picture], columns: int, each_alone: bool) -> bytes:
    """Draw images row by row.

    Parameters:
        columns: how many stand side by side.
        each_alone: whether each is drawn from its own darkest to its own brightest point, rather than from those of
            all.
    """
    from matplotlib.figure import Figure

    across = min(columns, len(pictures))
    down = -(-len(pictures) // across)
    lines = max(picture.caption.count("\n") + 1 for picture in pictures)
    size = (max(2.0, _WIDTH * across), (_HEIGHT + _LINE * lines + 0.06) * down)
    figure = Figure(figsize=size, layout="constrained")
    low = min(float(picture.pixels.min()) for picture in pictures)
    high = max(float(picture.pixels.max()) for picture in pictures)
    panels = figure.subplots(down, across, squeeze=False).flat
    for panel, picture in zip(panels, pictures, strict=False):
        own = (float(picture.pixels.min()), float(picture.pixels.max())) if each_alone else (low, high)
        shown = np.clip((picture.pixels - own[0]) / ((own[1] - own[0]) or 1), 0, 1)
        panel.imshow(shown, cmap="gray", vmin=0, vmax=1)
        panel.set_title(picture.caption, fontsize="x-small", parse_math=False)
    for panel in figure.axes:
        panel.set_axis_off()
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=DPI)
    return _smaller(written)


def _smaller(written: io.BytesIO) -> bytes:
    from PIL import Image

    found = io.BytesIO()
    with Image.open(written) as image:
        image.convert("RGB").quantize(_COLORS).save(found, format="png", optimize=True)
    return found.getvalue()
