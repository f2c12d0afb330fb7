"""Exact numbers about a whole table, however big: one row that a suite can hold against limits.

What belongs here: which facts each table has, and how DuckDB counts them with bounded memory. What does not:
the limits (see `suites`).

Uniqueness of a key cannot be seen in a sample, and Great Expectations would need all rows in memory. So
DuckDB counts, over all rows, and the counts become a frame of one row, which Great Expectations checks like
any other. The suite of a table therefore has two parts: `<table>` over the (sampled) rows, and
`<table>_whole_table` over the facts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pandas as pd

Facts = Mapping[str, float | None]
"""Name of a fact to its value; None where there is no row that has one."""

CELL_CHARACTERS = 500
"""Longer text is cut in a sample: its true length is a fact."""


@dataclass(frozen=True)
class Fact:
    """A number that DuckDB computes by `sql` from the named columns; left out where one of them is absent."""

    name: str
    columns: tuple[str, ...]
    sql: str


@dataclass(frozen=True)
class TableFacts:
    """The key of a table, and its facts besides `rows`, `keyless_rows` and `duplicate_keys`."""

    key: tuple[str, ...]
    facts: tuple[Fact, ...] = ()


FACTS: dict[str, TableFacts] = {
    "raw": TableFacts(
        key=("batch", "source", "file", "row"),
        facts=(
            Fact("longest_title", ("title",), "max(length(title))"),
            Fact("longest_description", ("description",), "max(length(description))"),
        ),
    ),
    "postings": TableFacts(
        key=("posting_id",),
        facts=(
            Fact("longest_title", ("title",), "max(length(title))"),
            Fact("longest_description", ("description",), "max(length(description))"),
            Fact(
                "dates_outside_their_month",
                ("posted_date", "posting_month"),
                "count(*) FILTER (WHERE posting_month <> 'unknown'"
                " AND (posted_date IS NULL OR strftime(posted_date, '%Y-%m') <> posting_month))",
            ),
        ),
    ),
    "labels": TableFacts(
        key=("posting_id",),
        facts=(Fact("label_versions", ("label_version",), "count(DISTINCT label_version)"),),
    ),
    "classifications": TableFacts(
        key=("posting_id",),
        facts=(
            Fact("model_versions", ("model_version",), "count(DISTINCT model_version)"),
            Fact("unassigned_share", ("title_id",), "avg(CAST(title_id = 'unassigned' AS INTEGER))"),
        ),
    ),
}


@contextmanager
def bounded_engine(memory_limit: str, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection that spills to a temporary folder beyond `memory_limit`."""
    with (
        tempfile.TemporaryDirectory(prefix="jobtide-validation-") as spill,
        duckdb.connect(
            config={"memory_limit": memory_limit, "threads": threads, "temp_directory": spill}
        ) as engine,
    ):
        yield engine


def facts_of_files(table: str, files: Sequence[str], memory_limit: str = "2GB") -> Facts:
    """The facts of the table in these Parquet files, over all rows. Raises KeyError for an unknown table."""
    with bounded_engine(memory_limit) as engine:
        engine.read_parquet(list(files)).create_view("whole_table")
        return _facts(table, engine)


def facts_of_frame(table: str, frame: pd.DataFrame) -> Facts:
    """The facts of a frame that holds the whole table. Raises KeyError for an unknown table."""
    import pyarrow as pa

    with bounded_engine("2GB") as engine:
        engine.register("whole_table", pa.Table.from_pandas(frame, preserve_index=False))
        return _facts(table, engine)


def _facts(table: str, engine: duckdb.DuckDBPyConnection) -> Facts:
    known = FACTS[table]
    columns = set(engine.sql("SELECT * FROM whole_table LIMIT 0").columns)
    wanted = [fact for fact in known.facts if set(fact.columns) <= columns]
    expressions = ["count(*)", *(fact.sql for fact in wanted)]
    names = ["rows", *(fact.name for fact in wanted)]
    row = engine.execute(f"SELECT {', '.join(expressions)} FROM whole_table").fetchone()  # noqa: S608  (our own text)
    facts = dict(zip(names, row or (), strict=True))
    if set(known.key) <= columns:
        facts |= _key_facts(engine, known.key)
    return {name: None if value is None else float(value) for name, value in facts.items()}


def _key_facts(engine: duckdb.DuckDBPyConnection, key: tuple[str, ...]) -> dict[str, int]:
    """Rows whose key is incomplete, and rows beyond the first of each complete key."""
    complete = " AND ".join(f'"{column}" IS NOT NULL' for column in key)
    # A 128-bit hash of the key in place of its text: a quarter of the memory, and no two keys of a table ever
    # share one in practice.
    hashed = "md5_number(concat_ws(chr(31), " + ", ".join(f'"{column}"' for column in key) + "))"
    row = engine.execute(
        f"SELECT count(*) FILTER (WHERE NOT ({complete})),"  # noqa: S608  (column names are ours)
        f" count(*) FILTER (WHERE {complete}) - count(DISTINCT {hashed}) FILTER (WHERE {complete})"
        " FROM whole_table"
    ).fetchone()
    without, duplicates = row if row else (0, 0)
    return {"keyless_rows": int(without), "duplicate_keys": int(duplicates)}
