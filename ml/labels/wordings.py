"""Labels from the titles that postings bear, for studies that nobody labelled.

What belongs here: which postings are asked, and which answers of the title search are believed. What does not: the
search itself (`ml.titles`). How right such labels are: docs/decisions/0011-labels-from-wordings.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from ml.schema import LABELS
from ml.titles import TitleHit

METHOD = "wording of the title"

Find = Callable[[str, int], list[TitleHit]]


def wording_labels(
    posting_files: Sequence[str],
    find: Find,
    *,
    size: int,
    least_score: float,
    seed: int,
    label_version: str,
    taxonomy_version: str,
) -> pa.Table:
    """Labels (schema LABELS) of at most `size` postings, drawn by a hash of seed and posting id.

    A posting is labelled where `find(title, 2)` gives a title with a score of at least `least_score`, and no second
    title with the same one; its confidence is the score. Each distinct title is looked up once. Raises ValueError
    where fewer than two titles are found: nothing could be told apart.
    """
    import duckdb

    with duckdb.connect() as connection:
        drawn = connection.execute(
            """
            select posting_id, title from read_parquet($files) where title is not null
            order by md5($seed || '|' || posting_id), posting_id limit $size
            """,
            {"files": list(posting_files), "seed": str(seed), "size": size},
        ).fetchall()
    meant = {
        title: _meant(find(title, 2), least_score) for title in dict.fromkeys(title for _, title in drawn)
    }
    rows = [(posting, hit) for posting, title in drawn if (hit := meant[title]) is not None]
    if (found := len({hit.title_id for _, hit in rows})) < 2:
        raise ValueError(
            f"the titles of {len(drawn):,} postings name {found} of the standard titles; "
            "lower labels.least_score, or label postings in another way"
        )
    return pa.table(
        {
            "posting_id": pa.array([posting for posting, _ in rows], pa.string()),
            "title_id": pa.array([hit.title_id for _, hit in rows], pa.string()),
            "confidence": pa.array([hit.score for _, hit in rows], pa.float64()),
            "answers": pa.array([1] * len(rows), pa.int32()),
            "agreement": pa.array([1.0] * len(rows), pa.float64()),
            "method": pa.array([METHOD] * len(rows)),
            "label_version": pa.array([label_version] * len(rows)),
            "taxonomy_version": pa.array([taxonomy_version] * len(rows)),
        }
    ).cast(LABELS)


def _meant(hits: list[TitleHit], least_score: float) -> TitleHit | None:
    if not hits or hits[0].score < least_score:
        return None
    return None if len(hits) > 1 and hits[1].score == hits[0].score else hits[0]
