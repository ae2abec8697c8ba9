"""The tutorial by hand, as data: for each of its steps the tool, what is put into the form, and what comes out."""

import dataclasses

from .actions import Action, Add, Choose, Insert, Picture, Take, Tick, Type
from .demo import SMALL_DATA, TABLES

FILES = tuple(f"{name}.tabular" for name in TABLES)
LONGER = 20
HISTORY = "Handwritten digits"
# What is there to look at, by its name in the history.
ONE_HOT, ARCHITECTURE, BUILDER, PREDICTIONS = "One-hot labels", "Model architecture", "Model builder", "Predictions"
SCORES, MODEL, REPORT, REPORT_IN_GALAXY = "Scores", "Trained model", "Report (HTML)", "Report to read in Galaxy"
MATRIX = "Confusion matrix"

NETWORK = "model_selection"
# For each layer its type in the list and what is typed and chosen for it; all else stays as it is.
LAYERS = (
    ("Core -- Reshape", {"target_shape": "(28,28,1)"}, ""),
    ("Convolutional -- Conv2D", {"filters": "64", "kernel_size": "3", "kwargs": "padding='same'"}, "relu"),
    ("Pooling -- MaxPooling2D", {"pool_size": "(2, 2)"}, ""),
    ("Convolutional -- Conv2D", {"filters": "32", "kernel_size": "3"}, "relu"),
    ("Pooling -- MaxPooling2D", {"pool_size": "(2, 2)"}, ""),
    ("Core -- Flatten", {}, ""),
    ("Core -- Dense", {"units": "10"}, "softmax"),
)
PICTURED_LAYER = 1
EPOCHS = "mode_selection|fit_params|epochs"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One tool of the tutorial.

    Attributes:
        tool: its id.
        actions: what is done in its form, in this order.
        outputs: the names in the history of what comes out, without the datasets that they were made from.
    """

    tool: str
    actions: tuple[Action, ...]
    outputs: tuple[str, ...]


def _layers() -> list[Action]:
    """Return what is done for all layers; the form begins with one."""
    found: list[Action] = []
    for number, (kind, typed, activation) in enumerate(LAYERS):
        place = f"{NETWORK}|layers_{number}|layer_selection"
        if number:
            found.append(Insert("LAYER", f"{place}|layer_type"))
        found.append(Choose(f"{place}|layer_type", kind))
        found += [Type(f"{place}|{name}", text) for name, text in typed.items()]
        found += [Choose(f"{place}|activation", activation)] if activation else []
        found += [Picture("layer", f"{place}|layer_type")] if number == PICTURED_LAYER else []
    return found


def _all_columns(parameter: str) -> Action:
    return Choose(parameter, "All columns")


STEPS = (
    Step(
        tool="sklearn_to_categorical",
        actions=(Take("infile", "y_train.tabular"), Type("num_classes", "10"), Picture("to-categorical")),
        outputs=(ONE_HOT,),
    ),
    Step(
        tool="keras_model_config",
        actions=(Type(f"{NETWORK}|input_shape", "(784,)"), *_layers(), Picture("architecture")),
        outputs=(ARCHITECTURE,),
    ),
    Step(
        tool="keras_model_builder",
        actions=(
            Take("mode_selection|infile_json", ARCHITECTURE),
            Choose("mode_selection|compile_params|loss", "categorical_crossentropy"),
            Choose("mode_selection|compile_params|optimizer_selection|optimizer_type", "Adam - Adam optimizer"),
            Add("mode_selection|compile_params|metrics", "acc / accuracy"),
            Picture("builder"),
            Type(EPOCHS, str(SMALL_DATA["epochs"])),
            Type("mode_selection|fit_params|batch_size", str(SMALL_DATA["batch_size"])),
            Picture("epochs", EPOCHS),
        ),
        outputs=(BUILDER,),
    ),
    Step(
        tool="keras_train_and_eval",
        actions=(
            Take("experiment_schemes|infile_estimator", BUILDER),
            Take("input_options|infile1", "X_train.tabular"),
            _all_columns("input_options|column_selector_options_1|selected_column_selector_option"),
            Take("input_options|infile2", ONE_HOT),
            _all_columns("input_options|column_selector_options_2|selected_column_selector_option2"),
            Picture("training"),
            Picture("training-tables", "input_options|infile1"),
            Tick("save", "save_report"),
            Picture("training-outputs", "save"),
        ),
        outputs=(SCORES, "Architecture", MODEL, REPORT, REPORT_IN_GALAXY),
    ),
    Step(
        tool="model_prediction",
        actions=(
            Take("infile_estimator", MODEL),
            Take("input_options|infile1", "X_test.tabular"),
            _all_columns("input_options|column_selector_options_1|selected_column_selector_option"),
            Picture("prediction"),
        ),
        outputs=(PREDICTIONS,),
    ),
    Step(
        tool="ml_visualization_ex",
        actions=(
            Choose("plotting_selection|plot_type", "Confusion matrix for classes"),
            Take("plotting_selection|infile_true", "y_test.tabular"),
            _all_columns("plotting_selection|column_selector_options_true|selected_column_selector_option"),
            Take("plotting_selection|infile_predicted", PREDICTIONS),
            Tick("plotting_selection|header_predicted"),
            Picture("plot"),
        ),
        outputs=(MATRIX,),
    ),
)
