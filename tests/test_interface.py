"""The forms: what saved workflows rely on, and what the validators let through."""

import re

import pytest

from tests.galaxy.repository import MACROS, WRAPPERS
from tests.support import interface
from tests.support.places import TOOLS

# The text parameters that a regular expression guards: what workflows validly hold, and what can never be meant.
VALIDATED = {
    "input_shape": (["(784,)", "(32, )", "(28,28,1)", "[28, 28]", "784", "(None, 28)"], ["(784", "(0,)", "x y"]),
    "target_shape": (["(28,28,1)", "(28, 28, -1)", "[4, 4]", "(12,)"], ["(0, 28)", "(28; 28)", "-2", "28 x 28"]),
    "shape": (["(10,)", "(None, 4)", "[3, 3, 1]"], ["", "shape=(10,)", "(-1,)"]),
    "kernel_size": (["3", " 3 ", "(3, 3)", "[3,3,3]", "(5,)"], ["", "0", "-1", "3.5", "(3, 0)", "3, 3)", "same"]),
    "pool_size": (["2", "(2, 2)", "(2, 2, 2)"], ["0", "(2 2)"]),
    "strides": (["2", "(1, 2)"], ["-1", "two"]),
    "kwargs": (["", "padding='same'", "padding = 'same', use_bias=False"], ["'same'", "padding", "3, 4", "a-b=1"]),
    "merging_layers": (["[1, 2]", "(2,3)", "1, 2, 3"], ["[ ]", "[0, 1]", "[first]"]),
    "input_layers": (["[1]", "[1, 2]", "(1,)", "1"], ["", "[]", "[0]"]),
    "output_layers": (["[8]", "[7, 8]"], ["", "[-1]"]),
    "name": (["", "pixels", "input-1.a"], ["a b", "<b>"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def wrappers():
    """Return tool id -> the root of its wrapper, with the macros put in."""
    return interface.expanded()


@pytest.mark.parametrize("tool", WRAPPERS)
def test_keeps_what_saved_workflows_address(tool, wrappers):
    found = interface.parameters(wrappers[tool])
    promised = interface.promised()[tool]
    assert not set(promised) - set(found)
    for path, parameter in promised.items():
        assert found[path][:2] == parameter[:2], path
        assert not set(parameter.options) - set(found[path].options), path


def test_promises_something_of_every_tool():
    assert set(interface.promised()) == set(WRAPPERS)
    assert all(interface.promised().values())


def patterns(wrappers, name):
    """Return the regular expressions that guard the text parameters of a name."""
    found = [p for root in wrappers.values() for p in root.iter("param") if interface.name_of(p) == name]
    return {v.text for p in found if p.get("type") == "text" for v in p.iter("validator") if v.get("type") == "regex"}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (good, _) in VALIDATED.items() for value in good])
def test_ok_value_passes_the_validator(name, value, wrappers):
    found = patterns(wrappers, name)
    assert found
    assert all(re.match(pattern, value) for pattern in found)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, bad) in VALIDATED.items() for value in bad])
def test_fail_value_is_stopped_in_the_form(name, value, wrappers):
    assert not any(re.match(pattern, value) for pattern in patterns(wrappers, name))


@pytest.mark.parametrize("tool", WRAPPERS)
def test_text_reaches_the_tool_as_it_was_typed(tool, wrappers):
    """Galaxy replaces quotes, brackets and letters beyond ASCII in every text that has no sanitizer of its own."""
    free = [p for p in wrappers[tool].iter("param") if p.get("type") == "text" and interface.name_of(p) != "name"]
    assert [interface.name_of(p) for p in free if p.find("sanitizer") is None] == []


@pytest.mark.parametrize("tool", WRAPPERS)
def test_has_a_test_that_must_fail_with_a_message(tool, wrappers):
    failing = [t for t in wrappers[tool].iter("test") if t.get("expect_failure") == "true"]
    assert failing
    assert all(t.find("assert_stderr/has_text") is not None for t in failing)


def test_versions_are_pinned_in_one_file():
    pinned = re.compile(r'<requirement\b|<token name="@[A-Z_]*VERSION')
    others = [path for path in TOOLS.rglob("*.xml") if path != MACROS]
    assert not [path.name for path in others if pinned.search(path.read_text(encoding="utf-8"))]
