"""The estimators that were compared before one was chosen, on counts alone.

What belongs here: those that lost, in their plainest form, beside the one that won. What does not: intervals.

Each takes what the pipeline knows: predicted (K + 1, 2), postings by prediction and window, the last row unassigned;
audited (2, K, K + 1), audit rows by window, true title and prediction; families (K,), a number. Each gives (K, 2)
counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Method = Callable[[Floats, Floats, Integers], Floats]

EM_STEPS = 60
WEIGHTS = np.linspace(0.0, 1.0, 21)


def raw(predicted: Floats, audited: Floats, families: Integers) -> Floats:
    """The counts as classified."""
    return predicted[:-1]


def difference(predicted: Floats, audited: Floats, families: Integers) -> Floats:
    """Each window's counts plus its own audit's errors, scaled up (the difference estimator; PPI with weight 1)."""
    return _weighted(predicted, audited, np.ones(len(families)))


def ppi(predicted: Floats, audited: Floats, families: Integers) -> Floats:
    """PPI++ (Angelopoulos, Duchi and Zrnic 2023): the classifier's counts weigh less the less they explain.

    One weight a family, the one that makes the variance of the log ratio smallest, summed over its titles.
    """
    rows = audited.sum(axis=(1, 2))
    hit = np.diagonal(audited[:, :, :-1], axis1=1, axis2=2) / rows[:, None]
    true, found = audited.sum(axis=2) / rows[:, None], audited.sum(axis=1)[:, :-1] / rows[:, None]
    loss = np.zeros((len(WEIGHTS), len(families)))
    for number, weight in enumerate(WEIGHTS):
        mean = true - weight * found
        variance = true + weight**2 * found - 2 * weight * hit - mean**2
        loss[number] = (variance / rows[:, None] / np.maximum(true, 0.5 / rows[:, None]) ** 2).sum(axis=0)
    by_family = np.stack([np.bincount(families, row) for row in loss])
    return _weighted(predicted, audited, WEIGHTS[by_family.argmin(axis=0)][families])


def adjusted(predicted: Floats, audited: Floats, families: Integers) -> Floats:
    """One title against the rest: (M - fpr * all) / (tpr - fpr), rates pooled over the windows (Forman 2008)."""
    pooled = audited.sum(axis=0)
    hits, own = np.diagonal(pooled[:, :-1]), pooled.sum(axis=1)
    typical = hits.sum() / own.sum()
    found_rate = (hits + 5 * typical) / (own + 5)
    false_rate = (pooled.sum(axis=0)[:-1] - hits + 0.1) / (pooled.sum() - own)
    corrected = (predicted[:-1] - false_rate[:, None] * predicted.sum(axis=0)) / (found_rate - false_rate)[
        :, None
    ]
    return np.maximum(corrected, 0.5)


def em(predicted: Floats, audited: Floats, families: Integers) -> Floats:
    """Saerens, Latinne and Decaestecker (2002), on a confusion of each title by itself, nearly unsmoothed."""
    pooled = audited.sum(axis=0)
    titles = len(pooled)
    chance = pooled + 0.5 * np.eye(titles, titles + 1) + 0.1 / titles
    chance /= chance.sum(axis=1, keepdims=True)
    start = (pooled.sum(axis=1) + 0.5) / (pooled.sum() + 0.5 * titles)
    return tilt(predicted, chance, start, EM_STEPS)


def tilt(predicted: Floats, chance: Floats, start: Floats, steps: int) -> Floats:
    """EM steps of each window from `start` (K,), with P(prediction | title) `chance` (K, K + 1) known."""
    sides = []
    for side in (0, 1):
        counts = start * predicted[:, side].sum()
        for _ in range(steps):
            counts = counts * (chance @ (predicted[:, side] / np.maximum(chance.T @ counts, 1e-12)))
        sides.append(counts)
    return np.stack(sides, axis=1)


def _weighted(predicted: Floats, audited: Floats, weight: Floats) -> Floats:
    rows = audited.sum(axis=(1, 2))
    scale = predicted.sum(axis=0) / rows
    errors = audited.sum(axis=2) - weight * audited.sum(axis=1)[:, :-1]
    return np.asarray(weight[:, None] * predicted[:-1] + (scale[:, None] * errors).T)


LOSERS: dict[str, Method] = {
    "plain difference": difference,
    "PPI++": ppi,
    "adjusted counts": adjusted,
    "EM by title": em,
}
