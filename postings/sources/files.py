"""Files as a source of raw records: CSV, TSV, JSON, JSON Lines, Parquet and saved pages, packed or not, near or far.

What belongs here: choosing the reader, checking the mapping against the file, and handing over raw records in
bounded pieces. What does not: what the values mean (`postings.normalisation`).
"""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from postings.schema import RAW_FIELDS
from postings.sources import delimited, json_documents, json_ld, json_lines, parquet
from postings.sources.compression import SUFFIXES, opened
from postings.sources.encodings import AUTO as AUTO_ENCODING
from postings.sources.encodings import AsUtf8, detect_encoding, is_wide
from postings.sources.json_lines import Line
from postings.sources.layouts import AUTO, LAYOUTS, Layout, Objects, recognised
from postings.sources.mapping import (
    Column,
    Constant,
    Else,
    Expression,
    First,
    MappingError,
    Split,
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
from postings.sources.remote import FORMATS, at_hand, expand, is_address, known_format

_KEYS_LOOKED_AT = 1_000


@dataclass(frozen=True)
class FileSourceSpec:
    """A source of a study: its files, and which of their columns mean what.

    `columns` maps canonical raw fields to the mapping language of `postings.sources.mapping`; without any, the layout
    of each file is recognised. `layout` names one of `postings.sources.layouts` (or `auto`), which `columns` then
    corrects field by field. `batch` names the retrieval; batch names sort in the order of retrieval. `encoding` (a
    codec of Python's, or `auto`) and `delimiter` are for text files; `records` is the dotted path of the array in a
    JSON document, where the first array of objects is not meant.
    """

    source: str
    paths: tuple[Path, ...]
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    batch: str = "1"
    encoding: str = "utf-8"
    delimiter: str | None = None
    layout: str = ""
    records: str = ""


def format_of(path: Path) -> str:
    """delimited, json, json_lines, html or parquet, by the file's name. Raises SourceError for any other.

    .gz, .zst and .zstd are looked through, except for Parquet, which is packed inside.
    """
    kind = known_format(Path(path))
    if kind is None:
        known = ", ".join(sorted(FORMATS))
        raise SourceError(
            f"{Path(path).name}: the kind of file is not known; name it {known} (all but Parquet also with"
            f" {', '.join(SUFFIXES)})"
        )
    return kind


@contextmanager
def _text(path: Path, encoding: str) -> Iterator[tuple[BinaryIO, str]]:
    """The file's bytes and their encoding, found out where the study says `auto`."""
    with opened(path) as stream:
        yield stream, detect_encoding(stream) if encoding == AUTO_ENCODING else encoding


def _is_one_record(document: Mapping[str, Any]) -> bool:
    return isinstance(recognised(document), Objects)


def _lines(path: Path, kind: str, encoding: str, records: str) -> Iterator[Line]:
    """The records of a file whose records are objects."""
    with _text(path, encoding) as (stream, codec):
        if kind == "html":
            yield from _postings_of_page(stream, path.name, encoding)
        elif kind == "json":
            yield from json_documents.read_documents(
                stream,
                path.name,
                encoding=codec,
                errors=delimited.ERRORS,
                records=records,
                is_record=_is_one_record,
            )
        elif is_wide(codec):
            lines = cast("BinaryIO", io.BufferedReader(AsUtf8(stream, codec), 1 << 16))
            yield from json_lines.read_lines(lines, path.name)
        else:
            yield from json_lines.read_lines(stream, path.name, encoding=codec)


def _postings_of_page(stream: BinaryIO, name: str, encoding: str) -> Iterator[Line]:
    page = stream.read(json_ld.PAGE_LIMIT_BYTES)
    found = json_ld.job_postings_of_page(
        json_ld.decoded_page(page, "" if encoding == AUTO_ENCODING else encoding)
    )
    if not found:
        raise UnreadableFileError("no_job_posting", f"{name}: the page holds no schema.org JobPosting")
    for row, entry in enumerate(found, start=1):
        yield Line(row, entry.record, "" if entry.record else "not_json", entry.detail, entry.text)


def file_columns(
    path: Path,
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    columns: Mapping[str, str] | None = None,
    records: str = "",
) -> list[str]:
    """The names a mapping may use. Raises SourceError for an unknown kind, UnreadableFileError for a damaged file.

    For objects (JSON, JSON Lines, pages) the keys of the first 1,000 records; of all records where the mapping
    `columns` needs one that is not among them (keys may be rare).
    """
    if is_address(path):
        with tempfile.TemporaryDirectory(prefix="jobtide-") as folder, at_hand(path, Path(folder)) as local:
            return file_columns(
                local, encoding=encoding, delimiter=delimiter, columns=columns, records=records
            )
    kind = format_of(path)
    if kind == "parquet":
        return parquet.column_names(path)
    if kind == "delimited":
        with _text(path, encoding) as (stream, codec):
            header, _ = delimited.read_records(stream, path.name, encoding=codec, delimiter=delimiter)
            return header
    lines = _lines(path, kind, encoding, records)
    keys = dict.fromkeys(k for line in islice(lines, _KEYS_LOOKED_AT) for k in line.record or ())
    if columns and not _fits(path, columns, keys):
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


def layout_of(columns: Collection[str], layout: str = "") -> Layout:
    """The layout a file with these columns has, or the one that is named.

    Raises SourceError for a name that is not registered and where no layout fits.
    """
    if layout and layout != AUTO:
        if layout not in LAYOUTS:
            raise SourceError(f"layout: {layout!r} is not known; the layouts are {', '.join(LAYOUTS)}, auto")
        return LAYOUTS[layout]
    found = recognised(columns)
    if found is None:
        raise SourceError(
            "no known layout fits these columns:"
            f" {', '.join(map(repr, islice(columns, 40))) or 'none'}; say in the study under `columns:` what they mean"
            f" (layouts that are known by themselves: {', '.join(LAYOUTS)})"
        )
    return found


@dataclass(frozen=True)
class _Plan:
    """How a file's records become raw fields: an expression a field, and what to add to each record first."""

    expressions: dict[str, Expression]
    prepare: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None


def _plan(path: Path, columns: Mapping[str, str], available: Collection[str], layout: str = "") -> _Plan:
    if columns and not layout:
        return _Plan(_own_mapping(path, columns, available))
    try:
        chosen = layout_of(available, layout)
    except SourceError as error:
        if columns and layout == AUTO:
            return _Plan(_own_mapping(path, columns, available))
        raise SourceError(f"{path.name}: {error}") from error
    kind = format_of(path)
    prepare = chosen.prepare if kind != "delimited" else None
    fixed = kind == "delimited" or (kind == "parquet" and prepare is None)
    expressions: dict[str, Expression] = {}
    for name, text in chosen.mapping(available).items():
        expression: Expression | None = parse_mapping(text)
        if fixed:
            expression = _without_absent(parse_mapping(text), available, dotted=kind == "parquet")
        if expression is not None:
            expressions[name] = expression
    return _Plan({**expressions, **_own_mapping(path, columns, available)}, prepare)


def _without_absent(expression: Expression, available: Collection[str], *, dotted: bool) -> Expression | None:
    """A layout's mapping as far as a table has its columns; None where it has none of them."""
    match expression:
        case Column(name):
            return expression if _known(name, available, dotted=dotted) else None
        case Constant():
            return expression
        case First(of):
            inner = _without_absent(of, available, dotted=dotted)
            return None if inner is None else First(inner)
        case Split(of, separator, before):
            inner = _without_absent(of, available, dotted=dotted)
            return None if inner is None else Split(inner, separator, before)
        case Else(options):
            kept = [_without_absent(option, available, dotted=dotted) for option in options]
            there = tuple(option for option in kept if option is not None)
            return None if not there else there[0] if len(there) == 1 else Else(there)


def check_mapping(
    path: Path, columns: Mapping[str, str], available: Collection[str], *, layout: str = ""
) -> dict[str, Expression]:
    """The mapping of one file, parsed: the study's own, or that of its layout with the study's corrections.

    Raises SourceError for a field that is not canonical, a mapping that cannot be read, a column that is not there, and
    where there is neither a mapping nor a layout that fits.
    """
    return _plan(Path(path), columns, available, layout).expressions


def _own_mapping(path: Path, columns: Mapping[str, str], available: Collection[str]) -> dict[str, Expression]:
    expressions: dict[str, Expression] = {}
    dotted = bool(columns) and format_of(path) != "delimited"
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
    layout: str = "",
    records: str = "",
) -> Iterator[RawBatch]:
    """The records of one file in order, at most 8,192 or about 8 MB at a time; every record is in exactly one batch.

    `file` is the name the records carry (by default the file's own). Records that cannot be taken (wrong number of
    cells, not decodable, a cell above 1 MB) are in `RawBatch.set_aside`. Raises SourceError where the mapping does not
    fit the file, before any record, and UnreadableFileError where the file is damaged, as soon as it shows. `path` may
    be the address of one remote file, which is then brought to a temporary folder.
    """
    if is_address(path):
        return _read_remote(
            str(path),
            source=source,
            columns=columns,
            batch=batch,
            encoding=encoding,
            delimiter=delimiter,
            file=file,
            layout=layout,
            records=records,
        )
    kind = format_of(path)
    try:
        codecs.lookup("utf-8" if encoding == AUTO_ENCODING else encoding)
    except LookupError as error:
        raise SourceError(
            f"encoding: {encoding!r} is not an encoding Python knows; try auto, utf-8 or gb18030"
        ) from error
    origin = Origin(batch=batch, source=source, file=file or path.name)
    if kind == "parquet":
        return _read_parquet(path, origin, columns, layout)
    if kind == "delimited":
        return _read_delimited(path, origin, columns, encoding, delimiter, layout)
    return _read_objects(path, kind, origin, columns, encoding, layout, records)


def _read_remote(address: str, **options: Any) -> Iterator[RawBatch]:
    with tempfile.TemporaryDirectory(prefix="jobtide-") as folder, at_hand(address, Path(folder)) as local:
        yield from read_file(local, **options)


def _read_parquet(path: Path, origin: Origin, columns: Mapping[str, str], layout: str) -> Iterator[RawBatch]:
    available = parquet.column_names(path)
    plan = _plan(path, columns, available, layout)
    expressions = plan.expressions
    wanted = list(dict.fromkeys(name for e in expressions.values() for name in columns_of(e)))
    top = list(dict.fromkeys(name if name in available else name.split(".")[0] for name in wanted))
    if plan.prepare is not None:
        top = available  # what it looks at is its own affair
    field_of = {c: name for name, e in reversed(list(expressions.items())) for c in columns_of(e)}
    for piece in parquet.read_pieces(path, top):
        values: dict[str, list[Any]] = dict(piece.columns)
        if plan.prepare is not None:
            rows_as_read = (
                dict(zip(top, cells, strict=True)) for cells in zip(*piece.columns.values(), strict=True)
            )
            prepared = [plan.prepare(record) for record in rows_as_read]
            values = {name: [nested(name, record) for record in prepared] for name in wanted}
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
    path: Path,
    origin: Origin,
    columns: Mapping[str, str],
    encoding: str,
    delimiter: str | None,
    layout: str,
) -> Iterator[RawBatch]:
    with _text(path, encoding) as (stream, codec):
        header, records = delimited.read_records(stream, path.name, encoding=codec, delimiter=delimiter)
        gathering = _Gathering(origin, _plan(path, columns, header, layout).expressions)
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


def _read_objects(
    path: Path,
    kind: str,
    origin: Origin,
    columns: Mapping[str, str],
    encoding: str,
    layout: str,
    records: str,
) -> Iterator[RawBatch]:
    available = file_columns(path, encoding=encoding, columns=columns, records=records)
    if not available and not columns and not layout:
        layout = next(iter(LAYOUTS))  # nothing to recognise; whatever there is, is set aside
    plan = _plan(path, columns, available, layout)
    gathering = _Gathering(origin, plan.expressions)
    for line in _lines(path, kind, encoding, records):
        if line.record is None:
            message = f"{origin.file}, record {line.row}: {_LINE_FAULTS[line.fault]} ({line.detail})"
            gathering.set_aside.append(SetAside(line.row, "", line.fault, message, line.text))
        else:
            record = line.record if plan.prepare is None else plan.prepare(line.record)
            values = [nested(column, record) for column in gathering.columns]
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
    "expand",
    "file_columns",
    "format_of",
    "layout_of",
    "read_file",
    "unmapped_columns",
]
