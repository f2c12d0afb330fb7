"""The change of any groups of postings between two windows, with intervals from the Poisson weights of the employers.

What belongs here: the same interval as for titles (`bootstrap`), for groups that are no titles: wordings, countries,
other ways of counting. What does not: which groups there are. A group may share postings with another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.estimation.bootstrap import degrees_of_freedom, effective_employers, log_ratios, student_quantile
from ml.estimation.replicates import WEIGHT_BLOCK_BYTES, weight_blocks

FEWEST_EMPLOYERS = 10.0
NO_BASE, NO_CURRENT, TOO_FEW_EMPLOYERS = "no_base", "no_current", "too_few_employers"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GroupChanges:
    """One entry a group. base, current: postings; logs: (groups, replicates), log ratios; withheld: why there is no
    interval, None where there is one. `change` is NaN without a base, the ends are NaN where they are withheld.
    """

    base: Floats
    current: Floats
    change: Floats
    low: Floats
    high: Floats
    effective: Floats
    degrees: Floats
    logs: Floats
    withheld: list[str | None]

    def difference(self, one: int, other: int) -> tuple[float, float, float]:
        """Change of `one` minus change of `other`, with its 95 % interval; NaN where either has no base.

        Both come from the same weights, so what moves them alike drops out. The replicates' differences give the
        standard error, Student's t with the fewer degrees of freedom the width.
        """
        found = self.change[one] - self.change[other]
        spread = np.std(np.exp(self.logs[one]) - np.exp(self.logs[other]), ddof=1)
        t = student_quantile(np.minimum(self.degrees[[one]], self.degrees[[other]]))[0]
        return float(found), float(found - t * spread), float(found + t * spread)


def replicate_counts(
    matrices: tuple[Any, ...], employer_ids: tuple[str, ...], seed: int, replicates: int
) -> tuple[Floats, ...]:
    """Each matrix of postings (groups, employers) under the weights of all replicates: (groups, replicates)."""
    found = tuple(np.empty((matrix.shape[0], replicates)) for matrix in matrices)
    block = max(1, WEIGHT_BLOCK_BYTES // (8 * max(1, len(employer_ids))))
    for chosen, weights in weight_blocks(employer_ids, seed, replicates, block):
        for matrix, into in zip(matrices, found, strict=True):
            into[:, chosen] = matrix @ weights
    return found


def group_changes(
    base: Any, current: Any, employer_ids: tuple[str, ...], seed: int, replicates: int
) -> GroupChanges:
    """Changes of all groups; `base` and `current` are sparse counts, groups x employers.

    The interval is exp(log ratio -/+ t * SE) - 1, as for titles (docs/method.md), withheld for the same reasons.
    """
    before, after = (np.asarray(m.sum(axis=1), dtype=np.float64).ravel() for m in (base, current))
    logs = log_ratios(*replicate_counts((base, current), employer_ids, seed, replicates))
    se = np.std(logs, axis=1, ddof=1)
    effective, degrees = effective_employers(base, current), degrees_of_freedom(base, current)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = after / before - 1
        log_ratio = np.log(after) - np.log(before)
        low, high = (np.exp(log_ratio + sign * student_quantile(degrees) * se) - 1 for sign in (-1, 1))
    withheld = [_reason(b, c, e) for b, c, e in zip(before, after, effective, strict=True)]
    shown = np.array([reason is None for reason in withheld], dtype=bool)
    return GroupChanges(
        base=before,
        current=after,
        change=np.where(before > 0, change, np.nan),
        low=np.where(shown, low, np.nan),
        high=np.where(shown, high, np.nan),
        effective=effective,
        degrees=degrees,
        logs=logs,
        withheld=withheld,
    )


def _reason(base: float, current: float, effective: float) -> str | None:
    if base <= 0:
        return NO_BASE
    if effective < FEWEST_EMPLOYERS:
        return TOO_FEW_EMPLOYERS
    return NO_CURRENT if current <= 0 else None


def cell(value: float, digits: int = 9) -> float | None:
    """A number for a table, rounded; None for NaN."""
    return None if np.isnan(value) else round(float(value), digits)


def sparse_counts(groups: Any, employers: Any, postings: Any, shape: tuple[int, int]) -> Any:
    """Counts as a sparse matrix, groups x employers; equal places add up."""
    from scipy.sparse import coo_array

    return coo_array((np.asarray(postings, dtype=np.float64), (groups, employers)), shape=shape).tocsr()
