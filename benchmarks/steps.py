"""The six steps: script, parameters as Galaxy writes them, outputs."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from benchmarks.networks import Network

Form = Mapping[str, object]
FLOAT32, AUTOMATIC = "float32", "automatic"
_ALL_COLUMNS = {"selected_column_selector_option": "all_columns"}


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A step as Galaxy runs it: the tool's script, its form, and for each option of an output the file's name."""

    script: str
    form: Form
    outputs: Mapping[str, str]


def to_categorical(labels: Path) -> Step:
    """Return the step that makes 10 one-hot columns of class numbers."""
    form = {"infile": _dataset(labels), "header0": False, "num_classes": 10}
    return Step("to_categorical", form, {"outfile": "one_hot"})


def model_config(network: Network) -> Step:
    """Return the step that designs a network."""
    design = {
        "model_type": "sequential",
        "input_shape": str(network.shape),
        "layers": [{"layer_selection": layer} for layer in network.layers],
    }
    return Step("model_config", {"model_selection": design}, {"outfile": "model.json"})


def model_builder(folder: Path, epochs: int, batch: int, seed: int) -> Step:
    """Return the step that makes a builder of the network designed in `folder`."""
    compiling = {
        "loss": "categorical_crossentropy",
        "metrics": ["acc"],
        "optimizer_selection": {"optimizer_type": "Adam", "optimizer_options": {"learning_rate": 0.001}},
    }
    build = {
        "mode_type": "train_model",
        "infile_json": _dataset(folder / "model.json"),
        "learning_type": "KerasGClassifier",
        "random_seed": seed,
        "compile_params": compiling,
        "fit_params": {"epochs": epochs, "batch_size": batch},
    }
    return Step("model_builder", {"mode_selection": build}, {"outfile": "builder.zip"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a training is asked for.

    Attributes:
        samples, target: tables; or the samples as a sparse matrix, or as a zip of images whose folders are the target.
        seed: of the split.
        folds: of a cross-validation; 0 for one training.
        tested: whether one training holds out a test set beside the validation set.
        outputs: those wanted beside the scores, as `Step` has them.
    """

    samples: Path
    target: Path | None = None
    seed: int
    precision: str = FLOAT32
    sparse: bool = False
    images: bool = False
    folds: int = 0
    tested: bool = False
    outputs: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def step(self, folder: Path) -> Step:
        """Return the step that trains the builder in `folder`."""
        scheme = {
            "infile_estimator": _dataset(folder / "builder.zip"),
            "metrics": {"scoring": {"primary_scoring": "default"}},
            "run_options": [{"precision": self.precision}],
            **self._splits(),
        }
        inputs = self._images() if self.images else self._rows()
        outputs = {"outfile-result": "scores", **self.outputs}
        return Step("train_and_eval", {"experiment_schemes": scheme, "input_options": inputs}, outputs)

    def _rows(self) -> Form:
        assert self.target is not None, "rows have a table with their target"
        return {
            "selected_input": "sparse" if self.sparse else "tabular",
            "infile1": _dataset(self.samples),
            "header1": False,
            "column_selector_options_1": _ALL_COLUMNS,
            "infile2": _dataset(self.target),
            "header2": False,
            "column_selector_options_2": {"selected_column_selector_option2": "all_columns"},
        }

    def _images(self) -> Form:
        return {
            "selected_input": "images",
            "image_source": {"images_from": "zip", "infile_zip": _dataset(self.samples)},
            "image_labels": {"labels_from": "folders"},
        }

    def _splits(self) -> Form:
        held_out = {"split_algos": {"shuffle": "simple", "test_size": 0.2, "random_state": self.seed}}
        if self.folds:
            folds = {"split_algos": {"shuffle": "kfold", "n_splits": self.folds, "random_state": self.seed}}
            return {"selected_exp_scheme": "cross_val", "val_split": held_out, "fold_split": folds}
        if self.tested:
            return {"selected_exp_scheme": "train_val_test", "val_split": held_out, "test_split": held_out}
        return {"selected_exp_scheme": "train_val", "test_split": held_out}


def model_prediction(folder: Path, samples: Path) -> Step:
    """Return the step that predicts by the model trained in `folder`."""
    inputs = {
        "selected_input": "tabular",
        "header1": False,
        "column_selector_options_1": _ALL_COLUMNS,
        "infile1": _dataset(samples),
    }
    form = {"infile_estimator": _dataset(folder / "model.h5mlm"), "method": "predict", "input_options": inputs}
    return Step("model_prediction", form, {"outfile-predict": "predicted"})


def confusion_matrix(truth: Path, predicted: Path) -> Step:
    """Return the step that draws a confusion matrix; only the predictions have a header."""
    plot = {
        "plot_type": "classification_confusion_matrix",
        "title": "",
        "plot_color": "Greens",
        "infile_true": _dataset(truth),
        "header_true": False,
        "column_selector_options_true": _ALL_COLUMNS,
        "infile_predicted": _dataset(predicted),
        "header_predicted": True,
    }
    return Step("ml_visualization", {"plotting_selection": plot}, {"output": "matrix.png"})


def _dataset(path: Path) -> Form:
    """Return a file as Galaxy passes a dataset."""
    return {"element_identifier": path.name, "ext": "", "source_path": str(path)}
