"""Sightings of postings from files: the lives they become, what is set aside, and that a failed poll closes nothing."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from postings.lifecycle import FLOW_AND_STOCK, LIVES, faults_of_lives
from postings.schema import POLLS, QUARANTINE, employer_id, posting_id
from postings.side_tables import SideReport, ingest_sightings, named_files
from postings.side_tables.sightings import FIELDS
from storage import Dataset

SNAPSHOTS = Path(__file__).parents[2] / "shared" / "data" / "ats_daily_snapshots" / "snapshots.parquet"
MONTHS = ["2026-07", "2026-08"]


class House:
    """Where a test's tables lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lives = Dataset(folder / "lifecycle", LIVES, partitioned=False)
        self.flows = Dataset(folder / "flow_and_stock", FLOW_AND_STOCK, partitioned=False)
        self.aside = Dataset(folder / "aside", QUARANTINE, partitioned=False)
        self.polls = Dataset(folder / "coverage", POLLS, partitioned=False)

    def ingest(self, *paths: Path, **columns: str) -> SideReport:
        files = named_files("boards", list(paths), columns, FIELDS)
        return ingest_sightings(files, self.lives, self.flows, self.aside, months=MONTHS, coverage=self.polls)

    def write(self, *rows: tuple[str, str, str], name: str = "seen.csv") -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([FIELDS, *rows])
        return path

    def poll(self, employer: str, results: dict[int, str]) -> None:
        from postings.normalise.employers import normalised_employer

        rows = [
            {
                "source": "boards",
                "employer_id": employer_id(normalised_employer(employer)),
                "employer": employer,
                "polled_on": dt.date(2026, 7, day),
                "month": "2026-07",
                "result": result,
                "postings_seen": None,
                "batch": "1",
            }
            for day, result in results.items()
        ]
        self.polls.write_table(pa.Table.from_pylist(rows, POLLS), "polls")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def days(key: str, *numbers: int, employer: str = "Acme Ltd") -> list[tuple[str, str, str]]:
    return [(key, employer, f"2026-07-{number:02d}") for number in numbers]


def test_a_posting_has_one_life_under_the_id_it_has_among_the_postings(house: House) -> None:
    report = house.ingest(house.write(*days("a", 1, 2, 3), *days("b", 1, 2, 3, 4)))
    lives = {row["source_id"]: row for row in house.lives.table().to_pylist()}
    assert (report.read, report.taken, report.set_aside) == (7, 7, 0)
    assert lives["a"]["posting_id"] == posting_id("boards", "a")
    assert lives["a"]["removed_on"] == dt.date(2026, 7, 4)
    assert (lives["b"]["removed_on"], lives["b"]["sightings"]) == (None, 4)
    (july,) = [row for row in house.flows.table().to_pylist() if row["month"] == "2026-07"]
    assert (july["days"], july["opened"], july["closed"], july["stock"]) == (4, 0, 1, 1.75)


def test_a_poll_that_failed_closes_nothing_even_where_the_board_is_written_otherwise(house: House) -> None:
    house.poll("ACME LTD.", {1: "ok", 2: "ok", 3: "failed", 4: "ok"})
    house.ingest(house.write(*days("a", 1, 2, 4), *days("b", 1, 2)))
    lives = {row["source_id"]: row for row in house.lives.table().to_pylist()}
    assert (lives["a"]["removed_on"], lives["a"]["gaps"]) == (None, 0)
    assert lives["b"]["removed_on"] == dt.date(2026, 7, 4)


def test_rows_without_an_id_or_a_day_are_set_aside_with_their_place(house: House) -> None:
    rows = [
        ("", "Acme", "2026-07-01"),
        ("a", "Acme", "soon"),
        ("a", "Acme", ""),
        *days("a", 1),
        *days("b", 1),
    ]
    report = house.ingest(house.write(*rows))
    assert (report.read, report.taken, report.set_aside) == (5, 2, 3)
    found = sorted(house.aside.table().to_pylist(), key=lambda row: int(row["row"]))
    assert [(row["row"], row["field"], row["reason"]) for row in found] == [
        (1, "source_id", "missing_id"),
        (2, "seen_on", "unparseable_date"),
        (3, "seen_on", "missing_date"),
    ]
    assert found[1]["message"].startswith("seen.csv, record 2, seen_on:")


def test_a_second_run_does_nothing_and_a_changed_file_is_read_again(house: House) -> None:
    path = house.write(*days("a", 1, 2))
    assert not house.ingest(path).skipped
    assert house.ingest(path).skipped
    house.write(*days("a", 1, 2, 3))
    assert not house.ingest(path).skipped
    assert house.lives.table().column("sightings").to_pylist() == [3]


def test_a_study_without_sightings_has_empty_tables(house: House) -> None:
    assert house.ingest().read == 0
    assert (house.lives.rows(), house.flows.rows()) == (0, 0)


def test_a_life_that_cannot_be_is_counted(house: House) -> None:
    house.ingest(house.write(*days("a", 1, 2), *days("b", 1)))
    lives = house.lives.table()
    assert not any(faults_of_lives(lives, 3).values())
    assert faults_of_lives(pa.concat_tables([lives, lives]), 3)["twice"] == 2
    assert faults_of_lives(lives, 2)["more_sightings_than_read"] == 1
    late = lives.set_column(
        lives.schema.get_field_index("first_seen"), LIVES.field("first_seen"), [[dt.date(2026, 8, 1)] * 2]
    )
    assert faults_of_lives(late, 3)["seen_last_before_first"] == 2


def test_real_snapshots_go_in_to_the_row_and_stock_follows_from_flow(house: House) -> None:
    if not SNAPSHOTS.exists():
        pytest.skip(f"{SNAPSHOTS} is not there: real data stand beside the project, not in it")
    report = house.ingest(SNAPSHOTS, source_id="job_uid", employer="company", seen_on="snapshot_date")
    lives = house.lives.table()
    assert (report.read, report.taken, lives.num_rows) == (142_297, 142_297, 8_313)
    assert sum(lives.column("sightings").to_pylist()) == 142_297
    assert not any(faults_of_lives(lives, report.taken).values())
    opened, closed = (sum(house.flows.table().column(name).to_pylist()) for name in ("opened", "closed"))
    begun, left = (sum(lives.column(name).to_pylist()) for name in ("open_at_start", "open_at_end"))
    assert begun + opened - closed == left
