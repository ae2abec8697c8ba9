"""How much the samples of each class count in training."""

from collections.abc import Mapping

import numpy as np

from dltools.catalogue import target_kinds
from dltools.catalogue.fit_parameters import BALANCED
from dltools.core.errors import UserError, listed, quoted
from dltools.data import targets
from dltools.data.reproduced import array
from dltools.tables import labels

# "balanced", what each class counts for by the user's name of it, or None.
Chosen = str | Mapping[str, float] | None


def of_rows(
    chosen: str | Mapping[str, float] | None,
    target: targets.Target,
    rows: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return what each row of the table counts for in training, by its class and by its own weight.

    Parameters:
        chosen: as for `by_position`.
        rows: int64 positions of the rows to train on.
        weights: float32 (rows of the table,), each row's own weight, or None.

    Returns:
        float32 (rows of the table,), of several steps (rows of the table, steps), or None where all count alike.

    Raises:
        UserError: as `by_position`.
    """
    by_class = by_position(chosen, target, rows)
    if by_class is None:
        return weights
    counts = np.asarray([by_class[position] for position in range(len(target.classes))], np.float32)[
        array(target.truth)
    ]
    return counts if weights is None else counts * weights.reshape(-1, *[1] * (counts.ndim - 1))


def by_position(
    chosen: str | Mapping[str, float] | None, target: targets.Target, rows: np.ndarray
) -> dict[int, float] | None:
    """Return the weight of each class by its position, or None where all count alike; classes not named count 1.

    ``balanced`` weights each class by n / (k * n_c): n the rows, k the classes that occur, n_c the class's rows
    (scikit-learn's `compute_class_weight`).

    Parameters:
        chosen: "balanced", {the user's name of the class: weight}, or None.
        rows: int64 positions of the rows to train on.

    Raises:
        UserError: a class that does not exist, or a target in which a sample has no one class.
    """
    from sklearn.utils.class_weight import compute_class_weight

    if chosen is None:
        return None
    if target.outputs:
        raise UserError(
            "class_weight: this network has several outputs, each with classes of its own. Remove the weights."
        )
    if target.kind == target_kinds.MULTILABEL:
        raise UserError(
            "class_weight: a sample of this target may have several labels, so it has no one class to weigh. Remove "
            "the weights."
        )
    weights = dict.fromkeys(range(len(target.classes)), 1.0)
    if chosen == BALANCED:
        truth = target.truth[rows].reshape(-1)
        present = np.unique(truth)
        return weights | dict(
            zip(present.tolist(), compute_class_weight("balanced", classes=present, y=truth).tolist(), strict=True)
        )
    assert not isinstance(chosen, str), "the only word for weights is balanced"
    found = labels.classes(target.classes, chosen)
    positions = {found.position[name]: position for position, name in enumerate(target.classes)}
    unknown = next((name for name in chosen if found.position[name] not in positions), None)
    if unknown is not None:
        raise UserError(
            f"class_weight: {quoted(unknown)} is no class of the target. Those that exist: "
            f"{listed(target.classes, 25)}."
        )
    return weights | {positions[found.position[name]]: weight for name, weight in chosen.items()}
