"""What the forms of former versions had otherwise, as data.

A place is a path of names joined by ``|``, as Galaxy's connections have it. Values are as Galaxy saves them.
"""

from collections.abc import Mapping
from typing import Any

TO_CATEGORICAL, CONFIG, BUILDER = "sklearn_to_categorical", "keras_model_config", "keras_model_builder"
TRAINING, PREDICTION, PLOTS = "keras_train_and_eval", "model_prediction", "ml_visualization_ex"
TOOLS = (TO_CATEGORICAL, CONFIG, BUILDER, TRAINING, PREDICTION, PLOTS)

# Tool -> place of a choice -> what is on offer still, and what else is said of a step that chose otherwise.
ON_OFFER: Mapping[str, Mapping[str, tuple[tuple[str, ...], str]]] = {
    TO_CATEGORICAL: {
        "encoder_type|task_type": (("label_encoder",), "To categorical encodes labels here, no DNA sequences"),
    },
    BUILDER: {
        "mode_selection|mode_type": (
            ("train_model",),
            "a network with its weights is read by 'Model Prediction' as it is, as .keras or .h5",
        ),
    },
    TRAINING: {"input_options|selected_input": (("tabular", "sparse"), "samples are tables or sparse matrices here")},
    PREDICTION: {"input_options|selected_input": (("tabular", "sparse"), "samples are tables or sparse matrices here")},
}
# Tool -> former place -> place now.
MOVED: Mapping[str, Mapping[str, str]] = {
    TO_CATEGORICAL: {
        "encoder_type|labels_path": "infile",
        "encoder_type|labels_header": "header0",
        "encoder_type|num_classes": "num_classes",
    },
    BUILDER: {
        "mode_selection|fit_params|validation_fraction": "mode_selection|fit_params|validation_split",
    },
    PLOTS: {"plotting_selection|confusion_plot_color": "plotting_selection|plot_color"},
}
# Tool -> places that are no more, and why nothing is lost.
GONE: Mapping[str, Mapping[str, str]] = {
    TO_CATEGORICAL: {"encoder_type": "there is nothing to choose"},
    BUILDER: {"mode_selection|get_params": ""},
    TRAINING: {
        "experiment_schemes|hyperparams_swapping|infile_params": "settings are swapped by their names alone",
    },
    PREDICTION: {"infile_weights": "the weights are in the trained model"},
}
# Tool -> a section that is there -> fields that former versions lacked, with what those versions did.
ADDED: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    BUILDER: {"mode_selection|fit_params": {"validation_split": "0.1", "verbose": "1"}},
}
# The same of a plot of one type.
ADDED_TO_PLOTS: Mapping[str, Mapping[str, Any]] = {
    "classification_confusion_matrix": {
        "header_true": False,
        "column_selector_options_true": {"selected_column_selector_option": "all_columns", "__current_case__": 4},
        "header_predicted": True,
        "plot_color": "Greens",
    },
}
COLOURS: Mapping[str, str] = {"purples": "Purples", "Winter": "winter"}
# Of a layer of one type.
ADDED_TO_LAYERS: Mapping[str, Mapping[str, Any]] = {"ReLU": {"threshold_max_value": "0.0"}}
# Layers that Keras has no more.
LAYERS_GONE = (
    "LocallyConnected1D", "LocallyConnected2D", "SimpleRNNCell", "GRUCell", "LSTMCell", "ConvLSTM2DCell",
)  # fmt: skip

RENAMED_OPTIONS: Mapping[str, str] = {"lr": "learning_rate"}
_EPSILON = {"epsilon": "1e-07"}
# Options of an optimizer that former versions did not ask for, with what Keras 2 did. Its Adagrad began with sums of 0.
ADDED_TO_OPTIMIZERS: Mapping[str, Mapping[str, Any]] = {
    "RMSprop": {"momentum": "0.0", **_EPSILON, "centered": False},
    "SGD": {"momentum": "0.0", "nesterov": False},
    "Adagrad": {"initial_accumulator_value": "0.0", **_EPSILON},
    "Adadelta": _EPSILON,
    "Adam": {**_EPSILON, "amsgrad": False},
    "Adamax": _EPSILON,
    "Nadam": _EPSILON,
}
# What the box of an optimizer's further options holds before anyone changes it.
FURTHER_OPTIONS: Mapping[str, Any] = {
    **dict.fromkeys(("weight_decay", "clipnorm", "clipvalue", "global_clipnorm"), None),
    "use_ema": False,
    "ema_momentum": "0.99",
    "gradient_accumulation_steps": None,
    "learning_rate_schedule": [],
    "loss_scaling": [],
}

# Tool -> outputs that are no more, and outputs by the names that they have now.
OUTPUTS_GONE: Mapping[str, tuple[str, ...]] = {
    TRAINING: ("outfile_weights",),
    TO_CATEGORICAL: ("outfile_matrix", "outfile_vocab"),
}
OUTPUTS_RENAMED: Mapping[str, Mapping[str, str]] = {BUILDER: {"outfile_params": "outfile_hyperparameters"}}
