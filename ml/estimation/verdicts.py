"""From a group's distance to the market to a verdict: z, p, q and a word.

What belongs here: the test and the false discovery rate. What does not: standard errors (`bootstrap`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ml.schema import ABOVE, BELOW, SAME, TOO_FEW

FALSE_DISCOVERIES = 0.05

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


def p_values(z: Floats, degrees: Floats) -> Floats:
    """Two-sided, by Student's t with `degrees` of freedom, or the normal where these are infinite."""
    from scipy.special import ndtr, stdtr

    finite = np.isfinite(degrees)
    tail = np.where(finite, stdtr(np.where(finite, degrees, 1.0), -np.abs(z)), ndtr(-np.abs(z)))
    return np.minimum(2.0 * tail, 1.0)


def q_values(p: Floats, tested: Booleans) -> Floats:
    """Benjamini and Hochberg's (1995) adjusted p-values among the tested ones; NaN for the others."""
    found = np.full(len(p), np.nan)
    numbers = np.flatnonzero(tested)
    order = numbers[np.argsort(p[numbers], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


def words(z: Floats, q: Floats) -> list[str]:
    """The verdict of each group; NaN in `q` means that there was too little to test."""
    return [
        TOO_FEW if np.isnan(one) else SAME if one > FALSE_DISCOVERIES else ABOVE if sign > 0 else BELOW
        for sign, one in zip(z, q, strict=True)
    ]
