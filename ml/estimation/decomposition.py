"""The market's own change taken apart: what is the crawl's, what the employers', what repeats, and where it lies.

What belongs here: exact sums. Every posting of either window lies in one component of each axis, so the components of
an axis add up to the change, to the posting. What does not: any model of why.

The axis `employers`, where polls are known. A posting's month and the month at the same place of the other window make
a cell of its employer's board:

- `crawl_entries`: the board was read in the current month of the cell only; `crawl_exits`: in the base month only;
  `not_polled`: in neither (employers that the polls do not name, agencies' clients for instance);
- read in both: `births` and `deaths` are of employers without a posting on the other side, and those of the rest are
  `continuing_jobs` and, for ads that repeat another, `continuing_repeats`.

Without polls nothing tells a birth from a board that was found: `began`, `ceased`, and the continuing ones.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml.estimation.around import (
    ADS_AXIS,
    COUNTRY_AXIS,
    DECOMPOSITION,
    EMPLOYER_AXIS,
    INDUSTRY_AXIS,
)
from ml.estimation.bootstrap import effective_employers, student_quantile
from ml.estimation.counts import PairOfWindows
from ml.estimation.groups import FEWEST_EMPLOYERS, TOO_FEW_EMPLOYERS, cell, replicate_counts, sparse_counts
from ml.estimation.tables import BASE, CURRENT

CONTINUING_JOBS, CONTINUING_REPEATS = "continuing_jobs", "continuing_repeats"
BIRTHS, DEATHS = "births", "deaths"
CRAWL_ENTRIES, CRAWL_EXITS, NOT_POLLED = "crawl_entries", "crawl_exits", "not_polled"
BEGAN, CEASED = "began", "ceased"
JOBS = "unique"
"""The class of ads that repeat nothing, in the table of duplicates."""

NOT_KNOWN = "unknown"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """Postings of both windows: employer_id, side (base, current), polled, class, country, industry, postings.

    polled: the sides of the cell on which the board was read: "base", "current", "base+current" or "".
    """

    rows: pa.Table
    has_polls: bool


def count_cells(
    posting_files: Sequence[str],
    duplicate_files: Sequence[str],
    window: PairOfWindows,
    poll_files: Sequence[str] = (),
    *,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> Cells:
    """Count the postings of both windows. The lists name Parquet files: postings with posting_id, posting_month,
    employer_id, country and industry_id; duplicates with posting_id and class (a posting without a row counts as a job
    of its own); polls with employer_id, month and result. Memory is DuckDB's, and one row a distinct combination.
    """
    matches = pa.table({"base": window.base.keys(), "current": window.current.keys()})
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-cells-") as spill,
        duckdb.connect(
            config={"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        ) as engine,
    ):
        engine.register("matches", matches)
        engine.execute(
            """
            CREATE TEMP TABLE months AS
            SELECT base AS month, 'base' AS side, base, current FROM matches
            UNION ALL SELECT current, 'current', base, current FROM matches
            """
        )
        engine.execute("CREATE TEMP TABLE polled (employer_id VARCHAR, month VARCHAR)")
        if poll_files:
            engine.execute(
                "INSERT INTO polled SELECT DISTINCT employer_id, month FROM read_parquet($polls) "
                "WHERE result IN ('ok', 'not_modified')",
                {"polls": list(poll_files)},
            )
        has_polls = bool(engine.execute("SELECT count(*) > 0 FROM polled").fetchall()[0][0])
        engine.execute("CREATE TEMP TABLE repeats (posting_id VARCHAR, class VARCHAR)")
        if duplicate_files:
            engine.execute(
                "INSERT INTO repeats SELECT posting_id, class FROM read_parquet($files) WHERE class <> $jobs",
                {"files": list(duplicate_files), "jobs": JOBS},
            )
        rows = engine.sql(
            """
            SELECT
                p.employer_id, m.side,
                concat_ws('+', CASE WHEN b.month IS NOT NULL THEN 'base' END,
                          CASE WHEN c.month IS NOT NULL THEN 'current' END) AS polled,
                coalesce(r.class, $jobs) AS class,
                coalesce(p.country, $unknown) AS country,
                coalesce(p.industry_id, $unknown) AS industry,
                count(*) AS postings
            FROM (
                SELECT posting_id, posting_month, employer_id, country, industry_id FROM read_parquet($postings)
            ) AS p
            JOIN months AS m ON p.posting_month = m.month
            LEFT JOIN polled AS b ON p.employer_id = b.employer_id AND m.base = b.month
            LEFT JOIN polled AS c ON p.employer_id = c.employer_id AND m.current = c.month
            LEFT JOIN repeats AS r ON p.posting_id = r.posting_id
            GROUP BY ALL ORDER BY ALL
            """,
            params={"postings": list(posting_files), "jobs": JOBS, "unknown": NOT_KNOWN},
        ).to_arrow_table()
    return Cells(rows, has_polls)


def decompose(cells: Cells, pair: str, replicates: int = 1000, seed: int = 0) -> pa.Table:
    """Take the change apart along all axes, in DECOMPOSITION, each axis in the order of its components.

    The interval of a contribution (C_k - B_k) / B is its value -/+ t * SE, SE over replicates in which every employer
    carries one weight in all components, t by Satterthwaite from the employers' influences. `withheld`: "no_base",
    "too_few_employers" (fewer than 10 effective employers in the component).
    """
    rows = cells.rows.to_pylist()
    employers = sorted({row["employer_id"] for row in rows})
    column = {employer: place for place, employer in enumerate(employers)}
    axes: list[_Axis] = []
    for name, component_of in (
        (EMPLOYER_AXIS, _statuses(rows, has_polls=cells.has_polls)),
        (ADS_AXIS, lambda row: row["class"]),
        (COUNTRY_AXIS, lambda row: row["country"]),
        (INDUSTRY_AXIS, lambda row: row["industry"]),
    ):
        named = [component_of(row) for row in rows]
        components = _order(name, set(named), has_polls=cells.has_polls)
        number = {component: place for place, component in enumerate(components)}
        base, current = (
            sparse_counts(
                [number[one] for one, row in zip(named, rows, strict=True) if row["side"] == side],
                [column[row["employer_id"]] for row in rows if row["side"] == side],
                [row["postings"] for row in rows if row["side"] == side],
                (len(components), len(employers)),
            )
            for side in (BASE, CURRENT)
        )
        axes.append(_Axis(name, components, base, current))
    # One pass over the weights for all axes: making them is what takes the time.
    matrices = [matrix for axis in axes for matrix in (axis.base, axis.current)]
    drawn = replicate_counts(tuple(matrices), tuple(employers), seed, replicates)
    return pa.concat_tables(
        [axis.table(drawn[2 * k], drawn[2 * k + 1], pair, replicates, seed) for k, axis in enumerate(axes)]
    )


def _statuses(rows: Sequence[dict[str, Any]], *, has_polls: bool) -> Callable[[dict[str, Any]], str]:
    """What became of the employer of a row, among the cells that count for its presence."""
    counts = [row for row in rows if not has_polls or row["polled"] == "base+current"]
    before = {row["employer_id"] for row in counts if row["side"] == BASE}
    after = {row["employer_id"] for row in counts if row["side"] == CURRENT}
    crawl = {"base": CRAWL_EXITS, "current": CRAWL_ENTRIES, "": NOT_POLLED}
    began, ceased = (BIRTHS, DEATHS) if has_polls else (BEGAN, CEASED)

    def status(row: dict[str, Any]) -> str:
        if has_polls and row["polled"] in crawl:
            return crawl[row["polled"]]
        if row["employer_id"] not in before:
            return began
        if row["employer_id"] not in after:
            return ceased
        return CONTINUING_JOBS if row["class"] == JOBS else CONTINUING_REPEATS

    return status


def _order(axis: str, found: set[str], *, has_polls: bool) -> list[str]:
    if axis != EMPLOYER_AXIS:
        return sorted(found)
    if not has_polls:
        return [CONTINUING_JOBS, CONTINUING_REPEATS, BEGAN, CEASED]
    return [CONTINUING_JOBS, CONTINUING_REPEATS, BIRTHS, DEATHS, CRAWL_ENTRIES, CRAWL_EXITS, NOT_POLLED]


@dataclass(frozen=True)
class _Axis:
    """Components of one axis; base and current are sparse, components x employers."""

    name: str
    components: Sequence[str]
    base: Any
    current: Any

    def table(
        self, drawn_base: Floats, drawn_current: Floats, pair: str, replicates: int, seed: int
    ) -> pa.Table:
        """The rows of the axis; drawn: the counts in the replicates, components x replicates."""
        base, current = self.base, self.current
        before, after = (np.asarray(m.sum(axis=1), dtype=np.float64).ravel() for m in (base, current))
        whole, nothing = float(before.sum()), np.full(len(self.components), np.nan)
        contribution = low = high = at_rate = nothing
        effective = effective_employers(base, current)
        if whole > 0:
            contribution = (after - before) / whole
            drawn = (drawn_current - drawn_base) / np.maximum(drawn_base.sum(axis=0, keepdims=True), 0.5)
            half = student_quantile(_degrees(base, current, contribution, whole)) * np.std(
                drawn, axis=1, ddof=1
            )
            low, high = contribution - half, contribution + half
            at_rate = before / whole * (after.sum() / whole - 1)
        withheld = [
            "no_base" if whole <= 0 else TOO_FEW_EMPLOYERS if one < FEWEST_EMPLOYERS else None
            for one in effective
        ]
        posting_employers = np.diff((base + current).tocsr().indptr)
        return pa.Table.from_pylist(
            [
                {
                    "pair": pair,
                    "axis": self.name,
                    "component": name,
                    "base_postings": int(before[k]),
                    "current_postings": int(after[k]),
                    "difference": int(after[k] - before[k]),
                    "contribution": cell(contribution[k]),
                    "contribution_low": None if withheld[k] else cell(low[k]),
                    "contribution_high": None if withheld[k] else cell(high[k]),
                    "change": cell(after[k] / before[k] - 1) if before[k] > 0 else None,
                    "at_market_rate": cell(at_rate[k]),
                    "beyond_market": cell(contribution[k] - at_rate[k]),
                    "employers": int(posting_employers[k]),
                    "withheld": withheld[k],
                    "replicates": replicates,
                    "seed": seed,
                }
                for k, name in enumerate(self.components)
            ],
            DECOMPOSITION,
        )


def _degrees(base: Any, current: Any, contribution: Floats, whole: float) -> Floats:
    """Satterthwaite's degrees of freedom of each contribution; employer e pulls by (c - b - contribution * b_e) / B."""
    from scipy.sparse import csr_array

    of_employer = np.asarray(base.sum(axis=0), dtype=np.float64).ravel()
    own = csr_array((current - base) / whole)
    rows = np.empty(len(contribution))
    for k in range(len(contribution)):
        pull = -contribution[k] * of_employer / whole
        start, stop = own.indptr[k], own.indptr[k + 1]
        pull[own.indices[start:stop]] += own.data[start:stop]
        second, fourth = float((pull**2).sum()), float((pull**4).sum())
        spread = fourth - second**2 / max(1, int(np.count_nonzero(pull)))
        rows[k] = max(1.0, 2 * second**2 / spread) if spread > 1e-12 * fourth and fourth > 0 else np.inf
    return rows
