"""Writing outputs so that a half-written file never looks whole."""

import contextlib
import os
import tempfile


@contextlib.contextmanager
def replacing(target, suffix: str = ""):
    """Yield a path beside `target`; move it onto `target` if the block succeeds.

    The temporary file lies in the target's own folder, so that the move is atomic. If the
    block raises, it is removed and `target` stays as it was.
    """
    target = os.path.abspath(target)
    handle, temporary = tempfile.mkstemp(
        prefix=".unfinished-", suffix=suffix, dir=os.path.dirname(target)
    )
    os.close(handle)
    try:
        yield temporary
        # mkstemp makes files private; outputs must be readable like any other the job writes.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        raise


def write_text(target, text: str) -> None:
    """Write `text` as UTF-8 onto `target`, whole or not at all."""
    with replacing(target) as path, open(path, "w", encoding="utf-8", newline="") as handle:
        handle.write(text)
