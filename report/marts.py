"""The mart files of a study, checked for the columns the pages need.

What belongs here: finding and reading `<marts>/<mart>.parquet`. What does not: formatting, choosing rows
for a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from report.facts import ReportError

VERSIONS = ("model_version", "label_version", "taxonomy_version", "data_version")

# The columns that some page reads, mart by mart; more may be there, and they reach the CSV.
REQUIRED: dict[str, tuple[str, ...]] = {
    "mart_market_yoy": (
        "pair",
        "base_from",
        "base_to",
        "current_from",
        "current_to",
        "base_postings",
        "current_postings",
        "base_unassigned",
        "current_unassigned",
        "change",
        "change_low",
        "change_high",
        "employers_effective",
        "flags",
    ),
    "mart_title_yoy": (
        "pair",
        "title_id",
        "title_en",
        "title_zh",
        "family",
        "seniority_band",
        "base_postings",
        "current_postings",
        "change",
        "change_low",
        "change_high",
        "distance_to_market",
        "rank",
        "employers_effective",
        "flags",
    ),
    "mart_title_month": ("title_id", "title_en", "posting_month", "postings", "share", "flags"),
    "mart_industry": (
        "pair",
        "title_id",
        "title_en",
        "industry",
        "base_postings",
        "current_postings",
        "share",
        "change",
        "rank",
        "flags",
    ),
    "mart_city": (
        "pair",
        "title_id",
        "title_en",
        "city",
        "base_postings",
        "current_postings",
        "share",
        "change",
        "rank",
        "flags",
    ),
    "mart_salary": (
        "pair",
        "title_id",
        "title_en",
        "currency",
        "postings",
        "stating_pay",
        "share_stating_pay",
        "mean_monthly",
        "median_monthly",
        "p25_monthly",
        "p75_monthly",
        "flags",
    ),
    "mart_conservation": (
        "source",
        "posting_month",
        "raw_records",
        "postings",
        "reobservations",
        "quarantined",
        "balance",
    ),
    "mart_quarantine": ("source", "posting_month", "field", "reason", "records", "example_message"),
    "mart_volume": ("source", "posting_month", "postings", "employers"),
}


@dataclass(frozen=True)
class Marts:
    """The folder of one study's marts; tables are read when asked for."""

    folder: Path

    def table(self, mart: str) -> pa.Table:
        """The mart as an Arrow table. Raises ReportError when the file, or a column of it, is missing."""
        self._check(mart)
        return pq.read_table(self.path(mart))

    def rows(self, mart: str) -> list[dict[str, Any]]:
        """The mart as a list of rows, for marts of a page's size."""
        rows: list[dict[str, Any]] = self.table(mart).to_pylist()
        return rows

    def distinct(self, mart: str, column: str) -> set[str]:
        """The texts in one column; empty where the mart has no such column."""
        if column not in pq.read_schema(self.path(mart)).names:
            return set()
        values = pq.read_table(self.path(mart), columns=[column])[column].unique().to_pylist()
        return {str(value) for value in values if value is not None}

    def path(self, mart: str) -> Path:
        """Where the mart's file stands."""
        return self.folder / f"{mart}.parquet"

    def names(self) -> list[str]:
        """The marts that exist, in alphabetical order. Raises ReportError unless the required ones are whole."""
        missing = [mart for mart in REQUIRED if not self.path(mart).is_file()]
        if missing:
            raise ReportError(f"{self.folder}: no {', '.join(missing)} here; run the study's marts first")
        for mart in REQUIRED:
            self._check(mart)
        return sorted(path.stem for path in self.folder.glob("mart_*.parquet"))

    def _check(self, mart: str) -> None:
        path = self.path(mart)
        try:
            columns = pq.read_schema(path).names
        except FileNotFoundError as error:
            raise ReportError(f"{path}: the mart is missing; run the study's marts first") from error
        except pa.ArrowInvalid as error:
            raise ReportError(
                f"{path}: not a readable Parquet file ({error}); build the marts again"
            ) from error
        lacking = [column for column in REQUIRED[mart] if column not in columns]
        if lacking:
            raise ReportError(f"{path}: lacks the column(s) {', '.join(lacking)}; build the marts again")
