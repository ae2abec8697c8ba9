"""The classes that a file may name: an allow-list by module, looked through for what each one does when built.

Not allowed, and so absent: layers that run code (Lambda), load files (TFSMLayer, the lookups with their
vocabularies), wrap other frameworks (TorchModuleWrapper, JaxLayer, FlaxLayer) or exist on one backend only;
Pipeline, whose layers Keras would compute with to learn its shape; losses and metrics that wrap a function;
quantized dtype policies, whose settings name further objects.
A test compares these tables with Keras' own modules, so that a class of a new Keras is looked at before it passes.
"""

_NDIM = (1, 2, 3)

_CORE = {
    "Activation", "Dense", "EinsumDense", "Embedding", "Identity", "InputLayer", "Masking", "ReversibleEmbedding",
    "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax",
    "Attention", "AdditiveAttention", "GroupQueryAttention", "MultiHeadAttention",
    "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract",
    "BatchNormalization", "GroupNormalization", "LayerNormalization", "RMSNormalization", "SpectralNormalization",
    "UnitNormalization",
    "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise",
    "Flatten", "Permute", "RepeatVector", "Reshape",
    "Bidirectional", "GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "SimpleRNN", "SimpleRNNCell", "StackedRNNCells",
    "TimeDistributed",
}  # fmt: skip
_SPATIAL = {
    f"{name}{n}D"
    for n in _NDIM
    for name in (
        "AdaptiveAveragePooling", "AdaptiveMaxPooling", "AveragePooling", "AvgPool", "Conv", "ConvLSTM", "Convolution",
        "Cropping", "GlobalAveragePooling", "GlobalAvgPool", "GlobalMaxPool", "GlobalMaxPooling", "MaxPool",
        "MaxPooling",
        "SpatialDropout", "UpSampling", "ZeroPadding",
    )
} | {f"{name}{n}D{end}" for n in _NDIM for name in ("Conv", "Convolution") for end in ("Transpose",)}  # fmt: skip
_SEPARATE = {f"{name}{n}D" for n in (1, 2) for name in ("DepthwiseConv", "SeparableConv", "SeparableConvolution")}
_PREPROCESSING = {
    "AugMix", "AutoContrast", "CategoryEncoding", "CenterCrop", "ContrastLimitedAdaptiveHistogramEqualization",
    "CutMix",
    "Discretization", "Equalization", "MixUp", "Normalization", "RandAugment", "RandomBrightness",
    "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop", "RandomElasticTransform",
    "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear",
    "RandomTranslation", "RandomZoom", "Rescaling", "Resizing", "Solarization",
}  # fmt: skip

LAYERS = frozenset(_CORE | _SPATIAL | _SEPARATE | _PREPROCESSING)
MODELS = frozenset({"Sequential", "Functional", "Model"})
INITIALIZERS = frozenset({
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "IdentityInitializer",
    "LecunNormal", "LecunUniform", "Ones", "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform",
    "TruncatedNormal", "VarianceScaling", "Zeros",
    "constant", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_normal",
    "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "truncated_normal", "variance_scaling",
    "zeros",
})  # fmt: skip
REGULARIZERS = frozenset({"L1", "L1L2", "L2", "OrthogonalRegularizer", "l1", "l1_l2", "l2", "orthogonal_regularizer"})
CONSTRAINTS = frozenset(
    {"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "max_norm", "min_max_norm", "non_neg", "unit_norm"}
)
OPTIMIZERS = frozenset({
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "LossScaleOptimizer", "Muon",
    "Nadam", "RMSprop", "SGD", "ScheduleFreeAdamW",
})  # fmt: skip
SCHEDULES = frozenset({
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay",
    "PolynomialDecay",
})  # fmt: skip
LOSSES = frozenset({
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CTC", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy", "CategoricalHinge", "Circle", "CosineSimilarity", "Dice", "Hinge", "Huber",
    "KLDivergence", "LogCosh", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge", "Tversky",
})  # fmt: skip
METRICS = frozenset({
    "AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "BinaryIoU", "CategoricalAccuracy",
    "CategoricalCrossentropy", "CategoricalHinge", "ConcordanceCorrelation", "CosineSimilarity", "F1Score",
    "FBetaScore", "FalseNegatives", "FalsePositives", "Hinge", "IoU", "KLDivergence", "LogCoshError", "Mean",
    "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanIoU", "MeanSquaredError", "MeanSquaredLogarithmicError",
    "OneHotIoU", "OneHotMeanIoU", "PearsonCorrelation", "Poisson", "Precision", "PrecisionAtRecall", "R2Score",
    "Recall", "RecallAtPrecision", "RootMeanSquaredError", "SensitivityAtSpecificity", "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SpecificityAtSensitivity", "SquaredHinge", "Sum",
    "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives",
})  # fmt: skip
DTYPE_POLICIES = frozenset({"DTypePolicy"})

# The modules that Keras 3 writes -> the classes that may be named with them.
MODULES = {
    "keras": MODELS | DTYPE_POLICIES,
    "keras.models": MODELS,
    "keras.src.models.functional": MODELS,
    "keras.src.models.sequential": MODELS,
    "keras.layers": LAYERS,
    "keras.initializers": INITIALIZERS,
    "keras.regularizers": REGULARIZERS,
    "keras.constraints": CONSTRAINTS,
    "keras.dtype_policies": DTYPE_POLICIES,
    "keras.optimizers": OPTIMIZERS,
    "keras.optimizers.schedules": SCHEDULES,
    "keras.losses": LOSSES,
    "keras.metrics": METRICS,
}
# What may be named without a module.
BY_NAME = INITIALIZERS | REGULARIZERS | CONSTRAINTS
DTYPES = frozenset({
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
    "float64",
})  # fmt: skip
POLICIES = DTYPES | {"mixed_float16", "mixed_bfloat16"}
