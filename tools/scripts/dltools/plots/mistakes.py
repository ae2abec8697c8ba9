"""The most confident mistakes, as images: rows of a table of pixels whose class was predicted wrongly."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from dltools.core.errors import UserError
from dltools.forms.kinds import Whole
from dltools.plots import image_shapes, label_tables
from dltools.plots.drawing import Display, shortened
from dltools.plots.label_tables import TruthAndPrediction
from dltools.tables import chosen, labels, tables
from dltools.tables.chosen import ChosenTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PIXELS = "Select the dataset containing the images"
MAX_IMAGES = 100


class Mistake(NamedTuple):
    """One wrongly predicted sample: its row counted from 1, its classes, and how probable the wrong one was said to be.

    `pixels` is float32 (height, width) or (height, width, 3).
    """

    row: int
    true: str
    predicted: str
    confidence: float
    pixels: np.ndarray


@dataclasses.dataclass(eq=False, kw_only=True)
class Mistakes(Display):
    """Images, the most confident mistake first.

    `count` is the number of all mistakes among `samples`. After `plot`, `images_` and `captions_` hold a list each.
    """

    mistakes: list[Mistake]
    count: int
    samples: int
    interactive = False

    def plot(self, ax: "Sequence[Axes] | None" = None) -> Self:
        """Draw a grid of images; on `ax`, as many axes, or on a new figure."""
        columns = min(len(self.mistakes), int(np.ceil(np.sqrt(len(self.mistakes)))))
        rows = -(-len(self.mistakes) // columns)
        if ax is None:
            ax = self.new_panels((max(4.0, 1.5 * columns), 1.85 * rows + 0.6), rows, columns)
        panels = list(ax)
        self.images_, self.captions_ = [], []
        for panel in panels:
            panel.set_axis_off()
        low = min(mistake.pixels.min() for mistake in self.mistakes)
        high = max(mistake.pixels.max() for mistake in self.mistakes)
        for panel, mistake in zip(panels, self.mistakes, strict=False):
            pixels = mistake.pixels
            if pixels.ndim == 3:
                # Matplotlib takes colours of 0 to 1.
                pixels = (pixels - low) / ((high - low) or 1)
            self.images_.append(panel.imshow(pixels, cmap="gray", vmin=low, vmax=high if high > low else low + 1))
            sure = "" if np.isnan(mistake.confidence) else f"\np = {mistake.confidence:.3f}"
            caption = f"true {shortened(mistake.true, 12)}\npredicted {shortened(mistake.predicted, 12)}{sure}"
            self.captions_.append(panel.set_title(caption, fontsize="x-small", parse_math=False))
        self.axes_ = panels[: len(self.mistakes)]
        self.set_figure_title(panels[0])
        return self

    def table(self) -> tuple[list[str], list]:
        """Return one line an image."""
        columns = [[getattr(m, field) for m in self.mistakes] for field in ("row", "true", "predicted")]
        return ["row", "true", "predicted", "probability"], [
            *columns,
            np.asarray([m.confidence for m in self.mistakes]),
        ]

    def summary(self) -> str:
        """Say how many mistakes there are, and how many are shown."""
        return f"{self.count} of {self.samples} samples are predicted wrongly; {len(self.mistakes)} are shown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MistakesRequest:
    """The most confident of the mistakes, at most `limit` of them, as images.

    `images` is a table with one image a row, one pixel a column; `shape` is (height, width) or (height, width,
    channels) of an image, or None for that of a grey square.
    """

    images: ChosenTable
    shape: tuple[int, ...] | None
    labels: TruthAndPrediction
    limit: int = 25

    @classmethod
    def read(cls, form: dict) -> Self:
        """Read the section of the form."""
        limit = Whole(1).read(form.get("number") or 25, "Number of images")
        if limit > MAX_IMAGES:
            raise UserError(f"Number of images: must be at most {MAX_IMAGES}. Received: {limit}.")
        return cls(
            images=chosen.read(form, _PIXELS, "infile_pictures", "header_pictures"),
            shape=image_shapes.read(form.get("picture_shape")),
            labels=TruthAndPrediction.read(form),
            limit=limit,
        )

    def display(self) -> Mistakes:
        """Read images, truth and predictions, and choose the mistakes.

        Raises:
            UserError: the tables do not belong together, the shape does not fit the columns, or there is no mistake.
        """
        true, predicted = label_tables.read_pair(self.labels)
        source = self.images.dataset
        images = tables.read_numbers(source, self.images.header).values
        if len(images) != len(true.values):
            raise UserError(
                f"{source} has {len(images)} images, {true.dataset} has {len(true.values)} labels. Choose tables of "
                'the same samples, and check what "Does the dataset contain header" says.'
            )
        images = images.reshape(-1, *image_shapes.of(self.shape, images.shape[1], source))
        return _chosen(images, true, predicted, self.limit)


def _chosen(images: np.ndarray, true: label_tables.Labels, predicted: label_tables.Labels, limit: int) -> Mistakes:
    """Return the most confident mistakes; without probabilities the first.

    Parameters:
        images: float32 (rows, height, width) or (rows, height, width, 3).
    """
    found = labels.classes(true.values, predicted.values)
    wrong = np.flatnonzero(found.codes(true.values) != found.codes(predicted.values))
    if not len(wrong):
        raise UserError(f"{predicted.dataset}: every sample is predicted rightly, so there is no mistake to show.")
    notes = []
    if predicted.confidence is None:
        confidence = np.full(len(true.values), np.nan)
        notes.append(
            "the predictions tell no probabilities, so the first mistakes are shown rather than the most confident"
        )
    else:
        confidence = predicted.confidence
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    mistakes = [
        Mistake(int(i) + 1, true.values[i], predicted.values[i], float(confidence[i]), images[i]) for i in wrong[:limit]
    ]
    return Mistakes(
        title="Most confident mistakes", mistakes=mistakes, count=len(wrong), samples=len(true.values), notes=notes
    )
