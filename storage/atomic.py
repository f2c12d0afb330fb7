"""Atomic publication of single files.

The order is always: temporary name in the same folder, write, fsync the file, rename, fsync the folder. A
process killed anywhere leaves either the old file or the new one, plus at most one temporary file whose name
starts with `.tmp-`, which no reader looks at and `remove_leftovers` clears.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TEMPORARY_PREFIX = ".tmp-"


def fsync_folder(folder: Path) -> None:
    """Make the renames in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(temporary: Path, final: Path) -> None:
    """Move a finished temporary file to its final name, durably.

    Raises OSError if the disk refuses; the final name is then what it was before.
    """
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(final)
    fsync_folder(final.parent)


@contextmanager
def temporary_beside(final: Path) -> Iterator[Path]:
    """A temporary path in the folder of `final`; published to `final` on success, deleted on an exception."""
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.parent / f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}-{final.name}"
    try:
        yield temporary
        publish(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step; creates missing folders."""
    with temporary_beside(path) as temporary:
        temporary.write_bytes(content)


def write_text_atomically(path: Path, content: str) -> None:
    """Replace `path` by UTF-8 text in one step."""
    write_bytes_atomically(path, content.encode("utf-8"))


def write_json_atomically(path: Path, content: Any) -> None:
    """Replace `path` by JSON with sorted keys, so that equal content gives equal bytes."""
    write_text_atomically(path, json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n")


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that a killed process left in `folder`. Call it under the folder's lock."""
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
        leftover.unlink(missing_ok=True)
