"""What the ingestion of every side table shares: files in order, rows set aside, and doing nothing when all is current.

What belongs here: the loop over files and batches, and reading each distinct text once. What does not: what a field
means (`coverage`, `applications`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postings.schema import QUARANTINE, QUARANTINE_VALUE_CHARACTERS, UNKNOWN
from postings.side_tables.text_tables import text_tables
from postings.sources.records import Origin, SourceError, UnreadableFileError, set_aside_batch
from storage import file_fingerprint

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class SideFile:
    """One file of a side table. `source`: the source of the study that it speaks of; `columns`: field -> column."""

    source: str
    path: Path
    name: str
    columns: Mapping[str, str] = field(hash=False)
    batch: str = "1"

    @property
    def origin(self) -> Origin:
        """Where its rows come from."""
        return Origin(batch=self.batch, source=self.source, file=self.name)

    @property
    def identity(self) -> list[Any]:
        """What decides what it gives: for fingerprints."""
        return [self.source, self.name, self.batch, dict(self.columns), file_fingerprint(self.path)]


@dataclass
class SideReport:
    """What an ingestion gave: rows read, taken and set aside, files that could not be read, and whether it was current.

    read = taken + set_aside. unread: rows by field whose text nobody understood; the row is taken, the field null.
    """

    read: int = 0
    taken: int = 0
    set_aside: int = 0
    unreadable: list[str] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)
    skipped: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for a file."""
        return {name: getattr(self, name) for name in ("read", "taken", "set_aside", "unreadable", "unread")}


@dataclass
class Rows:
    """A batch under judgement: `table` has `row` and the fields; `fail` sets rows aside, each for its first fault."""

    origin: Origin
    table: pa.Table
    failed: np.ndarray
    faults: list[pa.Table] = field(default_factory=list)

    def fail(self, where: np.ndarray, name: str, reason: str, says: str) -> None:
        """Set aside the rows where the mask (rows,) holds. `says` ends the message after file, row and field."""
        new = where & ~self.failed
        if not new.any():
            return
        self.failed |= new
        chosen = self.table.filter(pa.array(new))
        rows, count = chosen.column("row"), chosen.num_rows
        said = pc.binary_join_element_wise(
            f"{self.origin.file}, record ", pc.cast(rows, pa.string()), f", {name}: {says}", ""
        )
        given = chosen.column(name)
        columns: dict[str, Any] = {
            **{key: [getattr(self.origin, key)] * count for key in ("batch", "source", "file")},
            "row": rows,
            "source_id": pa.nulls(count, pa.string()),
            "month": [UNKNOWN] * count,
            "field": [name] * count,
            "reason": [reason] * count,
            "message": said,
            "value": pc.utf8_slice_codeunits(given, 0, QUARANTINE_VALUE_CHARACTERS),
        }
        self.faults.append(pa.table(columns).cast(QUARANTINE))

    def sound(self, columns: Mapping[str, Any]) -> pa.Table:
        """The columns, less the rows that were set aside."""
        return pa.table(dict(columns)).filter(pa.array(~self.failed))


def check_side_file(file: SideFile, optional: frozenset[str]) -> None:
    """Read the file's first rows. Raises SourceError or UnreadableFileError, as `batches` would list them."""
    next(text_tables(file.path, file.columns, file.origin, optional=optional), None)


def batches(
    files: Sequence[SideFile], optional: frozenset[str], report: SideReport, progress: Progress | None
) -> Iterator[Rows]:
    """All files' rows. Files that cannot be read are listed in the report; raises SourceError where none could be."""
    for file in files:
        try:
            for piece in text_tables(file.path, file.columns, file.origin, optional=optional):
                rows = Rows(file.origin, piece.table, np.zeros(piece.table.num_rows, dtype=bool))
                if piece.set_aside:
                    rows.faults.append(pa.Table.from_batches([set_aside_batch(file.origin, piece.set_aside)]))
                report.read += piece.table.num_rows + len(piece.set_aside)
                yield rows
                if progress is not None:
                    progress(report.read, None)
        except (UnreadableFileError, SourceError) as error:
            report.unreadable.append(f"{file.source}: {error}")
    if files and len(report.unreadable) == len(files) and not report.read:
        raise SourceError("no file could be read:\n" + "\n".join(f"  {line}" for line in report.unreadable))


def named_files(
    source: str, paths: Sequence[Path], columns: Mapping[str, str], fields: Sequence[str]
) -> list[SideFile]:
    """The files of a side table; fields that are not mapped are looked for in a column of their own name."""
    mapping = {name: columns.get(name, name) for name in fields}
    return [SideFile(source, path, path.name, mapping) for path in sorted(paths)]


def each_distinct(column: pa.ChunkedArray, read: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """`read` of every text, computed once per distinct text; null stays null."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    values = pa.array([read(text) for text in encoded.dictionary.to_pylist()], kind)
    return values.take(encoded.indices)


def absent(column: pa.ChunkedArray) -> np.ndarray:
    """Where there is no text: bool (rows,)."""
    return np.asarray(pc.is_null(column).to_numpy())
