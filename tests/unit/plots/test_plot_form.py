"""The form of the visualization tool, once it is read."""

import dataclasses
import typing

import pytest

from dltools.plots import plot_form, registry
from tests.support.plotting import Tables


def types_in(kind):
    """Return a type and those that it is made of, through unions, tuples and dataclasses."""
    parts = typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        assert kind.__dataclass_params__.frozen, kind
        parts = tuple(typing.get_type_hints(kind).values())
    return {kind, *(found for part in parts for found in types_in(part))}


@pytest.mark.parametrize("request_type", registry.PLOTS.values(), ids=registry.PLOTS)
def test_what_a_plot_is_asked_for_cannot_change_and_holds_no_raw_form(request_type):
    assert dataclasses.is_dataclass(request_type)
    found = types_in(request_type)
    assert not {typing.Any, object, dict, list} & (found | {typing.get_origin(kind) for kind in found})


def test_form_is_read_before_any_file(tmp_path):
    table = Tables(tmp_path)("history", "epoch\tloss\n1\t2\n2\t1\n")
    form = {"plot_type": "learning_curve", "title": "T", "infile1": table, "plot_std_err": "booltrue"}
    size = [{"__index__": 0, "width": "25.4", "height": "12.7", "dpi": "", "save_table": "booltrue"}]
    found = plot_form.read({**form, "plot_format": "matplotlib_svg", "picture_options": size})
    assert (found.plot_type, found.title, found.figure.size) == ("learning_curve", "T", (10, 5))
    assert (found.figure.look.format, found.figure.look.dpi, found.figure.look.trimmed) == ("svg", 120, False)
    assert found.request == registry.PLOTS["learning_curve"](table=found.request.table, with_errors=True)
    (tmp_path / "history.tabular").unlink()
    assert plot_form.read({**form, "plot_format": "png"}).figure.size is None


@pytest.mark.parametrize("typed, title", [("", "Training history"), ("Digits", "Digits")])
def test_title_is_the_users_or_that_of_the_plot(tmp_path, typed, title):
    table = Tables(tmp_path)("history", "epoch\tloss\n1\t2\n2\t1\n")
    assert plot_form.read({"plot_type": "learning_curve", "title": typed, "infile1": table}).display().title == title
