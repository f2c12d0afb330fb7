"""The tables of this stage, as Arrow schemas, and the identity of a posting.

What belongs here: column names, types, and how a posting gets its id. What does not: how a value is found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pyarrow as pa

UNKNOWN = "unknown"
"""The month of a record without a usable date, and the employer id of a posting that names none."""

GIVEN, PARSED, MISSING, UNPARSED = "given", "parsed", "missing", "unparsed"
"""How a field came about: given as data, read out of text, absent, or there but not understood."""

RAW_FIELDS: list[str] = [
    "source_id",
    "employer",
    "employer_kind",
    "employer_size",
    "industry",
    "title",
    "description",
    "posted_date",
    "place",
    "city",
    "region",
    "country",
    "employment_type",
    "pay",
    "pay_min",
    "pay_max",
    "pay_currency",
    "pay_period",
    "education",
    "experience",
    "skills",
    "openings",
    "url",
    "label",
]
"""The canonical raw fields that a study may map columns to; every one is a nullable string."""


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


_ORIGIN = [
    _required("batch", pa.string()),
    _required("source", pa.string()),
    _required("file", pa.string()),
    _required("row", pa.int64()),
]
ORIGIN_FIELDS: list[str] = [field.name for field in _ORIGIN]
"""Where a record came from; unique over all raw records. `row` is the 1-based record number in the file."""

RAW = pa.schema([*_ORIGIN, *(pa.field(name, pa.string()) for name in RAW_FIELDS)])
"""One row per record that could be read, as the source gave it, in strings."""

_MONEY = pa.decimal128(14, 2)
_YEARS = pa.decimal128(5, 2)

POSTINGS = pa.schema(
    [
        _required("posting_id", pa.string()),
        _required("source", pa.string()),
        pa.field("source_id", pa.string()),
        _required("posting_month", pa.string()),
        pa.field("posted_date", pa.date32()),
        _required("posted_date_status", pa.string()),
        _required("employer_id", pa.string()),
        pa.field("employer", pa.string()),
        pa.field("employer_kind", pa.string()),
        pa.field("employer_size", pa.string()),
        pa.field("employer_size_band", pa.string()),
        _required("employer_size_status", pa.string()),
        pa.field("industry", pa.string()),
        pa.field("industry_id", pa.string()),
        _required("industry_status", pa.string()),
        pa.field("title", pa.string()),
        pa.field("seniority", pa.string()),
        pa.field("description", pa.string()),
        pa.field("core_text", pa.string()),
        _required("language", pa.string()),
        pa.field("place", pa.string()),
        pa.field("city", pa.string()),
        pa.field("region", pa.string()),
        pa.field("country", pa.string()),
        pa.field("places", pa.list_(pa.string())),
        _required("place_status", pa.string()),
        _required("workplace", pa.string()),
        pa.field("employment_type", pa.string()),
        pa.field("employment_types", pa.list_(pa.string())),
        _required("employment_type_status", pa.string()),
        pa.field("pay_raw", pa.string()),
        pa.field("pay_min", _MONEY),
        pa.field("pay_max", _MONEY),
        pa.field("pay_currency", pa.string()),
        pa.field("pay_period", pa.string()),
        pa.field("pay_months", pa.decimal128(5, 2)),
        pa.field("pay_monthly_min", _MONEY),
        pa.field("pay_monthly_max", _MONEY),
        pa.field("pay_monthly_usd", _MONEY),
        _required("pay_status", pa.string()),
        pa.field("pay_reason", pa.string()),
        pa.field("pay_commission", pa.bool_()),
        pa.field("education", pa.string()),
        pa.field("education_floor", pa.string()),
        _required("education_status", pa.string()),
        pa.field("experience", pa.string()),
        pa.field("experience_min", _YEARS),
        pa.field("experience_max", _YEARS),
        _required("experience_status", pa.string()),
        pa.field("skills", pa.string()),
        pa.field("skill_ids", pa.list_(pa.string())),
        pa.field("openings", pa.int32()),
        pa.field("url", pa.string()),
        _required("file", pa.string()),
        _required("row", pa.int64()),
        _required("batch", pa.string()),
    ]
)
"""One row per posting: the first admissible record of a (source, source_id).

A field that is read out of text stands beside the text: employer_size and employer_size_band, industry and industry_id,
education and education_floor, skills and skill_ids. city, region and country are canonical (GeoNames' English names,
ISO 3166-1 alpha-2) where `place_status` is given or parsed; `places` lists all that are named, `place` is the raw text.
core_text is the description without benefits, company story and legal text. pay_monthly_usd is the middle of the range
at the rate of the posting's month."""

QUARANTINE = pa.schema(
    [
        *_ORIGIN,
        pa.field("source_id", pa.string()),
        _required("month", pa.string()),
        _required("field", pa.string()),
        _required("reason", pa.string()),
        _required("message", pa.string()),
        pa.field("value", pa.string()),
    ]
)
"""One row per record that was set aside, with a stable reason code and a message for a person."""

REOBSERVATIONS = pa.schema(
    [
        *_ORIGIN,
        pa.field("source_id", pa.string()),
        _required("month", pa.string()),
        _required("posting_id", pa.string()),
    ]
)
"""One row per record that shows a posting already known; `month` is that of the record's own date."""

GOLD = pa.schema([_required("posting_id", pa.string()), _required("title_id", pa.string())])
"""One row per posting whose source states its title: for the label sampler and the scorer only."""

CONSERVATION = pa.schema(
    [
        _required("source", pa.string()),
        _required("posting_month", pa.string()),
        *(
            _required(name, pa.int64())
            for name in ("raw_records", "postings", "reobservations", "quarantined", "balance")
        ),
    ]
)
"""One row per source and month: what came in against what became of it; `balance` is 0 where nothing was lost."""

POLLS = pa.schema(
    [
        _required("source", pa.string()),
        _required("employer_id", pa.string()),
        _required("employer", pa.string()),
        _required("polled_on", pa.date32()),
        _required("month", pa.string()),
        _required("result", pa.string()),
        pa.field("postings_seen", pa.int64()),
        _required("batch", pa.string()),
    ]
)
"""The coverage table, one row per poll of an employer's board. result: ok, not_modified or failed."""

APPLICATIONS = pa.schema(
    [
        _required("applicant_id", pa.string()),
        _required("posting_id", pa.string()),
        pa.field("applied_on", pa.date32()),
        _required("applied_month", pa.string()),
        *(
            pa.field(name, pa.string())
            for name in ("city", "age_band", "education", "major", "previous_industry", "previous_occupation")
        ),
        _required("source", pa.string()),
        _required("file", pa.string()),
        _required("row", pa.int64()),
    ]
)
"""One row per application for a posting that is known. applicant_id is a keyed pseudonym.

What a profile says is canonical where a table knows it and as it was given where none does; null where it says nothing.
"""

QUARANTINE_VALUE_CHARACTERS = 500

_SEPARATOR = b"\x1f"


def _hash(kind: bytes, parts: Iterable[str | None]) -> str:
    encoded = (b"" if part is None else part.encode("utf-8") for part in parts)
    return hashlib.blake2b(_SEPARATOR.join((kind, *encoded)), digest_size=16).hexdigest()


def posting_id(source: str, source_id: str) -> str:
    """32 hex digits: the identity of a posting that its source names."""
    return _hash(b"id", (source, source_id))


def content_posting_id(source: str, content: Iterable[str | None]) -> str:
    """32 hex digits over what a record says, for sources that give no id.

    `content` holds the values of `CONTENT_FIELDS`. Two records that say the same are one posting, seen twice.
    """
    return _hash(b"content", (source, *content))


CONTENT_FIELDS: list[str] = ["employer", "title", "description", "posted_date", "place", "city", "pay", "url"]
"""The raw fields that identify a posting without an id."""


def employer_id(normalised_name: str) -> str:
    """16 hex digits over a normalised employer name; `unknown` for the empty name."""
    if not normalised_name:
        return UNKNOWN
    return hashlib.blake2b(normalised_name.encode("utf-8"), digest_size=8).hexdigest()
