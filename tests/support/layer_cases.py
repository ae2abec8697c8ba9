"""The networks that the walk over the layers takes: a form for every option on offer, in both types of model."""

import ast

from dltools.catalogue import weights
from dltools.catalogue.arguments import ACTIVATIONS, INPUT_DTYPES
from dltools.catalogue.layers.table import LAYERS
from tests.support import forms

UNITS = {"units": 3, "activation": "relu", "kwargs": ""}
WINDOW = {"filters": 2, "kernel_size": "2", "activation": "relu", "kwargs": ""}
ROW, SEQUENCE, PICTURE, VOLUME = "(6,)", "(6, 3)", "(6, 6, 2)", "(6, 6, 6, 1)"
PLACES = {1: SEQUENCE, 2: PICTURE, 3: VOLUME}

# Layer -> the shape of a sample that suits it, and the parameters as the form gives them.
CASES = {
    "Dense": (ROW, UNITS),
    "Activation": (ROW, {"activation": "tanh"}),
    "Dropout": (ROW, {"rate": 0.5, "kwargs": "seed=1"}),
    "Flatten": (PICTURE, {"data_format": "channels_last"}),
    "Reshape": (ROW, {"target_shape": "(2, -1)"}),
    "Permute": (SEQUENCE, {"dims": "(2, 1)"}),
    "RepeatVector": (ROW, {"n": "2"}),
    "Masking": (SEQUENCE, {"mask_value": 0.0}),
    "ActivityRegularization": (ROW, {"l1": 0.1, "l2": 0}),
    **{f"SpatialDropout{n}D": (PLACES[n], {"rate": 0.5, "kwargs": ""}) for n in PLACES},
    **{f"Conv{n}D": (PLACES[n], WINDOW) for n in PLACES},
    **{f"SeparableConv{n}D": (PLACES[n], WINDOW) for n in (1, 2)},
    **{f"DepthwiseConv{n}D": (PLACES[n], WINDOW) for n in (1, 2)},
    **{f"Conv{n}DTranspose": (PLACES[n], WINDOW) for n in PLACES},
    "Cropping1D": (SEQUENCE, {"cropping": "(1, 1)"}),
    "Cropping2D": (PICTURE, {"cropping": "((0, 1), (1, 0))", "kwargs": ""}),
    "Cropping3D": (VOLUME, {"cropping": "((1, 1), (1, 1), (1, 1))", "kwargs": ""}),
    "UpSampling1D": (SEQUENCE, {"size": 2}),
    "UpSampling2D": (PICTURE, {"size": "(2, 2)", "kwargs": "interpolation='bilinear'"}),
    "UpSampling3D": (VOLUME, {"size": "2", "kwargs": ""}),
    "ZeroPadding1D": (SEQUENCE, {"padding": "1"}),
    "ZeroPadding2D": (PICTURE, {"padding": "(1, 1)", "kwargs": ""}),
    "ZeroPadding3D": (VOLUME, {"padding": "(1, 1, 1)", "kwargs": None}),
    **{
        f"{kind}Pooling{n}D": (PLACES[n], {"pool_size": "2", "strides": "", "kwargs": "padding='same'"})
        for kind in ("Max", "Average")
        for n in PLACES
    },
    **{
        f"Global{kind}Pooling{n}D": (PLACES[n], {"data_format": "channels_last"})
        for kind in ("Max", "Average")
        for n in PLACES
    },
    "Embedding": (ROW, {"input_dim": 5, "output_dim": 2, "kwargs": "mask_zero=True"}),
    **{
        name: (SEQUENCE, {"units": 2, "kwargs": "return_sequences=True"})
        for name in ("SimpleRNN", "GRU", "LSTM", "CuDNNGRU", "CuDNNLSTM")
    },
    **{f"ConvLSTM{n}D": (f"(2, {PLACES[n][1:]}", WINDOW) for n in PLACES},
    "BatchNormalization": (ROW, {"kwargs": "momentum=0.9"}),
    "GaussianNoise": (ROW, {"stddev": 0.1}),
    "GaussianDropout": (ROW, {"rate": 0.2}),
    "AlphaDropout": (ROW, {"rate": 0.2, "kwargs": ""}),
    "ReLU": (ROW, {"max_value": None, "negative_slope": 0.0, "threshold_max_value": "0.5"}),
    "LeakyReLU": (ROW, {"alpha": 0.3}),
    "PReLU": (
        PICTURE,
        {
            "alpha_initializer": "he_normal",
            "alpha_regularizer": "(0. , 0.1)",
            "shared_axes": "(1, 2)",
            "alpha_constraint": {
                "constraint_type": "MinMaxNorm",
                "constraint_options": {"min_value": 0, "max_value": 1, "rate_max_value": 1, "axis": "0"},
            },
        },
    ),
    "ELU": (ROW, {"alpha": 1}),
    "ThresholdedReLU": (ROW, {"theta": 1.0}),
    "Softmax": (ROW, {"axis": -1}),
    **{
        f"Adaptive{kind}Pooling{n}D": (PLACES[n], {"output_size": "3", "kwargs": ""})
        for kind in ("Max", "Average")
        for n in PLACES
    },
    "LayerNormalization": (PICTURE, {"axis": "(1, 2)", "epsilon": 0.01, "kwargs": "center=False"}),
    "RMSNormalization": (ROW, {"epsilon": 1e-6, "kwargs": ""}),
    "GroupNormalization": (PICTURE, {"groups": 2, "epsilon": 0.001, "kwargs": ""}),
    "UnitNormalization": (ROW, {"axis": "-1", "kwargs": ""}),
    "Identity": (ROW, {"kwargs": "name='same'"}),
    "EinsumDense": (
        SEQUENCE,
        {"equation": "abc,cd->abd", "output_shape": "(6, 4)", "activation": "gelu", "kwargs": "bias_axes='d'"},
    ),
    "Normalization": (PICTURE, {"axis": "-1", "kwargs": ""}),
    "Normalization by its own figures": (ROW, {"axis": "", "kwargs": "mean=0.5, variance=2"}),
    "Normalization of all together": (SEQUENCE, {"axis": "(1, 2)", "kwargs": ""}),
    "Rescaling": (ROW, {"scale": 0.5, "offset": -1, "kwargs": ""}),
    "Resizing": (PICTURE, {"height": 4, "width": 5, "kwargs": "interpolation='nearest'"}),
    "CenterCrop": (PICTURE, {"height": 4, "width": 5, "kwargs": ""}),
    "CategoryEncoding": (ROW, {"num_tokens": 5, "output_mode": "multi_hot", "kwargs": ""}),
    "Discretization": (ROW, {"bin_boundaries": "(-1, 0, 0.5)", "output_mode": "one_hot", "kwargs": ""}),
    "RandomFlip": (PICTURE, {"mode": "horizontal", "kwargs": "seed=1"}),
    "RandomRotation": (PICTURE, {"factor": "0.2", "kwargs": "fill_mode='constant'"}),
    "RandomZoom": (PICTURE, {"height_factor": "(-0.5, -0.3)", "width_factor": "", "kwargs": ""}),
    "RandomTranslation": (PICTURE, {"height_factor": "0.4", "width_factor": "(0.2, 0.3)", "kwargs": ""}),
    **{
        f"Random{name}": (PICTURE, {"factor": "0.4", "value_range": "(0, 1)", "kwargs": ""})
        for name in ("Contrast", "Brightness")
    },
    "RandomErasing": (
        PICTURE,
        {"factor": 1.0, "scale": "(0.1, 0.3)", "value_range": "(0, 1)", "kwargs": "fill_value=0"},
    ),
}
MULTI_HEAD = {"num_heads": 2, "key_dim": 3, "dropout": 0.1, "kwargs": "use_bias=False"}
GROUPED = {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2, "dropout": None, "kwargs": ""}
ATTENTIONS = {
    "MultiHeadAttention": MULTI_HEAD,
    "GroupQueryAttention": GROUPED,
    "Attention": {"score_mode": "dot", "dropout": 0, "kwargs": "use_scale=True"},
    "AdditiveAttention": {"dropout": 0.5, "kwargs": ""},
}
# Layers before which nothing can be learned: weights lie behind them.
LOOKUPS = ("Embedding", "CategoryEncoding", "Discretization", "Normalization")
WRAPPINGS = {
    "Bidirectional": {"merge_mode": "sum"},
    "TimeDistributed": {},
    "SpectralNormalization": {"power_iterations": 2},
}
for wrapper, options in WRAPPINGS.items():
    for inner in LAYERS[wrapper].wraps:
        shape = f"(2, {CASES[inner][0][1:]}" if wrapper == "TimeDistributed" else CASES[inner][0]
        CASES[f"{wrapper} {inner}"] = (shape, {**options, "wrapped": {"layer_type": inner, **CASES[inner][1]}})
# The other options of selects: layer -> parameter.
SELECTS = {
    "RandomFlip": "mode",
    "CategoryEncoding": "output_mode",
    "Discretization": "output_mode",
    "Bidirectional LSTM": "merge_mode",
    "Attention": "score_mode",
    "PReLU": "alpha_initializer",
    **{name: "data_format" for name, (_, values) in CASES.items() if "data_format" in values and " " not in name},
}
CASES |= {name: (SEQUENCE, values) for name, values in ATTENTIONS.items()}
for name, parameter in SELECTS.items():
    choice = next(p.kind for p in LAYERS[name.split()[0]].parameters if p.name == parameter)
    for option in sorted({*getattr(choice, "options", weights.NAMES)} - {CASES[name][1][parameter]}):
        # Slopes of two dimensions, which every initializer can fill.
        shape = SEQUENCE if parameter == "alpha_initializer" else CASES[name][0]
        CASES[f"{name} {option}"] = (
            shape,
            {**CASES[name][1], parameter: option, **({"shared_axes": ""} if name == "PReLU" else {})},
        )
CONSTRAINTS = {
    "None": {"constraint_type": "None"},
    "NonNeg": {"constraint_type": "NonNeg"},
    "MaxNorm": {"constraint_type": "MaxNorm", "constraint_options": {"max_value": 2, "axis": "0"}},
    "UnitNorm": {"constraint_type": "UnitNorm", "constraint_options": {"axis": "0"}},
    "MinMaxNorm": {
        "constraint_type": "MinMaxNorm",
        "constraint_options": {"min_value": 0.1, "max_value": 1, "rate_max_value": 1, "axis": "0"},
    },
}
CASES |= {
    f"PReLU {name}": (
        SEQUENCE,
        {"alpha_initializer": "ones", "alpha_regularizer": "", "shared_axes": "", "alpha_constraint": options},
    )
    for name, options in CONSTRAINTS.items()
}

MERGED = {
    name: {"merging_layers": "[2, 3]"} for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
}
MERGED |= {
    "Concatenate": {"merging_layers": "[2, 3]", "axis": "-1"},
    "Dot": {"merging_layers": "[2, 3]", "axis": "1", "normalize": True},
}
ATTENDED = {"[2]": "itself", "[2, 3]": "another", "[2, 3, 3]": "three"}
MERGED |= {
    f"{name} {word}": {"merging_layers": positions, **values}
    for name, values in ATTENTIONS.items()
    for positions, word in ATTENDED.items()
}
MERGED |= {
    "Attention concat": {"merging_layers": "[2]", "score_mode": "concat", "kwargs": ""},
    "Dot plainly": {**MERGED["Dot"], "normalize": False},
}
GONE = [name for name, layer in LAYERS.items() if layer.instead]


def box(name, initializer=None, regularizer=None, constraint=None):
    """Return a box on a layer's weights; an initializer and a regularizer are a name and its options."""
    chosen = {"initializer": (weights.DEFAULT, {}), "regularizer": (weights.NO_REGULARIZER, {})}
    chosen |= {kind: value for kind, value in (("initializer", initializer), ("regularizer", regularizer)) if value}
    objects = {kind: {f"{kind}_type": value, **options} for kind, (value, options) in chosen.items()}
    return {"weights": name, **objects, "constraint": constraint or CONSTRAINTS["None"]}


# Name of an initializer -> its options, or several sets of them, as the form gives them.
INITIALIZED = {
    name: [{p.name: {"seed": 3, "value": 0.5, "minval": -1, "maxval": 1}.get(p.name, 0.2) for p in parameters}]
    for name, (_, parameters) in weights.INITIALIZERS.items()
}
INITIALIZED["variance_scaling"] = [
    {"scale": 2.0, "mode": mode, "distribution": distribution, "seed": "3"}
    for mode, distribution in (
        ("fan_in", "truncated_normal"),
        ("fan_out", "untruncated_normal"),
        ("fan_avg", "uniform"),
    )
]
REGULARIZED = {
    "l1": [{"l1": 0.1}],
    "l2": [{"l2": "0.1"}],
    "l1_l2": [{"l1": 0.1, "l2": None}],
    "orthogonal": [{"factor": 0.1, "mode": mode} for mode in ("rows", "columns")],
}
KERNELS = [box("kernel", initializer=(name, options)) for name, several in INITIALIZED.items() for options in several]
KERNELS += [box("kernel", regularizer=(name, options)) for name, several in REGULARIZED.items() for options in several]
KERNELS += [box("kernel", constraint=options) for options in CONSTRAINTS.values()]


_KERNEL, _STEPPING = ("kernel", "bias", "activity"), ("kernel", "recurrent", "bias", "activity")
# Layer -> the kinds of weights that it has in Keras; a test compares.
WEIGHTS = {
    **{
        name: _KERNEL
        for name in (
            "Dense",
            *(f"Conv{n}D{end}" for n in PLACES for end in ("", "Transpose")),
            "MultiHeadAttention",
            "GroupQueryAttention",
        )
    },
    **{f"SeparableConv{n}D": ("depthwise", "pointwise", "bias", "activity") for n in (1, 2)},
    **{f"DepthwiseConv{n}D": ("depthwise", "bias", "activity") for n in (1, 2)},
    **{
        name: _STEPPING
        for name in ("SimpleRNN", "GRU", "LSTM", "CuDNNGRU", "CuDNNLSTM", *(f"ConvLSTM{n}D" for n in PLACES))
    },
    "Embedding": ("embeddings",),
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "LayerNormalization": ("gamma", "beta"),
    "GroupNormalization": ("gamma", "beta"),
    "EinsumDense": ("kernel", "bias"),
}
# Kinds of weights that take only one of the three.
TAKES = {"activity": {"regularizer"}, "moving_mean": {"initializer"}, "moving_variance": {"initializer"}}


def full_box(name):
    """Return a box on a layer's weights with all that they take."""
    everything = {
        "initializer": ("random_uniform", {"minval": 0.1, "maxval": 0.5}),
        "regularizer": ("l2", {"l2": 0.1}),
        "constraint": CONSTRAINTS["NonNeg"],
    }
    return box(name, **{kind: value for kind, value in everything.items() if kind in TAKES.get(name, weights.KINDS)})


def weighted():
    """Return name -> form of a network with a box on the weights of a layer, or with all boxes that it can have."""
    found = {}
    for number, entry in enumerate(KERNELS):
        found[f"Dense kernel {number}"] = with_boxes(forms.sequential(("Dense", UNITS), input_shape=ROW), 0, [entry])
    for name, (shape, values) in CASES.items():
        layer_type = values["wrapped"]["layer_type"] if "wrapped" in values else name
        if layer_type in WEIGHTS:
            chain = forms.sequential(
                (name.split()[0], values), ("Dense", {"units": 2, "kwargs": ""}), input_shape=shape
            )
            found[f"{name} weights"] = with_boxes(chain, 0, [full_box(kind) for kind in WEIGHTS[layer_type]])
    chain = forms.functional(("Input", {"shape": ROW}), ("Dense", {**UNITS, "inbound_nodes": 1}))
    return {**found, "Dense weights functional": with_boxes(chain, 1, [full_box(kind) for kind in WEIGHTS["Dense"]])}


def with_boxes(form, position, boxes):
    """Return a form in which the layer at a position has boxes on its weights."""
    form["model_selection"]["layers"][position]["weights_options"] = [
        {"__index__": i, **entry} for i, entry in enumerate(boxes)
    ]
    return form


def inputs():
    """Return name -> form of a network with each kind of Input."""
    options = [("dtype", dtype) for dtype in INPUT_DTYPES] + [("sparse", True)]
    dense = ("Dense", {**UNITS, "inbound_nodes": 1})
    return {
        f"Input {value}": forms.functional(("Input", {"shape": ROW, "dtype": "float32", name: value}), dense)
        for name, value in options
    }


def designs():
    """Return name -> form of a network with one layer of each kind, in both modes where both apply."""
    found = {}
    for name, (shape, values) in CASES.items():
        # A weight beside the layer, so that a step of training changes something in every network.
        dense = ("Dense", {"units": ast.literal_eval(shape)[-1], "kwargs": ""})
        layer = (name.split()[0], values)
        entries = [layer, dense] if {*name.split()} & {*LOOKUPS} else [dense, layer]
        found[f"{name} sequential"] = forms.sequential(*entries, input_shape=shape)
        if layer[0] in ATTENTIONS:
            continue  # it takes several layers in a functional model, as those of MERGED do
        chain = [("Input", {"shape": shape}), *entries]
        chain = [(kind, {**options, "inbound_nodes": position}) for position, (kind, options) in enumerate(chain)]
        found[f"{name} functional"] = forms.functional(*chain, outputs=f"[{len(chain)}]")
    for name, values in MERGED.items():
        dense = [("Dense", {**UNITS, "inbound_nodes": 1})] * (1 if values["merging_layers"] == "[2]" else 2)
        chain = [("Input", {"shape": SEQUENCE if "Attention" in name else ROW}), *dense, (name.split()[0], values)]
        found[f"{name} functional"] = forms.functional(*chain, outputs=f"[{len(chain)}]")
    for activation in ACTIVATIONS:
        found[activation] = forms.sequential(("Dense", {**UNITS, "activation": activation}), input_shape=ROW)
    for name in GONE:
        found[name] = forms.sequential((name, {**WINDOW, **UNITS}), input_shape=SEQUENCE)
        found[f"{name} functional"] = forms.functional(
            ("Input", {"shape": SEQUENCE}), (name, {**WINDOW, **UNITS, "inbound_nodes": 1})
        )
    return {**found, **inputs(), **weighted()}


DESIGNS = designs()
WALKED = [name for name in DESIGNS if name.split()[0] not in GONE]
