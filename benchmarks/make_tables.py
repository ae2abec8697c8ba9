"""Make the tables that are measured with, a stretch of rows at a time, in a process of its own.

    python -P benchmarks/make_tables.py KIND --folder FOLDER --rows 1000 …

The same arguments make the same bytes.
"""

import argparse
import gzip
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

ROOT = Path(__file__).resolve().parents[1]
CLASSES = 10
# Cells that are made at a time: 16 MB as float32.
_STRETCH = 4_000_000
_DIGITS_FOR_TRAINING = 1400


def main() -> None:
    """Make the tables of a kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=list(_KINDS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--columns", type=int, help="of any kind but the tutorial's")
    parser.add_argument("--test-rows", type=int, help="of the tutorial's test tables")
    parser.add_argument("--source", type=Path, help="folder with the tutorial's tables; else scikit-learn's digits")
    parser.add_argument("--percent", type=float, help="of a sparse matrix that is not 0")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    _KINDS[given.kind](given)


def _tutorial(given: argparse.Namespace) -> None:
    """Write X_train, y_train, X_test and y_test, each cut or repeated to the number of rows wanted."""
    names = ("X_train", "y_train", "X_test", "y_test")
    found = {name: _lines(given.source, name) for name in names} if given.source else _digits()
    for name in names:
        rows = given.rows if name.endswith("train") else given.test_rows
        with open(given.folder / name, "w", encoding="utf-8") as handle:
            handle.writelines(f"{line}\n" for line in itertools.islice(itertools.cycle(found[name]), rows))


def _lines(folder: Path, name: str) -> Iterator[str]:
    """Yield the lines of a table, plain or packed with gzip."""
    path = next(folder.glob(f"{name}*"), None)
    if path is None:
        raise SystemExit(f"{folder} holds no table {name}")
    opened: Callable = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as handle:
        for line in handle:
            yield line.rstrip("\n")


def _digits() -> dict[str, list[str]]:
    """Return scikit-learn's digits, enlarged to 28 x 28 pixels, as lines of the four tables."""
    sys.path.insert(0, str(ROOT / "tests"))
    from make_test_data import resized
    from sklearn.datasets import load_digits

    found, first = load_digits(), _DIGITS_FOR_TRAINING
    images = ["\t".join(map(str, row)) for row in resized(found.images)]
    labels = [str(label) for label in found.target]
    return {
        "X_train": images[:first], "y_train": labels[:first], "X_test": images[first:], "y_test": labels[first:]
    }  # fmt: skip


def _patterns(given: argparse.Namespace) -> None:
    """Write X, integers of 0 to 255, and y, classes that X tells most often.

    Each class has a pattern. A sample is a mixture of its class's with another's and noise, and one in twenty has
    another class than that.
    """
    rng = np.random.default_rng(0)
    shape = (CLASSES, given.columns)
    patterns = (rng.integers(1, 256, shape) * (rng.random(shape) < 0.2)).astype(np.float32)

    def stretch(first: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
        own, others = rng.integers(0, CLASSES, (2, rows))
        share = rng.uniform(0.45, 1, (rows, 1)).astype(np.float32)
        x = share * patterns[own] + (1 - share) * patterns[others]
        noise = rng.integers(0, 256, x.shape, dtype=np.uint8)
        x = np.where(rng.random(x.shape, np.float32) < 0.05, noise, x)
        strange = rng.random(rows) < 0.05
        return x.astype(np.uint8), np.where(strange, rng.integers(0, CLASSES, rows), own)

    _write(given, stretch)


def _genes(given: argparse.Namespace) -> None:
    """Write X as expression of genes: logarithms with four digits behind the point; and y."""
    rng = np.random.default_rng(0)

    def stretch(first: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.integers(0, CLASSES, rows)
        return rng.normal(8, 2, (rows, given.columns)).round(4), y

    _write(given, stretch)


def _sparse(given: argparse.Namespace) -> None:
    """Write X.mtx, counts of 1 to 9 in Matrix Market text, and y."""
    rng = np.random.default_rng(0)
    filled = max(1, round(given.columns * given.percent / 100))
    # One in each of as many stretches of columns: no place comes twice, and all are in order.
    width = given.columns // filled
    starts = np.arange(filled) * width
    with open(given.folder / "X.mtx", "wb") as matrix, open(given.folder / "y", "wb") as labels:
        matrix.write(b"%%MatrixMarket matrix coordinate integer general\n")
        matrix.write(f"{given.rows} {given.columns} {given.rows * filled}\n".encode())
        for first, rows in _stretches(given.rows, filled):
            y = rng.integers(0, CLASSES, rows)
            columns = starts + rng.integers(0, width, (rows, filled))
            counts = rng.integers(1, 6, (rows, filled)) + 4 * (columns % CLASSES == y[:, None])
            places = np.repeat(np.arange(first + 1, first + rows + 1), filled)
            _append(matrix, [places, columns.ravel() + 1, counts.ravel()], " ")
            _append(labels, [y])


_KINDS = {"tutorial": _tutorial, "patterns": _patterns, "genes": _genes, "sparse": _sparse}


def _write(given: argparse.Namespace, stretch: Callable[[int, int], tuple[np.ndarray, np.ndarray]]) -> None:
    """Write the tables X and y: arrays (rows, columns) and (rows,), which `stretch` makes."""
    with open(given.folder / "X", "wb") as samples, open(given.folder / "y", "wb") as labels:
        for first, rows in _stretches(given.rows, given.columns):
            x, y = stretch(first, rows)
            _append(samples, np.ascontiguousarray(x.T))
            _append(labels, [y])


def _stretches(rows: int, cells: int) -> Iterator[tuple[int, int]]:
    """Yield the first row of each stretch, and how many rows it has."""
    size = max(1, _STRETCH // cells)
    for first in range(0, rows, size):
        yield first, min(size, rows - first)


def _append(handle, columns: Sequence[np.ndarray] | np.ndarray, delimiter: str = "\t") -> None:
    arrays = [pa.array(column) for column in columns]
    batch = pa.RecordBatch.from_arrays(arrays, _numbered(len(arrays)))
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter=delimiter)
    pyarrow.csv.write_csv(batch, handle, options)


def _numbered(count: int) -> list[str]:
    return list(map(str, range(count)))


if __name__ == "__main__":
    main()
