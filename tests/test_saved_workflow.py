"""A workflow saved with the tools before these imports and runs unchanged.

Its steps hold the states that those versions saved: numbers as texts, null for what was left empty, cases
numbered otherwise, outputs of other names. Nothing in them names a parameter that came later, so Galaxy must
not find one missing: it then refuses to run the workflow until a person has looked at it.
"""

import json

import pytest

from tests.galaxy.demo import TABLES, read_column
from tests.support.places import TEST_DATA

ALL_COLUMNS = {"selected_column_selector_option": "all_columns", "__current_case__": 4}
CONNECTED = {"__class__": "ConnectedValue"}
KERNEL = {"kernel_size": "3", "activation": "relu", "kwargs": ""}
POOL = {"pool_size": "(2, 2)", "strides": "", "kwargs": ""}
LAYERS = [
    ("Reshape", 4, {"target_shape": "(28,28,1)"}),
    ("Conv2D", 13, {"filters": "8", **KERNEL}),
    ("MaxPooling2D", 30, POOL),
    ("Conv2D", 13, {"filters": "4", **KERNEL}),
    ("MaxPooling2D", 30, POOL),
    ("Flatten", 3, {"data_format": "channels_last"}),
    ("Dense", 0, {"units": "10", "activation": "softmax", "kwargs": ""}),
]
ADAM = {"learning_rate": "0.003", "beta_1": "0.9", "beta_2": "0.999", "epsilon": "1e-07", "amsgrad": False}
STATES = {
    "sklearn_to_categorical": {"header0": False, "infile": {"__class__": "RuntimeValue"}, "num_classes": "10"},
    "keras_model_config": {
        "model_selection": {
            "model_type": "sequential",
            "__current_case__": 0,
            "input_shape": "(784, )",
            "layers": [
                {"__index__": i, "layer_selection": {"layer_type": kind, "__current_case__": case, **values}}
                for i, (kind, case, values) in enumerate(LAYERS)
            ],
        }
    },
    "keras_model_builder": {
        "mode_selection": {
            "mode_type": "train_model",
            "__current_case__": 0,
            "infile_json": CONNECTED,
            "learning_type": "KerasGClassifier",
            "compile_params": {
                "loss": "categorical_crossentropy",
                "metrics": ["categorical_accuracy"],
                "optimizer_selection": {"optimizer_type": "Adam", "__current_case__": 4, "optimizer_options": ADAM},
            },
            "fit_params": {
                "epochs": "10",
                "batch_size": "50",
                "steps_per_epoch": None,
                "validation_split": "0.1",
                "validation_steps": None,
                "verbose": "1",
                "callbacks": [{"__index__": 0, "callback_selection": {"callback_type": "None", "__current_case__": 0}}],
            },
            "random_seed": None,
        }
    },
    "keras_train_and_eval": {
        "experiment_schemes": {
            "selected_exp_scheme": "train_val",
            "__current_case__": 0,
            "infile_estimator": CONNECTED,
            "hyperparams_swapping": {"param_set": [{"__index__": 0, "sp_name": None, "sp_value": ""}]},
            "test_split": {
                "split_algos": {"shuffle": "simple", "__current_case__": 1, "test_size": "0.2", "random_state": None}
            },
            "metrics": {"scoring": {"primary_scoring": "accuracy", "__current_case__": 1, "secondary_scoring": None}},
        },
        "input_options": {
            "selected_input": "tabular",
            "__current_case__": 0,
            "infile1": CONNECTED,
            "header1": False,
            "column_selector_options_1": ALL_COLUMNS,
            "infile2": CONNECTED,
            "header2": False,
            "column_selector_options_2": {"selected_column_selector_option2": "all_columns", "__current_case__": 4},
        },
        "save": ["save_estimator"],
    },
    "model_prediction": {
        "infile_estimator": CONNECTED,
        "method": "predict",
        "input_options": {
            "selected_input": "tabular",
            "__current_case__": 0,
            "infile1": CONNECTED,
            "header1": False,
            "column_selector_options_1": ALL_COLUMNS,
        },
    },
    "ml_visualization_ex": {
        "plotting_selection": {
            "plot_type": "classification_confusion_matrix",
            "__current_case__": 6,
            "infile_true": CONNECTED,
            "header_true": False,
            "column_selector_options_true": ALL_COLUMNS,
            "infile_predicted": CONNECTED,
            "header_predicted": True,
            "title": "Confusion matrix between true and predicted labels",
            "plot_format": "png",
            "plot_color": "Greens",
        }
    },
}
OUTPUTS = {
    "sklearn_to_categorical": "outfile",
    "keras_model_config": "outfile",
    "keras_model_builder": "outfile",
    "keras_train_and_eval": "outfile_object",
    "model_prediction": "outfile_predict",
    "ml_visualization_ex": "output",
}
# Step -> parameter -> where its dataset comes from: an input of the workflow or another step.
CONNECTIONS = {
    "sklearn_to_categorical": {"infile": "y_train"},
    "keras_model_config": {},
    "keras_model_builder": {"mode_selection|infile_json": "keras_model_config"},
    "keras_train_and_eval": {
        "experiment_schemes|infile_estimator": "keras_model_builder",
        "input_options|infile1": "X_train",
        "input_options|infile2": "sklearn_to_categorical",
    },
    "model_prediction": {"infile_estimator": "keras_train_and_eval", "input_options|infile1": "X_test"},
    "ml_visualization_ex": {
        "plotting_selection|infile_true": "y_test",
        "plotting_selection|infile_predicted": "model_prediction",
    },
}


def saved_workflow():
    """Return the workflow as a .ga file holds it."""
    names = [*TABLES, *STATES]
    common = {"annotation": "", "errors": None, "position": {"left": 0, "top": 0}, "when": None}
    steps = {}
    for name in names:
        number = names.index(name)
        step = {**common, "id": number, "input_connections": {}, "inputs": [], "outputs": [], "workflow_outputs": []}
        if name in TABLES:
            step |= {
                "type": "data_input",
                "label": name,
                "name": "Input dataset",
                "tool_id": None,
                "tool_version": None,
                "inputs": [{"description": "", "name": name}],
                "tool_state": json.dumps({"optional": False, "tag": None}),
            }
        else:
            source = {
                p: {"id": names.index(s), "output_name": OUTPUTS.get(s, "output")} for p, s in CONNECTIONS[name].items()
            }
            state = {**STATES[name], "__page__": None, "__rerun_remap_job_id__": None}
            step |= {
                "type": "tool",
                "label": None,
                "name": name,
                "tool_id": name,
                "content_id": name,
                "tool_version": "1.0.10.0",
                "input_connections": source,
                "tool_state": json.dumps(state),
                "post_job_actions": {},
            }
        steps[str(number)] = step
    steps[str(names.index("model_prediction"))]["workflow_outputs"] = [
        {"label": "predictions", "output_name": "outfile_predict"}
    ]
    return {
        "a_galaxy_workflow": "true",
        "format-version": "0.1",
        "name": "saved",
        "annotation": "",
        "tags": [],
        "steps": steps,
    }


@pytest.fixture(scope="module")
def run(galaxy, uncaptured, tmp_path_factory):
    from tests.galaxy.workflow import WorkflowRun

    path = tmp_path_factory.mktemp("saved") / "saved.ga"
    path.write_text(json.dumps(saved_workflow()), encoding="utf-8")
    found = WorkflowRun(galaxy, path, "saved workflow")
    with uncaptured():
        found.run({name: TEST_DATA / f"{name}.tabular" for name in TABLES}, exact_versions=False)
    return found


def test_runs_unchanged_to_its_predictions(run, tmp_path):
    header, *predicted = read_column(run.fetch("predictions", tmp_path / "predictions"))
    assert header == "Predicted"
    assert len(predicted) == len(read_column(TEST_DATA / "y_test.tabular"))
    assert set(predicted) <= {str(digit) for digit in range(10)}
