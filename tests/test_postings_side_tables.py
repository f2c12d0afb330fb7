"""Polls and applications from files: what is taken, what is set aside with a reason, and that nothing is lost."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.labels.pseudonyms import worker_pseudonym
from postings.normalise.people import AGE_BANDS, EDUCATION_BANDS, age_band, education_band, major, occupation
from postings.schema import APPLICATIONS, POLLS, POSTINGS, QUARANTINE, employer_id, posting_id
from postings.side_tables import SideReport, ingest_applications, ingest_coverage, named_files
from postings.side_tables.applications import FIELDS as APPLICATION_FIELDS
from postings.side_tables.coverage import FIELDS as COVERAGE_FIELDS
from postings.sources import SourceError
from storage import Dataset

KEY = b"a key of enough bytes"
MONTHS = ["2024-01", "2024-02"]


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def polls(tmp_path: Path) -> Dataset:
    return Dataset(tmp_path / "coverage", POLLS, partitioned=False)


@pytest.fixture
def aside(tmp_path: Path) -> Dataset:
    return Dataset(tmp_path / "aside", QUARANTINE, partitioned=False)


def coverage_of(
    paths: list[Path], polls: Dataset, aside: Dataset, columns: dict[str, str] | None = None
) -> SideReport:
    return ingest_coverage(named_files("careers", paths, columns or {}, COVERAGE_FIELDS), polls, aside)


def test_polls_become_one_row_each_by_the_employer_ids_of_the_postings(
    tmp_path: Path, polls: Dataset, aside: Dataset
) -> None:
    path = write_csv(
        tmp_path / "polls.csv",
        [
            {
                "employer": "Acme Ltd",
                "polled_on": "2024-01-03",
                "result": "ok",
                "postings_seen": "17",
            },
            {"employer": "ACME LTD.", "polled_on": "2024/02/03", "result": "FAILED", "postings_seen": ""},
        ],
    )
    report = coverage_of([path], polls, aside)
    rows = polls.table().to_pylist()
    assert (report.read, report.taken, report.set_aside) == (2, 2, 0)
    assert len({row["employer_id"] for row in rows}) == 1
    assert rows[0]["employer_id"] != employer_id("")
    assert [(row["polled_on"], row["month"], row["result"], row["postings_seen"]) for row in rows] == [
        (dt.date(2024, 1, 3), "2024-01", "ok", 17),
        (dt.date(2024, 2, 3), "2024-02", "failed", None),
    ]


def test_a_faulty_poll_is_set_aside_with_file_row_and_field_and_the_others_are_kept(
    tmp_path: Path, polls: Dataset, aside: Dataset
) -> None:
    good = {"employer": "Acme", "polled_on": "2024-01-03", "result": "ok"}
    rows = [
        good,
        {**good, "employer": ""},
        {**good, "polled_on": "yesterday"},
        {**good, "result": "maybe"},
        {**good, "employer": "x" * 3_000},
    ]
    report = coverage_of([write_csv(tmp_path / "polls.csv", rows)], polls, aside)
    faults = {row["row"]: row for row in aside.table().to_pylist()}
    assert (report.read, report.taken, report.set_aside) == (5, 1, 4)
    assert {row: (fault["field"], fault["reason"]) for row, fault in faults.items()} == {
        2: ("employer", "missing_employer"),
        3: ("polled_on", "unparseable_date"),
        4: ("result", "unknown_result"),
        5: ("employer", "cell_too_large"),
    }
    assert faults[3]["message"].startswith("polls.csv, record 3, polled_on: ")
    assert faults[3]["value"] == "yesterday"


def test_an_unreadable_file_is_named_and_the_others_are_read(
    tmp_path: Path, polls: Dataset, aside: Dataset
) -> None:
    good = write_csv(tmp_path / "good.csv", [{"employer": "Acme", "polled_on": "2024-01-03", "result": "ok"}])
    lacking = write_csv(tmp_path / "lacking.csv", [{"employer": "Acme", "day": "2024-01-03", "result": "ok"}])
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    report = coverage_of([good, lacking, broken], polls, aside)
    assert report.taken == 1
    assert len(report.unreadable) == 2
    assert any("broken.parquet" in line for line in report.unreadable)
    assert any("polled_on" in line and "'day'" in line for line in report.unreadable)


def test_where_no_file_can_be_read_the_run_stops_and_says_which_column_is_missing(
    tmp_path: Path, polls: Dataset, aside: Dataset
) -> None:
    lacking = write_csv(tmp_path / "lacking.csv", [{"firm": "Acme", "polled_on": "2024-01-03"}])
    with pytest.raises(SourceError, match=r"employer is read from the column 'employer'"):
        coverage_of([lacking], polls, aside)
    assert not polls.exists()


def test_rows_of_every_kind_of_file_are_the_same(tmp_path: Path, polls: Dataset, aside: Dataset) -> None:
    rows = [
        {"employer": name, "polled_on": "2024-01-03", "result": "ok", "postings_seen": "3"}
        for name in ("Acme", "Bolt", "千里")
    ]
    kinds = [write_csv(tmp_path / "a.csv", rows), tmp_path / "a.jsonl.gz", tmp_path / "a.parquet"]
    kinds[1].write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    pq.write_table(pa.Table.from_pylist(rows), kinds[2])
    found = []
    for path in kinds:
        coverage_of([path], polls, aside)
        found.append(polls.table().to_pylist())
    assert len(found[0]) == 3
    assert found[0] == found[1] == found[2]


def test_a_study_without_polls_has_an_empty_table(polls: Dataset, aside: Dataset) -> None:
    coverage_of([], polls, aside)
    assert polls.exists()
    assert polls.rows() == 0


# Applications


@pytest.fixture
def postings(tmp_path: Path) -> Dataset:
    dataset = Dataset(tmp_path / "postings", POSTINGS, partitioned=True)
    blank: dict[str, Any] = {"posting_month": "2024-01", "employer_id": "e", "language": "zh"}
    blank |= {"workplace": "unknown", "file": "f", "row": 1, "batch": "1", "source": "boards"}
    blank |= {field.name: "missing" for field in POSTINGS if field.name.endswith("_status")}
    rows = [{**blank, "posting_id": posting_id("boards", f"j{number}")} for number in range(3)]
    dataset.write_table(pa.Table.from_pylist(rows, POSTINGS), "v1", "2024-01")
    return dataset


@pytest.fixture
def out(tmp_path: Path) -> Dataset:
    return Dataset(tmp_path / "applications", APPLICATIONS, partitioned=True)


def application(**changes: str) -> dict[str, str]:
    return {
        "applicant": "zhang.san@example.org",
        "posting_id": "j1",
        "applied_on": "2024-01-20",
        "city": "北京",
        "age": "28岁",
        "education": "硕士研究生",
        "major": "软件工程",
        "previous_industry": "互联网",
        "previous_occupation": "产品经理",
        **changes,
    }


def applications_of(paths: list[Path], postings: Dataset, out: Dataset, aside: Dataset) -> SideReport:
    return ingest_applications(
        named_files("boards", paths, {}, APPLICATION_FIELDS),
        postings,
        out,
        aside,
        months=MONTHS,
        pseudonym=lambda text: worker_pseudonym(text, KEY),
        key_version="k1",
    )


def test_a_profile_is_read_in_the_categories_of_the_tables_and_the_person_becomes_a_pseudonym(
    tmp_path: Path, postings: Dataset, out: Dataset, aside: Dataset
) -> None:
    path = write_csv(
        tmp_path / "a.csv",
        [application(), application(applicant="li.si", applied_on="", city="", major="没有这个专业名")],
    )
    report = applications_of([path], postings, out, aside)
    assert (report.read, report.taken, report.set_aside) == (2, 2, 0)
    (row,) = out.table(partitions=["2024-01"]).to_pylist()
    assert row == {
        "applicant_id": worker_pseudonym("zhang.san@example.org", KEY),
        "posting_id": posting_id("boards", "j1"),
        "applied_on": dt.date(2024, 1, 20),
        "applied_month": "2024-01",
        "city": "Beijing",
        "age_band": "26-35",
        "education": "master or above",
        "major": "software engineering",
        "previous_industry": "internet",
        "previous_occupation": "product manager",
        "source": "boards",
        "file": "a.csv",
        "row": 1,
    }
    (undated,) = out.table(partitions=["unknown"]).to_pylist()
    assert (undated["applied_on"], undated["city"], undated["major"]) == (None, None, "没有这个专业名")
    written = b"".join(Path(name).read_bytes() for name in out.files())
    assert b"zhang.san" not in written


def test_an_application_for_an_unknown_posting_or_of_a_faulty_row_is_set_aside_and_counted(
    tmp_path: Path, postings: Dataset, out: Dataset, aside: Dataset
) -> None:
    rows = [
        application(),
        application(posting_id="j9"),
        application(posting_id=""),
        application(applicant=""),
        application(applied_on="soon"),
        application(applied_on="2031-01-01"),
    ]
    report = applications_of([write_csv(tmp_path / "a.csv", rows)], postings, out, aside)
    assert (report.read, report.taken, report.set_aside) == (6, 1, 5)
    assert {row["row"]: row["reason"] for row in aside.table().to_pylist()} == {
        2: "unknown_posting",
        3: "missing_posting",
        4: "missing_applicant",
        5: "unparseable_date",
        6: "outside_the_study",
    }


def test_a_value_that_nobody_understands_is_null_and_counted_never_a_category(
    tmp_path: Path, postings: Dataset, out: Dataset, aside: Dataset
) -> None:
    report = applications_of(
        [write_csv(tmp_path / "a.csv", [application(age="ageless"), application(age="7", education="??")])],
        postings,
        out,
        aside,
    )
    assert report.unread == {"age": 2, "education": 1}
    rows = out.table(partitions=["2024-01"]).to_pylist()
    assert [row["age_band"] for row in rows] == [None, None]


def test_running_twice_does_nothing_and_new_postings_are_taken_into_account(
    tmp_path: Path, postings: Dataset, out: Dataset, aside: Dataset
) -> None:
    path = write_csv(tmp_path / "a.csv", [application(), application(posting_id="later")])
    first = applications_of([path], postings, out, aside)
    again = applications_of([path], postings, out, aside)
    assert (first.skipped, again.skipped) == (False, True)
    assert (again.read, again.taken, again.set_aside) == (2, 1, 1)
    row = postings.table().to_pylist()[0]
    row |= {"posting_id": posting_id("boards", "later"), "posting_month": "2024-02"}
    postings.write_table(pa.Table.from_pylist([row], POSTINGS), "v1", "2024-02")
    assert applications_of([path], postings, out, aside).taken == 2


def test_a_study_without_applications_has_every_month_empty(
    postings: Dataset, out: Dataset, aside: Dataset
) -> None:
    applications_of([], postings, out, aside)
    assert out.partitions() == [*MONTHS, "unknown"]
    assert out.rows() == 0


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("25", "<=25"),
        ("26岁", "26-35"),
        ("35 years", "26-35"),
        ("36-45岁", "36-45"),
        ("46", ">45"),
        ("25岁及以下", "<=25"),
        ("<=25", "<=25"),
        (">45", ">45"),
        ("46+", ">45"),
        ("20-30", None),
        ("7", None),
        ("130", None),
        ("", None),
        (None, None),
        ("young", None),
    ],
)
def test_ages_fall_into_the_bands_of_the_published_study(text: str | None, band: str | None) -> None:
    assert age_band(text) == band


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("初中及以下", "senior high school or below"),
        ("中专/中技", "senior high school or below"),
        ("大专", "junior college"),
        ("本科", "bachelor"),
        ("Bachelor's degree", "bachelor"),
        ("博士", "master or above"),
        ("???", None),
        (None, None),
    ],
)
def test_education_falls_into_the_bands_of_the_published_study(text: str | None, band: str | None) -> None:
    assert education_band(text) == band


def test_majors_and_occupations_have_one_name_in_both_languages() -> None:
    assert major("计算机科学与技术专业") == major("Computer Science and Technology")
    assert occupation("Java开发工程师") == occupation("java") == "Java engineer"
    assert occupation("星际 领航员") == "星际 领航员"
    assert major("无") is None


@given(st.text(max_size=60))
def test_no_text_breaks_a_reader_of_profiles_and_its_own_answer_is_read_alike(text: str) -> None:
    assert age_band(text) in (None, *AGE_BANDS)
    assert education_band(text) in (None, *EDUCATION_BANDS)
    for reader in (age_band, education_band, major, occupation):
        once = reader(text)
        assert once is None or reader(once) == once
