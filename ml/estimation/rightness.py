"""How often a class of predictions is right: a predicted title, in a band of how sure the classifier was.

What belongs here: the model of that share and its fit. What does not: where wrong predictions come from (`confusion`).

logit r(j, b) = a(b) + c x(j) + f(family of j) + d(j): the band says most; a title that is predicted often has swallowed
more of its neighbours' postings (x, the logarithm of the count of its predictions, is known without any label); the
family and the title shift it. a is the band's own share; f and d are normal effects (Breslow and Clayton 1993, whose
penalised quasi-likelihood this is), and the variance of d, which falls with x, is learned from all titles together, as
in small-area estimation (Fay and Herriot 1979). A title with few audit rows keeps what is usual, one with many its own;
and rows of all bands speak for a title.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FAMILY_VARIANCE, SIZE_VARIANCE, LEVEL_VARIANCE = 0.5, 1.0, 4.0
"""Of the shifts of families, of the slope c, and of the level that stands beside it, on the scale of the logit."""

TITLE_VARIANCE, TYPICAL_TITLES = 1.0, 10.0
"""Variance of a title's shift where it is not learned: two thirds of all titles lie within a factor e of their family's
odds. Where it is, it weighs as much as so many titles."""

VARIANCE_BY_SIZE, WIDEST = 0.65, 8.0
"""The variance of a title's shift falls by this power of the count of its predictions, and is at most so many times the
usual: the rarer a title, the more a few of its neighbours' postings say. On the cross-fitted run behind the exam the
squared shifts are 3 and more, 0.74, 0.61, 0.29 and 0.20 where 2 to 4, 4 to 8, 8 to 16, 16 to 32 and more of 10,000
predictions are a title's."""

SURE, SURE_ROWS = 0.9, 2.5
"""Share of right predictions that is assumed of a band before any audit row is seen, and the rows it weighs."""

STEPS, LONGEST_STEP = 12, 2.0
"""Newton's method, kept from leaping where nearly all rows of a title are right; 12 steps leave less than 1e-9."""

STEPS_OF_ALL = 60
"""Steps that fit all titles together; the variance converges more slowly than the rest, and 60 leave less than 1e-6."""


@dataclass(frozen=True)
class Rightness:
    """What is usual: logit (K, B) of the share of right predictions before the title's own shift, and the variance (K,)
    of that shift."""

    logit: Floats
    variance: Floats

    def shares(self, right: Floats, seen: Floats, centre: Floats) -> Floats:
        """(K, B, R) shares of right predictions, from audit rows (K, B, R), right ones and all.

        centre: (K, R), where the shift of each title is believed to lie before its rows are seen; 0, or a draw.
        """
        shift = np.array(np.broadcast_to(centre, (seen.shape[0], seen.shape[2])))
        base, variance = self.logit[:, :, None], self.variance[:, None]
        for _ in range(STEPS):
            share = _logistic(base + shift[:, None])
            slope = (right - seen * share).sum(axis=1) - (shift - centre) / variance
            bend = (seen * share * (1.0 - share)).sum(axis=1) + 1.0 / variance
            shift = shift + np.clip(slope / bend, -LONGEST_STEP, LONGEST_STEP)
        return _logistic(base + shift[:, None])


def usual_rightness(
    right: Floats, seen: Floats, family: Integers, predictions: Floats | None = None
) -> Rightness:
    """Bands, sizes and families from all audit rows, (K, B) right ones and all; family (K,) numbers.

    predictions: (K,) how many postings are predicted as each title. Without it sizes say nothing and the variance of
    the titles is not learned: for titles that are groups of titles, whose sizes are no matter of the classifier.
    """
    of_band = (right.sum(axis=0) + SURE * SURE_ROWS) / (seen.sum(axis=0) + SURE_ROWS)
    of_band = np.clip(of_band, 0.01, 0.995)
    band = np.log(of_band / (1.0 - of_band))
    design, precision = _design(family, predictions)
    relative = _relative_variance(len(family), predictions)
    shift, level, usual = np.zeros(len(family)), np.zeros(len(family)), TITLE_VARIANCE
    for _ in range(STEPS_OF_ALL):
        variance = usual * relative
        share = _logistic(band[None] + (level + shift)[:, None])
        slope, bend = (right - seen * share).sum(axis=1), (seen * share * (1.0 - share)).sum(axis=1)
        # Generalised least squares on the working response eta + slope / bend, around whose level titles are noise.
        eta, weight, pull = level + shift, bend / (1.0 + bend * variance), slope / (1.0 + bend * variance)
        weighted = design * weight[:, None]
        normal = design.T @ weighted + np.diag(precision)
        level = design @ np.linalg.solve(normal, design.T @ (weight * eta + pull))
        shift = variance * (weight * (eta - level) + pull)
        shift = eta + np.clip(level + shift - eta, -LONGEST_STEP, LONGEST_STEP) - level
        if predictions is not None:
            squares = (shift**2 + variance / (1.0 + bend * variance)) / relative
            usual = float((squares.sum() + TYPICAL_TITLES * TITLE_VARIANCE) / (len(family) + TYPICAL_TITLES))
    return Rightness(band[None] + level[:, None], usual * relative)


def _relative_variance(titles: int, predictions: Floats | None) -> Floats:
    """(K,): the variance of each title's shift beside the usual one."""
    if predictions is None:
        return np.ones(titles)
    size = np.log(predictions + 1.0)
    return np.clip(np.exp(-VARIANCE_BY_SIZE * (size - size.mean())), 1.0 / WIDEST, WIDEST)


def _design(family: Integers, predictions: Floats | None) -> tuple[Floats, Floats]:
    """What the level of a title is made of, (K, columns), and the precision of each column's coefficient."""
    families = np.eye(int(family.max(initial=-1)) + 1)[family]
    precision = np.full(families.shape[1], 1.0 / FAMILY_VARIANCE)
    if predictions is None:
        return families, precision
    size = np.log(predictions + 1.0)
    both = np.column_stack([np.ones(len(family)), size - size.mean()])
    return np.hstack([both, families]), np.concatenate(
        [[1.0 / LEVEL_VARIANCE, 1.0 / SIZE_VARIANCE], precision]
    )


def _logistic(value: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-value))
