"""JSON that is not JSON Lines: an array of objects, an object that holds one, or a single object.

What belongs here: cutting the document into its records, in bounded memory. What does not: which key means what.

The array is cut by its brackets and commas, and each element parsed for itself: a broken or oversized element is
one record set aside, not the end of the file, and a document of any size is never held whole.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from postings.sources.json_lines import Line, read_lines
from postings.sources.records import RECORD_LIMIT_BYTES, UnreadableFileError

_PIECE = 1 << 16
_DEPTH = 4
"""The array of records lies inside at most this many objects."""

_OUTSIDE = re.compile(r'["\[\]{},]')
_INSIDE = re.compile(r'["\\]')
_KEY = re.compile(r"\s*:")
_SHOWN = 500


class _Characters:
    """Pieces of a text stream, with the position in the current one."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self.stream = stream
        self.piece = ""
        self.at = 0

    def more(self) -> bool:
        self.piece = self.stream.read(_PIECE)
        self.at = 0
        return bool(self.piece)

    def next_visible(self) -> str:
        """The next character that is no white space, without taking it; "" at the end."""
        while True:
            rest = self.piece[self.at :].lstrip()
            if rest:
                self.at = len(self.piece) - len(rest)
                return rest[0]
            if not self.more():
                return ""

    def string(self) -> str:
        """The string that begins behind the current quotation mark: its beginning, at most 200 characters."""
        kept = ""
        escaped = False
        while True:
            if self.at >= len(self.piece) and not self.more():
                return kept
            if escaped:
                self.at += 1
                escaped = False
                continue
            mark = _INSIDE.search(self.piece, self.at)
            end = mark.start() if mark else len(self.piece)
            kept = (kept + self.piece[self.at : end])[:200]
            self.at = end + (mark is not None)
            if mark and mark[0] == '"':
                return kept
            escaped = mark is not None


def _find_array(characters: _Characters, wanted: str) -> bool:
    """Move behind the opening bracket of the array of records.

    `wanted` is its path of keys, dotted; without one, the first array whose first element is an object and that lies
    in objects only. False where there is none.
    """
    path: list[str] = []
    key = ""
    while True:
        character = characters.next_visible()
        if not character:
            return False
        characters.at += 1
        if character == '"':
            key = characters.string()
        elif character == "{":
            path.append(key)
            if len(path) > _DEPTH:
                _skip(characters)
                path.pop()
        elif character == "}":
            path = path[:-1]
        elif character == "[":
            here = ".".join([*path[1:], key]) if path else ""
            if here == wanted if wanted else not path or characters.next_visible() == "{":
                return True
            _skip(characters)


def _skip(characters: _Characters) -> None:
    """To the end of the array or object that has just begun."""
    depth = 1
    while depth:
        if characters.at >= len(characters.piece) and not characters.more():
            return
        mark = _OUTSIDE.search(characters.piece, characters.at)
        if mark is None:
            characters.at = len(characters.piece)
            continue
        characters.at = mark.end()
        if mark[0] == '"':
            characters.string()
        else:
            depth += (mark[0] in "[{") - (mark[0] in "]}")


class _Element:
    """The text of one element as it grows; beyond the limit it is only counted."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0

    def add(self, text: str) -> None:
        self.size += len(text)
        if self.size <= RECORD_LIMIT_BYTES:
            self.pieces.append(text)
        elif self.pieces:
            self.pieces = ["".join(self.pieces)[:_SHOWN]]

    def text(self) -> str:
        return "".join(self.pieces)


def _elements(characters: _Characters) -> Iterator[tuple[_Element, bool]]:
    """The elements of the array that has just begun, and whether each was closed by a comma or the array's end."""
    element = _Element()
    depth = 0
    inside = escaped = False
    while True:
        if characters.at >= len(characters.piece) and not characters.more():
            yield element, False
            return
        piece = characters.piece
        start = at = characters.at
        if escaped:  # the backslash was the last character of the piece before
            at += 1
            escaped = False
        while mark := (_INSIDE if inside else _OUTSIDE).search(piece, at):
            found, at = mark[0], mark.end()
            if inside:
                if found == "\\":
                    escaped = at >= len(piece)
                    at += 1
                else:
                    inside = False
            elif found == '"':
                inside = True
            elif depth == 0 and found in ",]":
                element.add(piece[start : mark.start()])
                characters.at = start = at
                yield element, True
                if found == "]":
                    return
                element = _Element()
            else:
                depth += (found in "[{") - (found in "]}")
        element.add(piece[start:])
        characters.at = len(piece)


def _line(row: int, element: _Element, closed: bool) -> Line:
    text = element.text()
    shown = text.lstrip()[:_SHOWN]
    if element.size > RECORD_LIMIT_BYTES:
        detail = f"{element.size:,} characters, the limit is {RECORD_LIMIT_BYTES:,}"
        return Line(row, None, "record_too_large", detail, shown)
    if not closed:
        return Line(row, None, "not_json", "the document ends inside the record", shown)
    if "\udcff" in text:
        return Line(row, None, "undecodable", "bytes that are no text", shown)
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Line(row, None, "not_json", str(error)[:100], shown)
    if not isinstance(record, dict):
        return Line(row, None, "not_an_object", f"a {type(record).__name__}", shown)
    return Line(row, record)


def _whole(text: str) -> Mapping[str, Any] | None:
    """The document as one object, where it is small enough to be a record."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def read_documents(
    stream: BinaryIO,
    name: str,
    *,
    encoding: str = "utf-8",
    errors: str = "strict",
    records: str = "",
    is_record: Callable[[Mapping[str, Any]], bool] = lambda document: False,
) -> Iterator[Line]:
    """The records of a seekable binary stream, numbered from 1.

    An array's elements; for an object, the elements of the array at the dotted path `records`, by default of the first
    array of objects in it, unless `is_record` says that the object itself is one record (asked up to 8 MB). JSON Lines
    under the name of JSON are read as such. Raises UnreadableFileError for an empty file and for what is no JSON.
    """
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
    text = io.TextIOWrapper(stream, encoding=codec, errors=errors, newline="")
    try:
        beginning = text.read(RECORD_LIMIT_BYTES)
        first = beginning.lstrip()[:1]
        if not first:
            raise UnreadableFileError("empty_file", f"{name}: the file is empty")
        if first not in "[{":
            raise UnreadableFileError(
                "not_json", f"{name}: not JSON: it begins with {beginning.lstrip()[:20]!r}"
            )
        small = len(beginning) < RECORD_LIMIT_BYTES
        if first == "{":
            line, _, rest = beginning.lstrip().partition("\n")
            if rest.strip() and _whole(line) is not None:
                stream.seek(0)
                yield from read_lines(stream, name, encoding=encoding)
                return
            document = _whole(beginning) if small else None
            if document is not None and not records and is_record(document):
                yield Line(1, document)
                return
        text.seek(0)
        characters = _Characters(text)
        if not _find_array(characters, records):
            where = f" at {records!r}" if records else ""
            if small and first == "{" and document is not None and not records and not _is_empty(document):
                yield Line(1, document)
                return
            if first == "[" or (document is not None and _is_empty(document)):
                return
            raise UnreadableFileError("not_json", f"{name}: no array of objects{where} in it")
        row = 0
        for element, closed in _elements(characters):
            if not element.text().strip() and not element.size > RECORD_LIMIT_BYTES and closed:
                continue  # an empty array, or a comma too many
            row += 1
            yield _line(row, element, closed)
    finally:
        text.detach()


def _is_empty(document: Mapping[str, Any]) -> bool:
    """An answer without records: it holds an empty array."""
    return any(isinstance(value, list) and not value for value in document.values())
