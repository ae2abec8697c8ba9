"""Machine Learning Visualization Extension: draws what a model predicts and how well."""

import argparse

from dltools import class_scores, drawing, export, files, parameters, tables, visualization
from dltools.errors import user_errors_on_stderr

TOOL = "ml_visualization_ex"


def main() -> None:
    """Run the tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, help="JSON file with the tool's parameters")
    parser.add_argument("--output", required=True, help="plot to write, in the format that the parameters name")
    parser.add_argument("--output-picture", help="the plot as a picture (png) beside a page or a drawing")
    parser.add_argument("--output-table", help="the numbers behind the plot (tabular)")
    parser.add_argument("--output-metrics", help="each class's precision, recall and F (tabular)")
    options = parser.parse_args()
    selection = parameters.read(options.inputs)["plotting_selection"]
    wanted = visualization.options(selection)
    shown = visualization.display(selection)
    with drawing.letters_told():
        look = wanted.look._replace(scale=shown.plot_sized(wanted.size))
        figure = shown.figure_
        facts = [shown.summary(), *shown.notes]
        is_page = look.format == "html"
        if is_page or options.output_picture:
            png = export.picture(figure, look._replace(format="png"))
        if is_page:
            content = export.page(figure, png, look.dpi, shown.title, facts, shown.interactive, TOOL)
        else:
            content = export.picture(figure, look)
    files.write_bytes(options.output, content)
    if options.output_picture:
        files.write_bytes(options.output_picture, png)
    if options.output_table:
        tables.write_table(options.output_table, *shown.table())
    if options.output_metrics:
        tables.write_table(options.output_metrics, *class_scores.table(shown.counts, shown.classes))
    print(*facts, sep="\n")


if __name__ == "__main__":
    with user_errors_on_stderr():
        main()
