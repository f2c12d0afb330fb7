"""Workable's public widget (https://apply.workable.com/api/v1/widget/accounts/NAME): one answer with every job."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from postings.sources.layouts.board import Board
from postings.sources.layouts.layout import Objects, Record, joined, texts


def _prepare(record: Record) -> Record:
    locations = record.get("locations")
    listed: list[Any] = locations[:50] if isinstance(locations, list) else []
    found = [item for item in listed if isinstance(item, dict)]
    places = [
        ", ".join(part for key in ("city", "region", "country") for part in texts(location.get(key)))
        for location in found
    ] or [", ".join(part for key in ("city", "state", "country") for part in texts(record.get(key)))]
    several = len([place for place in places if place]) > 1
    if record.get("telecommuting") is True:
        places.append("Remote")
    return {
        **record,
        "locations.text": joined(places),
        "city.one": None if several else record.get("city"),
        "state.one": None if several else record.get("state"),
        "country.one": None if several else record.get("country"),
    }


_BOARD = Board(
    name="workable",
    start=lambda query: (
        f"https://apply.workable.com/api/v1/widget/accounts/{quote(query.employer, safe='')}?details=true"
    ),
    postings="jobs",
    identity="shortcode",
    title="title",
    employer_name="name",
)

WORKABLE = Objects(
    name="workable",
    about="jobs of a Workable account",
    needs=(frozenset({"title", "shortcode", "url"}), frozenset({"title", "shortcode", "shortlink"})),
    columns={
        "source_id": "shortcode",
        "employer": "_fetch.employer_name else _fetch.employer",
        "industry": "industry",
        "title": "title",
        "description": "description",
        "posted_date": "published_on else created_at",
        "place": "locations.text",
        "city": "city.one",
        "region": "state.one",
        "country": "country.one",
        "employment_type": "employment_type",
        "education": "education",
        "experience": "experience",
        "url": "url else shortlink",
    },
    prepare=_prepare,
    board=_BOARD,
)
