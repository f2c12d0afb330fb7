"""From daily sightings of postings to their lives: first seen, last seen, removed; and to flow and stock a month.

What belongs here: when a posting was open, as far as polls of its board tell. What does not: polling, and what a
posting says. A posting that is seen again is counted, not stored again.

Only a poll that can be believed closes a posting: one that failed, or came back empty where there had been several
jobs, says nothing about what it lacks. Absence shows at polls, so every date is as exact as the board was polled often.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc

from postings.reobservations import bounded_duckdb

MANY = 3
"""Jobs that a board must have had at its last poll for an empty answer to be doubted. Real boards do go from one or two
jobs to none; three that end on one day are a fault of the crawl or of the board far more often."""

EMPTY_POLLS = 7
"""Empty answers in a row after which a board is believed to be empty, since the first of them."""

CARRIED_DAYS = 7
"""Days for which an open posting counts in the stock after the last poll that can be believed of its board."""

OK = "ok"
"""The result of a poll, in the coverage table, that tells of all jobs of a board. Any other closes nothing."""

LIFECYCLE = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("source_id", pa.string(), nullable=False),
        pa.field("board", pa.string(), nullable=False),
        pa.field("first_seen", pa.date32(), nullable=False),
        pa.field("last_seen", pa.date32(), nullable=False),
        pa.field("removed_on", pa.date32()),
        pa.field("sightings", pa.int32(), nullable=False),
        pa.field("gaps", pa.int32(), nullable=False),
        pa.field("missed_polls", pa.int32(), nullable=False),
        pa.field("open_at_start", pa.bool_(), nullable=False),
        pa.field("open_at_end", pa.bool_(), nullable=False),
        pa.field("polled_until", pa.date32(), nullable=False),
    ]
)
"""One row per posting (source, source_id).

removed_on: the first believed poll after last_seen, which did not show it any more; null while it is open. It was
taken down after last_seen and at the latest then. sightings: days on which it was seen. gaps: times it was away and
came back; missed_polls: believed polls in those gaps. open_at_start: there at the first believed poll of its board
already, so that it opened some time before. open_at_end: not removed as far as polls tell. polled_until: the last day
that its board told of.
"""

LIVES = pa.schema([pa.field("posting_id", pa.string(), nullable=False), *LIFECYCLE])
"""The same with the id that the posting has, or would have, among a study's postings. Re-observations of a posting are
its sightings but the first."""

FLOW_AND_STOCK = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("month", pa.string(), nullable=False),
        pa.field("days", pa.int32(), nullable=False),
        pa.field("opened", pa.int64()),
        pa.field("closed", pa.int64()),
        pa.field("stock", pa.float64()),
    ]
)
"""One row per source and month; `flow_and_stock` says what the columns mean."""

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)

_BOARD_DAYS_BY_COVERAGE = """
    SELECT board, day, bool_or(ok) AS ok
    FROM (
        SELECT board, polled_on::DATE AS day, coalesce(result = $ok, false) AS ok FROM coverage
        UNION ALL
        -- A day without a row on which something was seen was polled.
        SELECT board, day, true FROM (SELECT DISTINCT board, day FROM seen)
        ANTI JOIN (SELECT board, polled_on::DATE AS day FROM coverage) AS listed USING (board, day)
    )
    GROUP BY board, day
"""

# Without a coverage table a board is held to be polled on the days on which its source was, from its first job on.
_BOARD_DAYS_BY_SOURCE = """
    SELECT boards.board, days.day, true AS ok
    FROM (SELECT source, board, min(day) AS first FROM seen GROUP BY source, board) AS boards
    JOIN (SELECT DISTINCT source, day FROM seen) AS days
        ON boards.source = days.source AND days.day >= boards.first
    GROUP BY boards.board, days.day
"""

# `told`: the poll can be believed. `nth`: how many such polls of the board there were up to that day.
_POLLS = f"""
    CREATE TABLE polls AS
    WITH counted AS (
        SELECT board, day, ok, coalesce(jobs, 0) AS jobs
        FROM ({{board_days}}) AS board_days
        LEFT JOIN (SELECT board, day, count(*) AS jobs FROM seen GROUP BY board, day) AS jobs USING (board, day)
        WHERE ok OR coalesce(jobs, 0) > 0
    ),
    spells AS (
        SELECT *, count(*) FILTER (jobs > 0) OVER (PARTITION BY board ORDER BY day) AS spell FROM counted
    ),
    judged AS (
        SELECT
            *,
            first_value(jobs) OVER (PARTITION BY board, spell ORDER BY day) AS jobs_before,
            count(*) FILTER (jobs = 0) OVER (PARTITION BY board, spell) AS empty_polls
        FROM spells
    )
    SELECT
        board, day, jobs, told,
        count(*) FILTER (told) OVER (PARTITION BY board ORDER BY day) AS nth
    FROM (
        SELECT *, ok AND (jobs > 0 OR jobs_before < {MANY} OR empty_polls >= {EMPTY_POLLS}) AS told FROM judged
    )
"""  # noqa: S608  (numbers of our own)

_LIVES = """
    WITH sighted AS (
        SELECT
            seen.*, polls.nth, polls.told,
            polls.nth - polls.told::INTEGER
            - lag(polls.nth) OVER (PARTITION BY source, source_id ORDER BY day) AS missed
        FROM seen JOIN polls USING (board, day)
    ),
    lives AS (
        SELECT
            source, source_id,
            any_value(board) AS board,
            min(day) AS first_seen,
            max(day) AS last_seen,
            count(*) AS sightings,
            count(*) FILTER (missed > 0) AS gaps,
            coalesce(sum(missed), 0) AS missed_polls,
            min(nth - told::INTEGER) = 0 AS open_at_start,
            max(nth) AS polls_until_last
        FROM sighted
        GROUP BY source, source_id
    ),
    boards AS (SELECT board, max(day) AS polled_until FROM polls WHERE told OR jobs > 0 GROUP BY board)
    SELECT
        lives.* EXCLUDE (polls_until_last), polled_until,
        removal.day AS removed_on,
        removal.day IS NULL AS open_at_end
    FROM lives
    JOIN boards ON lives.board = boards.board
    LEFT JOIN polls AS removal
        ON lives.board = removal.board AND removal.told AND removal.nth = lives.polls_until_last + 1
    ORDER BY source, source_id
"""


def lifecycle(
    sightings: pa.Table | pa.RecordBatchReader, coverage: pa.Table | pa.RecordBatchReader | None = None
) -> pa.Table:
    """The life of each posting (schema LIFECYCLE, in the order of source and id) from sightings of it.

    sightings: source, source_id, seen_on (a date), and optionally board, unique over all sources; without it a source
    is one board. A posting that several boards of a source show belongs to the first by name. Sightings more than once
    a day count once. coverage: board, polled_on, result, one row per poll; `ok` means that all jobs of the board were
    read. Where it is None, a board counts as polled on every day on which its source gave anything.

    Memory: DuckDB's 1 GB, and the result. Raises duckdb.Error for missing columns or values that are not dates.
    """
    board = "board" if "board" in sightings.schema.names else "source"
    with (
        TemporaryDirectory(prefix="jobtide-lifecycle-") as scratch,
        bounded_duckdb(Path(scratch)) as connection,
    ):
        connection.register("sightings", sightings)
        connection.execute(
            f"""
            CREATE TABLE seen AS
            SELECT source, source_id, min({board}) OVER (PARTITION BY source, source_id) AS board, day
            FROM (
                SELECT source, source_id, min({board}) AS {board}, seen_on::DATE AS day
                FROM sightings
                WHERE source IS NOT NULL AND source_id IS NOT NULL AND seen_on IS NOT NULL
                GROUP BY source, source_id, day
            )
            """  # noqa: S608  (one of two names of our own)
        )
        if coverage is not None:
            connection.register("coverage", coverage)
            connection.execute(_POLLS.format(board_days=_BOARD_DAYS_BY_COVERAGE), {"ok": OK})
        else:
            connection.execute(_POLLS.format(board_days=_BOARD_DAYS_BY_SOURCE))
        return connection.sql(_LIVES).to_arrow_table().select(LIFECYCLE.names).cast(LIFECYCLE)


def flow_and_stock(lives: pa.Table, months: Sequence[str], by: Sequence[str] = ()) -> pa.Table:
    """Postings opened and closed in each month, and open on its mean day.

    lives: schema LIFECYCLE, further columns allowed; by: columns to tell apart (`source`, say). Gives month, the
    columns of `by`, days (of the month that lie between the first and the last poll of all), opened (int64; what was
    open at the start is not among them), closed (int64) and stock (float64: open postings, mean over those days). A
    month without such a day has nulls: it was not observed. Raises ValueError for a month not written YYYY-MM.
    """
    for month in months:
        if not _MONTH.fullmatch(month):
            raise ValueError(f"{month!r} is not a month; write it as YYYY-MM")
    columns = "".join(f'"{name}", ' for name in (name.replace('"', '""') for name in by))
    with (
        TemporaryDirectory(prefix="jobtide-lifecycle-") as scratch,
        bounded_duckdb(Path(scratch)) as connection,
    ):
        connection.register("lives", lives)
        connection.register("asked", pa.table({"month": pa.array(sorted(set(months)), pa.string())}))
        return connection.sql(
            f"""
            WITH observed AS (SELECT min(first_seen) AS begin, max(polled_until) AS until FROM lives),
            spans AS (
                SELECT
                    month,
                    greatest((month || '-01')::DATE, begin) AS first_day,
                    least(last_day((month || '-01')::DATE), until) AS final_day,
                    greatest(0, final_day - first_day + 1) AS days
                FROM asked, observed
            ),
            open AS (
                SELECT *, coalesce(removed_on, least(polled_until + {CARRIED_DAYS}, until) + 1) AS gone_on
                FROM lives, observed
            ),
            counted AS (
                SELECT
                    month, {columns} days,
                    count(*) FILTER (
                        NOT open_at_start AND first_seen BETWEEN first_day AND final_day
                    ) AS opened,
                    count(*) FILTER (removed_on BETWEEN first_day AND final_day) AS closed,
                    sum(
                        greatest(0, least(gone_on, final_day + 1) - greatest(first_seen, first_day))
                    ) AS open_days
                FROM spans LEFT JOIN open ON true
                GROUP BY ALL
            )
            SELECT
                month, {columns} days::INTEGER AS days,
                CASE WHEN days > 0 THEN opened END AS opened,
                CASE WHEN days > 0 THEN closed END AS closed,
                CASE WHEN days > 0 THEN round(open_days / days, 3) END AS stock
            FROM counted
            ORDER BY ALL
            """  # noqa: S608  (quoted names, and a number of our own)
        ).to_arrow_table()


def faults_of_lives(lives: pa.Table, taken: int) -> dict[str, int]:
    """How many lives break what must hold for each; all 0 where the table is sound. taken: sightings that were read."""
    rows, seen = lives.num_rows, pc.sum(lives.column("sightings")).as_py() or 0
    first, last, removed, until = (
        lives.column(name) for name in ("first_seen", "last_seen", "removed_on", "polled_until")
    )
    return {
        "twice": rows - pc.count_distinct(lives.column("posting_id")).as_py(),
        "seen_last_before_first": pc.sum(pc.less(last, first)).as_py() or 0,
        "removed_while_seen": pc.sum(pc.less_equal(removed, last)).as_py() or 0,
        "seen_after_the_last_poll": pc.sum(pc.less(until, last)).as_py() or 0,
        "more_sightings_than_read": max(0, seen - taken),
    }
