"""Figures that Galaxy's Markdown shows: files in the folder that belongs to a dataset.

A directive names an output of the job and a file in that output's folder. Images within the text itself would take
more letters than Galaxy reads of one. Where a server cannot show a file, it says so in the figure's place.
"""

from pathlib import Path

from dltools.core.files import write_bytes


class Gallery:
    """The figures of one report, numbered as they are shown."""

    def __init__(self, folder: str | Path, output: str) -> None:
        """Prepare to write into a folder, which may not be there yet.

        Parameters:
            folder: of the dataset's further files.
            output: by what name the tool's form knows that dataset.
        """
        self._folder = folder
        self._output = output
        self._shown = 0

    @property
    def next(self) -> str:
        """The lines that show the figure that is to be kept next."""
        return f'```galaxy\nhistory_dataset_as_image(output="{self._output}", path="{self._name}")\n```'

    def keep(self, png: bytes) -> None:
        """Write a figure, whole or not at all."""
        folder = Path(self._folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / self._name, png)
        self._shown += 1

    @property
    def _name(self) -> str:
        return f"picture_{self._shown + 1}.png"
