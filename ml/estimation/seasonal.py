"""Months: adjusted for the season where there are enough of them, else beside the same month a year before.

What belongs here: monthly series of the market and of headline titles, and their season. What does not: changes between
windows, which compare equal months and so need no adjustment.

From 36 months on: STL (Cleveland, Cleveland, McRae and Terpenning 1990; statsmodels) of the logarithm of the postings
with a period of 12, robust to single months. Two years cannot tell a season from a trend, so below that nothing is
adjusted, and the column `method` says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa

from ml.estimation.around import SEASONAL
from ml.schema import MARKET, MARKET_LEVEL, TITLE_LEVEL

FEWEST_MONTHS = 36
PERIOD = 12
STL_METHOD, SAME_MONTH = "stl", "same_month"
DIGITS = 6


def month_counts(
    classification_files: Sequence[str],
    months: Sequence[str],
    titles: Sequence[str],
    *,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> dict[tuple[str, str], list[int]]:
    """(level, group) -> postings of each month, for the market and the titles; memory is DuckDB's."""
    with duckdb.connect(config={"memory_limit": memory_limit, "threads": threads}) as engine:
        engine.register("wanted", pa.table({"title_id": pa.array(sorted(titles), pa.string())}))
        rows = engine.execute(
            """
            SELECT posting_month, coalesce(w.title_id, '') AS title_id, count(*) AS postings
            FROM (SELECT posting_month, title_id FROM read_parquet($files)) AS c
            LEFT JOIN wanted AS w ON c.title_id = w.title_id GROUP BY ALL
            """,
            {"files": list(classification_files)},
        ).fetchall()
    place = {month: at for at, month in enumerate(months)}
    found = {(MARKET_LEVEL, MARKET): [0] * len(months)}
    found |= {(TITLE_LEVEL, title): [0] * len(months) for title in titles}
    for month, title, postings in rows:
        if month in place:
            found[MARKET_LEVEL, MARKET][place[month]] += int(postings)
            if title:
                found[TITLE_LEVEL, title][place[month]] += int(postings)
    return found


def seasonal_series(
    counts: Mapping[tuple[str, str], Sequence[int]],
    months: Sequence[str],
    flows: Mapping[str, tuple[int, int, float]] | None = None,
) -> pa.Table:
    """The series in SEASONAL. months: consecutive; counts: postings of each of them; flows: month -> postings of the
    market that opened and closed, and the mean stock, where the life of postings is known.

    A series is adjusted where FEWEST_MONTHS stand and none is empty. adjusted = postings / seasonal_factor.
    """
    rows = []
    for (level, group), series in counts.items():
        fitted = _stl(series) if len(series) >= FEWEST_MONTHS and min(series) > 0 else None
        for at, (month, postings) in enumerate(zip(months, series, strict=True)):
            before = series[at - PERIOD] if at >= PERIOD else None
            factor = math.exp(fitted[0][at]) if fitted else None
            opened, closed, stock = (flows or {}).get(month, (None, None, None))
            rows.append(
                {
                    "level": level,
                    "group_id": group,
                    "month": month,
                    "postings": int(postings),
                    "method": STL_METHOD if fitted else SAME_MONTH,
                    "adjusted": round(postings / factor, DIGITS) if factor else None,
                    "seasonal_factor": round(factor, DIGITS) if factor else None,
                    "trend": round(math.exp(fitted[1][at]), DIGITS) if fitted else None,
                    "year_before": int(before) if before is not None else None,
                    "change_on_year": round(postings / before - 1, DIGITS) if before else None,
                    "opened": opened if level == MARKET_LEVEL else None,
                    "closed": closed if level == MARKET_LEVEL else None,
                    "stock": stock if level == MARKET_LEVEL else None,
                }
            )
    return pa.Table.from_pylist(rows, SEASONAL)


def _stl(series: Sequence[int]) -> tuple[list[float], list[float]]:
    """Season and trend of the logarithms."""
    from statsmodels.tsa.seasonal import STL

    fitted = STL(np.log(np.asarray(series, dtype=np.float64)), period=PERIOD, robust=True).fit()
    return np.asarray(fitted.seasonal).tolist(), np.asarray(fitted.trend).tolist()
