"""Employers without a table of them: everything about an employer follows from its industry and its rank.

What belongs here: how large, where and what an employer is, what it is called, and in which months the crawl
reached it. What does not: what it advertises. Nothing is stored, so 100 million postings by two million employers
need no more memory than ten thousand by three hundred.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from market.content import Content

Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

HEAD = 3.0
"""How flat the head of the size distribution is: P(rank) is proportional to 1 / (rank + HEAD), Zipf-Mandelbrot."""

ALWAYS, ENTERING, LEAVING = 0.80, 0.90, 0.96
"""Cumulative shares of employers polled throughout, from some month on, and up to one; the rest fail at times."""

FAILING_MONTHS = 0.15
KINDS = ("company", "agency", "government", "university", "nonprofit")
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


def _below(hashes: Hashes, limit: npt.ArrayLike) -> Integers:
    return (hashes % np.asarray(limit).astype(np.uint64)).astype(np.int64)


class Employers:
    """The employers of one market. An employer is a pair (industry index, rank); rank 0 is the largest."""

    def __init__(self, content: Content, seed: int, count: int, months: int) -> None:
        self._content = content
        self._seed = seed
        self._months = months
        shares = np.array([industry.employers for industry in content.industries])
        names = [industry.industry_id for industry in content.industries]
        self._usual_kind = np.array([KINDS.index(name) if name in KINDS else 0 for name in names])
        self._consulting, self._education = names.index("consulting"), names.index("education")
        self._china = [country.code for country in content.countries].index("CN")
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

    def kind(self, industry: Integers, rank: Integers) -> Integers:
        """Index into KINDS: agencies are found in consulting, universities in education, the rest is plain."""
        luck = unit(self._hash(industry, rank, 6))
        kind = self._usual_kind[industry]
        kind = np.where((industry == self._consulting) & (luck < 0.5), KINDS.index("agency"), kind)
        schools = industry == self._education
        kind = np.where(schools & (luck < 0.75), KINDS.index("government"), kind)
        return np.where(schools & (luck < 0.25), KINDS.index("university"), kind).astype(np.int64)

    def names(self, industry: Integers, rank: Integers) -> pa.Array:
        """The employers' own names, unique in the market; in Chinese for employers in China."""
        chinese = self.country(industry, rank) == self._china
        texts = pa.array([""] * len(rank))
        for language, here in (("en", ~chinese), ("zh", chinese)):
            if here.any():
                names = self._names_in(language, industry[here], rank[here])
                texts = pc.replace_with_mask(texts, pa.array(here), names)
        return texts

    def _names_in(self, language: str, industry: Integers, rank: Integers) -> pa.Array:
        source = self._content.employers
        first, second = (source[f"{part}_{language}"].split() for part in ("first", "second"))
        legal = source[f"legal_{language}"]
        words = [entry.words[language] for entry in self._content.industries]
        combinations = len(first) * len(second)
        # Multiplying by a prime that divides neither count visits every combination once before any repeats.
        number = (rank * _PRIME + 977 * (self._seed % 1000) + 131 * industry) % combinations
        lap = rank // combinations
        word_start = np.concatenate([[0], np.cumsum([len(group) for group in words])])
        word = _below(self._hash(industry, rank, 8), np.array([len(group) for group in words])[industry])
        ending = _below(self._hash(industry, rank, 7), len(legal))
        space = " " if language == "en" else ""
        ordinal = pc.binary_join_element_wise(space, pa.array(lap + 1).cast(pa.string()), "")
        return pc.binary_join_element_wise(
            pa.array(first).take(pa.array(number % len(first))),
            pa.array([text.lower() for text in second]).take(pa.array(number // len(first))),
            pa.array([space + text for group in words for text in group]).take(
                pa.array(word_start[industry] + word)
            ),
            pc.if_else(pa.array(lap > 0), ordinal, ""),
            pa.array([space + text if text else "" for text in legal]).take(pa.array(ending)),
            "",
        )

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
        names = self.names(np.full(len(ranks), industry, dtype=np.int64), ranks)
        result = pa.array(["failed", "ok"]).take(pa.array(self.polled(same, rank, month).astype(np.int64)))
        return pa.RecordBatch.from_pydict(
            {
                "employer": names.take(pa.array(rank - ranks[0])),
                "industry": pa.array(
                    [self._content.industries[industry].names["en"][0]] * len(rank), pa.string()
                ),
                "month": month_names,
                "polled_on": pc.binary_join_element_wise(month_names, days, ""),
                "result": result,
            }
        )
