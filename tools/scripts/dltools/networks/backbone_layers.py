"""What `keras.applications` builds of more than the public layers, made of these: it computes the same to the bit.

==========================================  ===============================================================
Keras                                       here
==========================================  ===============================================================
a + b, a + 3.0 and a * 0.5 of tensors       Add; Rescaling
CustomScaleLayer of InceptionResNetV2       Rescaling of the second input, Add
LayerScale of ConvNeXt                      DepthwiseConv2D with a kernel of one point, without a bias
Sequential of ConvNeXt                      its layers
Normalization of EfficientNet (version 1)   and the Rescaling that the published weights were trained with
==========================================  ===============================================================
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dltools.catalogue import backbones

if TYPE_CHECKING:
    import keras

Tensor = Any
_Made = Callable[..., Tensor]
# Class of a layer or of an operation on tensors -> what makes it of layers.
_MADE: dict[str, _Made] = {}


def _of(name: str) -> Callable[[_Made], _Made]:
    """Enter a function as what makes layers of a class."""

    def entered(made: _Made) -> _Made:
        _MADE[name] = made
        return made

    return entered


def replayed(model: "keras.Model") -> "keras.Model":
    """Return a network of `keras.applications` with public layers alone, by the names that they have there."""
    import keras

    return keras.models.clone_model(model, call_function=_call)


def _call(layer: Any, *given: Tensor, **keywords: Any) -> Tensor:
    made = _MADE.get(type(layer).__name__)
    return made(layer, *given) if made else layer(*given, **keywords)


def _unless_layer(operation: _Made) -> _Made:
    """Tell an operation on tensors from the layer of the same name."""

    def made(layer: Any, *given: Tensor) -> Tensor:
        return layer(*given) if hasattr(layer, "get_weights") else operation(layer, *given)

    return made


@_of("Add")
@_unless_layer
def _add(operation: Any, first: Tensor, second: Tensor) -> Tensor:
    import keras

    if isinstance(first, keras.KerasTensor) and isinstance(second, keras.KerasTensor):
        return keras.layers.Add(name=operation.name)([first, second])
    return keras.layers.Rescaling(1.0, offset=float(second), name=operation.name)(first)


@_of("Multiply")
@_unless_layer
def _multiply(operation: Any, first: Tensor, second: float) -> Tensor:
    import keras

    return keras.layers.Rescaling(float(second), name=operation.name)(first)


@_of("CustomScaleLayer")
def _custom_scale(layer: Any, given: list[Tensor]) -> Tensor:
    import keras

    scaled = keras.layers.Rescaling(layer.scale, name=f"{layer.name}_residual")(given[1])
    return keras.layers.Add(name=layer.name)([given[0], scaled])


@_of("LayerScale")
def _layer_scale(layer: Any, given: Tensor) -> Tensor:
    import keras

    start = keras.initializers.Constant(layer.init_values)
    return keras.layers.DepthwiseConv2D(1, use_bias=False, depthwise_initializer=start, name=layer.name)(given)


@_of("Sequential")
def _sequential(model: Any, given: Tensor) -> Tensor:
    for layer in model.layers:
        given = type(layer).from_config(layer.get_config())(given)
    return given


@_of("Normalization")
def _normalization(layer: Any, given: Tensor) -> Tensor:
    import keras

    if layer.input_mean is not None:
        return layer(given)
    scales = list(backbones.EFFICIENTNET_SCALES)
    return keras.layers.Rescaling(scales, name=f"{layer.name}_scale")(layer(given))
