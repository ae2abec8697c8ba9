"""A dataset of the user's history, as all messages call it."""

from typing import NamedTuple

from dltools.core.errors import quoted


class Dataset(NamedTuple):
    """A dataset of the user's history: where it lies, what the user calls it, its format."""

    path: str
    name: str
    ext: str = ""

    def __str__(self) -> str:
        return quoted(self.name)
