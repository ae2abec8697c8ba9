"""Search for files that break one of the three readers: by coverage, with libFuzzer (the package atheris).

    python -m tests.fuzz --seconds 600

A file is refused by a `UserError` or gives a model that is what the file says. Anything else is a finding: another
exception, more than `SECONDS` for one file, more than `MEMORY` bytes, a process that dies, or anything written,
started or connected to. It is printed, its file is kept, and the exit status is 1.

The search begins with valid files and with the attacks of `support.attack_models`; `support.changes` says how a file is changed.
A file that makes the readers' code, or Keras' code that builds layers, go a way that none went before is changed
further. The same seed and number of executions give the same run.
"""

import argparse
import contextlib
import faulthandler
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.places import ROOT, SCRIPTS, TEST_DATA

READERS = ("json", "zip", "h5mlm")
SECONDS = 60
MEMORY = 8 * 2**30
LONGEST = 2**20
# After so many findings the search in a reader ends.
ENOUGH = 10
# The code whose branches guide the search.
GUIDES = ["dltools", "keras.src.saving", "keras.src.models", "keras.src.layers"]
# What Python reports when code acts beyond its own memory.
ACTS = ("subprocess.", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "socket.connect", "urllib.", "os.mkdir", "os.rename",
        "os.remove", "os.rmdir", "os.symlink", "os.link", "shutil.", "tempfile.", "ctypes.dlopen")  # fmt: skip


class Acted(BaseException):
    """A reader did something beyond its own memory."""


@contextlib.contextmanager
def watched():
    """In this block, raise `Acted` in the code that writes, starts or connects to anything."""
    _watch.active = True
    try:
        yield
    finally:
        _watch.active = False


def _watch(event, arguments):
    if not _watch.active:
        return
    if event == "open":
        _, mode, flags = arguments
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not set(str(mode or "")) & set("wax+"):
            return
    elif not event.startswith(ACTS):
        return
    raise Acted(f"{event} {arguments!r}"[:300])


_watch.active = False


class Readers:
    """The three readers as the tools use them, and what must hold of what they return."""

    def __init__(self, kind):
        from dltools.backend import keras_runtime

        self.keras = keras_runtime.keras_for_design() if kind == "json" else keras_runtime.keras_for_compute()
        self.read = {"json": self.json, "zip": self.zip, "h5mlm": self.h5mlm}[kind]

    def json(self, path):
        """Read a model configuration as the builder does."""
        from dltools.core.dataset import Dataset
        from dltools.networks import architecture, keras2, layer_table

        config, model = architecture.read_config_file(Dataset(str(path), "file"))
        layer_table.drawn(layer_table.rows(model)).encode()
        said = path.read_text()
        if not keras2.is_old(json.loads(said)):
            assert json.dumps(config) == json.dumps(json.loads(said))

    def zip(self, path):
        """Read a builder as training does, and make its model."""
        from dltools.catalogue import training_parameters
        from dltools.core.dataset import Dataset
        from dltools.model_files import builder, hyperparameters
        from dltools.training import fitting

        made = builder.read(Dataset(str(path), "file"))
        assert training_parameters.check(made.training.to_json(), "again") == made.training
        hyperparameters.rows(made)
        model = fitting.untrained(made, 784, "file")
        training_parameters.optimizer(made.training)
        assert model.count_params() < 10**8

    def h5mlm(self, path):
        """Read a trained model as prediction and further training do."""
        import h5py
        import numpy as np

        from dltools.core.dataset import Dataset
        from dltools.data import batches, steps
        from dltools.data.dense_table import DenseTable
        from dltools.data.side_by_side import SideBySide
        from dltools.evaluation import prediction
        from dltools.evaluation.forward_pass import side_by_side
        from dltools.model_files import model_file, old_model_file

        source = Dataset(str(path), "file")
        model, record = model_file.read(source)
        with h5py.File(path) as handle:
            weights = handle[old_model_file.WEIGHTS if old_model_file.is_old(handle) else model_file.WEIGHTS]
            for layer in model.layers:
                names = weights[layer.name].attrs["weight_names"] if layer.weights else []
                for name, weight in zip(names, layer.trainable_weights + layer.non_trainable_weights, strict=True):
                    np.testing.assert_array_equal(
                        np.asarray(weight), weights[layer.name][name][()].astype(weight.dtype)
                    )
        width = record.features.width or sum(int(np.prod(tensor.shape[1:])) for tensor in model.inputs)
        values = np.zeros((2, min(10**6, max(1, width))), np.float32)
        widths = [size or 1 for size in record.features.tables] or [values.shape[1]]
        tables = np.split(values, np.cumsum(widths)[:-1], axis=1)
        samples = SideBySide(parts=tuple(DenseTable(values=own, source=source) for own in tables), names=None)
        parts = batches.input_columns(model, samples if record.features.tables else samples.parts[0])
        found = np.asarray(side_by_side(model(batches.shaped(values, parts), training=False))).reshape(2, -1)
        training, shapes = record.builder.training, steps.shapes(model, parts, source)
        prediction.table(prediction.without_logits(found, training, shapes), "predict", record.target, training, shapes)
        model_file.restore_optimizer(source, model, training)


class Counted:
    """Reads one file after another with a reader, and counts in a file how that ends."""

    def __init__(self, readers, folder):
        from dltools.core.errors import UserError

        self.readers, self.refusal = readers, UserError
        self.case, self.file = folder / "case", folder / "counts.json"
        self.counts, self.told = {"read": 0, "refused": 0}, 0.0

    def __call__(self, content):
        """Read a file with this content; let through whatever is no refusal."""
        self.case.write_bytes(content)
        # libFuzzer sees that time is up only where Python runs, not while a library in C does.
        faulthandler.dump_traceback_later(2 * SECONDS, exit=True)
        try:
            with watched():
                self.readers.read(self.case)
            self.counts["read"] += 1
        except self.refusal:
            self.counts["refused"] += 1
        finally:
            faulthandler.cancel_dump_traceback_later()
        if sum(self.counts.values()) % 500 == 0:
            # Keras keeps what it built for the names of what it builds next.
            self.readers.keras.backend.clear_session()
        if time.monotonic() - self.told > 0.5:
            self.told = time.monotonic()
            self.file.write_text(json.dumps(self.counts))


def work(kind, folder, arguments):
    """Run libFuzzer with one reader in this process, which it ends."""
    import atheris

    sys.path.insert(0, str(SCRIPTS))
    # A file that is given up after that long is refused; many are.
    os.environ.setdefault("DLTOOLS_MAX_SECONDS", "5")
    # For good: some modules are imported when they are needed.
    contextlib.ExitStack().enter_context(atheris.instrument_imports(include=GUIDES))
    count = Counted(Readers(kind), folder)
    from tests.support import changes

    changing = changes.Changes(kind)
    corpus = folder / "corpus"
    if not corpus.exists():
        corpus.mkdir()
        for number, seed in enumerate(changing.seeds):
            (corpus / f"seed-{number:03d}").write_bytes(seed)
    # Once through, so that what is imported late is not seen as something that a file does.
    original = {"json": "cnn_model.json", "zip": "cnn_builder.zip", "h5mlm": "cnn_model.h5mlm"}[kind]
    count.readers.read(TEST_DATA / original)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    sys.addaudithook(_watch)
    atheris.Setup(
        [sys.argv[0], *arguments, str(corpus)], count,
        custom_mutator=lambda content, longest, seed: changing.changed(content, random.Random(seed))[:longest],
    )  # fmt: skip
    atheris.Fuzz()


class Search(NamedTuple):
    """What came of a search: how many files were read and refused, ways through the code that were new, findings."""

    executions: int
    counts: dict
    new: int
    findings: list

    def __str__(self):
        return f"{self.executions} files, {self.counts}, {self.new} of them new ways through the code, {len(self.findings)} findings"


def fuzz(kind, seconds, executions, seed, folder):
    """Search with one reader, in a new process after each finding; return a `Search`."""
    until, done, counts, new, findings = time.monotonic() + seconds, 0, {"read": 0, "refused": 0}, 0, []
    folder = Path(folder) / kind
    folder.mkdir(parents=True, exist_ok=True)
    while time.monotonic() < until and done < executions and len(findings) < ENOUGH:
        process = subprocess.run(
            [sys.executable, "-m", "tests.fuzz", "--worker", kind, "--folder", str(folder), f"-seed={seed}",
             f"-max_total_time={max(1, int(until - time.monotonic()))}", f"-runs={executions - done}", f"-timeout={SECONDS}",
             f"-report_slow_units={SECONDS // 2}", f"-rss_limit_mb={MEMORY // 2**20}", f"-max_len={LONGEST}", "-len_control=0",
             "-detect_leaks=0", "-print_final_stats=1", f"-artifact_prefix={folder}/finding-{seed}-"],
            cwd=ROOT, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        stats = {name: int(value) for name, value in re.findall(r"stat::(\w+):\s+(\d+)", process.stderr)}
        done, new = done + stats.get("number_of_executed_units", 0), new + stats.get("new_units_added", 0)
        for name, number in (
            json.loads((folder / "counts.json").read_text()).items() if (folder / "counts.json").exists() else ()
        ):
            counts[name] += number
        slow = re.findall(r"Slowest unit: (.*)", process.stderr)
        if process.returncode or slow:
            # Where libFuzzer could not keep the file, this is it. Python's exceptions are on stdout.
            if (folder / "case").exists():
                shutil.copy(folder / "case", folder / f"finding-{seed}-last")
            said = f"{process.stdout[-3000:]}\n{process.stderr[-1500:]}"
            findings.append(f"{folder}: exit {process.returncode} {', '.join(slow)}\n{said}")
        seed += 1
    return Search(done, counts, new, findings)


def main():
    """Run the fuzzer over the three readers, or as one of its workers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="for each reader")
    parser.add_argument("--executions", type=int, default=2**31 - 1, help="most files for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--readers", nargs="+", choices=READERS, default=READERS)
    parser.add_argument("--folder", help="where files that show a finding are kept")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options, further = parser.parse_known_args()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="fuzz-"))
    if options.worker:
        work(options.worker, folder, further)
    found = []
    for kind in options.readers:
        started = time.monotonic()
        search = fuzz(kind, options.seconds, options.executions, options.seed, folder)
        print(f"{kind}: {search} in {time.monotonic() - started:.0f} s", *search.findings, sep="\n", flush=True)
        found += search.findings
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
