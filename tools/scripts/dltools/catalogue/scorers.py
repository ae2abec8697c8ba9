"""The scores on offer: what each is for, and what scikit-learn calls it."""

import dataclasses
from typing import NamedTuple

from dltools.catalogue.target_kinds import BINARY, MULTICLASS, MULTILABEL, REGRESSION

DEFAULT = "default"
# As the form sorts them.
GROUPS = CLASSIFICATION, NUMBERS, BINARIZED = ("Classification", "Regression", "Binarized")
_CLASSES = (BINARY, MULTICLASS)
_LABELS = (BINARY, MULTICLASS, MULTILABEL)


@dataclasses.dataclass(frozen=True, slots=True)
class ScorerChoice:
    """The scorers that a user chose by their names: the first one, and further ones."""

    primary: str = DEFAULT
    further: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """All of them, each once."""
        return list(dict.fromkeys([self.primary, *self.further]))


class Scorer(NamedTuple):
    """A scorer on offer.

    Attributes:
        kinds: of target that it makes sense for.
        name: scikit-learn's name for it, where that is another.
        one_target: whether it is for a single target of a regression.
        more_than: how many classes there must be more of.
        above: what every value of a regression's target must be above.
        label: what the form shows, where that is more than the name.
    """

    kinds: tuple[str, ...]
    name: str = ""
    one_target: bool = False
    more_than: int = 0
    above: float = float("-inf")
    label: str = ""


SCORERS = {
    "accuracy": Scorer(_LABELS),
    "balanced_accuracy": Scorer(_CLASSES),
    "average_precision": Scorer(_LABELS),
    "f1": Scorer((BINARY,)),
    "f1_micro": Scorer(_LABELS),
    "f1_macro": Scorer(_LABELS),
    "f1_weighted": Scorer(_LABELS),
    "f1_samples": Scorer((MULTILABEL,)),
    "neg_log_loss": Scorer(_CLASSES),
    "precision": Scorer((BINARY,)),
    "precision_micro": Scorer(_LABELS),
    "precision_macro": Scorer(_LABELS),
    # Spelled so in the tools that saved workflows were made with.
    "precision_wighted": Scorer(_LABELS, "precision_weighted", label="precision_weighted"),
    "precision_samples": Scorer((MULTILABEL,)),
    "recall": Scorer((BINARY,)),
    "recall_micro": Scorer(_LABELS),
    "recall_macro": Scorer(_LABELS),
    "recall_wighted": Scorer(_LABELS, "recall_weighted", label="recall_weighted"),
    "recall_samples": Scorer((MULTILABEL,)),
    "roc_auc": Scorer(_LABELS),
    "roc_auc_ovr": Scorer(_CLASSES, "roc_auc", label="roc_auc_ovr: each class against the rest, mean of the classes"),
    "roc_auc_ovr_weighted": Scorer(
        _CLASSES, label="roc_auc_ovr_weighted: the same, each class counting by its samples"
    ),
    "roc_auc_ovo": Scorer(_CLASSES, label="roc_auc_ovo: each class against each other, mean of the pairs"),
    "roc_auc_ovo_weighted": Scorer(_CLASSES, label="roc_auc_ovo_weighted: the same, each pair counting by its samples"),
    "cohen_kappa": Scorer(_CLASSES),
    "matthews_corrcoef": Scorer(_CLASSES),
    "top_2_accuracy": Scorer((MULTICLASS,), more_than=2, label="top_2_accuracy: the class is among the 2 most likely"),
    "top_3_accuracy": Scorer((MULTICLASS,), more_than=3),
    "top_5_accuracy": Scorer((MULTICLASS,), more_than=5),
    "explained_variance": Scorer((REGRESSION,)),
    "neg_mean_absolute_error": Scorer((REGRESSION,)),
    "neg_mean_squared_error": Scorer((REGRESSION,)),
    "neg_mean_squared_log_error": Scorer((REGRESSION,), above=-1),
    "neg_median_absolute_error": Scorer((REGRESSION,)),
    "r2": Scorer((REGRESSION,)),
    "max_error": Scorer((REGRESSION,), "neg_max_error", one_target=True),
    "spearman_correlation": Scorer((REGRESSION,)),
    "pearson_correlation": Scorer((REGRESSION,)),
    "neg_root_mean_squared_error": Scorer((REGRESSION,)),
    "neg_mean_absolute_percentage_error": Scorer((REGRESSION,)),
    "binarize_auc_scorer": Scorer(_LABELS, "roc_auc"),
    "binarize_average_precision_scorer": Scorer(_LABELS, "average_precision"),
}


def group(name: str) -> str:
    """Return which of `GROUPS` a scorer stands in."""
    if name.startswith("binarize_"):
        return BINARIZED
    return NUMBERS if REGRESSION in SCORERS[name].kinds else CLASSIFICATION
