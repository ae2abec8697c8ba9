"""A network as plain Keras saved it: opening the file, and finding in it the configuration and the weights.

Two kinds of file are read, told apart by what they hold:

- HDF5 (``.h5``, ``.hdf5``), of Keras 2 and 3: root attributes ``model_config``, ``training_config``, ``keras_version``,
  ``backend``; the group ``model_weights``
- a zip (``.keras``), of Keras 2.12 and later: ``config.json`` with the configuration and how it was compiled,
  ``metadata.json`` with the version, ``model.weights.h5`` with the weights

Nothing is unpacked before what the zip's directory claims is bounded, nothing is read of an HDF5 file before all of it
was looked through (`hdf5`), and only the one member with the weights is ever written, into a folder that is removed.
"""

import contextlib
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from dltools.core import limits
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.networks import keras2
from dltools.untrusted import gate, hdf5, sandbox

if TYPE_CHECKING:
    import h5py

CONFIG, METADATA, WEIGHTS = MEMBERS = ("config.json", "metadata.json", "model.weights.h5")
SIGNATURE = b"PK\x03\x04"
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    UnicodeError,
)
NOT_WHOLE = "is no network that Keras saved whole, as .keras or .h5"
SAVE_AGAIN = "Save the whole network in Keras, model.save('network.keras'), and choose that file."
HDF5, ARCHIVE = "hdf5", "archive"
# Where arrays of a network's weights lie in a file that holds nothing else.
PLACES_OF_WEIGHTS = ("layers", "_layer_checkpoint_dependencies", "vars")


class Saved(NamedTuple):
    """A network as a file holds it.

    Attributes:
        source: the file's name, for messages.
        config: the model configuration, as it was saved.
        compiled: what is said of loss and optimizer, or None.
        version: of Keras, or "" where it is not told.
        backend: what Keras ran on, or None.
        kind: HDF5 or ARCHIVE, which arrange weights in different ways.
        weights: the open group of the file with the weights.
    """

    source: str
    config: dict
    compiled: dict | None
    version: str
    backend: str | None
    kind: str
    weights: "h5py.Group"

    @property
    def is_old(self) -> bool:
        """Whether Keras 2 saved it, or the configuration is one of Keras 2 where the file does not tell."""
        return keras2.is_old(self.config, self.version or None)


def is_archive(path: str | Path) -> bool:
    """Tell by its content whether a file is a zip with a network, not a builder; one that is damaged counts as such."""
    names = member_names(path)
    return names is None or bool({*names} & {*MEMBERS}) if is_zip(path) else False


def is_zip(path: str | Path) -> bool:
    """Tell by its first bytes whether a file is a zip."""
    with open(path, "rb") as handle:
        return handle.read(len(SIGNATURE)) == SIGNATURE


def member_names(path: str | Path) -> list[str] | None:
    """Return the names of a zip's members; None of a file that is too large for a builder, or cannot be read."""
    # The list of members lies inside the file and is read as a whole.
    if Path(path).stat().st_size > limits.limit("json_bytes"):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except BROKEN:
        return None


@contextlib.contextmanager
def opened(dataset: Dataset) -> Iterator[Saved]:
    """Open a file of either kind after looking through it; yield a `Saved`.

    Raises:
        UserError: says what the file is instead, or what is wrong with it.
    """
    if is_zip(dataset.path):
        with _opened_archive(dataset) as saved:
            yield saved
        return
    with hdf5.opened(dataset.path, str(dataset), NOT_WHOLE) as handle:
        yield _of_hdf5(handle, str(dataset))


def is_whole(handle: "h5py.File") -> bool:
    """Tell whether an open HDF5 file holds a configuration of Keras."""
    return "model_config" in handle.attrs


def is_weights(handle: "h5py.File") -> bool:
    """Tell whether an open HDF5 file looks like one of weights alone."""
    return (
        "layer_names" in handle.attrs
        or "layer_names0" in handle.attrs
        or any(hdf5.is_group(handle, place) for place in PLACES_OF_WEIGHTS)
    )


def _of_hdf5(handle: "h5py.File", source: str) -> Saved:
    if not is_whole(handle):
        if is_weights(handle):
            raise UserError(
                f"{source}: holds the weights of a network alone, and not how its layers are arranged (no "
                f"model_config). {SAVE_AGAIN}"
            )
        raise UserError(f"{source}: {NOT_WHOLE}. {SAVE_AGAIN}")
    config = gate.parse_json(_attribute(handle, "model_config"), source)
    told = _attribute(handle, "training_config")
    compiled = gate.parse_json(told, source) if told else None
    if not hdf5.is_group(handle, "model_weights"):
        raise UserError(
            f"{source}: holds how a network's layers are arranged, but no weights (no model_weights). {SAVE_AGAIN}"
        )
    version = _attribute(handle, "keras_version") or _attribute(handle["model_weights"], "keras_version")
    backend = _attribute(handle, "backend") or _attribute(handle["model_weights"], "backend")
    return _saved(source, config, compiled, version, backend or None, HDF5, handle["model_weights"])


def _saved(
    source: str, config: object, compiled: object, version: str, backend: str | None, kind: str, weights: Any
) -> Saved:
    config = keras2.with_layers(config)
    if version.startswith("1.") or version == "1":
        raise UserError(
            f"{source}: was saved by Keras {version}, whose layers and files were others. Save it again with Keras 2 "
            "first, or train it anew."
        )
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise UserError(f"{source}: its configuration is that of no network. The file is damaged.")
    if config["class_name"] not in gate.MODELS or not keras2.is_own(config):
        raise UserError(
            f"{source}: the network is of the class {quoted(config.get('registered_name') or config['class_name'])}, "
            "which is someone's own program and not in the file. Build it as a Sequential or functional network of "
            "Keras' own layers."
        )
    gate.model_layers(config, source)
    return Saved(source, config, compiled if isinstance(compiled, dict) else None, version, backend, kind, weights)


def _attribute(handle: "h5py.File", name: str) -> str:
    """Return a text that stands in an attribute, or an empty one."""
    found = handle.attrs.get(name)
    if isinstance(found, bytes):
        return found.decode("utf-8", "replace")
    return found if isinstance(found, str) else ""


@contextlib.contextmanager
def _opened_archive(dataset: Dataset) -> Iterator[Saved]:
    source = str(dataset)
    sandbox.check(lambda: _look_through(dataset.path, source), source)
    with _told(source), zipfile.ZipFile(dataset.path) as archive:
        texts = {
            name: gate.parse_json(_read(archive, name, source), f"{source}, {name}") for name in (CONFIG, METADATA)
        }
    config, metadata = texts[CONFIG], texts[METADATA]
    version = metadata.get("keras_version") if isinstance(metadata, dict) else ""
    compiled = config.pop("compile_config", None) if isinstance(config, dict) else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights"
        with _told(source), zipfile.ZipFile(dataset.path) as archive:
            _unpack(archive, path, source)
        with hdf5.opened(path, source, f"{NOT_WHOLE}: its {WEIGHTS}") as handle:
            yield _saved(source, config, compiled, version if isinstance(version, str) else "", None, ARCHIVE, handle)


@contextlib.contextmanager
def _told(source: str) -> Iterator[None]:
    """Turn what is raised for a damaged zip into a `UserError`."""
    try:
        yield
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise UserError(f"{source}: {NOT_WHOLE}. It cannot be read as a zip: {error}.") from None


def _look_through(path: str | Path, source: str) -> None:
    """Check what a zip's directory says of its members, before anything is unpacked."""
    with _told(source), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if sorted(names) != sorted(MEMBERS):
            raise UserError(f"{source}: {instead(names)}")
        for member in members:
            place = f"{source}, {member.filename}"
            if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise UserError(f"{place}: is encrypted or packed in another way than deflate. {SAVE_AGAIN}")
            limits.check(member.file_size, "hdf5_bytes" if member.filename == WEIGHTS else "json_bytes", place)
            limits.check(member.file_size // max(1, member.compress_size), "zip_ratio", place)


def instead(names: list[str]) -> str:
    """Say what a zip is that holds other members than a network's file."""
    ends = [name.rpartition("/")[2] for name in names]
    if "saved_model.pb" in ends:
        return f"is a SavedModel of TensorFlow, whose program may do anything and is never run. {SAVE_AGAIN}"
    within = next(
        (name for name in names if name.lower().endswith((".keras", ".h5", ".hdf5")) and name != WEIGHTS), None
    )
    if within:
        return f"is a zip with {quoted(within)} in it. Unpack it, and choose that file."
    if any(name.startswith("model.weights") and name != WEIGHTS for name in names):
        return f"its weights are not in the one member {WEIGHTS}. {SAVE_AGAIN}"
    return (
        f"{NOT_WHOLE}. Such a zip holds {listed(MEMBERS)}. Received: {listed(quoted(name) for name in names)}. "
        f"{SAVE_AGAIN}"
    )


def _read(archive: zipfile.ZipFile, name: str, source: str) -> bytes:
    # What is read is bounded, not what the directory claims.
    most = limits.limit("json_bytes")
    with archive.open(name) as member:
        text = member.read(most + 1)
    limits.check(len(text), "json_bytes", f"{source}, {name}")
    return text


def _unpack(archive: zipfile.ZipFile, path: Path, source: str) -> None:
    """Write the member with the weights onto `path`, no more bytes of it than its directory claims."""
    claimed = archive.getinfo(WEIGHTS).file_size
    with archive.open(WEIGHTS) as member, open(path, "wb") as target:
        shutil.copyfileobj(_Bounded(member, claimed, source), target, 1 << 20)


class _Bounded:
    """A member that gives no more bytes than were claimed."""

    def __init__(self, member: IO[bytes], claimed: int, source: str):
        self.member, self.left, self.source = member, claimed, source

    def read(self, size: int = -1, /) -> bytes:
        found = self.member.read(size)
        self.left -= len(found)
        if self.left < 0:
            raise UserError(f"{self.source}, {WEIGHTS}: unpacks to more bytes than the zip says. The file is damaged.")
        return found
