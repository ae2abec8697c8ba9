"""Run the tutorial in an embedded Galaxy: a network learns handwritten digits.

Six tools, from tables to a confusion matrix, on the 1,797 digits that scikit-learn ships or
on four tables of your own, plain or packed with gzip.
"""

import argparse
import gzip
import subprocess
import sys
import time
from pathlib import Path

from tests.support.places import ROOT

from . import environments
from .repository import WORKFLOW
from .server import EmbeddedGalaxy
from .supervised import ServerFailed
from .workflow import WorkflowFailed, WorkflowRun

TABLES = ("X_train", "y_train", "X_test", "y_test")
OUTPUTS = {
    "scores": "scores.tabular",
    "architecture": "architecture.tabular",
    "trained_model": "trained_model.h5mlm",
    "predictions": "predictions.tabular",
    "confusion_matrix": "confusion_matrix.png",
}
# scikit-learn's digits are few: with the tutorial's values for 60,000 images (2 epochs in
# batches of 500) the network would see no more than six batches.
SMALL_DATA = {"epochs": 10, "batch_size": 50}


def arguments() -> argparse.Namespace:
    """Parse the command line; give all four tables or none."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__.splitlines()[0])
    for name in TABLES:
        parser.add_argument(f"--{name.replace('_', '-').lower()}", dest=name, type=Path, metavar="FILE")
    parser.add_argument("--epochs", type=int, help="default: the workflow's (2), or 10 on scikit-learn's digits")
    parser.add_argument("--batch-size", type=int, help="default: the workflow's (500), or 50 on those digits")
    parser.add_argument("--output", type=Path, default=ROOT / "demo-output", help="folder for the results")
    args = parser.parse_args()
    given = [name for name in TABLES if getattr(args, name)]
    if given and len(given) < len(TABLES):
        parser.error("give all four tables, or none for scikit-learn's digits")
    for name in given:
        if not getattr(args, name).is_file():
            parser.error(f"no such file: {getattr(args, name)}")
    return args


def inputs(args: argparse.Namespace) -> tuple[dict[str, Path], dict[str, int]]:
    """Return the workflow's tables and values for the command line."""
    given = {name: getattr(args, name) for name in TABLES if getattr(args, name)}
    values = {} if given else dict(SMALL_DATA)
    wanted = {"epochs": args.epochs, "batch_size": args.batch_size}
    values |= {name: value for name, value in wanted.items() if value is not None}
    return given or digits(args.output / "digits"), values


def digits(folder: Path) -> dict[str, Path]:
    """Write scikit-learn's digits as the four tables, by the program and the packages that also make test-data."""
    print("[demo] writing scikit-learn's digits as tables", flush=True)
    command = [environments.python(environments.tools()), ROOT / "tests" / "make_test_data.py", folder]
    subprocess.run(command, check=True)
    return {name: folder / f"{name}.tabular" for name in TABLES}


def read_column(path: Path) -> list[str]:
    """Return the first column of a table, packed or not."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t")[0] for line in lines]


def accuracy(truth: list[str], predicted: list[str]) -> float:
    """Return which share of the predictions is right."""
    return sum(a == b for a, b in zip(truth, predicted, strict=True)) / len(truth)


def report(files: dict[str, Path], y_test: Path, seconds: float):
    """Print the scores, the accuracy on the test table and where everything lies."""
    truth, predicted = read_column(y_test), read_column(files["predictions"])[1:]
    print("\nScores on the training samples held out (scores.tabular):\n")
    print(files["scores"].read_text(encoding="utf-8").expandtabs(24))
    print(f"Accuracy on the {len(truth)} test samples: {accuracy(truth, predicted):.3f}\n")
    print(f"Stored after {seconds:.0f} s in all:")
    for label, path in files.items():
        print(f"  {label.replace('_', ' '):18}{path}")


def main() -> int:
    """Run the workflow and report; return the exit status."""
    args = arguments()
    tables, values = inputs(args)
    started = time.monotonic()
    try:
        with EmbeddedGalaxy(workers=1) as galaxy:
            run = WorkflowRun(galaxy, WORKFLOW, "demo")
            run.run(tables, values)
            output = args.output.resolve()
            files = {label: run.fetch(label, output / name) for label, name in OUTPUTS.items()}
    except (ServerFailed, WorkflowFailed) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nThe demo was interrupted.", file=sys.stderr)
        return 130
    report(files, tables["y_test"], time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
