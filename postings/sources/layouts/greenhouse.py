"""Greenhouse's public board (https://developers.greenhouse.io/job-board.html): one answer with all jobs and texts."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from postings.sources.layouts.board import Board
from postings.sources.layouts.layout import Objects, Record, inside, joined, texts


def _prepare(record: Record) -> Record:
    """Pay ranges are in cents, where the board shows them; some boards state fields as metadata."""
    metadata: dict[str, Any] = {}
    stated = record.get("metadata")
    for entry in stated[:50] if isinstance(stated, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            metadata[entry["name"].casefold()] = entry.get("value")
    ranges = record.get("pay_input_ranges")
    pay = ranges[0] if isinstance(ranges, list) and len(ranges) == 1 else None
    cents = {key: inside(pay, key) for key in ("min_cents", "max_cents")}
    low, high = (
        value / 100 if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12 else None
        for value in cents.values()
    )
    return {
        **record,
        "location.text": joined(texts(inside(record.get("location"), "name"))),
        "metadata.type": joined(texts(metadata.get("employment type") or metadata.get("time type"))),
        "pay_input_ranges.minimum": low,
        "pay_input_ranges.maximum": high,
        "pay_input_ranges.currency": inside(pay, "currency_type"),
    }


_BOARD = Board(
    name="greenhouse",
    start=lambda query: (
        f"https://boards-api.greenhouse.io/v1/boards/{quote(query.employer, safe='')}/jobs?content=true"
    ),
    postings="jobs",
    identity="id",
    title="title",
    total="meta.total",
)

GREENHOUSE = Objects(
    name="greenhouse",
    about="jobs of a Greenhouse board",
    needs=(
        frozenset({"absolute_url", "internal_job_id", "title"}),
        frozenset({"absolute_url", "updated_at", "title", "id", "location"}),
    ),
    columns={
        "source_id": "id",
        "employer": "company_name else _fetch.employer_name else _fetch.employer",
        "title": "title",
        "description": "content",
        "posted_date": "first_published else updated_at",
        "place": "location.text",
        "employment_type": "metadata.type",
        "pay_min": "pay_input_ranges.minimum",
        "pay_max": "pay_input_ranges.maximum",
        "pay_currency": "pay_input_ranges.currency",
        "url": "absolute_url",
    },
    prepare=_prepare,
    board=_BOARD,
)
