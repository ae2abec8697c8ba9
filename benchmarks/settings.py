"""What the command line says: sizes, runs, which rows, where to write."""

import argparse
import dataclasses
import os
from pathlib import Path

from benchmarks import bounds, networks

ROOT = Path(__file__).resolve().parents[1]
# Git ignores this folder.
_WRITTEN = ROOT / "build"
_IMAGES = (".svg", ".png", ".pdf")


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """A size on the command line: its name, its value, its value for a quick run, and what it is."""

    name: str
    usual: int
    quick: int
    words: str


SIZES = (
    Size("repeat", 3, 1, "runs of everything"),
    Size("short_repeat", 9, 1, "runs of what takes a second or less"),
    Size("seed", 1, 1, "of weights, splits and shuffling"),
    Size("rows", 60_000, 1_500, "training rows of the tutorial"),
    Size("test_rows", 10_000, 300, "rows that the tutorial predicts"),
    Size("epochs", 2, 1, "of the tutorial"),
    Size("small_rows", 500, 500, "rows of the small table"),
    Size("small_columns", 10, 10, "its columns"),
    Size("small_epochs", 5, 5, "epochs on it"),
    Size("prediction_rows", 10_000, 1_000, "rows that are predicted beside plain Keras"),
    Size("streamed_rows", 300_000, 8_000, "rows of which the prediction's memory is measured, beside a tenth of them"),
    Size("beyond_mb", 3_000, 60, "size in float32 of the table that is larger than memory"),
    Size("beyond_epochs", 2, 1, "epochs on it"),
    Size("grant_mb", 0, 0, "memory granted to that training; 0: a third of the table, or what the libraries need"),
    Size("sparse_rows", 20_000, 2_000, "rows of the sparse matrix"),
    Size("sparse_columns", 30_000, 5_000, "its columns"),
    Size("sparse_percent", 5, 5, "percent of it that are not 0"),
    Size("wide_rows", 200, 50, "rows of the wide table"),
    Size("wide_columns", 20_000, 2_000, "its columns"),
    Size("growth_rows", 200_000, 30_000, "rows of the table that grows eightfold"),
    Size("growth_columns", 200, 200, "its columns"),
    Size("images", 2_000, 80, "images of the training beside plain Keras"),
    Size("image_seeds", 5, 1, "seeds of it"),
    Size("image_epochs", 5, 1, "epochs of each"),
    Size("many_images", 20_000, 200, "images of which the memory is measured, beside a quarter of them"),
    Size("folds_rows", 20_000, 1_000, "rows of the cross-validation"),
    Size("folds_columns", 100, 20, "its columns"),
    Size("folds_epochs", 3, 1, "its epochs"),
    Size("timeout", 3_600, 600, "seconds after which a process is ended"),
)
_STATUS = """The exit status is 0 where every figure is within its bound, and 1 where one falls short or a row failed.
Compare ratios, not seconds: these depend on the machine and on what else it does."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is asked for.

    Attributes:
        sizes: by the names in `SIZES`.
        only: the rows to measure.
        data: folder with the tutorial's tables; None for scikit-learn's digits.
        network: one of `networks.OF_IMAGES`, for the table that is larger than memory.
        cores: that every process gets.
        folder: where the tables are made; None for a temporary folder.
        json, chart: what is written.
        quick: whether the sizes are such that the figures mean nothing.
    """

    sizes: dict[str, int]
    only: tuple[str, ...]
    data: Path | None
    network: str
    cores: int
    folder: Path | None
    json: Path
    chart: Path
    quick: bool

    def __getitem__(self, size: str) -> int:
        return self.sizes[size]


def read(words: list[str] | None = None) -> Settings | None:
    """Read the command line; None where it asks for the names of the rows alone, which are printed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the tools beside yardsticks in the same run, and compare with bounds.",
        epilog=_STATUS,
    )
    parser.add_argument("--list", action="store_true", help="name the rows, and end")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=bounds.NAMES, default=bounds.NAMES, help="rows")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that the program works; the figures mean nothing"
    )
    parser.add_argument("--data", type=Path, help="folder with X_train, y_train, X_test and y_test, plain or gzip")
    parser.add_argument("--network", choices=list(networks.OF_IMAGES), default="dense", help="of beyond_memory")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)), help="that every process gets")
    parser.add_argument("--folder", type=Path, help="where tables are made; default: a temporary one")
    parser.add_argument("--json", type=Path, default=_WRITTEN / "benchmark.json", help="file to write")
    parser.add_argument("--chart", type=Path, default=_WRITTEN / "benchmark.svg", help="image to write (svg, png)")
    for size in SIZES:
        parser.add_argument(
            f"--{size.name.replace('_', '-')}", type=int, metavar="N", help=f"{size.words} ({size.usual:,})"
        )
    given = vars(parser.parse_args(words))
    available = len(os.sched_getaffinity(0))
    if not 1 <= given["cores"] <= available:
        parser.error(f"--cores: must be from 1 to {available}, which this process may use")
    if given["chart"].suffix not in _IMAGES:
        parser.error(f"--chart: must end with {' or '.join(_IMAGES)}")
    if given.pop("list"):
        for row in bounds.ROWS:
            print(f"{row.name:20}{row.words}")
        return None
    quick = given["quick"]
    asked = {size.name: given.pop(size.name) for size in SIZES}
    sizes = {
        size.name: (size.quick if quick else size.usual) if asked[size.name] is None else asked[size.name]
        for size in SIZES
    }
    return Settings(sizes=sizes, **given | {"only": tuple(given["only"])})
