"""Writing outputs so that a half-written file never looks whole."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(target: str | Path, suffix: str = "", room: int = 0) -> Iterator[str]:
    """Yield a path beside `target`; move it onto `target` if the block succeeds.

    The temporary file lies in the target's own folder, so that the move is atomic. If the
    block raises, it is removed and `target` stays as it was. With `room`, it is seen to that so many
    bytes can be written, before the block: for libraries that do not end well on a full disk.

    Raises:
        OSError: there is no room.
    """
    target = Path(target).absolute()
    handle, temporary = tempfile.mkstemp(prefix=".unfinished-", suffix=suffix, dir=target.parent)
    try:
        with os.fdopen(handle, "wb"):
            if room and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, 0, room)
                os.truncate(handle, 0)
        yield temporary
        # mkstemp makes files private; outputs must be readable like any other the job writes.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def write_text(target: str | Path, text: str) -> None:
    """Write `text` as UTF-8 onto `target`, whole or not at all."""
    with replacing(target) as path, open(path, "w", encoding="utf-8", newline="") as handle:
        handle.write(text)


def write_bytes(target: str | Path, content: bytes) -> None:
    """Write `content` onto `target`, whole or not at all."""
    with replacing(target) as path, open(path, "wb") as handle:
        handle.write(content)
