"""Where raw records come from: one module a kind of source, registered here by name.

What belongs here: reading, in bounded memory, what others wrote, into the RAW schema. What does not: judging it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from postings.sources.files import (
    FileSourceSpec,
    check_mapping,
    expand,
    file_columns,
    format_of,
    layout_of,
    read_file,
    unmapped_columns,
)
from postings.sources.layouts import LAYOUTS, recognised
from postings.sources.mapping import MappingError, parse_mapping
from postings.sources.records import CELL_LIMIT_BYTES, RawBatch, SourceError, UnreadableFileError

SOURCES: dict[str, Callable[..., Iterator[RawBatch]]] = {"files": read_file}
"""The kinds of source a study may name; each yields the raw records of one thing to read."""


def reader(kind: str) -> Callable[..., Iterator[RawBatch]]:
    """The reader of a kind of source. Raises SourceError for a kind that is not registered."""
    if kind not in SOURCES:
        raise SourceError(f"source kind {kind!r} is not known; the kinds are {', '.join(sorted(SOURCES))}")
    return SOURCES[kind]


__all__ = [
    "CELL_LIMIT_BYTES",
    "LAYOUTS",
    "SOURCES",
    "FileSourceSpec",
    "MappingError",
    "RawBatch",
    "SourceError",
    "UnreadableFileError",
    "check_mapping",
    "expand",
    "file_columns",
    "format_of",
    "layout_of",
    "parse_mapping",
    "read_file",
    "reader",
    "recognised",
    "unmapped_columns",
]
