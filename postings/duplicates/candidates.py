"""Which postings may be the same job, and which of those pairs are.

What belongs here: from marks to pairs. What does not: what becomes of the pairs.

DuckDB joins the bands one after the other and spills to disk, so memory does not grow with the postings. Within a
bucket, each ad is held against the next few by date only, so that time does not grow with the square of a bucket: ads
of one job stand close to each other, and what lies between two of them links them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from postings.duplicates.marks import ACROSS_KEYS, WITHIN_KEYS, SignatureFile
from postings.duplicates.signatures import Integers

SIMILAR_WITHIN, SIMILAR_ACROSS = 0.6, 0.7
"""Least estimated similarity of two ads of one job, of one employer and of two. Measured: see `find_duplicates`."""

DAYS_ACROSS = 31
"""Ads of two employers are one job only so many days apart: a job is placed with an agency once."""

NEIGHBOURS = 8
"""Ads of a bucket that each one is held against."""

_PAIRS_AT_ONCE = 32_768
_BLOCK = 250_000
"""Postings whose signatures, 64 MB, lie together."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of positions of one job, and how many were compared to find them."""

    first: Integers
    second: Integers
    compared: int


def mark_views(connection: duckdb.DuckDBPyConnection, marks: Path) -> None:
    """Make `marks` a view of the marks, and `repeats` the table of exact copies, each with the first of its kind.

    Exact copies: postings of one employer, or of an unknown one at 40 words or more, that say the same.
    """
    path = str(marks).replace("'", "''")
    connection.execute(f"CREATE VIEW marks AS FROM read_parquet('{path}')")
    connection.execute(
        """
        CREATE TABLE repeats AS
        SELECT position, first FROM (
            SELECT position, first_value(position) OVER (
                PARTITION BY employer, same, same_too ORDER BY day NULLS LAST, posting_id
            ) AS first
            FROM marks
            WHERE exact
        )
        WHERE position != first
        """
    )


def near_pairs(connection: duckdb.DuckDBPyConnection, signatures: SignatureFile) -> Pairs:
    """Pairs that are one job in slightly other words, exact copies but the first of each kind left out."""
    within = _similar(connection, WITHIN_KEYS, signatures, SIMILAR_WITHIN)
    across = _similar(connection, ACROSS_KEYS, signatures, SIMILAR_ACROSS)
    found = [
        _confirmed(connection, within, "a.employer = b.employer"),
        _confirmed(
            connection,
            across,
            f"""
            a.employer IS DISTINCT FROM b.employer AND abs(a.day - b.day) <= {DAYS_ACROSS}
            AND coalesce(a.pay = b.pay, true) AND coalesce(a.city = b.city, true)
            """,
        ),
    ]
    return Pairs(
        np.concatenate([pairs[0] for pairs in found]),
        np.concatenate([pairs[1] for pairs in found]),
        within.compared + across.compared,
    )


def similarities(
    signatures: npt.NDArray[np.uint16], first: Integers, second: Integers
) -> npt.NDArray[np.float32]:
    """Estimated Jaccard similarity of pairs of positions, (n,), from 0 to 1."""
    parts = [
        (signatures[first[n : n + _PAIRS_AT_ONCE]] == signatures[second[n : n + _PAIRS_AT_ONCE]]).mean(
            axis=1, dtype=np.float32
        )
        for n in range(0, len(first), _PAIRS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


_BUCKET_PAIRS = """
    INSERT INTO candidates
    WITH shared AS (
        SELECT {key} AS key FROM marks WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1
    ),
    members AS (
        SELECT marks.position, marks.day, marks.posting_id, marks.{key} AS key
        FROM marks SEMI JOIN shared ON marks.{key} = shared.key
        ANTI JOIN repeats ON marks.position = repeats.position
    )
    SELECT position, unnest(next_ones)
    FROM (
        SELECT
            position,
            list(position) OVER (
                PARTITION BY key ORDER BY day, posting_id ROWS BETWEEN 1 FOLLOWING AND {neighbours} FOLLOWING
            ) AS next_ones
        FROM members
    )
"""


def _similar(
    connection: duckdb.DuckDBPyConnection,
    keys: list[str],
    signatures: SignatureFile,
    least: float,
) -> Pairs:
    """Pairs that share a band by one of the `keys` and are as similar as `least`."""
    connection.execute("CREATE OR REPLACE TABLE candidates (a BIGINT, b BIGINT)")
    for key in keys:
        connection.execute(_BUCKET_PAIRS.format(key=key, neighbours=NEIGHBOURS))
    firsts, seconds, compared = [], [], 0
    for first, second in _distinct_pairs(connection):
        kept = similarities(signatures.values, first, second) >= least
        signatures.forget()
        firsts.append(first[kept])
        seconds.append(second[kept])
        compared += len(first)
    connection.execute("DROP TABLE candidates")
    none = np.zeros(0, dtype=np.int64)
    return Pairs(np.concatenate([none, *firsts]), np.concatenate([none, *seconds]), compared)


def _distinct_pairs(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Integers, Integers]]:
    # By blocks of postings, so that few pages of the signatures are looked at between one `forget` and the next.
    query = f"""
        SELECT DISTINCT least(a, b) AS a, greatest(a, b) AS b FROM candidates
        ORDER BY a // {_BLOCK}, b // {_BLOCK}, a, b
    """  # noqa: S608  (a number of our own)
    for batch in connection.sql(query).to_arrow_reader(_PAIRS_AT_ONCE):
        yield batch["a"].to_numpy(), batch["b"].to_numpy()


def _confirmed(
    connection: duckdb.DuckDBPyConnection, pairs: Pairs, condition: str
) -> tuple[Integers, Integers]:
    """The pairs whose titles name the same job, and that meet a condition on their marks a and b.

    Titles do where the words of one are all in the other and their rank words are the same: much of an employer's text
    is the same in all its ads, so that a text alone tells little. In 5,000 real ads, of the pairs of one employer at a
    similarity of 0.9 or more, one in six had titles without a word in common.
    """
    connection.register("pairs", pa.table({"a": pairs.first, "b": pairs.second}))
    found = connection.execute(
        f"""
        SELECT pairs.a, pairs.b
        FROM pairs JOIN marks a ON pairs.a = a.position JOIN marks b ON pairs.b = b.position
        WHERE a.rank = b.rank
            AND (len(a.title) = 0) = (len(b.title) = 0)
            AND len(list_intersect(a.title, b.title)) = least(len(a.title), len(b.title))
            AND {condition}
        ORDER BY ALL
        """  # noqa: S608  (conditions of our own making)
    ).fetchnumpy()
    connection.unregister("pairs")
    return np.asarray(found["a"], dtype=np.int64), np.asarray(found["b"], dtype=np.int64)
