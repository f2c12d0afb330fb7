"""One pass over the postings, month by month: what the pipeline made of them, beside what is true of them.

What belongs here: joining and counting in DuckDB, and the small tables that come out. What does not: any measure.

The pipeline's postings are joined to its classifications and to the truth one month at a time; those whose true month
is another one (or that have none) are kept aside and looked up at the end. So memory holds one month's keys, whatever
the size of the market, and DuckDB spills to a temporary folder beyond its limit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from market.exam.scorecard import ExamError
from market.exam.windows import Windows

UNKNOWN_MONTH = "unknown"
"""The partition of postings without a date."""

LABELLED, SEEN, NEW, UNNAMED = "labelled", "employer labelled", "employer new", "employer unnamed"
"""Groups of postings: those with a label; of employers with labelled postings; of employers without; of no employer."""

PAY_TOLERANCE = 0.15
"""A lone end of a range lies up to 14 % from its middle; mistakes of unit, period or currency are far larger."""

_NO_IDS = pa.table({"posting_id": pa.array([], pa.string())})


@dataclass(frozen=True)
class PostingFiles:
    """Where the pipeline's tables stand: Parquet files by month, never a pattern, and the labelled posting ids.

    postings and classifications are partitioned alike; postings without a date are under `unknown`.
    """

    postings: Mapping[str, Sequence[str]]
    classifications: Mapping[str, Sequence[str]]
    labelled: Sequence[str]
    asked: Sequence[str] = ()
    """Ids of the postings whose true title is wanted one by one: those that the crowd has answered."""


@dataclass(frozen=True)
class TruePay:
    """Pay of the postings that state it. mean and median a month, in the currency of the group."""

    postings: int
    mean: float
    median: float


@dataclass(frozen=True)
class Counted:
    """Everything that the measures need of single postings, counted.

    by_month: title -> month -> postings, by what is true, without broken records and those that the pipeline knows no
    month of. shares: column of a mart -> (pair, title) -> category -> postings of the current window. pay: (pair,
    title, currency) -> pay in the current window. outcomes: one row a combination of `truth`, `predicted` (title ids),
    `language`, `obscured`, `who` (LABELLED ...), with its `postings`. records: what became of records, by name. copies:
    kind -> postings. titles_asked: posting id -> true title; sources_asked: the same by the source's own id.
    """

    by_month: dict[str, dict[str, int]]
    shares: dict[str, dict[tuple[str, str], dict[str, int]]]
    pay: dict[tuple[str, str, str], TruePay]
    outcomes: pa.Table
    records: dict[str, int]
    copies: dict[str, int]
    titles_asked: dict[str, str]
    sources_asked: dict[str, str]

    def window(self, title_id: str, window: tuple[str, str]) -> int:
        """The title's true postings in a window, among those crawled."""
        first, last = window
        return sum(n for month, n in self.by_month.get(title_id, {}).items() if first <= month <= last)


def count_postings(
    files: PostingFiles,
    shards: Sequence[str],
    windows: Sequence[Windows],
    *,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> Counted:
    """Count; `shards` are the truth's files. Raises ExamError where postings and classifications do not fit."""
    with _engine(memory_limit, threads) as engine:
        engine.register("labels", _ids(files.labelled))
        engine.register("asked_ids", _ids(files.asked))
        engine.execute("CREATE TEMP TABLE labelled AS SELECT DISTINCT posting_id FROM labels")
        _list_labelled_employers(engine, files)
        _create_tables(engine)
        for month, postings in sorted(files.postings.items()):
            _take_month(engine, month, postings, files.classifications.get(month, ()), shards)
        _take_strays(engine, shards)
        _count_truth(engine, shards, windows)
        return Counted(
            by_month=_by_month(engine),
            shares={
                "industry": _shares(engine, "industry"),
                "city": _shares(engine, "true_city"),
            },
            pay=_pay(engine),
            outcomes=engine.sql(
                """
                SELECT truth, predicted, language, obscured, who, CAST(sum(postings) AS BIGINT) AS postings
                FROM outcomes GROUP BY ALL ORDER BY ALL
                """
            ).to_arrow_table(),
            records=_records(engine),
            copies=dict(
                engine.sql(
                    "SELECT copy_kind, CAST(sum(postings) AS BIGINT) FROM copies GROUP BY 1 ORDER BY 1"
                ).fetchall()
            ),
            titles_asked=dict(engine.sql("SELECT posting_id, truth FROM asked ORDER BY 1, 2").fetchall()),
            sources_asked=dict(engine.sql("SELECT source_id, truth FROM asked ORDER BY 1, 2").fetchall()),
        )


@contextmanager
def _engine(memory_limit: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix="jobtide-exam-") as spill:
        settings = {"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        with duckdb.connect(config=settings) as engine:
            yield engine


def _ids(values: Sequence[str]) -> pa.Table:
    return pa.table({"posting_id": pa.array(values, pa.string())}) if values else _NO_IDS


def _list_labelled_employers(engine: duckdb.DuckDBPyConnection, files: PostingFiles) -> None:
    engine.execute(
        """
        CREATE TEMP TABLE labelled_employers AS
        SELECT DISTINCT employer_id FROM read_parquet($files) SEMI JOIN labelled USING (posting_id)
        """,
        {"files": [path for paths in files.postings.values() for path in paths]},
    )


def _create_tables(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute(
        """
        CREATE TEMP TABLE outcomes
            (truth VARCHAR, predicted VARCHAR, language VARCHAR, obscured BOOLEAN, who VARCHAR, postings BIGINT);
        CREATE TEMP TABLE fates (name VARCHAR, postings BIGINT);
        CREATE TEMP TABLE asked (posting_id VARCHAR, source_id VARCHAR, truth VARCHAR);
        CREATE TEMP TABLE undated (id VARCHAR);
        """
    )


_PUBLISHED = f"""
    SELECT
        p.posting_id, p.source_id, p.posting_month, p.language AS read_language, p.pay_currency,
        coalesce((p.pay_monthly_min + p.pay_monthly_max) / 2, p.pay_monthly_min, p.pay_monthly_max)::DOUBLE AS read_pay,
        c.title_id AS predicted,
        CASE
            WHEN p.posting_id IN (SELECT posting_id FROM labelled) THEN '{LABELLED}'
            WHEN p.employer_id IS NULL OR p.employer_id = 'unknown' THEN '{UNNAMED}'
            WHEN p.employer_id IN (SELECT employer_id FROM labelled_employers) THEN '{SEEN}'
            ELSE '{NEW}'
        END AS who
    FROM read_parquet($postings) AS p JOIN read_parquet($classifications) AS c ON p.posting_id = c.posting_id
"""  # noqa: S608  (constants of this module)

_TRUE = """
    t.title_id AS truth, t.month, t.language, t.obscured, t.broken, t.currency,
    CASE WHEN t.pay_stated THEN t.pay_monthly END AS true_pay
"""


def _take_month(
    engine: duckdb.DuckDBPyConnection,
    month: str,
    postings: Sequence[str],
    classifications: Sequence[str],
    shards: Sequence[str],
) -> None:
    """Judge one month's postings; those that the truth does not have in this month become strays."""
    engine.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS strays AS {_PUBLISHED} LIMIT 0", _paths(postings, classifications)
    )
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE published AS {_PUBLISHED}", _paths(postings, classifications)
    )
    rows = _number(engine, "SELECT count(*) FROM read_parquet($postings)", {"postings": list(postings)})
    if (joined := _number(engine, "SELECT count(*) FROM published", {})) != rows:
        raise ExamError(
            f"{month}: {rows} postings meet {joined} classifications; run the classification stage again"
        )
    if month == UNKNOWN_MONTH:
        engine.execute("INSERT INTO undated SELECT source_id FROM published")
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE judged AS
        SELECT p.*, {_TRUE}
        FROM published AS p
        LEFT JOIN (SELECT * FROM read_parquet($shards) WHERE month = $month) AS t ON p.source_id = t.id
        """,  # noqa: S608  (constants of this module)
        {"shards": list(shards), "month": month},
    )
    engine.execute(
        "INSERT INTO strays SELECT * EXCLUDE (truth, month, language, obscured, broken, currency, true_pay) "
        "FROM judged WHERE truth IS NULL"
    )
    engine.execute("DELETE FROM judged WHERE truth IS NULL")
    _count_judged(engine)


def _take_strays(engine: duckdb.DuckDBPyConnection, shards: Sequence[str]) -> None:
    """Judge what had no month, or another one than the truth says: few rows, held against the whole truth."""
    engine.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE judged AS
        SELECT p.*, {_TRUE} FROM read_parquet($shards) AS t JOIN strays AS p ON p.source_id = t.id
        """,  # noqa: S608  (constants of this module)
        {"shards": list(shards)},
    )
    engine.execute(
        "INSERT INTO fates SELECT 'not of this market', "
        "(SELECT count(*) FROM strays) - (SELECT count(*) FROM judged)"
    )
    _count_judged(engine)


def _count_judged(engine: duckdb.DuckDBPyConnection) -> None:
    engine.execute(
        """
        INSERT INTO outcomes
        SELECT truth, predicted, language, obscured, who, count(*) FROM judged WHERE broken = '' GROUP BY ALL
        """
    )
    engine.execute(
        "INSERT INTO asked SELECT posting_id, source_id, truth FROM judged SEMI JOIN asked_ids USING (posting_id)"
    )
    for name, condition in _FATES.items():
        engine.execute(f"INSERT INTO fates SELECT ?, count(*) FROM judged WHERE {condition}", [name])  # noqa: S608


_FATES = {
    "kept": "broken = ''",
    "broken kept": "broken <> ''",
    "dated": f"broken = '' AND posting_month <> '{UNKNOWN_MONTH}'",
    "month right": "broken = '' AND posting_month = month",
    "language right": "broken = '' AND read_language = language",
    "pay stated": "broken = '' AND true_pay IS NOT NULL",
    "pay read": "broken = '' AND true_pay IS NOT NULL AND read_pay IS NOT NULL",
    "pay right": "broken = '' AND true_pay IS NOT NULL AND pay_currency = currency"
    f" AND abs(read_pay / true_pay - 1) <= {PAY_TOLERANCE}",
}


def _count_truth(
    engine: duckdb.DuckDBPyConnection, shards: Sequence[str], windows: Sequence[Windows]
) -> None:
    engine.execute("CREATE TEMP TABLE windows (pair VARCHAR, first VARCHAR, last VARCHAR)")
    for window in windows:
        engine.execute("INSERT INTO windows VALUES (?, ?, ?)", [window.pair, *window.current])
    # DuckDB reads only the columns that a query names, so three passes over the truth cost little more than one.
    paths = ", ".join("'" + str(path).replace("'", "''") + "'" for path in shards)
    engine.execute(
        f"""
        CREATE TEMP VIEW true_postings AS
        SELECT * FROM read_parquet([{paths}]) AS t
        WHERE t.broken = '' AND NOT EXISTS (SELECT 1 FROM undated WHERE undated.id = t.id)
        """  # noqa: S608  (quoted paths; a view takes no parameters)
    )
    shards_of = {"shards": list(shards)}
    engine.execute(
        """
        CREATE TEMP TABLE copies AS
        SELECT copy_kind, count(*) AS postings FROM read_parquet($shards) WHERE broken = '' GROUP BY 1
        """,
        shards_of,
    )
    engine.execute(
        """
        INSERT INTO fates
        SELECT CASE WHEN broken = '' THEN 'sound' ELSE 'broken' END, count(*) FROM read_parquet($shards) GROUP BY 1
        """,
        shards_of,
    )


def _by_month(engine: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    rows = engine.sql(
        "SELECT title_id, month, count(*) FROM true_postings GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for title_id, month, postings in rows:
        found.setdefault(title_id, {})[month] = postings
    return found


def _shares(engine: duckdb.DuckDBPyConnection, column: str) -> dict[tuple[str, str], dict[str, int]]:
    found: dict[tuple[str, str], dict[str, int]] = {}
    rows = engine.sql(
        f"""
        SELECT w.pair, t.title_id, t.{column}, count(*)
        FROM true_postings AS t JOIN windows AS w ON t.month BETWEEN w.first AND w.last
        GROUP BY ALL ORDER BY ALL
        """  # noqa: S608  (a name of this module)
    ).fetchall()
    for pair, title_id, category, postings in rows:
        found.setdefault((pair, title_id), {})[category] = postings
    return found


def _pay(engine: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], TruePay]:
    # Sums of DECIMAL are the same in every run; sums of DOUBLE depend on the order of the rows.
    rows = engine.sql(
        """
        SELECT w.pair, t.title_id, t.currency, count(*),
            sum(t.pay_monthly::DECIMAL(18, 2))::DOUBLE / count(*),
            quantile_cont(t.pay_monthly::DECIMAL(24, 6), 0.5)::DOUBLE
        FROM true_postings AS t JOIN windows AS w ON t.month BETWEEN w.first AND w.last
        WHERE t.pay_stated GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    return {
        (pair, title, currency): TruePay(n, mean, median) for pair, title, currency, n, mean, median in rows
    }


def _records(engine: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows: list[Any] = engine.sql(
        "SELECT name, CAST(sum(postings) AS BIGINT) FROM fates GROUP BY 1"
    ).fetchall()
    return dict(rows)


def _paths(postings: Sequence[str], classifications: Sequence[str]) -> dict[str, list[str]]:
    if not classifications:
        raise ExamError("there are postings without classifications; run the classification stage again")
    return {"postings": list(postings), "classifications": list(classifications)}


def _number(engine: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object]) -> int:
    row = engine.execute(query, dict(values)).fetchone()
    return int(row[0]) if row else 0
