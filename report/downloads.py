"""The marts as CSV files that open safely in a spreadsheet.

What belongs here: Parquet to CSV, cell by cell. What does not: what the marts mean.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# A spreadsheet runs a cell that begins so as a formula. The full-width forms are folded to ASCII by some.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Spreadsheets take a CSV without this mark for the local code page, and Chinese titles turn to rubbish.
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Download:
    """One CSV file of the report and how many rows it has."""

    mart: str
    file: str
    rows: int
    columns: int


def neutralised(cell: str) -> str:
    """A text cell that no spreadsheet takes for a formula: an apostrophe goes before a dangerous first
    character.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell


def write_csv(parquet: Path, target: Path) -> Download:
    """Write one mart as CSV in UTF-8 with a header; nulls are empty cells, numbers stay bare numbers."""
    source = pq.ParquetFile(parquet)
    schema = source.schema_arrow
    formats = [_formatter(field.type) for field in schema]
    rows = 0
    with target.open("w", encoding="utf-8", newline="") as stream:
        stream.write(BYTE_ORDER_MARK)
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([neutralised(name) for name in schema.names])
        for batch in source.iter_batches():
            columns = [column.to_pylist() for column in batch.columns]
            writer.writerows(
                ["" if cell is None else form(cell) for cell, form in zip(row, formats, strict=True)]
                for row in zip(*columns, strict=True)
            )
            rows += batch.num_rows
    return Download(target.stem, target.name, rows, len(schema))


def _formatter(kind: pa.DataType) -> Callable[[Any], str]:
    """Only the column's type says what a number is: a text such as "-5" in a text column is a text."""
    if pa.types.is_floating(kind):
        return _decimal_notation
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return str
    if pa.types.is_boolean(kind):
        return lambda value: "true" if value else "false"
    return lambda value: neutralised(str(value))


def _decimal_notation(value: float) -> str:
    """The shortest decimal that reads back as the same number, without an exponent for usual sizes."""
    text = repr(value)
    return format(value, ".12f").rstrip("0") if "e-" in text and abs(value) >= 1e-9 else text
