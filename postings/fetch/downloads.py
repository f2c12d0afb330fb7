"""The files that downloads land in: they grow page by page, survive a kill, and get their name when a poll ends.

What belongs here: names, bytes and lines. What does not: what is downloaded, and when.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from storage.atomic import publish


def safe_name(name: str) -> str:
    """A name as part of a file's name; what had to be changed is told apart by a hash."""
    plain = re.sub(r"[^\w.\-]", "_", name).lstrip(".")[:100] or "_"
    if plain == name:
        return plain
    return f"{plain}-{hashlib.blake2b(name.encode('utf-8', 'replace'), digest_size=4).hexdigest()}"


def _line(posting: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(posting, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair, written as an escape
        return json.dumps(posting).encode() + b"\n"


class Download:
    """The file of one employer's postings while it grows; it gets its name when the poll ends.

    A killed poll leaves a `.part`, which is cut back to the last page that the state knows of.
    """

    def __init__(self, final: Path, size: int) -> None:
        self.final = final
        self.part = final.with_name(f"{final.name}.part")
        self.size = size
        final.parent.mkdir(parents=True, exist_ok=True)
        if size and not self.part.exists() and final.exists():
            shutil.copyfile(final, self.part)
        self.whole = not size or (self.part.exists() and self.part.stat().st_size >= size)
        if not self.whole:
            self.size = 0
        with self.part.open("ab") as file:
            file.truncate(self.size)

    def append(self, postings: Iterable[Mapping[str, Any]]) -> None:
        """Add postings, durably."""
        with self.part.open("ab") as file:
            for posting in postings:
                file.write(_line(posting))
            file.flush()
            os.fsync(file.fileno())
            self.size = file.tell()

    def postings(self) -> Iterator[dict[str, Any]]:
        """What it holds already."""
        with self.part.open("rb") as lines:
            for line in lines:
                yield json.loads(line)

    def publish(self) -> bool:
        """Give it its name; False (and no file) where it is empty."""
        if not self.size:
            self.part.unlink(missing_ok=True)
            return False
        publish(self.part, self.final)
        return True


class EarlierDownloads:
    """The postings of pages that did not change, from the files of earlier batches, found by their address."""

    def __init__(self, into: Path) -> None:
        self._into = into
        self._places: dict[str, dict[str, list[int]]] = {}

    def postings(self, file: str, url: str) -> list[dict[str, Any]]:
        """What the page held when it was last read."""
        if not file:
            return []
        with (self._into / file).open("rb") as lines:
            if file not in self._places:
                places: dict[str, list[int]] = {}
                at = 0
                for line in lines:
                    places.setdefault(json.loads(line)["_fetch"]["url"], []).append(at)
                    at += len(line)
                self._places[file] = places
            found = []
            for at in self._places[file].get(url, []):
                lines.seek(at)
                found.append(json.loads(lines.readline()))
            return found
