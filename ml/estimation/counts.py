"""Postings per employer, title and window, counted by DuckDB over explicit lists of Parquet files.

What belongs here: the one pass from posting-level tables to the small table that the bootstrap needs. What
does not: any weighting, smoothing or exclusion. Nothing is left out: a posting under the probability
threshold counts under `unassigned`, a posting without an employer's name under the employer it was given.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb
import pyarrow as pa

from ml.estimation.tables import (
    AUDIT_ROWS,
    BANDED_AUDIT,
    BANDED_COUNTS,
    BASE,
    CURRENT,
    EMPLOYER_COUNTS,
)
from ml.schema import OUT_OF_FOLD, UNASSIGNED

BAND_SHARES = (0.03, 0.07, 0.11, 0.15, 0.2, 0.25, 0.32, 0.4, 0.5, 0.6, 0.75)
"""Where the audited predictions over the threshold are cut by how sure they are: shares of them below each cut, closer
where the classifier errs more."""

Edges = tuple[float, ...]
"""Ascending cuts of the margin, the probability of the best title less that of the runner-up."""


class Months(Protocol):
    """One window: consecutive months."""

    def keys(self) -> list[str]:
        """Its months, each "YYYY-MM"."""


class PairOfWindows(Protocol):
    """The window whose change is measured (`current`) and the one it is measured against (`base`)."""

    @property
    def base(self) -> Months:
        """The earlier window."""

    @property
    def current(self) -> Months:
        """The later window."""

    @property
    def pair(self) -> str:
        """The name of the pair in every table."""


class MismatchedPostingsError(ValueError):
    """The postings of a month and their classifications do not match one to one."""


@dataclass(frozen=True)
class WindowCounts:
    """Counts of one pair of windows, both in EMPLOYER_COUNTS: of all postings, and of the polled panel's.

    panel: None where no polls are known.
    """

    everyone: pa.Table
    panel: pa.Table | None


def employer_counts(
    posting_files: Sequence[str],
    classification_files: Sequence[str],
    windows: PairOfWindows,
    poll_files: Sequence[str] = (),
    *,
    edges: Edges | None = None,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> WindowCounts:
    """Count the postings of both windows by employer and title.

    The lists name Parquet files (never a pattern): postings with posting_id, posting_month and employer_id,
    classifications with posting_id, posting_month and title_id, polls with employer_id, month and result. The join is
    made one month at a time, so memory holds one month's keys and spills to a temporary folder beyond `memory_limit`.

    The polled panel: an employer's postings of a month count where its board was read at least once in that month and
    in the month at the same place of the other window. Who polled and found nothing adds nothing, on either side.

    Both tables have one row per (employer_id, title_id, window) that has postings, ordered by that key. With `edges`
    (classifications need best_title_id, probability and second_probability then) they are BANDED_COUNTS, with a row for
    each best title and band too. Raises
    MismatchedPostingsError where a posting has no classification or more than one (the counts would not be those of the
    postings), or where no file is given; ValueError where the two windows share a month (a posting would count on both
    sides).
    """
    _refuse_impossible(posting_files, classification_files, windows)
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-counts-") as spill,
        duckdb.connect(
            config={"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        ) as engine,
    ):
        for name in ("counts", "panel_counts"):
            engine.execute(
                f"CREATE TEMP TABLE {name} (employer_id VARCHAR, title_id VARCHAR, side VARCHAR, postings BIGINT, "
                "best_title_id VARCHAR, band TINYINT)"
            )
        panel = _find_panel(engine, poll_files, windows)
        for side, months in ((BASE, windows.base.keys()), (CURRENT, windows.current.keys())):
            for month in months:
                _count_month(engine, posting_files, classification_files, side, month, edges)
        banded = edges is not None
        return WindowCounts(
            _counted(engine, "counts", banded=banded),
            _counted(engine, "panel_counts", banded=banded) if panel else None,
        )


def band_edges(classification_files: Sequence[str], labels: pa.Table) -> Edges:
    """The cuts of the margin at BAND_SHARES of the labelled postings that were predicted out of fold.

    They say only where classes of predictions begin, so any cuts are right; those of the labelled postings put rows of
    the audit into every band. Rounded to three decimals, equal ones once; none where no labelled posting was predicted
    so.
    """
    with duckdb.connect() as engine:
        engine.register("labels", labels.select(["posting_id"]))
        found = engine.execute(
            f"""
            SELECT quantile_disc({MARGIN}, $shares)
            FROM read_parquet($classifications) AS c SEMI JOIN labels AS l ON c.posting_id = l.posting_id
            WHERE c.evaluation = $out_of_fold AND c.title_id <> $unassigned
            """,  # noqa: S608  (an expression of this module)
            {
                "shares": list(BAND_SHARES),
                "classifications": list(classification_files),
                "out_of_fold": OUT_OF_FOLD,
                "unassigned": UNASSIGNED,
            },
        ).fetchall()
    (cuts,) = found[0]
    return tuple(sorted({round(float(cut), 3) for cut in cuts or ()}))


MARGIN = "c.probability - coalesce(c.second_probability, 0)"


def band_columns(edges: Edges | None) -> str:
    """SQL for the columns best_title_id and band of classifications `c`; without edges all are of one band."""
    if edges is None:
        return "c.title_id AS best_title_id, 0 AS band"
    surer = " + ".join([f"CAST({MARGIN} > {edge!r} AS TINYINT)" for edge in edges] or ["0"])
    band = f"CASE WHEN c.title_id = '{UNASSIGNED}' THEN 0 ELSE 1 + {surer} END"
    return f"c.best_title_id, {band} AS band"


def audit_rows(
    posting_files: Sequence[str],
    classification_files: Sequence[str],
    labels: pa.Table,
    windows: PairOfWindows,
    *,
    edges: Edges | None = None,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> pa.Table:
    """The labelled postings beside their out-of-fold predictions, in AUDIT_ROWS, ordered by its key columns.

    With `edges` in BANDED_AUDIT. `labels` has posting_id and title_id. Labelled postings outside both windows are there
    too, with window "other".
    """
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-audit-") as spill,
        duckdb.connect(
            config={"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        ) as engine,
    ):
        engine.register("labels", labels.select(["posting_id", "title_id"]))
        rows = engine.sql(
            f"""
            WITH audited AS (
                SELECT c.posting_id, l.title_id, c.title_id AS predicted, {band_columns(edges)}
                FROM read_parquet($classifications) AS c JOIN labels AS l ON c.posting_id = l.posting_id
                WHERE c.evaluation = $out_of_fold
            )
            SELECT
                p.employer_id,
                CASE
                    WHEN p.posting_month IN (SELECT unnest($base)) THEN 'base'
                    WHEN p.posting_month IN (SELECT unnest($current)) THEN 'current'
                    ELSE 'other'
                END AS "window",
                a.title_id, a.predicted, count(*) AS postings, a.best_title_id, CAST(a.band AS TINYINT) AS band
            FROM read_parquet($postings) AS p JOIN audited AS a ON p.posting_id = a.posting_id
            GROUP BY ALL ORDER BY ALL
            """,  # noqa: S608  (expressions of this module)
            params={
                "postings": list(posting_files),
                "classifications": list(classification_files),
                "base": windows.base.keys(),
                "current": windows.current.keys(),
                "out_of_fold": OUT_OF_FOLD,
            },
        )
        found = rows.to_arrow_table()
        if edges is None:
            return found.select(AUDIT_ROWS.names).cast(AUDIT_ROWS)
        return found.cast(BANDED_AUDIT)


def _find_panel(engine: duckdb.DuckDBPyConnection, poll_files: Sequence[str], windows: PairOfWindows) -> bool:
    """Make the table `panel` (employer_id, month); False where no poll is known."""
    engine.execute("CREATE TEMP TABLE panel (employer_id VARCHAR, month VARCHAR)")
    if not poll_files:
        return False
    engine.register("matches", pa.table({"base": windows.base.keys(), "current": windows.current.keys()}))
    engine.execute(
        """
        CREATE TEMP TABLE polled AS
        SELECT DISTINCT employer_id, month FROM read_parquet($polls) WHERE result IN ('ok', 'not_modified')
        """,
        {"polls": list(poll_files)},
    )
    engine.execute(
        """
        INSERT INTO panel
        SELECT b.employer_id, unnest([m.base, m.current])
        FROM matches AS m JOIN polled AS b ON b.month = m.base JOIN polled AS c ON c.month = m.current
        WHERE b.employer_id = c.employer_id
        """
    )
    return _one_number(engine, "SELECT count(*) FROM polled", {}) > 0


def _counted(engine: duckdb.DuckDBPyConnection, name: str, *, banded: bool) -> pa.Table:
    more = ", best_title_id, band" if banded else ""
    rows = engine.sql(
        f"""
        SELECT employer_id, title_id, side AS "window", CAST(sum(postings) AS BIGINT) AS postings{more}
        FROM {name} GROUP BY ALL ORDER BY employer_id, title_id, side{more}
        """  # noqa: S608  (names of this module)
    )
    return rows.to_arrow_table().cast(BANDED_COUNTS if banded else EMPLOYER_COUNTS)


def _refuse_impossible(
    posting_files: Sequence[str], classification_files: Sequence[str], windows: PairOfWindows
) -> None:
    shared = sorted(set(windows.base.keys()) & set(windows.current.keys()))
    if shared:
        raise ValueError(f"{windows.pair}: both windows hold {', '.join(shared)}; give each its own months")
    if not posting_files or not classification_files:
        which = "posting" if not posting_files else "classification"
        raise MismatchedPostingsError(
            f"{windows.pair}: no {which} files were given; run the stage that writes them"
        )


def _count_month(
    engine: duckdb.DuckDBPyConnection,
    posting_files: Sequence[str],
    classification_files: Sequence[str],
    side: str,
    month: str,
    edges: Edges | None,
) -> None:
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE month_counts AS
        SELECT p.employer_id, b.title_id, count(*) AS postings, b.best_title_id, b.band
        FROM (SELECT posting_id, employer_id FROM read_parquet($postings) WHERE posting_month = $month) AS p
        LEFT JOIN (
            SELECT c.posting_id, c.title_id, {band_columns(edges)}
            FROM read_parquet($classifications) AS c WHERE c.posting_month = $month
        ) AS b ON p.posting_id = b.posting_id
        GROUP BY ALL
        """,  # noqa: S608  (expressions of this module)
        {"postings": list(posting_files), "classifications": list(classification_files), "month": month},
    )
    postings = _one_number(
        engine,
        "SELECT count(*) FROM read_parquet($postings) WHERE posting_month = $month",
        {"postings": list(posting_files), "month": month},
    )
    counted = _one_number(engine, "SELECT coalesce(sum(postings), 0) FROM month_counts", {})
    without = _one_number(
        engine, "SELECT coalesce(sum(postings), 0) FROM month_counts WHERE title_id IS NULL", {}
    )
    if without:
        raise MismatchedPostingsError(
            f"{month}: {without} of {postings} postings have no classification; "
            "run the classification stage for this month again"
        )
    if counted != postings:
        raise MismatchedPostingsError(
            f"{month}: {postings} postings meet {counted} classifications, so some posting_id stands twice; "
            "run the classification stage for this month again"
        )
    engine.execute(
        "INSERT INTO counts SELECT employer_id, title_id, $side, postings, best_title_id, band FROM month_counts",
        {"side": side},
    )
    engine.execute(
        """
        INSERT INTO panel_counts
        SELECT employer_id, title_id, $side, postings, best_title_id, band FROM month_counts
        WHERE employer_id IN (SELECT employer_id FROM panel WHERE month = $month)
        """,
        {"side": side, "month": month},
    )


def _one_number(engine: duckdb.DuckDBPyConnection, query: str, values: dict[str, object]) -> int:
    row = engine.execute(query, values).fetchone()
    return int(row[0]) if row else 0
