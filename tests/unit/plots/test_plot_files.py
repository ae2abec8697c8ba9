"""Files of plots: formats, sizes, the same bytes each time, pages that show without scripts, tables beside."""

import base64
import json
import re
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from dltools.core.errors import UserError
from dltools.plots import export, interactive, plot_form
from tests.support import forms
from tests.support.places import SCRIPTS
from tests.support.plotting import Tables, compared, drawn

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SIGNATURES = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "html": b"<!DOCTYPE html>"}


@pytest.fixture
def tables(tmp_path):
    return Tables(tmp_path)


def matrix(tables, **others):
    return {
        "plot_type": "classification_confusion_matrix",
        "title": "A <b> & $x$ --> c",
        "plot_color": "Greens",
        **others,
        **compared(tables("t", "a\na\nb\n"), tables("p", "Predicted\na\nb\nb\n")),
    }


def run(tables, form, **outputs):
    """Run the script on a form and return how it ended."""
    return forms.run("ml_visualization", {"plotting_selection": form}, tables.folder, **outputs)


@pytest.mark.parametrize("name", ["png", "svg", "matplotlib_svg", "pdf", "html", "plotly_html"])
def test_same_input_gives_the_same_bytes(tables, name):
    for file in ("first", "second"):
        result = run(tables, matrix(tables, plot_format=name), output=file)
        assert (result.returncode, result.stderr) == (0, "")
    content = (tables.folder / "first").read_bytes()
    assert content.startswith(SIGNATURES[export.FORMATS[name]])
    assert content == (tables.folder / "second").read_bytes()


def test_all_outputs(tables):
    form = matrix(tables, plot_format="html")
    result = run(tables, form, output="page", output_picture="image", output_table="table", output_metrics="metrics")
    assert result.stdout == "3 samples, 2 classes, accuracy 0.6667\n"
    page = (tables.folder / "page").read_text()
    image = (tables.folder / "image").read_bytes()
    assert base64.b64decode(re.search('base64,([^"]*)"', page).group(1)) == image
    assert (tables.folder / "table").read_text() == "true label / predicted label\ta\tb\na\t1\t1\nb\t0\t1\n"
    assert (tables.folder / "metrics").read_text().splitlines()[0] == "class\tprecision\trecall\tf1\tsupport"


def test_page_reads_as_text_too(tables):
    """Where a server shows it as text, its first lines say what to do; no user's text leaves the comment."""
    shown = plot_form.read(matrix(tables)).display()
    page = export.page(shown.plot().figure_, PNG, 120, shown.title, ["a fact -->"], True, "tool_id").decode()
    comment, _, rest = page.partition("-->")
    assert "A <b> & $x$" in comment and "a fact" in comment and "tool_id" in comment
    assert rest.lstrip().startswith("<html")
    assert "A &lt;b&gt; &amp; $x$" in rest
    assert "<b>" not in rest[: rest.index("<script>")]
    assert page.count("plotly.js v") == 1


def test_page_without_scripts_keeps_its_image(tables):
    """Scripts only replace the image: what is left without them shows it."""
    shown = plot_form.read(matrix(tables)).display()
    page = export.page(shown.plot().figure_, PNG, 120, "t", [], True, "tool").decode()
    left = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert len(left) < 100_000
    assert '<img src="data:image/png;base64,' in left


def test_size_and_resolution_are_those_asked_for(tables):
    options = [{"__index__": 0, "width": "25.4", "height": 12.7, "dpi": "50", "save_table": False}]
    run(tables, matrix(tables, plot_format="png", picture_options=options), output="plot")
    header = (tables.folder / "plot").read_bytes()[16:24]
    assert (int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")) == (500, 250)


def test_texts_shrink_with_a_small_figure(tables):
    shown = plot_form.read(matrix(tables)).display()
    assert shown.plot_sized(None) == 1
    sizes = [shown.axes_.title.get_fontsize(), shown.texts_[0, 0].get_fontsize()]
    scale = shown.plot_sized((4, 3.5))
    assert 0.5 <= scale < 1
    assert list(shown.figure_.get_size_inches()) == [4, 3.5]
    np.testing.assert_allclose(
        [shown.axes_.title.get_fontsize(), shown.texts_[0, 0].get_fontsize()], scale * np.array(sizes)
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": "10"}, "Width and height: give both"),
        ({"width": "1", "height": "10"}, "Width in centimetres must be a number of at least 4"),
        ({"dpi": "5000"}, "Resolution must be at most 1200"),
    ],
)
def test_sizes_that_are_refused(tables, options, message):
    with pytest.raises(UserError, match=message):
        plot_form.read(matrix(tables, picture_options=[options])).display()


def test_unknown_format_is_refused(tables):
    with pytest.raises(UserError, match="The output format: must be one of png, svg"):
        plot_form.read(matrix(tables, plot_format="gif")).display()


def test_fonts_are_embedded():
    figure = Figure()
    figure.text(0.5, 0.5, "Größe")
    assert b"/FontFile2" in export.image(figure, export.Look(format="pdf"))
    assert b"<text" not in export.image(figure, export.Look(format="svg"))


# --- interactive plots ------------------------------------------------------------------------


def test_lines_become_traces(tables):
    shown = drawn(
        "learning_curve", infile1=tables("h", "epoch\tloss\tval_loss\n1\t2\t3\n2\t1\t2\n"), plot_std_err=False
    )
    found = interactive.figure_of(shown.figure_)
    traces = {trace["name"]: trace for trace in found["data"]}
    assert traces["training"]["y"] == [2, 1] and traces["validation"]["y"] == [3, 2]
    assert traces["validation"]["line"]["dash"] == "dash"
    assert found["layout"]["title"]["text"] == "Training history"
    assert found["layout"]["xaxis"]["title"]["text"] == "Epoch"
    json.dumps(found, allow_nan=False)


def test_bars_and_their_names(tables):
    shown = drawn(
        "feature_importances",
        infile_estimator=tables("i", "feature\timportance\n<i>a\t.1\nb\t.5\n"),
        infile1=tables("n", "a\n"),
        column_selector_options=forms.ALL,
    )
    found = interactive.figure_of(shown.figure_)
    bars = next(trace for trace in found["data"] if trace["type"] == "bar")
    assert bars["x"] == [0.5, 0.1] and bars["orientation"] == "h"
    assert found["layout"]["yaxis"]["ticktext"] == ["b", "&lt;i&gt;a"]


def test_matrix_becomes_a_heat_map(tables):
    found = interactive.figure_of(plot_form.read(matrix(tables)).display().plot().figure_)
    (trace,) = found["data"]
    assert trace["z"] == [[1, 1], [0, 1]]
    assert found["layout"]["xaxis"]["ticktext"] == ["a", "b"]
    # The first class stands at the top.
    assert found["layout"]["yaxis"]["range"] == [1.5, -0.5]


def test_points_become_a_trace(tables):
    shown = drawn("regression", **compared(tables("t", "1\n2\n3\n"), tables("p", "P\n1.5\n2\n2.5\n")))
    points = [trace for trace in interactive.figure_of(shown.figure_)["data"] if trace["type"] == "scattergl"]
    np.testing.assert_allclose(points[0]["y"], [1.5, 2, 2.5])


def test_the_diagonal_goes_all_the_way(tables):
    shown = drawn("regression", **compared(tables("t", "10\n20\n30\n"), tables("p", "P\n15\n20\n25\n")))
    found = interactive.figure_of(shown.figure_)
    diagonal = next(trace for trace in found["data"] if trace["type"] == "scatter")
    assert diagonal["x"] == diagonal["y"]
    low, high = found["layout"]["xaxis"]["range"]
    assert diagonal["x"][0] <= low and diagonal["x"][-1] >= high


def test_long_lines_are_thinned_along_their_way():
    x = np.linspace(0, 1, 50_000)
    y = (x > 0.5).astype(float)
    few_x, few_y = interactive.thinned(x, y)
    assert len(few_x) <= interactive.MAX_POINTS
    assert (few_x[0], few_x[-1], few_y[0], few_y[-1]) == (0, 1, 0, 1)
    # The step stays where it was.
    assert abs(few_x[few_y > 0.5][0] - 0.5) < 0.002


# --- imports ----------------------------------------------------------------------------------


def test_drawing_imports_neither_keras_nor_pyplot(tables):
    script = (
        "import sys; sys.argv[0:] = ['x']; from dltools.plots import plot_form, export\n"
        f"shown = plot_form.read({matrix(tables, plot_format='html')!r}).display()\n"
        "figure = shown.plot().figure_\n"
        "export.page(figure, export.image(figure, export.Look()), 120, 't', [], True, 'x')\n"
        "print(sorted({'tensorflow', 'keras', 'sklearn', 'matplotlib.pyplot', 'pandas'} & set(sys.modules)))"
    )
    import os
    import subprocess

    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
    )
    assert result.stdout == "[]\n"
