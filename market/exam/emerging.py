"""Titles that no standard list holds: which planted ones were found, and whether the interval holds their growth.

What belongs here: the measures over the published concepts. What does not: which postings are truly of such a title
(`postings` counts them; a concept's examples say which title it is).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from market.exam.scorecard import (
    CRAWLED,
    EMERGING,
    HIGHER,
    LOWER,
    NEAR_1,
    NEITHER,
    PLANTED,
    SHARE,
    TRUE,
    Measure,
    Score,
)

MART = "mart_emerging_titles"

FOUND = Measure(
    "planted emerging titles found",
    "Of the titles that the market has and the taxonomy lacks, the share that a published emerging concept stands for: "
    "most of its example postings truly have that title.",
    "100 %, where a title has 15 postings or more",
    SHARE,
    HIGHER,
)
FALSE = Measure(
    "concepts called emerging that are none",
    "Of the concepts called emerging, the share whose examples truly have a standard title.",
    "at most 5 %",
    SHARE,
    LOWER,
)
HELD = Measure(
    "growth inside the interval",
    "Of the planted emerging titles that were found, the share whose published interval holds the true change.",
    "95 %; with five titles, all of them",
    SHARE,
    HIGHER,
)
COUNTED = Measure(
    "postings of the title that its concept counts",
    "Published postings of both windows over the true ones among those crawled; above 1, others are counted too.",
    "near 1; ads that name the job in words of another are left out",
    SHARE,
    NEAR_1,
)
SIZE = Measure(
    "true change of an emerging title",
    "What the market was made to do; n is the title's crawled postings in both windows.",
    "a fact",
    SHARE,
    NEITHER,
)


@dataclass(frozen=True)
class Concept:
    """One published concept. title_id: the true title of most of its examples, "" where no title has most of them."""

    title_id: str
    is_emerging: bool
    base: int
    current: int
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Planted:
    """One title that the taxonomy lacks. base, current: its true postings among those crawled; change: as planted."""

    title_id: str
    base: int
    current: int
    change: float | None

    @property
    def crawled(self) -> float | None:
        """The true change among the crawled postings."""
        return self.current / self.base - 1 if self.base else None


def example_ids(marts: Path) -> list[str]:
    """Ids of the postings that the published concepts name as examples; none where the table is not published."""
    path = marts / f"{MART}.parquet"
    if not path.is_file() or "examples" not in pq.read_schema(path).names:
        return []
    rows = pq.read_table(path, columns=["examples"]).column("examples").to_pylist()
    return sorted({one for examples in rows for one in examples or ()})


def true_title(examples: Sequence[str], titles: Mapping[str, str]) -> str:
    """The true title of more than half of the examples, or ""."""
    known = Counter(titles[one] for one in examples if one in titles)
    return next((title for title, n in known.most_common(1) if 2 * n > len(examples)), "")


def emerging_scores(
    concepts: Sequence[Concept], planted: Sequence[Planted], pair: str, *, headline: bool
) -> list[Score]:
    """Score the concepts of one pair of windows. Nothing where no emerging title is planted."""
    if not planted:
        return []
    called = [one for one in concepts if one.is_emerging]
    names = {one.title_id for one in planted}
    # Two concepts may stand for one title: the larger one is its figure.
    of_title = {one.title_id: one for one in sorted(called, key=lambda one: one.base + one.current)}
    found = [one for one in planted if one.title_id in of_title]
    scores = [
        Score(EMERGING, FOUND, len(planted), len(found) / len(planted), "", TRUE, pair, headline),
        Score(
            EMERGING,
            FALSE,
            len(called),
            sum(one.title_id not in names for one in called) / len(called) if called else None,
            "",
            TRUE,
            pair,
            headline,
        ),
    ]
    for truth in (PLANTED, CRAWLED):
        if truth == PLANTED and all(one.change is None for one in planted):
            continue
        true = {one.title_id: one.change if truth == PLANTED else one.crawled for one in found}
        judged = [
            low <= change <= high
            for title, change in true.items()
            if change is not None
            and (low := of_title[title].low) is not None
            and (high := of_title[title].high) is not None
        ]
        share = sum(judged) / len(judged) if judged else None
        scores.append(
            Score(EMERGING, HELD, len(judged), share, "", truth, pair, headline and truth == PLANTED)
        )
    for one in planted:
        n = one.base + one.current
        if one.change is not None:
            scores.append(Score(EMERGING, SIZE, n, one.change, one.title_id, PLANTED, pair))
        if (concept := of_title.get(one.title_id)) is not None and n:
            counted = (concept.base + concept.current) / n
            scores.append(Score(EMERGING, COUNTED, n, counted, one.title_id, CRAWLED, pair))
    return scores
