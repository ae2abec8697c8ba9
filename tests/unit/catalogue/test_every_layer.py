"""Everything that the form offers works: each layer is designed by the script, trained, saved, loaded and used."""

import json
import re
import subprocess
import sys

import pytest

from dltools.catalogue import weights
from dltools.catalogue.layers.table import FUNCTIONAL_LAYERS, LAYERS
from tests.support import forms, interface, layer_cases
from tests.support.layer_cases import CASES, DESIGNS, GONE, MERGED, WALKED
from tests.support.places import ROOT, SCRIPTS


@pytest.fixture(scope="module")
def designed(tmp_path_factory):
    return forms.run_all("model_config", DESIGNS, tmp_path_factory.mktemp("layers"), outfile="model.json")


@pytest.fixture(scope="module")
def problems(designed):
    folder = next(iter(designed.values())).folder.parent
    command = [sys.executable, "-m", "tests.support.walk_layers", folder]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return dict(json.loads(line) for line in process.stdout.splitlines())


def test_every_layer_on_offer_is_walked():
    chained = {name.split()[0] for name in (*CASES, *GONE)}
    assert chained == set(LAYERS)
    assert {*chained, *(name.split()[0] for name in MERGED), "Input"} == set(FUNCTIONAL_LAYERS)


PRETRAINED = "model_selection[pretrained]"
SELECTORS = {"model_type", "layer_type", "initializer_type", "regularizer_type", "constraint_type"}


def walked(value, path=""):
    """Yield (path, value) of the parameters of a form, with paths as `interface` writes them."""
    if isinstance(value, list):
        for entry in value:
            yield from walked(entry, path)
    elif isinstance(value, dict):
        selector = next((name for name in value if name in SELECTORS), None)
        for name, inner in value.items():
            case = "" if selector in (None, name) else f"[{value[selector]}]"
            yield from walked(inner, f"{path}{case}|{name}" if path else name)
    else:
        yield path, value


def key(path, option):
    """Return what stands for an option wherever its macro is used again.

    The activations are the same in all layers, the parameters of a wrapped layer are those of the layer itself, and the
    boxes on the weights are those of the other type of model: `test_catalogue` compares each with its one table.
    """
    path = re.sub(r"layer_selection\[\w+\]\|wrapped\[(\w+)\]", r"layer_selection[\1]", path)
    path = "activation" if path.endswith("|activation") else path
    return path.partition("|weights_options|")[2] or path, option


def test_every_option_of_the_form_is_walked():
    form = interface.parameters(interface.expanded()["keras_model_config"])
    # Published networks, and what the form asks of them, are walked in tests/unit/networks/test_pretrained.py.
    selects = {path: found for path, found in form.items() if found.type == "select" and PRETRAINED not in path}
    offered = {key(path, option) for path, found in selects.items() for option in found.options}
    offered.discard(("model_selection|model_type", "pretrained"))
    seen = {key(path, value) for form in DESIGNS.values() for path, value in walked(form) if isinstance(value, str)}
    assert sorted(offered - seen) == []
    assert len(offered) > 300


_WEIGHTS_IN_KERAS = """
import json, sys
from dltools.backend.keras_runtime import keras_for_design
keras_for_design()
from dltools.catalogue import keywords
from dltools.catalogue.layers.table import LAYERS
print(json.dumps({name: keywords.keyword_names(layer.keras or name) for name, layer in LAYERS.items() if not layer.instead}))
"""


def test_every_kind_of_weights_is_walked():
    """Every argument of a layer on offer that is an initializer, a regularizer or a constraint."""
    answer = subprocess.run(
        [sys.executable, "-c", _WEIGHTS_IN_KERAS], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    ends = tuple(f"_{kind}" for kind in weights.KINDS)
    in_keras = {
        (layer, name) for layer, names in json.loads(answer.stdout).items() for name in names if name.endswith(ends)
    }
    in_keras -= {("PReLU", f"alpha{end}") for end in ends}
    assert {
        (layer, f"{name}_{kind}")
        for layer, names in layer_cases.WEIGHTS.items()
        for name in names
        for kind in layer_cases.TAKES.get(name, weights.KINDS)
    } == in_keras
    assert {f"{name} weights" for name in layer_cases.WEIGHTS} <= set(DESIGNS)


@pytest.mark.parametrize("name", WALKED)
def test_layer_trains_and_survives_its_file(designed, problems, name):
    assert (designed[name].returncode, designed[name].stderr) == (0, "")
    assert problems[name] is None, problems[name]


@pytest.mark.parametrize("name", GONE)
def test_layer_that_is_gone_says_what_to_use(designed, name):
    forms.assert_one_line(designed[f"{name} functional"], f"Layer 2 ({name}): Keras has")
    forms.assert_one_line(designed[name], f"Keras has no {name} any more. Use ")
