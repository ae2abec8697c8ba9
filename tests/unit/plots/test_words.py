"""What plots say to those who do not see them, and that colours are told apart by the colour-blind."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from dltools.plots import drawing, interactive, words
from tests.support import forms
from tests.support.plotting import Tables, drawn, every_plot

# What is left of linear RGB where one kind of cone is missing, severity 1.0 (Machado, Oliveira and Fernandes 2009, "A
# physiologically-based model for simulation of color vision deficiency", table 1).
CONES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# sRGB, D65: linear RGB to XYZ by the white point (IEC 61966-2-1).
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
# A difference of 2.3 is just seen; beside each other in a plot, colours should differ by many times that.
LEAST_DIFFERENCE = 10


def lab(color, seen=None):
    """Return a colour in CIELAB, as it is or as those see it who lack a kind of cone."""
    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    if seen:
        linear = np.clip(np.array(CONES[seen]) @ linear, 0, 1)
    xyz = TO_XYZ @ linear / TO_XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def least_difference(colors, seen):
    """Return the smallest CIE 1976 difference of any two colours."""
    return min(np.linalg.norm(lab(a, seen) - lab(b, seen)) for a, b in itertools.combinations(colors, 2))


@pytest.mark.parametrize("seen", [None, *CONES])
def test_colours_are_told_apart(seen):
    assert least_difference(drawing.PALETTE, seen) > LEAST_DIFFERENCE


def test_red_and_green_would_not_be():
    assert least_difference(["#e41a1c", "#4d8f2b"], None) > 80
    assert least_difference(["#b04030", "#707020"], "deuteranopia") < LEAST_DIFFERENCE


def test_neighbours_differ_in_colour_and_in_style_and_no_two_lines_in_neither():
    looks = [tuple(drawing.style(number).values()) for number in range(24)]
    assert len(set(looks)) == 24
    assert all(a[0] != b[0] and a[1] != b[1] for a, b in itertools.pairwise(looks))


def test_texts_and_helping_lines_have_the_contrast_of_the_guidelines():
    """4.5 to 1 is what WCAG 2 asks of texts."""
    luminance = (np.array(lab(drawing.GREY))[0] + 16) / 116
    assert 1.05 / (luminance**3 + 0.05) >= 4.5


def test_bars_beside_each_other_have_patterns_in_both_plots(tmp_path):
    form = every_plot(Tables(tmp_path), "a", "b")["class_scores"]
    shown = drawn("class_scores", **form)
    hatches = [bars.patches[0].get_hatch() for bars in shown.bars_.values()]
    assert len(set(hatches)) == 3
    traces = interactive.figure_of(shown.figure_)["data"]
    patterns = [trace["marker"].get("pattern") for trace in traces if trace["type"] == "bar"]
    assert len({str(pattern) for pattern in patterns}) == 3
    # Else the pattern would replace the colour.
    assert {pattern["fillmode"] for pattern in patterns if pattern} == {"overlay"}


def test_every_hatch_has_a_pattern():
    assert set(interactive.PATTERNS) == set(drawing.HATCHES) - {None}


def test_words_for_an_image():
    assert words.for_image("Title.", ["AUC: a 0.9", "a note"]) == "Title. AUC: a 0.9"
    assert words.for_image("", ["two\nlines"]) == "two lines"


@pytest.mark.parametrize("name", ["svg", "matplotlib_svg"])
def test_an_svg_says_what_it_shows(tmp_path, name):
    form = every_plot(Tables(tmp_path), "<b>", "b & c")["roc_curve"] | {"plot_type": "roc_curve", "plot_format": name}
    form["title"] = "A <title> & more"
    result = forms.run("ml_visualization", {"plotting_selection": form}, tmp_path, output="plot.svg")
    assert result.returncode == 0
    root = ET.parse(tmp_path / "plot.svg").getroot()
    assert root.get("role") == "img"
    space = "{http://www.w3.org/2000/svg}"
    told = {child.get("id"): child.text for child in root if child.tag in (f"{space}title", f"{space}desc")}
    assert list(told) == root.get("aria-labelledby").split()
    assert told["figure-title"] == "A <title> & more"
    assert told["figure-description"].startswith("AUC: ")
    assert told["figure-description"] in " ".join(result.stdout.split("\n"))


def test_numbers_are_a_table_with_headers():
    found = words.numbers(["name", "<n>"], [["a", "<b>"], [0.1234567, float("nan")]])
    assert '<th scope="col">&lt;n&gt;</th>' in found
    assert '<tr><th scope="row">a</th><td>0.123457</td></tr>' in found
    assert '<tr><th scope="row">&lt;b&gt;</th><td></td></tr>' in found
    assert "2 rows</caption>" in found


def test_of_many_numbers_the_first_are_shown():
    found = words.numbers(["n"], [list(range(2000))])
    assert len(re.findall("<tr>", found)) == words.MAX_ROWS + 1
    assert "the first 500 of 2,000 rows" in found
