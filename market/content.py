"""The authored content of a market: titles by family, industries, employers' names, places and phrases.

What belongs here: reading the YAML files of `market/data` and the seeded taxonomy into typed objects, and checking
them. What does not: drawing from them, and what is planted (`worldwide`, `china_ai`).
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"
SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds"
"""Where the standard titles stand: names, families, bands and neighbours are told once, there."""

LANGUAGES = ("en", "zh")
"""In the order in which arrays over languages are indexed."""

BANDS = ("individual_contributor", "middle_management", "senior_leadership")
EDUCATION_LEVELS = ("none", "school", "college", "bachelor", "master", "doctor")
SEVERAL_NEAR = 6
"""Neighbours kept of a title; a title with fewer gets members of its family besides."""

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
    """One title as this market speaks of it. `weight` and `pay` (US dollars a year) are those of a worldwide market.

    in_taxonomy: False for emerging titles, which no standard title holds. near: ids of titles easily taken for it.
    """

    title_id: str
    en: str
    zh: str
    family_id: str
    band: str
    weight: float
    pay: float
    education: str
    industries: tuple[str, ...]
    near: tuple[str, ...]
    parent: str
    in_taxonomy: bool
    speech: dict[str, Speech]


@dataclass(frozen=True)
class Family:
    """A family of titles and what all of its members' ads may say. Its `titles` are the vague ones."""

    family_id: str
    speech: dict[str, Speech]


@dataclass(frozen=True)
class Industry:
    """An industry: its share of employers (any unit), its names and what its firms say of themselves.

    marts: the names under which a mart may show what sources call by `names`; no name belongs to two industries.
    """

    industry_id: str
    employers: float
    names: dict[str, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]
    stories: dict[str, tuple[str, ...]]
    marts: tuple[str, ...]


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
    """The authored content of one market. Titles and families are sorted by id, so that indices are stable."""

    titles: tuple[Title, ...]
    families: tuple[Family, ...]
    industries: tuple[Industry, ...]
    countries: tuple[Country, ...]
    employers: dict[str, Any]
    phrases: dict[str, Any]

    def number(self, title_id: str) -> int:
        """The index of a title. Raises ContentError for an id that this market does not have."""
        for index, title in enumerate(self.titles):
            if title.title_id == title_id:
                return index
        raise ContentError(f"no title {title_id!r} in this market")


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


def read_data(name: str) -> Any:
    """An authored YAML file of `market/data`."""
    return _parse(DATA / name)


def _parse(path: Path) -> Any:
    # The C parser of the same language: the pure one takes 20 times as long over a megabyte.
    return yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


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


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def load_content(
    title_ids: Collection[str] | None = None,
    industries: str = "industries.yaml",
    places: str = "places.yaml",
) -> Content:
    """Read and check the authored files. Raises ContentError where they contradict each other.

    `title_ids` restricts the market to these titles (None: all standard titles and the emerging ones);
    `industries` and `places` name the files of `market/data` that hold them.
    """
    return _load(None if title_ids is None else frozenset(title_ids), industries, places)


@cache
def _load(title_ids: frozenset[str] | None, industries: str, places: str) -> Content:
    entries, families = _authored()
    if title_ids is not None and (unknown := title_ids - set(entries)):
        raise ContentError(f"no such titles: {sorted(unknown)}")
    chosen = sorted(entries if title_ids is None else title_ids)
    near = _neighbours(entries, chosen)
    titles = tuple(_title(entries[title_id], near[title_id]) for title_id in chosen)
    used = {title.family_id for title in titles}
    content = Content(
        titles=titles,
        families=tuple(family for family in families if family.family_id in used),
        industries=tuple(_industry(key, entry) for key, entry in read_data(industries).items()),
        countries=tuple(_country(code, entry) for code, entry in read_data(places).items()),
        employers=read_data("employers.yaml"),
        phrases=read_data("phrases.yaml"),
    )
    _check(content, check_industries=industries == "industries.yaml")
    return content


@cache
def _authored() -> tuple[dict[str, dict[str, Any]], tuple[Family, ...]]:
    """Every authored title joined with its row of the taxonomy, by id; and all families."""
    seeded = {row["title_id"]: row for row in _seed("titles.csv")}
    entries: dict[str, dict[str, Any]] = {}
    families: list[Family] = []
    for path in sorted((DATA / "families").glob("*.yaml")):
        family = _parse(path)
        families.append(Family(family["id"], _speech(family, "vague")))
        for entry in family["titles"]:
            if entry["id"] not in seeded:
                raise ContentError(f"{path.name}: {entry['id']!r} is no standard title")
            if entry["id"] in entries:
                raise ContentError(f"{path.name}: {entry['id']!r} is authored twice")
            row = seeded[entry["id"]]
            if row["family_id"] != family["id"]:
                raise ContentError(f"{path.name}: {entry['id']!r} belongs to {row['family_id']}")
            entries[entry["id"]] = {
                "education": family["education"],
                **entry,
                "en": row["title_en"],
                "zh": row["title_zh"],
                "family": family["id"],
                "band": row["seniority_band"],
                "parent": row["parent_id"],
                "in_taxonomy": True,
            }
    if missing := sorted(set(seeded) - set(entries)):
        raise ContentError(f"families: standard titles without words: {missing[:10]} ({len(missing)} in all)")
    for entry in read_data("emerging.yaml"):
        if entry["id"] in entries:
            raise ContentError(f"emerging.yaml: {entry['id']!r} is a standard title")
        entries[entry["id"]] = {**entry, "band": BANDS[0], "parent": "", "in_taxonomy": False}
    return entries, tuple(sorted(families, key=lambda family: family.family_id))


def _neighbours(entries: dict[str, dict[str, Any]], chosen: list[str]) -> dict[str, tuple[str, ...]]:
    """Titles easily taken for each of `chosen`, among them: those of the taxonomy, then kin, then the family."""
    inside = set(chosen)
    pairs: dict[str, list[str]] = {title_id: [] for title_id in chosen}
    for row in _seed("title_neighbours.csv"):
        for one, other in ((row["title_id"], row["neighbour_id"]), (row["neighbour_id"], row["title_id"])):
            if one in inside and other in inside:
                pairs[one].append(other)
    members: dict[str, list[str]] = {}
    for title_id in chosen:
        members.setdefault(entries[title_id]["family"], []).append(title_id)
    near = {}
    for title_id in chosen:
        entry = entries[title_id]
        family = members[entry["family"]]
        kin = [
            n
            for n in family
            if n == entry["parent"] or entries[n]["parent"] in (title_id, entry["parent"] or "-")
        ]
        # Others of the family follow from the title's own place on, so that not all fall back on the same few.
        place = family.index(title_id)
        rest = [*family[place + 1 :], *family[:place]]
        emerging = entry.get("near", [])
        named = [
            n for n in dict.fromkeys([*emerging, *pairs[title_id], *kin]) if n != title_id and n in inside
        ]
        named += [n for n in rest if n not in named and entries[n]["in_taxonomy"]][: max(0, 2 - len(named))]
        near[title_id] = tuple(named[:SEVERAL_NEAR]) or (chosen[chosen.index(title_id) - 1],)
    return near


def _title(entry: dict[str, Any], near: tuple[str, ...]) -> Title:
    try:
        return Title(
            title_id=entry["id"],
            en=entry["en"],
            zh=entry["zh"],
            family_id=entry["family"],
            band=entry["band"],
            weight=float(entry["weight"]),
            pay=float(entry["pay"]),
            education=entry["education"],
            industries=tuple(entry["industries"]),
            near=near,
            parent=entry["parent"],
            in_taxonomy=entry["in_taxonomy"],
            speech=_speech(entry, "titles"),
        )
    except KeyError as error:
        raise ContentError(f"{entry['id']}: the entry {error} is missing") from error


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
        marts=tuple(entry["marts"]),
    )


def _country(code: str, entry: dict[str, Any]) -> Country:
    cities = tuple(City(row[1], float(row[0]), tuple(row[1:])) for row in entry["cities"])
    return Country(
        code, float(entry["share"]), tuple(entry["names"]), entry["currency"], float(entry["pay"]), cities
    )


def _check(content: Content, check_industries: bool) -> None:
    words = [
        word for industry in content.industries for language in LANGUAGES for word in industry.words[language]
    ]
    if shared := sorted({word for word in words if words.count(word) > 1}):
        raise ContentError(f"{shared} name firms of two industries; two employers could share a name")
    published = [name for industry in content.industries for name in industry.marts]
    if shared := sorted({name for name in published if published.count(name) > 1}):
        raise ContentError(f"{shared} are marts' names of two industries")
    industries = {industry.industry_id for industry in content.industries}
    for title in content.titles:
        if check_industries and (unknown := set(title.industries) - industries):
            raise ContentError(f"{title.title_id}: unknown industries {sorted(unknown)}")
        if title.band not in BANDS:
            raise ContentError(f"{title.title_id}: unknown band {title.band!r}")
        if title.education not in EDUCATION_LEVELS:
            raise ContentError(f"{title.title_id}: unknown education {title.education!r}")
        for language, speech in title.speech.items():
            if not (speech.titles and speech.duties and speech.skills):
                raise ContentError(f"{title.title_id}: no titles, duties or skills in {language}")
