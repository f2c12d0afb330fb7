"""Whether the classifier errs in both windows alike: the assumption that the correction stands on, tested.

What belongs here: the test of P(predicted | true) between two windows. What does not: doing anything about a drift.

Within every true title that has audit rows in both windows the share of right predictions is compared, and the
differences are averaged with Mantel and Haenszel's (1959) weights. The variance sums each employer's residuals before
squaring them, because an employer's postings err together (Liang and Zeger 1986).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.changes import Evidence
from ml.estimation.tables import BASE, CURRENT
from ml.estimation.verdicts import p_values, q_values
from ml.schema import DRIFT, FAMILY_LEVEL, MARKET, MARKET_LEVEL

DIGITS = 9

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def confusion_drift(evidence: Evidence, pair: str) -> pa.Table:
    """Test the drift over all titles and within each family, in DRIFT; no row where there is no audit."""
    if evidence.audit is None or not evidence.audit.num_rows:
        return DRIFT.empty_table()
    rows = [row for row in evidence.audit.to_pylist() if row["window"] in (BASE, CURRENT)]
    titles = sorted({row["title_id"] for row in rows})
    number = {title: place for place, title in enumerate(titles)}
    title = np.array([number[row["title_id"]] for row in rows], dtype=np.int64)
    audited = _Audited(
        title=title,
        side=np.array([row["window"] == CURRENT for row in rows], dtype=np.int64),
        right=np.array([row["title_id"] == row["predicted"] for row in rows], dtype=np.float64),
        weight=np.array([row["postings"] for row in rows], dtype=np.float64),
        employer=_numbers([row["employer_id"] for row in rows]),
        titles=len(titles),
    )
    families = [evidence.families.get(name, "") for name in titles]
    groups = [(MARKET_LEVEL, MARKET, np.ones(len(titles), dtype=bool))]
    groups += [
        (FAMILY_LEVEL, family, np.array([name == family for name in families]))
        for family in sorted(set(families) - {""})
    ]
    found = [audited.compare(chosen) for _, _, chosen in groups]
    z = np.array([one.z for one in found])
    p = np.where(np.isnan(z), np.nan, p_values(np.nan_to_num(z), np.full(len(z), np.inf)))
    is_family = np.array([level == FAMILY_LEVEL for level, _, _ in groups], dtype=bool)
    q = q_values(np.nan_to_num(p), is_family & ~np.isnan(p))
    return pa.Table.from_pylist(
        [
            {
                "pair": pair,
                "level": level,
                "group_id": group,
                "base_rows": one.base_rows,
                "current_rows": one.current_rows,
                "base_right": _cell(one.base_right),
                "current_right": _cell(one.current_right),
                "difference": _cell(one.difference),
                "difference_se": _cell(one.se),
                "z": _cell(one.z),
                "p_value": _cell(p_one),
                "q_value": _cell(q_one),
            }
            for (level, group, _), one, p_one, q_one in zip(
                groups, found, p.tolist(), q.tolist(), strict=True
            )
        ],
        DRIFT,
    )


class _Compared:
    """One comparison; NaN where a window has no audit row of a title that the other has, too."""

    def __init__(self, rows: Sequence[int], right: Sequence[float], difference: float, se: float) -> None:
        self.base_rows, self.current_rows = rows
        self.base_right, self.current_right = right
        self.difference, self.se = difference, se
        self.z = difference / se if se > 0 else float("nan")


class _Audited:
    """Audit rows of both windows as arrays, one entry a row of AUDIT_ROWS. weight: its postings."""

    def __init__(
        self,
        *,
        title: Integers,
        side: Integers,
        right: Floats,
        weight: Floats,
        employer: Integers,
        titles: int,
    ) -> None:
        self.title, self.side, self.right, self.weight, self.employer = title, side, right, weight, employer
        self.rows = np.zeros((titles, 2))
        np.add.at(self.rows, (title, side), weight)
        self.hits = np.zeros((titles, 2))
        np.add.at(self.hits, (title, side), weight * right)

    def compare(self, chosen: npt.NDArray[np.bool_]) -> _Compared:
        """Compare the windows over some of the titles."""
        rows, hits = self.rows * chosen[:, None], self.hits * chosen[:, None]
        total = rows.sum(axis=1)
        weights = np.divide(rows[:, 0] * rows[:, 1], total, out=np.zeros_like(total), where=total > 0)
        counts = [int(n) for n in rows.sum(axis=0)]
        nothing = float("nan")
        shares = [
            float(h / n) if n else nothing for h, n in zip(hits.sum(axis=0), rows.sum(axis=0), strict=True)
        ]
        if not weights.sum():
            return _Compared(counts, shares, nothing, nothing)
        share = np.divide(hits, rows, out=np.zeros_like(hits), where=rows > 0)
        difference = float((weights * (share[:, 1] - share[:, 0])).sum() / weights.sum())
        pooled = np.divide(hits.sum(axis=1), total, out=np.zeros_like(total), where=total > 0)
        # The residuals are from a mean that was estimated from the same rows: n / (n - 1), as in Mantel-Haenszel.
        inflation = np.sqrt(np.divide(total, total - 1, out=np.ones_like(total), where=total > 1))
        pull = (
            (weights * inflation)[self.title]
            / weights.sum()
            * (self.right - pooled[self.title])
            * self.weight
        )
        pull = np.divide(
            pull, rows[self.title, self.side], out=np.zeros_like(pull), where=rows[self.title, self.side] > 0
        )
        by_employer = np.bincount(self.employer, pull * np.where(self.side == 1, 1.0, -1.0))
        return _Compared(counts, shares, difference, float(np.sqrt((by_employer**2).sum())))


def _numbers(names: Sequence[str]) -> Integers:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _cell(value: float) -> float | None:
    return None if np.isnan(value) else round(value, DIGITS)
