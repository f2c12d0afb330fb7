"""What became of records: kept, dated and read, and which postings repeat others.

What belongs here: measures over the counted fates. What does not: counting them (`postings`).
"""

from __future__ import annotations

from collections.abc import Mapping

from market.exam.postings import PAY_TOLERANCE
from market.exam.scorecard import (
    COUNT,
    DUPLICATES,
    HIGHER,
    LOWER,
    NEITHER,
    RECORDS,
    SHARE,
    TRUE,
    Measure,
    Score,
)

KEPT = Measure(
    "sound postings kept", "Share of the market's sound postings that became postings.", "all", SHARE, HIGHER
)
LET_THROUGH = Measure(
    "broken records let through",
    "Share of the market's broken postings that became postings.",
    "none",
    SHARE,
    LOWER,
)
MONTH = Measure(
    "month right",
    "Share of the dated postings that stand in their true month; the rest count in the wrong window.",
    "above 99.9 %",
    SHARE,
    HIGHER,
)
LANGUAGE = Measure(
    "language right", "Share of the postings whose language was told.", "above 99 %", SHARE, HIGHER
)
PAY_READ = Measure(
    "stated pay read",
    "Share of the postings that state pay whose pay was read at all.",
    "above 90 %",
    SHARE,
    HIGHER,
)
PAY_RIGHT = Measure(
    "pay right",
    f"Share of the read pay whose currency is right and that lies within {PAY_TOLERANCE:.0%} of the true middle.",
    "above 98 %",
    SHARE,
    HIGHER,
)
STRANGERS = Measure(
    "postings the market does not know",
    "Postings with an id that no posting of the market has.",
    "0",
    COUNT,
    LOWER,
)
COPIES = Measure(
    "planted copies",
    "Share of the sound postings that repeat another in this way; n: such postings.",
    "a fact: no table publishes duplicates yet",
    SHARE,
    NEITHER,
)

_RATES = (
    (KEPT, "kept", "sound"),
    (LET_THROUGH, "broken kept", "broken"),
    (MONTH, "month right", "dated"),
    (LANGUAGE, "language right", "kept"),
    (PAY_READ, "pay read", "pay stated"),
    (PAY_RIGHT, "pay right", "pay read"),
)


def record_scores(fates: Mapping[str, int]) -> list[Score]:
    """Measures over what became of records; `fates` as in `postings.Counted.records`."""
    scores = [
        Score(RECORDS, measure, fates[of], fates[part] / fates[of], "", TRUE)
        for measure, part, of in _RATES
        if fates.get(of)
    ]
    strangers = fates.get("not of this market", 0)
    return [*scores, Score(RECORDS, STRANGERS, fates.get("kept", 0), strangers, "", TRUE)]


def copy_scores(copies: Mapping[str, int]) -> list[Score]:
    """The planted copies by kind; the kind of originals is ""."""
    total = sum(copies.values())
    return [
        Score(DUPLICATES, COPIES, n, n / total, kind, TRUE)
        for kind, n in sorted(copies.items())
        if kind and total
    ]
