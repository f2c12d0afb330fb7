"""A folder that appears whole: models are folders of several files, read by other processes.

What belongs here: making a folder under a temporary name and renaming it. What does not: single files and
datasets, which `storage` publishes.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.atomic import TEMPORARY_PREFIX, fsync_folder


@contextmanager
def temporary_folder_beside(final: Path, *, replace: bool = False) -> Iterator[Path]:
    """An empty folder beside `final`; renamed to `final` when the block ends well, deleted when it does not.

    Files and folders are flushed to the disk before the rename, so a folder that stands is complete. Where
    `final` stands already it is kept (two makers of the same thing raced), or with `replace` it is replaced;
    a process killed inside that replacement leaves no `final`, and the next run makes it again.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(final)
    temporary.mkdir()
    try:
        yield temporary
        _flush(temporary)
        if replace and final.exists():
            _swap(temporary, final)
        else:
            _rename_or_keep(temporary, final)
        fsync_folder(final.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _beside(final: Path) -> Path:
    return final.parent / f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}-{final.name}"


def _swap(temporary: Path, final: Path) -> None:
    old = _beside(final)
    final.rename(old)
    try:
        temporary.rename(final)
    except OSError:
        old.rename(final)
        raise
    shutil.rmtree(old)


def _rename_or_keep(temporary: Path, final: Path) -> None:
    try:
        temporary.rename(final)
    except OSError:
        if not final.is_dir():
            raise


def _flush(folder: Path) -> None:
    paths = sorted(folder.rglob("*"))
    for path in paths:
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    for path in [*(path for path in paths if path.is_dir()), folder]:
        fsync_folder(path)
