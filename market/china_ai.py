"""The market `china_ai`: a Chinese board's postings of AI roles and their surroundings, with those who apply.

What belongs here: turning `market/data/china_ai.yaml` and the authored titles into a plan in which every figure of the
study holds exactly. What does not: the balancing of growth (`growth`), the list of what is planted
(`china_ai_figures`), and drawing postings or applications.

All that is published of a role is stated for the first three quarters of 2025, so a profile of titles has one
distribution of cities, education, experience, pay and applicants, which holds in every month. Only volumes move.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from market import growth
from market.china_ai_figures import figures
from market.china_ai_study import (
    AI_INDUSTRY,
    ALL_CITIES,
    ALL_MONTHS,
    EDUCATION,
    ELSEWHERE,
    FIRST_YEAR,
    INSIDE,
    LAST_QUARTER,
    WINDOW,
    YEAR,
    Study,
    fill,
    read_study,
)
from market.content import EDUCATION_LEVELS
from market.growth import Booleans, ContradictionError, Floats, Given, Total
from market.pay import STATED
from market.plan import BY_TITLE, Applicants, Cities, Crawl, Integers, Plan, Segments
from market.spec import CHINA_AI, MarketSpec
from market.worldwide import GROWTH_STREAM

STAFFING = "staffing"
MOST_NULL = 0.8
"""However many nulls are asked for, some titles must give way to those whose growth is published."""


@dataclass(frozen=True)
class Demand:
    """How many postings there are. volume: (2, T, 24), by scope and month of `ALL_MONTHS`. kind: (T,), why it grows."""

    volume: Floats
    kind: list[str]

    def window(self, year: int, months: Collection[int]) -> Floats:
        """(2, T): the postings of some months of a year."""
        first = (year - FIRST_YEAR) * 12
        return np.asarray(self.volume[:, :, [first + month for month in months]].sum(axis=2))


def plan_china_ai(spec: MarketSpec) -> Plan:
    """The plan of the market `china_ai`. Raises ContradictionError where the study's figures cannot all hold.

    Pay: `Plan.pay` is twelve times the mean of ads' monthly midpoints in a title and city. The generator takes
    an ad's midpoint as pay / 12 * pay_by_experience[level] / (its mean over the title's levels) * a log-normal of
    mean one and spread `pay_spread`; level and city are independent, so the means of cities and roles are exact.
    """
    if spec.name != CHINA_AI:
        raise ValueError(f"{spec.name!r} is another market")
    study = read_study()
    demand = _demand(np.random.default_rng([spec.seed, GROWTH_STREAM]), spec, study)
    segments = _segments(study)
    shares = _shares(study, demand, segments)
    cell_title, cell_segment = np.nonzero(shares)
    shown = [ALL_MONTHS.index(month) for month in spec.months]
    scope = _scope(study, segments)
    cells = demand.volume[scope[cell_segment], cell_title] * shares[cell_title, cell_segment][:, None]
    data = study.data
    texts = {language: _texts(data["experience"], language) for language in ("en", "zh")}
    cities = _cities(study)
    plan = Plan(
        content=study.content,
        months=tuple(ALL_MONTHS),
        segments=segments,
        cell_title=cell_title,
        cell_segment=cell_segment,
        volume=cells,
        crawl=Crawl(_crawl(data["crawl"], spec, len(segments.share)), ()),
        cities=cities,
        chinese=np.array([data["chinese"] / 100]),
        education_cdf=_by_title(study, _education(study)),
        experience_cdf=_by_title(study, _levels(study, "experience", tuple(data["experience"]))),
        experience_texts=texts,
        size_texts={language: _texts(data["sizes"], language) for language in ("en", "zh")},
        pay=_pay(study, demand, np.diff(cities.cdf, axis=1, prepend=0.0)),
        pay_spread=float(data["pay_spread"]),
        pay_by_experience=np.array(data["pay_by_experience"]),
        pay_stated={"CNY": STATED["CNY"]},
        asked=_asked(study),
        applicants=_applicants(study, demand, scope, cities),
        figures=(),
    )
    # Figures are read off the whole plan, so that they do not depend on which months are asked for.
    return _cut(replace(plan, figures=tuple(figures(study, plan, demand.kind))), spec, shown)


def _texts(entries: Mapping[str, Mapping[str, list[str]]], language: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(entry[language]) for entry in entries.values())


def _cut(plan: Plan, spec: MarketSpec, shown: list[int]) -> Plan:
    """The plan of the months that are asked for."""
    volume, applicants = plan.volume[:, shown], plan.applicants
    return replace(
        plan,
        months=tuple(spec.months),
        volume=volume / volume.sum(),
        applicants=applicants and replace(applicants, per_posting=applicants.per_posting[:, :, shown]),
    )


def _by_title(study: Study, by_profile: Floats) -> Floats:
    """Cumulative shares of each title, from the shares of each profile."""
    return np.asarray(np.cumsum(by_profile, axis=1)[study.profile])


def _levels(study: Study, name: str, levels: tuple[str, ...]) -> Floats:
    return np.stack([fill(entry[name], levels) for entry in study.entries])


def _education(study: Study) -> Floats:
    """(profiles, 6): the study does not part masters from doctors, so their ratio is assumed."""
    doctors = study.data["doctors"] / 100
    stated = _levels(study, "education", tuple(EDUCATION))
    shares = np.zeros((len(stated), len(EDUCATION_LEVELS)))
    for column, levels in enumerate(EDUCATION.values()):
        for level, part in zip(levels, (1 - doctors, doctors) if len(levels) > 1 else (1.0,), strict=True):
            shares[:, EDUCATION_LEVELS.index(level)] = stated[:, column] * part
    return shares


# Demand


def _demand(rng: np.random.Generator, spec: MarketSpec, study: Study) -> Demand:
    """Volumes in which the changes of all roles hold, in the AI industry and in all industries, and so do the totals.

    Growth is balanced over rows of scope and title. The third quarter of the AI industry is then set apart from the
    first two by one factor, which leaves the three quarters of every title as they are.
    """
    titles = len(study.content.titles)
    base, season = _base(study), np.tile(study.data["season"], (2 * titles, 1))
    nulls = growth.choose(rng, ~np.any(list(study.roles.values()), axis=0), min(spec.null_share, MOST_NULL))
    given = _given(study, nulls)
    found = growth.draw_growth(rng, base.ravel(), given, np.zeros(2 * titles, dtype=bool), spec.spread)
    path = growth.Path(base.ravel(), season, list(WINDOW), {YEAR: found}, FIRST_YEAR)
    untilted = path.volumes(ALL_MONTHS).reshape(2, titles, 24)
    tilted = replace(path, tilts={YEAR: _tilt(study, untilted).reshape(2 * titles, 12)})
    return Demand(tilted.volumes(ALL_MONTHS).reshape(2, titles, 24), _kinds(study, nulls))


def _base(study: Study) -> Floats:
    """(2, T): postings of the first year's window.

    The study states a role's share in the AI industry after its growth; before it, it was smaller by how much less the
    role grew elsewhere.
    """
    base = np.zeros((2, len(study.content.titles)))
    changes = study.data["demand"]["roles"]
    for number, (name, entry) in enumerate(zip(study.profiles, study.entries, strict=True)):
        inside = fill(entry["industries"], study.industries)[study.industries.index(AI_INDUSTRY)]
        if name in changes:
            inside *= (100 + changes[name]["all_industries"]) / (100 + changes[name]["ai_industry"])
        for title in np.flatnonzero(study.profile == number):
            volume = entry["titles"][study.content.titles[title].title_id]
            base[:, title] = volume * (1 - inside), volume * inside
    return base / base.sum()


def _given(study: Study, nulls: Booleans) -> Given:
    """What the growth of rows (scope after scope, title by title) must add up to."""
    demand, nothing = study.data["demand"], np.zeros(len(nulls), dtype=bool)
    everywhere, inside = (np.array([True, True]), np.array([False, True]))

    def rows(scopes: Booleans, titles: Booleans) -> Booleans:
        return np.outer(scopes, titles).ravel()

    market = demand["market"] / 100
    totals = [Total("the market", rows(everywhere, ~nothing), market)]
    totals.append(Total(AI_INDUSTRY, rows(inside, ~nothing), demand["ai_industry"]["q1q3"] / 100))
    for title in np.flatnonzero(nulls):
        one = np.arange(len(nulls)) == title
        totals.append(Total(study.content.titles[title].title_id, rows(everywhere, one), market))
    scattered = nothing
    for role, change in demand["roles"].items():
        scattered = scattered | study.roles[role]
        totals.append(Total(role, rows(everywhere, study.roles[role]), change["all_industries"] / 100))
        if "ai_industry" in change:
            name = f"{role} in {AI_INDUSTRY}"
            totals.append(Total(name, rows(inside, study.roles[role]), change["ai_industry"] / 100))
    return Given(market, {}, {}, totals, rows(everywhere, scattered))


def _tilt(study: Study, untilted: Floats) -> Floats:
    """(2, T, 12): factors of 2025, one in the third quarter of the AI industry for all titles, and in the months before
    whatever keeps the title's three quarters as they are. Afterwards the third quarter's goes on.
    """
    before, after = untilted[INSIDE, :, :12], untilted[INSIDE, :, 12:]
    wanted = (1 + study.data["demand"]["ai_industry"]["q3"] / 100) * before[:, list(LAST_QUARTER)].sum()
    late = wanted / after[:, list(LAST_QUARTER)].sum()
    window, last = after[:, list(WINDOW)].sum(axis=1), after[:, list(LAST_QUARTER)].sum(axis=1)
    early = (window - late * last) / (window - last)
    if (early <= 0).any():
        raise ContradictionError("the third quarter of the AI industry leaves nothing for the first two")
    tilt = np.ones((2, len(early), 12))
    tilt[INSIDE] = late
    tilt[INSIDE, :, : LAST_QUARTER[0]] = early[:, None]
    return tilt


def _kinds(study: Study, nulls: Booleans) -> list[str]:
    """(T,): why the title's change, in all industries, is what it is."""
    kinds = np.where(nulls, growth.NULL, growth.DRAWN).astype(object)
    for role in study.roles.values():
        kinds[role] = growth.PUBLISHED if role.sum() == 1 else growth.GROUP
    return [str(kind) for kind in kinds]


# Where the postings are


def _segments(study: Study) -> Segments:
    """An industry and a band of size each, industry after industry."""
    bands = study.data["sizes"]
    industries = study.content.industries
    employers = np.array([industry.employers for industry in industries])
    share = np.outer(employers, [band["employers"] for band in bands.values()]).ravel()
    of = np.repeat(np.arange(len(industries)), len(bands))
    return Segments(
        industry=of,
        size=np.tile(np.arange(len(bands)), len(industries)),
        share=share / share.sum(),
        agency=np.array([industries[number].industry_id == STAFFING for number in of]),
    )


def _scope(study: Study, segments: Segments) -> Integers:
    return np.where(segments.industry == study.industries.index(AI_INDUSTRY), INSIDE, ELSEWHERE)


def _shares(study: Study, demand: Demand, segments: Segments) -> Floats:
    """(T, S): of a title's postings in the scope of the segment, the share that falls to the segment.

    The AI industry has the sizes that are published for all of its postings. Elsewhere a profile has the sizes with
    which, the AI industry included, its published sizes come out.
    """
    bands = tuple(study.data["sizes"])
    inside_sizes = fill(study.data["ai_industry_sizes"], bands)
    volume = demand.window(YEAR, WINDOW)
    inside = study.industries.index(AI_INDUSTRY)
    shares = np.zeros((len(study.profiles), len(study.industries), len(bands)))
    for number, (name, entry) in enumerate(zip(study.profiles, study.entries, strict=True)):
        industries = fill(entry["industries"], study.industries)
        industries[inside] = 0.0
        own = volume[:, study.profile == number].sum(axis=1)
        part = own[INSIDE] / own.sum()
        elsewhere = (fill(entry["sizes"], bands) - part * inside_sizes) / (1 - part)
        if (elsewhere < 0).any():
            raise ContradictionError(f"{name}: the sizes of the AI industry leave no room for its own")
        shares[number] = np.outer(industries / industries.sum(), elsewhere)
        shares[number, inside] = inside_sizes
    return np.asarray(shares.reshape(len(study.profiles), -1)[study.profile])


def _crawl(rule: Mapping[str, float], spec: MarketSpec, segments: int) -> Floats:
    """(S, 1, 3). Without drift, those who would enter or leave are reached throughout."""
    moving = np.array([rule["entering"], rule["leaving"]])
    drifting = moving * spec.coverage_drift
    row = [rule["throughout"] + moving.sum() - drifting.sum(), *drifting]
    return np.tile(row, (segments, 1, 1))


def _cities(study: Study) -> Cities:
    (country,) = study.content.countries
    names = tuple(city.name for city in country.cities)
    rows = []
    for entry in study.entries:
        lean = entry.get("city_lean", {})
        weights = {city.name: city.share * lean.get(city.name, 1.0) for city in country.cities}
        rows.append(fill(entry.get("cities", {}), names, weights))
    return Cities(
        names=names,
        country=np.zeros(len(names), dtype=np.int64),
        spellings=tuple(city.spellings for city in country.cities),
        cdf=_by_title(study, np.stack(rows)),
        by=BY_TITLE,
    )


# Pay and skills


def _pay(study: Study, demand: Demand, city_share: Floats) -> Floats:
    """(T, P), CNY a year. `city_share`: (T, P)."""
    (country,) = study.content.countries
    names = [city.name for city in country.cities]
    level = np.array([study.data["pay_levels"][name] for name in names])
    volume = demand.window(YEAR, WINDOW).sum(axis=0)
    pay = np.zeros(city_share.shape)
    for number, entry in enumerate(study.entries):
        of = np.flatnonzero(study.profile == number)
        share = city_share[of[0]]
        if "pay" not in entry:
            dollars = np.array([study.content.titles[title].pay for title in of])
            pay[of] = country.pay * dollars[:, None] * level / (level @ share)
            continue
        stated = {**entry["pay"]["published"], **entry["pay"]["assumed"]}
        known = np.array([name in stated for name in names])
        month = np.array([stated.get(name, 0.0) for name in names])
        left = stated[ALL_CITIES] - (month @ share)
        month[~known] = level[~known] * left / (level[~known] @ share[~known])
        ratio = np.array(
            [entry.get("pay_of", {}).get(study.content.titles[title].title_id, 1.0) for title in of]
        )
        pay[of] = 12 * np.outer(ratio * volume[of].sum() / (ratio @ volume[of]), month)
    return pay


def _asked(study: Study) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Skills by title, named independently of each other: those of its profile, then those of its own words.

    Where the profile has none, the title's own are asked for, the first ones most often (assumed).
    """
    asked = []
    for title, profile in zip(study.content.titles, study.profile, strict=True):
        skills = [(text, percent / 100) for _, text, percent in study.entries[profile].get("skills", [])]
        own = [text for text in title.speech["zh"].skills if text not in {name for name, _ in skills}]
        most = min((share for _, share in skills), default=0.55)
        skills += [(text, most * 0.8 ** (place + bool(skills))) for place, text in enumerate(own)]
        asked.append(tuple(skills))
    return tuple(asked)


# Applicants


def _applicants(study: Study, demand: Demand, scope: Integers, cities: Cities) -> Applicants:
    said = study.data["applicants"]
    texts = {
        # Chinese spellings only: profiles are filled in by people in China.
        "city": {name: group[1:] for name, group in zip(cities.names, cities.spellings, strict=True)},
        "previous_industry": {
            industry.names["en"][0]: industry.names["zh"] for industry in study.content.industries
        },
        **{name: said[name] for name in ("age", "education", "major", "previous_occupation")},
    }
    job_cities = np.diff(cities.cdf, axis=1, prepend=0.0)
    shares: dict[str, list[Floats]] = {name: [] for name in texts}
    for number, entry in enumerate(study.entries):
        who = entry["applicants"]
        jobs = job_cities[np.flatnonzero(study.profile == number)[0]]
        weights = dict(zip(cities.names, jobs.tolist(), strict=True))
        shares["city"].append(fill(who.get("city", {}), cities.names, weights))
        for name in ("age", "education"):
            shares[name].append(fill(who[name], tuple(texts[name])))
        for name in ("major", "previous_industry", "previous_occupation"):
            shares[name].append(_named(who[name], tuple(texts[name])))
    return Applicants(
        groups=study.profiles,
        group=study.profile,
        scope=scope,
        per_posting=_per_posting(study, demand),
        applications_each=float(study.data["supply"]["applications_each"]),
        values={name: tuple(values) for name, values in texts.items()},
        texts={name: tuple(tuple(group) for group in values.values()) for name, values in texts.items()},
        cdf={name: np.cumsum(rows, axis=1) for name, rows in shares.items()},
        blank={name: percent / 100 for name, percent in said["blank"].items()},
    )


def _named(entry: Mapping[str, Any], values: tuple[str, ...]) -> Floats:
    """The shares of the values that lead, the rest sharing `others` equally."""
    others = {value: 1.0 for value in values if value not in entry["named"]}
    return fill({"published": entry["named"], "assumed": others}, values)


def _per_posting(study: Study, demand: Demand) -> Floats:
    """(T, 2, 24): applications of a posting. In 2025 those of the title's profile, in every month and industry."""
    volume = demand.window(YEAR, WINDOW).sum(axis=0)
    published = np.array([entry["applications"].get("published", 0.0) for entry in study.entries])
    relative = np.array([entry["applications"].get("relative", 0.0) for entry in study.entries])
    stated, open_ = published[study.profile], relative[study.profile]
    left = study.data["applications_per_posting"]["published"] * volume.sum() - stated @ volume
    mean = stated + open_ * left / (open_ @ volume)
    per_posting = np.tile(mean[:, None, None], (1, 2, 24))
    per_posting[:, ELSEWHERE, :12] *= study.data["supply"]["elsewhere_2024"]
    per_posting[:, INSIDE, :12] *= _crowding(study, demand, mean)
    return per_posting


def _crowding(study: Study, demand: Demand, mean: Floats) -> Floats:
    """(12,): applications of a posting of the AI industry in the months of 2024, against 2025.

    People send equally many applications in both years, so people grow as applications do. The line through January
    to September is the one with which they grow as published over three quarters and over the third; after it, 1.
    """
    supply = study.data["supply"]["ai_industry"]
    before, after = (mean @ demand.volume[INSIDE, :, year * 12 : year * 12 + 12] for year in (0, 1))
    windows = [(list(WINDOW), supply["q1q3"]), (list(LAST_QUARTER), supply["q3"])]
    wanted = [after[months].sum() / (1 + percent / 100) for months, percent in windows]
    month = np.arange(12)
    lines = [[before[months].sum(), before[months] @ month[months]] for months, _ in windows]
    level, slope = np.linalg.solve(np.array(lines), np.array(wanted))
    crowding = np.where(month <= WINDOW[-1], level + slope * month, 1.0)
    if (crowding <= 0).any():
        raise ContradictionError("the applicants of the AI industry cannot grow as published")
    return np.asarray(crowding)
