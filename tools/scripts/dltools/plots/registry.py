"""The plots that the visualization tool offers, by the name that the form gives them."""

import importlib
from collections.abc import Iterator, Mapping

from dltools.plots.request import Request

# Name in the form -> module of this package, and the class in it that reads the form.
_PLOTS = {
    "learning_curve": ("learning", "LearningRequest"),
    "pr_curve": ("curves", "PrecisionRecallRequest"),
    "roc_curve": ("curves", "RocRequest"),
    "rfecv_gridscores": ("grid_scores", "GridScoresRequest"),
    "feature_importances": ("feature_importances", "FeatureImportancesRequest"),
    "keras_plot_model": ("network", "NetworkRequest"),
    "classification_confusion_matrix": ("confusion_matrix", "ConfusionMatrixRequest"),
    "class_scores": ("class_scores", "ClassScoresRequest"),
    "class_balance": ("balance", "BalanceRequest"),
    "image_mistakes": ("mistakes", "MistakesRequest"),
    "calibration_curve": ("calibration", "CalibrationRequest"),
    "threshold_plot": ("thresholds", "ThresholdsRequest"),
    "regression": ("regression", "RegressionRequest"),
    "kfold_comparison": ("folds", "FoldsRequest"),
    "compare_runs": ("compare_runs", "RunsRequest"),
    "saliency": ("saliency", "SaliencyRequest"),
}


class Plots(Mapping[str, type[Request]]):
    """The plots; the module of one is imported when it is asked for, since a job draws one of them."""

    def __getitem__(self, name: str) -> type[Request]:
        """Return the class that reads the form of a plot."""
        module, request = _PLOTS[name]
        found: type[Request] = getattr(importlib.import_module(f"dltools.plots.{module}"), request)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_PLOTS)

    def __len__(self) -> int:
        return len(_PLOTS)


PLOTS = Plots()
