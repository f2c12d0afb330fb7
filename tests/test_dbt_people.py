"""The marts that count people, against a study with hand-made applications: right, and nothing to be worked out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.disclosure_attack import ATTRIBUTES, published_people
from tests.test_dbt_project import NO_TESTS, PAIR, Group, Run, Study, arguments, dbt

APPLICATIONS = pa.schema(
    [
        *[(name, pa.string()) for name in ("applicant_id", "posting_id")],
        ("applied_on", pa.date32()),
        *[(name, pa.string()) for name in ("applied_month", "city", "age_band", "education", "major")],
        *[(name, pa.string()) for name in ("previous_industry", "previous_occupation", "source", "file")],
        ("row", pa.int64()),
    ]
)
MONTHS = {
    "2024-01": [Group("nurse", 30, "healthcare"), Group("welder", 30, "manufacturing")],
    "2024-02": [],
    "2025-01": [
        Group("nurse", 30, "healthcare"),
        Group("nurse", 10, "education"),
        Group("welder", 40, "healthcare"),
        Group("drone-pilot", 20, "agriculture"),
    ],
    "2025-02": [],
}


def _applications(month: str, people: int, seed: int) -> list[dict[str, Any]]:
    """Each person applies once or twice; the values of every attribute are many and uneven, some not stated."""
    rng = np.random.default_rng(seed)
    postings = sum(group.number for group in MONTHS[month])
    rows = []
    for person in range(people):
        values = {
            name: None if rng.random() < 0.05 else f"{name} {int(rng.geometric(0.35))}"
            for name in (*ATTRIBUTES[:1], "age_band", *ATTRIBUTES[2:])
        }
        # The health care postings come first, the others are met rarely.
        for posting in set((postings * rng.beta(0.8, 1.6, rng.integers(1, 3))).astype(int).tolist()):
            rows.append(
                {
                    "applicant_id": f"p{person}",
                    "posting_id": f"{month}-{posting}",
                    "applied_on": dt.date.fromisoformat(f"{month}-15"),
                    "applied_month": month,
                    "row": len(rows),
                    **values,
                }
            )
    return rows


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[dict[str, Any]]], Run]:
    study = Study(tmp_path_factory.mktemp("people"), MONTHS)
    given = {month: _applications(month, number, 7) for month, number in (("2024-01", 90), ("2025-01", 700))}
    for month, rows in given.items():
        study.write("applications", APPLICATIONS, rows, month)
    run = dbt(study, arguments(study, "build", "--exclude", "mart_market_yoy+", *NO_TESTS[2:]))
    assert run.code == 0, run.said
    return given, run


def test_supply_counts_people_and_competition_counts_applications(
    applied: tuple[dict[str, list[dict[str, Any]]], Run],
) -> None:
    given, run = applied
    query = """select base_applicants, current_applicants, change from mart_role_supply
        where scope_id = 'all_industries' and role_id = 'all'"""
    people = [len({row["applicant_id"] for row in given[month]}) for month in ("2024-01", "2025-01")]
    assert run.rows(query) == [(*people, round(people[1] / people[0] - 1, 6))]
    query = """select postings, submissions, answered_postings, competition_index, market_index, index_low, index_high
        from mart_role_competition where scope_id = 'all_industries' and role_id = 'all'"""
    [(postings, submissions, answered, index, market, low, high)] = run.rows(query)
    assert (postings, submissions) == (100, len(given["2025-01"]))
    assert answered == len({row["posting_id"] for row in given["2025-01"]})
    assert index == market == round(submissions / postings, 4)
    assert low < index < high


def test_shares_of_applicants_are_among_those_who_state_it(
    applied: tuple[dict[str, list[dict[str, Any]]], Run],
) -> None:
    given, run = applied
    query = """select city, applicants, role_applicants, share, rank from mart_applicants_city
        where scope_id = 'all_industries' and role_id = 'all' and applicants is not null and rank is not null"""
    stated = {row["applicant_id"]: row["city"] for row in given["2025-01"]}
    [hidden] = run.rows(
        """select count(*) from mart_applicants_city where scope_id = 'all_industries' and role_id = 'all'
        and city = 'not stated' and applicants is null"""
    )
    whole = len(stated) if hidden[0] else sum(value is not None for value in stated.values())
    rows = run.rows(query)
    assert rows
    for city, applicants, role_applicants, share, _ in rows:
        assert applicants == sum(value == city for value in stated.values())
        assert role_applicants == len(stated)
        assert share == round(applicants / whole, 6)


def test_no_count_under_ten_is_shown_and_a_withheld_row_says_nothing_else(
    applied: tuple[dict[str, list[dict[str, Any]]], Run],
) -> None:
    run = applied[1]
    withheld = 0
    for attribute in ATTRIBUTES:
        rows = run.rows(
            f"select applicants, share, share_low, share_high, rank, flags from mart_applicants_{attribute}"  # noqa: S608
        )
        assert all(row[0] is None or row[0] >= 10 for row in rows)
        for row in rows:
            if row[0] is None:
                withheld += 1
                assert row[1:5] == (None,) * 4
                assert "withheld" in row[5]
    assert withheld > 20, "the study is made so that many counts are small"


def test_a_linear_program_over_all_published_tables_of_people_leaves_each_withheld_count_a_width_of_ten(
    applied: tuple[dict[str, list[dict[str, Any]]], Run],
) -> None:
    titles = {
        "all": frozenset({"nurse", "welder", "drone-pilot"}),
        "hands": frozenset({"nurse", "welder"}),
        "care": frozenset({"nurse"}),
    }
    windows = {
        PAIR: {"base": frozenset({"2024-01", "2024-02"}), "current": frozenset({"2025-01", "2025-02"})}
    }
    industries = {"all_industries": None, "health": frozenset({"healthcare"})}
    attack = published_people(applied[1].rows, titles, industries, windows)
    assert sum(count is None for count in attack.counts.values()) > 20
    assert attack.narrow() == []


def test_a_study_without_applications_has_empty_tables_of_people(tmp_path: Path) -> None:
    study = Study(tmp_path / "none", {"2024-01": [Group("nurse", 3)]})
    run = dbt(study, arguments(study, "build", "--exclude", "mart_market_yoy+", *NO_TESTS))
    assert run.code == 0, run.said
    for mart in ("mart_role_supply", "mart_role_competition", "mart_applicants_age"):
        assert run.table(mart) == []
