"""The JSON that Galaxy writes for the forms, made short, and running a tool's script on it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.support.places import SCRIPTS

ALL = {"selected_column_selector_option": "all_columns"}

CNN = (
    ("Reshape", {"target_shape": "(28, 28, 1)"}),
    ("Conv2D", {"filters": 8, "kernel_size": "3", "activation": "relu", "kwargs": "padding='same'"}),
    ("MaxPooling2D", {"pool_size": "(2, 2)", "strides": "", "kwargs": ""}),
    ("Conv2D", {"filters": "4", "kernel_size": "(3, 3)", "activation": "relu", "kwargs": None}),
    ("MaxPooling2D", {"pool_size": "(2,2)", "strides": None, "kwargs": ""}),
    ("Flatten", {"data_format": "channels_last"}),
    ("Dense", {"units": "10", "activation": "softmax", "kwargs": ""}),
)


def layers(*entries):
    """Return the repeat `layers` of (type, parameters) pairs."""
    return [
        {"__index__": i, "layer_selection": {"layer_type": kind, **values}} for i, (kind, values) in enumerate(entries)
    ]


def sequential(*entries, input_shape="(784,)"):
    """Return the parameters of a sequential model."""
    selection = {"model_type": "sequential", "input_shape": input_shape, "layers": layers(*entries)}
    return {"model_selection": selection}


def functional(*entries, inputs="[1]", outputs="[2]"):
    """Return the parameters of a functional model."""
    selection = {
        "model_type": "functional",
        "input_layers": inputs,
        "output_layers": outputs,
        "layers": layers(*entries),
    }
    return {"model_selection": selection}


def pretrained(
    backbone, units, size="32", *, activation="softmax", pooling="avg", hidden=None, dropout=0.2, learning=0
):
    """Return the parameters of a published network with a new head, of which the last layers learn, or all (None)."""
    frozen = {None: {"frozen": "none"}, 0: {"frozen": "all"}}
    head = {"hidden_units": hidden, "dropout": dropout, "units": units, "activation": activation}
    selection = {
        "model_type": "pretrained",
        "backbone": backbone,
        "input_size": size,
        "pooling": pooling,
        "head": head,
        "freezing": frozen.get(learning, {"frozen": "part", "learning_layers": learning}),
    }
    return {"model_selection": selection}


def starting(form, weights=None, **tuning):
    """Return a form of training with starting weights, and with a second stage if anything is said of it."""
    stages = {"stages": "two", **tuning} if tuning else {"stages": "one"}
    box = {"__index__": 0, "infile_weights": None if weights is None else dataset(weights), "fine_tuning": stages}
    return form | {"experiment_schemes": {**form["experiment_schemes"], "starting_weights": [box]}}


def dataset(path, name=None):
    """Return a file as Galaxy passes a dataset."""
    path = Path(path)
    return {"element_identifier": name or path.name, "ext": path.suffix[1:], "source_path": str(path)}


def builder(
    config_file,
    learning_type="KerasGClassifier",
    loss="categorical_crossentropy",
    metrics=("acc",),
    optimizer="Adam",
    options=None,
    callbacks=(),
    seed=None,
    loss_options=None,
    schedule=None,
    loss_scaling=None,
    class_weight=None,
    outputs=(),
    **fit,
):
    """Return the parameters of the builder.

    `schedule` is a pair of its type and its parameters, `class_weight` the text with the weights or "balanced",
    `outputs` the boxes with a loss of their own.
    """
    further = (
        {"learning_rate_schedule": [{"schedule": {"schedule_type": schedule[0], **schedule[1]}}]} if schedule else {}
    )
    further |= {"loss_scaling": [loss_scaling]} if loss_scaling else {}
    weighting = (
        {"class_weight_type": "balanced"}
        if class_weight == "balanced"
        else {"class_weight_type": "given", "class_weight": class_weight}
    )
    return {
        "mode_selection": {
            "mode_type": "train_model",
            "infile_json": dataset(config_file),
            "learning_type": learning_type,
            "random_seed": seed,
            "compile_params": {
                "loss": loss,
                "loss_options": [{"__index__": 0, **loss_options}] if loss_options else [],
                "metrics": metrics if isinstance(metrics, str) else list(metrics),
                "output_losses": [{"__index__": number, **box} for number, box in enumerate(outputs)],
                "optimizer_selection": {
                    "optimizer_type": optimizer,
                    "optimizer_options": {
                        **(options or {}),
                        "further_options": [{"__index__": 0, **further}] if further else [],
                    },
                },
            },
            "fit_params": {
                "epochs": 1,
                "batch_size": 32,
                "steps_per_epoch": None,
                "validation_split": 0.1,
                "validation_steps": None,
                "verbose": 1,
                **fit,
                "class_weights": [{"__index__": 0, "weighting": weighting}] if class_weight is not None else [],
                "callbacks": [{"callback_selection": {"callback_type": kind, **values}} for kind, values in callbacks],
            },
        }
    }


def training(
    estimator,
    x,
    y,
    scheme="train_val",
    split=None,
    val_split=None,
    scoring=None,
    swaps=(),
    header1=False,
    header2=False,
    selected_input="tabular",
    further=(),
    scaling=None,
):
    """Return the parameters of training and evaluation."""
    scheme = {
        "selected_exp_scheme": scheme,
        "infile_estimator": dataset(estimator),
        "hyperparams_swapping": {"param_set": [{"sp_name": name, "sp_value": value} for name, value in swaps]},
        "test_split": {"split_algos": split or {"shuffle": "simple", "test_size": 0.2, "random_state": None}},
        "val_split": {"split_algos": val_split or {"shuffle": "simple", "test_size": 0.2, "random_state": None}},
        "metrics": {"scoring": scoring or {"primary_scoring": "default"}},
    }
    further = {"further_inputs": list(further)} if further else {}
    scaling = {"feature_scaling": [{"scaling": scaling}]} if scaling else {}
    return {
        "experiment_schemes": scheme,
        "save": ["save_estimator"],
        **scaling,
        "input_options": {
            **further,
            "selected_input": selected_input,
            "infile1": dataset(x),
            "header1": header1,
            "column_selector_options_1": ALL,
            "infile2": dataset(y),
            "header2": header2,
            "column_selector_options_2": {"selected_column_selector_option2": "all_columns"},
        },
    }


def table(path, key, header=False, columns=None, name=None):
    """Return the parameters of a further table, whose names end in ``_<key>``; `columns` are header names."""
    mode = "all_columns" if columns is None else "by_header_name"
    return {
        f"infile_{key}": dataset(path, name),
        f"header_{key}": header,
        f"column_selector_options_{key}": {f"selected_column_selector_option_{key}": mode, f"col_{key}": columns},
    }


def prediction(model, x, method="predict", selected_input="tabular", header=False, ids=None, truth=None, further=()):
    """Return the parameters of prediction; `ids`, `truth` and `further` are as `table` returns them."""
    form = {
        "infile_estimator": dataset(model),
        "method": method,
        "input_options": {
            "selected_input": selected_input,
            "infile1": dataset(x),
            "header1": header,
            "column_selector_options_1": ALL,
            "further_inputs": list(further),
        },
    }
    return form | {name: [entry] for name, entry in (("id_columns", ids), ("true_values", truth)) if entry}


def run(script, form, folder, **outputs):
    """Run a script in `folder` as a Galaxy job does; outputs are option=file name."""
    (folder / "inputs.json").write_text(json.dumps(form))
    options = [word for option, name in outputs.items() for word in (f"--{option.replace('_', '-')}", name)]
    command = [sys.executable, SCRIPTS / f"{script}.py", "--inputs", "inputs.json", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def assert_one_line(result, message):
    """Check that a job ended with the exit status and the single line of a user's mistake."""
    assert result.returncode == 1, result.stderr
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1, result.stderr
    assert message in result.stderr


# Runs in a process of its own: one start of Python and Keras for many forms, each in its own folder.
_RUN_ALL = """
import contextlib, io, json, os, runpy, sys, traceback
from pathlib import Path
script, options, folder = sys.argv[1], json.loads(sys.argv[2]), Path.cwd()
sys.path.insert(0, str(Path(script).parent))
for name, form in json.load(sys.stdin).items():
    (folder / name).mkdir()
    os.chdir(folder / name)
    Path("inputs.json").write_text(json.dumps(form))
    sys.argv = [script, "--inputs", "inputs.json", *(word for pair in options.items() for word in pair)]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_path(script, run_name="__main__")
        except SystemExit as exit:
            code = exit.code
        except Exception:
            traceback.print_exc()
            code = 2
    print(json.dumps([name, code, out.getvalue(), err.getvalue()]), file=sys.__stdout__, flush=True)
"""


class Result(NamedTuple):
    """How a job ended, and the folder it ran in."""

    returncode: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def written(self):
        """Names of the outputs that exist."""
        return sorted(path.name for path in self.folder.iterdir() if path.name != "inputs.json")

    def table(self, name):
        """Return a tabular output as a list of rows of texts."""
        return [line.split("\t") for line in (self.folder / name).read_text().splitlines()]


def run_all(script, named_forms, folder, **outputs):
    """Run a script on many forms in one process; return name -> `Result`."""
    options = {f"--{option.replace('_', '-')}": name for option, name in outputs.items()}
    command = [sys.executable, "-c", _RUN_ALL, str(SCRIPTS / f"{script}.py"), json.dumps(options)]
    process = subprocess.run(
        command, cwd=folder, input=json.dumps(named_forms), capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    found = [json.loads(line) for line in process.stdout.splitlines()]
    return {name: Result(code, out, err, folder / name) for name, code, out, err in found}
