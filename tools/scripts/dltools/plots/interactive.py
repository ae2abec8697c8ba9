"""A drawn figure as an interactive one: Matplotlib's lines, bars, points and images as Plotly's traces.

What a display drew is read back from its artists, so that the interactive plot shows the same numbers as the
figure, and a new kind of plot is interactive without code of its own.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from dltools.core.errors import one_line

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.container import Container
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_DASHES: dict[object, str] = {"-": "solid", "--": "dash", "-.": "dashdot", ":": "dot"}
_POINTS_PER_PIXEL = 1.33
# Matplotlib's hatches (drawing.HATCHES) -> Plotly's patterns.
PATTERNS = {"//": "/", "..": ".", "xx": "x", "\\\\": "\\", "oo": "+"}
# Of a line with more points, so many are shown: no screen has more.
MAX_POINTS = 3000


def figure_of(figure: "Figure") -> dict | None:
    """Return a Matplotlib figure as Plotly's JSON wants it, or None where no axes holds anything it can show."""

    figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if axes.get_visible() and axes.axison and not hasattr(axes, "_colorbar")]
    traces, width, height = [], *(float(n) * 96 for n in figure.get_size_inches())
    layout: dict[str, Any] = {
        "width": max(600.0, width),
        "height": max(400.0, height),
        "template": None,
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "font": {"family": "sans-serif", "size": 12},
        "margin": {"l": 10, "r": 10, "t": 40, "b": 10},
        "hovermode": "closest",
        "annotations": [],
    }
    # Where room was left for a legend beside the axes, it stands there.
    right = max((axes.get_position().x1 for axes in panels), default=1.0)
    layout["legend"] = {"x": right + 0.01, "xanchor": "left", "y": 1, "bgcolor": "rgba(255,255,255,0.7)"}
    if right > 0.9:
        layout["legend"] |= {"orientation": "h", "x": 0, "y": -0.12}
    listed = set()
    for number, axes in enumerate(panels, start=1):
        suffix = "" if number == 1 else str(number)
        found = [*_lines(axes), *_bars(axes), *_collections(axes), *_images(axes)]
        for trace in found:
            trace |= {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
            # Panels that repeat a name share its entry in the legend.
            trace["showlegend"] = (
                bool(trace.get("name")) and trace["name"] not in listed and axes.get_legend() is not None
            )
            listed |= {trace["name"]} if trace["showlegend"] else set()
        traces += found
        _add_axes(layout, axes, suffix, is_only=len(panels) == 1)
    if not traces:
        return None
    title = figure.get_suptitle() or (panels[0].get_title() if len(panels) == 1 else "")
    layout["title"] = {"text": plain(title), "x": 0.5}
    return {"data": traces, "layout": layout}


def plain(text: str) -> str:
    """Return a user's text so that Plotly shows it as it is: it reads some HTML tags, and $…$ as a formula."""
    escaped = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("$", "&#36;")


def _add_axes(layout: dict[str, Any], axes: "Axes", suffix: str, is_only: bool) -> None:
    place = axes.get_position()
    extent = axes.get_images()[0].get_extent() if axes.get_images() else None
    for name, axis, limits, domain in (
        ("xaxis", axes.xaxis, axes.get_xlim(), (place.x0, place.x1)),
        ("yaxis", axes.yaxis, axes.get_ylim(), (place.y0, place.y1)),
    ):
        other = "y" if name == "xaxis" else "x"
        options = {
            "domain": [float(end) for end in domain],
            "anchor": f"{other}{suffix}",
            "range": [float(end) for end in limits],
            "title": {"text": plain(axis.get_label_text())},
            "gridcolor": "#dddddd",
            "zeroline": False,
            "linecolor": "black",
        }
        if extent:
            options["range"] = [float(end) for end in (extent[:2] if name == "xaxis" else extent[2:])]
        names = _fixed_names(axis)
        if names:
            options |= {
                "tickmode": "array",
                "tickvals": list(names),
                "ticktext": [plain(text) for text in names.values()],
            }
        layout[f"{name}{suffix}"] = options
    if not is_only and axes.get_title():
        annotation = {
            "text": plain(axes.get_title()),
            "xref": "paper",
            "yref": "paper",
            "x": (place.x0 + place.x1) / 2,
            "y": place.y1,
            "yanchor": "bottom",
            "showarrow": False,
        }
        layout["annotations"].append(annotation)


def _fixed_names(axis: "Axis") -> dict[float, str]:
    """Return place -> name of an axis that names classes, or nothing for one of numbers."""
    from matplotlib.ticker import FixedLocator

    if not isinstance(axis.get_major_locator(), FixedLocator):
        return {}
    labels = [label.get_text() for label in axis.get_ticklabels()]
    return {float(place): text for place, text in zip(axis.get_ticklocs(), labels, strict=True) if text}


def _name(artist: "Artist | Container") -> str:
    label = str(artist.get_label())
    return "" if label.startswith("_") else plain(label)


def _legend_names(axes: "Axes") -> dict[tuple[str, object, float], str]:
    """Return artist color and style -> text of the legend, for lines whose names stand only there."""
    legend = axes.get_legend()
    if legend is None:
        return {}
    return {
        (str(line.get_color()), line.get_linestyle(), line.get_linewidth()): text.get_text()
        for line, text in zip(legend.get_lines(), legend.get_texts(), strict=False)
    }


def _lines(axes: "Axes") -> list[dict]:
    from matplotlib.colors import to_hex

    named = _legend_names(axes)
    traces = []
    for line in axes.get_lines():
        x, y = (np.asarray(values, float) for values in line.get_data())
        if line.get_transform() != axes.transData:
            # A line across the axes: one of its coordinates is a share of their width or height.
            x, y = _across(axes, line, x, y)
        x, y = thinned(x, y)
        name = _name(line) or plain(named.get((str(line.get_color()), line.get_linestyle(), line.get_linewidth()), ""))
        marked = line.get_marker() not in ("None", None, "", " ")
        drawn = line.get_linestyle() in _DASHES
        look = {
            "color": to_hex(line.get_color()),
            "dash": _DASHES.get(line.get_linestyle(), "solid"),
            "width": _POINTS_PER_PIXEL * line.get_linewidth(),
        }
        if "steps" in line.get_drawstyle():
            look["shape"] = "hv"
        trace = {
            "type": "scatter",
            "x": _rounded(x),
            "y": _rounded(y),
            "name": name,
            "mode": "+".join(["lines"] * drawn + ["markers"] * marked) or "lines",
            "line": look,
        }
        traces.append(trace)
    return traces


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return at most `MAX_POINTS` points of a line, evenly along its length, with both ends."""
    if len(x) <= MAX_POINTS:
        return x, y
    spans = [max(float(np.ptp(values)), 1e-12) for values in (x, y)]
    steps = np.abs(np.diff(x)) / spans[0] + np.abs(np.diff(y)) / spans[1]
    way = np.concatenate([[0.0], np.cumsum(steps)])
    kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], MAX_POINTS)))
    kept = np.unique(np.append(kept, len(x) - 1))
    return x[kept], y[kept]


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.7g}") for value in values]


def _across(axes: "Axes", line: "Line2D", x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from matplotlib.lines import AxLine

    if isinstance(line, AxLine):
        # Through a point and on to both sides.
        first, second = (np.asarray(point, float) for point in (line.get_xy1(), line.get_xy2()))
        slope = np.divide(*(second - first)[::-1]) if line.get_slope() is None else line.get_slope()
        ends = np.asarray(axes.get_xlim())
        return ends, first[1] + slope * (ends - first[0])
    if line.get_transform() == axes.get_xaxis_transform(which="grid"):
        return x, np.asarray(axes.get_ylim())
    if line.get_transform() == axes.get_yaxis_transform(which="grid"):
        return np.asarray(axes.get_xlim()), y
    return x, y


def _bars(axes: "Axes") -> list[dict]:
    from matplotlib.colors import to_hex

    traces = []
    for bars in axes.containers:
        patches = getattr(bars, "patches", None)
        if not patches:
            continue
        lying = getattr(bars, "orientation", "vertical") == "horizontal"
        x = [p.get_x() + p.get_width() / 2 for p in patches]
        y = [p.get_y() + p.get_height() / 2 for p in patches]
        ends = [p.get_width() if lying else p.get_height() for p in patches]
        marker: dict[str, Any] = {"color": to_hex(patches[0].get_facecolor())}
        if patches[0].get_hatch():
            shape = PATTERNS[patches[0].get_hatch()]
            marker["pattern"] = {"shape": shape, "fgcolor": "white", "fillmode": "overlay"}
        trace = {
            "type": "bar",
            "orientation": "h" if lying else "v",
            "name": _name(bars),
            "x": [float(n) for n in (ends if lying else x)],
            "y": [float(n) for n in (y if lying else ends)],
            "width": [float(p.get_height() if lying else p.get_width()) for p in patches],
            "marker": marker,
        }
        traces.append(trace)
    return traces


def _collections(axes: "Axes") -> list[dict]:
    from matplotlib.collections import PathCollection
    from matplotlib.colors import to_hex

    traces = []
    for points in axes.collections:
        if isinstance(points, PathCollection):
            x, y = np.asarray(points.get_offsets(), float).T
            color = to_hex(np.asarray(points.get_facecolor())[0])
            trace = {
                "type": "scattergl",
                "mode": "markers",
                "x": _rounded(x),
                "y": _rounded(y),
                "name": _name(points),
                "marker": {"color": color, "opacity": points.get_alpha() or 1, "size": 5},
            }
            traces.append(trace)
    return traces


def _images(axes: "Axes") -> list[dict]:
    from matplotlib.colors import to_hex

    traces = []
    for image in axes.get_images():
        values = np.asarray(image.get_array())
        if values.ndim != 2:
            continue
        low, high = image.get_clim()
        scale = [[float(at), to_hex(image.cmap(float(at)))] for at in np.linspace(0, 1, 11)]
        trace = {
            "type": "heatmap",
            "z": values.tolist(),
            "zmin": float(low),
            "zmax": float(high),
            "colorscale": scale,
            "hovertemplate": "true %{y}, predicted %{x}: %{z}<extra></extra>",
            "name": "",
        }
        if values.shape[0] <= 30:
            trace["texttemplate"] = "%{z}" if values.dtype.kind in "iu" else "%{z:.2f}"
        traces.append(trace)
    return traces
