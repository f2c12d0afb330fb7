"""What a market plants, as arrays: the shape in which `worldwide` and `china_ai` hand their truth to the generator.

What belongs here: the types. What does not: any figure, and any drawing.

Letters in shapes: T titles, S segments, C cells, M months, P cities, G groups of a distribution over cities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.content import Content

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BY_COUNTRY, BY_TITLE = "country", "title"


@dataclass(frozen=True)
class Figure:
    """One planted figure. Fractions for changes and shares, local currency a month for pay.

    table: what is measured (title_yoy, band_yoy, industry_share, salary_mean ...). subject: the title, role or band;
    scope: all, or the industry that it is restricted to. key: the category (an industry, a city), or "".
    source: see `market.growth`, and `derived` where it follows from the others.
    """

    table: str
    scope: str
    subject: str
    key: str
    window: str
    value: float
    source: str


@dataclass(frozen=True)
class Crawl:
    """Which employers the crawl reaches.

    shares: (S, countries, 3), by segment and country the shares of employers that are reached in all months, from some
    month on, and up to some month; the rest it never reaches. expansions: indices of months in which much of the
    entering happens.
    """

    shares: Floats
    expansions: tuple[int, ...]


@dataclass(frozen=True)
class Segments:
    """Groups of employers. industry: (S,) index; size: (S,) band of all its employers, or -1 where it follows from the
    employer's rank; share: (S,) of all employers; agency: (S,) whether its employers place for others.
    """

    industry: Integers
    size: Integers
    share: Floats
    agency: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cities:
    """Where jobs are. names, country: (P,), index of the country; spellings by city. cdf: (G, P), over all cities.

    by: what picks the row of cdf: the employer's country, or the posting's title.
    """

    names: tuple[str, ...]
    country: Integers
    spellings: tuple[tuple[str, ...], ...]
    cdf: Floats
    by: str


@dataclass(frozen=True)
class Applicants:
    """Who applies, and how often.

    People look for work in pools: one a group of titles, a scope and a quarter. groups: their names; group: (T,), the
    group of a title. scope: (S,), 1 in the industry whose supply is stated, else 0. per_posting: (T, 2, M), by scope,
    the mean number of applications of a posting. applications_each: how many a person sends in the quarter of the
    search. values: the attributes and what each can be; texts: how a profile writes each value; cdf: (groups,
    values), cumulative; blank: by attribute, the share of people who leave it empty, whatever its value.
    """

    groups: tuple[str, ...]
    group: Integers
    scope: Integers
    per_posting: Floats
    applications_each: float
    values: dict[str, tuple[str, ...]]
    texts: dict[str, tuple[tuple[str, ...], ...]]
    cdf: dict[str, Floats]
    blank: dict[str, float]


@dataclass(frozen=True)
class Plan:
    """All that is planted in one market.

    cell_title, cell_segment: (C,) pairs of title and segment that occur; volume: (C, M), the share of the whole
    market's postings (those the crawl misses included) that falls to a cell in a month. pay: (T, P) mean pay a year
    in local currency, pay_spread: its log standard deviation within a title and city. education_cdf, experience_cdf:
    (T, 6). asked: per title, the skills that ads name and how often; empty where the title's authored skills do.
    chinese: (countries,) share of ads in Chinese. experience_texts, size_texts: by language, the spellings of each
    level or band, least first. figures: everything planted that a table of the pipeline may be held against.
    """

    content: Content
    months: tuple[str, ...]
    segments: Segments
    cell_title: Integers
    cell_segment: Integers
    volume: Floats
    crawl: Crawl
    cities: Cities
    chinese: Floats
    education_cdf: Floats
    experience_cdf: Floats
    experience_texts: Mapping[str, Sequence[Sequence[str]]]
    size_texts: Mapping[str, Sequence[Sequence[str]]]
    pay: Floats
    pay_spread: float
    pay_by_experience: Floats
    pay_stated: dict[str, float]
    asked: tuple[tuple[tuple[str, float], ...], ...]
    applicants: Applicants | None
    figures: tuple[Figure, ...]
