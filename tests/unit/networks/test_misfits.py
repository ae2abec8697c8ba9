"""What is said where a layer does not fit the data that reach it: in the form's terms, with what to change."""

import ast
import json
import subprocess
import sys

import pytest

from dltools.networks import refusals
from dltools.networks.seen import SeenLayer
from tests.support import forms
from tests.support.layer_cases import ATTENTIONS, CASES
from tests.support.networks import boxed
from tests.support.places import SCRIPTS

SHAPES = {1: "(6,)", 2: "(6, 3)", 3: "(6, 6, 2)", 4: "(6, 6, 6, 1)"}
# Every layer on offer, those inside others too, on data of 1 to 4 dimensions.
WALK = {
    f"{name} on {rank}": forms.sequential((name.split()[0], values), input_shape=shape)
    for name, (_, values) in CASES.items()
    if " " not in name or name.split()[-1] in CASES
    for rank, shape in SHAPES.items()
}
# What only the person who wrote the libraries can read.
FOREIGN = ("Input 0", "incompatible with the layer", "Exception encountered", "TensorFlow cannot compute", "with name 'None'", "KerasTensor", "ndim=",
           "tuple index", "`", "Traceback", "object has no attribute", "Kernel shape", "fully-defined", "documentation")  # fmt: skip


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    return forms.run_all("model_config", WALK, tmp_path_factory.mktemp("walk"), outfile="model.json")


def test_no_layer_on_any_data_is_refused_in_the_words_of_a_library(walked):
    assert {name.split()[0] for name in WALK} > set(ATTENTIONS) and len(WALK) > 450
    refused = {name: result for name, result in walked.items() if result.returncode}
    assert len(refused) > 200
    for name, result in refused.items():
        kind = name.split()[0]
        forms.assert_one_line(result, f"Error: Layer 1 ({kind}) does not fit: ")
        shape = (None, *ast.literal_eval(SHAPES[int(name[-1])]))
        assert f"It receives data of shape {shape}." in result.stderr, name
        assert not [word for word in FOREIGN if word in result.stderr], (name, result.stderr)
        assert "<" not in result.stderr, (name, result.stderr)


_COMPUTE = """
import json, sys
from pathlib import Path
from dltools.backend.keras_runtime import keras_for_compute
keras = keras_for_compute()
import numpy as np
from dltools.networks import architecture
from dltools.core.dataset import Dataset
for path in sorted(Path(sys.argv[1]).glob("*/model.json")):
    try:
        model = architecture.rebuild(architecture.read_config_file(Dataset(str(path), path.parent.name))[0], "model")
        x = np.random.default_rng(0).integers(0, 5, (4, *model.input_shape[1:])).astype("float32")
        shapes = {tuple(model(x, training=training).shape) for training in (False, True)}
        problem = None if shapes == {(4, *model.output_shape[1:])} else f"designed as {model.output_shape}, but it is {shapes}"
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    print(json.dumps([path.parent.name, problem]), flush=True)
"""


def test_what_is_let_through_is_computed_as_designed(walked):
    folder = next(iter(walked.values())).folder.parent
    answer = subprocess.run(
        [sys.executable, "-c", _COMPUTE, folder], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    problems = dict(json.loads(line) for line in answer.stdout.splitlines())
    assert set(problems) == {name for name, result in walked.items() if not result.returncode}
    assert {name: problem for name, problem in problems.items() if problem} == {}


WINDOW = {"filters": 4, "kernel_size": "3", "activation": "linear", "kwargs": ""}
LSTM = ("LSTM", {"units": 4, "kwargs": ""})
BIDIRECTIONAL = ("Bidirectional", {"wrapped": {"layer_type": "GRU", "units": 3, "kwargs": ""}})
DROPOUT = ("Dropout", {"rate": 0.1, "kwargs": ""})
EMBEDDING = ("Embedding", {"input_dim": 5, "output_dim": 2, "kwargs": ""})
DENSE = ("Dense", {"units": 5, "activation": "linear", "kwargs": ""})


def one(kind, shape, **values):
    return forms.sequential((kind, {"kwargs": "", **values}), input_shape=shape)


def conv(kind, shape, kwargs=""):
    return one(kind, shape, **{**WINDOW, "kwargs": kwargs})


def joined(kind, *shapes, **values):
    inputs = [("Input", {"shape": shape, "name": ""}) for shape in shapes]
    positions = str(list(range(1, len(shapes) + 1)))
    return forms.functional(
        *inputs, (kind, {"merging_layers": positions, **values}), inputs=positions, outputs=f"[{len(shapes) + 1}]"
    )


# Name -> the form, and what follows "Error: ".
CASES_OF_MISFITS = {
    "rows for images": (conv("Conv2D", "(784,)"), "Layer 1 (Conv2D) does not fit: it takes images: (height, width, channels). Put a Reshape to (28, 28, 1) before it, "
                          "or let input_shape be (28, 28, 1). It receives data of shape (None, 784)."),
    "rows of colours": (conv("Conv2D", "(3072,)"), "Put a Reshape to (32, 32, 3) before it"),
    "rows of no square": (conv("Conv2D", "(10,)"), "Put a Reshape before it to 3 numbers that multiplied give 10."),
    "no channels": (conv("Conv2D", "(28, 28)"), "There is no axis for the channels: put a Reshape to (28, 28, 1) before it, or let input_shape be (28, 28, 1)."),
    "no channels first": (conv("Conv2D", "(28, 28)", "data_format='channels_first'"), "it takes images: (channels, height, width). There is no axis for the channels: put a Reshape to (1, 28, 28) before it"),
    "rows for sequences": (conv("Conv1D", "(8,)"), "it takes sequences: (steps, channels). Put a Reshape to (8, 1) before it"),
    "images for sequences": (forms.sequential(*forms.CNN[:2], ("Conv1D", WINDOW)), "Layer 3 (Conv1D) does not fit: it takes sequences: (steps, channels). For data like these choose Conv2D. It receives data of shape (None, 28, 28, 8)."),
    "rows for a pooling": (one("MaxPooling2D", "(36,)", pool_size="2"), "Put a Reshape to (6, 6, 1) before it"),
    "Input of rows": (forms.functional(("Input", {"shape": "(784,)"}), ("Conv2D", {**WINDOW, "inbound_nodes": 1})), "Layer 2 (Conv2D) does not fit: it takes images: (height, width, channels). "
                      "Put a Reshape to (28, 28, 1) before it, or let the shape of the Input be (28, 28, 1)."),
    "rows that turn": (one("RandomFlip", "(6, 6)", mode="horizontal"), "Layer 1 (RandomFlip) does not fit: it takes images: (height, width, channels). There is no axis for the channels"),
    "last step only": (forms.sequential(LSTM, LSTM, input_shape="(6, 3)"), "Layer 2 (LSTM) does not fit: it takes sequences: (steps, features). Layer 1 (LSTM) hands on its last step only: "
                       "type return_sequences=True in its keyword arguments. It receives data of shape (None, 4)."),
    "last step only, further off": (forms.sequential(LSTM, DROPOUT, DENSE, ("SimpleRNN", {"units": 2}), input_shape="(6, 3)"), "Layer 4 (SimpleRNN) does not fit: it takes sequences: (steps, features). Layer 1 (LSTM) hands on its last step only"),
    "last step of a wrapped layer": (forms.sequential(BIDIRECTIONAL, BIDIRECTIONAL, input_shape="(6, 3)"), "Layer 1 (Bidirectional) hands on its last step only: type return_sequences=True in the keyword arguments of the layer inside it."),
    "last step, functional": (forms.functional(("Input", {"shape": "(6, 3)"}), ("LSTM", {"units": 2, "inbound_nodes": 1}), ("Dropout", {"rate": 0.1, "inbound_nodes": 2}), ("GRU", {"units": 2, "inbound_nodes": 3}), outputs="[4]"),
                              "Layer 4 (GRU) does not fit: it takes sequences: (steps, features). Layer 2 (LSTM) hands on its last step only"),
    "last step for attention": (forms.sequential(LSTM, ("MultiHeadAttention", ATTENTIONS["MultiHeadAttention"]), input_shape="(6, 3)"), "Layer 2 (MultiHeadAttention) does not fit: it takes sequences: (steps, features). Layer 1 (LSTM) hands on its last step only"),
    "rows for an LSTM": (one("LSTM", "(8,)", units=2), "Put a Reshape to (8, 1) before it, or let input_shape be (8, 1). Numbers that stand for words need an Embedding before it."),
    "images for an LSTM": (one("LSTM", "(6, 5, 2)", units=2), "Put a Reshape to (6, 10) before it, or a TimeDistributed with Flatten."),
    "rows in steps": (forms.sequential(("TimeDistributed", {"wrapped": {"layer_type": "Dense", "units": 2}}), input_shape="(6,)"), "Choose the layer inside it by itself, or put a Reshape to (steps, features) before it."),
    "numbers in steps": (forms.sequential(("TimeDistributed", {"wrapped": {"layer_type": "LSTM", "units": 2}}), input_shape="(6, 3)"), "the LSTM inside it does not fit: it takes sequences: (steps, features). Put a Reshape to (6, 3, 1) before it"),
    "kernel": (conv("Conv2D", "(2, 8, 3)"), "its kernel_size (3, 3) is larger than the data, (2, 8). Choose a smaller one, or type padding='same' in its keyword arguments."),
    "kernel that is spread": (conv("Conv1D", "(5, 3)", "dilation_rate=3"), "its kernel_size 3, which reaches over 7 with its dilation_rate, is larger than the data, 5."),
    "kernel of channels first": (conv("Conv2D", "(3, 2, 8)", "data_format='channels_first'"), "is larger than the data, (2, 8)."),
    "pool": (one("AveragePooling3D", "(2, 8, 8, 1)", pool_size="3"), "its pool_size (3, 3, 3) is larger than the data, (2, 8, 8)."),
    "reshape": (one("Reshape", "(784,)", target_shape="(28, 29, 1)"), "target_shape (28, 29, 1) takes 28 x 29 x 1 = 812 numbers, but each sample has 784."),
    "reshape to the rest": (one("Reshape", "(784,)", target_shape="(5, -1)"), "target_shape (5, -1) takes a multiple of 5 numbers, but each sample has 784."),
    "cropping": (one("Cropping2D", "(4, 4, 3)", cropping="((3, 3), (0, 0))"), "cropping cuts off (6, 0) of data of the size (4, 4), so that nothing is left."),
    "strides and dilation": (conv("Conv2D", "(8, 8, 3)", "strides=2, dilation_rate=2"), "strides (2, 2) and dilation_rate (2, 2) cannot both be above 1."),
    "filters in groups": (conv("Conv2D", "(8, 8, 3)", "groups=3"), "its 4 filters cannot be divided into 3 groups."),
    "channels in groups": (conv("Conv2D", "(8, 8, 3)", "groups=2"), "the 3 channels of its data cannot be divided into 2 groups."),
    "normalized groups": (one("GroupNormalization", "(6, 4)", groups=3), "the 4 channels of its data cannot be divided into 3 groups."),
    "heads": (one("GroupQueryAttention", "(6, 3)", head_dim=2, num_query_heads=3, num_key_value_heads=2), "num_query_heads 3 must be a multiple of num_key_value_heads 2."),
    "no such axis": (one("BatchNormalization", "(6, 3)", kwargs="axis=3"), "its data have no axis 3. Choose axis from 1 to 2, or -1 for the last."),
    "axis of the samples": (one("Softmax", "(6,)", axis=0), "axis 0 is that of the samples, which must not be mixed. Choose axis 1."),
    "shared axes": (one("PReLU", "(6,)", alpha_initializer="zeros", shared_axes="(1, 2)"), "its data have no axis 2. Choose shared_axes 1."),
    "output padding": (conv("Conv2DTranspose", "(8, 8, 3)", "output_padding=2"), "output_padding (2, 2) must be smaller than strides (1, 1)."),
    "states": (one("LSTM", "(6, 3)", units=2, kwargs="return_state=True"), "return_state=True gives several results, of which the next layer takes one."),
    "states of steps": (one("LSTM", "(6, 3)", units=2, kwargs="stateful=True"), "stateful=True goes on from one batch to the next"),
    "unrolled without end": (one("LSTM", "(None, 3)", units=2, kwargs="unroll=True"), "unroll=True needs to know the number of steps."),
    "unknown size": (forms.sequential(("Flatten", {}), DENSE, input_shape="(None, 3)"), "Layer 2 (Dense) does not fit: it has weights for each number of its data's last axis, whose size is unknown."),
    "words after weights": (forms.sequential(DENSE, EMBEDDING, input_shape="(6,)"), "Layer 2 (Embedding) does not fit: it looks up whole numbers that stand for words, but Layer 1 (Dense) gives fractions."),
    **{
        f"words after {name}": (forms.sequential((name, options), EMBEDDING, input_shape="(6,)"), f"Layer 2 (Embedding) does not fit: it looks up whole numbers that stand for words, but Layer 1 ({name}) gives fractions.")
        for name, options in {"RMSNormalization": {"epsilon": 1e-6, "kwargs": ""}, "GroupNormalization": {"groups": 2, "epsilon": 1e-3, "kwargs": ""}}.items()
    },
    "categories of images": (one("CategoryEncoding", "(6, 3)", num_tokens=5, output_mode="count"), "it takes rows of numbers, one for each sample. Put a Flatten before it."),
    "order of dimensions": (one("Permute", "(6, 3)", dims="(1, 3)"), "dims must name each dimension once, from 1 to 2. Received: (1, 3)."),
    "equation": (one("EinsumDense", "(6, 3)", equation="abc,cd->abd", output_shape="(6, 4, 2)", activation="linear"), "output_shape must have a size for each of b, d of the equation"),
    "size of an equation": (one("EinsumDense", "(6, 3)", equation="abc,cd->abd", output_shape="(7, 4)", activation="linear"), "the axis b of its equation has the size 6 in the data, but 7 in output_shape (7, 4)."),
    "letters of an equation": (one("EinsumDense", "(6, 3)", equation="abc,ce->abd", output_shape="(6, 4)", activation="linear"), "the axis e of its weights stands neither before the comma nor behind the arrow"),
    "noise": (one("Dropout", "(6, 3)", rate=0.2, kwargs="noise_shape=(None, 1)"), "noise_shape must have 3 sizes, None for the samples first"),
    "whole weights": (one("Dense", "(6,)", units=2, kwargs="dtype='int32'"), "its dtype is int32, but weights are fractions."),
    "sum": (joined("Add", "(10,)", "(4,)"), "Layer 3 (Add) does not fit: it takes layers of the same shape, but Layer 1 (Input) gives (10,) and Layer 2 (Input) gives (4,). Give both the same, or choose Concatenate."),
    "difference": (joined("Subtract", "(4,)", "(4,)", "(4,)"), "it takes two layers, but merging_layers lists 3."),
    "side by side": (joined("Concatenate", "(10, 4)", "(6, 3)", axis="-1"), "it joins them along axis -1, so that all other sizes must be the same, but Layer 1 (Input) gives (10, 4) and Layer 2 (Input) gives (6, 3)."),
    "samples side by side": (joined("Concatenate", "(6, 3)", "(6, 3)", axis="0"), "axis 0 is that of the samples, which must not be mixed. Choose axis from 1 to 2."),
    "rows beside steps": (joined("Concatenate", "(10,)", "(6, 3)", axis="-1"), "it takes layers of as many dimensions, but Layer 1 (Input) gives (10,) and Layer 2 (Input) gives (6, 3)."),
    "product": (joined("Dot", "(6, 3)", "(3, 6)", axis="1", normalize=False), "it multiplies axis 1 of the one, of size 6, by axis 1 of the other, of size 3, which must be the same: Layer 1 (Input) gives (6, 3) and Layer 2 (Input) gives (3, 6)."),
    "features of a query": (joined("Attention", "(6, 3)", "(6, 4)", score_mode="dot"), "the query and the value must have as many features: Layer 1 (Input) gives (6, 3) and Layer 2 (Input) gives (6, 4)."),
    "steps of a key": (joined("AdditiveAttention", "(6, 3)", "(7, 3)", "(8, 3)"), "the value and the key must have as many steps: Layer 2 (Input) gives (7, 3) and Layer 3 (Input) gives (8, 3)."),
    "boxes": (boxed(("Embedding", {"input_dim": 5, "output_dim": 2, "kwargs": "weights=[1, 2]"}), shape="(6,)"), "Layer 1 (Embedding) does not fit: its arguments do not go together, or not with these data."),
}  # fmt: skip


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    cases = {name: form for name, (form, _) in CASES_OF_MISFITS.items()}
    return forms.run_all("model_config", cases, tmp_path_factory.mktemp("misfits"), outfile="model.json")


@pytest.mark.parametrize("name", CASES_OF_MISFITS)
def test_fail_misfit(refused, name):
    forms.assert_one_line(refused[name], CASES_OF_MISFITS[name][1])
    assert not refused[name].written


# Forms that only look like misfits.
FITTING = {
    "steps handed on": forms.sequential(
        ("LSTM", {"units": 4, "kwargs": "return_sequences=True"}), DROPOUT, LSTM, input_shape="(6, 3)"
    ),
    "kernel with padding": conv("Conv2D", "(2, 8, 3)", "padding='same'"),
    "kernel as large as the data": conv("Conv2D", "(3, 3, 1)"),
    "sizes that are unknown": conv("Conv2D", "(None, None, 3)"),
    "a size for all": joined("Add", "(6, 3)", "(6, 1)"),
    "channels first": conv("Conv2D", "(3, 8, 8)", "data_format='channels_first', groups=1"),
    "bins before words": forms.sequential(
        ("Discretization", {"bin_boundaries": "(0, 1)", "output_mode": "int", "kwargs": ""}),
        EMBEDDING,
        input_shape="(6,)",
    ),
}


def test_ok_what_fits(tmp_path):
    for name, result in forms.run_all("model_config", FITTING, tmp_path, outfile="model.json").items():
        assert (result.returncode, result.stderr) == (0, ""), name


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return how training ends with networks that only a swapped setting, or the table, makes unfit."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "x.tabular").write_text("1\t2\t3\t4\t5\t6\n2\t3\t4\t5\t6\t7\n" * 20)
    (folder / "y.tabular").write_text("a\nb\n" * 20)
    steps = ("LSTM", {"units": 4, "kwargs": "return_sequences=True, name='first'"})
    last = ("Dense", {"units": 1, "activation": "sigmoid", "kwargs": ""})
    chain = [("Input", {"shape": "(6, 1)"}), steps, LSTM, last]
    networks = {
        "chain": forms.sequential(("Reshape", {"target_shape": "(6, 1)"}), steps, LSTM, last, input_shape="(6,)"),
        "graph": forms.functional(
            *[(kind, {**values, "inbound_nodes": position}) for position, (kind, values) in enumerate(chain)],
            outputs="[4]",
        ),
        "no shape": forms.sequential(("Conv2D", WINDOW), ("Flatten", {}), last, input_shape=""),
    }
    designed = forms.run_all("model_config", networks, folder, outfile="model.json")
    built = forms.run_all(
        "model_builder",
        {
            f"{name} builder": forms.builder(result.folder / "model.json", loss="binary_crossentropy")
            for name, result in designed.items()
        },
        folder,
        outfile="builder.zip",
    )
    swaps = {
        "chain": ("layers_2_LSTM__return_sequences", "false"),
        "graph": ("layers_1_LSTM__return_sequences", "false"),
        "no shape": ("epochs", "1"),
    }
    cases = {
        name: forms.training(
            built[f"{name} builder"].folder / "builder.zip", folder / "x.tabular", folder / "y.tabular", swaps=[swap]
        )
        for name, swap in swaps.items()
    }
    (folder / "runs").mkdir()
    return forms.run_all("train_and_eval", cases, folder / "runs", outfile_result="scores")


SAID_WHEN_TRAINED = {
    "chain": "layer 3 (LSTM) does not fit: it takes sequences: (steps, features). Layer 2 (LSTM) hands on its last step only: type return_sequences=True in its keyword arguments. "
             "It receives data of shape (None, 4).",
    "graph": "layer 'lstm_1' (LSTM) does not fit: it takes sequences: (steps, features). Layer 'first' (LSTM) hands on its last step only: type return_sequences=True in its keyword arguments.",
    "no shape": "Layer 1 (Conv2D) does not fit: it takes images: (height, width, channels). Put a Reshape before it to 3 numbers that multiplied give 6. It receives data of shape (None, 6).",
}  # fmt: skip


@pytest.mark.parametrize("name", SAID_WHEN_TRAINED)
def test_fail_networks_that_do_not_fit_when_they_are_trained(trained, name):
    forms.assert_one_line(trained[name], SAID_WHEN_TRAINED[name])
    assert not [word for word in FOREIGN if word in trained[name].stderr]


@pytest.mark.parametrize(("said", "meant"), [
    ("Input 0 with name 'None' of layer 'lstm_1' is incompatible with the layer: expected ndim=3, found ndim=2. Full shape received: (None, 4)", "the layer 'lstm_1' takes data of 2 dimensions beside the samples, but is given (None, 4)."),
    ("Input 0 of layer \"dense\" is incompatible with the layer: expected axis -1 of input shape to have value 3, but received input with shape (None, 4)", "the layer 'dense' was made for data of the size 3 along axis -1, but is given (None, 4)."),
    ("tuple index out of range", f"{refusals._NOT_TOGETHER}."),
    ("Cannot convert <KerasTensor shape=(None, 3)>", f"{refusals._NOT_TOGETHER}."),
    ("The value is too large", "The value is too large."),
])  # fmt: skip
def test_words_of_keras(said, meant):
    assert refusals.keras_reason(ValueError(said)) == meant


@pytest.mark.parametrize(("said", "meant"), [
    ("indices[11,3] = 25 is not in [0, 20)", "A number that stands for a word is 25, but the Embedding that looks it up has words from 0 to below 20, its input_dim. Let input_dim be the largest number of the table plus 1."),
    ("The Conv2D op currently only supports the NHWC tensor format on the CPU. The op was given the format: NCHW", "This processor computes only with the channels last. Choose data_format channels_last in all layers."),
    ("Incompatible shapes: [4,3] vs. [4,2]", "The data that a layer makes of these samples have another shape than the layer after it takes."),
    ("Negative output dimension", "Negative output dimension"),
])  # fmt: skip
def test_words_of_tensorflow(said, meant):
    assert refusals.computing_reason(said).startswith(meant)


def test_arguments_of_a_file_may_be_of_any_kind():
    """The rules say nothing then, and Keras refuses them."""
    for name, options in (
        ("Conv2D", {"kernel_size": "x", "filters": "a"}),
        ("Reshape", {}),
        ("Softmax", {"axis": "a"}),
        ("TimeDistributed", {"layer": 3}),
    ):
        assert refusals._known(SeenLayer(name, options, (None, 8, 8, 3))) is None
