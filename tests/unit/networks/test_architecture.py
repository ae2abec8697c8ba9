"""Designing networks, on Keras' NumPy backend, in a process as the tool has it."""

import json

import pytest

from dltools.forms import kinds
from tests.support import forms
from tests.support.networks import boxed

ONE_INPUT = ("Input", {"shape": "(10,)", "name": "", "dtype": "float32", "sparse": False})


def dense(units=4, **values):
    return ("Dense", {"units": units, "activation": "relu", "kwargs": "", **values})


def changed(position, **values):
    """Return the tutorial's layers with one of them changed."""
    entries = list(forms.CNN)
    kind, old = entries[position - 1]
    entries[position - 1] = (values.pop("layer_type", kind), {**old, **values})
    return forms.sequential(*entries)


@pytest.fixture
def design(tmp_path):
    """Return a function that runs the tool on a form."""
    return lambda form: forms.run("model_config", form, tmp_path, outfile="model.json")


def test_ok_tutorial(design, tmp_path):
    result = design(forms.sequential(*forms.CNN))
    assert (result.returncode, result.stderr) == (0, "")
    assert "7      dense            Dense         (None, 10)         1450" in result.stdout
    config = json.loads((tmp_path / "model.json").read_text())
    kinds_found = [layer["class_name"] for layer in config["config"]["layers"]]
    assert kinds_found == [
        "InputLayer",
        "Reshape",
        "Conv2D",
        "MaxPooling2D",
        "Conv2D",
        "MaxPooling2D",
        "Flatten",
        "Dense",
    ]
    assert config["config"]["layers"][2]["config"]["padding"] == "same"
    assert config["config"]["layers"][1]["config"]["target_shape"] == [28, 28, 1]


def test_ok_two_inputs_merged(design, tmp_path):
    form = forms.functional(
        ONE_INPUT,
        ("Input", {"shape": "(10,)", "name": "other", "sparse": True}),
        dense(inbound_nodes=1),
        ("Concatenate", {"merging_layers": "[2, 3]", "axis": "-1"}),
        dense(1, inbound_nodes="4"),
        inputs="[1, 2]",
        outputs="[5]",
    )
    result = design(form)
    assert (result.returncode, result.stderr) == (0, "")
    config = json.loads((tmp_path / "model.json").read_text())["config"]
    assert [layer[0] for layer in config["input_layers"]] == ["input_layer", "other"]
    assert [layer["config"]["sparse"] for layer in config["layers"] if layer["class_name"] == "InputLayer"] == [
        False,
        True,
    ]


@pytest.mark.parametrize("axis", [None, ""])
def test_ok_blank_axis_is_the_last(design, tmp_path, axis):
    merged = ("Concatenate", {"merging_layers": "[1, 2]", "axis": axis})
    result = design(
        forms.functional(ONE_INPUT, ONE_INPUT, merged, dense(1, inbound_nodes="3"), inputs="[1, 2]", outputs="[4]")
    )
    assert (result.returncode, result.stderr) == (0, "")
    layers = json.loads((tmp_path / "model.json").read_text())["config"]["layers"]
    assert [layer["config"]["axis"] for layer in layers if layer["class_name"] == "Concatenate"] == [-1]


def test_ok_positions_of_the_form(design, tmp_path):
    """Keras sorts the layers of a functional model by depth; the table keeps the form's order."""
    chain = (
        dense(inbound_nodes=2),
        dense(inbound_nodes=3),
        dense(inbound_nodes=1),
        ("Add", {"merging_layers": "[5, 4]"}),
    )
    form = joining(*chain, outputs="[6]")
    result = forms.run("model_config", form, tmp_path, outfile="model.json", outfile_layers="layers.tabular")
    assert (result.returncode, result.stderr) == (0, "")
    table = [line.split("\t") for line in (tmp_path / "layers.tabular").read_text().splitlines()]
    assert table[0] == ["Layer", "Name", "Type", "Output shape", "Parameters", "Receptive field"]
    assert [(row[0], row[2], row[4]) for row in table[1:]] == [
        ("1", "InputLayer", "0"),
        ("2", "InputLayer", "0"),
        ("3", "Dense", "44"),
        ("4", "Dense", "20"),
        ("5", "Dense", "44"),
        ("6", "Add", "0"),
    ]


def test_ok_attention_in_a_chain(design, tmp_path):
    """The model is one that plain Keras loads, and the table counts the layers as the form does."""
    layers = (
        ("Embedding", {"input_dim": 9, "output_dim": 4}),
        ("MultiHeadAttention", ATTENDING),
        ("Flatten", {}),
        dense(),
    )
    result = design(forms.sequential(*layers, input_shape="(6,)"))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[3].split()[:3] == ["2", "multi_head_attention", "MultiHeadAttention"]
    assert json.loads((tmp_path / "model.json").read_text())["class_name"] == "Functional"


# Layers -> what one output of each sees, worked out by the formula by hand; the data are 30 points a side.
VIEWS = {
    "windows and strides": (
        [
            ("Conv2D", {"filters": 2, "kernel_size": "5", "kwargs": "strides=2"}),
            ("MaxPooling2D", {"pool_size": "3", "strides": "2"}),
            ("Conv2D", {"filters": 2, "kernel_size": "(3, 1)"}),
        ],
        ["5 x 5", "9 x 9", "17 x 9"],
    ),
    "dilation": (
        [("Conv2D", {"filters": 2, "kernel_size": "3", "kwargs": f"dilation_rate={d}"}) for d in (1, 2, 4)],
        ["3 x 3", "7 x 7", "15 x 15"],
    ),
    "in between": (
        [
            ("SeparableConv2D", {"filters": 2, "kernel_size": "3"}),
            ("BatchNormalization", {}),
            ("ZeroPadding2D", {"padding": "1"}),
            ("DepthwiseConv2D", {"kernel_size": "2"}),
        ],
        ["3 x 3", "3 x 3", "3 x 3", "4 x 4"],
    ),
    "all points": (
        [
            ("Rescaling", {"scale": 1}),
            ("AveragePooling2D", {"pool_size": "2"}),
            ("GlobalMaxPooling2D", {}),
            ("Dense", {"units": 2}),
        ],
        ["", "2 x 2", "", ""],
    ),
}


def test_ok_receptive_field(tmp_path):
    designs = {name: forms.sequential(*layers, input_shape="(30, 30, 1)") for name, (layers, _) in VIEWS.items()}
    # Of two paths the largest, as beside a shortcut; none where the distances of neighbours are not fixed.
    window = {"filters": 1, "kernel_size": "3", "kwargs": "padding='same'"}
    layers = [
        ("Input", {"shape": "(9, 1)"}),
        ("Conv1D", {**window, "inbound_nodes": 1}),
        ("Add", {"merging_layers": "[1, 2]"}),
        ("MaxPooling1D", {"pool_size": 2, "kwargs": "padding='same'", "inbound_nodes": 3}),
        ("UpSampling1D", {"size": 2, "inbound_nodes": 4}),
    ]
    designs["shortcut"] = forms.functional(*layers, outputs="[5]")
    designed = forms.run_all("model_config", designs, tmp_path, outfile="model.json", outfile_layers="layers.tabular")
    found = {name: [row[5] for row in result.table("layers.tabular")[1:]] for name, result in designed.items()}
    assert found == {**{name: views for name, (_, views) in VIEWS.items()}, "shortcut": ["", "3", "3", "4", ""]}


def test_ok_without_input_shape(design):
    result = design(forms.sequential(dense(), input_shape=""))
    assert result.returncode == 0
    assert "whether the layers fit together shows when training starts" in result.stdout


def test_ok_input_shape_as_keyword(design, tmp_path):
    assert design(forms.sequential(dense(kwargs="input_shape=(12,)"), input_shape=None)).returncode == 0
    first = json.loads((tmp_path / "model.json").read_text())["config"]["layers"][0]
    assert first["config"]["batch_shape"] == [None, 12]


def joining(*entries, inputs="[1, 2]", outputs="[3]"):
    """Return a model that begins with two inputs."""
    return forms.functional(
        ONE_INPUT, ("Input", {"shape": "(10,)", "name": "other"}), *entries, inputs=inputs, outputs=outputs
    )


NORMALIZATION = ("Normalization", {"axis": "-1", "kwargs": ""})
CONVOLUTION = ("Conv1D", {"filters": 2, "kernel_size": "2", "kwargs": ""})
ATTENDING = {"num_heads": 2, "key_dim": 3, "dropout": 0, "kwargs": ""}


def wrapping(kind, wrapped, **values):
    """Return a model of one layer that wraps another."""
    return forms.sequential((kind, {"wrapped": {"layer_type": wrapped, "kwargs": "", **values}}), input_shape="(6, 3)")


def attending(positions):
    """Return a model in which attention takes the layers at some positions."""
    entries = (("Input", {"shape": "(6, 3)"}), ("MultiHeadAttention", {**ATTENDING, "merging_layers": positions}))
    return forms.functional(*entries)


FAIL = {
    "units 0": (changed(7, units=0), "Layer 7 (Dense): units must be a whole number of at least 1. Received: '0'."),
    "units missing": (changed(7, units=""), "Layer 7 (Dense): units must be given"),
    "rate above 1": (
        forms.sequential(("Dropout", {"rate": 1.5, "kwargs": ""})),
        "rate must be a number of at least 0 and at most 1",
    ),
    "reshape": (
        changed(1, target_shape="(28, 29, 1)"),
        "Layer 1 (Reshape) does not fit: target_shape (28, 29, 1) takes 28 x 29 x 1 = 812 numbers, but each sample has 784.",
    ),
    "kernel too large": (changed(2, kernel_size="40", kwargs=""), "Layer 2 (Conv2D) does not fit"),
    "kernel of three": (
        changed(2, kernel_size="(3, 3, 3)"),
        "kernel_size must be a whole number of at least 1, such as 2, or 2",
    ),
    "shape reaches it": (
        changed(3, layer_type="Conv1D", filters=2, kernel_size="2"),
        "It receives data of shape (None, 28, 28, 8)",
    ),
    "input_shape": (
        forms.sequential(*forms.CNN, input_shape="784 pixels"),
        "input_shape must be whole numbers of at least 1 in brackets",
    ),
    "keyword unknown": (
        changed(2, kwargs="paddding='same'"),
        "'paddding' is not an argument of Conv2D. Its arguments are: activation,",
    ),
    "keyword no literal": (
        changed(2, kwargs="padding=open('x')"),
        "the value of padding must be a number, a text in quotes",
    ),
    "keyword without quotes": (
        changed(2, kwargs="padding=same"),
        "Received without quotes: same. Did you mean padding='same'?",
    ),
    "keyword no name": (changed(2, kwargs="3"), "must be of the form name=value"),
    "keyword code": (changed(2, kwargs="padding='same') or print(1"), "must be of the form name=value"),
    "keyword twice": (changed(2, kwargs="padding='same', padding='valid'"), "keyword arguments"),
    "keyword of no use": (
        changed(2, kwargs="padding='sme'"),
        "Layer 2 (Conv2D): padding must be one of valid, same. Received: 'sme'.",
    ),
    "class in a keyword": (
        changed(2, kwargs="kernel_initializer={'class_name': 'Lambda', 'module': 'keras.layers', 'config': {}}"),
        "'keras.layers.Lambda'",
    ),
    "name with markup": (changed(2, kwargs="name='<b>'"), "name must be letters, digits"),
    "activation": (changed(2, activation="rely"), "activation must be one of linear, softmax"),
    "layer not on offer": (forms.sequential(("Lambda", {})), "Layer 1: 'Lambda' is not on offer here"),
    "too large": (changed(7, units=10**12), "at most 2,000,000,000 are allowed"),
    "model type": (
        {"model_selection": {"model_type": "other", "layers": forms.layers(dense())}},
        "Select keras model type",
    ),
    "later layer": (
        forms.functional(ONE_INPUT, dense(inbound_nodes=3), dense(inbound_nodes=1)),
        "layer 2 refers to layer 3, which comes later",
    ),
    "itself": (forms.functional(ONE_INPUT, dense(inbound_nodes=2)), "layer 2 refers to itself"),
    "cycle": (
        forms.functional(ONE_INPUT, dense(inbound_nodes=3), dense(inbound_nodes=2), outputs="[3]"),
        "layer 2 refers to layer 3, which comes later",
    ),
    "no such layer": (
        forms.functional(ONE_INPUT, dense(inbound_nodes=7)),
        "layer 2 refers to layer 7, which is not there. Refer to one of the layers before it, 1 to 1.",
    ),
    "position 0": (
        forms.functional(ONE_INPUT, dense(inbound_nodes=0)),
        "inbound_nodes must be the position of an earlier layer, counted from 1. Received: '0'",
    ),
    "position negative": (forms.functional(ONE_INPUT, dense(inbound_nodes=-1)), "counted from 1. Received: '-1'"),
    "no Input first": (
        forms.functional(dense(inbound_nodes=1), ONE_INPUT),
        "layer 1 refers to itself. Begin with a layer of type Input.",
    ),
    "merge later": (
        forms.functional(ONE_INPUT, ("Add", {"merging_layers": "[1, 3]"}), dense(inbound_nodes=2)),
        "Layer 2 (Add): merging_layers: layer 2 refers to layer 3, which comes later",
    ),
    "merge no position": (
        forms.functional(ONE_INPUT, ("Add", {"merging_layers": "[True, 1]"})),
        "merging_layers must be the position of an earlier layer",
    ),
    "merge of unlike shapes": (
        joining(dense(inbound_nodes=1), ("Concatenate", {"merging_layers": "[2, 3]", "axis": "0"}), outputs="[4]"),
        "Layer 4 (Concatenate) does not fit",
    ),
    "difference of three": (joining(("Subtract", {"merging_layers": "[1, 2, 1]"})), "Layer 3 (Subtract) does not fit"),
    "input to nowhere": (joining(dense(inbound_nodes=1)), "Layer 2 (Input) leads to none of the output_layers, [3]."),
    "input not listed": (
        joining(("Add", {"merging_layers": "[1, 2]"}), inputs="[1]"),
        "input_layers: layer 2 is an Input that the outputs need",
    ),
    "output is an Input": (
        joining(("Add", {"merging_layers": "[1, 2]"}), outputs="[3, 1]"),
        "output_layers: layer 1 is an Input, which computes nothing",
    ),
    "input listed twice": (
        joining(("Add", {"merging_layers": "[1, 2]"}), inputs="[1, 2, 1]"),
        "input_layers: layer 1 is listed twice",
    ),
    "output listed twice": (
        joining(("Add", {"merging_layers": "[1, 2]"}), outputs="[3, 3]"),
        "output_layers: layer 3 is listed twice",
    ),
    "input 0": (
        joining(("Add", {"merging_layers": "[1, 2]"}), inputs="[0]"),
        "input_layers: must list positions of layers from 1 to 3",
    ),
    "inputs of one name": (
        forms.functional(
            ONE_INPUT, ("Input", {"shape": "(3,)", "name": "a"}), ("Input", {"shape": "(3,)", "name": "a"})
        ),
        "Layer 3 (Input): name 'a' is that of layer 2 already",
    ),
    "attention without a shape": (
        forms.sequential(("AdditiveAttention", {"kwargs": ""}), input_shape=""),
        "Layer 1 (AdditiveAttention): input_shape must be given",
    ),
    "attention in a chain": (
        forms.sequential(dense(), ("MultiHeadAttention", ATTENDING), input_shape="(6,)"),
        "Layer 2 (MultiHeadAttention) does not fit: it takes sequences: (steps, features). Put a Reshape to (4, 1) before it",
    ),
    "normalization after weights": (
        forms.sequential(dense(), NORMALIZATION, input_shape="(6,)"),
        "no layer with weights may stand before it, but Layer 1 (Dense) does. Move it before that layer",
    ),
    "normalization after a merge": (
        joining(
            dense(10, inbound_nodes=1),
            ("Add", {"merging_layers": "[2, 3]"}),
            ("Normalization", {"axis": "-1", "inbound_nodes": 4}),
            outputs="[5]",
        ),
        "Layer 5 (Normalization) takes its mean and variance from the data before training, so no layer with weights may stand before it, but Layer 3 (Dense) does",
    ),
    "identity of three dimensions": (
        boxed(CONVOLUTION, ("kernel", "identity")),
        "Layer 1 (Conv1D) does not fit: Identity matrix initializer can only be used for 2D",
    ),
    "identity bias of an LSTM": (
        boxed(("LSTM", {"units": 2, "kwargs": ""}), ("bias", "identity")),
        "Layer 1 (LSTM) does not fit: Identity matrix initializer",
    ),
    "orthogonal bias": (
        boxed(CONVOLUTION, ("bias", "orthogonal")),
        "the initializer orthogonal needs weights of at least 2 dimensions",
    ),
    "orthogonal for minutes": (
        forms.sequential(("LSTM", {"units": 20_000, "kwargs": ""}), input_shape="(5, 3)"),
        "the initializer orthogonal takes too long for recurrent_kernel of shape (20000, 80000)",
    ),
    "orthogonal regularizer": (
        boxed(CONVOLUTION, ("kernel", {"regularizer": {"regularizer_type": "orthogonal"}})),
        "OrthogonalRegularizer must have rank 2",
    ),
    "constraint along no axis": (
        boxed(
            CONVOLUTION, ("bias", {"constraint": {"constraint_type": "MaxNorm", "constraint_options": {"axis": "1"}}})
        ),
        "Layer 1 (Conv1D) does not fit: axis 1 is out of bounds",
    ),
    "no weights": (
        boxed(("Dropout", {"rate": 0.1}), ("kernel", "ones")),
        "Layer 1 (Dropout): this layer has no weights kernel. Remove the box on its weights.",
    ),
    "other weights": (
        boxed(CONVOLUTION, ("recurrent", "ones")),
        "Layer 1 (Conv1D): this layer has no weights recurrent. Choose one of kernel, bias, activity.",
    ),
    "weights of the wrapped": (
        boxed(("Bidirectional", {"wrapped": {"layer_type": "GRU", "units": 2}}), ("gamma", "ones")),
        "wrapped GRU: this layer has no weights gamma. Choose one of kernel, bias, recurrent",
    ),
    "activity starts as nothing": (
        boxed(CONVOLUTION, ("activity", "ones")),
        "its weights activity take no initializer, only a regularizer",
    ),
    "weights in two boxes": (
        boxed(CONVOLUTION, ("bias", "ones"), ("bias", "zeros")),
        "its weights bias are in two boxes",
    ),
    "weights as keyword too": (
        boxed(("Dense", {"units": 2, "kwargs": "bias_initializer='ones'"}), ("bias", "ones")),
        "bias_initializer is given twice",
    ),
    "initializer not on offer": (
        boxed(CONVOLUTION, ("bias", "stft")),
        "weights bias: initializer must be one of zeros, ones",
    ),
    "option of an initializer": (
        boxed(CONVOLUTION, ("kernel", {"initializer": {"initializer_type": "random_normal", "stddev": -1}})),
        "Layer 1 (Conv1D): weights kernel: initializer random_normal: stddev must be a number of at least 0. Received: '-1'.",
    ),
    "keyword of a class": (
        forms.sequential(dense(kwargs="bias_initializer={'class_name': 'Constant', 'config': {}}")),
        "Layer 1 (Dense) does not fit: 'value' is missing.",
    ),
    "not connected": (forms.functional(ONE_INPUT, dense()), "Layer 2 (Dense): inbound_nodes must be given"),
    "one to merge": (forms.functional(ONE_INPUT, ("Add", {"merging_layers": "[1]"})), "at least two layers"),
    "merge does not fit": (
        forms.functional(ONE_INPUT, dense(inbound_nodes=1), ("Add", {"merging_layers": "[1, 2]"}), outputs="[3]"),
        "Layer 3 (Add) does not fit",
    ),
    "wrapped missing value": (
        wrapping("Bidirectional", "LSTM", units=""),
        "Layer 1 (Bidirectional): wrapped LSTM: units must be given",
    ),
    "wrapped not on offer": (
        wrapping("Bidirectional", "Dense", units=2),
        "Layer 1 (Bidirectional): wrapped must be one of LSTM, GRU, SimpleRNN",
    ),
    "wrapped with a shape": (
        wrapping("Bidirectional", "GRU", units=2, kwargs="input_shape=(6, 3)"),
        "wrapped GRU: input_shape belongs to the first layer",
    ),
    "wrapped keyword": (
        wrapping("Bidirectional", "GRU", units=2, kwargs="filters=3"),
        "wrapped GRU: 'filters' is not an argument of GRU",
    ),
    "wrapped does not fit": (
        wrapping("TimeDistributed", "Conv2D", filters=2, kernel_size="2"),
        "Layer 1 (TimeDistributed) does not fit",
    ),
    "attention to none": (
        attending("[]"),
        "Layer 2 (MultiHeadAttention): merging_layers must list the positions of the query, the value and the key",
    ),
    "attention to four": (
        attending("[1, 1, 1, 1]"),
        "the key may be left out, and the value too. Received: '[1, 1, 1, 1]'",
    ),
    "groups do not divide": (
        forms.sequential(("GroupNormalization", {"groups": 3, "kwargs": ""}), input_shape="(6, 4)"),
        "Layer 1 (GroupNormalization) does not fit",
    ),
    "bins and boundaries": (
        forms.sequential(("Discretization", {"bin_boundaries": "(0, 1)", "kwargs": "num_bins=3"}), input_shape="(6,)"),
        "Layer 1 (Discretization) does not fit",
    ),
    "no such output": (
        forms.functional(ONE_INPUT, dense(inbound_nodes=1), outputs="[9]"),
        "output_layers: must list positions of layers from 1 to 2",
    ),
    "input is no Input": (
        forms.functional(ONE_INPUT, dense(inbound_nodes=1), inputs="[2]"),
        "layer 2 is a Dense, but only Input layers",
    ),
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    cases = {name: form for name, (form, _) in FAIL.items()}
    return forms.run_all("model_config", cases, tmp_path_factory.mktemp("refusals"), outfile="model.json")


@pytest.mark.parametrize("name", FAIL)
def test_fail(refusals, name):
    forms.assert_one_line(refusals[name], FAIL[name][1])
    assert not refusals[name].written


BAD_VALUES = {
    "whole": (kinds.Whole(1), ["0", "1.5", "x", "True", "[1]", "-3"]),
    "real": (kinds.Real(0, 1, below=True), ["1", "-0.1", "x", "True"]),
    "sizes": (kinds.Sizes(2), ["0", "(1, 2, 3)", "(0, 1)", "'a'", "3,"]),
    "shape": (kinds.Shape(), ["x", "(0,)", "(-1,)", "'784'", "3.5"]),
    "numbers": (kinds.Numbers(), ["3", "()", "(2, 1)", "(1, 1)", "(1, 'a')", "(1, True)", "(0, 1e999)", "x"]),
    "two numbers": (kinds.Numbers(2), ["(1,)", "(1, 2, 3)", f"(0, 1{'0' * 400})"]),
    "factor": (kinds.Factor(), ["x", "True", "(0.2, 0.1)", "(1, 2, 3)", "()", "'0.1'"]),
    "equation": (kinds.Equation(), ["", "abc", "abc->abd", "a1,b->c", "abc,cd->abd; x"]),
    "word": (kinds.Word(), ["a b", "<b>", ""]),
}


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in BAD_VALUES.values() for value in values if value != "3,"]
)
def test_fail_kinds(kind, value):
    from dltools.core.errors import UserError

    with pytest.raises(UserError, match="^units must be"):
        kind.read(value, "units")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (kinds.Numbers(), "[-1, 0.5]", [-1.0, 0.5]),
        (kinds.Numbers(2), "(0, 255)", [0.0, 255.0]),
        (kinds.Factor(), "0.2", 0.2),
        (kinds.Factor(), "(-0.3, -0.2)", (-0.3, -0.2)),
        (kinds.Equation(), "abc, cd -> abd", "abc,cd->abd"),
    ],
)
def test_ok_kinds(kind, value, expected):
    assert kind.read(value, "value") == expected


@pytest.mark.parametrize(("value", "expected"), [("3", 3), ("(3, 5)", (3, 5)), ("[3, 5]", (3, 5)), (3, 3), ("(4,)", 4)])
def test_ok_sizes(value, expected):
    assert kinds.Sizes(2).read(value, "kernel_size") == expected
