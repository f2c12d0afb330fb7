"""The canonical fields of admitted records, group by group: what each text of a source means.

What belongs here: which parser reads which columns, and the columns that come of it. What does not: the parsers
(`postings.normalise`), and which records are admitted (`postings.normalisation`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from postings.normalise.boilerplate import without_boilerplate
from postings.normalise.company_size import parse_company_size
from postings.normalise.conversion import converted_monthly
from postings.normalise.education import education_of
from postings.normalise.employers import normalised_employer
from postings.normalise.employment import parse_employment_type
from postings.normalise.experience import experience_of
from postings.normalise.industries import parse_industry
from postings.normalise.language import CHINESE, language_of
from postings.normalise.numbers import parse_openings
from postings.normalise.pay import Pay, pay_of
from postings.normalise.places import Location, Place, place_of
from postings.normalise.seniority import parse_seniority
from postings.normalise.skills import find_skills
from postings.normalise.text import FIELD_CHARACTERS, plain_text, single_line, web_address
from postings.schema import employer_id

Rates = Mapping[tuple[str, str], Decimal]
"""Units of a currency for one US dollar, by month ("YYYY-MM") and currency."""

Columns = dict[str, list[Any]]

SKILLS_CHARACTERS = 2_000
"""Of a source's own list of skills."""


@dataclass(frozen=True)
class Given:
    """Admitted records, column by column: raw texts (schema RAW), and the dates that were read already."""

    rows: pa.Table
    dates: Sequence[dt.date | None]
    rates: Rates = field(default_factory=dict)

    def texts(self, name: str) -> list[str | None]:
        """A raw column."""
        column: list[str | None] = self.rows.column(name).to_pylist()
        return column

    def lines(self, name: str, limit: int = FIELD_CHARACTERS) -> list[str | None]:
        """A raw column, each text on one line. Most fields have few texts: each is tidied once."""
        lines: list[str | None] = []
        for chunk in self.rows.column(name).chunks:
            encoded = chunk.dictionary_encode()
            tidy = [single_line(text, limit) for text in encoded.dictionary.to_pylist()]
            lines += [None if index is None else tidy[index] for index in encoded.indices.to_pylist()]
        return lines


def canonical_columns(given: Given) -> Columns:
    """All canonical columns but identity, month and date; each as long as the records."""
    columns: Columns = {
        "title": given.lines("title"),
        "description": [plain_text(text) for text in given.texts("description")],
        "url": [web_address(text) for text in given.texts("url")],
        "openings": [parse_openings(text) for text in given.texts("openings")],
    }
    columns["language"] = list(map(language_of, columns["title"], columns["description"]))
    columns["core_text"] = _each_once(_core_text, columns["description"], columns["language"])
    columns |= _employer(given)
    columns |= _place(given)
    columns |= _pay(given, columns["language"], columns["country"])
    columns |= _requirements(given, columns)
    return columns


def _each_once(parse: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
    """What `parse` makes of each row of some columns; a text that some records of a batch repeat is read once."""
    made = {row: parse(*row) for row in dict.fromkeys(zip(*columns, strict=True))}
    return [made[row] for row in zip(*columns, strict=True)]


def _core_text(text: str | None, language: str) -> str | None:
    return None if text is None else without_boilerplate(text, language)


def _employer(given: Given) -> Columns:
    columns: Columns = {
        name: given.lines(name) for name in ("employer", "employer_kind", "employer_size", "industry")
    }
    columns["employer_id"] = [employer_id(normalised_employer(name)) for name in columns["employer"]]
    sizes = [parse_company_size(text) for text in columns["employer_size"]]
    columns["employer_size_band"] = [size.band for size in sizes]
    columns["employer_size_status"] = [size.status for size in sizes]
    found = [parse_industry(text) for text in columns["industry"]]
    columns["industry_id"] = [industry.id for industry in found]
    columns["industry_status"] = [industry.status for industry in found]
    return columns


def _place(given: Given) -> Columns:
    parts = [given.texts(name) for name in ("place", "city", "region", "country")]
    places: list[Place] = list(map(place_of, *parts))
    columns: Columns = {
        name: [getattr(place, name) for place in places] for name in ("city", "region", "country")
    }
    # Where a source has columns only, those are what was written.
    columns["place"] = [
        place.raw or single_line(", ".join(part for part in stated if part))
        for place, *stated in zip(places, *parts[1:], strict=True)
    ]
    columns["place_status"] = [place.status for place in places]
    columns["workplace"] = [place.remote for place in places]
    columns["places"] = [[_written(one) for one in place.places] or None for place in places]
    return columns


def _written(location: Location) -> str:
    return ", ".join(part for part in location if part)


_PAY_COLUMNS: dict[str, Callable[[Pay], Any]] = {
    "pay_min": lambda pay: pay.minimum,
    "pay_max": lambda pay: pay.maximum,
    "pay_currency": lambda pay: pay.currency,
    "pay_period": lambda pay: pay.period,
    "pay_months": lambda pay: pay.months,
    "pay_monthly_min": lambda pay: pay.monthly_minimum,
    "pay_monthly_max": lambda pay: pay.monthly_maximum,
    "pay_status": lambda pay: pay.status,
    "pay_reason": lambda pay: pay.reason,
    "pay_commission": lambda pay: pay.commission,
}


def _pay(given: Given, languages: Sequence[str], countries: Sequence[str | None]) -> Columns:
    written = [given.texts(name) for name in ("pay", "pay_min", "pay_max", "pay_currency", "pay_period")]
    pays = [
        pay_of(*parts, chinese=language == CHINESE, country=country)
        for *parts, language, country in zip(*written, languages, countries, strict=True)
    ]
    columns: Columns = {name: [part(pay) for pay in pays] for name, part in _PAY_COLUMNS.items()}
    columns["pay_monthly_usd"] = [
        converted_monthly(pay, date, given.rates) for pay, date in zip(pays, given.dates, strict=True)
    ]
    # Where pay came in number columns only, those are what was written.
    columns["pay_raw"] = [
        text or " - ".join(number for number in (low, high) if number) or None
        for text, low, high in zip(
            given.lines("pay"), given.lines("pay_min"), given.lines("pay_max"), strict=True
        )
    ]
    return columns


def _requirements(given: Given, columns: Columns) -> Columns:
    """What is asked of a candidate, from the fields and, where they are empty, from the text."""
    found: Columns = {name: given.lines(name) for name in ("employment_type", "education", "experience")}
    found["skills"] = given.lines("skills", SKILLS_CHARACTERS)
    types = [parse_employment_type(text) for text in found["employment_type"]]
    found["employment_types"] = [list(one.types) or None for one in types]
    found["employment_type_status"] = [one.status for one in types]
    # Requirements are read from the whole text: the readers know the employer's story and its courses better than the
    # remover of boilerplate, which took out requirements with it (docs/decisions/0014).
    degrees = _each_once(education_of, found["education"], columns["description"])
    found["education_floor"] = [degree.floor for degree in degrees]
    found["education_status"] = [degree.status for degree in degrees]
    years = _each_once(experience_of, found["experience"], columns["description"])
    found["experience_min"] = [one.minimum for one in years]
    found["experience_max"] = [one.maximum for one in years]
    found["experience_status"] = [one.status for one in years]
    found["seniority"] = [one.level for one in _each_once(parse_seniority, columns["title"])]
    named = _each_once(find_skills, columns["core_text"], found["skills"])
    found["skill_ids"] = [list(ids) or None for ids in named]
    return found
