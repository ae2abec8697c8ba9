"""Make the tables in test-data from the digits that scikit-learn ships.

Run from the repository root: ``python tests/make_test_data.py``. The same versions of
scikit-learn and SciPy give the same bytes. With a folder as argument, it writes all 1,797
digits there, as the tutorial's four tables and nothing else.

The digits are 8 x 8 pixels of 0 to 16. As in MNIST, each becomes 28 x 28 pixels of 0 to 255:
an image of 20 x 20 within a margin of 4 pixels, one row of 784 values.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

FOLDER = Path(__file__).resolve().parents[1] / "test-data"
TRAINING_ROWS = 250
TEST_ROWS = 100
ALL_TRAINING_ROWS = 1437
FEW_ROWS = 30
SEQUENCES, SEQUENCE_LENGTH = 120, 12
MARGIN = 4
NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def resized(images: np.ndarray) -> np.ndarray:
    """Return images (rows, 8, 8) of 0 to 16 as int64 (rows, 784) of 0 to 255."""
    bright = zoom(images, (1, 2.5, 2.5), order=1) * (255 / 16)
    # Faint pixels of the interpolation would double the size of the files.
    whole = np.where(bright < 32, 0, bright).round().astype(int)
    return np.pad(whole, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))).reshape(len(images), -1)


def write(name: str, rows, header=(), folder: Path = FOLDER) -> None:
    """Write rows of cells as a tab-separated table."""
    lines = ["\t".join(map(str, row)) for row in [*([header] if header else []), *rows]]
    (folder / f"{name}.tabular").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_sparse(name: str, x: np.ndarray) -> None:
    """Write an integer matrix as Matrix Market text."""
    entries = [f"{row + 1} {column + 1} {x[row, column]}" for row, column in zip(*np.nonzero(x), strict=True)]
    size = f"{x.shape[0]} {x.shape[1]} {len(entries)}"
    lines = ["%%MatrixMarket matrix coordinate integer general", size, *entries]
    (FOLDER / f"{name}.mtx").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_good(x: np.ndarray, y: np.ndarray) -> None:
    """Write the tutorial's four tables, and what its first and fifth step make of them."""
    train, test = slice(TRAINING_ROWS), slice(TRAINING_ROWS, TRAINING_ROWS + TEST_ROWS)
    write("X_train", x[train])
    write("y_train", y[train, None])
    write("X_test", x[test])
    write("y_test", y[test, None])
    write("y_train_one_hot", np.eye(10, dtype=int)[y[train]])
    write("y_train_names", [[NAMES[label]] for label in y[train]], header=["digit"])
    # Every tenth prediction is wrong, so that a plot shows more than its diagonal.
    predicted = y[test].copy()
    predicted[::10] = (predicted[::10] + 1) % 10
    write("y_pred", predicted[:, None], header=["Predicted"])
    # Of each row: one of five groups and a part to split by, and a weight. The first rows once more as a sparse matrix.
    parts = ["train"] * 150 + ["validation"] * 40 + ["test"] * 60
    groups = [[row + 1, f"plate_{row % 5 + 1}", parts[row], 1 + row % 2] for row in range(TRAINING_ROWS)]
    write("groups", groups, header=["row", "plate", "part", "weight"])
    write("y_few", y[:FEW_ROWS, None])
    write_sparse("X_few", x[:FEW_ROWS])


def write_bad(x: np.ndarray, y: np.ndarray) -> None:
    """Write tables that the tools must refuse, each wrong in one place, on line 5."""
    labels = [[label] for label in y[:20]]
    write("labels_blank_line", [*labels[:4], [""], *labels[5:]])
    write("labels_negative", [*labels[:4], [-1], *labels[5:]])
    write("labels_fraction", [*labels[:4], [2.5], *labels[5:]])
    write("labels_missing", [*labels[:4], ["NA"], *labels[5:]])
    (FOLDER / "labels_commas.txt").write_text(
        "row,digit\n" + "".join(f"{i},{label}\n" for i, label in enumerate(y[:20])), encoding="utf-8"
    )
    features = x[:20].astype(object)
    for name, cell in {"text": "abc", "empty": "", "nan": "nan"}.items():
        wrong = features.copy()
        wrong[4, 2] = cell
        write(f"features_{name}_cell", wrong)


def write_as_programs_do(x: np.ndarray, y: np.ndarray) -> None:
    """Write tables as R, spreadsheets and others write them, of which Galaxy's upload finds other types than
    tabular.
    """
    few = range(FEW_ROWS // 3)
    labels = "".join(f"{y[row]}\n" for row in few)
    (FOLDER / "labels_few.txt").write_text(f"# digits that were drawn\n#digit\n{labels}\n", encoding="utf-8")
    named = "".join(f'"digit {row + 1}"\t"{NAMES[y[row]]}"\n' for row in few)
    write_text("labels_row_names", f'"label"\n{named}')
    flags = "".join("\t".join(str(y[row] == digit) for digit in range(10)) + "\n" for row in few)
    write_text("labels_true_false", flags)
    pixels = "".join(",".join(map(str, x[row])) + "\n" for row in few)
    (FOLDER / "X_few.csv").write_text(",".join(f"pixel{i}" for i in range(784)) + "\n" + pixels, encoding="utf-8")


def write_sequences() -> None:
    """Write sequences of bases, one-hot, and which of the bases are part of a CG, where DNA is methylated."""
    rng = np.random.default_rng(0)
    bases = np.array(list("ACGT"))
    texts = ["".join(bases[row]) for row in rng.integers(0, 4, (SEQUENCES, SEQUENCE_LENGTH))]
    steps = range(SEQUENCE_LENGTH)
    in_cg = [
        [text[step : step + 2] == "CG" or text[max(0, step - 1) : step + 1] == "CG" for step in steps] for text in texts
    ]
    write("bases", [[int(base == other) for base in text for other in bases] for text in texts])
    header = [f"base_{step + 1}" for step in steps]
    write("sites", [["CpG" if inside else "other" for inside in row] for row in in_cg], header=header)


def write_text(name: str, text: str) -> None:
    """Write a text as it is as a table."""
    (FOLDER / f"{name}.tabular").write_text(text, encoding="utf-8")


def write_plotted(y: np.ndarray) -> None:
    """Write small tables of the kinds that plots are drawn from."""
    rng = np.random.default_rng(0)
    test = y[TRAINING_ROWS : TRAINING_ROWS + TEST_ROWS]
    # As 'Model Prediction' writes them: each row sums to 1, and most often the true digit is the most probable.
    raw = rng.random((TEST_ROWS, 10)) + 0.9 * np.eye(10)[test]
    write("probabilities", (raw / raw.sum(axis=1, keepdims=True)).round(6), header=range(10))
    odd = rng.random(TEST_ROWS) * 0.7 + 0.3 * (test % 2)
    write("odd_true", [["odd" if digit % 2 else "even"] for digit in test], header=["True"])
    write("odd_probabilities", np.column_stack([1 - odd, odd]).round(6), header=["even", "odd"])
    epochs = np.arange(1, 9)
    falling = np.exp(-epochs / 3)
    rising = 1 - falling / 2
    apart = 0.02 * epochs
    figures = np.column_stack([falling, rising, falling + apart, rising - apart, np.ones(len(epochs))]).round(4)
    names = ["epoch", "loss", "acc", "val_loss", "val_acc", "seconds"]
    write("history", [[epoch, *row] for epoch, row in zip(epochs, figures, strict=True)], header=names)
    names = ["train_sizes_abs", "mean_train_scores", "std_train_scores", "mean_test_scores", "std_test_scores"]
    rows = [[17, 0.99, 0.01, 0.61, 0.12], [55, 0.97, 0.01, 0.74, 0.08], [94, 0.96, 0.02, 0.82, 0.05]]
    write("learning_curve", rows, header=names)
    write("grid_scores", [[0.52], [0.71], [0.83], [0.81]], header=["grid_scores"])
    write("importances", [[f"gene_{i}", round(1 / i, 4)] for i in range(1, 13)], header=["feature", "importance"])
    folds = [[i, round(0.8 + 0.02 * i, 2), round(0.5 - 0.03 * i, 2)] for i in range(1, 6)]
    write("folds", folds, header=["fold", "accuracy", "loss"])
    # Of the four builders of a sweep, in the order of their names: two seeds with 0.001, two with 0.01.
    names = ["test_loss", "test_accuracy", "validation_loss", "validation_accuracy"]
    runs = [[0.9, 0.7, 0.8, 0.75], [0.8, 0.74, 0.7, 0.77], [0.3, 0.89, 0.25, 0.91], [0.4, 0.87, 0.35, 0.93]]
    for number, scores in enumerate(runs, start=1):
        write(f"sweep_scores_{number}", [scores], header=names)
    values = rng.normal(50, 12, 60)
    write("age_true", values[:, None].round(3), header=["age"])
    write("age_predicted", (values + rng.normal(0, 4, 60))[:, None].round(3), header=["Predicted"])


def write_all(folder: Path) -> None:
    """Write all digits into a folder as the tutorial's four tables."""
    digits = load_digits()
    x, y = resized(digits.images), digits.target[:, None]
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in {"train": slice(ALL_TRAINING_ROWS), "test": slice(ALL_TRAINING_ROWS, None)}.items():
        write(f"X_{part}", x[rows], folder=folder)
        write(f"y_{part}", y[rows], folder=folder)


def main() -> None:
    """Write the tables in test-data, or all digits into the folder that the command line names."""
    if len(sys.argv) > 1:
        write_all(Path(sys.argv[1]))
        return
    digits = load_digits()
    x, y = resized(digits.images[: TRAINING_ROWS + TEST_ROWS]), digits.target
    FOLDER.mkdir(exist_ok=True)
    write_good(x, y)
    write_sequences()
    write_bad(x, y)
    write_as_programs_do(x, y)
    write_plotted(y)


if __name__ == "__main__":
    main()
