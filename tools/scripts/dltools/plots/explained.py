"""What a network says of some samples, and how much of that is due to what: the displays of the plot 'saliency'."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from dltools.plots.drawing import Display, shortened
from dltools.plots.importances import MAX_FEATURES, Importances

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Where the network looks"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The samples that are shown.

    Attributes:
        rows: their numbers in the table, counted from 1, or among the images that were looked at.
        asked: of each, the class or value that is explained.
        answers: float64 (n,), what the network says of that: a probability, or the value.
        true: what each sample is, or None where it is not known.
        names: of images; None for rows of a table.
    """

    rows: np.ndarray
    asked: list[str]
    answers: np.ndarray
    true: list[str] | None = None
    names: list[str] | None = None

    def called(self, number: int) -> str:
        """Return what a sample is called."""
        return f"row {self.rows[number]}" if self.names is None else self.names[number]

    def columns(self) -> tuple[list[str], list]:
        """Return header and columns of the facts."""
        first: tuple[str, list | np.ndarray] = ("row", self.rows) if self.names is None else ("image", self.names)
        names, columns = [first[0], "explained", "answer"], [first[1], self.asked, self.answers.astype(np.float32)]
        return (names, columns) if self.true is None else ([*names, "true"], [*columns, self.true])

    def caption(self, number: int) -> str:
        """Say in two or three short lines what is shown of a sample."""
        true = [] if self.true is None else [f"true {shortened(self.true[number], 12)}"]
        return "\n".join(
            [
                shortened(self.called(number), 20),
                *true,
                f"answer {shortened(self.asked[number], 12)}: {self.answers[number]:.3g}",
            ]
        )


@dataclasses.dataclass(eq=False, kw_only=True)
class Overlays(Display):
    """Images, each beside itself with what decides laid over it.

    `pixels` is float32 (n, height, width) or (n, height, width, 3), `heat` float32 (n, rows, columns) of any size, at
    least 0. After `plot`, `images_` and `overlays_` hold a list each.
    """

    samples: Samples
    pixels: np.ndarray
    heat: np.ndarray
    meaning: str
    interactive = False

    def plot(self, ax: "Sequence[Axes] | None" = None) -> Self:
        """Draw on twice as many axes as there are images, or on a new figure."""
        count = len(self.pixels)
        across = min(count, 4)
        down = -(-count // across)
        if ax is None:
            ax = self.new_panels((max(4.0, 3.0 * across), 1.95 * down + 0.7), down, 2 * across)
        panels = list(ax)
        for panel in panels:
            panel.set_axis_off()
        self.images_, self.overlays_ = [], []
        shown = _scaled(self.pixels)
        extent = (-0.5, shown.shape[2] - 0.5, shown.shape[1] - 0.5, -0.5)
        for number, image in enumerate(shown):
            plain, laid_over = panels[2 * number : 2 * number + 2]
            self.images_.append(plain.imshow(image, cmap="gray", vmin=0, vmax=1))
            plain.set_title(self.samples.caption(number), fontsize="x-small", parse_math=False)
            laid_over.imshow(image, cmap="gray", vmin=0, vmax=1)
            heat = self.heat[number] / (self.heat[number].max() or 1)
            # Where nothing decides, the image stays as it is. The root lets middling parts be seen.
            seen = 0.75 * np.sqrt(heat)
            self.overlays_.append(laid_over.imshow(heat, cmap="inferno", vmin=0, vmax=1, alpha=seen, extent=extent))
        self.axes_ = panels[: 2 * count]
        self.set_figure_title(panels[0])
        return self

    def table(self) -> tuple[list[str], list]:
        """Return one line an image, with the share of the heat in each quarter."""
        names, columns = self.samples.columns()
        high, wide = (-(-size // 2) for size in self.heat.shape[1:])
        quarters = {
            "upper_left": self.heat[:, :high, :wide], "upper_right": self.heat[:, :high, wide:],
            "lower_left": self.heat[:, high:, :wide], "lower_right": self.heat[:, high:, wide:],
        }  # fmt: skip
        whole = np.maximum(self.heat.sum(axis=(1, 2)), np.finfo(np.float32).tiny)
        shares = [part.sum(axis=(1, 2)) / whole for part in quarters.values()]
        return [*names, *quarters], [*columns, *shares]

    def summary(self) -> str:
        """Say what is shown."""
        return f"{len(self.pixels)} images, each beside itself; bright: {self.meaning}"


@dataclasses.dataclass(eq=False, kw_only=True)
class FeatureShares(Display):
    """How much each feature adds to the answers, float64 (n, features); the figure shows the mean of its size."""

    samples: Samples
    features: list[str]
    values: np.ndarray
    at_baseline: np.ndarray

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw the features that add most on `ax` or on a new figure."""
        sizes = np.abs(self.values)
        bars = Importances(
            title=self.title,
            size=self.size,
            features=self.features,
            importances=sizes.mean(axis=0),
            deviations=sizes.std(axis=0) if len(sizes) > 1 else None,
            meaning="Mean size of what the feature adds to the answer",
        ).plot(ax)
        self.axes_, self.bars_, self.figure_ = bars.axes_, bars.bars_, bars.figure_
        return self

    def table(self) -> tuple[list[str], list]:
        """Return one line a sample: what the network says of it and of the baseline, and what each feature adds."""
        names, columns = self.samples.columns()
        return [*names, "answer_at_baseline", *self.features], [
            *columns, self.at_baseline.astype(np.float32), *self.values.T.astype(np.float32)
        ]  # fmt: skip

    def summary(self) -> str:
        """Say the five features that add most."""
        sizes = np.abs(self.values).mean(axis=0)
        first = ", ".join(f"{self.features[i]} {sizes[i]:.4g}" for i in np.argsort(-sizes, kind="stable")[:5])
        of = f"the first {MAX_FEATURES} shown" if len(self.features) > MAX_FEATURES else "all shown"
        return f"{len(self.values)} samples, {len(self.features)} features, {of}; those that add most: {first}"


def _scaled(pixels: np.ndarray) -> np.ndarray:
    """Return pixels of 0 to 1."""
    low, high = pixels.min(), pixels.max()
    return (pixels - low) / ((high - low) or 1)
