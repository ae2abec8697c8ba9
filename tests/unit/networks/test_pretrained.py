"""Published networks with a new head: what the form asks for, and that each of them passes the gate."""

import json

import pytest

from dltools.catalogue.arguments import ACTIVATIONS
from dltools.catalogue.backbones import BACKBONES
from dltools.core import limits
from dltools.untrusted import allowed, gate
from tests.support import forms, interface

REFUSED = {
    "small": (forms.pretrained("InceptionV3", 3, "74"), "InceptionV3 takes images of at least 75 x 75. Received: 74 x 74."),
    "three sizes": (forms.pretrained("VGG16", 3, "(32, 32, 3)"), "Height and width of the images must be a whole number"),
    "unknown": (forms.pretrained("VGG17", 3), "Published network must be one of"),
    "no units": (forms.pretrained("VGG16", ""), "units must be given"),
    "dropout": (forms.pretrained("VGG16", 3, dropout=1), "dropout must be a number of at least 0 and below 1"),
    "none learns": (forms.pretrained("VGG16", 3, learning=-1), "How many of its last layers learn must be"),
    "too large": (forms.pretrained("VGG16", 3, "(40000, 40000)"), "values that a layer makes of one sample"),
}  # fmt: skip


SMALL = "MobileNetV2_0.35"


@pytest.fixture(scope="module")
def designs(tmp_path_factory):
    """Return name -> how the design of a network ended, at the size that it was trained with."""
    folder = tmp_path_factory.mktemp("designs")
    named = {name: forms.pretrained(name, 3, "") for name in BACKBONES}
    named |= {f"fail {name}": form for name, (form, _) in REFUSED.items()}
    named |= {f"last {activation}": forms.pretrained(SMALL, 3, activation=activation) for activation in ACTIVATIONS}
    named |= {
        "max": forms.pretrained(SMALL, 3, pooling="max", learning=2),
        "free": forms.pretrained("MobileNetV2_0.35", 3, learning=None),
        "flat": forms.pretrained("VGG16", 3, "(32, 64)", pooling="flatten", hidden=5),
    }
    return forms.run_all("model_config", named, folder, outfile="model.json", outfile_layers="layers")


def layers(result):
    config = json.loads((result.folder / "model.json").read_text())
    gate.check(config, "it")
    return config["config"]["layers"]


@pytest.mark.parametrize("name", BACKBONES)
def test_passes_the_gate_at_the_size_that_it_was_trained_with(name, designs):
    assert designs[name].returncode == 0, designs[name].stderr
    found, backbone = layers(designs[name]), BACKBONES[name]
    assert found[0]["config"]["batch_shape"] == [None, backbone.size, backbone.size, 3]
    assert {layer["class_name"] for layer in found} <= allowed.LAYERS
    assert len(found) < limits.limit("layers")
    rows = designs[name].table("layers")[1:]
    count = sum(int(row[4]) for row in rows if not row[1].startswith("head_"))
    assert round(count / 1e6, 1) == backbone.million
    frozen = {layer["config"]["name"] for layer in found if layer["config"].get("trainable") is False}
    assert frozen == {row[1] for row in rows if int(row[4]) and row[1] != "head_output"}


def chosen(value, path):
    """Yield the path and the value of each parameter of a form."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from chosen(inner, f"{path}|{name}")
        else:
            yield f"{path}|{name}", inner


def test_every_option_of_the_form_is_designed(designs):
    root = "model_selection[pretrained]"
    form = interface.parameters(interface.expanded()["keras_model_config"])
    selects = {path: found.options for path, found in form.items() if path.startswith(root) and found.type == "select"}
    good = [result for name, result in designs.items() if not name.startswith("fail")]
    assert {result.returncode for result in good} == {0}
    inputs = [json.loads((result.folder / "inputs.json").read_text())["model_selection"] for result in good]
    seen = {pair for given in inputs for pair in chosen(given, root)}
    assert {(path, option) for path, options in selects.items() for option in options} - seen == set()
    assert len(selects) == 4


def test_all_of_a_network_may_learn(designs):
    assert not [layer for layer in layers(designs["free"]) if layer["config"].get("trainable") is False]


def test_head(designs):
    found = layers(designs["flat"])
    assert found[0]["config"]["batch_shape"] == [None, 32, 64, 3]
    assert [layer["config"]["name"] for layer in found[-4:]] == [
        "head_flatten",
        "head_hidden",
        "head_dropout",
        "head_output",
    ]
    assert designs["flat"].table("layers")[-4][3] == "(None, 1024)"


@pytest.mark.parametrize("name", REFUSED)
def test_fail_network_that_cannot_be(name, designs):
    forms.assert_one_line(designs[f"fail {name}"], REFUSED[name][1])
    assert designs[f"fail {name}"].written == []
