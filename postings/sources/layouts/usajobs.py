"""USAJOBS: historic announcements, the search, and tables made of either (https://developer.usajobs.gov/api-reference).

The historic announcements are public and come in pages of 1,000; the employer is a hiring agency's code, or `all`.
Where USAJOBS_API_KEY is set it is sent along. The occupation series is the government's own classification and becomes
the posting's label.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlencode, urljoin

from postings.sources.layouts.board import Board, Query, at
from postings.sources.layouts.layout import Objects, Record, inside, joined, texts


def _listed(value: Any) -> list[Any]:
    return value[:50] if isinstance(value, list) else []


def _historic(record: Record) -> Record:
    """Answers of different years spell the three lists differently: jobCategories, JobCategories, jobcategories."""
    by_key = {key.casefold(): value for key, value in record.items()}
    places = [
        ", ".join(
            part
            for key in ("positionLocationCity", "positionLocationState", "positionLocationCountry")
            for part in texts(inside(location, key))
        )
        for location in _listed(by_key.get("positionlocations"))
    ]
    number = texts(record.get("usajobsControlNumber"))
    return {
        **record,
        "positionTitle.places": joined(places),
        "positionTitle.series": next(
            (text for item in _listed(by_key.get("jobcategories")) for text in texts(inside(item, "series"))),
            None,
        ),
        "usajobsControlNumber.url": f"https://www.usajobs.gov/job/{number[0]}" if number else None,
    }


def _start(query: Query) -> str:
    asked = {
        "HiringAgencyCodes": None if query.employer == "all" else query.employer,
        "StartPositionOpenDate": query.since and query.since.isoformat(),
        "EndPositionOpenDate": query.until and query.until.isoformat(),
    }
    return "https://data.usajobs.gov/api/historicjoa?" + urlencode({k: v for k, v in asked.items() if v})


def _following(document: Any, url: str, so_far: int, here: int) -> str | None:
    following = at(document, "paging.next")
    return urljoin(url, following) if isinstance(following, str) and following and here else None


def _secrets() -> dict[str, str]:
    key = os.environ.get("USAJOBS_API_KEY", "")
    return {"Authorization-Key": key} if key else {}


_BOARD = Board(
    name="usajobs",
    start=_start,
    postings="data",
    identity="usajobsControlNumber",
    title="positionTitle",
    total="paging.metadata.totalCount",
    following=_following,
    secrets=_secrets,
)

USAJOBS_HISTORIC = Objects(
    name="usajobs_historic",
    about="USAJOBS' historic announcements",
    needs=(frozenset({"usajobsControlNumber", "positionTitle"}),),
    columns={
        "source_id": "usajobsControlNumber",
        "employer": "hiringSubelementName else hiringAgencyName else hiringDepartmentName",
        "employer_kind": 'constant("government")',
        "title": "positionTitle",
        "posted_date": "positionOpenDate",
        "place": "positionTitle.places",
        "employment_type": "workSchedule else appointmentType",
        "pay_min": "minimumSalary",
        "pay_max": "maximumSalary",
        "pay_currency": 'constant("USD")',
        "pay_period": "salaryType",
        "openings": "totalOpenings",
        "url": "usajobsControlNumber.url",
        "label": "positionTitle.series",
    },
    prepare=_historic,
    board=_BOARD,
)


def _found(record: Record) -> Record:
    job = record.get("MatchedObjectDescriptor")
    pay = inside(job, "PositionRemuneration")
    pay = pay[0] if isinstance(pay, list) and pay else None
    details = inside(job, "UserArea", "Details")
    duties = inside(details, "MajorDuties")
    told = [
        *texts(inside(details, "JobSummary")),
        *texts(duties),
        *texts(inside(job, "QualificationSummary")),
    ]
    return {
        **record,
        "MatchedObjectDescriptor.description": "<br>".join(told) or None,
        "MatchedObjectDescriptor.places": joined(texts(inside(job, "PositionLocation"), "LocationName")),
        "MatchedObjectDescriptor.series": next(iter(texts(inside(job, "JobCategory"), "Code")), None),
        "MatchedObjectDescriptor.schedule": joined(texts(inside(job, "PositionSchedule"), "Name")),
        "MatchedObjectDescriptor.minimum": inside(pay, "MinimumRange"),
        "MatchedObjectDescriptor.maximum": inside(pay, "MaximumRange"),
        "MatchedObjectDescriptor.period": inside(pay, "Description") or inside(pay, "RateIntervalCode"),
    }


USAJOBS_SEARCH = Objects(
    name="usajobs_search",
    about="results of USAJOBS' search",
    needs=(frozenset({"MatchedObjectId", "MatchedObjectDescriptor"}),),
    columns={
        "source_id": "MatchedObjectId",
        "employer": "MatchedObjectDescriptor.OrganizationName else MatchedObjectDescriptor.DepartmentName",
        "employer_kind": 'constant("government")',
        "title": "MatchedObjectDescriptor.PositionTitle",
        "description": "MatchedObjectDescriptor.description",
        "posted_date": "MatchedObjectDescriptor.PublicationStartDate",
        "place": "MatchedObjectDescriptor.places",
        "employment_type": "MatchedObjectDescriptor.schedule",
        "pay_min": "MatchedObjectDescriptor.minimum",
        "pay_max": "MatchedObjectDescriptor.maximum",
        "pay_currency": 'constant("USD")',
        "pay_period": "MatchedObjectDescriptor.period",
        "url": "MatchedObjectDescriptor.PositionURI",
        "label": "MatchedObjectDescriptor.series",
    },
    prepare=_found,
)

USAJOBS_TABLE = Objects(
    name="usajobs_table",
    about="a table of announcements with control_number and occupation_series",
    needs=(frozenset({"control_number", "position_title", "occupation_series"}),),
    columns={
        "source_id": "control_number",
        "employer": "subagency else agency else department",
        "employer_kind": 'constant("government")',
        "title": "position_title",
        "posted_date": "open_date",
        "country": 'constant("US")',
        "employment_type": "appointment_type",
        "url": "usajobs_url",
        "label": 'before(first(occupation_series), " - ")',
    },
)
