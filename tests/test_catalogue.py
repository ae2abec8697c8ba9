"""What the forms offer is what the scripts' tables hold: layers, losses, metrics, optimizers, callbacks, scorers."""

import json
import os
import subprocess
import sys

import pytest

from dltools.catalogue import (
    arguments,
    callbacks,
    fit_parameters,
    keywords,
    metrics,
    objectives,
    optimizers,
    schedules,
    scorers,
    training_config,
    training_parameters,
    weights,
)
from dltools.catalogue.arguments import ACTIVATIONS
from dltools.catalogue.layers.table import FUNCTIONAL_LAYERS, LAYERS
from dltools.forms import kinds
from tests import write_macros
from tests.support import interface


@pytest.mark.parametrize("name", write_macros.FILES)
def test_the_macros_are_those_of_the_catalogue(name):
    """They are written from it: tox run -e macros."""
    path = write_macros.FOLDER / name
    assert path.read_text(encoding="utf-8") == write_macros.written()[path]


def test_all_generated_macros_are_written():
    assert set(write_macros.FOLDER.iterdir()) == set(write_macros.written())


@pytest.fixture(scope="module")
def wrappers():
    """Return tool id -> the root of its wrapper, with the macros put in."""
    return interface.expanded()


def cases(root, path, selector):
    """Return value of a conditional's selector -> names of the parameters of that case."""
    conditional = root.find(path)
    offered = {option.get("value") for option in conditional.find(f"param[@name='{selector}']").iter("option")}
    found = {case.get("value"): names(case) for case in conditional.findall("when")}
    assert set(found) == offered
    return found


def names(parent):
    """Return the names of the parameters and conditionals of a case, those in its sections and repeats too."""
    found = {interface.name_of(child) for child in parent if child.tag in ("param", "conditional")}
    return found.union(*(names(box) for box in parent if box.tag in ("section", "repeat")))


def options(root, name):
    """Return the option values of a select."""
    found = next(param for param in root.iter("param") if interface.name_of(param) == name)
    return {option.get("value") for option in found.iter("option")}


def fields(layer):
    """Return the names of a layer's parameters in the form."""
    further = {"kwargs": layer.keywords, "wrapped": layer.wraps}
    return {parameter.name for parameter in layer.parameters} | {name for name, has in further.items() if has}


@pytest.mark.parametrize(("section", "table"), [("sequential", LAYERS), ("functional", FUNCTIONAL_LAYERS)])
def test_layers(wrappers, section, table):
    expected = {}
    for name, layer in table.items():
        expected[name] = fields(layer)
        if section == "functional" and name != "Input":
            expected[name].add("merging_layers" if layer.merges else "inbound_nodes")
    path = f".//conditional[@name='model_selection']/when[@value='{section}']//conditional[@name='layer_selection']"
    assert cases(wrappers["keras_model_config"], path, "layer_type") == expected


@pytest.mark.parametrize("section", ["sequential", "functional"])
@pytest.mark.parametrize("wrapper", [name for name, layer in LAYERS.items() if layer.wraps])
def test_wrapped_layers(wrappers, section, wrapper):
    expected = {name: fields(LAYERS[name]) for name in LAYERS[wrapper].wraps}
    path = f".//when[@value='{section}']//when[@value='{wrapper}']/conditional[@name='wrapped']"
    assert cases(wrappers["keras_model_config"], path, "layer_type") == expected


def test_activations(wrappers):
    form = wrappers["keras_model_config"].find("inputs")
    offered = [param for param in form.iter("param") if interface.name_of(param) == "activation"]
    assert {tuple(option.get("value") for option in p.iter("option")) for p in offered} == {ACTIVATIONS}


def test_defaults_of_the_fields_beside_keyword_arguments(wrappers):
    """Where a field holds its default, a keyword argument holds against it."""
    form = interface.parameters(wrappers["keras_model_config"])
    seen = {}
    for path, parameter in form.items():
        layer, _, name = path.rpartition("[")[2].partition("]|")
        if layer in LAYERS and LAYERS[layer].keywords and not LAYERS[layer].instead:
            for field in LAYERS[layer].parameters:
                if field.name == name:
                    seen[layer, field.keras or name, field.kind] = parameter.default
    assert len(seen) > 60
    for (layer, name, kind), default in seen.items():
        told = LAYERS[layer].defaults.get(name)
        assert (told is None) == (default == ""), (layer, name)
        assert told is None or keywords.same(kind.read(told, ""), kind.read(default, "")), (layer, name, told, default)
        known = told is None or arguments.read(LAYERS[layer].keras or layer, name, told, "")
        assert told is None or keywords.same(known, kind.read(told, "")), (layer, name, told)
    assert {(layer, name) for layer, name, _ in seen} >= {
        (layer, name)
        for layer, entry in LAYERS.items()
        if entry.keywords and not entry.instead
        for name in entry.defaults
    }


@pytest.mark.parametrize("section", ["sequential", "functional"])
def test_weights(wrappers, section):
    box = wrappers["keras_model_config"].find(f".//when[@value='{section}']//repeat[@name='weights_options']")
    assert names(box) == {"weights", *weights.KINDS}
    assert options(box, "weights") == set(weights.WEIGHTS)
    for kind, table, nothing in (
        ("initializer", {name: table for name, (_, table) in weights.INITIALIZERS.items()}, weights.DEFAULT),
        ("regularizer", {name: table for name, (_, table) in weights.REGULARIZERS.items()}, weights.NO_REGULARIZER),
        ("constraint", kinds.CONSTRAINTS, weights.NO_CONSTRAINT),
    ):
        expected = {name: {parameter.name for parameter in parameters} for name, parameters in table.items()}
        assert cases(box, f"conditional[@name='{kind}']", f"{kind}_type") == {nothing: set(), **expected}


@pytest.mark.parametrize("parameter", ["mode", "distribution"])
def test_options_of_initializers(wrappers, parameter):
    box = wrappers["keras_model_config"].find(".//conditional[@name='initializer']/when[@value='variance_scaling']")
    table = weights.INITIALIZERS["variance_scaling"][1]
    assert options(box, parameter) == set(next(p.kind.options for p in table if p.name == parameter))


# Prints, of each of Keras' modules, the name under which every class in it is listed first; in a process of its own.
_KERAS_CLASSES = """
import json, keras
print(json.dumps({module.__name__.rpartition(".")[2]: {name: value.__name__ for name, value in vars(module).items() if isinstance(value, type)}
                  for module in (keras.initializers, keras.regularizers, keras.constraints)}))
"""


def test_every_initializer_regularizer_and_constraint_of_keras_is_on_offer():
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    answer = subprocess.run(
        [sys.executable, "-c", _KERAS_CLASSES], capture_output=True, text=True, check=True, env=environment
    )
    classes = json.loads(answer.stdout)
    bases = {"Initializer", "RandomInitializer", "Regularizer", "Constraint"}
    for module, offered in (
        ("initializers", {name for name, _ in weights.INITIALIZERS.values()}),
        ("regularizers", {name for name, _ in weights.REGULARIZERS.values()}),
        ("constraints", set(kinds.CONSTRAINTS)),
    ):
        # Those that work on pieces of sound are for layers that are not on offer.
        assert {*classes[module].values()} - bases - {"STFT"} == {classes[module][name] for name in offered}


def test_training_parameters(wrappers):
    root = wrappers["keras_model_builder"]
    scaling = {p.name for p in optimizers.LOSS_SCALING}
    expected = {name: {p.name for p in table} | scaling | {"schedule"} for name, table in optimizers.OPTIMIZERS.items()}
    assert cases(root, ".//conditional[@name='optimizer_selection']", "optimizer_type") == expected
    expected = {name: {p.name for p in table} for name, table in schedules.SCHEDULES.items()}
    assert cases(root, ".//conditional[@name='schedule']", "schedule_type") == expected
    offered = {name: {p.name for p in table} for name, table in callbacks.CALLBACKS.items()}
    offered |= {name: set() for name in callbacks.WITHOUT_CALLBACK}
    assert cases(root, ".//conditional[@name='callback_selection']", "callback_type") == offered
    assert options(root, "loss") == set(training_parameters.LOSSES)
    assert options(root, "metrics") == {*metrics.METRICS, training_parameters.NO_METRIC}
    compiling = names(root.find(".//section[@name='compile_params']"))
    of_outputs = {"output", "output_learning_type", "output_loss", "loss_weight", "output_metrics"}
    of_loss = {p.name for p in objectives.LOSS_OPTIONS}
    assert compiling == {"loss", "optimizer_selection", "metrics", *of_loss, *of_outputs}
    assert options(root, "output_loss") == options(root, "loss")
    assert options(root, "output_learning_type") == set(training_config.LEARNING_TYPES)
    for monitor in root.find("inputs").iterfind(".//param[@name='monitor']"):
        assert {option.get("value") for option in monitor.iter("option")} == set(callbacks.MONITORED)
    assert options(root, "class_weight_type") == set(fit_parameters.WEIGHTINGS)
    assert options(root, "learning_type") == set(training_config.LEARNING_TYPES)


def test_scorers(wrappers):
    assert options(wrappers["keras_train_and_eval"], "primary_scoring") == {*scorers.SCORERS, scorers.DEFAULT}
