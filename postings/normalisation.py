"""Raw records become canonical postings: pure functions from tables to tables.

What belongs here: which records are admitted, and how the canonical row is put together. What does not: how one
field is parsed (`postings.normalise`), files, and the order of work (`postings.ingest`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa

from postings.canonical import Given, Rates, canonical_columns
from postings.normalise.dates import ABSURD, AMBIGUOUS, UNPARSEABLE, parse_date
from postings.normalise.text import plain_text, single_line
from postings.schema import (
    CONTENT_FIELDS,
    GOLD,
    ORIGIN_FIELDS,
    POSTINGS,
    QUARANTINE,
    QUARANTINE_VALUE_CHARACTERS,
    REOBSERVATIONS,
    UNKNOWN,
    content_posting_id,
    posting_id,
)

OUTSIDE_MONTHS, NO_TEXT = "outside_study_months", "no_text"
SOURCE_ID_CHARACTERS = 200

_WHY = {
    UNPARSEABLE: "is no date that can be read; write it as YYYY-MM-DD",
    ABSURD: "lies outside 1990 to 2100",
    AMBIGUOUS: "may be day or month first; set `date_order` in the study",
    OUTSIDE_MONTHS: "lies outside the study's months",
    NO_TEXT: "is missing, and so is the description: nothing to classify",
}

ADMISSION_FIELDS: list[str] = list(
    dict.fromkeys([*ORIGIN_FIELDS, "source_id", "posted_date", "title", "description", *CONTENT_FIELDS])
)
"""The raw columns that decide whether a record is a posting, and which."""


@dataclass(frozen=True)
class Fault:
    """Why a record is set aside: the field, a stable reason code, and what the field said."""

    field: str
    reason: str
    value: str | None


@dataclass(frozen=True)
class Admission:
    """For each record of a batch, in order: its posting id, month, date, date status, and its fault if it has one."""

    ids: list[str]
    months: list[str]
    dates: list[dt.date | None]
    statuses: list[str]
    faults: list[Fault | None]


@dataclass(frozen=True)
class Normalised:
    """What became of a batch of raw records: every record is in exactly one of the first three tables."""

    postings: pa.Table
    reobservations: pa.Table
    quarantine: pa.Table
    gold: pa.Table


def _ids(raw: pa.RecordBatch | pa.Table) -> list[str]:
    sources = raw.column("source").to_pylist()
    keys = [None if key is None else key.strip() for key in raw.column("source_id").to_pylist()]
    ids = [
        posting_id(source, key) if key and len(key) <= SOURCE_ID_CHARACTERS else ""
        for source, key in zip(sources, keys, strict=True)
    ]
    if "" in ids:
        without = [index for index, found in enumerate(ids) if not found]
        rows = raw.select(CONTENT_FIELDS).take(pa.array(without)).to_pylist()
        for index, row in zip(without, rows, strict=True):
            content = [row[name] for name in CONTENT_FIELDS]
            # An id too long to be one is part of the content.
            ids[index] = content_posting_id(
                sources[index], [*content, *([keys[index]] if keys[index] else [])]
            )
    return ids


def _without_text(raw: pa.RecordBatch | pa.Table) -> set[int]:
    untitled = [
        index for index, title in enumerate(raw.column("title").to_pylist()) if single_line(title) is None
    ]
    if not untitled:
        return set()
    texts = raw.column("description").take(pa.array(untitled)).to_pylist()
    return {index for index, text in zip(untitled, texts, strict=True) if plain_text(text) is None}


def admit(
    raw: pa.RecordBatch | pa.Table, *, months: Collection[str], date_order: str | None = None
) -> Admission:
    """Decide for each raw record whether it is a posting of the study. Needs the columns ADMISSION_FIELDS only.

    A record without a date belongs to the month `unknown`. One whose date cannot be read, is absurd, or lies outside
    `months` is at fault and counted in `unknown`; one without title and description is at fault in its own month.
    """
    without_text = _without_text(raw)
    admission = Admission(_ids(raw), [], [], [], [])
    for index, text in enumerate(raw.column("posted_date").to_pylist()):
        parsed = parse_date(text, date_order)
        fault = None
        month = UNKNOWN
        if parsed.reason is not None:
            fault = Fault("posted_date", parsed.reason, text)
        elif parsed.date is not None:
            month = f"{parsed.date.year:04d}-{parsed.date.month:02d}"
            if month not in months:
                fault, month = Fault("posted_date", OUTSIDE_MONTHS, text), UNKNOWN
        if fault is None and index in without_text:
            fault = Fault("title", NO_TEXT, None)
        admission.months.append(month)
        admission.dates.append(parsed.date)
        admission.statuses.append(parsed.status)
        admission.faults.append(fault)
    return admission


def _bounded(value: str | None) -> str | None:
    return single_line(value, QUARANTINE_VALUE_CHARACTERS)


def _quarantine(raw: pa.Table, admission: Admission, chosen: Sequence[int]) -> pa.Table:
    rows = raw.select([*ORIGIN_FIELDS, "source_id"]).take(pa.array(chosen, pa.int64())).to_pylist()
    for index, row in zip(chosen, rows, strict=True):
        fault = admission.faults[index]
        if fault is None:
            raise ValueError(f"record {index} of the batch has no fault")
        shown = single_line(fault.value, 80)
        said = f" {shown!r}" if shown else ""
        row["source_id"] = _bounded(row["source_id"])
        row["month"] = admission.months[index]
        row["field"] = fault.field
        row["reason"] = fault.reason
        row["message"] = f"{row['file']}, record {row['row']}, {fault.field}:{said} {_WHY[fault.reason]}"
        row["value"] = _bounded(fault.value)
    return pa.Table.from_pylist(rows, schema=QUARANTINE)


def _reobservations(raw: pa.Table, admission: Admission, chosen: Sequence[int]) -> pa.Table:
    indices = pa.array(chosen, pa.int64())
    columns = {name: raw.column(name).take(indices) for name in ORIGIN_FIELDS}
    columns["source_id"] = pa.array(
        [_bounded(key) for key in raw.column("source_id").take(indices).to_pylist()]
    )
    columns["month"] = pa.array([admission.months[index] for index in chosen])
    columns["posting_id"] = pa.array([admission.ids[index] for index in chosen])
    return pa.table(columns).select(REOBSERVATIONS.names).cast(REOBSERVATIONS)


def _postings(raw: pa.Table, admission: Admission, chosen: Sequence[int], rates: Rates) -> pa.Table:
    rows = raw.take(pa.array(chosen, pa.int64()))
    dates = [admission.dates[index] for index in chosen]
    columns = canonical_columns(Given(rows, dates, rates))
    columns["source_id"] = [_bounded(text) for text in rows.column("source_id").to_pylist()]
    columns["posting_id"] = [admission.ids[index] for index in chosen]
    columns["posting_month"] = [admission.months[index] for index in chosen]
    columns["posted_date"] = dates
    columns["posted_date_status"] = [admission.statuses[index] for index in chosen]
    arrays = [
        rows.column(field.name) if field.name in ORIGIN_FIELDS else pa.array(columns[field.name], field.type)
        for field in POSTINGS
    ]
    return pa.table(arrays, schema=POSTINGS)


def _gold(raw: pa.Table, admission: Admission, chosen: Sequence[int]) -> pa.Table:
    labels = [
        single_line(label) for label in raw.column("label").take(pa.array(chosen, pa.int64())).to_pylist()
    ]
    labelled = [(admission.ids[index], label) for index, label in zip(chosen, labels, strict=True) if label]
    return pa.Table.from_arrays(
        [
            pa.array([key for key, _ in labelled], pa.string()),
            pa.array([label for _, label in labelled], pa.string()),
        ],
        schema=GOLD,
    )


def normalise(
    raw: pa.RecordBatch | pa.Table,
    *,
    months: Collection[str],
    reobserved: Sequence[bool] | None = None,
    wanted: Collection[str] | None = None,
    date_order: str | None = None,
    rates: Rates | None = None,
) -> Normalised:
    """Canonical postings from raw records (schema RAW), in their order.

    `months` are the study's ("YYYY-MM"). `reobserved` flags, record by record, what shows a posting already known
    (`postings.reobservations` finds that); None flags nothing. `wanted` limits the first three tables to some months
    ("unknown" among them); gold is always whole. `rates` convert pay to US dollars. Never raises for what a record
    says.
    """
    table = pa.Table.from_batches([raw]) if isinstance(raw, pa.RecordBatch) else raw
    admission = admit(table, months=months, date_order=date_order)
    posted: list[int] = []
    again: list[int] = []
    faulty: list[int] = []
    for index, fault in enumerate(admission.faults):
        if fault is not None:
            faulty.append(index)
        elif reobserved is not None and reobserved[index]:
            again.append(index)
        else:
            posted.append(index)

    def of_wanted(chosen: list[int]) -> list[int]:
        return chosen if wanted is None else [index for index in chosen if admission.months[index] in wanted]

    return Normalised(
        postings=_postings(table, admission, of_wanted(posted), rates or {}),
        reobservations=_reobservations(table, admission, of_wanted(again)),
        quarantine=_quarantine(table, admission, of_wanted(faulty)),
        gold=_gold(table, admission, posted),
    )
