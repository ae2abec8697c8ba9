"""What becomes of the arrays of Keras 2, so that a network computes in Keras 3 what it computed there.

- ``hard_sigmoid`` was 0.2 x + 0.5 between 0 and 1, and is x / 6 + 0.5. Of 1.2 x the new one gives what the old one gave
  of x, so the weights that lead to it are multiplied by 1.2; where it stands alone, a layer that does so comes before
  it.
- CuDNNGRU and CuDNNLSTM keep each gate's matrix transposed, and two sets of biases.
- Theano turned the kernels of convolutions around.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dltools.catalogue.layers.table import of_class
from dltools.core.errors import UserError, quoted
from dltools.untrusted import gate

if TYPE_CHECKING:
    import keras


CHANGED, FACTOR = "hard_sigmoid", 1.2
# The weights that come first in these do not lead to the activation straight away.
BEFORE = ("depthwise_kernel",)


class Change(NamedTuple):
    """What is done with one array: `apply` with its values, `shape` with its shape."""

    apply: Callable[[np.ndarray], np.ndarray]
    shape: Callable[[tuple], tuple] = lambda shape: shape


AS_IT_IS = Change(lambda values: values)


def check(layer: dict, backend: str | None, source: str) -> None:
    """Refuse a layer of Keras 2 whose arrays cannot be changed so that Keras 3 computes the same.

    Parameters:
        layer: the configuration as it was saved.
        backend: what Keras 2 ran on, where the file tells.

    Raises:
        UserError: names the layer.
    """
    kind, config = layer.get("class_name"), layer.get("config") or {}
    where = f"{source}: layer {quoted(config.get('name'))} ({kind})"
    former = of_class(str(kind)).keras2
    if former.activates_state and config.get("activation") == CHANGED:
        raise UserError(
            f"{where}: its activation is the hard_sigmoid of Keras 2, which Keras 3 computes in another way. Train the "
            "network anew with another activation."
        )
    if config.get("stateful") is True:
        raise UserError(
            f"{where}: is stateful, so that what it gives for a sample depends on the samples before it; here each "
            "sample stands by itself. Save the network with stateful=False."
        )
    if backend == "theano" and former.other_in_theano:
        raise UserError(f"{where}: was trained with Theano, whose {kind} had other weights. Train the network anew.")


def change(layer: dict, variable: str, backend: str | None) -> Change:
    """Return what is done with an array of a layer of Keras 2.

    Parameters:
        layer: the configuration as it was saved.
        variable: the name that Keras 3 gives to the array.
        backend: what Keras 2 ran on, where the file tells.
    """
    kind, config = str(layer.get("class_name")), layer.get("config") or {}
    former = of_class(kind).keras2
    if former.transposed:
        return _of_cudnn(kind, variable)
    scaled = _scaled(kind, config, variable)
    if backend == "theano" and former.turned and "kernel" in variable:
        return Change(lambda values: scaled(_turned(values)))
    return Change(scaled)


def _scaled(kind: str, config: dict, variable: str) -> Callable:
    activations = {"r": config.get("recurrent_activation"), "a": config.get("activation")}
    changed = {letter for letter, name in activations.items() if name == CHANGED}
    if not changed or variable in BEFORE:
        return AS_IT_IS.apply
    gates = of_class(kind).keras2.gates
    if not gates:
        return lambda values: values * np.asarray(FACTOR, values.dtype) if "a" in changed else values
    factors = [FACTOR if letter in changed else 1.0 for letter in gates]

    def scale(values: np.ndarray) -> np.ndarray:
        return values * np.repeat(np.asarray(factors, values.dtype), values.shape[-1] // len(factors))

    return scale


def _of_cudnn(kind: str, variable: str) -> Change:
    gates = of_class(kind).keras2.transposed
    if variable == "kernel":
        return Change(
            lambda values: np.concatenate(
                [part.T.reshape(part.shape, order="F") for part in np.split(values, gates, axis=1)], axis=1
            )
        )
    if variable == "recurrent_kernel":
        return Change(lambda values: np.concatenate([part.T for part in np.split(values, gates, axis=1)], axis=1))
    if kind == "CuDNNLSTM":
        return Change(
            lambda values: values.reshape(2, -1).sum(axis=0),
            lambda shape: (shape[0] // 2,) if len(shape) == 1 else shape,
        )
    return Change(lambda values: values.reshape(2, -1), lambda shape: (2, shape[0] // 2) if len(shape) == 1 else shape)


def _turned(values: np.ndarray) -> np.ndarray:
    # All axes but the last two, the channels, are places.
    return values[(slice(None, None, -1),) * (values.ndim - 2)]


def rewritten(config: dict, source: str) -> dict:
    """Return a converted configuration with a layer that multiplies by 1.2 before each hard_sigmoid that stands alone.

    Parameters:
        source: the file's name, for messages.

    Raises:
        UserError: one stands inside another layer.
    """
    inner = config["config"]
    layers = [rewritten(layer, source) if layer["class_name"] in gate.MODELS else layer for layer in inner["layers"]]
    found = []
    for layer in layers:
        if _stands_alone(layer):
            scaling, layer = _with_scaling(layer)
            found.append(scaling)
        elif _stands_alone(layer["config"].get("layer")):
            raise UserError(
                f"{source}: layer {quoted(layer['config'].get('name'))} ({layer['class_name']}): holds the "
                "hard_sigmoid of Keras 2, which Keras 3 computes in another way. Train the network anew with another "
                "activation."
            )
        found.append(layer)
    return {**config, "config": {**inner, "layers": found}}


def _stands_alone(layer: "keras.Layer") -> bool:
    return (
        isinstance(layer, dict)
        and layer.get("class_name") == "Activation"
        and layer["config"].get("activation") == CHANGED
    )


def _with_scaling(layer: dict) -> tuple[dict, dict]:
    name = f"{layer['config'].get('name')}_of_keras_2"
    scaling = {
        "module": "keras.layers",
        "class_name": "Rescaling",
        "config": {"name": name, "scale": FACTOR, "offset": 0.0},
        "registered_name": None,
    }
    if "inbound_nodes" not in layer:
        return scaling, layer
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {"shape": [None], "dtype": "float32", "keras_history": [name, call, 0]},
        }
        for call in range(len(layer["inbound_nodes"]))
    ]
    fed = [{"args": [tensor], "kwargs": {}} for tensor in tensors]
    return {**scaling, "name": name, "inbound_nodes": layer["inbound_nodes"]}, {**layer, "inbound_nodes": fed}
