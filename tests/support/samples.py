"""Samples of three classes, with a target of every kind, groups, parts and weights."""

import numpy as np

from tests.support.tables import write

ROWS = 120
CLASSES = np.arange(ROWS) % 3
GROUPS = np.arange(ROWS) // 8
PARTS = np.where(np.arange(ROWS) < 70, "train", np.where(np.arange(ROWS) < 90, "Validation", "TEST"))
NAMES = np.array(["ant", "bee", "cat"])


def write_tables(folder):
    """Write the samples, with targets of every kind, groups, parts and weights."""
    random = np.random.default_rng(0)
    x = np.eye(3)[CLASSES] + random.normal(0, 0.4, (ROWS, 3))
    write(folder / "x", x.round(4))
    write(folder / "y", NAMES[CLASSES])
    write(folder / "one_hot", np.eye(3, dtype=int)[CLASSES])
    write(folder / "several", np.stack([CLASSES > 0, CLASSES > 1], 1).astype(int))
    write(folder / "number", (x @ [1, 2, 3]).round(4))
    write(folder / "numbers", (x @ [[1, 3], [2, 2], [3, 1]]).round(4))
    write(folder / "groups", [f"g{number}" for number in GROUPS])
    write(folder / "parts", PARTS, "part")
    write(folder / "no_validation", np.where(PARTS == "Validation", "train", PARTS))
    write(folder / "odd_parts", np.where(PARTS == "TEST", "later", PARTS))
    write(folder / "weights", np.where(CLASSES == 0, 0, 1 + np.arange(ROWS) % 2))
    write(folder / "ones", np.ones(ROWS))
    write(folder / "negative", np.arange(ROWS) - 5)
    write(folder / "single", np.r_[["dog"], NAMES[CLASSES[1:] % 2]])
    return folder
