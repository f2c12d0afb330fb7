"""Foreign Parquet, streamed in bounded pieces.

What belongs here: opening a file that nobody vouches for, and cutting it into pieces that fit in memory. What does
not: which column means what (`mapping`).

Text columns are read as dictionaries: a small file can repeat one huge cell a million times, and the dictionary
holds it once. Sizes are looked at before anything is expanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from postings.sources.records import CELL_LIMIT_BYTES, CHUNK_BYTES, CHUNK_ROWS, UnreadableFileError

_FEWEST_ROWS = 16
_DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, MemoryError)


@dataclass(frozen=True)
class Piece:
    """Consecutive records: the 0-based number of the first, the count, and for each column its values.

    `oversized` names (offset in the piece, column, size in bytes) of cells above the limit; their value is None.
    """

    start: int
    rows: int
    columns: dict[str, list[Any]]
    oversized: list[tuple[int, str, int]]


def open_parquet(path: Path, text_columns: Sequence[str] = ()) -> pq.ParquetFile:
    """The open file. Raises UnreadableFileError where its footer cannot be read (a truncated file)."""
    try:
        # Unbuffered, a column chunk of a file with one huge row group would be held whole.
        return pq.ParquetFile(path, read_dictionary=list(text_columns), buffer_size=1 << 20, pre_buffer=False)
    except _DAMAGE as error:
        raise UnreadableFileError(
            "corrupt_parquet",
            f"{path.name}: not a complete Parquet file ({_first_line(error)}); fetch it again",
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def column_names(path: Path) -> list[str]:
    """The names of the file's columns."""
    with open_parquet(path) as parquet:
        return list(parquet.schema_arrow.names)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _rows_a_read(parquet: pq.ParquetFile, leaves: frozenset[str]) -> int:
    """As many rows as make about CHUNK_BYTES, by the sizes that the footer states for the widest row group."""
    widest = 1.0
    for number in range(parquet.metadata.num_row_groups):
        group = parquet.metadata.row_group(number)
        chunks = (group.column(index) for index in range(group.num_columns))
        size = sum(c.total_uncompressed_size for c in chunks if c.path_in_schema.split(".")[0] in leaves)
        widest = max(widest, size / max(1, group.num_rows))
    return int(min(CHUNK_ROWS, max(_FEWEST_ROWS, CHUNK_BYTES // widest)))


def _text_sizes(column: pa.Array) -> np.ndarray:
    """Bytes of each cell of a text column, 0 for null."""
    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary).take(column.indices)
    else:
        lengths = pc.binary_length(column)
    return pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype(np.int64)


def _strings(column: pa.Array) -> list[str | None]:
    """Text cells as strings; bytes that are not UTF-8 become lone surrogates, which the caller sets aside."""
    flat = column.dictionary.take(column.indices) if pa.types.is_dictionary(column.type) else column
    raw = flat.cast(pa.large_binary())
    try:
        texts: list[str | None] = raw.cast(pa.large_string()).to_pylist()
    except pa.ArrowInvalid:
        texts = [
            None if cell is None else cell.decode("utf-8", errors="surrogateescape")
            for cell in raw.to_pylist()
        ]
    return [text if text and not text.isspace() else None for text in texts]


def _pieces_of(batch: pa.RecordBatch, start: int) -> Iterator[Piece]:
    sizes = {
        name: _text_sizes(batch.column(name))
        for name in batch.schema.names
        if _is_text(_value_type(batch.schema.field(name).type))
    }
    total = sum(np.minimum(size, CELL_LIMIT_BYTES + 1) for size in sizes.values()) + np.zeros(batch.num_rows)
    cut = np.cumsum(total) // CHUNK_BYTES
    edges = [0, *(np.flatnonzero(np.diff(cut)) + 1).tolist(), batch.num_rows]
    for low, high in pairwise(edges):
        part = batch.slice(low, high - low)
        columns: dict[str, list[Any]] = {}
        oversized: list[tuple[int, str, int]] = []
        for name in batch.schema.names:
            column = part.column(name)
            if name not in sizes:
                columns[name] = column.to_pylist()
                continue
            size = sizes[name][low:high]
            huge = size > CELL_LIMIT_BYTES
            if huge.any():
                oversized += [(int(at), name, int(size[at])) for at in np.flatnonzero(huge)]
                column = pc.if_else(pa.array(~huge), column, pa.scalar(None, column.type))
            columns[name] = _strings(column)
        yield Piece(start + low, high - low, columns, oversized)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def read_pieces(path: Path, columns: Sequence[str]) -> Iterator[Piece]:
    """The chosen top-level columns in file order, at most about 8 MB of text a piece.

    Raises UnreadableFileError for a damaged file, also where the damage shows only after some pieces.
    """
    with open_parquet(path) as plain:
        kinds = {field.name: field.type for field in plain.schema_arrow}
    text = [name for name in columns if _is_text(_value_type(kinds[name]))]
    start = 0
    with open_parquet(path, text) as parquet:
        rows = _rows_a_read(parquet, frozenset(columns))
        batches = parquet.iter_batches(batch_size=rows, columns=list(columns), use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except _DAMAGE as error:
                raise UnreadableFileError(
                    "corrupt_parquet",
                    f"{path.name}: damaged after record {start:,} ({_first_line(error)}); the records before are"
                    " kept; fetch it again",
                ) from error
            if batch is None:
                return
            yield from _pieces_of(batch, start)
            start += batch.num_rows
