"""A title's part of what its employers post, in either window: counts that employers' ups and downs cancel from.

What belongs here: the weights of the employers. What does not: intervals, and the correction of what is counted
(`changes`, `confusion`).

An employer that posts more of everything moves all of its titles, and says nothing of any one beside the others. With
T_0 and T_1 its postings in either window, each of its postings of a title counts T_1 / (T_0 + T_1) in the base window
and T_0 / (T_0 + T_1) in the current one. The ratio of the weighted sums is Mantel and Haenszel's (1959), for rates
Greenland and Robins' (1985), with the employer as stratum: by how much a title's part of its employers' postings
changed. Who posted in one window only counts nothing, so a crawl that found or lost employers does not move it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ml.estimation.replicates import ClassMatrices, CountMatrices

NOT_ONE_EMPLOYER = ("", "unknown")
"""Ids under which postings of many employers stand."""

Floats = npt.NDArray[np.float64]


def employer_weights(everyone: CountMatrices) -> tuple[Floats, Floats]:
    """(E,) weights of each employer's postings in the base and in the current window; 0 of what is no one employer."""
    base, current = (np.asarray(side[:1].sum(axis=0)).ravel() for side in (everyone.base, everyone.current))
    named = np.array([employer not in NOT_ONE_EMPLOYER for employer in everyone.employer_ids], dtype=bool)
    both = base + current
    share = np.divide(1.0, both, out=np.zeros_like(both), where=(both > 0) & named)
    return current * share, base * share


def weighted_counts(matrices: CountMatrices, weights: tuple[Floats, Floats]) -> CountMatrices:
    """The counts with every employer's weight."""
    return replace(
        matrices, base=_weighted(matrices.base, weights[0]), current=_weighted(matrices.current, weights[1])
    )


def weighted_classes(matrices: ClassMatrices, weights: tuple[Floats, Floats]) -> ClassMatrices:
    """The counts by class of predictions with every employer's weight."""
    return replace(
        matrices, base=_weighted(matrices.base, weights[0]), current=_weighted(matrices.current, weights[1])
    )


def _weighted(matrix: Any, weight: Floats) -> Any:
    """Rows x employers, each column times its weight; places of entries are shared with `matrix`, zeros kept."""
    from scipy.sparse import csr_array

    return csr_array(
        (matrix.data * weight[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape
    )
