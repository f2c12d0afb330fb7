"""Employers without a table of them: everything about an employer follows from its industry and its rank.

What belongs here: how large, where and what an employer is, what it is called, and in which months the crawl
reached it. What does not: what it advertises. Nothing is stored, so 100 million postings by two million employers
need no more memory than ten thousand by three hundred.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from market.content import Content

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

HEAD = 3.0
"""How flat the head of the size distribution is: P(rank) is proportional to 1 / (rank + HEAD), Zipf-Mandelbrot."""

ALWAYS, ENTERING, LEAVING = 0.80, 0.90, 0.96
"""Cumulative shares of employers polled throughout, from some month on, and up to some month; the rest fail at times."""

FAILING_MONTHS = 0.15
_KIND_OF_INDUSTRY = {"government": "government", "nonprofit": "nonprofit"}
_PRIME = 7919


def mix(*parts: npt.ArrayLike) -> Hashes:
    """64 well-mixed bits from integers (the finaliser of SplitMix64, Steele et al. 2014), elementwise."""
    state = np.zeros((), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            state = state + np.asarray(part).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.atleast_1d(state)


def unit(hashes: Hashes) -> npt.NDArray[np.float64]:
    """Hashes as numbers in [0, 1)."""
    return (hashes >> np.uint64(11)).astype(np.float64) / float(1 << 53)


class Employers:
    """The employers of one market. An employer is a pair (industry index, rank); rank 0 is the largest."""

    def __init__(self, content: Content, seed: int, count: int, months: int) -> None:
        self._content = content
        self._seed = seed
        self._months = months
        shares = np.array([industry.employers for industry in content.industries])
        self.per_industry: Integers = np.maximum(4, np.round(count * shares / shares.sum())).astype(np.int64)

    def _hash(self, industry: Integers, rank: Integers, salt: int) -> Hashes:
        return mix(self._seed, salt, industry, rank)

    def draw_ranks(self, rng: np.random.Generator, industry: Integers, month: Integers) -> Integers:
        """Ranks for postings of given industries and months; only employers that the crawl reached that month.

        An employer that was not reached is drawn again, so coverage never changes how many postings a title has.
        """
        rank = self._any_ranks(rng, industry)
        for _ in range(6):
            missed = np.flatnonzero(~self.polled(industry, rank, month))
            if not len(missed):
                return rank
            rank[missed] = self._any_ranks(rng, industry[missed])
        rank[~self.polled(industry, rank, month)] = 0
        return rank

    def _any_ranks(self, rng: np.random.Generator, industry: Integers) -> Integers:
        size = self.per_industry[industry].astype(np.float64)
        drawn = HEAD * ((size + HEAD) / HEAD) ** rng.random(len(industry)) - HEAD
        return np.minimum(drawn.astype(np.int64), self.per_industry[industry] - 1)

    def polled(self, industry: Integers, rank: Integers, month: Integers) -> npt.NDArray[np.bool_]:
        """Whether the crawl reached the employer in the month (an index). The largest of an industry always."""
        fate = unit(self._hash(industry, rank, 1))
        turn = 1 + (self._hash(industry, rank, 2) % np.uint64(max(1, self._months - 1))).astype(np.int64)
        fails = unit(mix(self._seed, 3, industry, rank, month)) < FAILING_MONTHS
        reached = np.ones(len(industry), dtype=bool)
        reached[(fate >= ALWAYS) & (fate < ENTERING) & (month < turn)] = False
        reached[(fate >= ENTERING) & (fate < LEAVING) & (month >= turn)] = False
        reached[(fate >= LEAVING) & fails] = False
        return reached | (rank == 0)

    def in_crawl(self, industry: Integers, rank: Integers, month: Integers) -> npt.NDArray[np.bool_]:
        """Whether the crawl tried at all: failing months of a known employer are tried, months outside are not."""
        fate = unit(self._hash(industry, rank, 1))
        return self.polled(industry, rank, month) | (fate >= LEAVING)

    def country(self, industry: Integers, rank: Integers) -> Integers:
        """Index of the employer's country."""
        shares = np.cumsum([country.share for country in self._content.countries])
        chosen = np.searchsorted(shares / shares[-1], unit(self._hash(industry, rank, 4)), side="right")
        return np.minimum(chosen, len(shares) - 1).astype(np.int64)

    def size_band(self, industry: Integers, rank: Integers) -> Integers:
        """0 (up to ten people) to 7 (over ten thousand): by rank, with some luck."""
        place = np.log1p(rank) / np.log1p(self.per_industry[industry])
        luck = unit(self._hash(industry, rank, 5)) - 0.5
        return np.clip(np.floor(7.6 - 6.8 * place + 2.4 * luck), 0, 7).astype(np.int64)

    def kind(self, industry: int, rank: int) -> str:
        """company, agency, government, university or nonprofit."""
        name = self._content.industries[industry].industry_id
        luck = float(unit(self._hash(np.array([industry]), np.array([rank]), 6))[0])
        if name == "consulting":
            return "agency" if luck < 0.5 else "company"
        if name == "education":
            return "university" if luck < 0.25 else "government" if luck < 0.75 else "company"
        return _KIND_OF_INDUSTRY.get(name, "company")

    @cached_property
    def _parts(self) -> dict[str, tuple[list[str], list[str], list[str]]]:
        source = self._content.employers
        return {
            language: (source[f"first_{language}"].split(), source[f"second_{language}"].split(), source[f"legal_{language}"])
            for language in ("en", "zh")
        }

    def name(self, industry: int, rank: int) -> str:
        """The employer's own name, unique in the market; Chinese for employers in China."""
        pair = np.array([industry]), np.array([rank])
        language = "zh" if self._content.countries[int(self.country(*pair)[0])].code == "CN" else "en"
        first, second, legal = self._parts[language]
        words = self._content.industries[industry].words[language]
        combinations = len(first) * len(second)
        # Multiplying by a prime that divides neither count visits every combination once before any repeats.
        number = (rank * _PRIME + 977 * (self._seed % 1000) + 131 * industry) % combinations
        lap = rank // combinations
        ending = legal[int(self._hash(*pair, 7)[0] % np.uint64(len(legal)))]
        word = words[int(self._hash(*pair, 8)[0] % np.uint64(len(words)))]
        if language == "zh":
            return f"{first[number % len(first)]}{second[number // len(first)]}{word}{lap + 1 if lap else ''}{ending}"
        middle = second[number // len(first)].lower()
        return " ".join(filter(None, [f"{first[number % len(first)]}{middle}", word, str(lap + 1) if lap else "", ending]))

    def coverage(self, months: list[str]) -> Iterator[pa.RecordBatch]:
        """One row per employer and month that the crawl tried: employer, industry, month, polled_on, result."""
        for industry, count in enumerate(self.per_industry.tolist()):
            for begin in range(0, count, 1_000):
                ranks = np.arange(begin, min(begin + 1_000, count), dtype=np.int64)
                yield self._coverage_of(industry, ranks, months)

    def _coverage_of(self, industry: int, ranks: Integers, months: list[str]) -> pa.RecordBatch:
        rank = np.repeat(ranks, len(months))
        month = np.tile(np.arange(len(months), dtype=np.int64), len(ranks))
        same = np.full(len(rank), industry, dtype=np.int64)
        tried = self.in_crawl(same, rank, month)
        rank, month, same = rank[tried], month[tried], same[tried]
        day = 1 + (mix(self._seed, 9, same, rank, month) % np.uint64(28)).astype(np.int64)
        month_names = pa.array(months).take(pa.array(month))
        days = pa.array([f"-{number:02d}" for number in range(1, 29)]).take(pa.array(day - 1))
        names = pa.array([self.name(industry, int(number)) for number in ranks])
        result = pa.array(["failed", "ok"]).take(pa.array(self.polled(same, rank, month).astype(np.int64)))
        return pa.RecordBatch.from_pydict(
            {
                "employer": names.take(pa.array(rank - ranks[0])),
                "industry": pa.array([self._content.industries[industry].names["en"][0]] * len(rank), pa.string()),
                "month": month_names,
                "polled_on": pa.compute.binary_join_element_wise(month_names, days, ""),
                "result": result,
            }
        )
