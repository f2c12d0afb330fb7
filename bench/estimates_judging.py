"""How an estimate is judged, at the level of counts as end to end: the slope, and what verdicts find.

What belongs here: measures of given estimates against given truth. What does not: drawing, running, printing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FAR, FOR_POWER = 0.15, 500

Floats = npt.NDArray[np.float64]


def slope(true: Floats, published: Floats, weight: Floats) -> float:
    """Least squares of log(1 + published) on log(1 + true); a title with weight 0 is left out."""
    use = (weight > 0) & np.isfinite(published) & (published > -1) & (true > -1)
    x, y, w = np.log1p(true[use]), np.log1p(published[use]), weight[use]
    x = x - np.average(x, weights=w)
    return float((w * x * y).sum() / (w * x * x).sum())


def verdict_counts(verdict: Any, distance: Floats, base: Floats) -> dict[str, int]:
    """Counts over all titles with a verdict and a truth.

    distance: true change less the market's, 0 for exact nulls, NaN where there is none.
    """
    called = np.where(verdict == "above", 1.0, np.where(verdict == "below", -1.0, 0.0))
    tested = (verdict != "too_few") & np.isfinite(distance)
    called, distance = np.where(tested, called, 0.0), np.where(tested, distance, 0.0)
    far = tested & (np.abs(distance) >= FAR) & (base >= FOR_POWER)
    null = tested & (distance == 0)
    return {
        "called": int((called != 0).sum()),
        "wrong": int(((called != 0) & (called != np.sign(distance))).sum()),
        "opposite": int((called * np.sign(distance) < 0).sum()),
        "nulls": int(null.sum()),
        "nulls_called": int((null & (called != 0)).sum()),
        "far": int(far.sum()),
        "far_found": int((far & (called == np.sign(distance))).sum()),
    }
