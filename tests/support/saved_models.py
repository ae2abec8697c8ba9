"""Networks in the files of plain Keras 2, made by NumPy, h5py and zipfile alone, and what they compute.

The layers are those of `old_models`: their configurations are Keras 2's, and each knows what it computes in NumPy.
"""

import io
import json
import zipfile
from typing import NamedTuple

import numpy as np

from tests.support import old_models
from tests.support.old_models import Layer, _normal, _recurrent, _steps, name_of

INPUT = {"dtype": "float32", "sparse": False}


def hard(x):
    """Compute the hard_sigmoid of Keras 2."""
    return np.clip(0.2 * x + 0.5, 0, 1)


def hard_dense(random, columns, units):
    layer = old_models.dense(random, columns, units, "linear")
    return layer._replace(
        config={**layer.config, "activation": "hard_sigmoid"}, compute=lambda x: hard(layer.compute(x))
    )


def hard_activation():
    return Layer("Activation", {"activation": "hard_sigmoid"}, [], hard)


def hard_convolution(random, channels, filters):
    layer = old_models.separable(random, channels, filters)
    return layer._replace(
        config={**layer.config, "activation": "hard_sigmoid"}, compute=lambda x: hard(layer.compute(x))
    )


def hard_lstm(random, columns, units):
    kernel, inner, bias = (
        _normal(random, columns, 4 * units),
        _normal(random, units, 4 * units),
        _normal(random, 4 * units),
    )

    def step(x, hidden, carry):
        enter, forget, cell, out = np.split(x @ kernel + hidden @ inner + bias, 4, axis=-1)
        carry = hard(forget) * carry + hard(enter) * np.tanh(cell)
        return hard(out) * np.tanh(carry), carry

    config = _recurrent(units, True, recurrent_activation="hard_sigmoid", unit_forget_bias=True, implementation=1)
    return Layer(
        "LSTM",
        config,
        [("kernel", kernel), ("recurrent_kernel", inner), ("bias", bias)],
        lambda x: _steps(x, units, step, True),
    )


def hard_gru(random, columns, units):
    """Return a GRU of Keras 2.0: nothing is said of reset_after, and both its activations are hard."""
    kernel, inner, bias = (
        _normal(random, columns, 3 * units),
        _normal(random, units, 3 * units),
        _normal(random, 3 * units),
    )

    def step(x, hidden, _):
        xz, xr, xh = np.split(x @ kernel + bias, 3, axis=-1)
        update, reset = hard(xz + hidden @ inner[:, :units]), hard(xr + hidden @ inner[:, units : 2 * units])
        return update * hidden + (1 - update) * hard(xh + (reset * hidden) @ inner[:, 2 * units :]), hidden

    config = _recurrent(units, False, activation="hard_sigmoid", recurrent_activation="hard_sigmoid", implementation=0)
    del config["time_major"]
    config["activation"] = "hard_sigmoid"
    return Layer(
        "GRU",
        config,
        [("kernel", kernel), ("recurrent_kernel", inner), ("bias", bias)],
        lambda x: _steps(x, units, step, False),
    )


_CUDNN = {"return_sequences", "return_state", "go_backwards", "stateful", "units", "kernel_initializer", "recurrent_initializer",
          "bias_initializer", "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer",
          "kernel_constraint", "recurrent_constraint", "bias_constraint"}  # fmt: skip


def _cudnn(config):
    return {key: value for key, value in config.items() if key in _CUDNN}


def _as_cudnn(kernel, inner, gates):
    """Return the two matrices as CuDNN keeps them: each gate's transposed, that of the inputs in the other one's shape."""
    kernels = [part.reshape(-1, order="F").reshape(part.shape) for part in np.split(kernel, gates, axis=1)]
    return np.concatenate(kernels, axis=1), np.concatenate([part.T for part in np.split(inner, gates, axis=1)], axis=1)


def cudnn_lstm(random, columns, units):
    layer = old_models.lstm(random, columns, units, True)
    (_, kernel), (_, inner), (_, bias) = layer.weights
    kernel, inner = _as_cudnn(kernel, inner, 4)
    half = _normal(random, 4 * units)
    return Layer(
        "CuDNNLSTM",
        {**_cudnn(layer.config), "unit_forget_bias": True},
        [("kernel", kernel), ("recurrent_kernel", inner), ("bias", np.concatenate([half, bias - half]))],
        layer.compute,
    )


def cudnn_gru(random, columns, units):
    layer = old_models.gru(random, columns, units)
    (_, kernel), (_, inner), (_, bias) = layer.weights
    kernel, inner = _as_cudnn(kernel, inner, 3)
    return Layer(
        "CuDNNGRU",
        _cudnn(layer.config),
        [("kernel", kernel), ("recurrent_kernel", inner), ("bias", bias.reshape(-1))],
        layer.compute,
    )


def series():
    """Return a network that takes series of any length of 4 numbers each."""
    random = np.random.default_rng(6)
    mean = Layer("GlobalAveragePooling1D", {"data_format": "channels_last"}, [], lambda x: x.mean(axis=1))
    found = Case(
        (None, 4),
        [old_models.convolution1d(random, 4, 3), mean, softmax_of(random, 3, 3)],
        loss="categorical_crossentropy",
    )
    # For numbers up to 255.
    found.layers[0].weights[0][1][...] *= 0.02
    return found


def softmax_of(random, columns, units):
    return old_models.dense(random, columns, units, "softmax")


class Case(NamedTuple):
    """A chain of layers as a file of Keras 2, and the shape of a sample."""

    shape: tuple
    layers: list
    version: str = "2.2.4"
    whole: int = 0
    loss: object = "mse"

    def table(self, rows=12):
        """Return float32 (rows, columns)."""
        random = np.random.default_rng(3)
        count = int(np.prod(self.shape))
        return (
            random.integers(0, self.whole, (rows, count)) if self.whole else random.standard_normal((rows, count))
        ).astype(np.float32)

    def outputs(self, table):
        """Return what the network computes, in NumPy."""
        found = table.reshape(len(table), *(-1 if size is None else size for size in self.shape))
        for layer in self.layers:
            found = layer.compute(found)
        return found.reshape(len(table), -1)


def cases():
    """Return name -> case."""
    random = np.random.default_rng(2)
    dense = old_models.dense
    gates = Case(
        (5, 3),
        [hard_lstm(random, 3, 4), hard_gru(random, 4, 3), softmax_of(random, 3, 2)],
        "2.0.8",
        loss="categorical_crossentropy",
    )
    found = {
        name: Case((network.columns,), network.layers, "2.3.1", network.whole, network.params["loss"])
        for name, network in old_models.networks().items()
    }
    return found | {
        "hard": Case((6,), [hard_dense(random, 6, 5), hard_activation(), dense(random, 5, 2, "linear")]),
        "hard convolution": Case(
            (6, 6, 3), [hard_convolution(random, 3, 4), old_models.global_pooling(), dense(random, 4, 1, "sigmoid")]
        ),
        "gates": gates,
        "cudnn": Case((5, 3), [cudnn_lstm(random, 3, 4), cudnn_gru(random, 4, 3), dense(random, 3, 1, "linear")]),
        "a list": Case((6,), [dense(random, 6, 4, "relu"), dense(random, 4, 3, "softmax")], "2.0.5", loss=None),
    }


def layer_of(layer, name, shape=None):
    """Return a layer as Keras 2 wrote it; with `shape`, the first of a chain."""
    first = {} if shape is None else {"batch_input_shape": [None, *shape]}
    return {"class_name": layer.kind, "config": {"name": name, "trainable": True, **first, **layer.config}}


def sequential(case, as_list=False):
    """Return the configuration of a chain that starts with a layer which says what it takes."""
    layers = [layer_of(layer, name_of(layer, n), case.shape if n == 0 else None) for n, layer in enumerate(case.layers)]
    return {"class_name": "Sequential", "config": layers if as_list else {"name": "sequential_1", "layers": layers}}


def write_case(path, name, case, **changes):
    """Write a case as HDF5."""
    groups = [
        (name_of(layer, n), [(f"{name_of(layer, n)}/{w}:0", array) for w, array in layer.weights])
        for n, layer in enumerate(case.layers)
    ]
    compiled = (
        None
        if case.loss is None
        else {
            "loss": case.loss,
            "metrics": ["accuracy"],
            "optimizer_config": {
                "class_name": "Adam",
                "config": {"lr": 0.0010000000474974513, "beta_1": 0.8999999761581421, "decay": 0.0, "epsilon": 1e-08},
            },
        }
    )
    write_hdf5(
        path,
        sequential(case, as_list=name == "a list"),
        groups,
        **({"version": case.version, "compiled": compiled} | changes),
    )


def write_hdf5(path, config, groups, version="2.2.4", compiled=None, backend="tensorflow", split=0):
    """Write a whole network as Keras 2 did.

    Parameters:
        groups: (name of a layer, [(name, array), ...]) pairs.
        split: lists of names are divided into attributes of so many, as for large networks.
    """
    import h5py

    with h5py.File(path, "w") as handle:
        handle.attrs["keras_version"], handle.attrs["backend"] = version.encode(), backend.encode()
        handle.attrs["model_config"] = json.dumps(config).encode()
        if compiled is not None:
            handle.attrs["training_config"] = json.dumps(compiled).encode()
        weights = handle.create_group("model_weights")
        weights.attrs["keras_version"], weights.attrs["backend"] = version.encode(), backend.encode()
        _names(weights, "layer_names", [name for name, _ in groups], split)
        for name, arrays in groups:
            group = weights.create_group(name)
            _names(group, "weight_names", [own for own, _ in arrays], split)
            for own, array in arrays:
                group[own] = array


def _names(group, key, names, split):
    names = [name.encode() for name in names]
    if not split or not names:
        group.attrs[key] = names
        return
    for number, first in enumerate(range(0, len(names), split)):
        group.attrs[f"{key}{number}"] = names[first : first + split]


def write_archive(path, config, arrays, version="2.13.1", members=None):
    """Write a network as a zip, as Keras 2.12 and later do.

    Parameters:
        arrays: place in the file with the weights -> array.
        members: name -> content of further members, or of those that are to differ.
    """
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as handle:
        for place, array in arrays.items():
            handle[place] = array
    contents = {
        "metadata.json": json.dumps({"keras_version": version}),
        "config.json": json.dumps(config),
        "model.weights.h5": buffer.getvalue(),
    }
    with zipfile.ZipFile(path, "w") as target:
        for name, content in (contents | (members or {})).items():
            if content is not None:
                target.writestr(name, content)


def tensor(name, call=0):
    """Return what Keras 2 wrote of a layer's input."""
    return [[[name, call, 0, {}]]]


def node(layer, name, inbound, **config):
    """Return a layer of a functional network."""
    found = layer_of(layer, name)
    return {**found, "config": {**found["config"], **config}, "name": name, "inbound_nodes": inbound}


def input_node(name, *shape):
    return {
        "class_name": "InputLayer",
        "name": name,
        "config": {"batch_input_shape": [None, *shape], "name": name, **INPUT},
        "inbound_nodes": [],
    }


def functional(layers, output, call=0, kind="Model", name="model_1"):
    inputs = [[layer["name"], 0, 0] for layer in layers if layer["class_name"] == "InputLayer"]
    return {
        "class_name": kind,
        "config": {"name": name, "layers": layers, "input_layers": inputs, "output_layers": [[output, call, 0]]},
    }


def nested(random):
    """Return a functional network with a model inside that is applied twice and has a frozen normalization.

    Returns:
        (configuration, groups, function of the table).
    """
    inner, frozen, norm = (
        old_models.dense(random, 4, 4, "tanh"),
        old_models.normalization(random, 4),
        old_models.normalization(random, 4),
    )
    last = old_models.dense(random, 4, 2, "softmax")
    within = {
        "class_name": "Sequential",
        "config": {
            "name": "within",
            "layers": [
                layer_of(inner, "inner", (4,)),
                layer_of(frozen._replace(config={**frozen.config, "trainable": False}), "frozen"),
                layer_of(norm, "norm"),
            ],
        },
    }
    config = functional(
        [
            input_node("i", 4),
            {**within, "name": "within", "inbound_nodes": [*tensor("i"), *tensor("within", 1)]},
            node(last, "last", tensor("within", 2)),
        ],
        "last",
    )
    named = [("inner", inner), ("frozen", frozen), ("norm", norm)]
    arrays = {f"{layer}/{name}:0": array for layer, own in named for name, array in own.weights}
    # What training changes comes first, layer by layer; of a frozen layer nothing does.
    order = [
        "inner/kernel:0",
        "inner/bias:0",
        "norm/gamma:0",
        "norm/beta:0",
        *(f"frozen/{n}:0" for n in ("gamma", "beta", "moving_mean", "moving_variance")),
        "norm/moving_mean:0",
        "norm/moving_variance:0",
    ]
    groups = [
        ("i", []),
        ("within", [(name, arrays[name]) for name in order]),
        ("last", [(f"last/{n}:0", a) for n, a in last.weights]),
    ]

    def compute(x):
        for _ in range(2):
            x = norm.compute(frozen.compute(inner.compute(x)))
        return last.compute(x)

    return config, groups, compute


def turned(random):
    """Return a network of a convolution that Theano trained: it turned the kernel around."""
    layer = old_models.convolution(random, 2, 3)
    (name, kernel), bias = layer.weights
    return layer._replace(weights=[(name, kernel[::-1, ::-1].copy()), bias])
