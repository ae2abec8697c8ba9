"""Save an image of each tool form, and of a trained model opened with the eye.

python -m tests.galaxy.screenshots FOLDER
"""

import argparse
import tempfile
from pathlib import Path

from tests.support.places import TEST_DATA

from .browser import Browser
from .demo import SMALL_DATA, TABLES
from .repository import WORKFLOW, WRAPPERS
from .server import EmbeddedGalaxy
from .workflow import WorkflowRun


def main():
    """Run the workflow, so that forms have datasets to offer; then take the images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    with EmbeddedGalaxy() as galaxy, tempfile.TemporaryDirectory() as profile:
        run = WorkflowRun(galaxy, WORKFLOW, "screenshots")
        run.run({name: TEST_DATA / f"{name}.tabular" for name in TABLES}, SMALL_DATA)
        with Browser(galaxy, Path(profile), height=2400) as browser:
            browser.open_history(run.history)
            for tool, wrapper in WRAPPERS.items():
                browser.open_form(tool)
                print(f"[screenshots] {browser.save(folder / f'{wrapper.stem}.png')}", flush=True)
            browser.open_form("keras_model_config")
            browser.press("Initializer, regularizer")
            print(f"[screenshots] {browser.save(folder / 'open_layer.png')}", flush=True)
            browser.open_preview(run.outputs["trained_model"])
            print(f"[screenshots] {browser.save(folder / 'trained_model.png')}", flush=True)


if __name__ == "__main__":
    main()
