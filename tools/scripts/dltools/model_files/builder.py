"""The builder: a network's architecture with how to train it, in one small zip.

Members, all JSON in UTF-8 with sorted keys, nothing executable; the same input gives the same bytes:

- ``architecture.json``: the model configuration, as Keras 3's `Model.to_json` writes it
- ``training.json``: learning type, loss, metrics, optimizer, fit parameters, callbacks, seed; see
  `training_parameters`
- ``versions.json``: the format's number and the versions that wrote the file
- ``signature.txt``: only where the administrator has files signed; see `signing`
"""

import dataclasses
import json
import zipfile
import zlib
from pathlib import Path

from dltools.catalogue import arguments, training_parameters
from dltools.catalogue.training_config import TrainingConfig
from dltools.core import limits
from dltools.core.dataset import Dataset
from dltools.core.errors import UserError, listed, quoted
from dltools.core.files import replacing
from dltools.model_files import python_objects
from dltools.networks import architecture
from dltools.untrusted import gate, signing

FORMAT = 1
ARCHITECTURE, TRAINING, VERSIONS = MEMBERS = ("architecture.json", "training.json", "versions.json")
SIGNATURE = "signature.txt"
# The oldest time that a zip can hold: members carry it so that equal inputs give equal bytes.
TIMELESS = (1980, 1, 1, 0, 0, 0)


@dataclasses.dataclass(frozen=True, slots=True)
class Builder:
    """An architecture (a model configuration) and how to train it."""

    architecture: dict
    training: TrainingConfig


def versions() -> dict[str, str]:
    """Return the versions that a file written now carries."""
    import keras

    return {"format": str(FORMAT), "keras": keras.__version__}


def write(target: Path, builder: Builder) -> None:
    """Write a builder, whole or not at all."""
    contents = dict(zip(MEMBERS, (builder.architecture, builder.training.to_json(), versions()), strict=True))
    texts = {name: json.dumps(content, indent=1, sort_keys=True) + "\n" for name, content in contents.items()}
    signed = signing.signature((name, text.encode()) for name, text in texts.items())
    with replacing(target) as path, zipfile.ZipFile(path, "w") as archive:
        for name, text in (texts | ({SIGNATURE: signed} if signed else {})).items():
            member = zipfile.ZipInfo(name, TIMELESS)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, text)


def read(dataset: Dataset) -> Builder:
    """Read a builder and check all of it.

    Raises:
        UserError: no zip, other members than a builder's, or contents that fail their check.
    """
    python_objects.refuse_pickle(dataset.path, str(dataset))
    members = _members(dataset)
    signed = members.pop(SIGNATURE, None)
    signing.report(members.items(), signed if signed is None else signed.decode("utf-8", "replace"), str(dataset))
    contents = {name: gate.parse_json(text, f"{dataset}, {name}") for name, text in members.items()}
    written = contents[VERSIONS].get("format") if isinstance(contents[VERSIONS], dict) else None
    if written != str(FORMAT):
        raise UserError(
            f"{dataset}: is a builder of format {quoted(written)}; these tools read format {FORMAT}. "
            "Make it anew with 'Create deep learning model'."
        )
    architecture.checked(contents[ARCHITECTURE], str(dataset))
    arguments.check_flags(contents[ARCHITECTURE], str(dataset))
    return Builder(contents[ARCHITECTURE], training_parameters.check(contents[TRAINING], str(dataset)))


def _members(dataset: Dataset) -> dict[str, bytes]:
    expected = f"{dataset}: is no builder. Choose the output of 'Create deep learning model'."
    try:
        # The list of members lies inside the file and is read as a whole.
        limits.check(Path(dataset.path).stat().st_size, "json_bytes", str(dataset))
        with zipfile.ZipFile(dataset.path) as archive:
            names = archive.namelist()
            if sorted(name for name in names if name != SIGNATURE) != sorted(MEMBERS) or names.count(SIGNATURE) > 1:
                received = listed(quoted(name) for name in names)
                raise UserError(f"{expected} It must hold {listed(MEMBERS)}. Received: {received}.")
            for member in archive.infolist():
                _check_member(member, dataset, expected)
            return {name: _bounded(archive, name, expected) for name in (*MEMBERS, SIGNATURE) if name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise UserError(f"{expected} It cannot be read as a zip: {error}.") from None


def _check_member(member: zipfile.ZipInfo, dataset: Dataset, expected: str) -> None:
    """Check what the archive's directory says of a member, before anything is unpacked."""
    place = f"{dataset}, {member.filename}"
    if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(f"{expected} Its {member.filename} is encrypted or packed in another way than deflate.")
    limits.check(member.file_size, "json_bytes", place)
    limits.check(member.file_size // max(1, member.compress_size), "zip_ratio", place)


def _bounded(archive: zipfile.ZipFile, name: str, expected: str) -> bytes:
    # What is read is bounded, not what the directory claims.
    most = limits.limit("json_bytes")
    with archive.open(name) as member:
        text = member.read(most + 1)
    if len(text) > most:
        raise UserError(f"{expected} Its {name} unpacks to more than {most:,} bytes.")
    return text
