"""Keyword arguments of Keras 1 and 2 in saved workflows: taken for what they are now, with a line, or refused."""

import json

import pytest

from dltools.catalogue import arguments, former_arguments
from dltools.catalogue.former_arguments import translated
from dltools.core.errors import UserError
from tests.support import forms

CONVOLUTION = {
    "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation", "use_bias",
    "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "kernel_constraint",
    "bias_constraint", "input_shape", "name",
}  # fmt: skip
SEPARABLE = CONVOLUTION - {"kernel_initializer"} | {"depthwise_initializer", "pointwise_initializer"}
RECURRENT = {
    "units", "activation", "recurrent_activation", "kernel_initializer", "recurrent_initializer", "unit_forget_bias",
    "kernel_regularizer", "recurrent_regularizer", "dropout", "recurrent_dropout", "return_sequences", "unroll",
    "input_shape",
}  # fmt: skip
EMBEDDING = {
    "input_dim", "output_dim", "embeddings_initializer", "embeddings_regularizer", "embeddings_constraint", "mask_zero",
    "input_shape",
}  # fmt: skip
DENSE = {"units", "activation", "use_bias", "kernel_initializer", "kernel_regularizer", "input_shape"}
NORMALIZATION = {"axis", "momentum", "epsilon", "beta_initializer", "gamma_initializer", "input_shape"}

# What was typed, the arguments of the layer -> what it is now.
TAKEN = {
    "convolution": (
        {"nb_filter": 8, "border_mode": "same", "subsample": (2, 2), "dim_ordering": "th", "init": "uniform", "bias": False},
        CONVOLUTION,
        {"filters": 8, "padding": "same", "strides": (2, 2), "data_format": "channels_first",
         "kernel_initializer": "uniform", "use_bias": False},
    ),
    "rows and columns": ({"nb_row": 3, "nb_col": 5}, CONVOLUTION, {"kernel_size": (3, 5)}),
    "weights": (
        {"W_regularizer": "l2", "b_regularizer": "l1", "W_constraint": "max_norm", "b_constraint": None},
        CONVOLUTION,
        {"kernel_regularizer": "l2", "bias_regularizer": "l1", "kernel_constraint": "max_norm", "bias_constraint": None},
    ),
    "separable": (
        {"init": "he_normal"},
        SEPARABLE,
        {"depthwise_initializer": "he_normal", "pointwise_initializer": "he_normal"},
    ),
    "recurrent": (
        {"output_dim": 4, "dropout_W": 0.1, "dropout_U": 0.2, "inner_activation": "sigmoid", "inner_init": "orthogonal",
         "forget_bias_init": "one", "U_regularizer": "l2", "consume_less": "gpu"},
        RECURRENT,
        {"units": 4, "dropout": 0.1, "recurrent_dropout": 0.2, "recurrent_activation": "sigmoid",
         "recurrent_initializer": "orthogonal", "unit_forget_bias": True, "recurrent_regularizer": "l2"},
    ),
    "what it was told to be fed": ({"input_dim": 3, "input_length": 6}, RECURRENT, {"input_shape": (6, 3)}),
    "without the number of steps": ({"input_dim": 3}, RECURRENT, {"input_shape": (None, 3)}),
    "dense": ({"input_dim": 12, "init": "normal"}, DENSE, {"kernel_initializer": "normal", "input_shape": (12,)}),
    "batch": ({"batch_input_shape": (None, 28, 28, 1)}, CONVOLUTION, {"input_shape": (28, 28, 1)}),
    "embedding": (
        {"input_length": 500, "init": "uniform", "dropout": 0.0},
        EMBEDDING,
        {"embeddings_initializer": "uniform", "input_shape": (500,)},
    ),
    "embedding of any length": ({"input_length": None}, EMBEDDING, {}),
    "normalization": ({"mode": 0, "gamma_init": "ones"}, NORMALIZATION, {"gamma_initializer": "ones"}),
    "how it was computed": (
        {"implementation": 2, "time_major": False, "dynamic": False},
        RECURRENT,
        {},
    ),
    "names of today": ({"use_bias": False, "paddding": 1}, CONVOLUTION, {"use_bias": False, "paddding": 1}),
}  # fmt: skip
REFUSED = {
    "twice": (
        {"nb_filter": 8, "filters": 8},
        CONVOLUTION,
        r"^Layer 2 \(X\): filters is given twice, once by a former name\. Remove one of the two\.$",
    ),
    "the shape twice": (
        {"input_dim": 3, "input_shape": (3,)},
        DENSE,
        r"the shape of its input is given twice: input_dim, input_shape\.$",
    ),
    "another computation": (
        {"time_major": True},
        RECURRENT,
        r"time_major is no argument of X any more, and as 'True' it computed something else\.",
    ),
    "words left out": ({"dropout": 0.2}, EMBEDDING, r"dropout is no argument of X any more, and as '0\.2'"),
    "statistics of a batch": ({"mode": 1}, NORMALIZATION, r"mode is no argument of X any more"),
    "no shape": ({"batch_input_shape": "large"}, DENSE, r"batch_input_shape must be whole numbers"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_ok_taken_for_what_it_is_now(name, capsys):
    typed, known, expected = TAKEN[name]
    assert translated(typed, known, "X", "Layer 2 (X)") == expected
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("Layer 2 (X): ") for line in lines)
    former = [argument for argument in typed if argument not in expected]
    # A line names each; those that make one argument together share one.
    assert all(any(argument in line for line in lines) for argument in former)
    assert bool(lines) == bool(former)


@pytest.mark.parametrize("name", REFUSED)
def test_fail_refused(name):
    typed, known, message = REFUSED[name]
    with pytest.raises(UserError, match=message):
        translated(typed, known, "X", "Layer 2 (X)")


def test_every_name_of_today_is_one():
    names = {new for renamed in former_arguments.RENAMED.values() for new in renamed.names}
    names |= set(former_arguments.TOGETHER.values())
    assert len(names) > 20
    assert {new for new in names if arguments.kind("Conv2D", new) is None} == set()


CONV = {"filters": 2, "kernel_size": "3", "activation": "relu"}
RESHAPED = ("Reshape", {"target_shape": "(8, 8, 1)"})
EMBEDDED = {"input_dim": 50, "output_dim": 4}


def fruits(stated):
    """Return the network of the fruits: its convolution repeats the shape that the layer before gives."""
    return forms.sequential(RESHAPED, ("Conv2D", {**CONV, "kwargs": f"input_shape={stated}"}), input_shape="(64, )")


def functional(stated):
    layers = (
        ("Input", {"shape": "(6,)", "name": "", "dtype": "float32", "sparse": False}),
        ("Dense", {"units": 2, "activation": "linear", "kwargs": f"input_shape={stated}", "inbound_nodes": 1}),
    )
    return forms.functional(*layers)


DESIGNS = {
    "fruits": (fruits("(8, 8, 1)"), [None, 6, 6, 2], ""),
    "any size": (fruits("(None, None, 1)"), [None, 6, 6, 2], ""),
    "the form's shape once more": (
        forms.sequential(("Dense", {"units": 3, "activation": "linear", "kwargs": "input_shape=(6,)"}), input_shape="(6,)"),
        [None, 3],
        "",
    ),
    "embedding": (
        forms.sequential(("Embedding", {**EMBEDDED, "kwargs": "input_length=20"}), input_shape="(20, )"),
        [None, 20, 4],
        "Layer 1 (Embedding): input_length is left out: Keras 3 has no such argument.",
    ),
    "embedding that says it alone": (
        forms.sequential(("Embedding", {**EMBEDDED, "kwargs": "input_length=20"}), input_shape=""),
        [None, 20, 4],
        "It says that input_shape=(20,).",
    ),
    "functional": (functional("(6,)"), [None, 2], ""),
    "by former names": (
        forms.sequential(
            ("Conv2D", {**CONV, "kwargs": "nb_row=3, nb_col=3, border_mode='same', init='he_normal'"}), input_shape="(8, 8, 1)"
        ),
        [None, 8, 8, 2],
        "Layer 1 (Conv2D): border_mode of an earlier Keras is padding now: padding='same'.",
    ),
}  # fmt: skip
MISFITS = {
    "another shape": (
        fruits("(100, 100, 3)"),
        "Layer 2 (Conv2D): its keyword arguments say input_shape=(100, 100, 3), but what reaches it has the shape (8, 8, 1).",
    ),
    "another number of sizes": (fruits("(64,)"), "but what reaches it has the shape (8, 8, 1)"),
    "the form says another": (
        forms.sequential(
            ("Dense", {"units": 3, "activation": "linear", "kwargs": "input_shape=(7,)"}), input_shape="(6,)"
        ),
        "Layer 1 (Dense): its keyword arguments say input_shape=(7,), but what reaches it has the shape (6,)",
    ),
    "in a later layer alone": (
        forms.sequential(RESHAPED, ("Conv2D", {**CONV, "kwargs": "input_shape=(8, 8, 1)"}), input_shape=""),
        "Layer 2 (Conv2D): input_shape belongs to the first layer",
    ),
    "another length": (
        forms.sequential(("Embedding", {**EMBEDDED, "kwargs": "input_length=10"}), input_shape="(20, )"),
        "Layer 1 (Embedding): its keyword arguments say input_shape=(10,), but what reaches it has the shape (20,)",
    ),
    "functional": (functional("(7,)"), "Layer 2 (Dense): its keyword arguments say input_shape=(7,)"),
    "word": (
        forms.sequential(("Conv2D", {**CONV, "kwargs": "border_mode=same"}), input_shape="(8, 8, 1)"),
        "the value of border_mode must be a number, a text in quotes",
    ),
}


@pytest.fixture(scope="module")
def designed(tmp_path_factory):
    cases = {f"ok {name}": case[0] for name, case in DESIGNS.items()}
    cases |= {f"fail {name}": case[0] for name, case in MISFITS.items()}
    return forms.run_all("model_config", cases, tmp_path_factory.mktemp("former"), outfile="model.json")


@pytest.mark.parametrize("name", DESIGNS)
def test_ok_designed(designed, name):
    _, shape, line = DESIGNS[name]
    result = designed[f"ok {name}"]
    assert (result.returncode, result.stderr) == (0, "")
    last = json.loads((result.folder / "model.json").read_text())["config"]["layers"][-1]
    assert str(tuple(shape)) in result.stdout
    assert line in result.stdout
    assert "input_shape" not in last["config"]


@pytest.mark.parametrize("name", MISFITS)
def test_fail_designed(designed, name):
    forms.assert_one_line(designed[f"fail {name}"], MISFITS[name][1])
    assert not designed[f"fail {name}"].written
