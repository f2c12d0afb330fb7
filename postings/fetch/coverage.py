"""The coverage table: which employers' boards were asked, when, and with what result.

One JSON object a line, appended and synced as each poll ends, so that a cut loses at most the poll in progress. A day
on which a board failed is thereby told apart from a day on which its jobs were gone.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

OK, FAILED, NOT_MODIFIED = "ok", "failed", "not_modified"

COVERAGE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("batch", pa.string(), nullable=False),
        pa.field("board", pa.string(), nullable=False),
        pa.field("employer", pa.string(), nullable=False),
        pa.field("attempt", pa.int32(), nullable=False),
        pa.field("polled_on", pa.date32(), nullable=False),
        pa.field("polled_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("result", pa.string(), nullable=False),
        pa.field("http_status", pa.int32()),
        pa.field("postings_seen", pa.int64(), nullable=False),
        pa.field("pages", pa.int32(), nullable=False),
        pa.field("file", pa.string()),
        pa.field("message", pa.string(), nullable=False),
    ]
)
"""One row per poll. `employer` is the board's name for it (for web pages: the site). `result`: `ok` (all that is open
was seen), `not_modified` (nothing changed: what `file` holds, perhaps of an earlier batch, is what is open), `failed`
(nothing may be concluded from postings that are not seen; those in `file` were). `file` is relative to the folder of
downloads, null where there is none. `attempt` counts the polls of one employer in one batch."""

_KEY = ("source", "batch", "board", "employer", "attempt")


def append_coverage(path: Path, row: Mapping[str, Any]) -> None:
    """Append one row, durably. A line torn by an earlier kill is closed off first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(dict(row), ensure_ascii=True, sort_keys=True, default=str).encode() + b"\n"
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read_coverage(path: Path) -> pa.Table:
    """The table in the schema COVERAGE, in the order of polling; empty where nothing was polled yet.

    A torn line is passed over; of a poll that was written twice, because a kill came between the row and the note
    that it is done, the last row counts.
    """
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    if path.exists():
        for line in path.read_bytes().splitlines():
            try:
                row = json.loads(line)
                row["polled_at"] = dt.datetime.fromisoformat(row["polled_at"])
                row["polled_on"] = dt.date.fromisoformat(row["polled_on"])
                key = tuple(row[name] for name in _KEY)
            except (ValueError, KeyError, TypeError):
                continue
            rows.pop(key, None)
            rows[key] = row
    return pa.Table.from_pylist(list(rows.values()), schema=COVERAGE)
