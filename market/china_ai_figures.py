"""The figures planted in the market `china_ai`, in the tables and the words of the study.

What belongs here: reading off a plan what it holds, for every figure that the study gives and for those beside it. What
does not: planting. A figure is computed from the plan's arrays, never copied from the data file, so that it is true
of the market even where the file would be wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from market import growth
from market.china_ai_study import (
    ALL_CITIES,
    ALL_MONTHS,
    EDUCATION,
    LAST_QUARTER,
    WINDOW,
    YEAR,
    Study,
    source,
)
from market.content import EDUCATION_LEVELS
from market.growth import Booleans, Floats
from market.plan import Applicants, Figure, Plan

INDUSTRY, EVERYWHERE = "ai_industry", "all_industries"
Q1Q3, Q3 = (f"{YEAR}-{months[0] + 1:02d}..{YEAR}-{months[-1] + 1:02d}" for months in (WINDOW, LAST_QUARTER))
DERIVED = "derived"

SUMS: dict[str, dict[str, tuple[str, ...]]] = {
    "sizes": {"<300": ("<20", "20-99", "100-299"), ">=1000": ("1000-9999", ">=10000")},
    "education": {"bachelor or above": ("bachelor", "master or above")},
    "experience": {"1-3 and 3-5 years together": ("1-3 years", "3-5 years")},
    "age": {"under 35": ("<=25", "26-35")},
}
"""Shares that the study also gives together."""

APPLICANT_TABLES = {
    "city": "applicant_city_share",
    "age": "applicant_age_share",
    "education": "applicant_education_share",
    "major": "applicant_major",
    "previous_industry": "applicant_previous_industry",
    "previous_occupation": "applicant_previous_occupation",
}


def figures(study: Study, plan: Plan, kinds: Sequence[str]) -> Iterator[Figure]:
    """Everything planted. `plan`: of `ALL_MONTHS`, not normalised; `kinds`: (T,), see `market.growth`."""
    read = _Reader(study, plan, kinds)
    for table in (
        read.titles(),
        read.demand(),
        read.supply(),
        read.industries(),
        read.sizes(),
        read.cities(),
        read.salaries(),
        read.requirements(),
        read.skills(),
        read.competition(),
        read.applicants(),
    ):
        yield from table


@dataclass(frozen=True)
class _Reader:
    """Reads one plan, table by table. The studied roles are those whose titles are a profile of their own."""

    study: Study
    plan: Plan
    kinds: Sequence[str]

    @property
    def _studied(self) -> Iterator[tuple[str, dict[str, Any], Booleans]]:
        for number, (name, entry) in enumerate(zip(self.study.profiles, self.study.entries, strict=True)):
            if name in self.study.roles:
                yield name, entry, self.study.profile == number

    @property
    def _everything(self) -> Booleans:
        return np.ones(len(self.study.content.titles), dtype=bool)

    @property
    def _who(self) -> Applicants:
        assert self.plan.applicants is not None  # noqa: S101
        return self.plan.applicants

    def _cells(self, months: Collection[int], year: int = YEAR) -> Floats:
        """(C,): postings in some months (0 to 11) of a year."""
        return np.asarray(self.plan.volume[:, _columns(months, year)].sum(axis=1))

    def _applications(self, months: Collection[int], year: int = YEAR) -> Floats:
        """(C,): applications for them."""
        columns, who, plan = _columns(months, year), self._who, self.plan
        each = who.per_posting[plan.cell_title, who.scope[plan.cell_segment]][:, columns]
        return np.asarray((plan.volume[:, columns] * each).sum(axis=1))

    def _inside(self, titles: Booleans, scope: str = EVERYWHERE) -> Booleans:
        """(C,): whether a cell is one of the titles, in the scope."""
        cells = titles[self.plan.cell_title]
        if scope == INDUSTRY:
            cells = cells & (self._who.scope[self.plan.cell_segment] == 1)
        return np.asarray(cells)

    def _by_title(self, values: Floats, titles: Booleans) -> Floats:
        """Values by title, (T, ...), in the mean over the postings of the three quarters."""
        volume = np.bincount(self.plan.cell_title, self._cells(WINDOW), minlength=len(titles)) * titles
        return np.asarray(np.tensordot(volume / volume.sum(), values, axes=1))

    def titles(self) -> Iterator[Figure]:
        before, after = self._cells(WINDOW, YEAR - 1), self._cells(WINDOW)
        change = float(after.sum() / before.sum() - 1)
        yield Figure("market_yoy", "all", "*", "", Q1Q3, change, growth.ASSUMED)
        for number, title in enumerate(self.study.content.titles):
            own = self.plan.cell_title == number
            change = float(after[own].sum() / before[own].sum() - 1)
            yield Figure("title_yoy", "all", title.title_id, "", Q1Q3, change, self.kinds[number])

    def _changes(
        self,
        table: str,
        key: str,
        before: Floats,
        after: Floats,
        window: str,
        stated: Mapping[tuple[str, str], str],
    ) -> Iterator[Figure]:
        for role, titles in {"all": self._everything, **self.study.roles}.items():
            for scope in (INDUSTRY, EVERYWHERE):
                cells = self._inside(titles, scope)
                change = float(after[cells].sum() / before[cells].sum() - 1)
                yield Figure(table, scope, role, key, window, change, stated.get((scope, role), DERIVED))

    def demand(self) -> Iterator[Figure]:
        stated = {(INDUSTRY, "all"): growth.PUBLISHED}
        for months, window in ((WINDOW, Q1Q3), (LAST_QUARTER, Q3)):
            before, after = self._cells(months, YEAR - 1), self._cells(months)
            own = dict(stated)
            if window == Q1Q3:
                own[EVERYWHERE, "all"] = growth.ASSUMED
                for role, change in self.study.data["demand"]["roles"].items():
                    own.update({(scope, role): growth.PUBLISHED for scope in change})
            yield from self._changes("demand_yoy", "postings", before, after, window, own)

    def supply(self) -> Iterator[Figure]:
        """People send equally many applications in every quarter, so they change as applications do."""
        stated = {(INDUSTRY, "all"): growth.PUBLISHED}
        for months, window in ((WINDOW, Q1Q3), (LAST_QUARTER, Q3)):
            before, after = self._applications(months, YEAR - 1), self._applications(months)
            yield from self._changes("supply_yoy", "applicants", before, after, window, stated)

    def industries(self) -> Iterator[Figure]:
        volume, of = self._cells(WINDOW), self.plan.segments.industry[self.plan.cell_segment]
        for role, entry, titles in self._studied:
            cells = self._inside(titles)
            shares = _shares(of[cells], volume[cells], len(self.study.industries))
            yield from _rows("industry_share", role, self.study.industries, shares, entry["industries"])

    def sizes(self) -> Iterator[Figure]:
        volume, of = self._cells(WINDOW), self.plan.segments.size[self.plan.cell_segment]
        bands = list(self.study.data["sizes"])
        places: list[tuple[str, str, dict[str, Any], Booleans]] = [
            (EVERYWHERE, role, entry["sizes"], self._inside(titles)) for role, entry, titles in self._studied
        ]
        inside = self._inside(self._everything, INDUSTRY)
        places.append((INDUSTRY, "all", self.study.data["ai_industry_sizes"], inside))
        for scope, role, entry, cells in places:
            shares = _shares(of[cells], volume[cells], len(bands))
            yield from _rows("company_size_share", role, bands, shares, entry, SUMS["sizes"], scope)

    def cities(self) -> Iterator[Figure]:
        share = np.diff(self.plan.cities.cdf, axis=1, prepend=0.0)
        for role, entry, titles in self._studied:
            yield from _rows(
                "city_share", role, self.plan.cities.names, self._by_title(share, titles), entry["cities"]
            )

    def salaries(self) -> Iterator[Figure]:
        """CNY a month: the means of all ads of the three quarters, whether they state their pay or not."""
        share = np.diff(self.plan.cities.cdf, axis=1, prepend=0.0)
        names = (ALL_CITIES, *self.plan.cities.names)
        for role, entry, titles in self._studied:
            in_city = self._by_title(share * self.plan.pay, titles) / self._by_title(share, titles) / 12
            everywhere = self._by_title((share * self.plan.pay).sum(axis=1), titles) / 12
            stated = entry["pay"]["published"].keys() | entry["pay"]["assumed"].keys()
            for name, mean in zip(names, [everywhere, *in_city], strict=True):
                of = source(entry["pay"], name) if name in stated else DERIVED
                yield Figure("salary_mean", EVERYWHERE, role, name, Q1Q3, float(mean), of)

    def requirements(self) -> Iterator[Figure]:
        education = np.diff(self.plan.education_cdf, axis=1, prepend=0.0)
        experience = np.diff(self.plan.experience_cdf, axis=1, prepend=0.0)
        for role, entry, titles in self._studied:
            level = dict(zip(EDUCATION_LEVELS, self._by_title(education, titles), strict=True))
            shares = [sum(level[name] for name in levels) for levels in EDUCATION.values()]
            yield from _rows(
                "education_required_share",
                role,
                list(EDUCATION),
                shares,
                entry["education"],
                SUMS["education"],
            )
            yield from _rows(
                "experience_required_share",
                role,
                list(self.study.data["experience"]),
                self._by_title(experience, titles),
                entry["experience"],
                SUMS["experience"],
            )

    def skills(self) -> Iterator[Figure]:
        """The share of ads that name a skill, in any of its words, whose naming is independent."""
        for role, entry, titles in self._studied:
            for key in dict.fromkeys(key for key, _, _ in entry["skills"]):
                texts = {text for name, text, _ in entry["skills"] if name == key}
                unnamed = [
                    float(np.prod([1 - share for text, share in asked if text in texts]))
                    for asked in self.plan.asked
                ]
                share = float(1 - self._by_title(np.array(unnamed), titles))
                yield Figure("skill_required", EVERYWHERE, role, key, Q1Q3, share, growth.ASSUMED)

    def competition(self) -> Iterator[Figure]:
        postings, applications = self._cells(WINDOW), self._applications(WINDOW)
        for role, titles in {"all": self._everything, **self.study.roles}.items():
            stated = role == "all" or "published" in self.study.data["profiles"].get(role, {}).get(
                "applications", {}
            )
            cells = self._inside(titles)
            index = float(applications[cells].sum() / postings[cells].sum())
            of = growth.PUBLISHED if stated else DERIVED
            yield Figure("competition_index", EVERYWHERE, role, "applications per posting", Q1Q3, index, of)

    def applicants(self) -> Iterator[Figure]:
        """Shares among those who state the attribute; the same for people and for applications."""
        for role, entry, titles in self._studied:
            (group,) = set(self._who.group[titles].tolist())
            for name, table in APPLICANT_TABLES.items():
                cdf = self._who.cdf[name][group]
                shares = np.diff(cdf / cdf[-1], prepend=0.0)
                of = entry["applicants"].get(name, {})
                yield from _rows(table, role, self._who.values[name], shares, of, SUMS.get(name, {}))


def _columns(months: Collection[int], year: int) -> list[int]:
    return [ALL_MONTHS.index(f"{year}-{month + 1:02d}") for month in months]


def _shares(of: Any, volume: Floats, count: int) -> Floats:
    return np.bincount(of, volume, minlength=count) / volume.sum()


def _rows(
    table: str,
    subject: str,
    keys: Sequence[str],
    shares: Sequence[float] | Floats,
    entry: Mapping[str, Any],
    sums: Mapping[str, Sequence[str]] | None = None,
    scope: str = EVERYWHERE,
) -> Iterator[Figure]:
    """One figure for each key, then for each sum of keys."""
    share = dict(zip(keys, map(float, shares), strict=True))
    for key, value in share.items():
        yield Figure(table, scope, subject, key, Q1Q3, value, source(entry, key))
    for name, parts in (sums or {}).items():
        of = source(entry, name)
        value = sum(share[part] for part in parts)
        yield Figure(table, scope, subject, name, Q1Q3, value, DERIVED if of == growth.ASSUMED else of)
