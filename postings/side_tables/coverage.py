"""The coverage table: on which days which employers' boards were asked, and whether that worked.

What belongs here: files of polls become one row a poll, by the employer ids of the postings. What does not: polling
(`postings.fetch`), and what follows from a poll (the polled panel, the life of postings).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postings.normalise.dates import parse_date
from postings.normalise.employers import normalised_employer
from postings.schema import employer_id
from postings.side_tables.reading import Progress, Rows, SideFile, SideReport, absent, batches, each_distinct
from storage import Dataset, fingerprint

FIELDS = ("employer", "polled_on", "result", "postings_seen")
OPTIONAL = frozenset({"postings_seen"})
RESULTS = ("ok", "not_modified", "failed")
"""The board was read, had not changed since the last time, or could not be read."""

CODE = "coverage-1"


def ingest_coverage(
    files: Sequence[SideFile],
    out: Dataset,
    set_aside: Dataset,
    *,
    date_order: str | None = None,
    progress: Progress | None = None,
) -> SideReport:
    """Read all files into `out` (schema POLLS); rows with a fault go to `set_aside` (schema QUARANTINE).

    Without files `out` is an empty table. Does nothing when the files are those of the last run. A row needs an
    employer, a day, and one of RESULTS. Raises SourceError where no file could be read.
    """
    version = fingerprint(CODE, [file.identity for file in files], date_order)
    if out.is_current(None, version) and set_aside.is_current(None, version):
        taken, aside = out.rows(), set_aside.rows()
        return SideReport(taken + aside, taken, aside, skipped=True)
    report = SideReport()
    with out.writer(None, version) as polls, set_aside.writer(None, version) as faulty:
        for rows in batches(files, OPTIONAL, report, progress):
            polls.write(_polls(rows, date_order))
            for table in rows.faults:
                faulty.write(table)
        report.taken, report.set_aside = polls.rows, faulty.rows
    return report


def _polls(rows: Rows, date_order: str | None) -> pa.Table:
    table = rows.table
    employer, on, result = (table.column(name) for name in ("employer", "polled_on", "result"))
    rows.fail(absent(employer), "employer", "missing_employer", "no employer is named")
    day = each_distinct(on, lambda text: parse_date(text, date_order).date, pa.date32())
    rows.fail(absent(on), "polled_on", "missing_date", "no day is given")
    rows.fail(np.asarray(day.is_null()), "polled_on", "unparseable_date", "this is no day; write YYYY-MM-DD")
    found = pc.utf8_lower(result)
    known = pc.fill_null(pc.is_in(found, pa.array(RESULTS)), False).to_numpy()
    rows.fail(~known, "result", "unknown_result", f"the result of a poll is one of {', '.join(RESULTS)}")
    return rows.sound(
        {
            "source": [rows.origin.source] * table.num_rows,
            "employer_id": each_distinct(
                employer, lambda text: employer_id(normalised_employer(text)), pa.string()
            ),
            "employer": employer,
            "polled_on": day,
            "month": pc.strftime(day, format="%Y-%m"),
            "result": found,
            "postings_seen": each_distinct(table.column("postings_seen"), _count, pa.int64()),
            "batch": [rows.origin.batch] * table.num_rows,
        }
    )


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
