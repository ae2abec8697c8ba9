"""What the history calls an output says what it is before the panel cuts it off."""

import re

import pytest

from tests.galaxy.repository import WRAPPERS
from tests.support import interface

# About as much of a name as Galaxy's history panel shows.
SHOWN_CHARACTERS = 40
ON = " on ${on_string}"


@pytest.fixture(scope="module")
def wrappers():
    """Return tool id -> the root of its wrapper, with the macros put in."""
    return interface.expanded()


def names(root):
    """Return output -> the names that it can have, without the datasets that it was made from."""
    found = {}
    for output in root.find("outputs"):
        label = output.get("label").removesuffix(ON)
        choices = re.fullmatch(r"\$\{dict\((.*)\)\.get\(str\(\$plotting_selection\.plot_type\), '(\w+)'\)\}(.*)", label)
        found[output.get("name")] = (
            [kind + choices[3] for kind in re.findall(r"'(.*?)'", choices[1])] if choices else [label]
        )
    return found


@pytest.mark.parametrize("tool", WRAPPERS)
def test_what_it_is_comes_first_and_tells_outputs_apart(tool, wrappers):
    found = [name for kinds in names(wrappers[tool]).values() for name in kinds]
    assert [name for name in found if "$" in name or len(name) > SHOWN_CHARACTERS - len(" on")] == []
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("tool", WRAPPERS)
def test_inputs_are_told_after_it(tool, wrappers):
    labels = [output.get("label") for output in wrappers[tool].find("outputs")]
    assert all(label.endswith(ON) is (tool != "keras_model_config") for label in labels)


def test_every_kind_of_plot_has_a_name(wrappers):
    root = wrappers["ml_visualization_ex"]
    (select,) = (p for p in root.find("inputs").iter("param") if p.get("name") == "plot_type")
    (label,) = (o.get("label") for o in root.find("outputs") if o.get("name") == "output")
    assert re.findall(r"(\w+)='", label) == [option.get("value") for option in select.iter("option")]
