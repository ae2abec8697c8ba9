"""Machine Learning Visualization Extension: from the read form to the written plot."""

import dataclasses
from pathlib import Path

from dltools.core import files
from dltools.plots import drawing, export, plot_form, words
from dltools.tables import tables

TOOL = "ml_visualization_ex"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where a plot goes: itself, as an image (png), its numbers, each class's scores that a confusion matrix gives;
    None for what is not wanted.
    """

    plot: Path
    image: Path | None = None
    table: Path | None = None
    metrics: Path | None = None


def run(form: dict, outputs: Outputs) -> None:
    """Draw what the form asks for, and write it.

    Parameters:
        form: all parameters of the tool, as Galaxy's JSON holds them.

    Raises:
        UserError: as `plot_form.read` and `PlotForm.display`.
    """
    asked = plot_form.read(form["plotting_selection"])
    shown = asked.display()
    with drawing.letters_told():
        look = dataclasses.replace(asked.figure.look, scale=shown.plot_sized(asked.figure.size))
        figure = shown.figure_
        facts = [shown.summary(), *shown.notes]
        is_page = look.format == "html"
        if is_page or outputs.image:
            png = export.image(figure, dataclasses.replace(look, format="png"))
        if is_page:
            content = export.page(figure, png, look.dpi, shown.title, facts, shown.interactive, TOOL, shown.table())
        else:
            content = export.image(figure, look)
        if look.format == "svg":
            content = words.describe_svg(content, shown.title, facts)
    files.write_bytes(outputs.plot, content)
    if outputs.image:
        files.write_bytes(outputs.image, png)
    if outputs.table:
        tables.write_table(outputs.table, *shown.table())
    if outputs.metrics and (metrics := shown.class_metrics()):
        tables.write_table(outputs.metrics, *metrics)
    print(*facts, sep="\n")
