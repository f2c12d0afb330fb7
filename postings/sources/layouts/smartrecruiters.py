"""SmartRecruiters' public postings (https://developers.smartrecruiters.com/docs/posting-api).

The list comes in pages of 100 and has no text; `postings.fetch` adds each posting's own answer as `_detail`.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urljoin

from postings.sources.layouts.board import Board, Posting, at
from postings.sources.layouts.layout import Objects, Record, inside, joined, texts

_SECTIONS = ("companyDescription", "jobDescription", "qualifications", "additionalInformation")


def _prepare(record: Record) -> Record:
    sections = inside(record.get("_detail"), "jobAd", "sections") or inside(record.get("jobAd"), "sections")
    told = [
        "<br>".join(
            [
                *texts(inside(sections, name, "title")),
                *texts(inside(sections, name, "text")),
            ]
        )
        for name in _SECTIONS
    ]
    location = record.get("location")
    places = texts(inside(location, "fullLocation")) or [
        ", ".join(part for key in ("city", "region", "country") for part in texts(inside(location, key)))
    ]
    if inside(location, "remote") is True:
        places.append("Remote")
    url = texts(inside(record.get("_detail"), "postingUrl")) or texts(record.get("postingUrl"))
    company = texts(inside(record.get("company"), "identifier"))
    if not url and company and texts(record.get("id")):
        url = [f"https://jobs.smartrecruiters.com/{company[0]}/{texts(record.get('id'))[0]}"]
    return {
        **record,
        "jobAd.text": "<br>".join(part for part in told if part) or None,
        "location.text": joined(places),
        "postingUrl.text": joined(url),
    }


_PAGE = 100


def _following(document: Any, url: str, so_far: int, here: int) -> str | None:
    total = at(document, "totalFound")
    if not here or not isinstance(total, int) or so_far >= total:
        return None
    return re.sub(r"offset=\d+", f"offset={so_far}", url)


def _detail(posting: Posting, url: str) -> str | None:
    identity = posting.get("id")
    return urljoin(url, f"postings/{quote(str(identity), safe='')}") if identity else None


_BOARD = Board(
    name="smartrecruiters",
    start=lambda query: (
        f"https://api.smartrecruiters.com/v1/companies/{quote(query.employer, safe='')}/postings"
        f"?limit={_PAGE}&offset=0"
    ),
    postings="content",
    identity="id",
    title="name",
    total="totalFound",
    following=_following,
    detail=_detail,
)

SMARTRECRUITERS = Objects(
    name="smartrecruiters",
    about="postings of a SmartRecruiters board",
    needs=(frozenset({"name", "company", "releasedDate"}), frozenset({"name", "jobAd", "company"})),
    columns={
        "source_id": "id",
        "employer": "company.name else _fetch.employer",
        "industry": "industry.label",
        "title": "name",
        "description": "jobAd.text",
        "posted_date": "releasedDate",
        "place": "location.text",
        "city": "location.city",
        "region": "location.region",
        "country": "location.country",
        "employment_type": "typeOfEmployment.label",
        "experience": "experienceLevel.label",
        "url": "postingUrl.text",
    },
    prepare=_prepare,
    board=_BOARD,
)
