"""The attacks of `attack_models` in the files of plain Keras, ``.h5`` and ``.keras``, and what only a zip of Keras can do."""

import io
import json
import tempfile
import zipfile
from pathlib import Path

from tests.support import attack_models
from tests.support.attack_models import MARKER

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# Networks whose refusal is in plainer words here, for these files come from people who do not know the gate.
_PROGRAM = "is a function of somebody's program, which is never run here"
_ACTIVATION = "so somebody's own program, which is never run here"
PLAINER = {
    **dict.fromkeys(
        (
            "CVE-2024-3660",
            "CVE-2024-3660, Keras 2",
            "CVE-2025-9905",
            "CVE-2025-9906, load_model",
            "CVE-2026-12481",
            "nested",
            "wrapped",
            "private module",
        ),
        _PROGRAM,
    ),
    **dict.fromkeys(
        (
            "CVE-2025-1550",
            "CVE-2025-1550, builtins",
            "CVE-2025-8747",
            "CVE-2025-12060",
            "CVE-2024-55459",
            "CVE-2025-9906",
        ),
        _PROGRAM,
    ),
    "registered name": "which is somebody's own program and not in the file",
    **dict.fromkeys(("path", "address", "activation", "a layer as activation", "markup in a value"), _ACTIVATION),
    "CVE-2025-12058": "turns text into numbers by a list of words",
    "CVE-2025-12058, address": "turns text into numbers by a list of words",
    "CVE-2025-12058, text": "turns text into numbers by a list of words",
}
# Of what was compiled, names alone are looked up: an attack there is only left out, so the refusal is about the weights.
HARMLESS = ("compiled",)


def networks():
    """Return every network: name -> (configuration, what its refusal says)."""
    found = attack_models.networks()
    return {name: (config, PLAINER.get(name, words)) for name, (config, words) in found.items() if name not in HARMLESS}


def write_hdf5(path, config):
    """Write an attacking configuration as Keras 3 saves HDF5."""
    import h5py

    with h5py.File(path, "w") as handle:
        handle.attrs["model_config"], handle.attrs["keras_version"] = json.dumps(config), "3.15.0"
        handle.create_group("model_weights").attrs["layer_names"] = [b"layer"]


def write_archive(path, config):
    """Write an attacking configuration as Keras 3 saves a zip."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as handle:
        handle["layers/dense/vars/0"] = 1.0
    with zipfile.ZipFile(path, "w") as target:
        target.writestr(CONFIG, json.dumps(config))
        target.writestr("metadata.json", '{"keras_version": "3.15.0"}')
        target.writestr(WEIGHTS, buffer.getvalue())


def _largest(handle):
    import h5py

    arrays = []
    handle.visititems(
        lambda name, item: (
            arrays.append((item.size, item.name)) if isinstance(item, h5py.Dataset) and item.ndim == 2 else None
        )
    )
    return max(arrays)[1]


def _changed(path, change):
    """Change the largest matrix of an HDF5 file."""
    import h5py

    with h5py.File(path, "a") as handle:
        name = _largest(handle)
        shape = handle[name].shape
        del handle[name]
        change(handle, name, shape)


def write_changed_hdf5(path, change, template):
    """Write the HDF5 file of a network whose largest matrix is changed."""
    Path(path).write_bytes(Path(template).read_bytes())
    _changed(path, change)


def write_changed_archive(path, change, template):
    """Write the zip of a network whose largest matrix is changed."""
    with (
        zipfile.ZipFile(template) as source,
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(path, "w") as target,
    ):
        weights = Path(folder) / "weights"
        weights.write_bytes(source.read(WEIGHTS))
        _changed(weights, change)
        for name in source.namelist():
            target.writestr(name, weights.read_bytes() if name == WEIGHTS else source.read(name))


def _circle(handle, name, shape):
    handle[name] = handle["/".join(name.strip("/").split("/")[:1])]


# Name -> (what is done with the largest matrix, what the refusal says), of all that is no question of these tools' own record.
_SAME = ("CVE-2026-0897", "CVE-2026-0897, unfilled", "CVE-2026-1669", "CVE-2026-12480", "CVE-2026-9335", "CVE-2026-12570", "soft link", "references",
         "pieces larger than the array", "lists of any length", "another filter", "deep groups", "many objects")  # fmt: skip
_OTHER = {
    "a circle": (_circle, "is one thing in two places"),
    "another shape": (attack_models._shaped, "but the layer needs"),
    "packed to a thousandth": (attack_models._bomb, "but the layer needs"),
    "weights that are no numbers": (attack_models._filled(float("nan")), "holds something else than numbers"),
    "weights without end": (attack_models._filled(1e300, "f8"), "holds something else than numbers"),
    "weights of whole numbers": (attack_models._filled(1, "i4"), "is of int32, but the layer needs float32"),
}
HDF5 = {name: attack_models.HDF5[name] for name in _SAME} | _OTHER


def _rewritten(path, template, change=None, packed=zipfile.ZIP_DEFLATED, further=()):
    """Write a zip with the members of a template; `change` maps a member's name to other content."""
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w", packed) as target:
        for name in source.namelist():
            target.writestr(name, (change or {}).get(name, source.read(name)))
        for name, content in further:
            target.writestr(name, content)


def _linked(member):
    def write(path, template):
        with zipfile.ZipFile(template) as source, zipfile.ZipFile(path, "w") as target:
            for name in source.namelist():
                info = zipfile.ZipInfo(name)
                info.external_attr = 0o120777 << 16
                target.writestr(
                    info if name == member else name, "/etc/passwd" if name == member else source.read(name)
                )

    return write


def _lying(path, template):
    """Let the directory say 10 bytes of weights that have a million."""
    _rewritten(path, template, {WEIGHTS: b" " * 10**6})
    raw = Path(path).read_bytes()
    Path(path).write_bytes(raw.replace((10**6).to_bytes(4, "little"), (10).to_bytes(4, "little")))


def _twofold(path, template):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _rewritten(path, template, further=[(CONFIG, "{}")])


def _encrypted(path, template):
    _rewritten(path, template)
    raw = Path(path).read_bytes()
    place = raw.find(b"PK\x01\x02")
    Path(path).write_bytes(raw[: place + 8] + b"\x01" + raw[place + 9 :])


def _many_members(path, template):
    _rewritten(path, template, further=[(f"m{n}", "") for n in range(50_000)])


# Name -> (writes a zip, what the refusal says).
ZIPS = {
    "CVE-2026-11816": (
        lambda path, template: _rewritten(path, template, further=[(f"../{MARKER}", "x")]),
        "Such a zip holds config.json, metadata.json, model.weights.h5",
    ),
    "a program beside": (
        lambda path, template: _rewritten(
            path, template, further=[("model.pkl", "cos\nsystem\n(S'touch marker'\ntR.")]
        ),
        "Such a zip holds config.json",
    ),
    "assets": (
        lambda path, template: _rewritten(path, template, further=[("assets/layers/lookup/vocabulary.txt", "x")]),
        "Such a zip holds config.json",
    ),
    "a link in place of the configuration": (_linked(CONFIG), "config.json: is no JSON"),
    "a link in place of the weights": (_linked(WEIGHTS), "It is no HDF5 file"),
    "a bomb": (
        lambda path, template: _rewritten(path, template, {CONFIG: b" " * 15 * 2**20}),
        "times that a builder's member grows",
    ),
    "a bomb of weights": (
        lambda path, template: _rewritten(path, template, {WEIGHTS: bytes(2**26)}),
        "times that a builder's member grows",
    ),
    "a large member": (
        lambda path, template: _rewritten(path, template, {CONFIG: b" " * 17 * 2**20}),
        "bytes of a model configuration",
    ),
    "a directory that lies": (_lying, "is no network that Keras saved whole"),
    "a member twice": (_twofold, "Such a zip holds config.json"),
    "encrypted": (_encrypted, "is encrypted or packed in another way than deflate"),
    "packed otherwise": (
        lambda path, template: _rewritten(path, template, packed=zipfile.ZIP_BZIP2),
        "is encrypted or packed in another way than deflate",
    ),
    "many members": (_many_members, "Such a zip holds config.json"),
    "cut off": (
        lambda path, template: Path(path).write_bytes(Path(template).read_bytes()[:3000]),
        "It cannot be read as a zip",
    ),
}
# These are wrong for the weights alone, which the builder does not read.
FITTING = tuple(name for name in _OTHER if name != "a circle")
