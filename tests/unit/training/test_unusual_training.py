"""Networks and settings that only the training finds fault with, and numbers that no setting can have: one line each."""

import json
import zipfile

import pytest

from dltools.catalogue import training_parameters
from dltools.catalogue.training_config import Chosen
from dltools.core.errors import UserError
from tests.support import forms
from tests.support.attack_models import dense, layer, sequential

SETTINGS = {
    "learning_type": "KerasGRegressor",
    "loss": "mean_squared_error",
    "metrics": [],
    "optimizer": {"type": "SGD"},
    "fit": {},
    "callbacks": [],
}
_LONG = list(map(float, range(1, 102)))


def _without_input(*layers):
    found = sequential(*layers)
    found["config"]["layers"].pop(0)
    return found


NETWORKS = {
    "units for the table's columns": (_without_input(dense(10**9)), "would have 5,000,000,000 parameters"),
    "values for the table's columns": (_without_input(layer("RepeatVector", n=10**8), layer("GlobalAveragePooling1D", name="g"), dense(1, name="end")),
                                       "400,000,000 values that a layer makes of one sample"),
    "a shape that is none": ({**(found := _without_input(dense(1))), "config": {**found["config"], "build_input_shape": {"a": [1]}}},
                             "its build_input_shape is no shape"),
    "a layer that Keras cannot compute": (sequential(layer("RepeatVector", n=2), layer("Masking", mask_value=[1, 2], name="m"),
                                                     layer("GlobalAveragePooling1D", name="g"), dense(1, name="end")),
                                          "A layer of the network cannot be computed, "),
    "a layer that TensorFlow cannot compute": (sequential(layer("Reshape", target_shape=[2, 2, 1]),
                                                          layer("Conv2D", filters=1, kernel_size=3, dilation_rate=10**9, padding="same", name="c"),
                                                          layer("Flatten", name="f"), dense(1, name="end")),
                                               "The network cannot be computed for these samples: Negative output dimension"),
    "a batch beyond the memory": (sequential(layer("RepeatVector", n=4 * 10**6), layer("GlobalAveragePooling1D", name="g"), dense(1, name="end")),
                                  "the 16,000,000 values that one of its layers makes of a sample 2,048 MB for a batch of 32"),
    "weights beyond the memory": (sequential(dense(10**8), dense(1, name="end")), "its 600,000,001 parameters take 2,400 MB"),
}  # fmt: skip


def test_fail_networks(tmp_path, monkeypatch):
    monkeypatch.setenv("GALAXY_MEMORY_MB", "2200")
    (tmp_path / "x.tabular").write_text("1\t2\t3\t4\n2\t3\t4\t5\n" * 40)
    (tmp_path / "y.tabular").write_text("1\n2\n" * 40)
    for name, (config, _) in NETWORKS.items():
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as target:
            for member, content in {"architecture": config, "training": SETTINGS, "versions": {"format": "1"}}.items():
                target.writestr(f"{member}.json", json.dumps(content))
    cases = {
        name: forms.training(tmp_path / f"{name}.zip", tmp_path / "x.tabular", tmp_path / "y.tabular")
        for name in NETWORKS
    }
    results = forms.run_all("train_and_eval", cases, tmp_path, outfile_result="scores", outfile_object="model")
    for name, (_, words) in NETWORKS.items():
        forms.assert_one_line(results[name], words)
        assert results[name].written == [], name


def _schedule(kind, **options):
    return {"optimizer": {"type": "SGD", "schedule": {"type": kind, "options": options}}}


@pytest.mark.parametrize("settings, words", [
    ({"random_seed": 2**32}, "random_seed must be a whole number of at least 0 and at most 4294967295"),
    ({"fit": {"batch_size": 10**30}}, "batch_size must be a whole number of at least 1 and at most"),
    ({"optimizer": {"type": "SGD", "options": {"gradient_accumulation_steps": 10**30}}}, "gradient_accumulation_steps must be"),
    ({"optimizer": {"type": "SGD", "loss_scaling": {"dynamic_growth_steps": 10**30}}}, "dynamic_growth_steps must be"),
    ({"optimizer": {"type": "Muon", "options": {"ns_steps": 10**9}}}, "ns_steps must be a whole number of at least 1 and at most 100"),
    (_schedule("PolynomialDecay", power=1e308), "power must be a number"),
    (_schedule("PiecewiseConstantDecay", boundaries=_LONG, values=_LONG), "there may be at most 100 boundaries. Received: 101"),
    ({"callbacks": {"a": 1}}, "callbacks must be a list"),
    ({"learning_type": "KerasGClassifier", "loss": "binary_crossentropy", "class_weight": "{1e999: 1, 'a': float}"}, "must be classes with their weights"),
])  # fmt: skip
def test_fail_settings(settings, words):
    with pytest.raises(UserError, match=words):
        training_parameters.check({**SETTINGS, **settings}, "file")


def test_a_class_is_what_is_written():
    settings = {
        **SETTINGS,
        "learning_type": "KerasGClassifier",
        "loss": "binary_crossentropy",
        "class_weight": "{1e999: 1}",
    }
    assert training_parameters.check(settings, "file").class_weight == {"1e999": 1.0}


def test_a_late_step_of_a_schedule_is_kept_in_64_bits():
    from dltools.backend import keras_runtime
    from dltools.catalogue import schedules

    keras_runtime.keras_for_design()
    late = Chosen(type="PiecewiseConstantDecay", options={"boundaries": [1e30, 1e38], "values": [0.1, 0.2]})
    made = schedules.make(late, 0.5, 10, 1)
    assert made.boundaries == [2**62 - 1, 2**62 - 1]
