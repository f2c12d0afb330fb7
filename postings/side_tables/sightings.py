"""The lives of postings from a table of sightings: which posting its board showed on which day.

What belongs here: files of sightings become one row a posting, with its id and by the employer ids of the polls. What
does not: when a posting opened and closed (`postings.lifecycle`). Sightings are counted in the lives, not stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from postings.lifecycle import FLOW_AND_STOCK, LIVES, flow_and_stock, lifecycle
from postings.normalisation import SOURCE_ID_CHARACTERS
from postings.normalise.dates import parse_date
from postings.normalise.employers import normalised_employer
from postings.schema import employer_id, posting_id
from postings.side_tables.reading import Progress, Rows, SideFile, SideReport, absent, batches, each_distinct
from storage import Dataset, fingerprint

FIELDS = ("source_id", "employer", "seen_on")
OPTIONAL = frozenset({"employer"})

CODE = "sightings-1"

_SIGHTINGS = pa.schema(
    [
        pa.field("source", pa.string()),
        pa.field("source_id", pa.string()),
        pa.field("board", pa.string()),
        pa.field("seen_on", pa.date32()),
    ]
)


def ingest_sightings(
    files: Sequence[SideFile],
    lives: Dataset,
    flows: Dataset,
    set_aside: Dataset,
    *,
    months: Sequence[str],
    coverage: Dataset | None = None,
    date_order: str | None = None,
    progress: Progress | None = None,
) -> SideReport:
    """Read all files, and write the life of each posting (schema LIVES), and flow and stock a month and source.

    `coverage` (schema POLLS): polls of the boards, if the study knows them; without any, a board counts as polled on
    each day on which its source gave something. `months`: those of FLOW_AND_STOCK. A row needs an id and a day; others
    go to `set_aside` (schema QUARANTINE). Without files all are empty. Does nothing when all inputs are those of the
    last run. Memory: DuckDB's 1 GB, and the lives. Raises SourceError where no file could be read.
    """
    polls = coverage.table(["employer_id", "polled_on", "result"]) if coverage and coverage.exists() else None
    version = fingerprint(
        CODE,
        [file.identity for file in files],
        date_order,
        list(months),
        coverage.version() if coverage and coverage.exists() else [],
    )
    if all(dataset.is_current(None, version) for dataset in (lives, flows, set_aside)):
        taken = sum(lives.table(["sightings"]).column(0).to_pylist())
        return SideReport(taken + set_aside.rows(), taken, set_aside.rows(), skipped=True)
    report = SideReport()
    with set_aside.writer(None, version) as faulty:

        def pieces() -> Iterator[pa.RecordBatch]:
            for rows in batches(files, OPTIONAL, report, progress):
                yield from _sightings(rows, date_order).to_batches()
                for table in rows.faults:
                    faulty.write(table)

        found = LIVES.empty_table()
        if files:
            known = (
                polls.rename_columns(["board", "polled_on", "result"]) if polls and polls.num_rows else None
            )
            found = _with_ids(lifecycle(pa.RecordBatchReader.from_batches(_SIGHTINGS, pieces()), known))
        report.set_aside = faulty.rows
        report.taken = report.read - report.set_aside
    monthly = FLOW_AND_STOCK.empty_table()
    if found.num_rows:
        monthly = (
            flow_and_stock(found, months, by=["source"]).select(FLOW_AND_STOCK.names).cast(FLOW_AND_STOCK)
        )
    flows.write_table(monthly, version)
    lives.write_table(found, version)
    return report


def _sightings(rows: Rows, date_order: str | None) -> pa.Table:
    table = rows.table
    key, employer, on = (table.column(name) for name in FIELDS)
    rows.fail(absent(key), "source_id", "missing_id", "no id of a posting is given")
    bare = each_distinct(key, _bare_id, pa.string())
    rows.fail(
        np.asarray(bare.is_null()),
        "source_id",
        "id_too_long",
        f"is longer than {SOURCE_ID_CHARACTERS} characters",
    )
    day = each_distinct(on, lambda text: parse_date(text, date_order).date, pa.date32())
    rows.fail(absent(on), "seen_on", "missing_date", "no day is given")
    rows.fail(np.asarray(day.is_null()), "seen_on", "unparseable_date", "this is no day; write YYYY-MM-DD")
    board = each_distinct(employer, lambda text: employer_id(normalised_employer(text)), pa.string())
    source = pa.array([rows.origin.source] * table.num_rows, pa.string())
    return rows.sound(
        {"source": source, "source_id": bare, "board": board.fill_null(employer_id("")), "seen_on": day}
    ).cast(_SIGHTINGS)


def _bare_id(text: str) -> str | None:
    bare = text.strip()
    return bare if 0 < len(bare) <= SOURCE_ID_CHARACTERS else None


def _with_ids(found: pa.Table) -> pa.Table:
    pairs = zip(found.column("source").to_pylist(), found.column("source_id").to_pylist(), strict=True)
    ids = pa.array([posting_id(source, key) for source, key in pairs], pa.string())
    return pa.table([ids, *found.columns], names=LIVES.names).cast(LIVES)
