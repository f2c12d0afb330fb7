"""The authored content of a market: titles by family, industries, employers' names, places and phrases.

What belongs here: reading the YAML files of `market/data` into typed objects, and checking them. What does not:
drawing from them.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"
LANGUAGES = ("en", "zh")
"""In the order in which arrays over languages are indexed."""

BANDS = ("individual_contributor", "middle_management", "senior_leadership")
EDUCATION_LEVELS = ("none", "school", "college", "bachelor", "master", "doctor")

_ALTERNATION = re.compile(r"\(([^()]*\|[^()]*)\)")


class ContentError(ValueError):
    """An authored file says something impossible; the message names the file and the entry."""


@dataclass(frozen=True)
class Speech:
    """What one language says of a title or a family."""

    titles: tuple[str, ...]
    duties: tuple[str, ...]
    skills: tuple[str, ...]


@dataclass(frozen=True)
class Title:
    """One standard title as this market speaks of it."""

    title_id: str
    en: str
    zh: str
    family_id: str
    band: str
    weight: float
    pay: float
    education: str
    published: dict[int, float]
    bounded: frozenset[int]
    industries: tuple[str, ...]
    near: tuple[str, ...]
    speech: dict[str, Speech]


@dataclass(frozen=True)
class Family:
    """A family of titles and what all of its members' ads may say. Its `titles` are the vague ones."""

    family_id: str
    speech: dict[str, Speech]


@dataclass(frozen=True)
class Industry:
    """An industry: its share of employers (any unit), its names and what its firms say of themselves."""

    industry_id: str
    employers: float
    names: dict[str, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]
    stories: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class City:
    """A city and the spellings sources use for it."""

    name: str
    share: float
    spellings: tuple[str, ...]


@dataclass(frozen=True)
class Country:
    """A country, its cities, and how one US dollar of pay in the titles' data reads in its currency."""

    code: str
    share: float
    names: tuple[str, ...]
    currency: str
    pay: float
    cities: tuple[City, ...]


@dataclass(frozen=True)
class Content:
    """All authored content. Titles and families are sorted by id, so that indices are stable."""

    titles: tuple[Title, ...]
    families: tuple[Family, ...]
    industries: tuple[Industry, ...]
    countries: tuple[Country, ...]
    employers: dict[str, Any]
    phrases: dict[str, Any]


def expand(pattern: str, limit: int) -> list[str]:
    """The readings of `pattern`, whose alternatives stand as (this|that); at most `limit`, spread over all.

    With several alternations the readings are taken at even steps through their product, not from its start.
    """
    parts = _ALTERNATION.split(pattern)
    choices = [part.split("|") if number % 2 else [part] for number, part in enumerate(parts)]
    readings = ["".join(reading) for reading in itertools.product(*choices)]
    if len(readings) <= limit:
        return readings
    step = len(readings) / limit
    return [readings[int(number * step)] for number in range(limit)]


def _read(name: str) -> Any:
    return yaml.safe_load((DATA / name).read_text("utf-8"))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _list(text: str, separator: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in str(text).split(separator) if item.strip())


def _speech(entry: dict[str, Any], titles_key: str) -> dict[str, Speech]:
    return {
        language: Speech(
            titles=_list(entry[f"{titles_key}_{language}"], ";"),
            duties=_lines(entry[f"duties_{language}"]),
            skills=_list(entry[f"skills_{language}"], ","),
        )
        for language in LANGUAGES
    }


def _title(entry: dict[str, Any], family: dict[str, Any]) -> Title:
    return Title(
        title_id=entry["id"],
        en=entry["en"],
        zh=entry["zh"],
        family_id=family["id"],
        band=entry.get("band", BANDS[0]),
        weight=float(entry["weight"]),
        pay=float(entry["pay"]),
        education=entry.get("education", family["education"]),
        published={int(year): float(percent) / 100 for year, percent in entry.get("yoy", {}).items()},
        bounded=frozenset(int(year) for year in entry.get("bounds", [])),
        industries=tuple(entry["industries"]),
        near=tuple(entry["near"]),
        speech=_speech(entry, "titles"),
    )


@cache
def load_content() -> Content:
    """Read and check all authored files. Raises ContentError where they contradict each other."""
    titles: list[Title] = []
    families: list[Family] = []
    for path in sorted((DATA / "families").glob("*.yaml")):
        family = yaml.safe_load(path.read_text("utf-8"))
        try:
            families.append(Family(family["id"], _speech(family, "vague")))
            titles.extend(_title(entry, family) for entry in family["titles"])
        except KeyError as error:
            raise ContentError(f"{path.name}: the entry {error} is missing") from error
    industries = tuple(_industry(key, entry) for key, entry in _read("industries.yaml").items())
    content = Content(
        titles=tuple(sorted(titles, key=lambda title: title.title_id)),
        families=tuple(sorted(families, key=lambda family: family.family_id)),
        industries=industries,
        countries=tuple(_country(code, entry) for code, entry in _read("places.yaml").items()),
        employers=_read("employers.yaml"),
        phrases=_read("phrases.yaml"),
    )
    _check(content)
    return content


def _industry(key: str, entry: dict[str, Any]) -> Industry:
    return Industry(
        industry_id=key,
        employers=float(entry["employers"]),
        names={language: tuple(entry[language]) for language in LANGUAGES},
        words={language: tuple(entry[f"words_{language}"]) for language in LANGUAGES},
        stories={
            language: tuple(
                reading for line in _lines(entry[f"stories_{language}"]) for reading in expand(line, 3)
            )
            for language in LANGUAGES
        },
    )


def _country(code: str, entry: dict[str, Any]) -> Country:
    cities = tuple(City(row[1], float(row[0]), tuple(row[1:])) for row in entry["cities"])
    return Country(
        code, float(entry["share"]), tuple(entry["names"]), entry["currency"], float(entry["pay"]), cities
    )


def _check(content: Content) -> None:
    ids = [title.title_id for title in content.titles]
    if len(set(ids)) != len(ids):
        raise ContentError(f"title ids occur twice: {sorted({i for i in ids if ids.count(i) > 1})}")
    words = [
        word for industry in content.industries for language in LANGUAGES for word in industry.words[language]
    ]
    if shared := sorted({word for word in words if words.count(word) > 1}):
        raise ContentError(
            f"industries.yaml: {shared} name firms of two industries; two employers could share a name"
        )
    industries = {industry.industry_id for industry in content.industries}
    for title in content.titles:
        if unknown := set(title.near) - set(ids):
            raise ContentError(f"{title.title_id}: near names unknown titles {sorted(unknown)}")
        if unknown := set(title.industries) - industries:
            raise ContentError(f"{title.title_id}: unknown industries {sorted(unknown)}")
        if title.band not in BANDS:
            raise ContentError(f"{title.title_id}: unknown band {title.band!r}")
        if title.education not in EDUCATION_LEVELS:
            raise ContentError(f"{title.title_id}: unknown education {title.education!r}")
        for language, speech in title.speech.items():
            if not (speech.titles and speech.duties and speech.skills):
                raise ContentError(f"{title.title_id}: no titles, duties or skills in {language}")
