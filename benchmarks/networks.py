"""The networks that are trained, as the form lists their layers."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Network:
    """A chain of layers for samples of so many columns."""

    columns: int
    layers: tuple[Mapping[str, object], ...]


_CLASSIFIES = {"layer_type": "Dense", "units": 10, "activation": "softmax"}
PIXELS = 784
# The tutorial's.
CNN = Network(
    PIXELS,
    (
        {"layer_type": "Reshape", "target_shape": "(28, 28, 1)"},
        {"layer_type": "Conv2D", "filters": 64, "kernel_size": "3", "activation": "relu", "kwargs": "padding='same'"},
        {"layer_type": "MaxPooling2D", "pool_size": "(2, 2)"},
        {"layer_type": "Conv2D", "filters": 32, "kernel_size": "3", "activation": "relu"},
        {"layer_type": "MaxPooling2D", "pool_size": "(2, 2)"},
        {"layer_type": "Flatten"},
        _CLASSIFIES,
    ),
)


def dense(columns: int, units: int = 64) -> Network:
    """Return a network of one hidden layer, for 10 classes."""
    return Network(columns, ({"layer_type": "Dense", "units": units, "activation": "relu"}, _CLASSIFIES))


# Networks for images of 784 pixels, by the names that the command line knows.
OF_IMAGES = {"dense": dense(PIXELS), "cnn": CNN}
