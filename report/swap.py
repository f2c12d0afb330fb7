"""Putting a finished folder in the place of an old one, in one step.

What belongs here: the exchange of two folders on disk. What does not: what the folders hold.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage import exclusive_lock
from storage.atomic import TEMPORARY_PREFIX, fsync_folder

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def replaced_folder(final: Path) -> Iterator[Path]:
    """A new empty folder beside `final`; on success it takes `final`'s place, on an exception it is
    deleted.

    Readers see the old folder whole or the new one whole. Where the system cannot exchange two names in one
    call, the old folder is renamed away first, and a process killed between the two renames leaves no
    `final`; the old one then stands beside it until the next build. Raises `storage.LockedError` while another
    process replaces the same folder.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(final.parent / f".lock-{final.name}"):
        _remove_leftovers(final)
        building = final.parent / f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}-{final.name}"
        building.mkdir()
        try:
            yield building
            for path in [*building.rglob("*"), building]:
                fsync_folder(path)  # files as well: a descriptor is a descriptor
            _put_in_place(building, final)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _put_in_place(building: Path, final: Path) -> None:
    if not final.exists():
        building.rename(final)
    elif not _exchanged(building, final):
        old = building.with_name(f"{building.name}-old")
        final.rename(old)
        building.rename(final)
        shutil.rmtree(old)
    fsync_folder(final.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two names by Linux's renameat2; False where the system or the file system has no such call."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))


def _remove_leftovers(final: Path) -> None:
    """Folders that a killed build left; while `final` is missing, the newest old one may be all there is."""
    for leftover in sorted(final.parent.glob(f"{TEMPORARY_PREFIX}*-{final.name}*")):
        if not leftover.is_dir():
            continue
        if leftover.name.endswith("-old") and not final.exists():
            leftover.rename(final)
        else:
            shutil.rmtree(leftover)
