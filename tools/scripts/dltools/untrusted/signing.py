"""Signing what these tools write, with a key of the administrator's: optional, and absent without a key.

A signature is an HMAC with SHA-256 over everything that a file holds, in an order and a form that do not depend on
how the file is packed. It says that a file comes from a server with the same key and was not changed since; a file
without one is read as ever, unless the administrator demands signatures.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable

from dltools.core.errors import UserError

KEY, REQUIRED = "DLTOOLS_SIGNING_KEY", "DLTOOLS_REQUIRE_SIGNED"
# (name, bytes) pairs in a fixed order.
Contents = Iterable[tuple[str, bytes]]
YES = ("1", "true", "yes")


def key() -> bytes | None:
    """Return the administrator's key, or None if files are not signed here."""
    return os.environ.get(KEY, "").encode() or None


def signature(contents: Contents) -> str | None:
    """Return the signature of a file's contents in hexadecimal digits, or None without a key.

    Parameters:
        contents: (name, bytes) pairs in a fixed order.
    """
    secret = key()
    if secret is None:
        return None
    code = hmac.new(secret, digestmod=hashlib.sha256)
    for name, content in contents:
        # Lengths first, so that nothing can move from one piece to the next.
        for piece in (name.encode(), content):
            code.update(len(piece).to_bytes(8, "big"))
            code.update(piece)
    return code.hexdigest()


def report(contents: Contents, found: str | None, source: str) -> None:
    """Say whether a file is signed, and refuse it if signatures are demanded; nothing without a key.

    Parameters:
        contents: as for `signature`; looked at only if there is one to compare with.
        found: the signature that the file holds, or None.
        source: the file's name, for messages.

    Raises:
        UserError: an unsigned or tampered file where the administrator demands signatures.
    """
    required = os.environ.get(REQUIRED, "").strip().lower() in YES
    if key() is None:
        if required:
            raise UserError(f"{REQUIRED}: signatures are demanded, but {KEY} holds no key. Ask your administrator.")
        return
    state = "unsigned"
    if found is not None:
        right = hmac.compare_digest(str(signature(contents)).encode(), found.encode("utf-8", "replace"))
        state = (
            "signed by this server" if right else "tampered: changed after it was signed, or signed with another key"
        )
    if required and state != "signed by this server":
        raise UserError(
            f"{source}: is {state}. This server reads only builders and trained models that it has signed itself. Make "
            "the file here."
        )
    print(f"{source}: {state}", flush=True)
