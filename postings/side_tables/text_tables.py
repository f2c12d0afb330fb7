"""Parquet, CSV and JSON Lines as Arrow tables of texts, a bounded number of rows at a time.

What belongs here: columns by name, every value as text, rows that cannot be read set aside. What does not: what a
value means. Parquet stays columnar from end to end: a table of applications has tens of millions of rows, and objects
of Python's for each cell would take minutes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postings.sources import delimited, json_lines
from postings.sources.compression import opened
from postings.sources.files import format_of
from postings.sources.parquet import column_names, open_parquet
from postings.sources.records import (
    CELL_LIMIT_BYTES,
    Origin,
    SetAside,
    SourceError,
    UnreadableFileError,
    too_large,
)

BATCH_ROWS = 131_072
_OBJECT_ROWS = 8_192
_KEYS_LOOKED_AT = 1_000
TEXT_LIMIT_BYTES = 2_000
"""Cells of these tables are names, dates and codes; a row with a longer one is set aside."""


@dataclass(frozen=True)
class TextTable:
    """Consecutive rows of one file: `row` (1-based, int64) and one text column per wanted field, nulls for blanks."""

    table: pa.Table
    set_aside: list[SetAside]


def text_tables(
    path: Path, columns: Mapping[str, str], origin: Origin, *, optional: frozenset[str] = frozenset()
) -> Iterator[TextTable]:
    """The rows of one file in order, fields by the mapping field -> column of the file.

    A column that is not there makes a field of nulls where the field is optional. Raises SourceError for a required one
    and for a kind of file that is not read here, UnreadableFileError for a damaged file, as soon as it shows.
    """
    match format_of(path):
        case "parquet":
            wanted = _present(path, columns, column_names(path), optional)
            pieces = _parquet(path, wanted, origin)
        case "delimited":
            pieces = _delimited(path, columns, origin, optional)
        case "json_lines":
            pieces = _objects(path, columns, origin, optional)
        case kind:
            raise SourceError(f"{path.name}: {kind} is not read here; give Parquet, CSV or JSON Lines")
    for piece in pieces:
        yield _completed(piece, list(columns))


def _present(
    path: Path, columns: Mapping[str, str], available: Sequence[str], optional: frozenset[str]
) -> dict[str, str]:
    absent = [name for name, column in columns.items() if column not in available and name not in optional]
    if absent:
        raise SourceError(
            f"{path.name}: {absent[0]} is read from the column {columns[absent[0]]!r}, which the file does not have;"
            f" it has {', '.join(map(repr, available)) or 'none'}. Say under `columns:` which one is meant"
        )
    return {name: column for name, column in columns.items() if column in available}


def _completed(piece: TextTable, fields: Sequence[str]) -> TextTable:
    table = piece.table
    nothing = pa.nulls(table.num_rows, pa.string())
    arrays = [table.column(name) if name in table.column_names else nothing for name in fields]
    return TextTable(pa.table([table.column("row"), *arrays], names=["row", *fields]), piece.set_aside)


def _parquet(path: Path, columns: Mapping[str, str], origin: Origin) -> Iterator[TextTable]:
    first = 1
    with open_parquet(path) as parquet:
        batches = parquet.iter_batches(
            batch_size=BATCH_ROWS, columns=sorted(set(columns.values())), use_threads=False
        )
        while True:
            try:
                batch = next(batches, None)
                if batch is None:
                    return
                fields = {name: _as_text(batch.column(column)) for name, column in columns.items()}
            except (pa.ArrowException, OSError) as error:
                raise UnreadableFileError(
                    "corrupt_parquet",
                    f"{path.name}: damaged after record {first - 1:,} ({str(error).splitlines()[0][:200]}); the records"
                    " before are kept; fetch it again",
                ) from error
            rows = pa.array(np.arange(first, first + batch.num_rows, dtype=np.int64))
            first += batch.num_rows
            yield _without_long_cells(pa.table({"row": rows, **fields}), origin, [])


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    text = column.cast(pa.string())
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _without_long_cells(table: pa.Table, origin: Origin, set_aside: list[SetAside]) -> TextTable:
    names = [name for name in table.column_names if name != "row"]
    long = np.zeros(table.num_rows, dtype=bool)
    for name in names:
        sizes = pc.fill_null(pc.binary_length(table.column(name)), 0).to_numpy()
        for at in np.flatnonzero((sizes > TEXT_LIMIT_BYTES) & ~long):
            set_aside.append(
                too_large(
                    origin, int(table.column("row")[int(at)].as_py()), name, int(sizes[at]), TEXT_LIMIT_BYTES
                )
            )
        long |= sizes > TEXT_LIMIT_BYTES
    return TextTable(table.filter(pa.array(~long)) if long.any() else table, set_aside)


def _gathered(
    rows: list[tuple[int, list[str | None]]], fields: Sequence[str], origin: Origin, aside: list[SetAside]
) -> TextTable:
    kept = []
    for row, cells in rows:
        faulty = next((name for name, cell in zip(fields, cells, strict=True) if _is_no_text(cell)), None)
        if faulty is None:
            kept.append((row, cells))
        else:
            message = f"{origin.file}, record {row}, {faulty}: bytes that are no text in the file's encoding"
            aside.append(SetAside(row, faulty, "undecodable", message))
    arrays = {
        name: _as_text(pa.array([cells[at] for _, cells in kept], pa.string()))
        for at, name in enumerate(fields)
    }
    return _without_long_cells(
        pa.table({"row": pa.array([row for row, _ in kept], pa.int64()), **arrays}), origin, aside
    )


def _is_no_text(cell: str | None) -> bool:
    return cell is not None and any("\ud800" <= character <= "\udfff" for character in cell)


def _delimited(
    path: Path, columns: Mapping[str, str], origin: Origin, optional: frozenset[str]
) -> Iterator[TextTable]:
    with opened(path) as stream:
        header, records = delimited.read_records(stream, path.name)
        wanted = _present(path, columns, header, optional)
        positions = [header.index(column) for column in wanted.values()]
        rows: list[tuple[int, list[str | None]]] = []
        aside: list[SetAside] = []
        for record in records:
            if record.fault:
                message = f"{origin.file}, record {record.row}: {record.fault.replace('_', ' ')}"
                aside.append(SetAside(record.row, "", record.fault, message, record.text))
            else:
                cells = [record.cells[position] for position in positions]
                huge = next((at for at, cell in enumerate(cells) if not isinstance(cell, str)), None)
                if huge is None:
                    rows.append((record.row, [str(cell) for cell in cells]))
                else:
                    aside.append(too_large(origin, record.row, list(wanted)[huge], CELL_LIMIT_BYTES + 1))
            if len(rows) + len(aside) >= _OBJECT_ROWS:
                yield _gathered(rows, list(wanted), origin, aside)
                rows, aside = [], []
        if rows or aside:
            yield _gathered(rows, list(wanted), origin, aside)


def _objects(
    path: Path, columns: Mapping[str, str], origin: Origin, optional: frozenset[str]
) -> Iterator[TextTable]:
    with opened(path) as stream:
        keys: dict[str, None] = {}
        for number, line in enumerate(json_lines.read_lines(stream, path.name)):
            keys.update(dict.fromkeys(line.record or ()))
            if number >= _KEYS_LOOKED_AT:
                break
    wanted = _present(path, columns, list(keys), optional)
    rows: list[tuple[int, list[str | None]]] = []
    aside: list[SetAside] = []
    with opened(path) as stream:
        for line in json_lines.read_lines(stream, path.name):
            if line.record is None:
                message = (
                    f"{origin.file}, record {line.row}: {line.fault.replace('_', ' ')} {line.detail}".strip()
                )
                aside.append(SetAside(line.row, "", line.fault, message, line.text))
            else:
                rows.append((line.row, [_text_of(line.record.get(column)) for column in wanted.values()]))
            if len(rows) + len(aside) >= _OBJECT_ROWS:
                yield _gathered(rows, list(wanted), origin, aside)
                rows, aside = [], []
    if rows or aside:
        yield _gathered(rows, list(wanted), origin, aside)


def _text_of(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
