"""Throw changed model files at the three readers until the time is up: every one is refused or read rightly.

    python -m tests.fuzz --seconds 600

A file is refused by a `UserError` or gives a model that is what the file says; anything else is a finding, printed
with the file that shows it, and the exit status is 1: another exception, more than `SECONDS` for one file, more than
`MEMORY` bytes, a process that dies, or anything written, started or connected to. What is changed are valid files and
the attacks of `attack_models`. Files whose outcome is new are changed further, so that the search goes on where it
gets deeper. The same seed and number of executions give the same run.
"""

import argparse
import collections
import contextlib
import copy
import faulthandler
import io
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from pathlib import Path

from tests import attack_models

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "test-data"
SECONDS = 60
MEMORY = 8 * 2**30
# After so many dead processes the search ends.
DEATHS = 10
# What Python reports when code acts beyond its own memory.
ACTS = ("subprocess.", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "socket.connect", "urllib.", "os.mkdir", "os.rename",
        "os.remove", "os.rmdir", "os.symlink", "os.link", "shutil.", "tempfile.", "ctypes.dlopen")  # fmt: skip
VALUES = (None, 0, -1, 1, 2, 2**31, 2**70, 1.5, float("nan"), float("inf"), "", "x", "\x00", "relu", "Lambda", "keras.layers", "float16",
          [], {}, [1], [[]], True, False, {"class_name": "Dense"}, {"config": {}}, 10**9, 10**5, "a/b", "../x", [None, 784], [-1], "channels_first",
          {"a": "b"}, "\ud800", [1] * 40)  # fmt: skip
KEYS = ("class_name", "module", "config", "registered_name", "build_config", "compile_config", "layers", "sparse", "name", "dtype",
        "batch_shape", "inbound_nodes", "shared_object_id", "activity_regularizer", "seed", "x")  # fmt: skip


def walk(value):
    """Yield every (container, key) below a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(pairs):
        yield value, key
        yield from walk(child)


def changed(value, others, chance):
    """Return a copy of a JSON value with a few changes, some of them pieces of `others`."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        places = list(walk(value))
        if not places:
            return value
        container, key = chance.choice(places)
        kind = chance.random()
        if kind < 0.15:
            del container[key]
        elif kind < 0.6:
            container[key] = copy.deepcopy(chance.choice(VALUES))
        elif kind < 0.75:
            other, piece = chance.choice(list(walk(chance.choice(others))) or [(VALUES, 0)])
            container[key] = copy.deepcopy(other[piece])
        elif kind < 0.85 and isinstance(container[key], (int, float)) and not isinstance(container[key], bool):
            container[key] = container[key] * chance.choice((-1, 0, 2, 10, 1000)) + chance.choice((0, 1, -1))
        elif isinstance(container, dict):
            container[chance.choice(KEYS)] = copy.deepcopy(chance.choice(VALUES))
        else:
            container.append(copy.deepcopy(chance.choice(container)))
    return value


def changed_bytes(content, chance):
    """Return bytes with a few of them changed, or cut short."""
    content = bytearray(content)
    for _ in range(chance.choice((1, 1, 3, 10, 50))):
        content[chance.randrange(len(content))] = chance.choice((0, 255, chance.randrange(256)))
    return bytes(content[: chance.randrange(len(content))] if chance.random() < 0.15 else content)


def rich_networks():
    """Return configurations of networks that take rows of 784 numbers and hold layers of many kinds."""
    import keras
    from keras import layers

    def chain(*further):
        return [keras.Input((784,)), *further, layers.Flatten(), layers.Dense(10, activation="softmax")]

    rows, picture = layers.Reshape((28, 28)), layers.Reshape((28, 28, 1))
    chains = [
        chain(rows, layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.TimeDistributed(layers.Dense(2)), layers.GRU(2)),
        chain(picture, layers.SeparableConv2D(2, 3), layers.BatchNormalization(), layers.ZeroPadding2D(1), layers.Conv2DTranspose(2, 2),
              layers.RandomFlip(), layers.UpSampling2D(2), layers.Cropping2D(1), layers.AdaptiveAveragePooling2D(3)),
        chain(layers.SpectralNormalization(layers.Dense(4)), layers.PReLU(), layers.GaussianNoise(0.1), layers.Dropout(0.2),
              layers.Dense(3, kernel_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(2.0)), layers.LayerNormalization()),
        chain(layers.Rescaling(0.001), layers.Embedding(20, 3), layers.Masking(), layers.SimpleRNN(2), layers.RepeatVector(2)),
    ]  # fmt: skip
    with keras.StatelessScope(initialize_variables=False):
        models = [keras.Sequential(chained) for chained in chains]
        start = keras.Input((784,))
        wide = layers.Reshape((28, 28))(start)
        attended = layers.MultiHeadAttention(2, 2)(wide, wide)
        inner = keras.Sequential([keras.Input((28, 28)), layers.Dense(2)])
        both = layers.Concatenate()([inner(attended), inner(wide), layers.Activation("gelu")(wide)])
        models.append(keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling1D()(both))))
        return [json.loads(model.to_json()) for model in models]


class Seeds:
    """What is changed: configurations of networks, and whole files."""

    def __init__(self):
        model = json.loads((DATA / "cnn_model.json").read_text())
        with zipfile.ZipFile(DATA / "cnn_builder.zip") as archive:
            self.members = {name: json.loads(archive.read(name)) for name in archive.namelist()}
        attacks = [config for config, _ in attack_models.networks().values() if len(json.dumps(config)) < 20_000]
        self.valid = [model, *rich_networks()]
        self.networks = [*self.valid, *attacks]
        self.builder = (DATA / "cnn_builder.zip").read_bytes()
        self.trained = (DATA / "cnn_model.h5mlm").read_bytes()

    def network(self, chance):
        """Return a changed network."""
        return changed(chance.choice(self.valid if chance.random() < 0.5 else self.networks), self.networks, chance)

    def json(self, chance):
        """Return a model configuration's bytes, and the network in it if it is whole."""
        network = self.network(chance)
        content = json.dumps(network).encode()
        return (changed_bytes(content, chance), None) if chance.random() < 0.1 else (content, network)

    def zip(self, chance):
        """Return a builder's bytes, and the network in it."""
        if chance.random() < 0.2:
            return changed_bytes(self.builder, chance), None
        members = dict(self.members)
        name = chance.choice(list(members))
        members[name] = self.network(chance) if name == "architecture.json" else changed(members[name], self.networks, chance)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))) as archive:
            for name, member in members.items():
                archive.writestr(name, json.dumps(member))
        return packed.getvalue(), members["architecture.json"]

    def h5mlm(self, chance):
        """Return a trained model's bytes, and nothing."""
        import h5py

        if chance.random() < 0.4:
            return changed_bytes(self.trained, chance), None
        file = io.BytesIO(self.trained)
        with h5py.File(file, "r+") as handle:
            kind = chance.random()
            if kind < 0.6:
                facts = json.loads(handle["-model_config-"][()])
                del handle["-model_config-"]
                if chance.random() < 0.5:
                    facts["architecture"] = self.network(chance)
                handle["-model_config-"] = json.dumps(changed(facts, self.networks, chance))
            elif kind < 0.8:
                attack_models._replaced(handle, chance.choice(list(attack_models.HDF5.values()))[0])
            else:
                self._damaged(handle, chance)
        return file.getvalue(), None

    @staticmethod
    def _damaged(handle, chance):
        names = []
        handle.visit(names.append)
        name = chance.choice(names)
        if chance.random() < 0.5 and "weight_names" in handle[name].attrs:
            handle[name].attrs["weight_names"] = chance.choice(([], [b"x"], 3, "text", [b"/"], [b".."], [b"\xff"]))
            return
        del handle[name]
        if chance.random() < 0.6:
            handle[name] = chance.choice((0, "text", [1.0, 2.0], b"\xff\xfe", [[0]]))


class Acted(BaseException):
    """A reader did something beyond its own memory."""


def watch():
    """From now on, raise `Acted` in the code that writes, starts or connects to anything."""
    def hook(event, arguments):
        if not watch.active:
            return
        if event == "open":
            _, mode, flags = arguments
            if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not set(str(mode or "")) & set("wax+"):
                return
        elif not event.startswith(ACTS):
            return
        raise Acted(f"{event} {arguments!r}"[:300])

    sys.addaudithook(hook)


watch.active = False


class Readers:
    """The three readers as the tools use them, and what must hold of what they return."""

    def __init__(self, kind):
        sys.path.insert(0, str(ROOT / "tools" / "scripts"))
        from dltools import keras_runtime

        self.keras = keras_runtime.keras_for_design() if kind == "json" else keras_runtime.keras_for_compute()
        self.read = {"json": self.json, "zip": self.zip, "h5mlm": self.h5mlm}[kind]

    def json(self, path, network):
        """Read a model configuration as the builder does."""
        from dltools import architecture, layer_table
        from dltools.parameters import Dataset

        config, model = architecture.read_config_file(Dataset(str(path), "file"))
        layer_table.drawn(layer_table.rows(model)).encode()
        if network is not None and "module" in network:
            assert config == json.loads(json.dumps(network)) or network != network or "NaN" in json.dumps(network)

    def zip(self, path, network):
        """Read a builder as training does, and make its model."""
        from dltools import builder, hyperparameters, training, training_parameters
        from dltools.parameters import Dataset

        made = builder.read(Dataset(str(path), "file"))
        assert training_parameters.check(made.training, "again") == made.training
        hyperparameters.rows(made)
        model = training.untrained(made, 784, "file")
        training_parameters.optimizer(made.training)
        assert model.count_params() < 10**8

    def h5mlm(self, path, _):
        """Read a trained model as prediction and further training do."""
        import h5py
        import numpy as np

        from dltools import batches, model_file, prediction
        from dltools.parameters import Dataset

        source = Dataset(str(path), "file")
        model, record = model_file.read(source)
        with h5py.File(path) as handle:
            for layer in model.layers:
                names = handle[f"model_weights/{layer.name}"].attrs.get("weight_names", []) if layer.weights else []
                for name, weight in zip(names, layer.weights, strict=False):
                    saved = handle[f"model_weights/{layer.name}"][name][()]
                    np.testing.assert_array_equal(np.asarray(weight), saved.astype(np.asarray(weight).dtype))
        values = np.zeros((2, min(10**6, max(1, record.features["count"]))), np.float32)
        parts = batches.row_shape(model, batches.Features(values, None, source))
        found = np.asarray(model(batches.shaped(values, parts), training=False))
        prediction.table(found, "predict", record.target, record.builder.training["loss"])
        model_file.restore_optimizer(source, model, record.builder.training)


def work(kind, seed, executions, until, folder):
    """Read changed files in this process; print a line of JSON for each new outcome and each finding."""
    readers, seeds, chance = Readers(kind), Seeds(), random.Random(seed)
    from dltools.errors import UserError, one_line

    case = Path(folder) / "case"
    # Once through, so that what Keras imports late is not seen as something that a file does.
    original = {"json": DATA / "cnn_model.json", "zip": DATA / "cnn_builder.zip", "h5mlm": DATA / "cnn_model.h5mlm"}[kind]
    readers.read(original, None)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    watch()
    known, counts = set(), collections.Counter()
    while counts.total() < executions and time.monotonic() < until:
        content, network = getattr(seeds, kind)(chance)
        case.write_bytes(content)
        finding, started = None, time.monotonic()
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        watch.active = True
        try:
            readers.read(case, network)
            outcome = "read"
        except UserError as error:
            outcome = "refused: " + re.sub(r"'[^']*'|[0-9][0-9,]*", "_", one_line(error))[:150]
        except (Exception, Acted) as error:
            outcome = finding = f"{type(error).__name__}: {error}"[:300]
            finding += "\n" + "".join(traceback.format_tb(error.__traceback__)[-4:])
        finally:
            watch.active = False
            faulthandler.cancel_dump_traceback_later()
        counts["findings" if finding else outcome.partition(":")[0]] += 1
        if outcome not in known:
            known.add(outcome)
            if network is not None and len(content) < 50_000:
                seeds.networks.append(network)
            if finding:
                name = f"finding-{kind}-{seed}-{counts.total()}"
                Path(folder, name).write_bytes(content)
                print(json.dumps({"finding": finding, "file": name}), flush=True)
        if time.monotonic() - started > SECONDS / 2:
            name = f"finding-{kind}-{seed}-{counts.total()}-slow"
            Path(folder, name).write_bytes(content)
            print(json.dumps({"finding": f"took {time.monotonic() - started:.0f} s", "file": name}), flush=True)
        if counts.total() % 500 == 0:
            with contextlib.suppress(Exception):
                readers.keras.backend.clear_session()
    print(json.dumps({"counts": counts, "outcomes": len(known)}), flush=True)


def fuzz(kind, seconds, executions, seed, folder):
    """Run workers of one kind, a new one where one dies; return (counts, outcomes, findings)."""
    until, counts, findings, outcomes = time.monotonic() + seconds, collections.Counter(), [], 0
    while time.monotonic() < until and counts.total() < executions and counts["died"] < DEATHS:
        command = [sys.executable, "-m", "tests.fuzz", "--worker", kind, "--folder", str(folder), "--seed", str(seed),
                   "--seconds", str(until - time.monotonic()), "--executions", str(executions - counts.total())]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        findings += [line for line in lines if "finding" in line]
        for line in lines:
            counts.update(line.get("counts", {}))
            outcomes += line.get("outcomes", 0)
        if done.returncode:
            kept = Path(folder) / f"finding-{kind}-{seed}-died"
            if (Path(folder) / "case").exists():
                kept.write_bytes((Path(folder) / "case").read_bytes())
            findings.append({"finding": f"the process ended with {done.returncode}: {done.stderr[-1500:]}", "file": kept.name})
            counts["died"] += 1
        seed += 1
    return counts, outcomes, findings


def main():
    """Run the fuzzer over the three readers, or as one of its workers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="for each reader")
    parser.add_argument("--executions", type=int, default=10**9, help="most files for each reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--readers", nargs="+", default=["json", "zip", "h5mlm"])
    parser.add_argument("--folder", help="where files that show a finding are kept")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.folder or tempfile.mkdtemp(prefix="fuzz-")
    Path(folder).mkdir(parents=True, exist_ok=True)
    if options.worker:
        work(options.worker, options.seed, options.executions, time.monotonic() + options.seconds, folder)
        return 0
    found = []
    for kind in options.readers:
        started = time.monotonic()
        counts, outcomes, findings = fuzz(kind, options.seconds, options.executions, options.seed, folder)
        found += findings
        print(f"{kind}: {counts.total()} files in {time.monotonic() - started:.0f} s, {dict(counts)}, {outcomes} kinds of outcome", flush=True)
        for finding in findings:
            print(f"  {Path(folder) / finding['file']}: {finding['finding']}", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
