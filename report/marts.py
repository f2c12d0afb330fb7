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
        "panel_change",
        "panel_change_low",
        "panel_change_high",
        "audited_postings",
        "drift",
        "drift_p_value",
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
        *(
            f"{method}_change{end}"
            for method in ("corrected", "panel", "within")
            for end in ("", "_low", "_high")
        ),
        "verdict",
        "within_verdict",
        "within_q_value",
        "q_value",
        "verdict_method",
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

_ROLE = ("pair", "scope_id", "scope_en", "scope_zh", "role_id", "role_en", "role_zh")
_COUNTS = ("base_postings", "current_postings")
_CHANGE = ("change", "change_low", "change_high")
_METHODS = tuple(
    f"{method}_change{end}" for method in ("corrected", "panel") for end in ("", "_low", "_high")
)
_SHARE = (
    *_ROLE,
    *_COUNTS,
    "stating_postings",
    "base_share",
    "share",
    "share_low",
    "share_high",
    "rank",
    *_CHANGE,
    "flags",
)
_PAY = (
    *_ROLE, "currency", "is_main_currency", "postings", "stating_pay", "share_stating_pay", "mean_monthly", "mean_low",
    "mean_high", "median_monthly", "p25_monthly", "p75_monthly", "flags",
)  # fmt: skip
_APPLICANTS = (*_ROLE, "applicants", "role_applicants", "share", "share_low", "share_high", "rank", "flags")

# Marts that a page shows where they are there; where one is not, its section says so.
OPTIONAL: dict[str, tuple[str, ...]] = {
    "mart_group_yoy": (
        "pair", "level", "group_id", "group_zh", *_COUNTS, *_CHANGE, *_METHODS, "verdict", "verdict_method", "flags",
    ),
    "mart_near_contrasts": (
        "pair", "title_id", "title_en", "neighbour_id", "neighbour_en", "method", "change", "neighbour_change",
        "difference_in_differences", "difference_low", "difference_high", "q_value", "previous_difference",
    ),
    "mart_decomposition": (
        "pair", "axis", "component", *_COUNTS, "difference", "contribution", "contribution_low", "contribution_high",
        "change", "employers",
    ),
    "mart_benchmark": (
        "pair", "country", "series", "benchmark_change", *_COUNTS, *_CHANGE, "market_change", "difference",
        "explained_by_mix", "unexplained", "source", "licence",
    ),
    "mart_emerging_titles": (
        "pair", "concept_id", "wording", "wordings", "postings", *_COUNTS, *_CHANGE, "expected_change", "novelty",
        "nearest_title_en", "classified_as_en", "q_value", "is_emerging",
    ),
    "mart_watch_list": (
        "pair", "title_id", "title_en", "reason", "method", *_COUNTS, *_CHANGE, "previous_change", "neighbours_change",
        "fall_q_value", "difference_q_value",
    ),
    "mart_sensitivity": (
        "pair", "level", "group_id", "title_en", "dimension", "variant", *_COUNTS, *_CHANGE, "difference",
        "difference_low", "difference_high", "notes",
    ),
    "mart_seasonal": (
        "level", "group_id", "month", "postings", "method", "adjusted", "trend", "year_before", "change_on_year",
        "opened", "closed", "stock",
    ),
    "mart_flow_and_stock": ("source", "month", "days_observed", "opened", "closed", "stock"),
    "mart_coverage": (),
    "mart_panel": (),
    "mart_duplicates": (),
    "mart_label_quality": (),
    "mart_model_quality": (),
    "mart_freshness": (),
    "mart_role_demand": (*_ROLE, "inside", *_COUNTS, *_CHANGE, "market_change", "share_of_market", "flags"),
    "mart_role_industry": (*_SHARE, "industry_id", "industry_en", "industry_zh"),
    "mart_role_city": (*_SHARE, "city", "city_zh", "country"),
    "mart_role_company_size": (*_SHARE, "size_band", "band_en", "band_zh", "share_or_more"),
    "mart_role_education": (*_SHARE, "education_level", "level_en", "level_zh", "share_or_more"),
    "mart_role_experience": (*_SHARE, "experience_band", "band_en", "band_zh", "share_or_more"),
    "mart_role_skills": (*_SHARE, "skill_id", "skill_en", "skill_zh"),
    "mart_role_salary": _PAY,
    "mart_role_salary_city": (*_PAY, "city", "city_zh", "country", "rank"),
    "mart_role_supply": (
        *_ROLE, "base_applicants", "current_applicants", *_CHANGE, *(f"corrected_{name}" for name in _CHANGE), "flags",
    ),
    "mart_role_competition": (
        *_ROLE, "postings", "submissions", "answered_postings", "share_without_submissions", "competition_index",
        "index_low", "index_high", "market_index", "flags",
    ),
    "mart_applicants_city": (*_APPLICANTS, "city", "city_zh"),
    "mart_applicants_age": (*_APPLICANTS, "age", "age_zh"),
    "mart_applicants_education": (*_APPLICANTS, "education", "education_zh"),
    "mart_applicants_major": (*_APPLICANTS, "major", "major_zh"),
    "mart_applicants_previous_industry": (*_APPLICANTS, "previous_industry", "previous_industry_zh"),
    "mart_applicants_previous_occupation": (*_APPLICANTS, "previous_occupation", "previous_occupation_zh"),
}  # fmt: skip


@dataclass(frozen=True)
class Marts:
    """The folder of one study's marts; tables are read when asked for."""

    folder: Path

    def table(self, mart: str) -> pa.Table:
        """The mart as an Arrow table. Raises ReportError when the file, or a column of it, is missing."""
        self._check(mart)
        return pq.read_table(self.path(mart))

    def rows_if_any(self, mart: str) -> list[dict[str, Any]]:
        """The rows of a mart that may be absent; none where it is."""
        return self.rows(mart) if self.path(mart).is_file() else []

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
        found = sorted(path.stem for path in self.folder.glob("mart_*.parquet"))
        for mart in [*REQUIRED, *(mart for mart in OPTIONAL if mart in found)]:
            self._check(mart)
        return found

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
        lacking = [column for column in {**REQUIRED, **OPTIONAL}[mart] if column not in columns]
        if lacking:
            raise ReportError(f"{path}: lacks the column(s) {', '.join(lacking)}; build the marts again")
