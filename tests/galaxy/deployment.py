"""The files of `deployment/` as an administrator takes them: copied, with the places of this machine put in."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.places import ROOT

from .rehearsal import RehearsalFailed

SHIPPED = ROOT / "deployment"


def put(kind: str, folder: Path, places: Mapping[str, str]) -> Path:
    """Copy the files of a kind into a folder, with what they name replaced; return the folder.

    Raises RehearsalFailed where a file no longer names what is to be replaced: then the copy would not be that file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unseen = set(places)
    for source in sorted((SHIPPED / kind).iterdir()):
        text = source.read_text(encoding="utf-8")
        for named, place in places.items():
            if named in text:
                unseen.discard(named)
                text = text.replace(named, place)
        target = folder / source.name
        target.write_text(text, encoding="utf-8")
        # Some hold a key.
        target.chmod(0o600)
    if unseen:
        raise RehearsalFailed(f"no file of {SHIPPED / kind} names {', '.join(sorted(unseen))}")
    return folder


def check(right: bool, words: str):
    """Raise RehearsalFailed with the words unless something is right."""
    if not right:
        raise RehearsalFailed(words)
