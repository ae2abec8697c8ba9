"""The images of a dataset collection."""

import collections
from collections.abc import Sequence

from dltools.core import limits
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.images.image_file import ImageFile


def files(datasets: Sequence[Dataset]) -> list[ImageFile]:
    """Return the images of a collection, in its order.

    Raises:
        UserError: there are none or too many, or two have one name.
    """
    if not datasets:
        raise UserError("images: the collection is empty. Choose one with an image for each sample.")
    limits.check(len(datasets), "images", "images")
    twice = [name for name, count in collections.Counter(one.name for one in datasets).items() if count > 1]
    if twice:
        raise UserError(
            f"images: {len(twice):,} names stand for several images each: {listed(map(quoted, twice), 5)}. Give every "
            "image a name of its own."
        )
    return [ImageFile(name=one.name, dataset=one) for one in datasets]
