"""How much the classifier's errors shifted between the windows, title by title: a variance that intervals add.

What belongs here: that variance. What does not: the test of an average drift (`drift`), and intervals (`changes`).

The correction takes P(predicted | true) to be the same in both windows. Where it is not, a title's corrected log ratio
is off by a shift that no replicate shows. The audit shows it: in each window the audited postings say by how much the
title's true count differs from its predicted one, and the correction says the same from both windows together. The
difference r of the two answers is noise of known variance v and, if there is one, the shift. Over the titles, its
variance is estimated by the method of moments for random effects (DerSimonian and Laird 1986, Controlled Clinical
Trials 7:177): (Q - n) / sum(1 / v) with Q = sum(r^2 / v) over n titles, and 0 where that is negative.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.confusion import banded
from ml.estimation.tables import BASE, CURRENT

FEWEST_ROWS = 5
"""Audit rows of a title, by labels and by predictions, that each window must have: the log of fewer is skewed."""

Floats = npt.NDArray[np.float64]


def audited_differences(audit: pa.Table, title_ids: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Of every title, (K,): log(true / predicted) of the audited postings of the current window less that of the base
    window, and its variance; NaN where a window has fewer than FEWEST_ROWS of either.

    audit: rows in AUDIT_ROWS or BANDED_AUDIT; a prediction is the best title. True and predicted counts share the
    postings that are right, so the variance is that of the others: (false + missed) / (true * predicted) in each
    window, as of two dependent proportions (McNemar 1947), half a row added so that none is certain.
    """
    number = {title: place for place, title in enumerate(title_ids)}
    right, missed, false = (np.zeros((len(title_ids), 2)) for _ in range(3))
    best, _ = banded(audit, "predicted")
    columns = (audit.column(name).to_pylist() for name in ("window", "title_id", "postings"))
    for window, true, postings, predicted in zip(*columns, best, strict=True):
        if window not in (BASE, CURRENT):
            continue
        side = int(window == CURRENT)
        if true == predicted and true in number:
            right[number[true], side] += postings
            continue
        if true in number:
            missed[number[true], side] += postings
        if predicted in number:
            false[number[predicted], side] += postings
    true_rows, predicted_rows = right + missed, right + false
    enough = (np.minimum(true_rows, predicted_rows) >= FEWEST_ROWS).all(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_window = np.log(true_rows / predicted_rows)
        variance = ((missed + false + 0.5) / (true_rows * predicted_rows)).sum(axis=1)
        difference = of_window[:, 1] - of_window[:, 0]
    return np.where(enough, difference, np.nan), np.where(enough, variance, np.nan)


def shift_variance(differences: Floats, variances: Floats, corrections: Floats) -> float:
    """Variance of the titles' shifts on the scale of the log ratio; 0 where no title can be compared.

    differences, variances: as `audited_differences` gives them, (K,). corrections: (K,), by how much the correction
    moves each title's log ratio; not finite where a title has none.
    """
    known = np.isfinite(differences) & np.isfinite(corrections)
    if not known.any():
        return 0.0
    residual, variance = (differences - corrections)[known], variances[known]
    excess = (residual**2 / variance).sum() - known.sum()
    return float(max(0.0, excess / (1.0 / variance).sum()))
