"""A bounded, deterministic sample of a dataset, and the exact facts of all of it.

What belongs here: which rows are looked at one by one. What does not: what is expected of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from expectations.facts import CELL_CHARACTERS, FACTS, Facts, bounded_engine, facts_of_files
from storage import Dataset

if TYPE_CHECKING:
    import pandas as pd

HASH_DIGITS = 12


@dataclass(frozen=True)
class ValidationSample:
    """Rows to look at one by one, and what is known of the whole table they came from."""

    frame: pd.DataFrame
    facts: Facts


def sample_for_validation(
    table: str,
    dataset: Dataset,
    rows: int = 100_000,
    seed: int = 0,
    partitions: Sequence[str] | None = None,
    memory_limit: str = "2GB",
) -> ValidationSample:
    """Draw about `rows` rows of a committed dataset: all of them where there are no more.

    A row is drawn when the hash of (seed, key) falls below a threshold, so equal data and seed give the same
    rows, in the order of the key, and all rows of one key are drawn together. The scan is streamed; memory
    holds the sample, whose text cells are cut to CELL_CHARACTERS (their true lengths are facts). Decimals
    become floats, dates become datetime64. Raises storage.DatasetError where nothing was written yet,
    KeyError for an unknown table.
    """
    files = dataset.files(partitions)
    facts = facts_of_files(table, files, memory_limit)
    total = int(facts["rows"] or 0)
    key = [column for column in FACTS[table].key if column in dataset.schema.names]
    columns = ", ".join(_bounded_column(field) for field in dataset.schema)
    query = f"SELECT {columns} FROM whole_table"  # noqa: S608  (column names come from our own schemas)
    values: dict[str, object] = {}
    if total > rows:
        parts = ", ".join(["$seed", *(f'whole_table."{column}"' for column in key)])
        query += f" WHERE substr(md5(concat_ws(chr(31), {parts})), 1, {HASH_DIGITS}) < $below"
        values = {"seed": str(seed), "below": f"{16**HASH_DIGITS * rows // total:0{HASH_DIGITS}x}"}
    query += " ORDER BY " + ", ".join(f'"{column}"' for column in key)
    with bounded_engine(memory_limit) as engine:
        engine.read_parquet(files).create_view("whole_table")
        drawn: pa.Table = engine.sql(query, params=values).to_arrow_table()
    return ValidationSample(frame=drawn.to_pandas(date_as_object=False), facts=facts)


def _bounded_column(field: pa.Field) -> str:
    if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
        return f'left(whole_table."{field.name}", {CELL_CHARACTERS}) AS "{field.name}"'
    if pa.types.is_decimal(field.type):
        return f'CAST(whole_table."{field.name}" AS DOUBLE) AS "{field.name}"'
    return f'whole_table."{field.name}" AS "{field.name}"'
