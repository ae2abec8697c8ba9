"""The one way a user's mistake reaches the user: a `UserError`, one line, exit status 1.

Anything else that is raised is a bug in these tools and keeps its traceback.
"""

import contextlib
import sys

MAX_MESSAGE = 1500


class UserError(Exception):
    """A mistake that the person at the form can mend.

    The message names the parameter or the file, the rule, what was received, and the fix
    where it is known.
    """


def one_line(text) -> str:
    """Return `text` as one printable line of bounded length.

    Control characters would let a cell of a table rewrite the terminal or fake further
    lines, and an endless cell would bury the message.
    """
    line = "".join(ch if ch.isprintable() else " " for ch in " ".join(str(text).split()))
    return line if len(line) <= MAX_MESSAGE else line[: MAX_MESSAGE - 1] + "…"


def quoted(value, limit: int = 60) -> str:
    """Return a value received from the user in quotes, shortened, for use in a message."""
    text = "".join(ch if ch.isprintable() else " " for ch in str(value))
    return f"'{text}'" if len(text) <= limit else f"'{text[:limit - 1]}…'"


def listed(values, limit: int = 20) -> str:
    """Return `a, b, c`, cut after `limit` entries with a count of the rest."""
    values = [str(v) for v in values]
    rest = len(values) - limit
    return ", ".join(values[:limit]) + (f" and {rest} more" if rest > 0 else "")


@contextlib.contextmanager
def user_errors_on_stderr():
    """Turn a `UserError` inside the block into one line on stderr and exit status 1."""
    try:
        yield
    except UserError as error:
        print(f"Error: {one_line(error)}", file=sys.stderr)
        sys.exit(1)
