"""The one way a user's mistake reaches the user: a `UserError`, one line, exit status 1.

Anything else that is raised is a bug in these tools and keeps its traceback.
"""

import contextlib
import errno
import re
import signal
import sys
from collections.abc import Iterable, Iterator
from types import FrameType

MAX_MESSAGE = 1500
# What the system says where there is no room to write.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class UserError(Exception):
    """A mistake that the person at the form can mend.

    The message names the parameter or the file, the rule, what was received, and the fix
    where it is known.
    """


def one_line(text: object) -> str:
    """Return `text` as one printable line of bounded length.

    Control characters would let a cell of a table rewrite the terminal or fake further
    lines, and an endless cell would bury the message.
    """
    line = "".join(ch if ch.isprintable() else " " for ch in " ".join(str(text).split()))
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


def quoted(value: object, limit: int = 60) -> str:
    """Return a value received from the user in quotes, shortened, for use in a message."""
    text = "".join(ch if ch.isprintable() else " " for ch in str(value))
    return f"'{text}'" if len(text) <= limit else f"'{text[: limit - 1]}…'"


def listed(values: Iterable[object], limit: int = 20) -> str:
    """Return `a, b, c`, cut after `limit` entries with a count of the rest."""
    texts = [str(value) for value in values]
    rest = len(texts) - limit
    return ", ".join(texts[:limit]) + (f" and {rest} more" if rest > 0 else "")


# A tag with attributes, or one that takes what follows it out of the text.
_MARKUP = re.compile(
    r"<[!/?]?[a-z][^<>]*[\s=/]|<[!/?]?(script|style|iframe|svg|math|object|embed|template|textarea|title|xmp|plaintext)",
    re.IGNORECASE,
)


def is_markup(text: str) -> bool:
    """Tell whether a text would act in a web page that shows it unescaped; ``<50`` and ``<unknown>`` would not."""
    return bool(_MARKUP.search(text))


@contextlib.contextmanager
def user_errors_on_stderr() -> Iterator[None]:
    """Turn a `UserError` inside the block, or a full disk, into one line on stderr and exit status 1.

    A job that is asked to end (SIGTERM) ends with one line too, and status 143: what it was writing is removed.
    """
    signal.signal(signal.SIGTERM, _end)
    try:
        yield
    except UserError as error:
        _tell(error)
        sys.exit(1)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        _tell(
            "There is no room left to write the output: the disk or your quota is full. Make room, and run the job "
            "again."
        )
        sys.exit(1)


def _tell(message: object) -> None:
    print(f"Error: {one_line(message)}", file=sys.stderr)


def _end(number: int, frame: FrameType | None) -> None:
    _tell("The job was ended from outside, for example because its time was over. Nothing unfinished is left behind.")
    sys.exit(128 + number)
