"""Measure the tutorial's six steps beside one plain Keras process that does the same work.

Prints processor seconds (user and system), wall seconds and peak memory of every process, and the ratio of the
suite to plain Keras in the same run. Compare ratios: seconds depend on the machine and on what else it does.

    python benchmarks/tutorial.py                      # scikit-learn's digits, repeated to 60,000 rows
    python benchmarks/tutorial.py --data FOLDER        # with X_train, y_train, X_test and y_test
"""

import argparse
import gzip
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "tools" / "scripts"
TABLES = ("X_train", "y_train", "X_test", "y_test")
ALL_COLUMNS = {"selected_column_selector_option": "all_columns"}


class Measured(NamedTuple):
    """What a process took: processor seconds, wall seconds, peak resident memory in MB."""

    cpu: float
    wall: float
    memory: float


def measured(command: list, folder: Path) -> tuple[Measured, str]:
    """Run a command in `folder`; return what it took, and its standard output."""
    started = time.monotonic()
    with subprocess.Popen(list(map(str, command)), cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[1]} ended with exit status {process.returncode}")
    memory = usage.ru_maxrss / 1024
    return Measured(usage.ru_utime + usage.ru_stime, time.monotonic() - started, memory), output


def lines_of(path: Path) -> list[str]:
    """Return the lines of a text file, plain or packed with gzip."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as handle:
        return handle.read().splitlines()


def digits() -> dict[str, list[str]]:
    """Return scikit-learn's digits, enlarged to 28 x 28 pixels, as lines of the four tables."""
    sys.path.insert(0, str(ROOT / "tests"))
    from make_test_data import resized
    from sklearn.datasets import load_digits

    found = load_digits()
    pictures = ["\t".join(map(str, row)) for row in resized(found.images)]
    labels = [str(label) for label in found.target]
    return {"X_train": pictures[:1400], "y_train": labels[:1400], "X_test": pictures[1400:], "y_test": labels[1400:]}


def prepare(source: Path | None, rows: int, test_rows: int, folder: Path) -> None:
    """Write the four tables into `folder`, each cut or repeated to the number of rows wanted."""
    found = {name: lines_of(next(source.glob(f"{name}*"))) for name in TABLES} if source else digits()
    for name, wanted in zip(TABLES, (rows, rows, test_rows, test_rows), strict=True):
        lines = found[name]
        repeated = (lines * (wanted // len(lines) + 1))[:wanted] if len(lines) < wanted else lines[:wanted]
        (folder / name).write_text("\n".join(repeated) + "\n", encoding="utf-8")


def dataset(name: str) -> dict:
    """Return a file as Galaxy passes a dataset."""
    return {"element_identifier": name, "ext": "", "source_path": name}


def steps(epochs: int, seed: int | None, precision: str) -> list[tuple[str, dict, dict]]:
    """Return the tutorial's steps: script, parameters as Galaxy writes them, outputs."""
    layers = [
        {"layer_type": "Reshape", "target_shape": "(28, 28, 1)"},
        {"layer_type": "Conv2D", "filters": 64, "kernel_size": "3", "activation": "relu", "kwargs": "padding='same'"},
        {"layer_type": "MaxPooling2D", "pool_size": "(2, 2)"},
        {"layer_type": "Conv2D", "filters": 32, "kernel_size": "3", "activation": "relu"},
        {"layer_type": "MaxPooling2D", "pool_size": "(2, 2)"},
        {"layer_type": "Flatten"},
        {"layer_type": "Dense", "units": 10, "activation": "softmax"},
    ]
    compiling = {
        "loss": "categorical_crossentropy",
        "metrics": ["acc"],
        "optimizer_selection": {"optimizer_type": "Adam", "optimizer_options": {"learning_rate": 0.001}},
    }
    split = {"split_algos": {"shuffle": "simple", "test_size": 0.2, "random_state": seed}}
    table = {"selected_input": "tabular", "header1": False, "column_selector_options_1": ALL_COLUMNS}
    plot = {
        "plot_type": "classification_confusion_matrix",
        "title": "",
        "plot_color": "Greens",
        "infile_true": dataset("y_test"),
        "header_true": False,
        "column_selector_options_true": ALL_COLUMNS,
        "infile_predicted": dataset("predicted"),
        "header_predicted": True,
    }
    design = {
        "model_type": "sequential",
        "input_shape": "(784,)",
        "layers": [{"layer_selection": layer} for layer in layers],
    }
    build = {
        "mode_type": "train_model",
        "infile_json": dataset("model.json"),
        "learning_type": "KerasGClassifier",
        "random_seed": seed,
        "compile_params": compiling,
        "fit_params": {"epochs": epochs, "batch_size": 500},
    }
    scheme = {
        "selected_exp_scheme": "train_val",
        "infile_estimator": dataset("builder.zip"),
        "test_split": split,
        "metrics": {"scoring": {"primary_scoring": "default"}},
        "run_options": [{"precision": precision}],
    }
    target = {
        "infile2": dataset("one_hot"),
        "header2": False,
        "column_selector_options_2": {"selected_column_selector_option2": "all_columns"},
    }
    training = {"experiment_schemes": scheme, "input_options": {**table, "infile1": dataset("X_train"), **target}}
    prediction = {
        "infile_estimator": dataset("model.h5mlm"),
        "method": "predict",
        "input_options": {**table, "infile1": dataset("X_test")},
    }
    trained = {"outfile-result": "scores", "outfile-object": "model.h5mlm", "outfile-architecture": "layers"}
    labels = {"infile": dataset("y_train"), "header0": False, "num_classes": 10}
    return [
        ("to_categorical", labels, {"outfile": "one_hot"}),
        ("model_config", {"model_selection": design}, {"outfile": "model.json"}),
        ("model_builder", {"mode_selection": build}, {"outfile": "builder.zip"}),
        ("train_and_eval", training, trained),
        ("model_prediction", prediction, {"outfile-predict": "predicted"}),
        ("ml_visualization", {"plotting_selection": plot}, {"output": "matrix.png"}),
    ]


def run_suite(folder: Path, epochs: int, seed: int | None, precision: str) -> dict[str, Measured]:
    """Run the six scripts one after the other; return what each took."""
    found = {}
    for script, form, outputs in steps(epochs, seed, precision):
        (folder / "inputs.json").write_text(json.dumps(form), encoding="utf-8")
        options = [word for option, name in outputs.items() for word in (f"--{option}", name)]
        command = [sys.executable, SCRIPTS / f"{script}.py", "--inputs", "inputs.json", *options]
        found[script], _ = measured(command, folder)
    return found


def run_plain(folder: Path, epochs: int, seed: int | None) -> tuple[Measured, dict]:
    """Run the plain Keras script; return what it took and what it reports."""
    command = [sys.executable, ROOT / "benchmarks" / "plain_keras.py", folder, "--epochs", epochs]
    taken, output = measured(command + (["--seed", seed] if seed is not None else []), folder)
    return taken, json.loads(output.splitlines()[-1])


def accuracy(folder: Path) -> float:
    """Return which share of the test rows the suite predicted rightly."""
    truth, predicted = lines_of(folder / "y_test"), lines_of(folder / "predicted")[1:]
    return sum(a == b for a, b in zip(truth, predicted, strict=True)) / len(truth)


def row(name: str, taken: Measured) -> str:
    """Return a line of the table that is printed."""
    return f"{name:22}{taken.cpu:9.1f}{taken.wall:9.1f}{taken.memory:10.0f}"


def best(runs: list[Measured]) -> Measured:
    """Return the least of each figure over several runs: what the process takes undisturbed."""
    return Measured(*map(min, zip(*runs, strict=True)))


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with the four tables, plain or packed with gzip")
    parser.add_argument("--rows", type=int, default=60_000, help="training rows")
    parser.add_argument("--test-rows", type=int, help="default: a sixth of the training rows")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--precision", default="float32", help="of the training: float32, automatic or one of Keras'")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, of which the least counts")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="cores that Galaxy grants")
    return parser.parse_args()


def main() -> None:
    """Run both, and print what they took."""
    args = arguments()
    os.environ["GALAXY_SLOTS"] = str(args.cores)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        # In a process of its own, for a child's peak memory begins at its parent's.
        wanted = (args.data, args.rows, args.test_rows or args.rows // 6, folder)
        preparing = multiprocessing.Process(target=prepare, args=wanted)
        preparing.start()
        preparing.join()
        if preparing.exitcode:
            raise SystemExit("the tables could not be prepared")
        print(f"{args.rows} x 784 training rows, {args.epochs} epochs, {args.cores} cores", flush=True)
        suites, plains = [], []
        for _ in range(args.repeat):
            plain, report = run_plain(folder, args.epochs, args.seed)
            plains.append(plain)
            suites.append(run_suite(folder, args.epochs, args.seed, args.precision))
        reached = accuracy(folder)
    taken = {name: best([suite[name] for suite in suites]) for name in suites[0]}
    plain = best(plains)
    print(f"{'':22}{'CPU s':>9}{'wall s':>9}{'peak MB':>10}")
    for name, step in taken.items():
        print(row(name, step))
    cpu, wall, memory = zip(*taken.values(), strict=True)
    whole = Measured(sum(cpu), sum(wall), max(memory))
    print(row("six steps", whole))
    print(row("plain Keras", plain))
    print(f"CPU, six steps to plain Keras: {whole.cpu / plain.cpu:.2f}")
    print(f"Peak memory, training to plain Keras: {taken['train_and_eval'].memory / plain.memory:.2f}")
    print(f"Accuracy on the test rows: {reached:.3f}, plain Keras {report['accuracy']:.3f}")


if __name__ == "__main__":
    main()
