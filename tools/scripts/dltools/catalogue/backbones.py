"""The published networks of `keras.applications` that the form offers, one entry each.

All take images of three channels, red, green and blue, with numbers from 0 to 255: what each family wants of them is
the first layer of the network. Where Keras builds a part of a network of what is no layer of its public list
(additions and products of tensors, CustomScaleLayer, LayerScale, a Sequential inside), `networks.backbone_layers` makes
it of layers that compute the same, so that the gate holds them all and plain Keras loads them.
"""

import dataclasses
import re
from collections.abc import Mapping
from types import MappingProxyType

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CHANNELS = 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """What a family of networks wants of images of 0 to 255.

    Attributes:
        layer: the class of the layer in front of the network, "" where the network has its own.
        name: of that layer, by which a network is known again when its weights are read.
        options: the layer's keyword arguments.
        bgr: whether the published weights take blue, green and red: then the first convolution's are turned around.
    """

    layer: str = ""
    name: str = ""
    options: Mapping[str, object] = dataclasses.field(default_factory=dict)
    bgr: bool = False


# As `preprocess_input` of `keras.applications.imagenet_utils` calls them.
PREPROCESSING = {
    "tf": Preprocessing(layer="Rescaling", name="pixels_to_1", options={"scale": 1 / 127.5, "offset": -1.0}),
    "torch": Preprocessing(
        layer="Normalization",
        name="pixels_normalized",
        options={"mean": [255 * m for m in _MEAN], "variance": [(255 * d) ** 2 for d in _DEVIATION]},
    ),
    "caffe": Preprocessing(
        layer="Normalization",
        name="pixels_centred",
        options={"mean": [123.68, 116.779, 103.939], "variance": [1.0, 1.0, 1.0]},
        bgr=True,
    ),
    "inside": Preprocessing(),
}
FRONT = frozenset(found.name for found in PREPROCESSING.values() if found.name)
# What Keras puts behind the Normalization of an EfficientNet (version 1) for the published weights: their variances are
# deviations.
EFFICIENTNET_SCALES = tuple(d**-0.5 for d in _DEVIATION)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """A published network.

    Attributes:
        keras: the function in `keras.applications`.
        preprocessing: a key of `PREPROCESSING`.
        size: height and width of the images that it was trained with.
        least: the least height and width that it takes.
        million: its parameters without the head, in millions.
        options: keyword arguments of the function.
    """

    keras: str
    preprocessing: str
    size: int
    least: int
    million: float
    options: Mapping[str, object] = dataclasses.field(default_factory=lambda: MappingProxyType({}))


def _family(
    preprocessing: str, members: Mapping[str, tuple[int, float]], least: int = 32, **options: object
) -> dict[str, Backbone]:
    """Return the entries of networks whose names are those in Keras."""
    return {
        name: Backbone(
            keras=name, preprocessing=preprocessing, size=size, least=least, million=million, options=options
        )
        for name, (size, million) in members.items()
    }


def _widths(keras: str, preprocessing: str, members: Mapping[float, float], **options: object) -> dict[str, Backbone]:
    """Return the entries of a network that was published in several widths."""
    return {
        f"{keras}{'_minimalistic' if options else ''}_{alpha}": Backbone(
            keras=keras, preprocessing=preprocessing, size=224, least=32, million=million,
            options={"alpha": alpha, **options},
        )
        for alpha, million in members.items()
    }  # fmt: skip


# Name in the form -> the network.
BACKBONES: dict[str, Backbone] = {
    **_widths("MobileNetV2", "tf", {1.0: 2.3, 0.35: 0.4, 0.5: 0.7, 0.75: 1.4, 1.3: 3.8, 1.4: 4.4}),
    **_widths("MobileNetV3Small", "inside", {1.0: 0.9, 0.75: 0.6}),
    **_widths("MobileNetV3Small", "inside", {1.0: 0.4}, minimalistic=True),
    **_widths("MobileNetV3Large", "inside", {1.0: 3.0, 0.75: 1.8}),
    **_widths("MobileNetV3Large", "inside", {1.0: 1.4}, minimalistic=True),
    **_widths("MobileNet", "tf", {1.0: 3.2, 0.25: 0.2, 0.5: 0.8, 0.75: 1.8}),
    **_family(
        "inside",
        {
            "EfficientNetV2B0": (224, 5.9), "EfficientNetV2B1": (240, 6.9), "EfficientNetV2B2": (260, 8.8),
            "EfficientNetV2B3": (300, 12.9), "EfficientNetV2S": (384, 20.3), "EfficientNetV2M": (480, 53.2),
            "EfficientNetV2L": (480, 117.7), "EfficientNetB0": (224, 4.0), "EfficientNetB1": (240, 6.6),
            "EfficientNetB2": (260, 7.8), "EfficientNetB3": (300, 10.8), "EfficientNetB4": (380, 17.7),
            "EfficientNetB5": (456, 28.5), "EfficientNetB6": (528, 41.0), "EfficientNetB7": (600, 64.1),
        },
    ),
    **_family("caffe", {"ResNet50": (224, 23.6), "ResNet101": (224, 42.7), "ResNet152": (224, 58.4)}),
    **_family("tf", {"ResNet50V2": (224, 23.6), "ResNet101V2": (224, 42.6), "ResNet152V2": (224, 58.3)}),
    **_family("torch", {"DenseNet121": (224, 7.0), "DenseNet169": (224, 12.6), "DenseNet201": (224, 18.3)}),
    **_family(
        "inside",
        {
            "ConvNeXtTiny": (224, 27.8), "ConvNeXtSmall": (224, 49.5), "ConvNeXtBase": (224, 87.6),
            "ConvNeXtLarge": (224, 196.2), "ConvNeXtXLarge": (224, 348.1),
        },
    ),
    **_family("tf", {"Xception": (299, 20.9)}, least=71),
    **_family("tf", {"InceptionV3": (299, 21.8), "InceptionResNetV2": (299, 54.3)}, least=75),
    **_family("tf", {"NASNetMobile": (224, 4.3), "NASNetLarge": (331, 84.9)}),
    **_family("caffe", {"VGG16": (224, 14.7), "VGG19": (224, 20.0)}),
}  # fmt: skip
LABELS = {
    name: f"{name}: {found.million} million parameters, trained with images of {found.size} x {found.size}"
    for name, found in BACKBONES.items()
}

# How the layers that Keras keeps elsewhere, or as others, are known by the names that both have.
_IN_SEQUENTIAL = re.compile(r"(convnext_[a-z]+_(?:stem|downsampling))_(?:conv|layernorm)(_\d)?")
_SCALE_SUFFIX = "_layer_scale"


def sequential_of(name: str) -> str:
    """Return what tells the Sequential that holds a layer of this name in Keras' own network; "" if none does."""
    found = _IN_SEQUENTIAL.fullmatch(name)
    return f"{found.group(1)}{found.group(2) or ''}" if found else ""


def is_layer_scale(name: str) -> bool:
    """Tell whether a layer of this name is a LayerScale in Keras' own network."""
    return name.startswith("convnext_") and name.endswith(_SCALE_SUFFIX)
