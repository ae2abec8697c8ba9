"""Layers that the form does not offer and files of others name: what the tools know of them."""

from dltools.catalogue.layers.entry import Layer
from dltools.catalogue.layers.traits import Trait

_VARIED = Layer(traits=Trait.BY_CHANCE | Trait.TRAINS_ONLY)
_UNSAFE = Layer(traits=Trait.UNSAFE)
_UNSAFE_TEXT = Layer(traits=Trait.UNSAFE | Trait.READS_TEXT)
_PROGRAM = Layer(traits=Trait.PROGRAM)
_FORMER = Layer(keras="BatchNormalization")

# Keras 3 has them, and the gate lets them pass.
_ALLOWED = {
    "RNN": Layer(traits=Trait.TAKES_STATES),
    "StackedRNNCells": Layer(),
    "ReversibleEmbedding": Layer(vocabulary="input_dim"),
    **dict.fromkeys(
        ("AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization", "Solarization"), Layer()
    ),
    **dict.fromkeys(("AugMix", "CutMix", "MixUp", "RandAugment"), _VARIED),
    **{
        f"Random{name}": _VARIED
        for name in (
            "ColorDegeneration", "ColorJitter", "ElasticTransform", "Grayscale", "Hue", "Invert", "Perspective",
            "Posterization", "Saturation", "Sharpness", "Shear",
        )
    },
    "RandomGaussianBlur": Layer(traits=_VARIED.traits | Trait.HOLDS_WINDOW),
    # What the layers after it take it makes in training alone, so that it cannot be left out.
    "RandomCrop": Layer(traits=Trait.BY_CHANCE | Trait.MOVES),
}  # fmt: skip
# Keras 3 has them, and the gate does not let them pass.
_REFUSED = {
    "Lambda": Layer(traits=Trait.UNSAFE | Trait.PROGRAM),
    **dict.fromkeys(("TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer"), _UNSAFE),
    **dict.fromkeys(("MelSpectrogram", "STFTSpectrogram"), _UNSAFE),
    **dict.fromkeys(
        ("Hashing", "HashedCrossing", "IntegerLookup", "StringLookup", "TextVectorization"), _UNSAFE_TEXT
    ),
}  # fmt: skip
# Keras 1 and 2 had them.
_PAST = {
    **dict.fromkeys(("SyncBatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2"), _FORMER),
    **dict.fromkeys(
        (
            "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "InstanceProperty",
        ),
        _PROGRAM,
    ),
    **dict.fromkeys(
        (
            "AbstractRNNCell", "AtrousConvolution1D", "AtrousConvolution2D", "ConvRecurrent2D", "DenseFeatures",
            "Highway", "LinearModel", "MaxoutDense", "Merge", "PeepholeLSTMCell", "RandomFourierFeatures",
            "RandomHeight", "RandomWidth", "SequenceFeatures", "TimeDistributedDense", "WideDeepModel",
        ),
        Layer(traits=Trait.GONE),
    ),
}  # fmt: skip

LAYERS = {**_ALLOWED, **_REFUSED, **_PAST}
