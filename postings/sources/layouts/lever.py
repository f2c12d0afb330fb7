"""Lever's public postings (https://github.com/lever/postings-api): one answer, which is the list."""

from __future__ import annotations

from urllib.parse import quote

from postings.sources.layouts.board import Board
from postings.sources.layouts.layout import Objects, Record, inside, joined, texts

_PERIODS = {
    "per-year-salary": "year",
    "per-month-salary": "month",
    "per-week-salary": "week",
    "per-day-wage": "day",
    "per-hour-wage": "hour",
}


def _prepare(record: Record) -> Record:
    """The advertisement is told in three places: the opening, the lists (each with its heading), the end."""
    lists = record.get("lists")
    listed = [
        f"{(texts(item.get('text')) or [''])[0]}<br>{(texts(item.get('content')) or [''])[0]}"
        for item in (lists[:50] if isinstance(lists, list) else [])
        if isinstance(item, dict)
    ]
    opening = texts(record.get("description")) or texts(record.get("descriptionPlain"))
    end = texts(record.get("additional")) or texts(record.get("additionalPlain"))
    categories = record.get("categories")
    places = texts(inside(categories, "allLocations")) or texts(inside(categories, "location"))
    if record.get("workplaceType") == "remote":
        places.append("Remote")
    interval = inside(record.get("salaryRange"), "interval")
    return {
        **record,
        "description.text": "<br>".join([*opening, *listed, *end]) or None,
        "categories.place": joined(places),
        "salaryRange.period": _PERIODS.get(interval, interval) if isinstance(interval, str) else None,
    }


_BOARD = Board(
    name="lever",
    start=lambda query: f"https://api.lever.co/v0/postings/{quote(query.employer, safe='')}?mode=json",
    identity="id",
    title="text",
)

LEVER = Objects(
    name="lever",
    about="postings of a Lever board",
    needs=(frozenset({"text", "categories", "hostedUrl"}),),
    columns={
        "source_id": "id",
        "employer": "_fetch.employer_name else _fetch.employer",
        "title": "text",
        "description": "description.text",
        "posted_date": "createdAt",
        "place": "categories.place",
        "country": "country",
        "employment_type": "categories.commitment",
        "pay": "salaryDescriptionPlain",
        "pay_min": "salaryRange.min",
        "pay_max": "salaryRange.max",
        "pay_currency": "salaryRange.currency",
        "pay_period": "salaryRange.period",
        "url": "hostedUrl",
    },
    prepare=_prepare,
    board=_BOARD,
)
