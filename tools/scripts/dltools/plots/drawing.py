"""What all plots share: the display's frame, its colours, and the handling of texts.

A display holds what is shown and draws it on a figure. Displays use Matplotlib's objects alone, so
no plot changes the state of another, and none writes a file. Matplotlib is imported when something
is drawn.
"""

import contextlib
import dataclasses
import math
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from dltools.core.errors import one_line, quoted

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# The colours of Okabe and Ito, told apart by the colour-blind too (https://jfly.uni-koeln.de/color/).
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINE_STYLES = ("-", "--", "-.", ":")
# Of bars beside each other.
HATCHES = (None, "//", "..", "xx", "\\\\", "oo")
GREY = "#767676"
MAX_NAME = 24
_MAX_TITLE = 300
# A title's letters take about an eleventh of an inch each where the font size is Matplotlib's default.
_LETTERS_PER_INCH = 11
FONT_SIZE = 10
# In a figure smaller than suits its data, texts shrink with it, but stay legible.
_SMALLEST_SCALE = 0.5


@contextlib.contextmanager
def letters_told() -> Iterator[None]:
    """Print one line about all letters that the font lacks, where Matplotlib warns of each drawn in this block."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    lacking: dict[str, None] = {}
    for warning in caught:
        glyph = re.match(r"Glyph (\d+) ", str(warning.message))
        if glyph:
            lacking[chr(int(glyph.group(1)))] = None
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if lacking:
        print(
            f"The font of the figure has no {quoted(''.join(lacking))}: boxes stand for them. Tables hold them as "
            "they are."
        )


@dataclasses.dataclass(eq=False, kw_only=True)
class Display:
    """What one plot shows.

    `title` stands above it. `size` is width and height in inches, or None for those that suit the data.
    `notes` says what a reader must know beside the figure, such as classes that are left out. After
    `plot`, `figure_` and `axes_` hold what was drawn.
    """

    title: str = ""
    size: tuple[float, float] | None = None
    notes: list[str] = dataclasses.field(default_factory=list)
    figure_: "Figure" = dataclasses.field(init=False, repr=False)
    # Whether its artists can be shown as an interactive plot.
    interactive = True

    def plot(self, ax: Any = None) -> Self:
        """Draw on `ax`, a `matplotlib.axes.Axes` or as many as there are panels, or on a new figure."""
        raise NotImplementedError

    def table(self) -> tuple[list[str], list]:
        """Return header and columns of the numbers behind the figure."""
        raise NotImplementedError

    def class_metrics(self) -> tuple[list[str], list] | None:
        """Return header and columns of each class's scores, or None of a plot that has none."""
        return None

    def summary(self) -> str:
        """Say in one line what the figure shows."""
        raise NotImplementedError

    def new_figure(self, natural: tuple[float, float]) -> "Figure":
        """Return a new figure of the size that was asked for, or of a natural one in inches."""
        from matplotlib.figure import Figure

        return Figure(figsize=self.size or natural, layout="constrained")

    def new_axes(self, natural: tuple[float, float]) -> "Axes":
        """Return the axes of a new figure of the size that was asked for, or of a natural one in inches."""
        return self.new_figure(natural).subplots()

    def new_panels(self, size: tuple[float, float], rows: int, columns: int) -> list["Axes"]:
        """Return the axes of a new figure of several, row by row, of the size that was asked for or that is given."""
        return list(self.new_figure(size).subplots(rows, columns, squeeze=False).flat)

    def panels_of(
        self, ax: "Sequence[Axes] | None", count: int, columns: int, panel: tuple[float, float], least: float = 0.0
    ) -> list["Axes"]:
        """Return the axes of `count` panels: the first of `ax`, or those of a new figure; what is left over is hidden.

        Parameters:
            columns: how many of them stand side by side at most.
            panel: width and height of one, in inches.
            least: width of the figure at least.
        """
        if ax is None:
            side = min(columns, count)
            rows = -(-count // side)
            ax = self.new_panels((max(panel[0] * side, least), panel[1] * rows), rows, side)
        for unused in ax[count:]:
            unused.set_visible(False)
        return list(ax[:count])

    def plot_sized(self, size: tuple[float, float] | None) -> float:
        """Draw on a new figure of a size in inches, or of the natural one; return the scale of its texts.

        What is drawn or saved of the figure later must be so within `scaled` texts.
        """
        self.size = None
        natural = self.plot().figure_.get_size_inches()
        if size is None:
            return 1.0
        scale = min(1.0, max(_SMALLEST_SCALE, min(size[0] / natural[0], size[1] / natural[1])))
        self.size = size
        with scaled(scale):
            self.plot()
        return scale

    def set_title(self, ax: "Axes", width: float | None = None) -> None:
        """Write the title above `ax`, in as many lines as its width in inches needs."""
        self.figure_ = figure_of(ax)
        width = width or ax.get_position().width * self.figure_.get_figwidth()
        ax.set_title(wrapped(self.title, int(letters_per_inch() * width)), parse_math=False)

    def set_figure_title(self, ax: "Axes") -> None:
        """Write the title above all axes of a figure, one of which is given."""
        self.figure_ = figure_of(ax)
        title = wrapped(self.title, int(letters_per_inch() * self.figure_.get_figwidth()))
        if title:
            self.figure_.suptitle(title, fontsize="large", parse_math=False)


def figure_of(ax: "Axes") -> "Figure":
    """Return the figure that axes belong to."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "the axes were taken off their figure"
    return figure


def scaled(scale: float) -> contextlib.AbstractContextManager[None]:
    """Return a context in which texts and lines are drawn smaller."""
    import matplotlib

    return matplotlib.rc_context(
        {"font.size": scale * FONT_SIZE, "lines.linewidth": 1.5 * scale, "lines.markersize": 6 * scale}
    )


def letters_per_inch() -> float:
    """Return about how many letters of a title go into an inch."""
    import matplotlib

    return _LETTERS_PER_INCH * FONT_SIZE / matplotlib.rcParams["font.size"]


def wrapped(text: str, letters: int) -> str:
    """Return a title in lines of at most so many letters, cut where it is far too long."""
    title = textwrap.shorten(one_line(text), _MAX_TITLE, placeholder=" …")
    return textwrap.fill(title, max(10, letters))


def shortened(name: str, limit: int = MAX_NAME) -> str:
    """Return a name for an axis or a legend, cut in its middle where it is too long."""
    name = one_line(name)
    if len(name) <= limit:
        return name
    # Long names often differ at their end.
    tail = limit // 3
    return f"{name[: limit - tail - 1]}…{name[-tail:]}"


def style(number: int) -> dict[str, Any]:
    """Return colour and line style of the n-th line, counted from 0; 24 are different. Black is left to averages.

    Lines that follow each other differ in both, so that they are told apart without colours.
    """
    colors = PALETTE[:-1]
    # After as many lines as have both the same again (6 and 4: 12), the styles go on by one.
    turn = number // math.lcm(len(colors), len(LINE_STYLES))
    return {
        "color": colors[number % len(colors)],
        "linestyle": LINE_STYLES[(number + turn) % len(LINE_STYLES)],
    }


def visible(label: str) -> str:
    """Return the label of something drawn so that a legend names it, which hides what begins with an underscore."""
    return f" {label}" if label.startswith("_") else label


def add_legend(
    ax: "Axes", handles: "Sequence[Artist] | None" = None, labels: Sequence[str] = (), **options: Any
) -> None:
    """Draw a legend whose texts are the user's: not formulas, and of the labels given none is hidden."""
    if handles is None:
        handles, labels = ax.get_legend_handles_labels()
    if not handles:
        return
    legend = ax.legend(handles, list(map(visible, labels)), **({"frameon": False, "fontsize": "small"} | options))
    for text in legend.get_texts():
        text.set_parse_math(False)


def name_ticks(axis: "Axis", positions: Iterable[float], names: Iterable[str], **options: Any) -> None:
    """Put the user's names on an axis as plain texts."""
    axis.set_ticks(list(positions), [shortened(name) for name in names], **options)
    for label in axis.get_ticklabels():
        label.set_parse_math(False)


def tidy(ax: "Axes", grid: Literal["both", "x", "y"] = "both") -> None:
    """Leave out what carries no data: the upper and right frame; add a faint grid behind the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    ax.grid(axis=grid, color="#dddddd", linewidth=0.7)


def legible(background: np.ndarray) -> str:
    """Return black or white, whichever has the higher contrast (WCAG 2) with a colour, RGBA of 0 to 1."""
    channels = np.asarray(background[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    # Where the contrasts with black and with white are equal.
    return "black" if luminance > math.sqrt(1.05 * 0.05) - 0.05 else "white"
