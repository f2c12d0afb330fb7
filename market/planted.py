"""The planted figures as they stand beside the data, and what the crawl alone makes of them.

What belongs here: the rows of figures.csv. What does not: planting them (`worldwide`, `china_ai`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from market.plan import Floats, Plan

FIGURES_HEADER = ("table", "scope", "subject", "key", "window", "value", "source")
"""One row per planted figure: see `market.plan.Figure`. The tables `title_yoy_crawled` and `market_yoy_crawled` say
what the counts of the crawled postings can be expected to show, before any error of classification: the difference to
`title_yoy` is what the drifting coverage does."""

EXPECTED = "expected"


def figure_rows(plan: Plan, seen_volume: Floats) -> Iterator[tuple[str, ...]]:
    """All figures of a plan, and the crawled ones; `seen_volume` is (C, M), the share of the market the crawl finds."""
    for figure in plan.figures:
        yield (
            figure.table,
            figure.scope,
            figure.subject,
            figure.key,
            figure.window,
            f"{figure.value:.9f}",
            figure.source,
        )
    for window in sorted({figure.window for figure in plan.figures if ".." in figure.window}):
        yield from _crawled(plan, seen_volume, window)


def _crawled(plan: Plan, seen_volume: Floats, window: str) -> Iterator[tuple[str, ...]]:
    current = _months(plan, window)
    base = _months(plan, "..".join(f"{int(month[:4]) - 1}{month[4:]}" for month in window.split("..")))
    if not current or len(base) != len(current):
        return
    titles = plan.content.titles
    totals = [
        np.bincount(plan.cell_title, seen_volume[:, months].sum(axis=1), minlength=len(titles))
        for months in (base, current)
    ]
    before, after = (float(total.sum()) for total in totals)
    yield ("market_yoy_crawled", "all", "*", "", window, f"{after / before - 1:.9f}", EXPECTED)
    for title, was, now in zip(titles, *totals, strict=True):
        if was > 0:
            change = f"{now / was - 1:.9f}"
            yield ("title_yoy_crawled", "all", title.title_id, "", window, change, EXPECTED)


def _months(plan: Plan, window: str) -> list[int]:
    first, last = window.split("..")
    return [number for number, month in enumerate(plan.months) if first <= month <= last]
