"""Names from a user's tables stay text in every plot: no formula, no markup, no way out of a page's script."""

import pytest

from tests.support import forms
from tests.support.plotting import Tables, every_plot

STRANGE = "$\\frac{a$ <script>alert(1)</script> --> --!> ]]> %s {0} \u202e\u0301 _x 日本"
OTHER = "_other & " + "y" * 3000


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots")
    cases = {
        kind: {"plotting_selection": {"plot_type": kind, "title": STRANGE, "plot_format": "plotly_html", **form}}
        for kind, form in every_plot(Tables(folder), STRANGE, OTHER).items()
    }
    return forms.run_all(
        "ml_visualization",
        cases,
        folder,
        output="page",
        output_picture="image",
        output_table="table",
        output_metrics="metrics",
    )


def test_they_stay_text(results):
    from dltools.plots import registry

    assert set(results) == set(registry.PLOTS) - {"keras_plot_model"}
    for kind, result in results.items():
        assert (result.returncode, result.stderr) == (0, ""), kind
        # A page begins with a comment for those to whom it is shown as text.
        comment, _, rest = (result.folder / "page").read_text().partition("-->")
        assert "--!>" not in comment and "<script>alert" not in rest, kind
        assert (result.folder / "image").read_bytes().startswith(b"\x89PNG"), kind
        # Only what compares labels has scores of each class.
        assert ("metrics" in result.written) == (kind in ("classification_confusion_matrix", "class_scores"))


def test_letters_that_the_font_lacks_are_told_of_once(results):
    for kind, result in results.items():
        told = [line for line in result.stdout.splitlines() if line.startswith("The font of the figure has no ")]
        assert len(told) == 1 and "日" in told[0], kind
        assert told[0].endswith(": boxes stand for them. Tables hold them as they are."), kind
