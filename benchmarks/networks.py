"""The networks that are trained, as the form lists their layers."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Network:
    """A chain of layers for samples of a shape."""

    shape: tuple[int, ...]
    layers: tuple[Mapping[str, object], ...]


_CLASSIFIES = {"layer_type": "Dense", "units": 10, "activation": "softmax"}
PIXELS = 784
# The tutorial's.
CNN = Network(
    (PIXELS,),
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
    return Network((columns,), ({"layer_type": "Dense", "units": units, "activation": "relu"}, _CLASSIFIES))


_POOLED = {"layer_type": "MaxPooling2D", "pool_size": "(2, 2)"}


def _convolution(filters: int) -> dict[str, object]:
    return {"layer_type": "Conv2D", "filters": filters, "kernel_size": "3", "activation": "relu"}


# For images in files, of four classes.
_FOUR = ({"layer_type": "GlobalAveragePooling2D"}, {"layer_type": "Dense", "units": 4, "activation": "softmax"})
TEXTURES = Network((64, 64, 3), (_convolution(16), _POOLED, _convolution(32), _POOLED, _convolution(32), *_FOUR))
PHOTOGRAPHS = Network((224, 224, 3), (_convolution(4) | {"kwargs": "strides=4"}, *_FOUR))

# Networks for images of 784 pixels, by the names that the command line knows.
OF_IMAGES = {"dense": dense(PIXELS), "cnn": CNN}
