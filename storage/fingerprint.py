"""Short content hashes: the identity of inputs, settings and versions."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

LENGTH = 16


def fingerprint(*parts: Any) -> str:
    """16 hex digits over the canonical JSON of `parts` (dicts are sorted, so key order does not matter).

    Raises TypeError for a part that JSON cannot hold: a fingerprint over a `repr` would change silently.
    """
    canonical = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:LENGTH]


def file_fingerprint(path: Path) -> str:
    """16 hex digits over a file's bytes, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()[:LENGTH]
