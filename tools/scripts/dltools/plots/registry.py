"""The plots that the visualization tool offers, by the name that the form gives them."""

from collections.abc import Callable
from typing import NamedTuple

from dltools.core.errors import UserError, listed, quoted
from dltools.forms.kinds import Real, Whole
from dltools.forms.parameters import is_empty, with_further
from dltools.plots import (
    balance,
    calibration,
    compared_labels,
    curves,
    export,
    feature_importances,
    folds,
    grid_scores,
    learning,
    mistakes,
    network,
    regression,
    thresholds,
)
from dltools.plots.drawing import Display

PLOTS: dict[str, Callable[[dict], Display]] = {
    "learning_curve": learning.from_parameters,
    "pr_curve": curves.pr_from_parameters,
    "roc_curve": curves.roc_from_parameters,
    "rfecv_gridscores": grid_scores.from_parameters,
    "feature_importances": feature_importances.from_parameters,
    "keras_plot_model": network.from_parameters,
    "classification_confusion_matrix": compared_labels.from_parameters,
    "class_scores": compared_labels.class_scores_from_parameters,
    "class_balance": balance.from_parameters,
    "image_mistakes": mistakes.from_parameters,
    "calibration_curve": calibration.from_parameters,
    "threshold_plot": thresholds.from_parameters,
    "regression": regression.from_parameters,
    "kfold_comparison": folds.from_parameters,
}
OPTIONS = "picture_options"
_CENTIMETRES = 2.54
_LARGEST, _SMALLEST = 200, 4


class Options(NamedTuple):
    """How the form wants the picture: its size in inches or None for what suits the data, and its look."""

    size: tuple[float, float] | None
    look: export.Look


def display(selection: dict) -> Display:
    """Return what the parameters of the form ask to show, ready to be drawn.

    Raises:
        UserError: there is no such plot, or its data is at fault.
    """
    kind = selection.get("plot_type")
    if kind not in PLOTS:
        raise UserError(f"Select a plotting type: must be one of {listed(PLOTS)}. Received: {quoted(kind)}.")
    options(selection)
    return PLOTS[kind](with_further(selection, OPTIONS))


def options(selection: dict) -> Options:
    """Read how the form wants the picture.

    Raises:
        UserError: a size or resolution that is out of range, or one side without the other.
    """
    found = with_further(selection, OPTIONS)
    given = [not is_empty(found.get(name)) for name in ("width", "height")]
    if any(given) and not all(given):
        raise UserError("Width and height: give both, or leave both blank for a size that suits the data.")
    size = None
    if all(given):
        side = Real(_SMALLEST, _LARGEST)
        width = side.read(found["width"], "Width in centimetres")
        height = side.read(found["height"], "Height in centimetres")
        size = (width / _CENTIMETRES, height / _CENTIMETRES)
    dpi = export.RESOLUTION if is_empty(found.get("dpi")) else Whole(20).read(found["dpi"], "Resolution")
    if dpi > 1200:
        raise UserError(f"Resolution must be at most 1200 dots per inch. Received: {dpi}.")
    return Options(size, export.Look(export.format_of(found.get("plot_format") or "png"), dpi, trimmed=size is None))
