"""The conservation law: every raw record is a posting, a re-observation, or in quarantine. To the row.

What belongs here: the count. What does not: what to do when it fails (orchestration blocks).

Raw records are counted by themselves, and each is looked up in the parts by its batch, source, file and row: a record
that no part holds is counted in the month `unaccounted`, so that it cannot be hidden by another one held twice.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from postings.reobservations import bounded_duckdb
from postings.schema import CONSERVATION
from storage import Dataset

UNACCOUNTED = "unaccounted"

_COUNT = """
    WITH raw_records AS (
        SELECT batch, source, file, "row" FROM read_parquet($raw)
    ),
    parts AS (
        SELECT batch, source, file, "row", posting_month AS month, 'postings' AS part FROM read_parquet($postings)
        UNION ALL
        SELECT batch, source, file, "row", month, 'reobservations' FROM read_parquet($reobservations)
        UNION ALL
        SELECT batch, source, file, "row", month, 'quarantined' FROM read_parquet($quarantine)
    ),
    places AS (
        SELECT batch, source, file, "row", min(month) AS month FROM parts GROUP BY ALL
    ),
    raw_counts AS (
        SELECT r.source, coalesce(p.month, $unaccounted) AS month, count(*) AS records
        FROM raw_records AS r
        LEFT JOIN places AS p USING (batch, source, file, "row")
        GROUP BY ALL
    ),
    part_counts AS (
        SELECT
            source,
            month,
            count(*) FILTER (WHERE part = 'postings') AS postings,
            count(*) FILTER (WHERE part = 'reobservations') AS reobservations,
            count(*) FILTER (WHERE part = 'quarantined') AS quarantined
        FROM parts
        GROUP BY ALL
    )
    SELECT
        source,
        month AS posting_month,
        coalesce(r.records, 0) AS raw_records,
        coalesce(p.postings, 0) AS postings,
        coalesce(p.reobservations, 0) AS reobservations,
        coalesce(p.quarantined, 0) AS quarantined,
        coalesce(r.records, 0) - coalesce(p.postings, 0) - coalesce(p.reobservations, 0)
            - coalesce(p.quarantined, 0) AS balance
    FROM raw_counts AS r
    FULL OUTER JOIN part_counts AS p USING (source, month)
    ORDER BY source, month
"""


def conservation(
    raw: Dataset,
    postings: Dataset,
    reobservations: Dataset,
    quarantine: Dataset,
    quarantine_raw: Dataset | None = None,
) -> pa.Table:
    """The account per source and month, in the schema CONSERVATION; the law holds where every `balance` is 0.

    `quarantine_raw` holds the records set aside while reading: they are raw records too.
    Counts what the manifests name, so all months of the study must have been built. Memory: 1 GB, then disk. Raises
    DatasetError where a dataset was never written.
    """
    files = raw.files() + (quarantine_raw.files() if quarantine_raw is not None else [])
    with (
        TemporaryDirectory(dir=postings.root.parent, prefix=".scratch-conservation-") as folder,
        bounded_duckdb(Path(folder)) as connection,
    ):
        counted = connection.sql(
            _COUNT,
            params={
                "raw": files,
                "postings": postings.files(),
                "reobservations": reobservations.files(),
                "quarantine": quarantine.files(),
                "unaccounted": UNACCOUNTED,
            },
        )
        return counted.to_arrow_table().cast(CONSERVATION)
