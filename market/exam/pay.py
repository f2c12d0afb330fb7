"""Pay: published means and medians against the true ones.

What belongs here: relative errors over cells of title and currency. What does not: reading pay from ads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from market.exam.scorecard import CRAWLED, LOWER, NEAR_0, PAY, PLANTED, SHARE, Measure, Score

SIZES = (10, 30, 100)
"""Least true postings with stated pay in a cell of title and currency."""

ERROR = Measure(
    "relative error of pay", "Mean of |published / true − 1| over cells of title and currency.", "below 5 %",
    SHARE, LOWER,
)  # fmt: skip
BIAS = Measure(
    "relative bias of pay", "Mean of published / true − 1 over cells of title and currency.", "within 1 % of 0",
    SHARE, NEAR_0,
)  # fmt: skip
SINGLE = Measure("relative error of mean pay", "Published / planted − 1.", "within 3 % of 0", SHARE, NEAR_0)


@dataclass(frozen=True)
class Cell:
    """One title's pay in one currency: published and true, mean and median a month; `stating`: true postings."""

    stating: int
    published: Mapping[str, float]
    true: Mapping[str, float]


def cell_errors(cells: Sequence[Cell], pair: str, *, headline: bool) -> list[Score]:
    """Errors and biases of means and medians, by least size of the cell."""
    scores: list[Score] = []
    for figure in ("mean", "median"):
        for size in SIZES:
            off = [
                cell.published[figure] / cell.true[figure] - 1
                for cell in cells
                if cell.stating >= size and cell.true[figure] > 0
            ]
            if not off:
                continue
            subset = f"{figure}, cells of ≥ {size}"
            main = headline and size == SIZES[1] and figure == "median"
            sizes = [abs(value) for value in off]
            scores += [
                Score(PAY, ERROR, len(off), sum(sizes) / len(off), subset, CRAWLED, pair, main),
                Score(PAY, BIAS, len(off), sum(off) / len(off), subset, CRAWLED, pair),
            ]
    return scores


def planted_means(
    published: Mapping[str, tuple[int, float]],
    planted: Mapping[str, float],
    members: Mapping[str, Iterable[str]],
    pair: str,
) -> list[Score]:
    """Means of roles against the planted ones. `published`: title -> (postings that state pay, their mean)."""
    scores: list[Score] = []
    for subject, mean in sorted(planted.items()):
        own = [published[title] for title in sorted(members.get(subject, (subject,))) if title in published]
        stating = sum(n for n, _ in own)
        if stating:
            together = sum(n * value for n, value in own) / stating
            scores.append(
                Score(PAY, SINGLE, stating, together / mean - 1, f"mean of {subject}", PLANTED, pair)
            )
    return scores
