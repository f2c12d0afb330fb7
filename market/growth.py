"""Planted growth: how much of every title the market holds in each month, so that all published figures come true.

What belongs here: year-over-year growth per title, its balance with the published totals of bands, families and
groups, and the months' pattern. What does not: where the figures come from (`worldwide`, `china_ai`), and which
posting is drawn when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

SEASON = (0.98, 1.00, 1.08, 1.04, 1.05, 1.02, 0.99, 1.01, 1.04, 1.03, 0.93, 0.83)
"""Postings of January to December against the year's mean, the same for all titles, so that it cancels in YoY."""

PUBLISHED, ABOUT, BOUND, ASSUMED, NULL, GROUP, DRAWN = (
    "published",
    "about",
    "bound",
    "assumed",
    "null",
    "group",
    "drawn",
)
"""Where a title's figure comes from: the study; third-party coverage of it; only its sign is published; assumed
here; exactly the market's; drawn so that its group's total is the published one; drawn around the market."""

_ROUNDS, _TOLERANCE = 4_000, 1e-11


class ContradictionError(ValueError):
    """Published figures leave no room for each other; the message names the total that cannot be met."""


@dataclass(frozen=True)
class Total:
    """The change of a whole (a fraction): those of the titles where `members` is set, taken together."""

    name: str
    members: Booleans
    change: float


@dataclass(frozen=True)
class Given:
    """What is known of one year's growth before anything is drawn.

    change: title index -> fraction. kind: why (one of this module's words). totals: what must add up, the whole
    market among them. scattered: members of groups with a published total; they are never nulls, and the
    lowest limit does not bind them. limits: the lowest and highest growth that may be drawn, and how.
    """

    market: float
    change: Mapping[int, float]
    kind: Mapping[int, str]
    totals: Sequence[Total]
    scattered: Booleans
    limits: tuple[float, float] = (-0.95, 10.0)


@dataclass(frozen=True)
class Growth:
    """Growth of one year: change (fractions) and kind per title."""

    change: Floats
    kind: list[str]


def draw_growth(
    rng: np.random.Generator,
    volume: Floats,
    given: Given,
    nulls: Booleans,
    spread: float,
) -> Growth:
    """Fix every title's growth: given figures stand, `nulls` move exactly with the market, the rest balance.

    volume: (titles,) of the base year. The rest start log-normal around the market (standard deviation `spread`) and
    are then raked (iterative proportional fitting, Deming and Stephan 1940) until every total holds to 1e-11.
    Raises ContradictionError where that cannot be.
    """
    # Members of a group with a published total huddle closer together than titles that have nothing in common.
    scatter = np.where(given.scattered, spread / 2, spread)
    change = (1.0 + given.market) * np.exp(rng.normal(0.0, 1.0, len(volume)) * scatter)
    for total in given.totals:
        # A scattered title starts from its own group's total, not from the market's.
        inside = total.members & given.scattered
        if not (total.members & ~given.scattered).any():
            change[inside] *= (1.0 + total.change) / (1.0 + given.market)
    kind = [GROUP if scattered else DRAWN for scattered in given.scattered]
    free = np.ones(len(volume), dtype=bool)
    for number, value in given.change.items():
        change[number], free[number], kind[number] = 1.0 + value, False, given.kind[number]
    quiet = nulls & free & ~given.scattered
    change[quiet], free[quiet] = 1.0 + given.market, False
    for silent in np.flatnonzero(quiet).tolist():
        kind[silent] = NULL
    _rake(volume, change, free, given)
    return Growth(change - 1.0, kind)


def _rake(volume: Floats, change: Floats, free: Booleans, given: Given) -> None:
    """Scale the free titles of every total in turn, in place, until all totals hold."""
    low, high = (1.0 + limit for limit in given.limits)
    for _ in range(_ROUNDS):
        worst, where = 0.0, ""
        for total in given.totals:
            wanted = (1.0 + total.change) * volume[total.members].sum()
            moving = total.members & free
            fixed = (volume * change)[total.members & ~free].sum()
            if wanted <= fixed or not moving.any():
                raise ContradictionError(
                    f"{total.name}: its fixed members alone change by {fixed / volume[total.members].sum() - 1:+.1%}, "
                    f"which leaves no room for {total.change:+.1%}"
                )
            off = abs((volume * change)[total.members].sum() / wanted - 1.0)
            if off > worst:
                worst, where = off, total.name
            change[moving] *= (wanted - fixed) / (volume * change)[moving].sum()
        np.minimum(change, high, out=change, where=free)
        np.maximum(change, low, out=change, where=free & ~given.scattered)
        if worst < _TOLERANCE:
            return
    raise ContradictionError(f"{where}: the published totals cannot all hold; it is {worst:.2e} off")


@dataclass(frozen=True)
class Path:
    """Volumes by title and month of three years: growth carries on through the base year, so that no year jumps.

    window: months of a year (0 to 11) over which changes are stated. base: (titles,) volume of the first year's
    window. season: (titles, 12).
    """

    base: Floats
    season: Floats
    window: Sequence[int]
    growth: Mapping[int, Growth]
    first_year: int
    tilts: Mapping[int, Floats] = field(default_factory=dict)

    def volumes(self, months: Sequence[str]) -> Floats:
        """(titles, months). A tilt of a year, (titles, 12), reshapes it; over the window it must average to one."""
        years = sorted(self.growth)
        month = np.arange(12)
        trend = (1.0 + self.growth[years[0]].change)[:, None] ** ((month - 5.5) / 12.0)[None, :]
        shape = self.season * trend
        level = shape * (self.base / shape[:, list(self.window)].sum(axis=1))[:, None]
        by_year = {self.first_year: level}
        for year in years:
            by_year[year] = by_year[year - 1] * (1.0 + self.growth[year].change)[:, None]
        for year, tilt in self.tilts.items():
            by_year[year] = by_year[year] * tilt
        return np.stack([by_year[int(m[:4])][:, int(m[5:]) - 1] for m in months], axis=1)


def choose(rng: np.random.Generator, candidates: Booleans, share: float) -> Booleans:
    """A random `share` of the candidates."""
    numbers = rng.permutation(np.flatnonzero(candidates))
    chosen = np.zeros(len(candidates), dtype=bool)
    chosen[numbers[: round(share * len(numbers))]] = True
    return chosen
