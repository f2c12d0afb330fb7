"""Postings per employer, title and window, counted by DuckDB over explicit lists of Parquet files.

What belongs here: the one pass from posting-level tables to the small table that the bootstrap needs. What
does not: any weighting, smoothing or exclusion. Nothing is left out: a posting under the probability
threshold counts under `unassigned`, a posting without an employer's name under the employer it was given.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Protocol

import duckdb
import pyarrow as pa

from ml.estimation.tables import BASE, CURRENT, EMPLOYER_COUNTS


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


def employer_counts(
    posting_files: Sequence[str],
    classification_files: Sequence[str],
    windows: PairOfWindows,
    *,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> pa.Table:
    """Count the postings of both windows by employer and title.

    Both lists name Parquet files (never a pattern): postings with posting_id, posting_month and employer_id,
    classifications with posting_id, posting_month and title_id. The join is made one month at a time, so
    memory holds one month's keys and spills to a temporary folder beyond `memory_limit`.

    Returns a table in EMPLOYER_COUNTS with one row per (employer_id, title_id, window) that has postings,
    ordered by that key. Raises MismatchedPostingsError where a posting has no classification or more than one
    (the counts would not be those of the postings), or where no file is given; ValueError where the two
    windows share a month (a posting would count on both sides).
    """
    _refuse_impossible(posting_files, classification_files, windows)
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-counts-") as spill,
        duckdb.connect(
            config={"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        ) as engine,
    ):
        engine.execute(
            "CREATE TEMP TABLE counts (employer_id VARCHAR, title_id VARCHAR, side VARCHAR, postings BIGINT)"
        )
        for side, months in ((BASE, windows.base.keys()), (CURRENT, windows.current.keys())):
            for month in months:
                _count_month(engine, posting_files, classification_files, side, month)
        rows = engine.sql(
            """
            SELECT employer_id, title_id, side AS "window", CAST(sum(postings) AS BIGINT) AS postings
            FROM counts GROUP BY ALL ORDER BY employer_id, title_id, side
            """
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


def _one_number(engine: duckdb.DuckDBPyConnection, query: str, values: dict[str, object]) -> int:
    row = engine.execute(query, values).fetchone()
    return int(row[0]) if row else 0
