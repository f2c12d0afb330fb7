"""The planted truth: how many postings each title gets in each month, relative to the others.

What belongs here: year-over-year growth per title, its calibration to the market's own change, and the months'
weights. What does not: which posting is drawn when.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.content import Content
from market.spec import MarketSpec, MarketSpecError

SEASON = (0.98, 1.00, 1.08, 1.04, 1.05, 1.02, 0.99, 1.01, 1.04, 1.03, 0.93, 0.83)
"""Postings of January to December against the year's mean, the same for all titles, so that it cancels in YoY."""

PUBLISHED, BOUND, NULL, DRAWN = "published", "published_bound", "null", "drawn"

GROWTH_STREAM = 1
"""The random stream of this module: streams of one seed are independent of each other."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PlantedGrowth:
    """Growth per title against the year before, as fractions, and where each figure comes from.

    yoy[year] and kind[year] are arrays over the titles, for 2024 and 2025. `kind` is published, published_bound
    (the study says only that it fell), null (exactly the market) or drawn.
    """

    yoy: dict[int, Floats]
    kind: dict[int, list[str]]
    title_weight: dict[int, Floats]
    month_weight: Floats

    def title_shares(self, year: int) -> Floats:
        """Share of each title among the postings of any month of `year`."""
        weight = self.title_weight[year]
        return weight / weight.sum()


def plant_growth(spec: MarketSpec, content: Content) -> PlantedGrowth:
    """Fix the growth of every title, so that the whole market changes exactly as `spec` says.

    Published figures stand as they are; `null_share` of the others move exactly with the market; the rest are
    log-normal around it and then multiplied by one common factor that closes the balance of the whole.
    """
    rng = np.random.default_rng([spec.seed, GROWTH_STREAM])
    weight = np.array([title.weight for title in content.titles])
    by_year = {2023: weight}
    yoy: dict[int, Floats] = {}
    kind: dict[int, list[str]] = {}
    # A title without any figure is a null in both years or in neither.
    unpublished = [number for number, title in enumerate(content.titles) if not title.published]
    lasting_nulls = _choose(rng, unpublished, spec.null_share)
    for year, market in ((2024, spec.market_2024), (2025, spec.market_2025)):
        published = {
            n: title.published[year] for n, title in enumerate(content.titles) if year in title.published
        }
        one_year = [n for n in range(len(weight)) if n not in published and n not in unpublished]
        nulls = lasting_nulls | _choose(rng, one_year, spec.null_share)
        drawn = np.array(
            [n for n in range(len(weight)) if n not in published and n not in nulls], dtype=np.int64
        )
        change = np.full(len(weight), 1.0 + market)
        for number, value in published.items():
            change[number] = 1.0 + value
        change[drawn] = (1.0 + market) * np.exp(rng.normal(0.0, spec.spread, len(drawn)))
        before = by_year[year - 1]
        fixed = np.delete(before * change, drawn).sum()
        needed = (1.0 + market) * before.sum() - fixed
        if needed <= 0 or not len(drawn):
            raise MarketSpecError(
                f"market_{year}: the titles with fixed growth leave no room for a market change of {market:+.0%}"
            )
        change[drawn] *= needed / (before[drawn] * change[drawn]).sum()
        by_year[year] = before * change
        yoy[year] = change - 1.0
        kind[year] = [
            (BOUND if year in title.bounded else PUBLISHED)
            if n in published
            else NULL
            if n in nulls
            else DRAWN
            for n, title in enumerate(content.titles)
        ]
    years = {int(month[:4]) for month in spec.months}
    for year in years:
        by_year.setdefault(year, by_year[2023] if year < 2023 else by_year[2025])
    months = np.array([by_year[int(m[:4])].sum() * SEASON[int(m[5:]) - 1] for m in spec.months])
    return PlantedGrowth(yoy, kind, by_year, months / months.sum())


def _choose(rng: np.random.Generator, numbers: list[int], share: float) -> set[int]:
    return set(rng.permutation(numbers)[: round(share * len(numbers))].tolist())
