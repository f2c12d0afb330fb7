"""schema.org JobPosting: the form in which career pages publish (https://schema.org/JobPosting)."""

from __future__ import annotations

import re
from typing import Any

from postings.sources.layouts.layout import Objects, Record, inside, joined, texts

_NUMBER = re.compile(r"\s*\d[\d,. ]{0,20}\s*")
_REMOTE = "Remote"


def _places(record: Record) -> dict[str, Any]:
    locations = record.get("jobLocation")
    locations = locations[:50] if isinstance(locations, list) else [locations]
    places: list[str] = []
    parts: list[list[str]] = []
    for location in locations:
        address = inside(location, "address")
        if isinstance(address, list):
            address = address[0] if address else None
        if isinstance(address, dict):
            town, region, code, country = (
                (texts(address.get(key), "name") or [""])[0]
                for key in ("addressLocality", "addressRegion", "postalCode", "addressCountry")
            )
            parts.append([town, region, country])
            # A hospital's name may not say where it stands; its postcode does.
            places.append(", ".join(part for part in (town, region, code, country) if part))
        else:
            places.extend(texts(address) or texts(location, "name"))
    if "TELECOMMUTE" in texts(record.get("jobLocationType")):
        places.append(_REMOTE)
        places.extend(texts(record.get("applicantLocationRequirements"), "name"))
    city, region, country = parts[0] if len(parts) == len(places) == 1 else ("", "", "")
    return {
        "jobLocation.text": joined(places),
        "jobLocation.city": city or None,
        "jobLocation.region": region or None,
        "jobLocation.country": country or None,
    }


def _pay(record: Record) -> dict[str, Any]:
    salary = record.get("baseSalary") or record.get("estimatedSalary")
    if isinstance(salary, list):
        salary = salary[0] if salary else None
    value = inside(salary, "value") if isinstance(salary, dict) else salary
    if isinstance(value, list):
        value = value[0] if value else None
    amount = inside(value, "value") if isinstance(value, dict) else value
    said = (texts(amount) or [""])[0]
    number = said if _NUMBER.fullmatch(said) else None
    low = (texts(inside(value, "minValue")) or texts(inside(salary, "minValue")) or [""])[0]
    high = (texts(inside(value, "maxValue")) or texts(inside(salary, "maxValue")) or [""])[0]
    return {
        "baseSalary.minimum": low or (number if not high else None),
        "baseSalary.maximum": high or (number if not low else None),
        "baseSalary.currency": joined(texts(inside(salary, "currency")) or texts(inside(value, "currency"))),
        "baseSalary.period": joined(texts(inside(value, "unitText")) or texts(inside(salary, "unitText"))),
        "baseSalary.text": said if said and number is None else None,
    }


def _experience(value: Any) -> str | None:
    months = texts(inside(value, "monthsOfExperience")) if isinstance(value, dict) else []
    if months:
        return f"{months[0]} months"
    return joined(texts(value, "description", "name", "value"))


def _identity(record: Record) -> str | None:
    """Address and identifier together: many sites give every posting the same identifier, some the same address."""
    address = texts(record.get("url"), "@id")[:1] or texts(inside(record.get("_fetch"), "url"))
    return joined([*address, *texts(record.get("identifier"), "value", "@id", "name")[:1]])


def _prepare(record: Record) -> Record:
    return {
        **record,
        **_places(record),
        **_pay(record),
        "hiringOrganization.text": joined(texts(record.get("hiringOrganization"), "name", "legalName")[:1]),
        "hiringOrganization.size": joined(
            texts(inside(record.get("hiringOrganization"), "numberOfEmployees"), "value", "minValue", "name")
        ),
        "identifier.id": _identity(record),
        "industry.text": joined(texts(record.get("industry"), "name", "codeValue")),
        "skills.text": joined(texts(record.get("skills"), "name", "codeValue")),
        "educationRequirements.text": joined(
            texts(record.get("educationRequirements"), "credentialCategory", "name", "description")
        ),
        "experienceRequirements.text": _experience(record.get("experienceRequirements")),
        "title.text": joined(texts(record.get("title"), "name")[:1]),
        "url.text": joined(texts(record.get("url"), "@id")[:1]),
    }


JOB_POSTING = Objects(
    name="job_posting",
    about="schema.org JobPosting objects, from pages, JSON or JSON Lines",
    needs=(
        frozenset({"@type", "title", "hiringOrganization"}),
        frozenset({"title", "hiringOrganization", "jobLocation"}),
        frozenset({"title", "datePosted", "jobLocation"}),
        frozenset({"@type", "title", "datePosted"}),
    ),
    columns={
        "source_id": "identifier.id",
        "employer": "hiringOrganization.text else _fetch.employer",
        "employer_size": "hiringOrganization.size",
        "industry": "industry.text",
        "title": "title.text",
        "description": "description",
        "posted_date": "datePosted",
        "place": "jobLocation.text",
        "city": "jobLocation.city",
        "region": "jobLocation.region",
        "country": "jobLocation.country",
        "employment_type": "employmentType",
        "pay": "baseSalary.text",
        "pay_min": "baseSalary.minimum",
        "pay_max": "baseSalary.maximum",
        "pay_currency": "baseSalary.currency",
        "pay_period": "baseSalary.period",
        "education": "educationRequirements.text",
        "experience": "experienceRequirements.text",
        "skills": "skills.text",
        "openings": "totalJobOpenings",
        "url": "url.text else _fetch.url",
    },
    prepare=_prepare,
)
