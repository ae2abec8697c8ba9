"""The chart of a run: each ratio as a bar, beside its bound."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.rows import Result

_COLOURS = {report.WITHIN: "#4a7fb5", report.SHORT: "#c8553d", report.SHOWN: "#b9c4cf"}
_WORDS = {report.WITHIN: "within its bound", report.SHORT: "above its bound", report.SHOWN: "shown without a bound"}
_ROW_INCHES = 0.27


def draw(path: Path, results: Sequence[Result], title: str) -> None:
    """Draw all figures that were measured; the suffix of `path` says as what (svg, png).

    Figures with a bound of 0, which count something, have no bar.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    shown = [
        (f"{result.row.name}: {entry.bound.name}", entry, entry.figure)
        for result in results
        for entry in report.marked(result)
        if entry.figure is not None and entry.bound.most != 0
    ]
    figure = Figure(figsize=(9, 1.6 + _ROW_INCHES * max(1, len(shown))), layout="constrained")
    axes = figure.subplots()
    for position, (_, entry, found) in enumerate(shown):
        least, most = found.spread
        axes.barh(position, found.value, 0.7, color=_COLOURS[entry.mark])
        axes.plot([least, most], [position, position], color="black", linewidth=1)
        if entry.bound.most is not None:
            axes.plot([entry.bound.most] * 2, [position - 0.45, position + 0.45], color="black", linewidth=2.5)
        label = f"{found.value:.2f}" + ("" if entry.bound.most is None else f"  (at most {entry.bound.most:g})")
        right = max(found.value, most, entry.bound.most or 0)
        axes.annotate(label, (right, position), (5, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_yticks(range(len(shown)), [name for name, *_ in shown], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.margins(x=0.18)
    axes.set_xlabel(
        "ratio to the yardstick (of growth: exponent); thick line: bound, thin line: least to most of the runs",
        fontsize=8,
    )
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    patches = [Patch(color=colour, label=_WORDS[mark]) for mark, colour in _COLOURS.items()]
    axes.legend(handles=patches, fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    figure.suptitle(title, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
