"""How often a class of predictions is right: a predicted title, in a band of how sure the classifier was.

What belongs here: the model of that share and its fit. What does not: where wrong predictions come from (`confusion`).

logit r(j, b) = a(b) + f(family of j) + d(j): the band says most, the family and the title shift it. a is the band's
own share, f and d are shrunk to 0 as normal effects (a ridge; Breslow and Clayton 1993), found by Newton's method. A
title with few audit rows keeps what is usual, one with many its own; and rows of all bands speak for a title.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FAMILY_VARIANCE, TITLE_VARIANCE = 0.5, 1.0
"""Of the shifts, on the scale of the logit: two thirds of all titles lie within a factor e of their family's odds."""

SURE, SURE_ROWS = 0.9, 2.5
"""Share of right predictions that is assumed of a band before any audit row is seen, and the rows it weighs."""

STEPS, LONGEST_STEP = 12, 2.0
"""Newton's method, kept from leaping where nearly all rows of a title are right; 12 steps leave less than 1e-9."""


@dataclass(frozen=True)
class Rightness:
    """What is usual: logit, (K, B), of the share of right predictions before the title's own shift."""

    logit: Floats

    def shares(self, right: Floats, seen: Floats, centre: Floats) -> Floats:
        """(K, B, R) shares of right predictions, from audit rows (K, B, R), right ones and all.

        centre: (K, R), where the shift of each title is believed to lie before its rows are seen; 0, or a draw.
        """
        shift = np.array(np.broadcast_to(centre, (seen.shape[0], seen.shape[2])))
        base = self.logit[:, :, None]
        for _ in range(STEPS):
            share = _logistic(base + shift[:, None])
            slope = (right - seen * share).sum(axis=1) - (shift - centre) / TITLE_VARIANCE
            bend = (seen * share * (1.0 - share)).sum(axis=1) + 1.0 / TITLE_VARIANCE
            shift = shift + np.clip(slope / bend, -LONGEST_STEP, LONGEST_STEP)
        return _logistic(base + shift[:, None])


def usual_rightness(right: Floats, seen: Floats, family: Integers) -> Rightness:
    """Bands and families from all audit rows, (K, B) right ones and all; family (K,) numbers."""
    families = int(family.max(initial=-1)) + 1
    of_band = (right.sum(axis=0) + SURE * SURE_ROWS) / (seen.sum(axis=0) + SURE_ROWS)
    of_band = np.clip(of_band, 0.01, 0.995)
    band = np.log(of_band / (1.0 - of_band))
    shift, of_family = np.zeros(len(family)), np.zeros(families)
    for _ in range(STEPS):
        share = _logistic(band[None] + (of_family[family] + shift)[:, None])
        slope, bend = (right - seen * share).sum(axis=1), (seen * share * (1.0 - share)).sum(axis=1)
        of_family = of_family + _step(
            np.bincount(family, slope, families) - of_family / FAMILY_VARIANCE,
            np.bincount(family, bend, families) + 1.0 / FAMILY_VARIANCE,
        )
        share = _logistic(band[None] + (of_family[family] + shift)[:, None])
        slope, bend = (right - seen * share).sum(axis=1), (seen * share * (1.0 - share)).sum(axis=1)
        shift = shift + _step(slope - shift / TITLE_VARIANCE, bend + 1.0 / TITLE_VARIANCE)
    return Rightness(band[None] + of_family[family][:, None])


def _step(slope: npt.NDArray[np.floating], bend: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(np.clip(slope / bend, -LONGEST_STEP, LONGEST_STEP), dtype=np.float64)


def _logistic(value: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-value))
