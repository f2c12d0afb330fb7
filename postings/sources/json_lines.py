"""JSON Lines, streamed: one object a line.

What belongs here: lines and objects. What does not: which key means what (`mapping`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from postings.sources.records import RECORD_LIMIT_BYTES, UnreadableFileError

_PIECE = 1 << 16


@dataclass(frozen=True)
class Line:
    """One record: its 1-based number, and the object, or a reason code and the beginning of the text."""

    row: int
    record: Mapping[str, Any] | None
    fault: str = ""
    detail: str = ""
    text: str = ""


def _skip_line(stream: BinaryIO) -> int:
    """Read on to the end of the line; the number of bytes passed over."""
    passed = 0
    while piece := stream.readline(_PIECE):
        passed += len(piece)
        if piece.endswith(b"\n"):
            break
    return passed


def _parsed(row: int, line: bytes, encoding: str) -> Line:
    shown = line[:500].decode(encoding, errors="replace")
    try:
        record = json.loads(line.decode(encoding))
    except UnicodeDecodeError as error:
        return Line(row, None, "undecodable", str(error.reason), shown)
    except (ValueError, RecursionError) as error:
        return Line(row, None, "not_json", str(error)[:100], shown)
    if not isinstance(record, dict):
        return Line(row, None, "not_an_object", f"a {type(record).__name__}", shown)
    return Line(row, record)


def read_lines(stream: BinaryIO, name: str, *, encoding: str = "utf-8") -> Iterator[Line]:
    """The records of a seekable binary stream; blank lines are no records, a byte order mark is skipped.

    Raises UnreadableFileError for an empty file or one that holds no JSON Lines (a JSON array, say).
    """
    if not stream.read(_PIECE).strip():
        raise UnreadableFileError("empty_file", f"{name}: the file is empty")
    stream.seek(0)
    row = 0
    while line := stream.readline(RECORD_LIMIT_BYTES):
        oversized = len(line) >= RECORD_LIMIT_BYTES and not line.endswith(b"\n")
        if row == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        row += 1
        if oversized:
            size = len(line) + _skip_line(stream)
            detail = f"{size:,} bytes in one line, the limit is {RECORD_LIMIT_BYTES:,}"
            yield Line(row, None, "record_too_large", detail, line[:200].decode(encoding, errors="replace"))
            continue
        parsed = _parsed(row, line, encoding)
        if row == 1 and parsed.fault and line.lstrip()[:1] == b"[":
            raise UnreadableFileError(
                "not_json_lines",
                f"{name}: a JSON array, not JSON Lines; write one object a line (jq -c '.[]')",
            )
        yield parsed
