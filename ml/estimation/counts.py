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

from ml.estimation.tables import AUDIT_ROWS, BASE, CURRENT, EMPLOYER_COUNTS
from ml.schema import OUT_OF_FOLD


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
    memory_limit: str = "2GB",
    threads: int = 2,
) -> WindowCounts:
    """Count the postings of both windows by employer and title.

    The lists name Parquet files (never a pattern): postings with posting_id, posting_month and employer_id,
    classifications with posting_id, posting_month and title_id, polls with employer_id, month and result. The join is
    made one month at a time, so memory holds one month's keys and spills to a temporary folder beyond `memory_limit`.

    The polled panel: an employer's postings of a month count where its board was read at least once in that month and
    in the month at the same place of the other window. Who polled and found nothing adds nothing, on either side.

    Both tables have one row per (employer_id, title_id, window) that has postings, ordered by that key. Raises
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
                f"CREATE TEMP TABLE {name} (employer_id VARCHAR, title_id VARCHAR, side VARCHAR, postings BIGINT)"
            )
        panel = _find_panel(engine, poll_files, windows)
        for side, months in ((BASE, windows.base.keys()), (CURRENT, windows.current.keys())):
            for month in months:
                _count_month(engine, posting_files, classification_files, side, month)
        return WindowCounts(_counted(engine, "counts"), _counted(engine, "panel_counts") if panel else None)


def audit_rows(
    posting_files: Sequence[str],
    classification_files: Sequence[str],
    labels: pa.Table,
    windows: PairOfWindows,
    *,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> pa.Table:
    """The labelled postings beside their out-of-fold predictions, in AUDIT_ROWS, ordered by its key columns.

    `labels` has posting_id and title_id. Labelled postings outside both windows are there too, with window "other".
    """
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-audit-") as spill,
        duckdb.connect(
            config={"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        ) as engine,
    ):
        engine.register("labels", labels.select(["posting_id", "title_id"]))
        rows = engine.sql(
            """
            WITH audited AS (
                SELECT c.posting_id, l.title_id, c.title_id AS predicted
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
                a.title_id, a.predicted, count(*) AS postings
            FROM read_parquet($postings) AS p JOIN audited AS a ON p.posting_id = a.posting_id
            GROUP BY ALL ORDER BY ALL
            """,
            params={
                "postings": list(posting_files),
                "classifications": list(classification_files),
                "base": windows.base.keys(),
                "current": windows.current.keys(),
                "out_of_fold": OUT_OF_FOLD,
            },
        )
        return rows.to_arrow_table().cast(AUDIT_ROWS)


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


def _counted(engine: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    rows = engine.sql(
        f"""
        SELECT employer_id, title_id, side AS "window", CAST(sum(postings) AS BIGINT) AS postings
        FROM {name} GROUP BY ALL ORDER BY employer_id, title_id, side
        """  # noqa: S608  (names of this module)
    )
    return rows.to_arrow_table().cast(EMPLOYER_COUNTS)


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
) -> None:
    engine.execute(
        """
        CREATE OR REPLACE TEMP TABLE month_counts AS
        SELECT p.employer_id, c.title_id, count(*) AS postings
        FROM (SELECT posting_id, employer_id FROM read_parquet($postings) WHERE posting_month = $month) AS p
        LEFT JOIN (
            SELECT posting_id, title_id FROM read_parquet($classifications) WHERE posting_month = $month
        ) AS c ON p.posting_id = c.posting_id
        GROUP BY ALL
        """,
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
        "INSERT INTO counts SELECT employer_id, title_id, $side, postings FROM month_counts", {"side": side}
    )
    engine.execute(
        """
        INSERT INTO panel_counts
        SELECT employer_id, title_id, $side, postings FROM month_counts
        WHERE employer_id IN (SELECT employer_id FROM panel WHERE month = $month)
        """,
        {"side": side, "month": month},
    )


def _one_number(engine: duckdb.DuckDBPyConnection, query: str, values: dict[str, object]) -> int:
    row = engine.execute(query, values).fetchone()
    return int(row[0]) if row else 0
