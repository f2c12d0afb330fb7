"""The applications table: who applied for which posting, when, and what their profiles say.

What belongs here: files of applications become one row an application, people under pseudonyms, profiles in the
categories of `postings.normalise.people`. What does not: counting people, and withholding small counts (dbt).

Memory is flat but for 8 bytes a known posting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from postings.normalise.dates import parse_date
from postings.normalise.industries import industries, parse_industry
from postings.normalise.people import age_band, education_band, major, occupation
from postings.normalise.places import place_of
from postings.schema import UNKNOWN, posting_id
from postings.side_tables.reading import Progress, Rows, SideFile, SideReport, absent, batches, each_distinct
from storage import Dataset, fingerprint

PROFILE = ("city", "age", "education", "major", "previous_industry", "previous_occupation")
FIELDS = ("applicant", "posting_id", "applied_on", *PROFILE)
OPTIONAL = frozenset(("applied_on", *PROFILE))

CODE = "applications-1"


def ingest_applications(
    files: Sequence[SideFile],
    postings: Dataset,
    out: Dataset,
    set_aside: Dataset,
    *,
    months: Sequence[str],
    pseudonym: Callable[[str], str],
    key_version: str,
    date_order: str | None = None,
    progress: Progress | None = None,
) -> SideReport:
    """Read all files into `out` (schema APPLICATIONS) by month of application, and UNKNOWN where no day is given.

    A row needs an applicant and the source's own id of a posting that `postings` holds; its day, if any, lies in one of
    `months`. Rows with a fault go to `set_aside` (schema QUARANTINE). `pseudonym` turns an applicant's id into a keyed
    hash; `key_version` changes when its key does. What a profile says and nobody understands becomes null for age,
    education, city and industry, and is counted in the report's `unread`. Does nothing when files, postings and key are
    those of the last run. Raises SourceError where no file could be read.
    """
    version = fingerprint(
        CODE, [file.identity for file in files], postings.version(), list(months), key_version, date_order
    )
    partitions = [*months, UNKNOWN]
    if set_aside.is_current(None, version) and all(out.is_current(name, version) for name in partitions):
        taken, aside = out.rows(partitions), set_aside.rows()
        return SideReport(taken + aside, taken, aside, skipped=True)
    report = SideReport()
    known = _known_postings(postings) if files else np.array([], dtype=np.uint64)
    read = _Profiles(report)
    with ExitStack() as stack:
        faulty = stack.enter_context(set_aside.writer(None, version))
        writers = {name: stack.enter_context(out.writer(name, version)) for name in partitions}
        for rows in batches(files, OPTIONAL, report, progress):
            table = _applications(rows, known, set(months), pseudonym, date_order, read)
            for month in pc.unique(table.column("applied_month")).to_pylist():
                writers[month].write(table.filter(pc.equal(table.column("applied_month"), month)))
            for fault in rows.faults:
                faulty.write(fault)
        report.taken, report.set_aside = sum(writer.rows for writer in writers.values()), faulty.rows
    return report


def _known_postings(postings: Dataset) -> np.ndarray:
    """The first 64 bits of every posting's id, sorted; that two of 180 million share them: a chance of 1 in 1,000."""
    found = [
        _numbers(batch.column(0).to_pylist()) for batch in postings.batches(["posting_id"], batch_rows=65_536)
    ]
    return np.sort(np.concatenate(found)) if found else np.array([], dtype=np.uint64)


def _numbers(ids: Sequence[str]) -> np.ndarray:
    return np.frombuffer(bytes.fromhex("".join(ids)), ">u8").reshape(-1, 2)[:, 0].astype(np.uint64)


def _is_known(ids: pa.Array, known: np.ndarray) -> np.ndarray:
    """Where an id is among the sorted `known`: bool (rows,); null is not."""
    found = np.zeros(len(ids), dtype=bool)
    valid = np.flatnonzero(np.asarray(ids.is_valid()))
    if len(known) and len(valid):
        wanted = _numbers(ids.take(pa.array(valid)).to_pylist())
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        found[valid] = known[at] == wanted
    return found


class _Profiles:
    """Reads each distinct text of a profile once for all batches; counts the rows whose text nobody understood."""

    _MOST_REMEMBERED = 200_000

    def __init__(self, report: SideReport) -> None:
        self._report = report
        self._readers: dict[str, Callable[[str], str | None]] = {
            "city": _city,
            "age": age_band,
            "education": education_band,
            "major": major,
            "previous_industry": _industry,
            "previous_occupation": occupation,
        }
        self._seen: dict[str, dict[str, str | None]] = {name: {} for name in self._readers}

    def read(self, name: str, column: pa.ChunkedArray) -> pa.Array:
        seen, reader = self._seen[name], self._readers[name]
        if len(seen) > self._MOST_REMEMBERED:
            seen.clear()

        def remembered(text: str) -> str | None:
            if text not in seen:
                seen[text] = reader(text)
            return seen[text]

        values = each_distinct(column, remembered, pa.string())
        unread = values.null_count - column.null_count
        if unread:
            self._report.unread[name] = self._report.unread.get(name, 0) + unread
        return values


def _city(text: str) -> str | None:
    return place_of(None, text, None, None).city


def _industry(text: str) -> str | None:
    found = parse_industry(text).id
    return None if found is None else industries()[found].name_en


def _applications(
    rows: Rows,
    known: np.ndarray,
    months: set[str],
    pseudonym: Callable[[str], str],
    date_order: str | None,
    profiles: _Profiles,
) -> pa.Table:
    table = rows.table
    applicant, posting, on = (table.column(name) for name in ("applicant", "posting_id", "applied_on"))
    rows.fail(absent(applicant), "applicant", "missing_applicant", "no applicant is named")
    rows.fail(absent(posting), "posting_id", "missing_posting", "no posting is named")
    source = rows.origin.source
    ids = each_distinct(posting, lambda text: posting_id(source, text), pa.string())
    rows.fail(
        ~_is_known(ids, known),
        "posting_id",
        "unknown_posting",
        f"the source {source} has no such posting, or it was set aside",
    )
    day = each_distinct(on, lambda text: parse_date(text, date_order).date, pa.date32())
    rows.fail(
        np.asarray(day.is_null()) & ~absent(on),
        "applied_on",
        "unparseable_date",
        "this is no day; write YYYY-MM-DD",
    )
    month = pc.strftime(day, format="%Y-%m")
    inside = pc.is_in(month, pa.array(sorted(months))).to_numpy(zero_copy_only=False)
    rows.fail(
        ~inside & np.asarray(day.is_valid()),
        "applied_on",
        "outside_the_study",
        "the day lies outside the months of the study",
    )
    # The table of the batch keeps every row until all faults are known, so that positions agree.
    columns: dict[str, Any] = {
        "applicant_id": each_distinct(applicant, pseudonym, pa.string()),
        "posting_id": ids,
        "applied_on": day,
        "applied_month": pc.fill_null(month, UNKNOWN),
        **{
            ("age_band" if name == "age" else name): profiles.read(name, table.column(name))
            for name in PROFILE
        },
        "source": [source] * table.num_rows,
        "file": [rows.origin.file] * table.num_rows,
        "row": table.column("row"),
    }
    return rows.sound(columns)
