"""Where a posting is.

What belongs here: raw places and place columns to city, region and country, several places, remote work. What does
not: the names themselves (`postings.normalise.gazetteer`, `postings.normalise.china`).

A text is cut into alternatives ("London or Manchester", "Austin, TX; Boston"), an alternative into segments between
commas, and the segments are grouped into the fewest places in which city, region and country agree: "Paris, TX" is one
place, "Paris, London" are two. A stated country or region decides what a name means; else the other places of the same
text do, and then the number of people who live there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, radians
from typing import NamedTuple

from postings.normalise.china import places_in as chinese_places_in
from postings.normalise.gazetteer import (
    AREA,
    CITY,
    COUNTRY,
    REGION,
    Candidate,
    PostcodeArea,
    country_of,
    folded,
    gazetteer,
)
from postings.normalise.text import single_line
from postings.normalise.workplace import UNKNOWN_WORKPLACE, without_workplace, workplace_of
from postings.schema import GIVEN, MISSING, PARSED, UNPARSED

MOST_PLACES = 50

_TEXT_CHARACTERS = 2_000
_SEGMENT_CHARACTERS = 120
_MOST_SEGMENTS = 24
_MOST_STATES = 40
_SAME_COUNTRY = 10.0
"""How much more a meaning counts that lies in a country which the text's other places are in."""
_DISTRICT_KILOMETRES = 20.0
_DISTRICT_TIMES_SMALLER = 3.0
_NEAR_KILOMETRES = 30.0
_CITY_IS_ITS_REGION = 0.15
"""Share of a region's people from which a name that both have means the city: New York, but not Quebec."""
_CITY_IS_ITS_COUNTRY = 0.5
"""The same for a country: Singapore, but not Luxembourg."""
_FOUND_IN_WORDS_FROM = 100_000.0
_LONDON = "London"
_LETTERS_OF_INITIALS = 4
_POSTCODE_CHARACTERS = 8


class Location(NamedTuple):
    """One place: names in English as GeoNames has them, the country as ISO 3166-1 alpha-2.

    A region without a country is an area of several countries: EMEA, Europe, Worldwide.
    """

    city: str | None
    region: str | None
    country: str | None


@dataclass(frozen=True)
class Place:
    """Where a posting is: the raw text, its first place, how that came about, and all places that are named.

    `remote` is onsite, hybrid, remote or unknown.
    """

    raw: str | None
    city: str | None
    region: str | None
    country: str | None
    status: str
    remote: str = UNKNOWN_WORKPLACE
    places: tuple[Location, ...] = ()


class _Segment(NamedTuple):
    """A piece of text between commas and what it may mean; no meanings where the gazetteer does not know it."""

    text: str
    key: str
    meanings: tuple[Candidate, ...]
    unknown_city: bool = False  # not known, but it reads like the name of a town


class _Group(NamedTuple):
    """Segments that are one place. `city` may be a stated name that the gazetteer does not know."""

    city: Candidate | None = None
    region: Candidate | None = None
    country: Candidate | None = None
    area: Candidate | None = None
    stated: str | None = None
    weight: float = 0.0


class _Known(NamedTuple):
    """What is known beside the text: the country and the region that its columns or its postcode state."""

    country: str | None = None
    region: str | None = None
    town: str | None = None


_NOWHERE = frozenset(
    [
        *"n/a na none null nil nan tbd tba blank various multiple others other flexible".split(),
        *"无 不限 其他 其它 暂无 异地招聘 待定 面议".split(),
        *("to be confirmed", "to be determined", "not specified", "not applicable", "not disclosed"),
        *("multiple locations", "various locations", "multiple", "location flexible"),
    ]
)
_TIME_ZONES = frozenset("est edt cst cdt mst mdt pst pdt gmt utc cet".split())
_HAN = re.compile("[\u3400-\u9fff]")
_HARD = re.compile(r"[;；|｜\n、／]|\)\s*(?:or|and)\b|\s\+\s", re.IGNORECASE)
_SOFT = re.compile(
    r"\s*/\s*|\s*(?<![\w&])&(?![\w&])\s*|\s+(?:or|oder|and|und|ou|et|或|和)\s+|^(?:or|and)\s+", re.IGNORECASE
)
_COMMA = re.compile(r"[,，()\[\]:•·]|\s[-–—]+\s|^[-–—]+\s*|\s*[-–—]+$")
_NUMBER_AT_END = re.compile(r"[\s,]+\d[\d-]*\s*$")
_EDGES = " .-–—_*#'\"\t"
_AROUND = re.compile(
    r"^(?:greater|metro|metropolitan|downtown|central|city of|stadt|ville de|based in|located in|within|in|from|near"
    r"|around|the)\s+"
    r"|\s+(?:(?:metropolitan|metro|greater)?\s*area|region|office hubs?|offices?|hq|headquarters|hub|only"
    r"|city cent(?:er|re)|metro|metropolitan|anywhere|nationwide|wide|open|select locations|east|west|north|south"
    r"|east coast|west coast|town|sub city)$",
)
_EMPLOYER = re.compile(r"\b(?:trust|nhs|foundation|council|partnership)\b")
_UK_POSTCODE = re.compile(r"\b([A-Z]{1,2})([0-9][A-Z0-9]?) ?[0-9][A-Z]{2}\b")
_OUTWARD = re.compile(r"([A-Z]{1,2})([0-9][A-Z0-9]?)(?: ?[0-9][A-Z]{2})?")
_TOWN = re.compile(r"[^\W\d_][^\d_@#!?%$€£<>=+*\"/\\]{1,39}")
_NO_TOWN = re.compile(
    r"\b(?:office|offices|hq|head|headquarters|(?:north|south|east|west)(?:ern)?|(?:north|south) ?(?:east|west)"
    r"|midwest|coast|area|region|only|any|anywhere|multiple|various|others?|locations?|field|update|est|pst|cst|mst|edt|pdt|hubs?"
    r"|select|travel|required|open|team|company|full|part|time|street|road|rd|avenue|ave|boulevard|blvd|lane|drive|way"
    r"|floor|suite|hmp|phe|ysbyty|mid|but|work|will|across|surrounding|areas|sites?|trustwide|countywide"
    r"|building|block|house|hospitals?|infirmary|trust|nhs|foundation|centre|center|unit|ward|clinic|surgery"
    r"|university|college|school|academy|department|services?|health|healthcare|care|home|village|campus|station|airport"
    r"|park|business|estate|court|hall|lodge|site|base|hotel|mall|plaza|tower|woreda|kebele|sub ?city|and|or|with|near"
    r"|place|square|farm|camhs|cmhts?|ccg|wellbeing|including|screening|midlands?|central|to be|tbc|negotiable|advert"
    r"|behind|next|front|around|remote|hybrid|flexible|the|our|your|job|jobs|position|roles?|community|medical|group|ltd"
    r"|limited|plc|inc|practice|royal|general|line|bank|state|county|province|district|city|country|nation\w*|wide)\b"
)
_ORGANISATION = re.compile(
    r"\b(?:hospitals?|infirmary|trust|nhs|foundation|university|college|school|academy|clinic|surgery|centre|council"
    r"|practice|health|healthcare|department|services?|team|crisis|ltd|limited|plc|inc|group|company)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b(?:ward|house|street|road|avenue|court|lane|hall)\b")


def _kilometres(a: Candidate, b: Candidate) -> float:
    """Kilometres between two cities, on a flat map: enough for neighbours."""
    north = (a.latitude - b.latitude) * 111.0
    east = (a.longitude - b.longitude) * 111.0 * cos(radians(a.latitude))
    return hypot(north, east)


def _fits(group: _Group, meaning: Candidate) -> _Group | None:
    """The group with one more meaning, or None where it contradicts what the group has."""
    city, region, country = group.city, group.region, group.country
    if meaning.kind == AREA:
        if group.area:
            return None
        return group._replace(area=meaning, weight=group.weight or meaning.weight)
    if meaning.kind == CITY:
        if city or group.stated:
            return None
        if region and (region.country != meaning.country or region.region != meaning.region):
            return None
        if country and country.country != meaning.country:
            return None
        return group._replace(city=meaning, weight=meaning.weight)
    if meaning.kind == REGION:
        if region or (country and country.country != meaning.country):
            return None
        if city and (city.country != meaning.country or city.region != meaning.region):
            return None
        return group._replace(region=meaning, weight=group.weight if city else meaning.weight)
    if (
        country
        or (city and city.country != meaning.country)
        or (region and region.country != meaning.country)
    ):
        return None
    return group._replace(country=meaning, weight=group.weight if city or region else meaning.weight)


def _groups(segments: Sequence[_Segment], stated: str | None = None) -> list[_Group]:
    """Every way in which all segments are one place, the heaviest first."""
    groups = [_Group(stated=stated)]
    seen: set[str] = set()
    for segment in segments:
        following = [
            fitting
            for group in groups
            for meaning in segment.meanings
            if (fitting := _fits(group, meaning)) is not None
        ]
        if segment.key in seen:
            following += groups  # "Dublin, Dublin, Ireland"
        seen.add(segment.key)
        groups = sorted(following, key=_preference, reverse=True)[:_MOST_STATES]
        if not groups:
            return []
    return groups


def _preference(group: _Group) -> tuple[float, bool]:
    return group.weight, group.city is not None


def _kind(group: _Group) -> str:
    """What a group states at its finest."""
    if group.city or group.stated:
        return CITY
    return REGION if group.region else COUNTRY


def _as_city_where_both(groups: list[_Group]) -> list[_Group]:
    """Without the regions and countries that mean the large city of the same name in them: New York, Singapore."""
    kept = []
    for group in groups:
        whole = group.region or group.country
        share = _CITY_IS_ITS_REGION if group.region else _CITY_IS_ITS_COUNTRY
        if not (
            whole
            and group.city is None
            and any(
                other.city
                and other.city.people >= share * whole.people
                and other.city.country == whole.country
                and (whole.kind == COUNTRY or other.city.region == whole.region)
                for other in groups
            )
        ):
            kept.append(group)
    return kept


def _best(groups: list[_Group], others: Sequence[_Group] = ()) -> _Group:
    """The likeliest of several readings, given what the text's other places are taken for."""
    if len(groups) == 1:
        return groups[0]
    countries = {_country(other) for other in others}
    kinds = [_kind(other) for other in others]
    usual = next((kind for kind in (REGION, COUNTRY) if 2 * kinds.count(kind) > len(kinds)), None)
    if usual is None:
        groups = _as_city_where_both(groups)

    def weight(group: _Group) -> tuple[bool, float, bool]:
        factor = _SAME_COUNTRY if _country(group) in countries else 1.0
        return _kind(group) == usual, group.weight * factor, group.city is not None

    return max(groups, key=weight)


_ANYWHERE = Candidate(AREA, None, None, None, 0.0)


class _Reader:
    """Reads texts with one gazetteer."""

    def __init__(self) -> None:
        self.gaz = gazetteer()

    def segment(self, text: str, first: bool, known: _Known) -> _Segment:
        """What one piece of text may mean as a whole."""
        key = folded(text)
        meanings = () if key in _TIME_ZONES else self.gaz.meanings_of_folded(key)
        if meanings and len(key) <= 3 and not text.isupper():
            # "in", "or", "me" are words; "Fl" after a city is a state, and "us" is what it is anywhere.
            meanings = tuple(m for m in meanings if not m.code or (not first and text[0].isupper()))
        elsewhere = meanings
        # An area's name is nothing else: NA is not Namibia, APAC not a town in Uganda.
        meanings = tuple(m for m in meanings if m.kind == AREA) or meanings
        if known.country is not None:
            meanings = tuple(
                m
                for m in meanings
                if m.kind == AREA
                or (
                    m.country == known.country
                    and (known.region is None or m.kind == COUNTRY or m.region == known.region)
                )
            )
        if meanings:
            return _Segment(text, key, meanings)
        # "England, Scotland and Wales" beside an English postcode names no English town of Wales.
        region_elsewhere = any(m.kind != CITY and not m.code for m in elsewhere)
        return _Segment(text, key, (), not region_elsewhere and self._is_town(text, key))

    @staticmethod
    def _is_town(text: str, key: str) -> bool:
        return (
            not text[:1].islower()
            and not (len(text) <= _LETTERS_OF_INITIALS and text.isupper())
            and key.count(" ") <= 3
            and _TOWN.fullmatch(text) is not None
            and _NO_TOWN.search(key) is None
        )

    def segments(self, text: str, first: bool, known: _Known) -> list[_Segment]:
        """A piece of text as segments: itself, itself without "greater", "office", a postcode, or cut into two."""
        text = text.strip(_EDGES)
        if not text:
            return []
        whole = self.segment(text, first, known)
        if whole.meanings:
            return [whole]
        if text[0].isdigit() or text[0] == "#":
            return []  # a street
        if (shorter := _NUMBER_AT_END.sub("", text).strip(_EDGES)) != text:
            return self.segments(shorter, first, known)
        cleaned = whole.key
        for _ in range(3):
            before, cleaned = cleaned, _AROUND.sub("", cleaned).strip()
            if cleaned == before:
                break
            if (
                cleaned
                and (
                    found := self.segment(cleaned.upper() if len(cleaned) <= 3 else cleaned, first, known)
                ).meanings
            ):
                return [found]
        words = text.split()
        for count in range(min(3, len(words) - 1), 0, -1):
            head, tail = " ".join(words[:-count]).strip(_EDGES), " ".join(words[-count:])
            end = self.segment(tail, False, known)
            if count == 1 and len(end.key) <= 3 and not tail.isupper():
                continue
            if not any(m.kind in (REGION, COUNTRY) for m in end.meanings):
                continue
            start = self.segment(head, first, known)
            if start.meanings or start.unknown_city:
                end = end._replace(meanings=tuple(m for m in end.meanings if m.kind in (REGION, COUNTRY)))
                return [start, end]
        if " " in whole.key and not (_ORGANISATION.search(whole.key) or _ADDRESS.search(whole.key)):
            found_in = self._within(whole.key.split(), known)
            if found_in is not None:
                return [found_in]
        return [whole]

    def _within(self, words: list[str], known: _Known) -> _Segment | None:
        """The longest name of a country or a large city among some words: "NYC Privy", "Paris La Défense"."""
        words = words[:12]
        for length in (3, 2, 1):
            for start in range(len(words) - length + 1):
                name = " ".join(words[start : start + length])
                if len(name) < 4 and name not in _SHORT_NAMES:
                    continue
                found = self.segment(name.upper() if name in _SHORT_NAMES else name, True, known)
                large = tuple(
                    m
                    for m in found.meanings
                    if m.kind == COUNTRY or (m.kind == CITY and m.weight == m.people >= _FOUND_IN_WORDS_FROM)
                )
                if large:
                    return found._replace(meanings=large)
        return None

    def alternatives(self, text: str, known: _Known) -> list[list[_Segment]]:
        """The alternatives of a text, each as its segments."""
        found: list[list[_Segment]] = []
        for hard in _HARD.split(text):
            current: list[_Segment] = []
            found.append(current)
            for piece in _COMMA.split(hard)[:_MOST_SEGMENTS]:
                piece = piece.strip(_EDGES)[:_SEGMENT_CHARACTERS]
                if not piece:
                    continue
                parts = [piece]
                if (
                    _SOFT.search(piece)
                    and not _ORGANISATION.search(piece)
                    and not self.segment(piece, not current, known).meanings
                ):
                    parts = _SOFT.split(piece)
                for number, part in enumerate(parts):
                    if number:
                        current = []
                        found.append(current)
                    current += self.segments(part, not current, known)
        return [segments for segments in found if segments][: MOST_PLACES * 2]

    def grouped(self, segments: list[_Segment], known: _Known) -> list[list[_Group]]:
        """The fewest places that the segments of one alternative can be, each with all its readings."""
        segments = self._without_details(segments, known)[:_MOST_SEGMENTS]
        best: list[tuple[float, list[list[_Group]]]] = [(0.0, [])]
        for end in range(1, len(segments) + 1):
            options: list[tuple[float, list[list[_Group]]]] = []
            for start in range(max(0, end - 4), end):
                cost, readings = self._one_place(segments[start:end], known)
                if readings:
                    options.append((best[start][0] + cost, [*best[start][1], readings]))
            if not options:
                options.append(best[end - 1])
            best.append(min(options, key=lambda option: option[0]))
        return best[-1][1]

    @staticmethod
    def _without_details(segments: list[_Segment], known: _Known) -> list[_Segment]:
        """Only segments that mean something, and towns that are not known just before a region or country."""
        kept = []
        last = len(segments) - 1
        for index, segment in enumerate(segments):
            if segment.meanings:
                kept.append(segment)
            elif segment.unknown_city:
                after = segments[index + 1].meanings if index < last else ()
                before = segments[index - 1].meanings if index else ()
                if any(m.kind == CITY for m in before):
                    continue
                if (
                    any(m.kind in (REGION, COUNTRY) for m in after) and not any(m.kind == CITY for m in after)
                ) or (known.country and not any(s.meanings for s in segments) and index == last):
                    kept.append(segment)
        return kept

    def _one_place(self, segments: list[_Segment], known: _Known) -> tuple[float, list[_Group]]:
        """The cost of taking the segments for one place, and its readings; none where it cannot be."""
        first = segments[0]
        if not first.meanings:
            if len(segments) == 1:
                return 1.0, [_Group(stated=first.text)] if known.country else []
            return 1.0, [g for g in _groups(segments[1:], first.text) if g.city is None]
        groups = _groups(segments)
        if groups:
            return 1.0, groups
        # A town that shares its name with places elsewhere: "Paris, KY".
        after = segments[1].meanings if len(segments) > 1 else ()
        if (
            after
            and all(m.kind in (REGION, COUNTRY) for m in after)
            and all(m.kind == CITY for m in first.meanings)
        ):
            heaviest = max(m.weight for m in first.meanings)
            if any(m.code for m in after) or heaviest < 300_000:
                return 1.5, _groups(segments[1:], first.text)
        return 0.0, []

    def read(self, text: str, known: _Known) -> list[Location]:
        """Each place that a text names, in order; empty where none is understood."""
        parts: list[list[list[_Group]]] = []
        if _HAN.search(text) and known.country in (None, "CN"):
            chinese = chinese_places_in(text, self.gaz.chinese_weight, known.region)
            if chinese:
                found = [Location(city, self.gaz.region_name("CN", region), "CN") for region, city in chinese]
                return found + [one for one in self._others(text, known) if one.country not in (None, "CN")]
        for segments in self.alternatives(text, known):
            parts.append(self.grouped(segments, known))
        return self._resolved(parts, known)

    def _others(self, text: str, known: _Known) -> list[Location]:
        """The places outside mainland China in a Chinese text: 深圳/香港."""
        parts = [
            self.grouped([segment], known)
            for piece in re.split(r"[;；/／|、,，\s·-]+", text)[:_MOST_SEGMENTS]
            if piece and (segment := self.segment(piece[:_SEGMENT_CHARACTERS], True, known)).meanings
        ]
        return self._resolved(parts, known)

    def _resolved(self, parts: Sequence[list[list[_Group]]], known: _Known) -> list[Location]:
        first = [_best(readings) for part in parts for readings in part]
        number = 0
        chosen: list[list[_Group]] = []
        for part in parts:
            chosen.append([])
            for readings in part:
                chosen[-1].append(_best(readings, first[:number] + first[number + 1 :]))
                number += 1
        locations: dict[Location, None] = {}
        for groups in chosen:
            for group in _without_districts(groups):
                locations[self._location(group, known)] = None
        return [one for one in locations if any(one)][:MOST_PLACES]

    def _location(self, group: _Group, known: _Known) -> Location:
        country = _country(group) or known.country
        code = (group.city and group.city.region) or (group.region and group.region.region) or known.region
        region = self.gaz.region_name(country, code)
        if country is None and group.area:
            return Location(None, group.area.name, None)
        return Location(group.city.name if group.city else _as_name(group.stated), region, country)


def _as_name(text: str | None) -> str | None:
    """A stated name with capitals where it has only one kind of letters."""
    return text.title() if text and (text.isupper() or text.islower()) else text


def _country(group: _Group) -> str | None:
    return (group.city or group.region or group.country or _ANYWHERE).country


def _without_districts(groups: list[_Group]) -> list[_Group]:
    """Groups of one alternative less the districts before their city: "Croydon, London"; and the accidental ones."""
    kept: list[_Group] = []
    for index, group in enumerate(groups):
        after = groups[index + 1] if index + 1 < len(groups) else None
        if group.city and not group.region and not group.country and len(groups) > 1:
            city = group.city
            countries = {_country(other) for other in groups if other is not group}
            if city.country not in countries and city.weight < _FOUND_IN_WORDS_FROM:
                continue  # "NYC (SoHo)" is not in London
            if (
                after
                and after.city
                and city.weight * _DISTRICT_TIMES_SMALLER <= after.city.weight
                and city.latitude != 0.0
                and after.city.latitude != 0.0
                and _kilometres(city, after.city) <= _DISTRICT_KILOMETRES
            ):
                continue
        kept.append(group)
    return kept


_SHORT_NAMES = frozenset({"nyc", "sf", "us", "usa", "uk", "uae", "dc"})


@lru_cache(maxsize=1)
def _reader() -> _Reader:
    return _Reader()


def _postcode_area(texts: Iterable[str | None], british: bool) -> PostcodeArea | None:
    """The area of the first British postcode in some texts; of its first half too where the place is `british`."""
    for text in texts:
        if not text:
            continue
        match = _UK_POSTCODE.search(text)
        if match is None and (british or len(text) <= _POSTCODE_CHARACTERS):
            pieces = text.upper()[:_SEGMENT_CHARACTERS].split(",")
            match = next(filter(None, (_OUTWARD.fullmatch(piece.strip()) for piece in pieces)), None)
        if match:
            areas = gazetteer().postcode_areas
            # Some districts lie on the other side of a border from their area.
            found = areas.get(match[1] + match[2]) or areas.get(match[1])
            if found:
                return found
    return None


def _town_in(text: str, known: _Known) -> str | None:
    """The town in a hospital's or an office's name, where the postcode says that it is near: "Caterham Dene Hospital".

    A London postcode needs no name.
    """
    if not known.town or known.country != "GB":
        return None
    if known.town == _LONDON:
        return known.town
    gaz = gazetteer()
    centre = next((m for m in gaz.meanings(known.town) if m.kind == CITY and m.country == "GB"), None)
    for piece in _COMMA.split(text[:_SEGMENT_CHARACTERS]):
        key = folded(piece)
        if _EMPLOYER.search(key):
            continue  # a trust is named after one town and works in many
        words = key.split()[:12]
        for length in (3, 2, 1):
            for start in range(len(words) - length + 1):
                for m in gaz.meanings_of_folded(" ".join(words[start : start + length])):
                    if (
                        m.kind == CITY
                        and m.country == "GB"
                        and m.weight == m.people
                        and centre is not None
                        and _kilometres(m, centre) <= _NEAR_KILOMETRES
                    ):
                        return m.name
    return None


def _cut(text: str | None) -> str | None:
    return single_line(text, _TEXT_CHARACTERS)


@lru_cache(maxsize=16_384)
def _place(
    raw: str | None,
    city: str | None,
    region: str | None,
    country: str | None,
    postcode: str | None,
    workplace: str | None,
) -> Place:
    reader = _reader()
    shown = single_line(raw)
    city, region = (None if text and text.strip().lower() in _NOWHERE else text for text in (city, region))
    stated = [text for text in (city, region, country) if text]
    remote = workplace_of(workplace)
    for text in (raw, *stated):
        if remote == UNKNOWN_WORKPLACE:
            remote = workplace_of(text)
    if not stated and not postcode and _names_nowhere(raw):
        return Place(shown, None, None, None, MISSING, remote)
    code = country_of(country)
    if country and code is None and len(stated) > 1:
        city, region, country = ", ".join(stated), None, None  # columns that do not hold what their names say
    known, region_text = _from_columns(reader, region, code)
    area = (
        _postcode_area((postcode, raw, city, region), british=known.country is not None)
        if known.country in (None, "GB", "GG", "JE", "IM")
        else None
    )
    if area:
        known = _Known(area.country, known.region or area.region, area.town)
    found: list[Location] = []
    for text in (city, region if region_text else None, country if code is None else None, raw):
        if text and not found:
            found = _read_with(reader, text, known, given=text is city)
    if raw and found and found[0].city is None and stated:
        # The columns state a province, a country or a continent only: the raw text may say more about it.
        finer = _read_with(reader, raw, known, given=False)
        if _says_more(finer, found[0]):
            found = finer
    if not found and (known.country or known.region):
        found = [Location(None, reader.gaz.region_name(known.country, known.region), known.country)]
    if known.town == _LONDON:
        found = _each_once(one._replace(city=_LONDON) if _lies_in_london(one) else one for one in found)
    found = _without_counties(found)
    if region_text and found and found[0].region is None and found[0].country == known.country:
        found = [one._replace(region=region_text) for one in found]
    if not found:
        understood = remote != UNKNOWN_WORKPLACE and not stated and not _words_left(raw or "")
        return Place(shown, None, None, None, PARSED if understood else UNPARSED, remote)
    first = found[0]
    return Place(shown, *first, GIVEN if stated else PARSED, remote, tuple(found))


def _says_more(finer: Sequence[Location], coarse: Location) -> bool:
    """Whether places read from a text say more than what its columns state, and do not contradict it."""
    if coarse.country is None:  # an area such as Europe, which hardly any table of places could check
        return bool(finer)
    inside = [one for one in finer if one.country == coarse.country and coarse.region in (None, one.region)]
    if coarse.region is not None:
        return bool(inside) and inside[0] is finer[0] and finer[0].city is not None
    return bool(inside) and (len(finer) > 1 or bool(finer[0].city or finer[0].region))


def _each_once(places: Iterable[Location]) -> list[Location]:
    return list(dict.fromkeys(places))


def _lies_in_london(place: Location) -> bool:
    """Whether a place with a London postcode is a district ("Stratford, E15"): near by, or one that no table holds."""
    if place.country != "GB" or place.city is None:
        return False
    gaz = gazetteer()
    london = max(gaz.meanings(_LONDON), key=lambda m: m.people)
    towns = [m for m in gaz.meanings(place.city) if m.kind == CITY and m.country == "GB"]
    return not towns or any(_kilometres(town, london) <= _NEAR_KILOMETRES for town in towns)


def _without_counties(places: list[Location]) -> list[Location]:
    """British places without the counties beside their towns: Swindon/Wiltshire. A county is known as its nation."""
    towns = {one.region for one in places if one.country == "GB" and one.city}
    return [one for one in places if one.country != "GB" or one.city or one.region not in towns]


def _names_nowhere(text: str | None) -> bool:
    """Whether a text is empty, or only says that no place is stated."""
    if not text or text.strip().lower() in _NOWHERE:
        return True
    pieces = [piece.strip(_EDGES).lower() for piece in text[:_SEGMENT_CHARACTERS].split(",")]
    return all(not piece or piece in _NOWHERE for piece in pieces)


def _words_left(text: str) -> bool:
    """Whether a text says more than where work is done."""
    return any(character.isalpha() for character in without_workplace(text))


def _from_columns(reader: _Reader, region: str | None, code: str | None) -> tuple[_Known, str | None]:
    """What the region and country columns state; and the region's text where no table holds it."""
    if not region:
        return _Known(code), None
    meanings = [
        m
        for m in reader.gaz.meanings(region[:_SEGMENT_CHARACTERS])
        if m.kind == REGION and (code is None or m.country == code)
    ]
    if meanings:
        best = max(meanings, key=lambda m: m.weight)
        return _Known(best.country, best.region), None
    if _HAN.search(region) and code in (None, "CN"):
        places = chinese_places_in(region, reader.gaz.chinese_weight)
        if places:
            return _Known("CN", places[0][0]), None
    return _Known(code), region[:_SEGMENT_CHARACTERS] if _TOWN.fullmatch(
        region[:_SEGMENT_CHARACTERS]
    ) else None


def _read_with(reader: _Reader, text: str, known: _Known, given: bool) -> list[Location]:
    plain = _UK_POSTCODE.sub(" ", without_workplace(text)) if known.country else without_workplace(text)
    found = reader.read(plain, known)
    if all(place.city is None for place in found) and (town := _town_in(text, known)):
        return [Location(town, reader.gaz.region_name(known.country, known.region), known.country)]
    if not found and given and _words_left(text):
        key = folded(text)
        if _Reader._is_town(text, key):
            return [
                Location(_as_name(text), reader.gaz.region_name(known.country, known.region), known.country)
            ]
    return found


def place_of(
    raw: str | None,
    city: str | None,
    region: str | None,
    country: str | None,
    *,
    postcode: str | None = None,
    workplace: str | None = None,
) -> Place:
    """Where a posting is, from its raw place text and the columns of its source.

    `postcode` is a postcode column, `workplace` a column or word that says onsite, hybrid or remote. Columns win over
    the raw text, which fills what they leave open. Status: given (a column states it), parsed (read out of the raw
    text; also a text that only says "Remote"), missing (nothing, or a word for nothing), unparsed. Cities in China are
    prefecture-level units; a town that no table holds is kept as it is written where its region or country is stated.
    """
    return _place(_cut(raw), _cut(city), _cut(region), _cut(country), _cut(postcode), _cut(workplace))
