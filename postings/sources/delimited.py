"""CSV and TSV, streamed, with records of any size or shape.

What belongs here: cells and records. What does not: which cell means what (`mapping`).

The standard library's reader takes every well-formed record. It refuses cells above its process-wide limit and
would hold an unclosed quotation mark to the end of the file, so lines are handed to it under a budget; a record
that exceeds the budget is read again by `_long_record`, which keeps at most the allowed size of each cell.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from postings.sources.records import (
    CELL_LIMIT_BYTES,
    RECORD_LIMIT_BYTES,
    UnreadableFileError,
)

_READ_CHARACTERS = 1 << 16
_SAMPLE_BYTES = 1 << 18
ERRORS = "jobtide_mark_undecodable"
"""The error handler that marks what is no text, so that the record is set aside and not the file."""

_DELIMITERS = (",", "\t", ";", "|")


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    """A lone surrogate for each byte that is no text: it cannot occur otherwise, and Arrow refuses it later."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff" * (error.end - error.start), error.end


codecs.register_error(ERRORS, _mark_undecodable)


@dataclass(frozen=True)
class Oversized:
    """Stands for a cell above the limit: its size in bytes, about, when only characters were counted."""

    size: int


@dataclass(frozen=True)
class Record:
    """One record: its 1-based number (the header is not counted) and its cells.

    `fault` is "" or a reason code; `text` is the beginning of a faulty record.
    """

    row: int
    cells: list[str | Oversized]
    fault: str = ""
    text: str = ""


class _BudgetExceededError(Exception):
    """The record at hand is longer than the standard reader should be given."""


class _Lines:
    """Physical lines for `csv.reader`, remembered until the record that they make up is complete."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self.stream = stream
        self.pending: list[str] = []
        self._size = 0
        self.ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.stream.readline(CELL_LIMIT_BYTES)
        if not line:
            self.ended = True
            raise StopIteration
        self.pending.append(line)
        self._size += len(line)
        if self._size > RECORD_LIMIT_BYTES or (len(line) >= CELL_LIMIT_BYTES and line[-1] not in "\r\n"):
            raise _BudgetExceededError
        return line

    def forget(self) -> None:
        self.pending.clear()
        self._size = 0


class _Cell:
    """A cell that grows to the limit and is only counted beyond it."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.empty = True

    def add(self, text: str) -> None:
        if not text:
            return
        self.empty = False
        self.size += len(text.encode("utf-8", errors="surrogatepass"))
        if self.size <= CELL_LIMIT_BYTES:
            self.pieces.append(text)
        else:
            self.pieces.clear()

    def value(self) -> str | Oversized:
        return "".join(self.pieces) if self.size <= CELL_LIMIT_BYTES else Oversized(self.size)


class _LongRecord:
    """Reads one record piece by piece: the same rules as `csv.reader`'s default dialect, in bounded memory."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        self.cells: list[str | Oversized] = []
        self.cell = _Cell()
        self.quoted = False
        self.quote_seen = False  # a quotation mark inside a quoted cell: its end, or the first of two
        self.done = False
        self.kept = 0

    def _end_cell(self) -> None:
        value = self.cell.value()
        self.kept += 0 if isinstance(value, Oversized) else len(value)
        self.cells.append(
            Oversized(len(value)) if self.kept > RECORD_LIMIT_BYTES and isinstance(value, str) else value
        )
        self.cell = _Cell()

    def feed(self, piece: str, *, ends_line: bool) -> None:
        """Take a piece of the record's text; sets `done` when the piece ends the record."""
        at = 0
        while at < len(piece):
            at = self._inside_quotes(piece, at) if self.quoted else self._outside_quotes(piece, at)
        if ends_line and (not self.quoted or self.quote_seen):
            self._end_cell()
            self.done = True

    def _inside_quotes(self, piece: str, at: int) -> int:
        if self.quote_seen:
            self.quote_seen = False
            if piece[at] == '"':
                self.cell.add('"')
                return at + 1
            self.quoted = False
            return at
        close = piece.find('"', at)
        end = len(piece) if close < 0 else close
        self.cell.add(piece[at:end])
        self.quote_seen = close >= 0
        return end + (close >= 0)

    def _outside_quotes(self, piece: str, at: int) -> int:
        character = piece[at]
        if character == '"' and self.cell.empty:
            self.quoted = True
            self.cell.empty = False
            return at + 1
        if character == self.delimiter:
            self._end_cell()
            return at + 1
        cut = piece.find(self.delimiter, at)
        end = len(piece) if cut < 0 else cut
        self.cell.add(piece[at:end].rstrip("\r\n"))
        return end


def _long_record(lines: _Lines, delimiter: str) -> tuple[list[str | Oversized], bool]:
    """The cells of the record that begins with the pending lines, and whether its last quotation mark was closed."""
    scanner = _LongRecord(delimiter)
    for piece in lines.pending:
        scanner.feed(piece, ends_line=piece[-1] in "\r\n")
    while not scanner.done:
        piece = lines.stream.readline(_READ_CHARACTERS)
        if not piece:
            open_quote = scanner.quoted and not scanner.quote_seen
            scanner.feed("", ends_line=not open_quote)
            if open_quote:
                scanner._end_cell()
            return scanner.cells, not open_quote
        scanner.feed(piece, ends_line=piece[-1] in "\r\n")
    return scanner.cells, True


def _records(stream: io.TextIOBase, delimiter: str) -> Iterator[Record]:
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter)
    row = 0
    width = None
    while True:
        closed = True
        cells: list[str | Oversized]
        try:
            cells = list(next(reader))
            if lines.ended:  # the reader asked for more: only an unclosed quotation mark makes it do so
                _, closed = _long_record(lines, delimiter)
        except StopIteration:
            return
        except (_BudgetExceededError, csv.Error):
            cells, closed = _long_record(lines, delimiter)
            reader = csv.reader(lines, delimiter=delimiter)
        text = lines.pending[0][:500] if lines.pending else ""
        lines.forget()
        if not cells:
            continue  # an empty line
        width = len(cells) if width is None else width
        fault = "" if closed else "unclosed_quote"
        if not fault and len(cells) != width:
            fault = "wrong_cell_count"
        yield Record(row, cells, fault, text)
        row += 1


def _sample_is_text(sample: bytes, encoding: str) -> bool:
    """Whether at least half of the sample's complete lines are text in this encoding."""
    lines = sample.split(b"\n")
    if len(sample) == _SAMPLE_BYTES:
        lines.pop()
    lines = [line for line in lines if line.strip()]
    bad = 0
    for line in lines:
        try:
            line.decode(encoding)
        except UnicodeDecodeError:
            bad += 1
    return bad * 2 <= len(lines)


def guarded_sample(stream: BinaryIO, name: str, encoding: str) -> bytes:
    """The beginning of a seekable text file, checked; the stream stands at its start again.

    Raises UnreadableFileError for an empty file, and for one that is not text in this encoding.
    """
    sample = stream.read(_SAMPLE_BYTES)
    stream.seek(0)
    if not sample.strip():
        raise UnreadableFileError("empty_file", f"{name}: the file is empty")
    wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    if not wide and (b"\0" in sample[:4096] or not _sample_is_text(sample, encoding)):
        raise UnreadableFileError(
            "undecodable",
            f"{name}: not text in {encoding}; set `encoding` in the study (`auto` finds out; gb18030 for most"
            " Chinese files, utf-16 for some exports), or the file is damaged",
        )
    return sample


def delimiter_of(header: str) -> str:
    """The separator that occurs most in the header line; a comma where none does."""
    return max(_DELIMITERS, key=header.count)


def read_records(
    stream: BinaryIO, name: str, *, encoding: str = "utf-8", delimiter: str | None = None
) -> tuple[list[str], Iterator[Record]]:
    """The header, and the records after it, of a seekable binary stream; a byte order mark is skipped.

    Raises UnreadableFileError for a file without a usable header or in another encoding.
    """
    sample = guarded_sample(stream, name, encoding)
    codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    if delimiter is None:
        first_line = sample.decode(codec, errors=ERRORS).lstrip("\r\n").splitlines()[:1]
        delimiter = delimiter_of(first_line[0] if first_line else "")
    text = io.TextIOWrapper(stream, encoding=codec, errors=ERRORS, newline="")
    records = _records(text, delimiter)
    header = next(records, None)
    if header is None or header.fault or not all(isinstance(cell, str) for cell in header.cells):
        raise UnreadableFileError("bad_header", f"{name}: the first line is no header of column names")
    names = [str(cell).strip() for cell in header.cells]
    if any("\udcff" in column for column in names):
        raise UnreadableFileError(
            "undecodable", f"{name}: the header is not text in {encoding}; set `encoding`"
        )
    return names, records
