"""Every posting gets its class, its canonical posting and its cluster.

What belongs here: what an ad is to the others of its job. What does not: which ads are of one job.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa

from postings.duplicates.candidates import similarities
from postings.duplicates.marks import SignatureFile
from postings.duplicates.schema import DUPLICATES

DAYS_TO_REPOST = 7
"""An ad of the same job so many days after the first counts as posted again."""

_ROWS_AT_ONCE = 16_384

# Ads of a job stand in the order of date, then id. One that names no city is taken for the first city named. In each
# city, the first ad is the canonical one or for another city; those after it are told apart by time, then words.
_CLASSED = f"""
    CREATE TABLE classed AS
    WITH members AS (
        SELECT clusters.cluster, marks.position, posting_id, posting_month, day, same, same_too, city AS named_city
        FROM clusters JOIN marks ON clusters.position = marks.position
    ),
    placed AS (
        SELECT *, coalesce(
            named_city, first_value(named_city IGNORE NULLS) OVER (
                PARTITION BY cluster ORDER BY day NULLS LAST, posting_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            )
        ) AS city
        FROM members
    ),
    ranked AS (
        SELECT
            *,
            first_value(position) OVER in_cluster AS canonical_position,
            first_value(posting_id) OVER in_cluster AS canonical_id,
            (first_value(same) OVER in_cluster, first_value(same_too) OVER in_cluster)
            = (same, same_too) AS as_canonical,
            min(posting_id) OVER (PARTITION BY cluster) AS cluster_id,
            row_number() OVER in_cluster AS nth,
            row_number() OVER in_city AS nth_in_city,
            first_value(day) OVER in_city AS first_day,
            row_number() OVER in_words AS nth_in_words
        FROM placed
        WINDOW
            in_cluster AS (PARTITION BY cluster ORDER BY day NULLS LAST, posting_id),
            in_city AS (PARTITION BY cluster, city ORDER BY day NULLS LAST, posting_id),
            in_words AS (PARTITION BY cluster, same, same_too ORDER BY day NULLS LAST, posting_id)
    )
    SELECT
        position,
        CASE
            WHEN nth = 1 THEN 'unique'
            WHEN nth_in_city = 1 THEN 'multi_location'
            WHEN coalesce(day - first_day >= {DAYS_TO_REPOST}, false) THEN 'repost'
            WHEN nth_in_words > 1 THEN 'exact'
            ELSE 'near'
        END AS class,
        canonical_id,
        canonical_position,
        as_canonical,
        cluster_id
    FROM ranked
"""  # noqa: S608  (a number of our own)


def classify(
    connection: duckdb.DuckDBPyConnection, clusters: pa.Table, signatures: SignatureFile
) -> Iterator[pa.Table]:
    """The rows of DUPLICATES in the order of positions, in pieces. Needs the view `marks`."""
    connection.register("clusters", clusters)
    connection.execute(_CLASSED)
    connection.unregister("clusters")
    rows = connection.sql(
        """
        SELECT
            position, posting_id, posting_month,
            coalesce(class, 'unique') AS class,
            coalesce(canonical_id, posting_id) AS canonical_id,
            coalesce(cluster_id, posting_id) AS cluster_id,
            coalesce(canonical_position, position) AS canonical_position,
            coalesce(as_canonical, false) AS as_canonical
        FROM marks LEFT JOIN classed USING (position)
        ORDER BY position
        """
    )
    for batch in rows.to_arrow_reader(_ROWS_AT_ONCE):
        yield _with_similarity(pa.Table.from_batches([batch]), signatures)
        signatures.forget()


def _with_similarity(rows: pa.Table, signatures: SignatureFile) -> pa.Table:
    position, canonical = rows["position"].to_numpy(), rows["canonical_position"].to_numpy()
    as_canonical = rows["as_canonical"].to_numpy(zero_copy_only=False)
    similarity = np.ones(len(position), dtype=np.float32)
    asked = np.flatnonzero((position != canonical) & ~as_canonical)
    similarity[asked] = similarities(signatures.values, position[asked], canonical[asked])
    values = pa.array(similarity, mask=position == canonical)
    return rows.append_column("similarity", values).select(DUPLICATES.names).cast(DUPLICATES)
