"""Machine Learning Visualization Extension: from the read form to the written plot."""

from pathlib import Path
from typing import NamedTuple

from dltools.core import files
from dltools.evaluation import class_scores
from dltools.plots import drawing, export, registry
from dltools.plots.class_scores import ClassScoresPlot
from dltools.plots.confusion_matrix import ConfusionMatrix
from dltools.tables import tables

TOOL = "ml_visualization_ex"


class Outputs(NamedTuple):
    """Where a plot goes: itself, as a picture (png), its numbers, each class's scores that a confusion matrix gives;
    None for what is not wanted.
    """

    plot: Path
    picture: Path | None = None
    table: Path | None = None
    metrics: Path | None = None


def run(form: dict, outputs: Outputs) -> None:
    """Draw what the form asks for, and write it.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: as `registry.display`.
    """
    selection = form["plotting_selection"]
    wanted = registry.options(selection)
    shown = registry.display(selection)
    with drawing.letters_told():
        look = wanted.look._replace(scale=shown.plot_sized(wanted.size))
        figure = shown.figure_
        facts = [shown.summary(), *shown.notes]
        is_page = look.format == "html"
        if is_page or outputs.picture:
            png = export.picture(figure, look._replace(format="png"))
        if is_page:
            content = export.page(figure, png, look.dpi, shown.title, facts, shown.interactive, TOOL)
        else:
            content = export.picture(figure, look)
    files.write_bytes(outputs.plot, content)
    if outputs.picture:
        files.write_bytes(outputs.picture, png)
    if outputs.table:
        tables.write_table(outputs.table, *shown.table())
    if outputs.metrics and isinstance(shown, (ConfusionMatrix, ClassScoresPlot)):
        tables.write_table(outputs.metrics, *class_scores.table(shown.counts, shown.classes))
    print(*facts, sep="\n")
