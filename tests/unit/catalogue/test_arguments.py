"""Arguments of layers as they are typed: each has the type that the layer's own argument has, or is refused."""

import json
import subprocess
import sys

import pytest

from dltools.catalogue import arguments, keywords
from dltools.catalogue.layers.table import LAYERS
from dltools.catalogue.training_config import CLASSIFIER, FitConfig, OptimizerConfig, TrainingConfig
from dltools.core.errors import UserError
from dltools.forms import kinds, parameters
from dltools.model_files import hyperparameters
from dltools.model_files.builder import Builder
from tests.support import forms, layer_cases
from tests.support.places import SCRIPTS

_IN_KERAS = """
import inspect, json
from dltools.backend.keras_runtime import keras_for_design
keras = keras_for_design()
from dltools.catalogue.layers.table import FUNCTIONAL_LAYERS
found = {}
for offered, layer in FUNCTIONAL_LAYERS.items():
    if not layer.instead:
        name = layer.keras or offered
        parameters = inspect.signature(getattr(keras.layers, name).__init__).parameters.values()
        found[name] = {p.name: p.default is not p.empty and (p.default is None or isinstance(p.default, (bool, int, float, str, tuple))) and repr(p.default)
                       for p in parameters if p.name != "self" and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def in_keras():
    """Return class -> constructor argument -> Keras' default as a Python literal, or false where there is none."""
    answer = subprocess.run([sys.executable, "-c", _IN_KERAS], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def test_every_argument_of_every_layer_on_offer_has_a_type(in_keras):
    pairs = [(layer, name) for layer, names in in_keras.items() for name in names if name not in arguments.NOT_TYPED]
    assert [pair for pair in pairs if arguments.kind(*pair) is None] == []
    assert len(pairs) > 600
    judged = {name for layer, name in pairs if isinstance(arguments.kind(layer, name), kinds.ByKeras)}
    assert judged == set(arguments.CHECKED_BY_KERAS)


def test_the_default_of_keras_has_its_type(in_keras):
    for layer, names in in_keras.items():
        for name, default in names.items():
            if default is not False and name not in arguments.NOT_TYPED:
                value = parameters.literal(default, name)
                read = arguments.read(layer, name, value, name)
                assert isinstance(read, dict) or type(read) is type(value) or keywords.same(read, value), (
                    layer,
                    name,
                    default,
                    read,
                )


def test_every_flag_of_keras_is_a_flag(in_keras):
    flags = [
        (layer, name)
        for layer, names in in_keras.items()
        for name, default in names.items()
        if default in ("True", "False")
    ]
    assert len(flags) > 70
    for layer, name in flags:
        for text in ("false", "False", "FALSE", False):
            assert arguments.read(layer, name, text, name) is False
        for value in (2, 0, 1, 1.0, "no", "yes", "", None, (), "0"):
            with pytest.raises(UserError, match=f"^{name} must be True or False. Received: "):
                arguments.read(layer, name, value, name)


def test_what_a_field_takes_a_keyword_takes():
    for name, (_, values) in layer_cases.CASES.items():
        layer = LAYERS[name.split()[0]]
        for field in layer.parameters:
            value = values.get(field.name)
            if not layer.keywords or parameters.is_empty(value):
                continue
            argument = field.keras or field.name
            assert arguments.read(layer.keras or name.split()[0], argument, value, "") == field.kind.read(value, ""), (
                name,
                argument,
            )


def dense(kwargs, activation="linear", units=4):
    return forms.sequential(("Dense", {"units": units, "activation": activation, "kwargs": kwargs}), input_shape="(6,)")


def lstm(kwargs):
    return forms.sequential(("LSTM", {"units": 4, "kwargs": kwargs}), input_shape="(6, 3)")


def pooling(kwargs, size="(2, 2)"):
    return forms.sequential(
        ("MaxPooling2D", {"pool_size": size, "strides": "", "kwargs": kwargs}), input_shape="(8, 8, 3)"
    )


# Name -> the form, and what the layer's configuration then holds.
UNDERSTOOD = {
    **{
        f"use_bias {text}": (dense(f"use_bias={text}"), {"use_bias": False})
        for text in ("False", "false", "FALSE", "'false'", "'False'", '"false"')
    },
    "return_sequences": (lstm("return_sequences='false'"), {"return_sequences": False}),
    "return_sequences true": (lstm("return_sequences=true"), {"return_sequences": True}),
    "number in quotes": (lstm("dropout='0.25', seed='7'"), {"dropout": 0.25, "seed": 7}),
    "underscore": (dense("units=1_0", units=10), {"units": 10}),
    "none": (lstm("seed=none, bias_regularizer='None'"), {"seed": None, "bias_regularizer": None}),
    "capitals": (pooling("padding='SAME'"), {"padding": "same"}),
    "the same twice": (dense("activation='relu', units='4'", "relu"), {"activation": "relu", "units": 4}),
    "the same size": (pooling("pool_size=2"), {"pool_size": [2, 2]}),
}
# A keyword argument against a field that holds its default -> what the layer has, and the line.
HOLDS = {
    "gelu": (
        dense("activation='gelu'"),
        {"activation": "gelu"},
        "Layer 1 (Dense): activation='gelu' of the keyword arguments holds, not 'linear', the form's default.",
    ),
    "pool_size": (
        pooling("pool_size=3"),
        {"pool_size": [3, 3]},
        "Layer 1 (MaxPooling2D): pool_size=3 of the keyword arguments holds, not (2, 2), the form's default.",
    ),
    "wrapped": (
        forms.sequential(
            (
                "TimeDistributed",
                {"wrapped": {"layer_type": "Dense", "units": 2, "activation": "linear", "kwargs": "activation='elu'"}},
            ),
            input_shape="(6, 3)",
        ),
        {},
        "Layer 1 (TimeDistributed): wrapped Dense: activation='elu' of the keyword arguments holds",
    ),
}
REFUSED = {
    "use_bias 2": (dense("use_bias=2"), "Layer 1 (Dense): use_bias must be True or False. Received: '2'."),
    "use_bias no": (dense("use_bias=no"), "Layer 1 (Dense): use_bias must be True or False. Received: 'no'."),
    "use_bias None": (dense("use_bias=None"), "use_bias must be True or False. Received: 'None'."),
    "unroll": (lstm("unroll=1"), "unroll must be True or False. Received: '1'."),
    "units": (dense("units=5"), "Layer 1 (Dense): units is given twice: 4 in the form, 5 in the keyword arguments."),
    "activation": (
        dense("activation='gelu'", "relu"),
        "activation is given twice: 'relu' in the form, 'gelu' in the keyword arguments.",
    ),
    "pool_size": (pooling("pool_size=3", "4"), "pool_size is given twice: 4 in the form, 3 in the keyword arguments."),
    "units True": (dense("units=True"), "units must be a whole number of at least 1. Received: 'True'."),
    "no activation": (lstm("recurrent_activation='sigmod'"), "recurrent_activation must be one of linear, softmax"),
    "a number of a regularizer": (
        dense("kernel_regularizer=0.01"),
        "kernel_regularizer must be one of L1, L1L2, L2, OrthogonalRegularizer, l1, l1_l2, l2, orthogonal_regularizer, or be set in the box",
    ),
    "dropout": (lstm("dropout=20"), "dropout must be a number of at least 0 and at most 1. Received: '20'."),
    "quantization": (dense("quantization_config='int8'"), "asks for a quantization"),
    "other digits": (dense("", units="٣"), "units must be a whole number of at least 1. Received: '٣'."),
    "exponent": (dense("", units="1e3"), "units must be a whole number of at least 1. Received: '1e3'."),
    "decimal comma": (
        forms.sequential(("RandomRotation", {"factor": "0,5", "kwargs": ""}), input_shape="(8, 8, 1)"),
        "factor must be a number, such as 0.2, or a lower and an upper limit in brackets",
    ),
}


@pytest.fixture(scope="module")
def designed(tmp_path_factory):
    cases = {
        f"{kind} {name}": case[0]
        for kind, table in (("ok", UNDERSTOOD), ("holds", HOLDS), ("fail", REFUSED))
        for name, case in table.items()
    }
    return forms.run_all("model_config", cases, tmp_path_factory.mktemp("arguments"), outfile="model.json")


def configuration(result):
    assert (result.returncode, result.stderr) == (0, "")
    return json.loads((result.folder / "model.json").read_text())["config"]["layers"][1]["config"]


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_ok_understood(designed, name):
    found = configuration(designed[f"ok {name}"])
    assert {key: found[key] for key in UNDERSTOOD[name][1]} == UNDERSTOOD[name][1]
    assert "of the keyword arguments holds" not in designed[f"ok {name}"].stdout


@pytest.mark.parametrize("name", HOLDS)
def test_ok_keyword_holds_against_a_default(designed, name):
    _, expected, line = HOLDS[name]
    found = configuration(designed[f"holds {name}"])
    assert {key: found[key] for key in expected} == expected
    assert line in designed[f"holds {name}"].stdout


@pytest.mark.parametrize("name", REFUSED)
def test_fail_refused(designed, name):
    forms.assert_one_line(designed[f"fail {name}"], REFUSED[name][1])
    assert not designed[f"fail {name}"].written


def test_ok_no_name_is_no_name():
    assert arguments.read("Dense", "name", None, "name") is None


def layer(kind, **config):
    return {"module": "keras.layers", "class_name": kind, "config": config}


NETWORK = {
    "class_name": "Sequential",
    "config": {
        "layers": [
            layer("InputLayer", batch_shape=[None, 6, 3], sparse=False),
            layer(
                "Dense",
                units=4,
                activation="relu",
                use_bias=True,
                kernel_regularizer=None,
                kernel_initializer={"class_name": "VarianceScaling", "config": {"scale": 1.0}},
            ),
            layer(
                "Bidirectional", merge_mode="concat", layer=layer("LSTM", units=3, return_sequences=True, dropout=0.0)
            ),
            layer("Conv2D", filters=2, kernel_size=[3, 3], padding="valid"),
            layer("RandomHue", factor=[0, 0.5], data_format="channels_last", seed=3, flag=True, rate=0.5),
            layer("Sequential", layers=[layer("Dense", units=2, use_bias=True)]),
        ]
    },
}
TRAINING = TrainingConfig(
    learning_type=CLASSIFIER,
    loss="categorical_crossentropy",
    fit=FitConfig(epochs=3),
    optimizer=OptimizerConfig(type="Adam", options={"learning_rate": 0.1, "amsgrad": True}),
)


def swapped(*swaps):
    return hyperparameters.swap(Builder(NETWORK, TRAINING), [hyperparameters.Swap(*swap) for swap in swaps])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("layers_1_Dense__use_bias", "false", False),
        ("layers_1_Dense__use_bias", "'False'", False),
        ("layers_1_Dense__use_bias", "TRUE", True),
        ("layers_1_Dense__units", "'12'", 12),
        ("layers_1_Dense__activation", "gelu", "gelu"),
        ("layers_1_Dense__activation", "none", None),
        ("layers_1_Dense__kernel_regularizer", "null", None),
        ("layers_1_Dense__kernel_regularizer", "l2", "l2"),
        ("layers_2_Bidirectional__layer__return_sequences", "false", False),
        ("layers_2_Bidirectional__layer__units", "7", 7),
        ("layers_2_Bidirectional__config__layer__config__dropout", "'0.5'", 0.5),
        ("layers_3_Conv2D__kernel_size", "[5, 5]", [5, 5]),
        ("layers_3_Conv2D__kernel_size", "(5, 5)", [5, 5]),
        ("layers_3_Conv2D__padding", "SAME", "same"),
        ("layers_4_RandomHue__flag", "false", False),
        ("layers_4_RandomHue__rate", "0", 0.0),
        ("layers_5_Sequential__layers_0_Dense__use_bias", "False", False),
    ],
)
def test_ok_swapped_settings_of_layers(name, text, expected):
    found = hyperparameters.values(swapped((name, text)))[name.replace("__config__", "__")]
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("epochs", "1_0", 10),
        ("verbose", "0", 0),
        ("optimizer__amsgrad", "false", False),
        ("epsilon", "'1e-7'", 1e-7),
        ("from_logits", "TRUE", True),
        ("optimizer__learning_rate", "none", None),
        ("steps_per_epoch", "null", None),
    ],
)
def test_ok_swapped_settings_of_training(name, text, expected):
    found = hyperparameters.values(swapped((name, text)))
    assert found.get(name, found.get(f"optimizer__{name}")) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("layers_1_Dense__use_bias", "2", "layers_1_Dense__use_bias must be True or False. Received: '2'."),
        ("layers_1_Dense__use_bias", "no", "must be True or False. Received: 'no'."),
        ("layers_1_Dense__use_bias", "None", "must be True or False"),
        ("layers_1_Dense__units", "12.0", "units must be a whole number of at least 1. Received: '12.0'."),
        ("layers_1_Dense__units", "True", "units must be a whole number"),
        ("layers_1_Dense__activation", "rely", "activation must be one of linear"),
        ("layers_2_Bidirectional__layer__return_sequences", "2", "return_sequences must be True or False"),
        (
            "layers_2_Bidirectional__layer",
            "{'class_name': 'LSTM'}",
            "'layers_2_Bidirectional__layer' is no setting of this model",
        ),
        (
            "layers_3_Conv2D__kernel_size",
            "(5, 5, 5)",
            "kernel_size must be a whole number of at least 1, such as 2, or 2 of them",
        ),
        ("layers_4_RandomHue__flag", "yes", "flag must be True or False"),
        ("layers_4_RandomHue__rate", "much", "rate must be a number"),
        ("layers_5_Sequential__layers_0_Dense__use_bias", "0", "use_bias must be True or False"),
        ("epochs", "True", "epochs must be a whole number of at least 1. Received: 'True'."),
        ("epochs", "2.0", "epochs must be a whole number"),
        ("verbose", "False", "verbose must be a whole number"),
        ("optimizer__amsgrad", "yes", "amsgrad must be True or False. Received: 'yes'."),
        ("from_logits", "1", "from_logits must be True or False"),
        ("learning_rate", "True", "learning_rate must be a number"),
        ("epochs", "٣", "epochs: must be a number"),
    ],
)
def test_fail_swapped(name, text, message):
    with pytest.raises(
        UserError, match="^(Hyperparameter swapping: |Fit parameters: |Adam: |categorical_crossentropy: ).*"
    ) as raised:
        swapped((name, text))
    assert message in str(raised.value)


def test_fail_a_flag_of_a_file_that_is_none():
    config = {"class_name": "Sequential", "config": {"layers": [layer("Dense", units=2, use_bias="false", name="d")]}}
    with pytest.raises(
        UserError,
        match=r"model.json: layer 'd' \(Dense\): use_bias must be true or false, without quotes. Received: 'false'.",
    ):
        arguments.check_flags(config, "model.json")
    arguments.check_flags(NETWORK, "model.json")


@pytest.mark.parametrize("value", ["yes", "no", "1", 1, 0, "on", [], "boolfalse boolfalse"])
def test_fail_a_checkbox_that_is_none(value):
    with pytest.raises(UserError, match="^Header must be True or False. Received: "):
        parameters.boolean(value, "Header")
    with pytest.raises(UserError, match="^nesterov must be True or False. Received: "):
        kinds.Flag().read(value, "nesterov")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (kinds.Factor(), "0,5"),
        (kinds.Numbers(), "0,5"),
        (kinds.Numbers(2), "0, 255"),
        (kinds.Penalties(), "0,01"),
        (kinds.Penalties(), "0,1"),
        (kinds.Figures(), "0,5"),
        (kinds.Real(), "0,5"),
    ],
)
def test_fail_a_decimal_comma_is_not_two_numbers(kind, text):
    with pytest.raises(UserError, match="^rate must be .*Received: "):
        kind.read(text, "rate")
