"""Published changes against true ones: errors, their parts, ranks, intervals and verdicts.

What belongs here: measures over a list of subjects (titles, bands, families ...). What does not: where the list comes
from (`marts`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from market.exam.scorecard import (
    CHANGES,
    COUNT,
    CRAWLED,
    EXPECTED,
    HIGHER,
    INTERVALS,
    LOWER,
    NEAR_0,
    NEAR_1,
    NEITHER,
    NUMBER,
    PLANTED,
    POINTS,
    RANKS,
    SHARE,
    VERDICTS,
    Measure,
    Score,
)

SIZES = (30, 100, 300)
"""Least true postings in the base window of the titles that are looked at together."""

BANDS = ((0, 29), (30, 99), (100, 299), (300, None))
"""Size bands of titles, by the same postings."""

ENDS = 10
"""Titles at each end of a ranking."""

ABOVE, BELOW, SAME, TOO_FEW = "above", "below", "not_distinguishable", "too_few"
"""What a verdict says of a title beside the market."""

FAR = 0.05
"""A title this far from the market's change ought to be told apart from it."""

ERROR = Measure(
    "mean absolute error of changes",
    "Mean of |published − true change|.",
    "below 3 points, where sampling allows it",
    POINTS,
    LOWER,
)
BIAS = Measure(
    "bias of changes", "Mean of published − true change.", "within 0.5 points of 0", POINTS, NEAR_0
)
SLOPE = Measure(
    "slope of changes",
    "Slope of log(1 + published) on log(1 + true change), least squares weighted by 1 / (1/b + 1/c), with b and c the "
    "true postings of the two windows.",
    "0.95 to 1.05; below 1, changes are pulled towards the market's",
    NUMBER,
    NEAR_1,
)
SIGNED = Measure("error of the change", "Published − true change.", "within 1 point of 0", POINTS, NEAR_0)
COVERAGE = Measure(
    "effect of coverage: mean",
    "Mean of (the change that the crawl's reach makes one expect − the planted change): what a drifting crawl alone "
    "does to raw changes.",
    "a fact for raw changes; figures of a polled panel should avoid it",
    POINTS,
    NEITHER,
)
SAMPLING = Measure(
    "effect of sampling: mean",
    "Mean of (the true titles' change among the crawled postings − the expected one): the luck of the draw.",
    "a fact; it shrinks as the market grows",
    POINTS,
    NEITHER,
)
MISTAKES = Measure(
    "effect of classification: mean",
    "Mean of (published − the true titles' change among the crawled postings). The three effects add up to the bias.",
    "within 0.5 points of 0",
    POINTS,
    NEAR_0,
)


COVERAGE_SIZE = Measure(
    "effect of coverage: size", "Mean of |expected of the crawl − planted change|.", "a fact", POINTS, LOWER
)
SAMPLING_SIZE = Measure(
    "effect of sampling: size",
    "Mean of |true change of the crawled postings − expected one|.",
    "a fact",
    POINTS,
    LOWER,
)
MISTAKES_SIZE = Measure(
    "effect of classification: size",
    "Mean of |published − true change of the crawled postings|.",
    "below 3 points",
    POINTS,
    LOWER,
)
PUBLISHED_SHARE = Measure(
    "titles with a change",
    "Share of the titles of this size, by their true postings, for which a change is published.",
    "all",
    SHARE,
    HIGHER,
)

TOP = Measure(
    f"top {ENDS} in common",
    f"Of the {ENDS} titles that truly grew most among the ranked ones, those that are published as the {ENDS} fastest.",
    "8 or more",
    COUNT,
    HIGHER,
)
BOTTOM = Measure(
    f"bottom {ENDS} in common",
    f"Of the {ENDS} titles that truly fell most among the ranked ones, those that are published as the {ENDS} fastest "
    "falling.",
    "8 or more",
    COUNT,
    HIGHER,
)
SPEARMAN = Measure(
    "rank correlation",
    "Spearman's correlation of published and true order.",
    "above 0.9",
    NUMBER,
    HIGHER,
)

HELD = Measure(
    "intervals that hold the truth",
    "Share of 95 % intervals that contain the true change.",
    "93 to 97 %",
    SHARE,
    NEITHER,
)
WIDTH = Measure(
    "width of the intervals",
    "Median of upper − lower end.",
    "narrow, as long as the truth is held",
    POINTS,
    LOWER,
)

WRONG = Measure(
    "wrong verdicts",
    "Of the titles called above or below the market, the share that is not, exact nulls included.",
    "at most 5 %",
    SHARE,
    LOWER,
)
FALSE_DISCOVERIES = Measure(
    "exact nulls called different",
    "Of the titles that were planted to move exactly with the market, the share called above or below it.",
    "at most 5 %",
    SHARE,
    LOWER,
)
SIGN_ERRORS = Measure(
    "sign errors",
    "Of the titles called above or below the market, the share that truly lies on the other side.",
    "none",
    SHARE,
    LOWER,
)
FOUND = Measure(
    "differences found",
    f"Of the titles that lie {FAR:g} or more from the market's change, the share called so, on the right side.",
    "many, as long as verdicts are right",
    SHARE,
    HIGHER,
)
NO_VERDICT = Measure(
    "verdicts",
    "No verdict column yet: the table gives intervals and leaves verdicts to readers.",
    "",
    COUNT,
    NEITHER,
)


@dataclass(frozen=True)
class Change:
    """One subject's published change beside its true ones; changes are fractions.

    base, current: true postings among those crawled; planted, expected: None where nothing is planted for these
    windows; verdict: None where the table gives none; is_null: planted to move exactly with the market.
    """

    subject: str
    base: int
    current: int
    published: float | None
    planted: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    ranked: bool = False
    is_null: bool = False
    verdict: str | None = None

    @property
    def crawled(self) -> float | None:
        """What the true titles of the crawled postings show."""
        return self.current / self.base - 1 if self.base else None

    def true(self, against: str) -> float | None:
        """The true change, by the name of the truth."""
        return {PLANTED: self.planted, EXPECTED: self.expected, CRAWLED: self.crawled}[against]


def title_errors(
    changes: Sequence[Change], pair: str, *, headline: bool, words: str = "titles", main: str = PLANTED
) -> list[Score]:
    """Errors of titles, by least size; `headline` marks those of the middle size against `main` for the short form."""
    scores: list[Score] = []
    for size in SIZES:
        large = [change for change in changes if change.base >= size]
        if not large:
            continue
        subset = f"{words}, base ≥ {size}"
        published = sum(change.published is not None for change in large)
        scores.append(
            Score(CHANGES, PUBLISHED_SHARE, len(large), _share(published, len(large)), subset, "", pair)
        )
        scores += errors(large, subset, pair, headline=headline and size == SIZES[1], main=main)
        scores += parts(large, subset, pair, headline=headline and size == SIZES[1])
    return scores


def errors(
    changes: Sequence[Change], subset: str, pair: str, *, headline: bool = False, main: str = PLANTED
) -> list[Score]:
    """Mean absolute error, bias and slope against the planted and the crawled truth, where there is one."""
    scores: list[Score] = []
    for against in (PLANTED, CRAWLED):
        known = _both(changes, against)
        if not known:
            continue
        difference = np.array([published - true for _, published, true in known])
        slope = weighted_slope(known)
        short = headline and against == main
        scores += [
            Score(
                CHANGES, ERROR, len(known), float(np.abs(difference).mean()), subset, against, pair, headline
            ),
            Score(CHANGES, BIAS, len(known), float(difference.mean()), subset, against, pair, short),
            Score(CHANGES, SLOPE, len(known), slope, subset, against, pair, short),
        ]
    return scores


def parts(changes: Sequence[Change], subset: str, pair: str, *, headline: bool = False) -> list[Score]:
    """The three effects whose means add up to the bias against the planted truth, over the same titles."""
    known = [
        (change.published, change.crawled, change.expected, change.planted)
        for change in changes
        if None not in (change.published, change.crawled, change.expected, change.planted)
    ]
    if not known:
        return []
    published, crawled, expected, planted = np.array(known, dtype=np.float64).T
    scores: list[Score] = []
    for mean, size, effect, short in (
        (COVERAGE, COVERAGE_SIZE, expected - planted, COVERAGE),
        (SAMPLING, SAMPLING_SIZE, crawled - expected, SAMPLING_SIZE),
        (MISTAKES, MISTAKES_SIZE, published - crawled, MISTAKES),
    ):
        for measure, value in ((mean, effect.mean()), (size, np.abs(effect).mean())):
            main = headline and measure is short
            scores.append(Score(CHANGES, measure, len(known), float(value), subset, "", pair, main))
    return scores


def single(change: Change, subset: str, pair: str, *, headline: bool = False) -> list[Score]:
    """The error of one figure against each truth; n is its true postings in both windows."""
    postings = change.base + change.current
    return [
        Score(CHANGES, SIGNED, postings, change.published - true, subset, against, pair, headline)
        for against in (PLANTED, EXPECTED, CRAWLED)
        if (true := change.true(against)) is not None and change.published is not None
    ]


def ranks(changes: Sequence[Change], pair: str, *, headline: bool) -> list[Score]:
    """Members in common at both ends, and the rank correlation, among the titles that the table ranks."""
    scores: list[Score] = []
    for against in (PLANTED, CRAWLED):
        for least in (0, *SIZES[1:]):
            known = [
                (change.subject, published, true)
                for change, published, true in _both(changes, against)
                if change.ranked and change.base >= least
            ]
            if len(known) < 2 * ENDS:
                continue
            subset = f"ranked titles, base ≥ {least}" if least else "ranked titles"
            main = headline and against == PLANTED and not least
            for measure, sign in ((TOP, -1), (BOTTOM, 1)):
                ends = [
                    {row[0] for row in sorted(known, key=lambda row: (sign * row[column], row[0]))[:ENDS]}
                    for column in (1, 2)
                ]
                scores.append(
                    Score(RANKS, measure, len(known), len(ends[0] & ends[1]), subset, against, pair, main)
                )
            correlation = rank_correlation([row[1] for row in known], [row[2] for row in known])
            scores.append(Score(RANKS, SPEARMAN, len(known), correlation, subset, against, pair, main))
    return scores


def intervals(
    changes: Sequence[Change],
    pair: str,
    *,
    headline: bool,
    words: str = "",
    main: Sequence[str] = (PLANTED, EXPECTED),
) -> list[Score]:
    """How often the intervals hold each truth, and how wide they are, by size band; `main`: those of the short form."""
    scores: list[Score] = []
    given = [change for change in changes if change.low is not None and change.high is not None]
    for band in (None, *BANDS):
        chosen = [change for change in given if band is None or _inside(change.base, band)]
        if not chosen:
            continue
        subset = words + ("all titles" if band is None else _band_words(band))
        for against in (PLANTED, EXPECTED, CRAWLED):
            known = [change for change in chosen if change.true(against) is not None]
            if known:
                held = sum(_holds(change, against) for change in known)
                short = headline and band is None and against in main
                scores.append(
                    Score(INTERVALS, HELD, len(known), held / len(known), subset, against, pair, short)
                )
        widths = [
            change.high - change.low
            for change in chosen
            if change.high is not None and change.low is not None
        ]
        scores.append(Score(INTERVALS, WIDTH, len(chosen), float(np.median(widths)), subset, "", pair))
    return scores


def verdicts(
    changes: Sequence[Change],
    market: float | None,
    published_market: float | None,
    pair: str,
    *,
    headline: bool,
) -> list[Score]:
    """The table's own verdicts, where it gives any, and those that its intervals suggest.

    market, published_market: the market's change as planted and as published. A naive reader calls a title different
    where its interval does not hold the published market's change.
    """
    planted = [change for change in changes if change.planted is not None]
    if market is None or not planted:
        return []
    scores: list[Score] = []
    if any(change.verdict is not None for change in planted):
        own = [(change, change.verdict or TOO_FEW) for change in planted]
        scores += _judge(own, market, "the table's verdicts", pair, headline=headline)
    else:
        scores.append(Score(VERDICTS, NO_VERDICT, 0, None, "the table's verdicts", "", pair))
    if published_market is not None:
        naive = [(change, naive_verdict(change, published_market)) for change in planted]
        main = headline and all(change.verdict is None for change in planted)
        scores += _judge(naive, market, "read off the intervals", pair, headline=main)
    return scores


def crawled_verdicts(changes: Sequence[Change], market: float | None, pair: str) -> list[Score]:
    """Verdicts about the true titles of the crawled postings, each judged by what these show.

    market: the market's true change among the crawled postings. Of these no title is an exact null.
    """
    wanted = {ABOVE: 1.0, BELOW: -1.0}
    if market is None:
        return []
    calls = [
        (change, wanted[change.verdict])
        for change in changes
        if change.verdict in wanted and change.crawled is not None
    ]
    wrong = sum(np.sign((change.crawled or 0.0) - market) != call for change, call in calls)
    subset = "verdicts for the crawled postings"
    return [Score(VERDICTS, SIGN_ERRORS, len(calls), _share(int(wrong), len(calls)), subset, CRAWLED, pair)]


def naive_verdict(change: Change, market: float) -> str:
    """What a title's interval alone says of it beside the market's published change."""
    if change.low is None or change.high is None:
        return TOO_FEW
    return ABOVE if change.low > market else BELOW if change.high < market else SAME


def _judge(
    called: Sequence[tuple[Change, str]], market: float, subset: str, pair: str, *, headline: bool
) -> list[Score]:
    def side(change: Change) -> int:
        assert change.planted is not None  # noqa: S101  (callers pass planted titles only)
        return 0 if change.is_null else int(np.sign(change.planted - market))

    wanted = {ABOVE: 1, BELOW: -1}
    calls = [(change, wanted[verdict]) for change, verdict in called if verdict in wanted]
    wrong = sum(side(change) != call for change, call in calls)
    opposite = sum(side(change) == -call for change, call in calls)
    nulls = [verdict for change, verdict in called if change.is_null and verdict != TOO_FEW]
    false = sum(verdict in wanted for verdict in nulls)
    far = [
        (change, verdict)
        for change, verdict in called
        if verdict != TOO_FEW and change.planted is not None and abs(change.planted - market) >= FAR
    ]
    found = sum(wanted.get(verdict) == side(change) for change, verdict in far)
    remark = f"{false} of {len(nulls)} nulls."
    return [
        Score(VERDICTS, WRONG, len(calls), _share(wrong, len(calls)), subset, PLANTED, pair, headline),
        Score(
            VERDICTS,
            FALSE_DISCOVERIES,
            len(nulls),
            _share(false, len(nulls)),
            subset,
            PLANTED,
            pair,
            headline,
            remark,
        ),
        Score(VERDICTS, SIGN_ERRORS, len(calls), _share(opposite, len(calls)), subset, PLANTED, pair),
        Score(VERDICTS, FOUND, len(far), _share(found, len(far)), subset, PLANTED, pair),
    ]


def weighted_slope(known: Sequence[tuple[Change, float, float]]) -> float | None:
    """See SLOPE; None for fewer than three subjects that have postings in both windows, or equal true changes."""
    usable = [
        (math.log1p(true), math.log1p(published), 1 / (1 / change.base + 1 / change.current))
        for change, published, true in known
        if change.base and change.current and true > -1 and published > -1
    ]
    if len(usable) < 3:
        return None
    x, y, weight = np.array(usable).T
    centred = x - np.average(x, weights=weight)
    spread = float((weight * centred * centred).sum())
    return float((weight * centred * y).sum() / spread) if spread > 1e-12 else None


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's, with mean ranks for ties; None where one side is all ties."""
    from scipy.stats import rankdata

    ranked = np.array([rankdata(one), rankdata(other)])
    if (np.ptp(ranked, axis=1) == 0).any():
        return None
    return float(np.corrcoef(ranked)[0, 1])


def _both(changes: Iterable[Change], against: str) -> list[tuple[Change, float, float]]:
    return [
        (change, change.published, true)
        for change in changes
        if change.published is not None and (true := change.true(against)) is not None
    ]


def _holds(change: Change, against: str) -> bool:
    true = change.true(against)
    assert true is not None  # noqa: S101  (callers have looked)
    assert change.low is not None  # noqa: S101
    assert change.high is not None  # noqa: S101
    return change.low <= true <= change.high


def _inside(base: int, band: tuple[int, int | None]) -> bool:
    low, high = band
    return base >= low and (high is None or base <= high)


def _band_words(band: tuple[int, int | None]) -> str:
    low, high = band
    if high is None:
        return f"titles, base ≥ {low}"
    return f"titles, base {low} to {high}" if low else f"titles, base < {high + 1}"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
