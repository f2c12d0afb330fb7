"""Re-observations: records that show a posting already known.

What belongs here: which raw records they are. What does not: what a posting is (`normalisation.admit`), and what
is learned from seeing one again.

A record that is set aside makes nothing known: the first *admissible* record of a posting id, in the order of batch,
file and row, is the posting, the later admissible ones are re-observations. DuckDB sorts the ids outside memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from postings.normalisation import ADMISSION_FIELDS, admit
from storage import Dataset

MEMORY_LIMIT = "1GB"

_CANDIDATES = pa.schema(
    [
        ("position", pa.int64()),
        ("batch", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),
        ("posting_id", pa.string()),
    ]
)
_BATCH_ROWS = 16_384

_LATER_SIGHTINGS = """
    COPY (
        SELECT position
        FROM (
            SELECT position, row_number() OVER (PARTITION BY posting_id ORDER BY batch, file, "row", position) AS nth
            FROM read_parquet($candidates)
        )
        WHERE nth > 1
        ORDER BY position
    ) TO '{target}' (FORMAT parquet)
"""


@contextmanager
def bounded_duckdb(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory that spills to `scratch` above 1 GB."""
    settings = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(scratch),
        "preserve_insertion_order": "false",
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        yield connection


class Reobserved:
    """The positions of re-observations, asked for once, from the first raw record to the last."""

    def __init__(self, path: Path) -> None:
        self._stream = pq.ParquetFile(path).iter_batches(columns=["position"])
        self._known = np.empty(0, dtype=np.int64)
        self._next = 0

    def flags(self, count: int) -> np.ndarray:
        """For the next `count` raw records, whether each is a re-observation: bool, shape (count,)."""
        end = self._next + count
        while self._known.size == 0 or self._known[-1] < end:
            batch = next(self._stream, None)
            if batch is None:
                break
            self._known = np.concatenate([self._known, batch.column("position").to_numpy()])
        split = int(np.searchsorted(self._known, end))
        flags = np.zeros(count, dtype=bool)
        flags[self._known[:split] - self._next] = True
        self._known, self._next = self._known[split:], end
        return flags


@contextmanager
def find_reobservations(
    raw: Dataset, *, months: Collection[str], scratch: Path, date_order: str | None = None
) -> Iterator[Reobserved]:
    """The re-observations among the rows of `raw`, in the order in which the dataset streams them.

    One pass over the columns that decide admission; memory is bounded by DuckDB's 1 GB. `scratch` is a folder for
    temporary files, which are removed at the end.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=scratch) as folder:
        candidates, found = Path(folder) / "candidates.parquet", Path(folder) / "later.parquet"
        position = 0
        with pq.ParquetWriter(candidates, _CANDIDATES, compression="zstd") as writer:
            for batch in raw.batches(ADMISSION_FIELDS, batch_rows=_BATCH_ROWS):
                admission = admit(batch, months=months, date_order=date_order)
                admitted = pa.array([fault is None for fault in admission.faults], pa.bool_())
                rows = pa.table(
                    [
                        pa.array(range(position, position + batch.num_rows), pa.int64()),
                        *(batch.column(name) for name in ("batch", "file", "row")),
                        pa.array(admission.ids, pa.string()),
                    ],
                    schema=_CANDIDATES,
                )
                writer.write_table(rows.filter(admitted))
                position += batch.num_rows
        with bounded_duckdb(Path(folder)) as connection:
            query = _LATER_SIGHTINGS.format(target=str(found).replace("'", "''"))
            connection.execute(query, {"candidates": str(candidates)})
        yield Reobserved(found)
