"""The market `worldwide`: all standard titles and a few emerging ones, with the growth that a study published.

What belongs here: turning `market/data/worldwide.yaml` and the authored titles into a plan. What does not: the
balancing itself (`growth`), and drawing postings.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from market import growth
from market.content import BANDS, EDUCATION_LEVELS, LANGUAGES, Content, load_content, read_data
from market.growth import Floats, Given, Growth, Total
from market.pay import STATED, STATED_ELSEWHERE
from market.phrasebook import EXPERIENCE
from market.plan import BY_COUNTRY, Cities, Crawl, Figure, Plan, Segments
from market.spec import MarketSpec

GROWTH_STREAM = 1
"""The random stream of this module: streams of one seed are independent of each other."""

WINDOW = range(10)
"""January to October, the months whose change the study states."""

FIRST_YEAR, YEARS = 2023, (2024, 2025)
STAFFING = "staffing"
NEXT_INDUSTRY = 0.62
"""Each further industry named for a title holds this share of the one before it."""

CHINESE_IN_CHINA = 0.92
PAY_SPREAD = 0.14
PAY_BY_EXPERIENCE = np.array([0.86, 0.92, 1.0, 1.1, 1.2, 1.28])
_LOW_PAID = 45_000
_EXPERIENCE_SHARES = {
    "low paid": (0.45, 0.30, 0.20, 0.05, 0.0, 0.0),
    BANDS[0]: (0.12, 0.25, 0.30, 0.20, 0.09, 0.04),
    BANDS[1]: (0.0, 0.03, 0.20, 0.40, 0.25, 0.12),
    BANDS[2]: (0.0, 0.0, 0.05, 0.25, 0.35, 0.35),
}
_EDUCATION_AROUND = {-1: 1 / 6, 0: 4 / 6, 1: 1 / 6}
"""How often an ad asks for one level less, the title's own, or one more."""


def plan_worldwide(spec: MarketSpec) -> Plan:
    """The plan of the market `worldwide`. Raises ContradictionError where the published figures cannot all hold."""
    content, data = load_content(), read_data("worldwide.yaml")
    rng = np.random.default_rng([spec.seed, GROWTH_STREAM])
    season = _season(content, data)
    base = _base(content, data)
    by_year = _growth(rng, spec, content, data, base)
    path = growth.Path(base, season, list(WINDOW), by_year, FIRST_YEAR)
    volume = path.volumes(spec.months)
    segments, shares = _segments(content, data)
    cell_title, cell_segment = np.nonzero(shares)
    cells = volume[cell_title] * shares[cell_title, cell_segment][:, None]
    return Plan(
        content=content,
        months=tuple(spec.months),
        segments=segments,
        cell_title=cell_title,
        cell_segment=cell_segment,
        volume=cells / cells.sum(),
        crawl=_crawl(content, data, segments, spec),
        cities=_cities(content),
        chinese=np.array([CHINESE_IN_CHINA if c.code == "CN" else 0.0 for c in content.countries]),
        education_cdf=_education(content),
        experience_cdf=_experience(content),
        experience_texts=EXPERIENCE,
        size_texts={
            language: tuple(tuple(band) for band in content.employers[f"sizes_{language}"])
            for language in LANGUAGES
        },
        pay=_pay(content),
        pay_spread=PAY_SPREAD,
        pay_by_experience=PAY_BY_EXPERIENCE,
        pay_stated={c.currency: STATED.get(c.currency, STATED_ELSEWHERE) for c in content.countries},
        asked=(),
        applicants=None,
        figures=tuple(_figures(content, data, base, by_year)),
    )


def members(content: Content, title_id: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """A title and all that descend from it."""
    parent = {title.title_id: title.parent for title in content.titles}

    def inside(name: str) -> bool:
        return name == title_id or (bool(parent.get(name)) and inside(parent[name]))

    return np.array([inside(title.title_id) for title in content.titles])


def _base(content: Content, data: dict[str, Any]) -> Floats:
    """(T,) volumes of the first year's window, with the bands' shares of the data file."""
    weight = np.array([title.weight for title in content.titles])
    band = np.array([title.band for title in content.titles])
    for name, percent in data["band_shares"].items():
        weight[band == name] *= percent / 100 / weight[band == name].sum()
    return weight


def _season(content: Content, data: dict[str, Any]) -> Floats:
    common = np.array(growth.SEASON)
    return np.stack(
        [
            common * np.array(data["seasons"][title.family_id])
            if title.family_id in data["seasons"]
            else common
            for title in content.titles
        ]
    )


def _given(content: Content, data: dict[str, Any], year: int) -> Given:
    market = data["market"][year] / 100
    number = {title.title_id: n for n, title in enumerate(content.titles)}
    change: dict[int, float] = {}
    kind: dict[int, str] = {}
    for title_id, entry in data["titles"].items():
        if year in entry:
            change[number[title_id]] = entry[year] / 100
            kind[number[title_id]] = _kind(entry, year)
    band = np.array([title.band for title in content.titles])
    family = np.array([title.family_id for title in content.titles])
    totals = []
    scattered = np.zeros(len(content.titles), dtype=bool)
    for group in data["groups"]:
        inside = members(content, group["id"])
        scattered |= inside
        if year in group:
            totals.append(Total(group["id"], inside, group[year] / 100))
    for name, percent in data["families"].get(year, {}).items():
        totals.append(Total(name, family == name, percent / 100))
    for name in BANDS:
        percent = data["bands"].get(year, {}).get(name, data["market"][year])
        totals.append(Total(name, band == name, percent / 100))
    low, high = data["drawn_limits"].get(year, (-60, 60))
    return Given(market, change, kind, totals, scattered, (low / 100, high / 100))


def _kind(entry: dict[Any, Any], year: int) -> str:
    for word, kind in (("about", growth.ABOUT), ("bounds", growth.BOUND), ("assumed", growth.ASSUMED)):
        if year in entry.get(word, []):
            return kind
    return growth.PUBLISHED


def _growth(
    rng: np.random.Generator, spec: MarketSpec, content: Content, data: dict[str, Any], base: Floats
) -> dict[int, Growth]:
    given = {year: _given(content, data, year) for year in YEARS}
    fixed = np.zeros(len(content.titles), dtype=bool)
    for of_year in given.values():
        fixed[list(of_year.change)] = True
    # A title without any figure is a null in both years or in neither.
    lasting = growth.choose(rng, ~fixed & ~given[YEARS[0]].scattered, spec.null_share)
    volume, found = base, {}
    for year in YEARS:
        open_ = fixed & ~given[year].scattered
        open_[list(given[year].change)] = False
        nulls = lasting | growth.choose(rng, open_, spec.null_share)
        found[year] = growth.draw_growth(rng, volume, given[year], nulls, spec.spread)
        volume = volume * (1.0 + found[year].change)
    return found


def _segments(content: Content, data: dict[str, Any]) -> tuple[Segments, Floats]:
    """One segment an industry, and (T, S) the share of each title's postings that falls to it."""
    ids = [industry.industry_id for industry in content.industries]
    agency = ids.index(STAFFING)
    shares = np.zeros((len(content.titles), len(ids)))
    for n, title in enumerate(content.titles):
        placed = data["agencies"][title.band] / 100
        weights = NEXT_INDUSTRY ** np.arange(len(title.industries))
        own = [ids.index(name) for name in title.industries]
        shares[n, own] += (1.0 - placed) * weights / weights.sum()
        shares[n, agency] += placed
    employers = np.array([industry.employers for industry in content.industries])
    segments = Segments(
        industry=np.arange(len(ids)),
        size=np.full(len(ids), -1),
        share=employers / employers.sum(),
        agency=np.arange(len(ids)) == agency,
    )
    return segments, shares


def _crawl(content: Content, data: dict[str, Any], segments: Segments, spec: MarketSpec) -> Crawl:
    rules = data["crawl"]

    def row(rule: dict[str, float]) -> list[float]:
        return [rule["throughout"], rule["entering"], rule["leaving"]]

    shares = np.tile(row(rules["everyone"]), (len(segments.industry), len(content.countries), 1)).astype(
        float
    )
    for s, industry in enumerate(segments.industry):
        name = content.industries[industry].industry_id
        if name in rules["industries"]:
            shares[s, :] = row(rules["industries"][name])
    for c, country in enumerate(content.countries):
        if country.code in rules["countries"]:
            shares[:, c] = row(rules["countries"][country.code])
    # Without drift, those who would enter or leave are reached throughout.
    moving = shares[..., 1:] * spec.coverage_drift
    shares[..., 0] += shares[..., 1:].sum(axis=-1) - moving.sum(axis=-1)
    shares[..., 1:] = moving
    months = spec.months
    return Crawl(shares, tuple(months.index(m) for m in rules["expansions"] if m in months))


def _cities(content: Content) -> Cities:
    names, country, spellings = [], [], []
    for c, place in enumerate(content.countries):
        for city in place.cities:
            names.append(city.name)
            country.append(c)
            spellings.append(city.spellings)
    of = np.array(country)
    share = np.array([city.share for place in content.countries for city in place.cities])
    weights = np.where(of[None, :] == np.arange(len(content.countries))[:, None], share[None, :], 0.0)
    cdf = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    return Cities(tuple(names), of, tuple(spellings), cdf, BY_COUNTRY)


def _education(content: Content) -> Floats:
    shares = np.zeros((len(content.titles), len(EDUCATION_LEVELS)))
    for n, title in enumerate(content.titles):
        for step, share in _EDUCATION_AROUND.items():
            level = min(max(EDUCATION_LEVELS.index(title.education) + step, 0), len(EDUCATION_LEVELS) - 1)
            shares[n, level] += share
    return np.cumsum(shares, axis=1)


def _experience(content: Content) -> Floats:
    names = ["low paid" if t.pay < _LOW_PAID and t.band == BANDS[0] else t.band for t in content.titles]
    return np.cumsum([_EXPERIENCE_SHARES[name] for name in names], axis=1)


def _pay(content: Content) -> Floats:
    """(T, P): dollars of the title's data at the price level, and in the currency, of the city's country."""
    level = np.array([place.pay for place in content.countries for _ in place.cities])
    return np.array([title.pay for title in content.titles])[:, None] * level[None, :]


def _figures(
    content: Content, data: dict[str, Any], base: Floats, by_year: dict[int, Growth]
) -> list[Figure]:
    """The planted changes of titles, bands, families, groups and the market, per year."""
    rows: list[Figure] = []
    volume = base
    for year in YEARS:
        found = by_year[year]
        window, after = f"{year}-01..{year}-10", volume * (1.0 + found.change)

        def total(mask: Any, volume: Floats = volume, after: Floats = after) -> float:
            return float(after[mask].sum() / volume[mask].sum() - 1.0)

        everything = np.ones(len(volume), dtype=bool)
        source = growth.PUBLISHED if year == YEARS[-1] else growth.ASSUMED
        rows.append(Figure("market_yoy", "all", "*", "", window, total(everything), source))
        rows += [
            Figure("title_yoy", "all", title.title_id, "", window, float(found.change[n]), found.kind[n])
            for n, title in enumerate(content.titles)
        ]
        band = np.array([title.band for title in content.titles])
        for name in BANDS:
            source = growth.PUBLISHED if name in data["bands"].get(year, {}) else growth.ASSUMED
            rows.append(Figure("band_yoy", "all", name, "", window, total(band == name), source))
        family = np.array([title.family_id for title in content.titles])
        for name in sorted(set(family.tolist())):
            source = growth.ABOUT if name in data["families"].get(year, {}) else "derived"
            rows.append(Figure("family_yoy", "all", name, "", window, total(family == name), source))
        for title in content.titles:
            inside = members(content, title.title_id)
            if inside.sum() > 1:
                group: dict[Any, Any] = next((g for g in data["groups"] if g["id"] == title.title_id), {})
                source = _kind(group, year) if year in group else "derived"
                rows.append(Figure("parent_yoy", "all", title.title_id, "", window, total(inside), source))
        volume = after
    return rows
