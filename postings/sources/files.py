"""Files on disk as a source of raw records: CSV, TSV, JSON Lines, Parquet.

What belongs here: choosing the reader, checking the mapping against the file, and handing over raw records in
bounded pieces. What does not: what the values mean (`postings.normalisation`).
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from postings.schema import RAW_FIELDS
from postings.sources import delimited, json_lines, parquet
from postings.sources.mapping import (
    Expression,
    MappingError,
    columns_of,
    evaluate,
    nested,
    parse_mapping,
)
from postings.sources.records import (
    CELL_LIMIT_BYTES,
    CHUNK_BYTES,
    CHUNK_ROWS,
    Chunk,
    Origin,
    RawBatch,
    SetAside,
    SourceError,
    UnreadableFileError,
    raw_batch,
    too_large,
)

_KEYS_LOOKED_AT = 1_000
FORMATS = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".jsonl": "json_lines",
    ".ndjson": "json_lines",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True)
class FileSourceSpec:
    """A source of a study: its files, and which of their columns mean what.

    `columns` maps canonical raw fields to the mapping language of `postings.sources.mapping`. `batch` names the
    retrieval; batch names sort in the order of retrieval. `encoding` and `delimiter` are for text files.
    """

    source: str
    paths: tuple[Path, ...]
    columns: Mapping[str, str] = field(hash=False)
    batch: str = "1"
    encoding: str = "utf-8"
    delimiter: str | None = None


def format_of(path: Path) -> str:
    """delimited, json_lines or parquet, by the file's name (.gz is looked through). Raises SourceError otherwise."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    compressed = bool(suffixes) and suffixes[-1] == ".gz"
    suffix = (suffixes[:-1] if compressed else suffixes)[-1:]
    kind = FORMATS.get(suffix[0]) if suffix else None
    if kind is None or (compressed and kind == "parquet"):
        known = ", ".join(sorted(FORMATS))
        raise SourceError(
            f"{path.name}: the kind of file is not known; name it {known} (text files also with .gz)"
        )
    return kind


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            yield cast("BinaryIO", stream)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError(
            "corrupt_gzip", f"{path.name}: damaged ({error}); fetch it again"
        ) from error
    except OSError as error:
        raise UnreadableFileError(
            "unreadable", f"{path.name}: cannot be read ({error.strerror or error})"
        ) from error


def file_columns(
    path: Path,
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> list[str]:
    """The names a mapping may use. Raises SourceError for an unknown kind, UnreadableFileError for a damaged file.

    For JSON Lines the keys of the first 1,000 records; of all records where the mapping `columns` needs one that is not
    among them (keys may be rare).
    """
    kind = format_of(path)
    if kind == "parquet":
        return parquet.column_names(path)
    with _opened(path) as stream:
        if kind == "delimited":
            header, _ = delimited.read_records(stream, path.name, encoding=encoding, delimiter=delimiter)
            return header
        lines = json_lines.read_lines(stream, path.name, encoding=encoding)
        keys = dict.fromkeys(k for line in islice(lines, _KEYS_LOOKED_AT) for k in line.record or ())
        if columns is not None and not _fits(path, columns, keys):
            keys.update(dict.fromkeys(k for line in lines for k in line.record or ()))
        return list(keys)


def _fits(path: Path, columns: Mapping[str, str], available: Collection[str]) -> bool:
    try:
        check_mapping(path, columns, available)
    except SourceError:
        return False
    return True


def _known(name: str, available: Collection[str], *, dotted: bool) -> bool:
    return name in available or (dotted and name.split(".")[0] in available)


def check_mapping(
    path: Path, columns: Mapping[str, str], available: Collection[str]
) -> dict[str, Expression]:
    """The parsed mapping of one file.

    Raises SourceError for a field that is not canonical, a mapping that cannot be read, a column that is not there.
    """
    expressions: dict[str, Expression] = {}
    dotted = format_of(path) != "delimited"
    for name, text in columns.items():
        if name not in RAW_FIELDS:
            raise SourceError(f"columns: {name!r} is not a raw field; the fields are {', '.join(RAW_FIELDS)}")
        try:
            expressions[name] = parse_mapping(text, available)
        except MappingError as error:
            raise SourceError(f"columns: {name}: {error}") from error
        for column in columns_of(expressions[name]):
            if not _known(column, available, dotted=dotted):
                raise SourceError(
                    f"{path.name}: {name} is mapped to the column {column!r}, which the file does not have; it has"
                    f" {', '.join(map(repr, available)) or 'none'}. Correct `columns: {name}:` in the study, or leave"
                    " the field out"
                )
    return expressions


def unmapped_columns(available: Collection[str], expressions: Mapping[str, Expression]) -> list[str]:
    """The file's columns that no field is made from."""
    used = {column for expression in expressions.values() for column in columns_of(expression)}
    used |= {column.split(".")[0] for column in used}
    return [column for column in available if column not in used]


def read_file(
    path: Path,
    *,
    source: str,
    columns: Mapping[str, str],
    batch: str,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    file: str | None = None,
) -> Iterator[RawBatch]:
    """The records of one file in order, at most 8,192 or about 8 MB at a time; every record is in exactly one batch.

    `file` is the name the records carry (by default the file's own). Records that cannot be taken (wrong number of
    cells, not decodable, a cell above 1 MB) are in `RawBatch.set_aside`. Raises SourceError where the mapping does not
    fit the file, before any record, and UnreadableFileError where the file is damaged, as soon as it shows.
    """
    kind = format_of(path)
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise SourceError(
            f"encoding: {encoding!r} is not an encoding Python knows; try utf-8 or gb18030"
        ) from error
    origin = Origin(batch=batch, source=source, file=file or path.name)
    if kind == "parquet":
        return _read_parquet(path, origin, columns)
    if kind == "delimited":
        return _read_delimited(path, origin, columns, encoding, delimiter)
    return _read_json_lines(path, origin, columns, encoding)


def _read_parquet(path: Path, origin: Origin, columns: Mapping[str, str]) -> Iterator[RawBatch]:
    available = parquet.column_names(path)
    expressions = check_mapping(path, columns, available)
    wanted = list(dict.fromkeys(name for e in expressions.values() for name in columns_of(e)))
    top = list(dict.fromkeys(name if name in available else name.split(".")[0] for name in wanted))
    field_of = {c: name for name, e in reversed(list(expressions.items())) for c in columns_of(e)}
    for piece in parquet.read_pieces(path, top):
        values: dict[str, list[Any]] = dict(piece.columns)
        for name in wanted:
            if name not in values:
                head, _, rest = name.partition(".")
                values[name] = [nested(rest, value) if value else None for value in piece.columns[head]]
        fields = {name: evaluate(expression, values, piece.rows) for name, expression in expressions.items()}
        rows = list(range(piece.start + 1, piece.start + piece.rows + 1))
        huge = {
            at: too_large(origin, rows[at], field_of.get(column, column), size)
            for at, column, size in piece.oversized
        }
        if huge:
            kept = [at for at in range(piece.rows) if at not in huge]
            fields = {name: [texts[at] for at in kept] for name, texts in fields.items()}
            rows = [rows[at] for at in kept]
        yield raw_batch(origin, Chunk(rows, fields, list(huge.values())))


class _Gathering:
    """Records on their way into a chunk, with the values of the mapped columns."""

    def __init__(self, origin: Origin, expressions: Mapping[str, Expression]) -> None:
        self.origin = origin
        self.expressions = expressions
        self.columns: list[str] = list(dict.fromkeys(c for e in expressions.values() for c in columns_of(e)))
        self.field_of = {c: name for name, e in reversed(list(expressions.items())) for c in columns_of(e)}
        self._clear()

    def _clear(self) -> None:
        self.rows: list[int] = []
        self.records: list[list[Any]] = []
        self.set_aside: list[SetAside] = []
        self.bytes = 0

    def take(self, row: int, values: list[Any], size: int) -> None:
        self.rows.append(row)
        self.records.append(values)
        self.bytes += size

    @property
    def full(self) -> bool:
        return len(self.rows) + len(self.set_aside) >= CHUNK_ROWS or self.bytes >= CHUNK_BYTES

    def batch(self) -> RawBatch:
        by_column = list(zip(*self.records, strict=True)) if self.records else [()] * len(self.columns)
        values = dict(zip(self.columns, by_column, strict=True))
        fields = {name: evaluate(e, values, len(self.rows)) for name, e in self.expressions.items()}
        made = raw_batch(self.origin, Chunk(self.rows, fields, self.set_aside))
        self._clear()
        return made


_CELL_FAULTS = {
    "wrong_cell_count": "{file}, record {row}: {found} cells where the header has {wanted}; a separator or line end"
    " inside a cell needs quotation marks",
    "unclosed_quote": "{file}, record {row}: a quotation mark is never closed, so that everything to the end of the"
    " file is one record; close it at the source",
}


def _read_delimited(
    path: Path, origin: Origin, columns: Mapping[str, str], encoding: str, delimiter: str | None
) -> Iterator[RawBatch]:
    with _opened(path) as stream:
        header, records = delimited.read_records(stream, path.name, encoding=encoding, delimiter=delimiter)
        gathering = _Gathering(origin, check_mapping(path, columns, header))
        positions = [header.index(column) for column in gathering.columns]
        twice = [column for column in gathering.columns if header.count(column) > 1]
        if twice:
            raise SourceError(f"{path.name}: two columns are called {twice[0]!r}; rename one of them")
        for record in records:
            if record.fault:
                message = _CELL_FAULTS[record.fault].format(
                    file=origin.file, row=record.row, found=len(record.cells), wanted=len(header)
                )
                gathering.set_aside.append(SetAside(record.row, "", record.fault, message, record.text))
            else:
                values = [record.cells[position] for position in positions]
                huge = [at for at, value in enumerate(values) if isinstance(value, delimited.Oversized)]
                if huge:
                    cell = cast("delimited.Oversized", values[huge[0]])
                    name = gathering.field_of[gathering.columns[huge[0]]]
                    gathering.set_aside.append(too_large(origin, record.row, name, cell.size))
                else:
                    gathering.take(record.row, values, sum(map(len, cast("list[str]", values))))
            if gathering.full:
                yield gathering.batch()
        if gathering.rows or gathering.set_aside:
            yield gathering.batch()


_LINE_FAULTS = {
    "undecodable": "bytes that are no text in the file's encoding",
    "not_json": "not JSON",
    "not_an_object": "not an object",
    "record_too_large": "the record is too large",
}


def _read_json_lines(
    path: Path, origin: Origin, columns: Mapping[str, str], encoding: str
) -> Iterator[RawBatch]:
    available = file_columns(path, encoding=encoding, columns=columns)
    gathering = _Gathering(origin, check_mapping(path, columns, available))
    with _opened(path) as stream:
        for line in json_lines.read_lines(stream, path.name, encoding=encoding):
            if line.record is None:
                message = f"{origin.file}, record {line.row}: {_LINE_FAULTS[line.fault]} ({line.detail})"
                gathering.set_aside.append(SetAside(line.row, "", line.fault, message, line.text))
            else:
                values = [nested(column, line.record) for column in gathering.columns]
                size = sum(len(value) for value in values if isinstance(value, str))
                gathering.take(line.row, values, size)
            if gathering.full:
                yield gathering.batch()
        if gathering.rows or gathering.set_aside:
            yield gathering.batch()


__all__ = [
    "CELL_LIMIT_BYTES",
    "FileSourceSpec",
    "check_mapping",
    "file_columns",
    "format_of",
    "read_file",
    "unmapped_columns",
]
