"""Secrets: read from the environment, or made once and kept in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

WORKER_KEY_VARIABLE = "JOBTIDE_WORKER_KEY"
MINIMUM_LENGTH = 16


def worker_key(home: Path) -> bytes:
    """The key of the worker pseudonyms. Raises ValueError for one that could be guessed."""
    given = os.environ.get(WORKER_KEY_VARIABLE)
    if given is not None:
        if len(given) < MINIMUM_LENGTH:
            raise ValueError(
                f"{WORKER_KEY_VARIABLE} is shorter than {MINIMUM_LENGTH} characters; use a longer key"
            )
        return given.encode("utf-8")
    path = home / ".worker_key"
    home.mkdir(parents=True, exist_ok=True)
    temporary = home / f".worker_key.{os.getpid()}"
    try:
        # Exclusive creation and a link: of two first runs at once one key wins, and never half a key.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_hex(32).encode("ascii"))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return path.read_bytes()
    finally:
        temporary.unlink(missing_ok=True)
    return path.read_bytes()
