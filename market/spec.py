"""What a market is asked to be: its size, its months, its seed, and how hard it is to read.

What belongs here: the settings a study may state, and their validation. What does not: how they are carried out.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

_MONTH = re.compile(r"(19|20)\d{2}-(0[1-9]|1[0-2])", re.ASCII)


class MarketSpecError(ValueError):
    """A market was asked for that cannot be made; the message says which setting and what it may be."""


@dataclass(frozen=True)
class MarketSpec:
    """Everything that decides a market's content. Equal specifications give equal bytes.

    postings           distinct postings; re-observed records come on top (about `reobserved` of them)
    seed               any integer from 0
    first_month, last_month   "YYYY-MM", both included
    difficulty         0 (every ad speaks plainly of its title) to 1 (most speak of the family or of nothing);
                       the default is meant to be as hard to read as real ads
    labelled           postings drawn at random for the crowd; fewer if the market is smaller
    workers            people in the crowd
    employers          employers in the market; None takes one for each eight postings, at least 300
    market_2024, market_2025   change of the whole market against the year before, as fractions. -0.08 is the
                       figure of the worldwide study; it gives none for 2024, so -0.05 is an assumption
    null_share         of the titles without a published figure, the share that moves exactly with the market
    spread             standard deviation of the log growth of the remaining titles around the market
    reobserved, reposted, broken   shares of postings seen twice, advertised again, and unusable
    shard_postings     postings in one Parquet file; None takes a quarter of the market, at most 500,000
    """

    name: str = "demo"
    postings: int = 20_000
    seed: int = 0
    first_month: str = "2023-01"
    last_month: str = "2025-10"
    difficulty: float = 0.5
    labelled: int = 2_500
    workers: int = 140
    employers: int | None = None
    market_2024: float = -0.05
    market_2025: float = -0.08
    null_share: float = 0.4
    spread: float = 0.08
    reobserved: float = 0.03
    reposted: float = 0.03
    broken: float = 0.012
    shard_postings: int | None = None

    def __post_init__(self) -> None:
        """Raise MarketSpecError for a setting out of its range."""
        if not re.fullmatch(r"[a-z0-9_]{1,40}", self.name):
            raise MarketSpecError(f"name: {self.name!r}; use small letters, digits and _")
        for field, least in (("postings", 100), ("seed", 0), ("labelled", 0), ("workers", 5)):
            if getattr(self, field) < least:
                raise MarketSpecError(f"{field}: {getattr(self, field)} is less than {least}")
        for month in (self.first_month, self.last_month):
            if not _MONTH.fullmatch(month):
                raise MarketSpecError(f"{month!r} is not a month; write it as YYYY-MM")
        if self.first_month > self.last_month:
            raise MarketSpecError(f"first_month {self.first_month} is after last_month {self.last_month}")
        for field in ("difficulty", "null_share"):
            if not 0 <= getattr(self, field) <= 1:
                raise MarketSpecError(f"{field}: {getattr(self, field)} is not between 0 and 1")
        for field in ("reobserved", "reposted", "broken"):
            if not 0 <= getattr(self, field) <= 0.3:
                raise MarketSpecError(f"{field}: {getattr(self, field)} is not between 0 and 0.3")
        for field in ("market_2024", "market_2025"):
            if not -0.9 < getattr(self, field) < 5:
                raise MarketSpecError(f"{field}: {getattr(self, field)} is not between -0.9 and 5")
        if not 0 <= self.spread <= 0.5:
            raise MarketSpecError(f"spread: {self.spread} is not between 0 and 0.5")
        if self.employers is not None and self.employers < 100:
            raise MarketSpecError(f"employers: {self.employers} is less than 100")
        if self.shard_postings is not None and self.shard_postings < 1:
            raise MarketSpecError(f"shard_postings: {self.shard_postings} is less than 1")

    @property
    def months(self) -> list[str]:
        """All months of the market, in order."""
        begin, end = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in (self.first_month, self.last_month))
        return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(begin, end + 1)]

    @property
    def employer_count(self) -> int:
        """Employers in the market."""
        return self.employers if self.employers is not None else max(300, self.postings // 8)

    def as_json(self) -> dict[str, Any]:
        """The settings as JSON values, for the fingerprint and the manifest."""
        return asdict(self)
