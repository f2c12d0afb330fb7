"""Ashby's public postings (https://developers.ashbyhq.com/docs/public-job-posting-api): one answer, with pay."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from postings.sources.layouts.board import Board
from postings.sources.layouts.layout import Objects, Record, inside, joined, texts


def _salary(record: Record) -> dict[str, Any]:
    """The one salary among the components of pay (beside equity and bonus); several are left to the summary's text."""
    components = inside(record.get("compensation"), "summaryComponents")
    salaries = [
        component
        for component in (components[:20] if isinstance(components, list) else [])
        if isinstance(component, dict) and component.get("compensationType") == "Salary"
    ]
    salary = salaries[0] if len(salaries) == 1 else None
    interval = inside(salary, "interval")
    return {
        "compensation.minimum": inside(salary, "minValue"),
        "compensation.maximum": inside(salary, "maxValue"),
        "compensation.currency": inside(salary, "currencyCode"),
        "compensation.period": interval.removeprefix("1 ") if isinstance(interval, str) else None,
        "compensation.text": joined(
            texts(inside(record.get("compensation"), "scrapeableCompensationSalarySummary"))
            or texts(inside(record.get("compensation"), "compensationTierSummary"))
        ),
    }


def _prepare(record: Record) -> Record:
    places = [*texts(record.get("location")), *texts(record.get("secondaryLocations"), "location")]
    if record.get("isRemote") is True:
        places.append("Remote")
    address = inside(record.get("address"), "postalAddress")
    several = len(places) - (record.get("isRemote") is True) > 1
    return {
        **record,
        **_salary(record),
        "location.text": joined(places),
        "address.city": None if several else inside(address, "addressLocality"),
        "address.region": None if several else inside(address, "addressRegion"),
        "address.country": None if several else inside(address, "addressCountry"),
    }


_BOARD = Board(
    name="ashby",
    start=lambda query: (
        f"https://api.ashbyhq.com/posting-api/job-board/{quote(query.employer, safe='')}?includeCompensation=true"
    ),
    postings="jobs",
    identity="jobUrl",
    title="title",
)

ASHBY = Objects(
    name="ashby",
    about="jobs of an Ashby board",
    needs=(
        frozenset({"title", "jobUrl", "publishedAt"}),
        frozenset({"title", "jobUrl", "employmentType", "descriptionHtml"}),
    ),
    columns={
        "source_id": "id else jobUrl",
        "employer": "_fetch.employer_name else _fetch.employer",
        "title": "title",
        "description": "descriptionHtml else descriptionPlain",
        "posted_date": "publishedAt",
        "place": "location.text",
        "city": "address.city",
        "region": "address.region",
        "country": "address.country",
        "employment_type": "employmentType",
        "pay": "compensation.text",
        "pay_min": "compensation.minimum",
        "pay_max": "compensation.maximum",
        "pay_currency": "compensation.currency",
        "pay_period": "compensation.period",
        "url": "jobUrl",
    },
    prepare=_prepare,
    board=_BOARD,
)
