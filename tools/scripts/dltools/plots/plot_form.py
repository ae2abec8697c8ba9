"""The form of the visualization tool, read into types: which plot, what it is to show, and how its file is to look."""

import dataclasses

from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import Real, Whole
from dltools.forms.parameters import is_empty, with_further
from dltools.plots import export, registry
from dltools.plots.drawing import Display
from dltools.plots.request import Request

_OPTIONS = "picture_options"
_CENTIMETRES = 2.54
_LARGEST, _SMALLEST = 200, 4
_HIGHEST_RESOLUTION = 1200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FigureOptions:
    """How the file of the figure is to look.

    `size` is width and height in inches, or None for what suits the data.
    """

    size: tuple[float, float] | None
    look: export.Look


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlotForm:
    """What the form asks for: a plot, by its name in `registry.PLOTS`.

    `title` is what stands above it, or empty for the title that the plot has of its own.
    """

    plot_type: str
    title: str
    figure: FigureOptions
    request: Request

    def display(self) -> Display:
        """Return what is asked for, ready to be drawn.

        Raises:
            UserError: data that is no good.
        """
        shown = self.request.display()
        shown.title = self.title or shown.title
        return shown


def read(form: dict) -> PlotForm:
    """Read the form.

    Parameters:
        form: the conditional `plotting_selection`, as Galaxy's JSON holds it.

    Raises:
        UserError: there is no such plot, or a parameter is missing or no good.
    """
    plot_type = form.get("plot_type")
    if not isinstance(plot_type, str) or plot_type not in registry.PLOTS:
        known = listed(registry.PLOTS)
        raise UserError(f"Select a plotting type: must be one of {known}. Received: {quoted(plot_type)}.")
    return PlotForm(
        plot_type=plot_type,
        title=form.get("title") or "",
        figure=_read_figure_options(with_further(form, _OPTIONS)),
        request=registry.PLOTS[plot_type].read(form),
    )


def _read_figure_options(form: dict) -> FigureOptions:
    """Read how the file is to look; refuse a size or resolution out of range, and one side without the other."""
    size = _size(form.get("width"), form.get("height"))
    dpi = export.RESOLUTION if is_empty(form.get("dpi")) else Whole(20).read(form["dpi"], "Resolution")
    if dpi > _HIGHEST_RESOLUTION:
        raise UserError(f"Resolution must be at most {_HIGHEST_RESOLUTION} dots per inch. Received: {dpi}.")
    format = export.format_of(form.get("plot_format") or "png")
    return FigureOptions(size=size, look=export.Look(format=format, dpi=dpi, trimmed=size is None))


def _size(width: object, height: object) -> tuple[float, float] | None:
    """Return the size in inches of one in centimetres, or None where both sides are empty."""
    if is_empty(width) and is_empty(height):
        return None
    if is_empty(width) or is_empty(height):
        raise UserError("Width and height: give both, or leave both blank for a size that suits the data.")
    side = Real(_SMALLEST, _LARGEST)
    across, down = side.read(width, "Width in centimetres"), side.read(height, "Height in centimetres")
    return across / _CENTIMETRES, down / _CENTIMETRES
