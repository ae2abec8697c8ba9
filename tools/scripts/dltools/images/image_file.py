"""An image of the user's: a file of its own, or a member of a zip."""

import dataclasses

from dltools.core.dataset import Dataset
from dltools.core.errors import quoted


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """Where an image lies, and what the user calls it.

    Attributes:
        name: as predictions show it: the name of a collection's element, or of a zip's member with its folders.
        dataset: the element, or the zip.
        member: the name of the zip's member as the zip holds it; "" for a file of its own.
    """

    name: str
    dataset: Dataset
    member: str = ""

    def __str__(self) -> str:
        """Return how messages call it."""
        return f"{quoted(self.name)} of {self.dataset}" if self.member else quoted(self.name)
