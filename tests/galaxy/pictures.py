"""Pictures of the browser's window, numbered in the order in which they are taken, small enough for a repository."""

import io
from pathlib import Path

from PIL import Image

from .browser import Browser

# A window shows few colours; a palette takes a third of the bytes.
COLOURS = 64


class Pictures:
    """A folder of pictures; without one, nothing is taken."""

    def __init__(self, browser: Browser, folder: Path | None):
        """Take pictures of a browser's window for a folder."""
        self._browser = browser
        self._folder = folder
        self._taken = 0

    def take(self, name: str):
        """Store what the window shows as `NUMBER-name.png`."""
        if self._folder is None:
            return
        self._taken += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        self._browser.wait_until_loaded()
        with Image.open(io.BytesIO(self._browser.driver.get_screenshot_as_png())) as shot:
            small = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(self._folder / f"{self._taken:02d}-{name}.png", optimize=True)
