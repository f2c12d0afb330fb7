"""What a market is asked to be: which one, its size, its months, its seed, and how hard it is to read.

What belongs here: the settings a study may state, and their validation. What does not: how they are carried out.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

WORLDWIDE, CHINA_AI = "worldwide", "china_ai"
MARKETS = {WORLDWIDE: ("2023-01", "2025-12"), CHINA_AI: ("2024-01", "2025-12")}
"""The markets, each with the first and last month that its truth is planted for."""

MOST_EMPLOYERS = 120_000
_MONTH = re.compile(r"(19|20)\d{2}-(0[1-9]|1[0-2])", re.ASCII)


class MarketSpecError(ValueError):
    """A market was asked for that cannot be made; the message says which setting and what it may be."""


@dataclass(frozen=True)
class MarketSpec:
    """Everything that decides a market's content. Equal specifications give equal bytes.

    name               `worldwide` (all standard titles, English with some Chinese) or `china_ai` (Chinese, AI roles
                       and their surroundings, with applicants): two markets, because the published studies behind
                       them contradict each other where they overlap
    postings           distinct postings that the crawl finds
    seed               any integer from 0
    first_month, last_month   "YYYY-MM", both included; None takes 2023-01 (china_ai: 2024-01) and 2025-10 (2025-09)
    difficulty         0 (every ad speaks plainly of its title) to 1 (most speak of the family or of nothing);
                       the default is meant to be as hard to read as real ads
    labelled           postings drawn at random for the crowd; fewer if the market is smaller
    gold               postings with a known answer that are mixed into the crowd's work
    workers            people in the crowd; None takes one for each 60 labelled postings, at least 60
    employers          employers in the market; None takes one for each four postings, 300 to 120,000
    null_share         of the titles without a published figure, the share that moves exactly with the market
    spread             standard deviation of the log growth of the remaining titles around the market
    coverage_drift     1: employers enter and leave the crawl, so that raw change is biased; 0: they do not
    reobserved, broken shares of postings seen twice, and unusable
    exact_copies, near_copies, reposts, locations, agency_copies   shares of postings that repeat another: under another
                       id, in slightly other words, again later, for another place, by an agency
    shard_postings     postings in one Parquet file; None takes a quarter of the market, at most 250,000
    """

    name: str = WORLDWIDE
    postings: int = 20_000
    seed: int = 0
    first_month: str | None = None
    last_month: str | None = None
    difficulty: float = 0.5
    labelled: int = 2_500
    gold: int = 60
    workers: int | None = None
    employers: int | None = None
    null_share: float = 0.4
    spread: float = 0.08
    coverage_drift: float = 1.0
    reobserved: float = 0.03
    broken: float = 0.012
    exact_copies: float = 0.02
    near_copies: float = 0.025
    reposts: float = 0.04
    locations: float = 0.03
    agency_copies: float = 0.006
    shard_postings: int | None = None

    def __post_init__(self) -> None:
        """Raise MarketSpecError for a setting out of its range."""
        if self.name not in MARKETS:
            raise MarketSpecError(
                f"name: there is no market {self.name!r}; there are {' and '.join(MARKETS)}"
            )
        for field, least in (("postings", 100), ("seed", 0), ("labelled", 0), ("gold", 0)):
            if getattr(self, field) < least:
                raise MarketSpecError(f"{field}: {getattr(self, field)} is less than {least}")
        for field, least in (("workers", 12), ("employers", 100), ("shard_postings", 1)):
            if getattr(self, field) is not None and getattr(self, field) < least:
                raise MarketSpecError(f"{field}: {getattr(self, field)} is less than {least}")
        for field in ("difficulty", "null_share", "coverage_drift"):
            if not 0 <= getattr(self, field) <= 1:
                raise MarketSpecError(f"{field}: {getattr(self, field)} is not between 0 and 1")
        for field in ("reobserved", "broken", *COPIES):
            if not 0 <= getattr(self, field) <= 0.3:
                raise MarketSpecError(f"{field}: {getattr(self, field)} is not between 0 and 0.3")
        if not 0 <= self.spread <= 0.3:
            raise MarketSpecError(f"spread: {self.spread} is not between 0 and 0.3")
        self._check_months()

    def _check_months(self) -> None:
        first, last = MARKETS[self.name]
        begin, end = self.span
        for month in (begin, end):
            if not _MONTH.fullmatch(month):
                raise MarketSpecError(f"{month!r} is not a month; write it as YYYY-MM")
        if begin > end:
            raise MarketSpecError(f"first_month {begin} is after last_month {end}")
        if begin < first or end > last:
            raise MarketSpecError(
                f"the truth of {self.name} is planted for {first} to {last}, not {begin} to {end}"
            )

    @property
    def span(self) -> tuple[str, str]:
        """The first and the last month."""
        first = MARKETS[self.name][0]
        last = {WORLDWIDE: "2025-10", CHINA_AI: "2025-09"}[self.name]
        return self.first_month or first, self.last_month or last

    @property
    def months(self) -> list[str]:
        """All months of the market, in order."""
        begin, end = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in self.span)
        return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(begin, end + 1)]

    @property
    def employer_count(self) -> int:
        """Employers in the market, whether the crawl reaches them or not."""
        return self.employers or min(MOST_EMPLOYERS, max(300, self.postings // 4))

    @property
    def worker_count(self) -> int:
        """People in the crowd."""
        return self.workers or max(60, self.labelled // 60)

    def as_json(self) -> dict[str, Any]:
        """The settings as JSON values, for the fingerprint and the manifest."""
        return asdict(self)


COPIES = ("exact_copies", "near_copies", "reposts", "locations", "agency_copies")
"""The settings that say how many postings repeat another."""
