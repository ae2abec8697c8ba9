"""What the catalogue knows of layers: of all that files may name, whether the form offers them or not."""

import ast
import json
import os
import re
import subprocess
import sys

import pytest

from dltools.catalogue.layers import others, table
from dltools.catalogue.layers.traits import Trait
from dltools.untrusted import allowed
from tests.support.places import SCRIPTS


def test_every_layer_that_a_file_may_name_has_an_entry():
    assert {name for name in allowed.LAYERS if table.public_name(name) not in table.KNOWN} == set()


def test_no_layer_that_is_not_safe_may_be_named():
    unsafe = {name for name, layer in table.KNOWN.items() if layer.has(Trait.UNSAFE)}
    assert len(unsafe) > 10
    assert not unsafe & allowed.LAYERS


def test_every_layer_that_the_form_offers_may_be_named():
    offered = {layer.keras or name for name, layer in table.FUNCTIONAL_LAYERS.items() if not layer.instead}
    assert offered <= allowed.LAYERS


def test_no_layer_has_two_entries():
    groups = [*table.CHAINED.values(), *table.MERGING.values(), *table.LAST.values(), others.LAYERS]
    names = [name for group in groups for name, layer in group.items() for name in (name, *layer.aliases)]
    assert len(names) == len(set(names))


def test_parameters_of_one_name_are_named_alike_in_the_form():
    fields = [field for layer in table.FUNCTIONAL_LAYERS.values() for field in layer.fields if field.name == "filters"]
    assert len(fields) > 10
    assert all(field.named for field in fields)


def test_what_the_job_takes_blank_is_taken_by_the_form_but_for_sizes():
    fields = [(name, field) for name, layer in table.FUNCTIONAL_LAYERS.items() for field in layer.fields]
    stricter = [(name, field.name) for name, field in fields if not field.required and field.blank is False]
    assert {name for _, name in stricter} == {"pool_size", "size"}, stricter


def listed(module):
    """Yield (line, names) of the lists of layers in a module: at least two names of classes side by side."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        elements = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        names = {element.value for element in elements if isinstance(element, ast.Constant)} & LAYERS
        if len(names) > 1:
            yield node.lineno, frozenset(names)


LAYERS = allowed.LAYERS | set(table.KNOWN)
# What may be loaded is said by a list of its own, below the catalogue.
APART = {SCRIPTS / "dltools" / "untrusted" / name for name in ("allowed.py", "gate.py")}


def test_only_the_catalogue_lists_layers():
    modules = set((SCRIPTS / "dltools").rglob("*.py")) - APART
    inside = {module for module in modules if SCRIPTS / "dltools" / "catalogue" in module.parents}
    assert {names for module in APART for _, names in listed(module) if len(names) > 3} != set()
    assert [(module.name, *found) for module in modules - inside for found in listed(module)] == []


_IN_KERAS = """
import json
from dltools.backend.keras_runtime import keras_for_design
keras = keras_for_design()
print(json.dumps({name: value.__name__ for name, value in vars(keras.layers).items() if isinstance(value, type)}))
"""


@pytest.fixture(scope="module")
def in_keras():
    """Return each name in `keras.layers` -> the name of its class."""
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    answer = subprocess.run(
        [sys.executable, "-c", _IN_KERAS], capture_output=True, text=True, check=True, env=environment
    )
    return json.loads(answer.stdout)


def test_a_layer_is_known_by_each_of_its_names(in_keras):
    """A file holds any of them, and a layer of a network that is built tells the name of its class alone."""
    for name, class_name in in_keras.items():
        assert table.of_class(name) == table.of_class(class_name), (name, class_name)
        assert (name == class_name) or table.public_name(name) == table.public_name(class_name)


def test_a_layer_whose_name_tells_its_dimensions_has_them(in_keras):
    found = {name: re.search(r"([123])D", name) for name in in_keras}
    assert {name: table.of_class(name).dimensions for name in found} == {
        name: int(digit.group(1)) if digit else 0 for name, digit in found.items()
    }


def test_a_layer_that_acts_in_training_alone_is_one_of_images(in_keras):
    augmenting = {name for name in in_keras if name.startswith("Random")}
    assert len(augmenting) > 15
    assert {name for name in augmenting if not table.of_class(name).has(Trait.TRAINS_ONLY)} == {"RandomCrop"}
    assert {name for name in augmenting if not table.of_class(name).has(Trait.BY_CHANCE)} == {"RandomFlip"}


@pytest.mark.parametrize("name", ["Mine", "", "Input", "keras.layers>Dense"])
def test_of_an_unknown_class_nothing_is_known(name):
    assert table.of_class(name) == table.of_class("Nothing")
    assert table.of_class(name).traits == Trait.NONE
