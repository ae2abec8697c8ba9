"""The plots that the visualization tool offers, by the name that the form gives them."""

from . import confusion
from .errors import UserError, listed, quoted
from .plots import ConfusionMatrix

PLOTS = {
    "classification_confusion_matrix": confusion.from_parameters,
}
PLANNED = ("learning_curve", "pr_curve", "roc_curve", "rfecv_gridscores", "feature_importances", "keras_plot_model")


def display(selection: dict) -> ConfusionMatrix:
    """Return what the parameters of the form ask to show, ready to be drawn.

    Raises:
        UserError: there is no such plot, or its data is at fault.
    """
    kind = selection.get("plot_type")
    if kind in PLANNED:
        raise UserError(f"Select a plotting type: {quoted(kind)} is not available yet in this version.")
    if kind not in PLOTS:
        raise UserError(f"Select a plotting type: must be one of {listed(PLOTS)}. Received: {quoted(kind)}.")
    return PLOTS[kind](selection)
