"""Short content hashes: the identity of inputs, settings and versions."""

from __future__ import annotations

import atexit
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

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


@cache
def _hasher() -> duckdb.DuckDBPyConnection:
    """One DuckDB for all partitions: to open one takes longer than to read a small partition."""
    import duckdb

    # Let go before the interpreter ends: DuckDB's binding complains on the terminal of what is held longer.
    atexit.register(_hasher.cache_clear)
    return duckdb.connect()


def content_fingerprint(parquet_files: Sequence[str]) -> str:
    """16 hex digits over the rows of Parquet files of one schema, whatever their order and their cut into files.

    The sum of 64-bit row hashes: a change of one row goes unnoticed with a chance of about 2^-64. DuckDB's hash may
    change between its releases; then everything counts as changed and is made again.
    """
    import duckdb

    with _hasher().cursor() as connection:
        found = connection.execute(
            "select count(*), coalesce(sum(hash(t)::hugeint), 0)::varchar from read_parquet($files) t",
            {"files": list(parquet_files)},
        ).fetchall()[0]
    return fingerprint(duckdb.__version__, found)
