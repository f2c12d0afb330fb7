"""Titles to watch, and near titles held against each other: pure functions over the table of estimates.

What belongs here: what follows from changes and their standard errors. What does not: estimating either.

Of each pair of windows the method is taken that allows for most (panel, else corrected, else raw), with the estimand
`employers`. A difference of two titles has the standard error sqrt(a^2 + b^2) from raw counts (employers in common make
it smaller), and a + b from corrected ones: what the classifier takes from one near title it gives to the other, so
their errors may go against each other, and the sum is the most that they can come to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.around import CONTRASTS, NEIGHBOURS_HOLD, NEW_FALL, WATCH_LIST
from ml.estimation.counts import PairOfWindows
from ml.estimation.verdicts import FALSE_DISCOVERIES, q_values
from ml.schema import CORRECTED, EMPLOYERS, MARKET_LEVEL, PANEL, RAW, TITLE_LEVEL

Z = 1.959964
DIGITS = 9

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Changes:
    """Titles with an interval, of one pair and method. market: the log ratio of the market, None where it has none."""

    method: str
    titles: Mapping[str, dict[str, Any]]
    market: float | None

    def log_ratio(self, title: str) -> float:
        return math.log1p(self.titles[title]["change"])

    def se(self, title: str) -> float:
        return float(self.titles[title]["log_ratio_se"])

    def joint_se(self, parts: Sequence[float]) -> float:
        """The standard error of a sum or difference of terms with these standard errors."""
        return math.sqrt(math.fsum(one**2 for one in parts)) if self.method == RAW else math.fsum(parts)


def _changes(estimates: pa.Table, pair: str) -> _Changes:
    rows = [
        row
        for row in estimates.to_pylist()
        if row["pair"] == pair
        and row["estimand"] == EMPLOYERS
        and row["level"] in (TITLE_LEVEL, MARKET_LEVEL)
    ]
    given = {row["method"] for row in rows}
    method = next((one for one in (PANEL, CORRECTED, RAW) if one in given), RAW)
    chosen = [row for row in rows if row["method"] == method]
    market = [row["change"] for row in chosen if row["level"] == MARKET_LEVEL and row["change"] is not None]
    return _Changes(
        method,
        {
            row["group_id"]: row
            for row in chosen
            if row["level"] == TITLE_LEVEL
            and not row["withheld"]
            and row["log_ratio_se"]
            and row["change"] > -1
        },
        math.log1p(market[0]) if market and market[0] > -1 else None,
    )


def _previous(window: PairOfWindows, windows: Iterable[PairOfWindows]) -> PairOfWindows | None:
    """The pair whose current window is this one's base."""
    return next((one for one in windows if one.current.keys() == window.base.keys()), None)


def _lower_tail(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def watch_list(
    estimates: pa.Table, neighbours: Mapping[str, Sequence[str]], windows: Sequence[PairOfWindows]
) -> pa.Table:
    """The titles to watch, in WATCH_LIST, by pair, reason and title.

    A fall is a change whose one-sided test against no change has q <= 0.05 (Benjamini and Hochberg over the titles of
    the pair). `new_fall`: a fall, and in the pair before a change whose interval reaches 0 or above, smaller in size.
    `neighbours_hold`: a fall, the neighbours' change taken together is no less than the market's, and the title fell
    further than they did, q <= 0.05 over the falls. `neighbours`: title -> ids of the titles next to it.
    """
    rows: list[dict[str, Any]] = []
    for window in windows:
        now = _changes(estimates, window.pair)
        before = _previous(window, windows)
        earlier = _changes(estimates, before.pair).titles if before else {}
        titles = sorted(now.titles)
        if not titles:
            continue
        z = np.array([now.log_ratio(title) / now.se(title) for title in titles])
        fall_q = q_values(_lower_tail(z), np.ones(len(titles), dtype=bool))
        falling = [title for title, q in zip(titles, fall_q, strict=True) if q <= FALSE_DISCOVERIES]
        q_of = dict(zip(titles, fall_q.tolist(), strict=True))
        rows += [
            _watched(window.pair, now, earlier, title, NEW_FALL, q_of[title])
            for title in falling
            if _did_not_fall(earlier.get(title), now.titles[title]["change"])
        ]
        beside = {
            title: found for title in falling if (found := _together(now, title, neighbours.get(title, ())))
        }
        tested = sorted(beside)
        distance = np.array([beside[title].distance for title in tested])
        se = np.array([beside[title].se for title in tested])
        q = q_values(_lower_tail(distance / se), np.ones(len(tested), dtype=bool)) if tested else distance
        for title, one in zip(tested, q.tolist(), strict=True):
            found = beside[title]
            holds = now.market is not None and found.log_ratio >= now.market
            if holds and one <= FALSE_DISCOVERIES:
                row = _watched(window.pair, now, earlier, title, NEIGHBOURS_HOLD, q_of[title])
                rows.append(
                    row
                    | {
                        "neighbours": list(found.titles),
                        "neighbours_change": round(math.expm1(found.log_ratio), DIGITS),
                        "difference": round(math.expm1(found.distance), DIGITS),
                        "difference_high": round(math.expm1(found.distance + Z * found.se), DIGITS),
                        "difference_q_value": round(one, DIGITS),
                    }
                )
    order = {window.pair: place for place, window in enumerate(windows)}
    rows.sort(key=lambda row: (order[row["pair"]], row["reason"], row["title_id"]))
    return pa.Table.from_pylist(rows, WATCH_LIST)


def _did_not_fall(earlier: dict[str, Any] | None, change: float) -> bool:
    return earlier is not None and earlier["change_high"] >= 0 and earlier["change"] > change


def _watched(
    pair: str, now: _Changes, earlier: Mapping[str, dict[str, Any]], title: str, reason: str, q: float
) -> dict[str, Any]:
    row, previous = now.titles[title], earlier.get(title, {})
    return {
        "pair": pair,
        "title_id": title,
        "reason": reason,
        "method": now.method,
        **{
            name: row[name]
            for name in (
                "base_postings",
                "current_postings",
                "change",
                "change_low",
                "change_high",
                "verdict",
            )
        },
        "fall_q_value": round(q, DIGITS),
        "previous_change": previous.get("change"),
        "previous_change_low": previous.get("change_low"),
        "previous_change_high": previous.get("change_high"),
        "neighbours": None,
        "neighbours_change": None,
        "difference": None,
        "difference_high": None,
        "difference_q_value": None,
    }


@dataclass(frozen=True)
class _Together:
    """The titles next to one, pooled: their log ratio, and the title's distance to it with its standard error."""

    titles: tuple[str, ...]
    log_ratio: float
    distance: float
    se: float


def _together(now: _Changes, title: str, neighbours: Iterable[str]) -> _Together | None:
    near = sorted({one for one in neighbours if one in now.titles and one != title})
    base = math.fsum(now.titles[one]["base_postings"] for one in near)
    current = math.fsum(now.titles[one]["current_postings"] for one in near)
    if base <= 0 or current <= 0:
        return None
    pooled = math.log(current / base)
    # A title's pull on the pooled log ratio is its share of the postings.
    parts = [now.se(one) * now.titles[one]["current_postings"] / current for one in near]
    return _Together(
        tuple(near), pooled, now.log_ratio(title) - pooled, now.joint_se([now.se(title), *parts])
    )


def near_contrasts(
    estimates: pa.Table, neighbours: Mapping[str, Sequence[str]], windows: Sequence[PairOfWindows]
) -> pa.Table:
    """Each pair of near titles with an interval on both sides, in CONTRASTS, by pair of windows, the surest first."""
    couples = sorted(
        {tuple(sorted((one, other))) for one, near in neighbours.items() for other in near if one != other}
    )
    tables = []
    for window in windows:
        now = _changes(estimates, window.pair)
        before = _previous(window, windows)
        earlier = _changes(estimates, before.pair) if before else None
        rows = []
        for one, other in couples:
            if one not in now.titles or other not in now.titles:
                continue
            fast, slow = (one, other) if now.log_ratio(one) >= now.log_ratio(other) else (other, one)
            distance = now.log_ratio(fast) - now.log_ratio(slow)
            se = now.joint_se([now.se(fast), now.se(slow)])
            known = earlier is not None and fast in earlier.titles and slow in earlier.titles
            rows.append(
                {
                    "pair": window.pair,
                    "title_id": fast,
                    "neighbour_id": slow,
                    "method": now.method,
                    "change": now.titles[fast]["change"],
                    "neighbour_change": now.titles[slow]["change"],
                    "difference_in_differences": round(math.expm1(distance), DIGITS),
                    "difference_low": round(math.expm1(distance - Z * se), DIGITS),
                    "difference_high": round(math.expm1(distance + Z * se), DIGITS),
                    "z": round(distance / se, DIGITS),
                    "previous_difference": round(
                        math.expm1(earlier.log_ratio(fast) - earlier.log_ratio(slow)), DIGITS
                    )
                    if known and earlier is not None
                    else None,
                }
            )
        if not rows:
            continue
        p = np.minimum(1.0, 2 * _lower_tail(-np.array([row["z"] for row in rows])))
        q = q_values(p, np.ones(len(rows), dtype=bool))
        for row, one, other in zip(rows, p.tolist(), q.tolist(), strict=True):
            row |= {"p_value": round(one, DIGITS), "q_value": round(other, DIGITS)}
        rows.sort(key=lambda row: (-row["z"], row["title_id"], row["neighbour_id"]))
        tables.append(pa.Table.from_pylist(rows, CONTRASTS))
    return pa.concat_tables(tables) if tables else CONTRASTS.empty_table()
