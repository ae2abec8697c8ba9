"""The plots that the visualization tool offers, by the name that the form gives them."""

from dltools.plots.balance import BalanceRequest
from dltools.plots.calibration import CalibrationRequest
from dltools.plots.class_scores import ClassScoresRequest
from dltools.plots.compare_runs import RunsRequest
from dltools.plots.confusion_matrix import ConfusionMatrixRequest
from dltools.plots.curves import PrecisionRecallRequest, RocRequest
from dltools.plots.feature_importances import FeatureImportancesRequest
from dltools.plots.folds import FoldsRequest
from dltools.plots.grid_scores import GridScoresRequest
from dltools.plots.learning import LearningRequest
from dltools.plots.mistakes import MistakesRequest
from dltools.plots.network import NetworkRequest
from dltools.plots.regression import RegressionRequest
from dltools.plots.request import Request
from dltools.plots.saliency import SaliencyRequest
from dltools.plots.thresholds import ThresholdsRequest

PLOTS: dict[str, type[Request]] = {
    "learning_curve": LearningRequest,
    "pr_curve": PrecisionRecallRequest,
    "roc_curve": RocRequest,
    "rfecv_gridscores": GridScoresRequest,
    "feature_importances": FeatureImportancesRequest,
    "keras_plot_model": NetworkRequest,
    "classification_confusion_matrix": ConfusionMatrixRequest,
    "class_scores": ClassScoresRequest,
    "class_balance": BalanceRequest,
    "image_mistakes": MistakesRequest,
    "calibration_curve": CalibrationRequest,
    "threshold_plot": ThresholdsRequest,
    "regression": RegressionRequest,
    "kfold_comparison": FoldsRequest,
    "compare_runs": RunsRequest,
    "saliency": SaliencyRequest,
}
