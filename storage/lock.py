"""One writer at a time: an advisory lock that the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LockedError(RuntimeError):
    """Another process is writing the same partition."""


@contextmanager
def exclusive_lock(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold `path` exclusively; where another process (or writer) holds it, wait for it or raise LockedError at once.

    `os.replace` would let the second of two writers win in silence, hence the lock. flock belongs to the open
    file, so a `kill -9` frees it and no stale lock has to be broken by hand.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(
                f"{path.parent}: another run is writing here; wait for it to end, or stop it"
            ) from error
        yield
    finally:
        os.close(descriptor)
