"""What every source hands over: raw records, records set aside while reading, and the faults of whole files.

What belongs here: the step from mapped strings to Arrow, with the limits that keep memory flat. What does not:
file formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from postings.schema import QUARANTINE, QUARANTINE_VALUE_CHARACTERS, RAW, RAW_FIELDS, UNKNOWN

CELL_LIMIT_BYTES = 1_000_000
"""A cell above this size is no posting's text; its record is set aside."""

RECORD_LIMIT_BYTES = 8 * CELL_LIMIT_BYTES
CHUNK_ROWS = 8_192
CHUNK_BYTES = 8_000_000
"""Readers hand over at most about this many records or bytes at a time."""


class SourceError(ValueError):
    """A source does not fit its description in the study; the message says how to mend it."""


class UnreadableFileError(ValueError):
    """A file cannot be read, or not to its end: `reason` is a stable code, the message is for a person."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Origin:
    """Where the records of one file come from."""

    batch: str
    source: str
    file: str


@dataclass(frozen=True)
class SetAside:
    """One record that could not be taken: why, in which field, and what it said (bounded)."""

    row: int
    field: str
    reason: str
    message: str
    value: str | None = None


@dataclass(frozen=True)
class RawBatch:
    """Consecutive records of one file: `records` in the RAW schema, `set_aside` in the QUARANTINE schema."""

    records: pa.RecordBatch
    set_aside: pa.RecordBatch

    @property
    def rows(self) -> int:
        """Records of the file that this batch accounts for."""
        return int(self.records.num_rows + self.set_aside.num_rows)


@dataclass
class Chunk:
    """Mapped strings of consecutive records, one list a canonical field, before they become Arrow."""

    rows: Sequence[int]
    fields: Mapping[str, Sequence[str | None]]
    set_aside: list[SetAside] = field(default_factory=list)


def too_large(origin: Origin, row: int, name: str, size: int, limit: int = CELL_LIMIT_BYTES) -> SetAside:
    """The entry for a record with a cell above the limit, in bytes."""
    message = (
        f"{origin.file}, record {row}, {name}: the cell holds {size:,} bytes, the limit is {limit:,};"
        " shorten it at the source"
    )
    return SetAside(row, name, "cell_too_large", message, f"{size} bytes")


def _has_undecodable(text: str | None) -> bool:
    return text is not None and any("\ud800" <= character <= "\udfff" for character in text)


def _undecodable(origin: Origin, row: int, name: str, value: str) -> SetAside:
    shown = value.encode("utf-8", errors="replace").decode("utf-8")[:QUARANTINE_VALUE_CHARACTERS]
    message = f"{origin.file}, record {row}, {name}: bytes that are no text in the file's encoding"
    return SetAside(row, name, "undecodable", message, shown)


def _encoded(texts: Sequence[str | None]) -> pa.Array | None:
    """The texts as Arrow strings, or None where one of them holds what no encoding allows."""
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return None


def raw_batch(origin: Origin, chunk: Chunk) -> RawBatch:
    """Arrow records from mapped strings; undecodable and oversized records are set aside, whole."""
    set_aside = list(chunk.set_aside)
    bad: dict[int, SetAside] = {}
    arrays: dict[str, pa.Array] = {}
    for name, texts in chunk.fields.items():
        array = _encoded(texts)
        if array is None:
            for index, text in enumerate(texts):
                if text is not None and _has_undecodable(text):
                    bad.setdefault(index, _undecodable(origin, chunk.rows[index], name, text))
            array = pa.array([None if _has_undecodable(text) else text for text in texts], pa.string())
        if (pc.max(pc.binary_length(array)).as_py() or 0) > CELL_LIMIT_BYTES:
            for index, size in enumerate(pc.binary_length(array).to_pylist()):
                if size is not None and size > CELL_LIMIT_BYTES:
                    bad.setdefault(index, too_large(origin, chunk.rows[index], name, size))
        arrays[name] = array
    count = len(chunk.rows)
    columns = {
        "batch": pa.repeat(pa.scalar(origin.batch), count),
        "source": pa.repeat(pa.scalar(origin.source), count),
        "file": pa.repeat(pa.scalar(origin.file), count),
        "row": pa.array(chunk.rows, pa.int64()),
        **{name: arrays.get(name, pa.nulls(count, pa.string())) for name in RAW_FIELDS},
    }
    records = pa.RecordBatch.from_arrays([columns[name] for name in RAW.names], schema=RAW)
    if bad:
        records = records.filter(pa.array([index not in bad for index in range(count)]))
        set_aside.extend(bad.values())
    return RawBatch(records, set_aside_batch(origin, sorted(set_aside, key=lambda entry: entry.row)))


def set_aside_batch(origin: Origin, entries: Iterable[SetAside]) -> pa.RecordBatch:
    """Entries in the QUARANTINE schema, in the month `unknown`: nothing is known of records that cannot be read."""
    rows = [
        {
            "batch": origin.batch,
            "source": origin.source,
            "file": origin.file,
            "row": entry.row,
            "source_id": None,
            "month": UNKNOWN,
            "field": entry.field,
            "reason": entry.reason,
            "message": _storable(entry.message),
            "value": None if entry.value is None else _storable(entry.value)[:QUARANTINE_VALUE_CHARACTERS],
        }
        for entry in entries
    ]
    return pa.RecordBatch.from_pylist(rows, schema=QUARANTINE)


def _storable(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode("utf-8")
