"""Validating tables: what blocks, what only warns, and that hostile values do nothing."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from expectations.parameters import SuiteParameters
from expectations.results import EXAMPLE_CHARACTERS, EXAMPLES, CheckResult, ValidationSummary, harmless
from expectations.validation import validate

PARAMETERS = SuiteParameters(months=("2024-01", "2024-02"), title_ids=("cook", "nurse"))
IDS = [f"{number:032x}" for number in range(6)]


def raw(**changes: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "batch": "b1",
            "source": "board",
            "file": "jan.csv",
            "row": [1, 2, 3, 4, 5, 6],
            "title": "Cook",
            "employer": "Acme",
            "description": "Cooks.",
            "posted_date": "2024-01-05",
        }
    ).assign(**changes)


def postings(**changes: object) -> pd.DataFrame:
    statuses = dict.fromkeys(
        [f"{field}_status" for field in ("posted_date", "place", "pay", "education", "experience")], "given"
    )
    return pd.DataFrame(
        {
            "posting_id": IDS,
            "source": "board",
            "posting_month": "2024-01",
            "posted_date": pd.Series([datetime.datetime(2024, 1, 5)] * 6),
            "employer_id": ["unknown", *["0123456789abcdef"] * 5],
            "title": "Cook",
            "description": "Cooks.",
            "language": "en",
            "pay_min": [10.0, None, 10.0, 10.0, 10.0, 10.0],
            "pay_max": [20.0, None, 20.0, 10.0, 20.0, 20.0],
            "pay_monthly_min": 1000.0,
            "pay_monthly_max": 2000.0,
            "pay_period": "hour",
            "pay_months": 12.0,
            "pay_currency": "USD",
            "openings": 1,
            "row": 1,
            **statuses,
        }
    ).assign(**changes)


def labels(**changes: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "posting_id": IDS,
            "title_id": "cook",
            "confidence": 0.9,
            "answers": 3,
            "agreement": 1.0,
            "method": "majority",
            "label_version": "l1",
        }
    ).assign(**changes)


def classifications(**changes: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "posting_id": IDS,
            "posting_month": ["2024-01", "2024-02", "unknown", "2024-01", "2024-01", "2024-01"],
            "title_id": ["cook", "nurse", "unassigned", "cook", "cook", "cook"],
            "best_title_id": ["cook", "nurse", "cook", "cook", "cook", "cook"],
            "probability": [0.9, 0.8, 0.2, 0.9, 0.9, 0.9],
            "second_title_id": ["nurse", None, "nurse", "nurse", "nurse", "nurse"],
            "second_probability": [0.1, None, 0.1, 0.1, 0.1, 0.1],
            "evaluation": ["model", "out_of_fold", "model", "model", "model", "model"],
            "model_version": "m1",
        }
    ).assign(**changes)


TABLES = {"raw": raw, "postings": postings, "labels": labels, "classifications": classifications}


def failed(summary: ValidationSummary, severity: str) -> set[tuple[str, str | None]]:
    found = summary.errors if severity == "error" else summary.warnings
    return {(check.expectation.removeprefix("expect_"), check.column) for check in found}


@pytest.mark.parametrize("table", list(TABLES))
def test_a_sound_table_passes_without_a_warning(table):
    summary = validate(table, TABLES[table](), PARAMETERS)
    assert summary.success
    assert summary.errors == summary.warnings == []
    assert (summary.rows, summary.rows_checked) == (6, 6)
    assert summary.statistics["expectations"] == len(summary.results) > 8


@pytest.mark.parametrize(
    ("table", "changes", "broken"),
    [
        ("raw", {"source": None}, ("column_values_to_not_be_null", "source")),
        ("raw", {"row": [0, 2, 3, 4, 5, 6]}, ("column_values_to_be_between", "row")),
        ("raw", {"row": [1, 1, 3, 4, 5, 6]}, ("column_values_to_be_between", "duplicate_keys")),
        ("postings", {"posting_id": "XYZ"}, ("column_values_to_match_regex", "posting_id")),
        ("postings", {"posting_id": [*IDS[:5], None]}, ("column_values_to_be_between", "keyless_rows")),
        ("postings", {"posting_month": "2024-13"}, ("column_values_to_match_regex", "posting_month")),
        ("postings", {"posting_month": "2025-01"}, ("column_values_to_be_in_set", "posting_month")),
        (
            "postings",
            {"posting_month": "2024-02"},
            ("column_values_to_be_between", "dates_outside_their_month"),
        ),
        ("postings", {"language": "fr"}, ("column_values_to_be_in_set", "language")),
        ("postings", {"pay_status": "guessed"}, ("column_values_to_be_in_set", "pay_status")),
        ("postings", {"pay_min": -1.0}, ("column_values_to_be_between", "pay_min")),
        (
            "postings",
            {"pay_min": 30.0},
            ("column_pair_values_a_to_be_greater_than_b", "pay_max, pay_min"),
        ),
        ("postings", {"pay_period": "fortnight"}, ("column_values_to_be_in_set", "pay_period")),
        ("labels", {"title_id": "astronaut"}, ("column_values_to_be_in_set", "title_id")),
        ("labels", {"title_id": "unassigned"}, ("column_values_to_not_be_in_set", "title_id")),
        ("labels", {"confidence": 1.5}, ("column_values_to_be_between", "confidence")),
        ("labels", {"answers": 0}, ("column_values_to_be_between", "answers")),
        (
            "labels",
            {"label_version": ["l1", "l2", "l1", "l1", "l1", "l1"]},
            ("column_values_to_be_between", "label_versions"),
        ),
        ("classifications", {"probability": 1.01}, ("column_values_to_be_between", "probability")),
        ("classifications", {"evaluation": "training"}, ("column_values_to_be_in_set", "evaluation")),
        (
            "classifications",
            {"second_probability": 0.95},
            ("column_pair_values_a_to_be_greater_than_b", "probability, second_probability"),
        ),
        (
            "classifications",
            {"model_version": ["m1", "m2", "m1", "m1", "m1", "m1"]},
            ("column_values_to_be_between", "model_versions"),
        ),
    ],
)
def test_a_broken_promise_blocks_and_is_named(table, changes, broken):
    summary = validate(table, TABLES[table](**changes), PARAMETERS)
    assert not summary.success
    assert broken in failed(summary, "error")


@pytest.mark.parametrize(
    ("table", "changes", "warned"),
    [
        (
            "raw",
            {"posted_date": [None, None, None, "x", "x", "x"]},
            ("column_values_to_not_be_null", "posted_date"),
        ),
        ("raw", {"title": [None, None, "x", "x", "x", "x"]}, ("column_values_to_not_be_null", "title")),
        ("raw", {"title": "x" * 401}, ("column_values_to_be_between", "longest_title")),
        ("postings", {"description": "x" * 200_001}, ("column_values_to_be_between", "longest_description")),
        ("postings", {"pay_currency": "dollars"}, ("column_values_to_match_regex", "pay_currency")),
        (
            "classifications",
            {"title_id": "unassigned"},
            ("column_values_to_be_between", "unassigned_share"),
        ),
    ],
)
def test_a_bad_habit_of_a_source_warns_and_lets_pass(table, changes, warned):
    summary = validate(table, TABLES[table](**changes), PARAMETERS)
    assert summary.success
    assert failed(summary, "warning") == {warned}


@pytest.mark.parametrize("table", list(TABLES))
def test_an_empty_table_blocks(table):
    summary = validate(table, TABLES[table]().iloc[:0], PARAMETERS)
    assert failed(summary, "error") == {("column_values_to_be_between", "rows")}


def test_a_missing_column_fails_its_expectations_and_says_so_without_a_machine_path():
    summary = validate("labels", labels().drop(columns=["confidence"]), PARAMETERS)
    faults = [check.fault for check in summary.errors if check.column == "confidence"]
    assert len(faults) == 2
    assert all(fault and "does not exist" in fault for fault in faults)
    assert os.sep + "site-packages" not in json.dumps(summary.to_dict())


def test_hostile_values_are_shown_harmless_few_and_short():
    hostile = [f"<script>alert({n})</script>\u202e\x1b[31m`|$PARAMETER" + "A" * 10_000 for n in range(60)]
    frame = pd.concat([classifications()] * 10, ignore_index=True).assign(posting_id=hostile)
    summary = validate("classifications", frame, PARAMETERS)
    check = next(c for c in summary.errors if c.expectation == "expect_column_values_to_match_regex")
    assert check.unexpected == 60
    assert len(check.examples) == EXAMPLES
    stored = json.dumps(summary.to_dict())
    assert "<script" not in stored
    assert "\\u202e" not in json.dumps(summary.to_dict()).replace("\\\\u202e", "")
    assert len(stored) < 60_000


def test_a_summary_survives_json_and_is_the_same_every_time():
    first, second = (validate("postings", postings(pay_min=-1.0), PARAMETERS) for _ in range(2))
    assert first == second
    assert ValidationSummary.from_dict(json.loads(json.dumps(first.to_dict()))) == first


def test_a_check_is_one_row_of_a_table_for_a_person():
    check = CheckResult(
        "expect_x", None, "error", "rows", False, "Because.", unexpected=3, examples=("a", "b")
    )
    assert check.row() == {
        "expectation": "expect_x",
        "column": "",
        "severity": "error",
        "success": False,
        "unexpected": 3,
        "seen": "a, b",
        "because": "Because.",
    }


@given(st.text(max_size=300))
@example("<img src=x onerror=alert(1)>")
@example("a\u202eb\u200bc\x00\n")
def test_harmless_text_holds_no_active_character(text):
    shown = harmless(text)
    assert not set(shown) & set('<>&"`|$')
    assert not any(unicodedata.category(character).startswith("C") for character in shown)
    assert len(shown) <= EXAMPLE_CHARACTERS * 10 + 1


def test_harmless_text_leaves_ordinary_words_alone():
    assert harmless("机器学习工程师, Bachelor's (50 %)") == "机器学习工程师, Bachelor's (50 %)"


def test_importing_the_package_does_not_import_great_expectations():
    modules = (
        "expectations.validation, expectations.data_docs, expectations.suites, expectations.sampling, sys"
    )
    code = f"import {modules}; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
