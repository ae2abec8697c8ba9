"""Workflows as Galaxy saved them with the tools before these, small: what their steps saved, and what connects them.

The states are those of the published introduction to deep learning (versions 0.5.0 and 1.0.8.2) and of the
classification of fruits (0.5.0 and 1.0.8.3), with smaller networks. Their datasets are those of the tests.
"""

import json

OWNER = "toolshed.g2.bx.psu.edu/repos/bgruening"
ASKED = {"__class__": "RuntimeValue"}
CONNECTED = {"__class__": "ConnectedValue"}
ALL_COLUMNS = {"selected_column_selector_option": "all_columns", "__current_case__": 4}
ALL_OF_TARGET = {"selected_column_selector_option2": "all_columns", "__current_case__": 4}
NO_CALLBACK = [{"__index__": 0, "callback_selection": {"callback_type": "None", "__current_case__": 0}}]
INPUTS = ("X_test", "X_train", "y_test", "y_train")


def _layers(*entries):
    return [
        {"__index__": i, "layer_selection": {"layer_type": kind, "__current_case__": case, **values}}
        for i, (kind, case, values) in enumerate(entries)
    ]


def _config(shape, *layers):
    selection = {"model_type": "sequential", "__current_case__": 0, "input_shape": shape, "layers": _layers(*layers)}
    return {"model_selection": selection}


def _builder(data, loss, optimizer, case, options, empty, epochs="2"):
    return {
        "mode_selection": {
            "mode_type": "train_model",
            "__current_case__": 0,
            "infile_json": data,
            "learning_type": "KerasGClassifier",
            "compile_params": {
                "loss": loss,
                "optimizer_selection": {
                    "optimizer_type": optimizer,
                    "__current_case__": case,
                    "optimizer_options": {"lr": "0.001", "decay": "0.0", **options},
                },
                "metrics": ["acc"],
            },
            "fit_params": {
                "epochs": epochs,
                "batch_size": "4",
                "steps_per_epoch": empty,
                "validation_steps": empty,
                "callbacks": NO_CALLBACK,
            },
            "random_seed": empty,
            "get_params": "false",
        }
    }


def _training(data, empty, header2="false"):
    return {
        "experiment_schemes": {
            "selected_exp_scheme": "train_val",
            "__current_case__": 0,
            "infile_estimator": data,
            "hyperparams_swapping": {
                "infile_params": data,
                "param_set": [{"__index__": 0, "sp_name": None, "sp_value": ""}],
            },
            "test_split": {
                "split_algos": {"shuffle": "simple", "__current_case__": 1, "test_size": "0.2", "random_state": empty}
            },
            "metrics": {"scoring": {"primary_scoring": "default", "__current_case__": 0}},
        },
        "input_options": {
            "selected_input": "tabular",
            "__current_case__": 0,
            "infile1": data,
            "header1": "false",
            "column_selector_options_1": ALL_COLUMNS,
            "infile2": data,
            "header2": header2,
            "column_selector_options_2": ALL_OF_TARGET,
        },
        "save": ["save_estimator"],
    }


def _prediction(data):
    return {
        "infile_estimator": data,
        "infile_weights": data,
        "input_options": {
            "selected_input": "tabular",
            "__current_case__": 0,
            "infile1": data,
            "header1": "false",
            "column_selector_options_1": ALL_COLUMNS,
        },
        "method": "predict",
    }


def _matrix(data):
    return {
        "plotting_selection": {
            "plot_type": "classification_confusion_matrix",
            "__current_case__": 6,
            "infile_true": data,
            "header_true": "false",
            "column_selector_options_true": ALL_COLUMNS,
            "infile_predicted": data,
            "header_predicted": "true",
            "title": "Confusion matrix between true and predicted labels",
            "plot_format": "png",
            "plot_color": "Greens",
        }
    }


_TRAINED = {
    "experiment_schemes|infile_estimator": ("keras_model_builder", "outfile"),
    "input_options|infile1": ("X_train", "output"),
}
_PREDICTED = {
    "infile_estimator": ("keras_train_and_eval", "outfile_object"),
    "infile_weights": ("keras_train_and_eval", "outfile_weights"),
    "input_options|infile1": ("X_test", "output"),
}
_PLOTTED = {
    "plotting_selection|infile_predicted": ("model_prediction", "outfile_predict"),
    "plotting_selection|infile_true": ("y_test", "output"),
}
_DESIGNED = {"mode_selection|infile_json": ("keras_model_config", "outfile")}


def introduction():
    """Return the introduction: two dense layers, RMSprop, weights beside the trained model; yes and no."""
    layers = [
        ("Dense", 0, {"units": units, "activation": name, "kwargs": ""})
        for units, name in (("8", "elu"), ("10", "softmax"))
    ]
    return _workflow(
        "introduction",
        {
            "keras_model_config": ("0.5.0", _config("(784, )", *layers), {}),
            "keras_model_builder": (
                "0.5.0",
                _builder(None, "sparse_categorical_crossentropy", "RMSprop", 1, {"rho": "0.9"}, ""),
                _DESIGNED,
            ),
            "keras_train_and_eval": (
                "1.0.8.2",
                _training(None, ""),
                {**_TRAINED, "input_options|infile2": ("y_train", "output")},
            ),
            "model_prediction": ("1.0.8.2", _prediction(None), _PREDICTED),
            "ml_visualization_ex": ("1.0.8.2", _matrix(None), _PLOTTED),
        },
    )


def fruits():
    """Return the fruits: a convolution that repeats its input_shape, Adam, one-hot labels."""
    layers = (
        ("Reshape", 4, {"target_shape": "(28, 28, 1)"}),
        ("Conv2D", 13, {"filters": "4", "kernel_size": "5", "activation": "relu", "kwargs": "input_shape=(28, 28, 1)"}),
        ("MaxPooling2D", 30, {"pool_size": "(2, 2)", "strides": "", "kwargs": ""}),
        ("Flatten", 3, {"data_format": "channels_last"}),
        ("Dense", 0, {"units": "10", "activation": "softmax", "kwargs": ""}),
    )
    adam = {"beta_1": "0.9", "beta_2": "0.999", "amsgrad": "false"}
    return _workflow(
        "fruits",
        {
            "keras_model_config": ("0.5.0", _config("(784, )", *layers), {}),
            "sklearn_to_categorical": (
                "1.0.8.3",
                {"header0": "false", "infile": ASKED, "num_classes": "10"},
                {"infile": ("y_train", "output")},
            ),
            "keras_model_builder": (
                "0.5.0",
                _builder(CONNECTED, "categorical_crossentropy", "Adam", 4, adam, None),
                _DESIGNED,
            ),
            "keras_train_and_eval": (
                "1.0.8.3",
                _training(ASKED, None),
                {**_TRAINED, "input_options|infile2": ("sklearn_to_categorical", "outfile")},
            ),
            "model_prediction": ("1.0.8.3", _prediction(ASKED), _PREDICTED),
            "ml_visualization_ex": ("1.0.8.3", _matrix(ASKED), _PLOTTED),
        },
    )


def _workflow(name, tools):
    names = [*INPUTS, *tools]
    steps = {}
    for number, label in enumerate(names):
        step = {
            "id": number,
            "annotation": "",
            "content_id": None,
            "errors": None,
            "inputs": [],
            "outputs": [],
            "input_connections": {},
            "label": None,
            "position": {"left": 10, "top": 10},
            "tool_id": None,
            "tool_version": None,
            "workflow_outputs": [],
        }
        steps[str(number)] = step | (_tool(label, *tools[label], names) if label in tools else _input(label))
    return {
        "a_galaxy_workflow": "true",
        "annotation": "",
        "format-version": "0.1",
        "name": name,
        "steps": steps,
        "tags": [],
        "version": 0,
    }


def _input(label):
    return {
        "type": "data_input",
        "label": label,
        "name": "Input dataset",
        "inputs": [{"description": "", "name": label}],
        "tool_state": json.dumps({"optional": False}),
    }


def _tool(tool, version, state, sources, names):
    long = f"{OWNER}/{tool}/{tool}/{version}"
    weights = {
        "keras_train_and_eval": [
            {"name": "outfile_result", "type": "tabular"},
            {"name": "outfile_object", "type": "zip"},
            {"name": "outfile_weights", "type": "h5"},
        ]
    }
    told = {"keras_train_and_eval": "outfile_weights", "model_prediction": "outfile_predict"}
    common = {"__input_ext": "data", "chromInfo": "/opt/galaxy/tool-data/shared/ucsc/chrom/?.len"}
    return {
        "type": "tool",
        "name": tool,
        "tool_id": long,
        "content_id": long,
        "tool_version": version,
        "tool_shed_repository": {
            "changeset_revision": "2a853a2d2e72",
            "name": tool,
            "owner": "bgruening",
            "tool_shed": "toolshed.g2.bx.psu.edu",
        },
        "outputs": weights.get(tool, []),
        "post_job_actions": {},
        "input_connections": {place: {"id": names.index(s), "output_name": o} for place, (s, o) in sources.items()},
        "tool_state": json.dumps({**common, **state, "__page__": None, "__rerun_remap_job_id__": None}),
        "workflow_outputs": [{"label": told[tool].removeprefix("outfile_"), "output_name": told[tool]}]
        if tool in told
        else [],
    }
