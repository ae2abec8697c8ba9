"""Changes to model files that keep them nearly right: what `tests.fuzz` feeds the three readers.

Bytes changed at random hardly get past the first brace of a JSON or the directory of a zip. So a file is taken
apart, a value in it is changed, often for a piece of another network, and it is put together again; a few are
changed as bytes all the same.
"""

import contextlib
import copy
import io
import json
import zipfile

from tests.support import attack_models, old_models
from tests.support.places import TEST_DATA

ARCHITECTURE = "architecture.json"
# Where a trained model keeps its network: of these tools, and of those before them.
RECORDS = {"-model_config-": "architecture", "-keras_models-/0/params": "config"}
VALUES = (None, 0, -1, 1, 2, 2**31, 2**70, 1.5, float("nan"), float("inf"), "", "x", "\x00", "relu", "Lambda", "keras.layers", "float16",
          [], {}, [1], [[]], True, False, {"class_name": "Dense"}, {"config": {}}, 10**9, 10**5, "a/b", "../x", [None, 784], [-1], "channels_first",
          {"a": "b"}, "\ud800", [1] * 40)  # fmt: skip
KEYS = ("class_name", "module", "config", "registered_name", "build_config", "compile_config", "layers", "sparse", "name", "dtype",
        "batch_shape", "inbound_nodes", "shared_object_id", "activity_regularizer", "seed", "x")  # fmt: skip
# After the end of an HDF5 file whose bytes were changed: HDF5 may go round in such a file for ever.
DAMAGED = b"damaged"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)
# What stands in the place of an array.
ARRAYS = (0, "text", [1.0, 2.0], b"\xff\xfe", [[0]])
WEIGHT_NAMES = ([], [b"x"], 3, "text", [b"/"], [b".."], [b"\xff"])


def walk(value):
    """Yield every (container, key) below a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(pairs):
        yield value, key
        yield from walk(child)


def changed_json(value, others, chance):
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
    content = bytearray(content or b" ")
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


def old_networks():
    """Return configurations of networks as Keras 2 wrote them."""
    whole = {"class_name": "Sequential", "keras_version": "2.7.0", "backend": "tensorflow"}
    return [{**whole, "config": old_models.config_of(network)} for network in old_models.networks().values()]


class Changes:
    """The files that a search begins with, and how one file becomes another.

    Needs Keras, to make networks with.

    Parameters:
        kind: json, zip or h5mlm.
    """

    def __init__(self, kind):
        attacks = [config for config, _ in attack_models.networks().values() if len(json.dumps(config)) < 20_000]
        self.valid = [json.loads((TEST_DATA / "cnn_model.json").read_text()), *rich_networks(), *old_networks()]
        self.networks = [*self.valid, *attacks]
        files = {"json": json_files, "zip": zip_files, "h5mlm": h5mlm_files}[kind]
        self.whole, self.seeds = files(self.valid), files(self.networks)
        self._change = {"json": self._changed_json, "zip": self._changed_zip, "h5mlm": self._changed_h5mlm}[kind]

    def changed(self, content, chance):
        """Return a file's bytes, changed; as bytes where they are too damaged to be taken apart."""
        kind = chance.random()
        # Most of what a search keeps is refused; go back to a file that is not, so that some get further.
        content = chance.choice(self.whole) if kind < 0.3 else content
        if kind < 0.9 and not content.endswith(DAMAGED):
            # What is too damaged for that fails in any way.
            with contextlib.suppress(Exception):
                return self._change(content, chance)
        return changed_bytes(content, chance) + DAMAGED

    def _network(self, network, chance):
        """Return a network in the place of `network`: that one changed, or another."""
        if chance.random() < 0.3 or not isinstance(network, dict):
            network = chance.choice(self.valid if chance.random() < 0.7 else self.networks)
        return changed_json(network, self.networks, chance)

    def _changed_json(self, content, chance):
        return json.dumps(self._network(json.loads(content), chance)).encode()

    def _changed_zip(self, content, chance):
        members = _members(content)
        name = chance.choice(list(members))
        if name == ARCHITECTURE:
            members[name] = self._network(members[name], chance)
        else:
            members[name] = changed_json(members[name], self.networks, chance)
        return _packed(members, chance.choice(METHODS))

    def _changed_h5mlm(self, content, chance):
        import h5py

        file = io.BytesIO(content)
        with h5py.File(file, "r+") as handle:
            kind = chance.random()
            if kind < 0.6:
                self._change_record(handle, chance)
            elif kind < 0.8:
                attack_models._replaced(handle, chance.choice(list(attack_models.HDF5.values()))[0])
            else:
                _damage(handle, chance)
        return file.getvalue()

    def _change_record(self, handle, chance):
        place = next(place for place in RECORDS if RECORDS[place] in handle[place][()].decode())
        facts = json.loads(handle[place][()])
        if chance.random() < 0.5:
            facts[RECORDS[place]] = self._network(facts.get(RECORDS[place]), chance)
        else:
            facts = changed_json(facts, self.networks, chance)
        del handle[place]
        handle[place] = json.dumps(facts)


def json_files(networks):
    """Return model configurations of networks."""
    return [json.dumps(network).encode() for network in networks]


def zip_files(networks):
    """Return builders: of the test data, and one of each network."""
    found = [(TEST_DATA / f"{name}_builder.zip").read_bytes() for name in ("cnn", "regression", "two_inputs")]
    return found + [
        _packed({**_members(found[0]), ARCHITECTURE: network}, zipfile.ZIP_DEFLATED) for network in networks
    ]


def h5mlm_files(_):
    """Return trained models of these tools and of those before them, whose weights fit their networks alone."""
    found = [(TEST_DATA / f"{name}_model.h5mlm").read_bytes() for name in ("cnn", "two_inputs")]
    for network in old_models.networks().values():
        file = io.BytesIO()
        old_models.write(file, network)
        found.append(file.getvalue())
    return found


def _damage(handle, chance):
    names = []
    handle.visit(names.append)
    name = chance.choice(names)
    if chance.random() < 0.5 and "weight_names" in handle[name].attrs:
        handle[name].attrs["weight_names"] = chance.choice(WEIGHT_NAMES)
        return
    del handle[name]
    if chance.random() < 0.6:
        handle[name] = chance.choice(ARRAYS)


def _members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def _packed(members, method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name), json.dumps(member), method)
    return packed.getvalue()
