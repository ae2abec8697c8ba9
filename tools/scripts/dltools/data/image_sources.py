"""Where images lie, and the classes that folders in a zip tell."""

import dataclasses

import numpy as np

from dltools.core.dataset import Dataset
from dltools.core.errors import UserError
from dltools.data import outputs
from dltools.images import archive, collection
from dltools.images.image_file import ImageFile


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource:
    """Datasets with images.

    Attributes:
        datasets: the elements of a collection, an image each, or one zip.
        zipped: whether it is a zip.
    """

    datasets: tuple[Dataset, ...]
    zipped: bool

    @property
    def source(self) -> Dataset:
        """What messages call the images."""
        first, others = self.datasets[0], len(self.datasets) - 1
        return first._replace(name=f"{first.name} and {others} more images") if others else first

    def files(self) -> tuple[list[ImageFile], list[str]]:
        """Return the images in their order, and what else is in the zip.

        Raises:
            UserError: a zip that is no good, or no images.
        """
        if self.zipped:
            return archive.files(self.datasets[0])
        return collection.files(self.datasets), []


@dataclasses.dataclass(frozen=True, slots=True)
class FolderClasses:
    """A target: the class of each image is the name of its folder in the zip."""

    images: ImageSource

    @property
    def dataset(self) -> Dataset:
        """The zip."""
        return self.images.source

    def columns(self, classification: bool) -> outputs.Columns:
        """Return the one column of the target, for all images of the zip.

        Raises:
            UserError: it is a regression, or the folders tell no classes.
        """
        if not classification:
            raise UserError(
                f"{self.dataset}: names of folders are classes, but this model is a regression. Give the values in a "
                "table with the images' names ('Where the labels are': in a table)."
            )
        files, _ = self.images.files()
        return outputs.Columns([np.asarray(archive.folder_classes(files), object)], None, self.dataset)
