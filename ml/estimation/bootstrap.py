"""The raw change of every title and of the market between two windows, with 95 % intervals.

What belongs here: the interval and the reasons for withholding one. What does not: any correction for
misclassified postings or for a changed crawl: "raw" means the counts as classified. Formulas and sources
stand in docs/method.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.replicates import CountMatrices, count_matrices, replicate_totals
from ml.schema import ESTIMATES

FEWEST_EMPLOYERS = 10.0
CONFIDENCE = 0.95
NO_BASE, NO_CURRENT, TOO_FEW_EMPLOYERS = "no_base", "no_current", "too_few_employers"
DIGITS = 9

Floats = npt.NDArray[np.float64]


def bootstrap_changes(
    counts: pa.Table,
    pair: str,
    replicates: int = 1000,
    seed: int = 0,
    *,
    title_ids: Sequence[str] = (),
) -> pa.Table:
    """Estimate the change of every title in `counts`, and of the market, for the employers behind them.

    `counts` is a table in EMPLOYER_COUNTS (`ml.estimation.tables`), in any row order; `pair` names the
    windows; `title_ids` names titles that get a row even when they have no posting. Returns a table in
    ESTIMATES (`ml.schema`): first the market (title_id "*", all postings), then the titles, sorted;
    `unassigned` counts for the market and has no row. Changes are fractions (-0.08 is a fall of 8 %).

    The interval is exp(log ratio -/+ t * SE) - 1, with SE the standard deviation of the bootstrap's log
    ratios and t Student's quantile with Satterthwaite's degrees of freedom. `withheld` says why there is
    none: "no_base" (no change either), "no_current" (the change is -1), "too_few_employers" (fewer than 10
    effective employers, by Kish). Equal input and seed give equal output. Raises ValueError for a malformed
    table or fewer than 100 replicates.
    """
    if replicates < 100:
        raise ValueError(f"{replicates} replicates are too few for a standard error; take 100 or more")
    matrices = count_matrices(counts, tuple(title_ids))
    base, current = (np.asarray(m.sum(axis=1)).ravel() for m in (matrices.base, matrices.current))
    effective = effective_employers(matrices)
    standard_error = log_ratio_standard_error(*replicate_totals(matrices, seed, replicates))
    half_width = student_quantile(degrees_of_freedom(matrices, base, current)) * standard_error

    reasons = [_reason_to_withhold(b, c, e) for b, c, e in zip(base, current, effective, strict=True)]
    shown = np.array([reason is None for reason in reasons], dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(current) - np.log(base)
        change = current / base - 1
        low, high = (np.exp(log_ratio + sign * half_width) - 1 for sign in (-1, 1))
    rows = len(matrices.title_ids)
    return pa.table(
        {
            "pair": [pair] * rows,
            "title_id": list(matrices.title_ids),
            "base_postings": base.astype(np.int64),
            "current_postings": current.astype(np.int64),
            "change": _where(base > 0, change),
            "change_low": _where(shown, low),
            "change_high": _where(shown, high),
            "log_ratio_se": _where(shown, standard_error),
            "employers_effective": np.round(effective, DIGITS),
            "estimand": ["employers"] * rows,
            "replicates": [replicates] * rows,
            "seed": [seed] * rows,
            "withheld": reasons,
        },
        schema=ESTIMATES,
    )


def effective_employers(matrices: CountMatrices) -> Floats:
    """Kish's effective number of employers per row: (sum n)^2 / sum n^2, n an employer's postings in both
    windows; 0 where there are none. (Kish 1965, Survey Sampling, section 8.2.)
    """
    both = matrices.base + matrices.current
    total = np.asarray(both.sum(axis=1)).ravel()
    squares = np.asarray(both.power(2).sum(axis=1)).ravel()
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)


def log_ratio_standard_error(base: Floats, current: Floats) -> Floats:
    """Standard deviation over the replicates (columns) of log(current / base).

    Half a posting is added to either count (Haldane 1955, Anscombe 1956), so that a replicate without a
    posting stays finite.
    """
    return np.std(np.log(current + 0.5) - np.log(base + 0.5), axis=1, ddof=1)


def degrees_of_freedom(matrices: CountMatrices, base: Floats, current: Floats) -> Floats:
    """Satterthwaite's degrees of freedom of each row's variance, from the employers' influences.

    Employer e moves the log ratio by d_e = c_e / C - b_e / B; the variance is about V = sum d_e^2, whose own
    variance is about sum d_e^4 - V^2 / n over the n employers; matching a chi-square gives
    df = 2 V^2 / (sum d_e^4 - V^2 / n) (Satterthwaite 1946). A title that hangs on a few employers gets few,
    and so a wide interval. At least 1; infinite where the influences are all alike.
    """
    from scipy.sparse import diags_array

    def share(matrix: object, total: Floats) -> object:
        return diags_array(np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)) @ matrix

    influence = share(matrices.current, current) - share(matrices.base, base)  # type: ignore[operator]
    second = np.asarray(influence.power(2).sum(axis=1)).ravel()
    fourth = np.asarray(influence.power(4).sum(axis=1)).ravel()
    both = matrices.base + matrices.current
    employers = np.diff(both.indptr).astype(np.float64)
    spread = fourth - np.divide(second**2, employers, out=np.zeros_like(second), where=employers > 0)
    free = np.divide(2 * second**2, spread, out=np.full_like(second, np.inf), where=spread > 1e-12 * fourth)
    return np.maximum(free, 1.0)


def student_quantile(degrees: Floats) -> Floats:
    """The two-sided 95 % quantile of Student's t; 1.96 at infinitely many degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    upper = 0.5 + CONFIDENCE / 2
    finite = np.isfinite(degrees)
    return np.where(finite, stdtrit(np.where(finite, degrees, 1.0), upper), ndtri(upper))


def _reason_to_withhold(base: float, current: float, effective: float) -> str | None:
    if base == 0:
        return NO_BASE
    if effective < FEWEST_EMPLOYERS:
        return TOO_FEW_EMPLOYERS
    return NO_CURRENT if current == 0 else None


def _where(shown: npt.NDArray[np.bool_], values: Floats) -> pa.Array:
    return pa.array(np.round(np.where(shown, values, 0.0), DIGITS), mask=~shown)
