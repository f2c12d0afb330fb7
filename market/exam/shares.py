"""Shares of a title's postings by industry, city or month: published against true.

What belongs here: joining the spellings of a category, and distances between distributions. What does not: reading
marts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from market.exam.scorecard import (
    CRAWLED,
    LOWER,
    NEAR_1,
    NUMBER,
    PLANTED,
    POINTS,
    SHARE,
    SHARES,
    Measure,
    Score,
)

SIZES = (30, 100, 300)
"""Least true postings of a title in the current window."""

NOT_STATED = "not stated"
NOWHERE = ""
"""What a spelling maps to where it names no category, such as `Remote` in the place of a city."""

DISTANCE = Measure(
    "distance of shares",
    "Total variation distance between published and true shares among the postings that state it, mean over titles: "
    "the part of a title's postings that stands in the wrong place. Spellings of one category are joined first.",
    "below 10 %",
    SHARE,
    LOWER,
)
CELL = Measure(
    "error of shares",
    "Mean of |published − planted share| over categories, in the postings that state it.",
    "below 1 point",
    POINTS,
    LOWER,
)
NAMES = Measure(
    "names a category",
    "Published names for one true category, mean over categories.",
    "1; more: spellings are not joined, and every share is split among them",
    NUMBER,
    NEAR_1,
)
UNKNOWN = Measure(
    "unknown names",
    "Share of the postings that state it whose published name is none of the market's.",
    "none",
    SHARE,
    LOWER,
)
MONTHLY = Measure(
    "distance of a month's titles",
    "Total variation distance between published and true shares of the titles in a month, standard titles only, mean "
    "over months.",
    "below 5 %",
    SHARE,
    LOWER,
)


def distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Total variation distance, 0 to 1, of two distributions given as counts or shares of any total."""
    totals = [sum(counts.values()) for counts in (one, other)]
    if not all(totals):
        return 1.0
    keys = sorted(one.keys() | other.keys())
    return sum(abs(one.get(key, 0) / totals[0] - other.get(key, 0) / totals[1]) for key in keys) / 2


class Published:
    """Published postings of titles by category, in one pair of windows, with the spellings joined."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        self._spellings = spellings
        self._names: dict[str, set[str]] = {}
        self._unknown = self._stated = 0
        self.by_title: dict[str, dict[str, float]] = {}
        """Title -> category -> postings; unknown names stand for themselves."""

    def add(self, title_id: str, name: str, postings: int) -> None:
        """Take one row of a mart."""
        category = self._spellings.get(name)
        if name == NOT_STATED or category == NOWHERE or not postings:
            return
        self._stated += postings
        if category is None:
            self._unknown += postings
        else:
            self._names.setdefault(category, set()).add(name)
        counts = self.by_title.setdefault(title_id, {})
        # The mark keeps an unknown name from being taken for a true category of the same name.
        key = f"? {name}" if category is None else category
        counts[key] = counts.get(key, 0) + postings

    def of(self, titles: Iterable[str]) -> dict[str, float]:
        """The categories of several titles together."""
        together: dict[str, float] = {}
        for title_id in sorted(titles):
            for category, postings in self.by_title.get(title_id, {}).items():
                together[category] = together.get(category, 0) + postings
        return together

    def names(self, what: str, pair: str, *, finer: bool = False) -> list[Score]:
        """How many names a category goes by, and how many postings have a name that nobody knows.

        finer: marts may tell more categories than the market has; then several names are no fault, and not scored.
        """
        categories = len(self._names)
        spelt = sum(map(len, self._names.values())) / categories if categories else None
        unknown = self._unknown / self._stated if self._stated else None
        known = Score(SHARES, UNKNOWN, self._stated, unknown, what, CRAWLED, pair)
        return [known] if finer else [Score(SHARES, NAMES, categories, spelt, what, CRAWLED, pair), known]


def title_distances(
    published: Published,
    true: Mapping[str, Mapping[str, int]],
    what: str,
    pair: str,
    *,
    headline: bool,
) -> list[Score]:
    """Mean distance over the titles of at least each size that are published; `true`: title -> category -> postings."""
    scores: list[Score] = []
    for size in SIZES:
        known = [
            distance(published.by_title[title_id], counts)
            for title_id, counts in sorted(true.items())
            if sum(counts.values()) >= size and title_id in published.by_title
        ]
        if known:
            subset = f"{what}, titles of ≥ {size}"
            main = headline and size == SIZES[1]
            scores.append(
                Score(SHARES, DISTANCE, len(known), sum(known) / len(known), subset, CRAWLED, pair, main)
            )
    return scores


def planted_shares(
    published: Published,
    planted: Mapping[str, Mapping[str, float]],
    members: Mapping[str, Iterable[str]],
    spellings: Mapping[str, str],
    what: str,
    pair: str,
) -> list[Score]:
    """Error of the shares that are planted, subject by subject; `planted`: role or title -> category -> share.

    The distance is given where the planted shares are all there are.
    """
    scores: list[Score] = []
    for subject, cells in sorted(planted.items()):
        counts = published.of(members.get(subject, (subject,)))
        stated = sum(counts.values())
        if not stated:
            continue
        wanted = {spellings.get(name, name): share for name, share in cells.items()}
        off = [abs(counts.get(name, 0) / stated - share) for name, share in sorted(wanted.items())]
        subset, n = f"{what} of {subject}", int(stated)
        scores.append(Score(SHARES, CELL, n, sum(off) / len(off), subset, PLANTED, pair))
        if abs(sum(wanted.values()) - 1) < 0.005:
            scores.append(Score(SHARES, DISTANCE, n, distance(counts, wanted), subset, PLANTED, pair))
    return scores


def monthly(
    published: Mapping[str, Mapping[str, int]], true: Mapping[str, Mapping[str, int]], standard: Iterable[str]
) -> list[Score]:
    """`published` and `true`: title -> month -> postings."""
    titles = sorted(standard)
    months: Sequence[str] = sorted({month for title_id in titles for month in true.get(title_id, {})})
    found = [
        distance(
            *(
                {title_id: counts.get(title_id, {}).get(month, 0) for title_id in titles}
                for counts in (published, true)
            )
        )
        for month in months
    ]
    if not found:
        return []
    return [Score(SHARES, MONTHLY, len(found), sum(found) / len(found), "months", CRAWLED)]
