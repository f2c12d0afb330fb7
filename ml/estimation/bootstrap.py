"""What an interval over employers is made of: effective employers, standard errors, degrees of freedom.

What belongs here: these measures of any two matrices of counts. What does not: which counts, and what is done with an
interval (`changes`). Formulas and sources stand in docs/method.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95

Floats = npt.NDArray[np.float64]


def effective_employers(base: Any, current: Any) -> Floats:
    """Kish's effective number of employers per row of two sparse matrices, rows x employers.

    (sum n)^2 / sum n^2, n an employer's postings in both windows; 0 where there are none. (Kish 1965, Survey
    Sampling, section 8.2.)
    """
    both = base + current
    total = np.asarray(both.sum(axis=1)).ravel()
    squares = np.asarray(both.power(2).sum(axis=1)).ravel()
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)


def log_ratios(base: Floats, current: Floats) -> Floats:
    """log(current / base), with half a posting added to either count (Haldane 1955, Anscombe 1956), so that a
    replicate without a posting stays finite.
    """
    return np.log(np.maximum(current, 0.0) + 0.5) - np.log(np.maximum(base, 0.0) + 0.5)


def influence_moments(base: Any, current: Any) -> tuple[Floats, Floats]:
    """Sums over employers of d^2 and of d^4, per row, with d = c / C - b / B the employer's pull on the log ratio."""
    from scipy.sparse import diags_array

    def share(matrix: Any) -> Any:
        total = np.asarray(matrix.sum(axis=1)).ravel()
        return diags_array(np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)) @ matrix

    influence = share(current) - share(base)
    second = np.asarray(influence.power(2).sum(axis=1)).ravel()
    fourth = np.asarray(influence.power(4).sum(axis=1)).ravel()
    return second, fourth


def degrees_of_freedom(base: Any, current: Any) -> Floats:
    """Satterthwaite's degrees of freedom of each row's variance, from the employers' influences.

    Employer e moves the log ratio by d_e = c_e / C - b_e / B; the variance is about V = sum d_e^2, whose own
    variance is about sum d_e^4 - V^2 / n over the n employers; matching a chi-square gives
    df = 2 V^2 / (sum d_e^4 - V^2 / n) (Satterthwaite 1946). A title that hangs on a few employers gets few,
    and so a wide interval. At least 1; infinite where the influences are all alike.
    """
    second, fourth = influence_moments(base, current)
    employers = np.diff((base + current).tocsr().indptr).astype(np.float64)
    spread = fourth - np.divide(second**2, employers, out=np.zeros_like(second), where=employers > 0)
    free = np.divide(2 * second**2, spread, out=np.full_like(second, np.inf), where=spread > 1e-12 * fourth)
    return np.maximum(free, 1.0)


def student_quantile(degrees: Floats) -> Floats:
    """The two-sided 95 % quantile of Student's t; 1.96 at infinitely many degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    upper = 0.5 + CONFIDENCE / 2
    finite = np.isfinite(degrees)
    return np.where(finite, stdtrit(np.where(finite, degrees, 1.0), upper), ndtri(upper))
