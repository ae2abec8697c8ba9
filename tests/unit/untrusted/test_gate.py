"""The gate's tables beside Keras' own modules, and the limits beside what administrators read of them."""

import json

import pytest

from dltools.catalogue.layers.table import KNOWN
from dltools.catalogue.layers.traits import Trait
from dltools.core import limits
from dltools.core.errors import UserError
from dltools.untrusted import allowed, gate
from tests.support import forms
from tests.support.places import ROOT

UNSAFE = {name for name, layer in KNOWN.items() if layer.has(Trait.UNSAFE)}
# Classes of Keras that were looked at and are kept out: code, files, other frameworks, one backend only, wrappers of
# functions, settings that name further objects, and bases.
KEPT_OUT = {
    "keras.layers": {"Layer", "Wrapper", "MaxNumBoundingBoxes", "Pipeline", *UNSAFE},
    "keras.initializers": {"Initializer", "STFT", "STFTInitializer", "stft"},
    "keras.regularizers": {"Regularizer"},
    "keras.constraints": {"Constraint"},
    "keras.dtype_policies": {
        "AWQDTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "GPTQDTypePolicy", "Int4DTypePolicy", "QuantizedDTypePolicy",
        "QuantizedFloat8DTypePolicy",
    },
    "keras.optimizers": {"MultiOptimizer", "Optimizer", "OptimizerMap"},
    "keras.optimizers.schedules": {"LearningRateSchedule"},
    "keras.losses": {"Loss"},
    "keras.metrics": {"Metric", "MeanMetricWrapper"},
}  # fmt: skip


@pytest.fixture(scope="module")
def public_classes(tmp_path_factory):
    """Return module -> names of the classes that Keras has there."""
    folder = tmp_path_factory.mktemp("classes")
    (folder / "list.py").write_text(
        "import json, operator, os\nos.environ['KERAS_BACKEND'] = 'numpy'\nimport keras\n"
        f"modules = {sorted(KEPT_OUT)!r}\n"
        "found = {m: [n for n, v in vars(operator.attrgetter(m.partition('.')[2])(keras)).items() if isinstance(v, type)] for m in modules}\n"
        "print(json.dumps(found))\n"
    )
    return json.loads(
        forms.subprocess.run(
            [forms.sys.executable, folder / "list.py"], capture_output=True, text=True, check=True
        ).stdout
    )


@pytest.mark.parametrize("module", KEPT_OUT)
def test_every_class_of_keras_was_looked_at(public_classes, module):
    further = {"InputSpec"} if module == "keras.layers" else set()
    assert set(public_classes[module]) == allowed.MODULES[module] | KEPT_OUT[module] | further
    assert not allowed.MODULES[module] & KEPT_OUT[module]


def test_an_administrator_raises_a_limit(monkeypatch):
    with pytest.raises(
        UserError, match="at most 60 are allowed. An administrator may raise this by DLTOOLS_MAX_JSON_DEPTH"
    ):
        gate.parse_json("[" * 61 + "]" * 61, "file")
    monkeypatch.setenv("DLTOOLS_MAX_JSON_DEPTH", "70")
    gate.parse_json("[" * 61 + "]" * 61, "file")
    monkeypatch.setenv("DLTOOLS_MAX_JSON_DEPTH", "many")
    with pytest.raises(UserError, match="DLTOOLS_MAX_JSON_DEPTH: must be a whole number"):
        gate.parse_json("[]", "file")


def test_documentation_lists_every_limit():
    page = (ROOT / "docs" / "administration" / "safety.md").read_text(encoding="utf-8")
    for entry in limits.LIMITS.values():
        assert f"| `{entry.variable}` | {entry.default:,} | {entry.meaning} |" in page
