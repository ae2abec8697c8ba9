"""Everything that the form offers works: each layer is designed by the script, trained, saved, loaded and used."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import forms
from dltools import layers

UNITS = {"units": 3, "activation": "relu", "kwargs": ""}
WINDOW = {"filters": 2, "kernel_size": "2", "activation": "relu", "kwargs": ""}
ROW, SEQUENCE, PICTURE, VOLUME = "(6,)", "(6, 3)", "(6, 6, 2)", "(6, 6, 6, 1)"
PLACES = {1: SEQUENCE, 2: PICTURE, 3: VOLUME}

# Layer -> the shape of a sample that suits it, and the parameters as the form gives them.
CASES = {
    "Dense": (ROW, UNITS), "Activation": (ROW, {"activation": "tanh"}), "Dropout": (ROW, {"rate": 0.5, "kwargs": "seed=1"}),
    "Flatten": (PICTURE, {"data_format": "channels_last"}), "Reshape": (ROW, {"target_shape": "(2, -1)"}),
    "Permute": (SEQUENCE, {"dims": "(2, 1)"}), "RepeatVector": (ROW, {"n": "2"}), "Masking": (SEQUENCE, {"mask_value": 0.0}),
    "ActivityRegularization": (ROW, {"l1": 0.1, "l2": 0}),
    **{f"SpatialDropout{n}D": (PLACES[n], {"rate": 0.5, "kwargs": ""}) for n in PLACES},
    **{f"Conv{n}D": (PLACES[n], WINDOW) for n in PLACES}, **{f"SeparableConv{n}D": (PLACES[n], WINDOW) for n in (1, 2)},
    **{f"DepthwiseConv{n}D": (PLACES[n], WINDOW) for n in (1, 2)}, **{f"Conv{n}DTranspose": (PLACES[n], WINDOW) for n in PLACES},
    "Cropping1D": (SEQUENCE, {"cropping": "(1, 1)"}), "Cropping2D": (PICTURE, {"cropping": "((0, 1), (1, 0))", "kwargs": ""}),
    "Cropping3D": (VOLUME, {"cropping": "((1, 1), (1, 1), (1, 1))", "kwargs": ""}), "UpSampling1D": (SEQUENCE, {"size": 2}),
    "UpSampling2D": (PICTURE, {"size": "(2, 2)", "kwargs": "interpolation='bilinear'"}), "UpSampling3D": (VOLUME, {"size": "2", "kwargs": ""}),
    "ZeroPadding1D": (SEQUENCE, {"padding": "1"}), "ZeroPadding2D": (PICTURE, {"padding": "(1, 1)", "kwargs": ""}),
    "ZeroPadding3D": (VOLUME, {"padding": "(1, 1, 1)", "kwargs": None}),
    **{f"{kind}Pooling{n}D": (PLACES[n], {"pool_size": "2", "strides": "", "kwargs": "padding='same'"}) for kind in ("Max", "Average") for n in PLACES},
    **{f"Global{kind}Pooling{n}D": (PLACES[n], {"data_format": "channels_last"}) for kind in ("Max", "Average") for n in PLACES},
    "Embedding": (ROW, {"input_dim": 5, "output_dim": 2, "kwargs": "mask_zero=True"}),
    **{name: (SEQUENCE, {"units": 2, "kwargs": "return_sequences=True"}) for name in ("SimpleRNN", "GRU", "LSTM", "CuDNNGRU", "CuDNNLSTM")},
    **{f"ConvLSTM{n}D": (f"(2, {PLACES[n][1:]}", WINDOW) for n in PLACES}, "BatchNormalization": (ROW, {"kwargs": "momentum=0.9"}),
    "GaussianNoise": (ROW, {"stddev": 0.1}), "GaussianDropout": (ROW, {"rate": 0.2}), "AlphaDropout": (ROW, {"rate": 0.2, "kwargs": ""}),
    "ReLU": (ROW, {"max_value": None, "negative_slope": 0.0, "threshold_max_value": "0.5"}), "LeakyReLU": (ROW, {"alpha": 0.3}),
    "PReLU": (PICTURE, {"alpha_initializer": "he_normal", "alpha_regularizer": "(0. , 0.1)", "shared_axes": "(1, 2)", "alpha_constraint": {
        "constraint_type": "MinMaxNorm", "constraint_options": {"min_value": 0, "max_value": 1, "rate_max_value": 1, "axis": "0"}}}),
    "ELU": (ROW, {"alpha": 1}), "ThresholdedReLU": (ROW, {"theta": 1.0}), "Softmax": (ROW, {"axis": -1}),
    **{f"Adaptive{kind}Pooling{n}D": (PLACES[n], {"output_size": "3", "kwargs": ""}) for kind in ("Max", "Average") for n in PLACES},
    "LayerNormalization": (PICTURE, {"axis": "(1, 2)", "epsilon": 0.01, "kwargs": "center=False"}), "RMSNormalization": (ROW, {"epsilon": 1e-6, "kwargs": ""}),
    "GroupNormalization": (PICTURE, {"groups": 2, "epsilon": 0.001, "kwargs": ""}), "UnitNormalization": (ROW, {"axis": "-1", "kwargs": ""}),
    "Identity": (ROW, {"kwargs": "name='same'"}),
    "EinsumDense": (SEQUENCE, {"equation": "abc,cd->abd", "output_shape": "(6, 4)", "activation": "gelu", "kwargs": "bias_axes='d'"}),
    "Rescaling": (ROW, {"scale": 0.5, "offset": -1, "kwargs": ""}), "Resizing": (PICTURE, {"height": 4, "width": 5, "kwargs": "interpolation='nearest'"}),
    "CenterCrop": (PICTURE, {"height": 4, "width": 5, "kwargs": ""}), "CategoryEncoding": (ROW, {"num_tokens": 5, "output_mode": "multi_hot", "kwargs": ""}),
    "Discretization": (ROW, {"bin_boundaries": "(-1, 0, 0.5)", "output_mode": "one_hot", "kwargs": ""}),
    "RandomFlip": (PICTURE, {"mode": "horizontal", "kwargs": "seed=1"}), "RandomRotation": (PICTURE, {"factor": "0.2", "kwargs": "fill_mode='constant'"}),
    "RandomZoom": (PICTURE, {"height_factor": "(-0.5, -0.3)", "width_factor": "", "kwargs": ""}),
    "RandomTranslation": (PICTURE, {"height_factor": "0.4", "width_factor": "(0.2, 0.3)", "kwargs": ""}),
    **{f"Random{name}": (PICTURE, {"factor": "0.4", "value_range": "(0, 1)", "kwargs": ""}) for name in ("Contrast", "Brightness")},
    "RandomErasing": (PICTURE, {"factor": 1.0, "scale": "(0.1, 0.3)", "value_range": "(0, 1)", "kwargs": "fill_value=0"}),
}
# Layers through which nothing is learned: weights lie behind them, not before.
LOOKUPS = ("Embedding", "CategoryEncoding", "Discretization")
WRAPPINGS = {"Bidirectional": {"merge_mode": "sum"}, "TimeDistributed": {}, "SpectralNormalization": {"power_iterations": 2}}
for wrapper, options in WRAPPINGS.items():
    for inner in layers.LAYERS[wrapper].wraps:
        shape = f"(2, {CASES[inner][0][1:]}" if wrapper == "TimeDistributed" else CASES[inner][0]
        CASES[f"{wrapper} {inner}"] = (shape, {**options, "wrapped": {"layer_type": inner, **CASES[inner][1]}})
# The other options of selects: case -> parameter.
for name, parameter in {"RandomFlip": "mode", "CategoryEncoding": "output_mode", "Discretization": "output_mode", "Bidirectional LSTM": "merge_mode"}.items():
    kind = next(p.kind for p in layers.LAYERS[name.split()[0]].parameters if p.name == parameter)
    for option in {*kind.options} - {CASES[name][1][parameter]}:
        CASES[f"{name} {option}"] = (CASES[name][0], {**CASES[name][1], parameter: option})

MERGED = {name: {"merging_layers": "[2, 3]"} for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")}
MERGED |= {"Concatenate": {"merging_layers": "[2, 3]", "axis": "-1"}, "Dot": {"merging_layers": "[2, 3]", "axis": "1", "normalize": True}}
MULTI_HEAD = {"num_heads": 2, "key_dim": 3, "dropout": 0.1, "kwargs": "use_bias=False"}
GROUPED = {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2, "dropout": None, "kwargs": ""}
ATTENTIONS = {"MultiHeadAttention": MULTI_HEAD, "GroupQueryAttention": GROUPED, "Attention": {"score_mode": "dot", "dropout": 0, "kwargs": "use_scale=True"},
              "Attention concat": {"score_mode": "concat", "kwargs": ""}, "AdditiveAttention": {"dropout": 0.5, "kwargs": ""}}
ATTENDED = {"[2]": "itself", "[2, 3]": "another", "[2, 3, 3]": "three"}
MERGED |= {f"{name} {word}": {"merging_layers": positions, **values} for name, values in ATTENTIONS.items() for positions, word in ATTENDED.items()}
GONE = [name for name, layer in layers.LAYERS.items() if layer.instead]
WALKED = [*(f"{name} sequential" for name in CASES), *(f"{name} functional" for name in (*CASES, *MERGED)), *layers.ACTIVATIONS]


def designs():
    """Return name -> form of a network with one layer of each kind, in both modes where both apply."""
    found = {}
    for name, (shape, values) in CASES.items():
        # A weight beside the layer, so that a step of training changes something in every network.
        dense = ("Dense", {"units": ast.literal_eval(shape)[-1], "kwargs": ""})
        layer = (name.split()[0], values)
        entries = [layer, dense] if {*name.split()} & {*LOOKUPS} else [dense, layer]
        found[f"{name} sequential"] = forms.sequential(*entries, input_shape=shape)
        chain = [("Input", {"shape": shape}), *entries]
        chain = [(kind, {**options, "inbound_nodes": position}) for position, (kind, options) in enumerate(chain)]
        found[f"{name} functional"] = forms.functional(*chain, outputs=f"[{len(chain)}]")
    for name, values in MERGED.items():
        dense = [("Dense", {**UNITS, "inbound_nodes": 1})] * 2
        found[f"{name} functional"] = forms.functional(("Input", {"shape": SEQUENCE if "Attention" in name else ROW}), *dense, (name.split()[0], values), outputs="[4]")
    for activation in layers.ACTIVATIONS:
        found[activation] = forms.sequential(("Dense", {**UNITS, "activation": activation}), input_shape=ROW)
    for name in GONE:
        found[name] = forms.sequential((name, {**WINDOW, **UNITS}), input_shape=SEQUENCE)
    return found


@pytest.fixture(scope="module")
def designed(tmp_path_factory):
    return forms.run_all("model_config", designs(), tmp_path_factory.mktemp("layers"), outfile="model.json")


@pytest.fixture(scope="module")
def problems(designed):
    folder = next(iter(designed.values())).folder.parent
    command = [sys.executable, Path(__file__).with_name("walk_layers.py"), folder]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return dict(json.loads(line) for line in process.stdout.splitlines())


def test_every_layer_on_offer_is_walked():
    walked = {name.split()[0] for name in (*CASES, *GONE)}
    assert walked == set(layers.LAYERS)
    assert {*walked, *(name.split()[0] for name in MERGED), "Input"} == set(layers.FUNCTIONAL_LAYERS)


@pytest.mark.parametrize("name", WALKED)
def test_layer_trains_and_survives_its_file(designed, problems, name):
    assert (designed[name].returncode, designed[name].stderr) == (0, "")
    assert problems[name] is None, problems[name]


@pytest.mark.parametrize("name", GONE)
def test_layer_that_is_gone_says_what_to_use(designed, name):
    forms.assert_one_line(designed[name], f"Keras has no {name} any more. Use ")
