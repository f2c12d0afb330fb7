"""Judging classifications against the labels that were hidden from training.

What belongs here: the comparison of predicted with true titles, and of the counts made from both. What does not:
anything that a model learns from; the scorer is the one reader of hidden labels beside the label sampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """How far predictions are from the truth.

    `hidden_accuracy` is over postings whose label was hidden; the change errors are means over the titles with
    at least the asked number of true postings in the base window: `log_ratio_error` of |log ratio - true log
    ratio|, `points_error` of |change - true change| in percentage points.
    """

    hidden: int
    hidden_accuracy: float
    titles: int
    log_ratio_error: float
    points_error: float


def score_against_gold(
    gold_files: Sequence[str],
    classification_files: Sequence[str],
    labelled_ids: Sequence[str],
    base: Sequence[str],
    current: Sequence[str],
    least_base_postings: int = 100,
) -> Score:
    """Score one model's classifications.

    `base` and `current` are lists of months. Counts are over all postings, the labelled ones with their
    out-of-fold prediction, as classifications hold them. Half a posting is added to each predicted count, so that
    a title nobody was assigned to has a finite error. Raises ValueError where no posting was hidden.
    """
    import duckdb
    import pyarrow as pa

    with duckdb.connect() as connection:
        connection.register("labelled", pa.table({"posting_id": pa.array(list(labelled_ids), pa.string())}))
        connection.execute(
            """
            create table scored as
            select c.posting_id, c.posting_month, c.title_id as predicted, g.title_id as truth,
                   l.posting_id is null as hidden
            from read_parquet($classified) c
            join read_parquet($gold) g using (posting_id)
            left join labelled l using (posting_id)
            """,
            {"classified": list(classification_files), "gold": list(gold_files)},
        )
        hidden, right = connection.execute(
            "select count(*), count(*) filter (predicted = truth) from scored where hidden"
        ).fetchall()[0]
        titles, log_error, points_error = connection.execute(
            """
            with counted as (
                select title_id,
                       sum(true_base) as true_base, sum(true_current) as true_current,
                       sum(found_base) + 0.5 as found_base, sum(found_current) + 0.5 as found_current
                from (
                    select truth as title_id,
                           (posting_month in (select unnest($base)))::int as true_base,
                           (posting_month in (select unnest($current)))::int as true_current,
                           0 as found_base, 0 as found_current
                    from scored
                    union all
                    select predicted, 0, 0,
                           (posting_month in (select unnest($base)))::int,
                           (posting_month in (select unnest($current)))::int
                    from scored
                )
                group by title_id
            )
            select count(*),
                   avg(abs(ln(found_current / found_base) - ln(true_current / true_base)) order by title_id),
                   avg(100 * abs(found_current / found_base - true_current / true_base) order by title_id)
            from counted where true_base >= $least and true_current > 0
            """,
            {"base": list(base), "current": list(current), "least": least_base_postings},
        ).fetchall()[0]
    if not hidden:
        raise ValueError("no posting with a hidden label was classified; there is nothing to score")
    return Score(hidden, right / hidden, titles, log_error, points_error)
