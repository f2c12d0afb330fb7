"""From files to postings by month: nothing lost, nothing twice, the same again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postings.conservation import UNACCOUNTED, conservation
from postings.ingest import (
    BuildReport,
    PostingsDatasets,
    RawReport,
    build_postings,
    ingest_raw,
)
from postings.months import months_between
from postings.normalisation import normalise
from postings.schema import (
    GOLD,
    POSTINGS,
    QUARANTINE,
    RAW,
    RAW_FIELDS,
    REOBSERVATIONS,
    UNKNOWN,
)
from postings.sources import FileSourceSpec, SourceError
from storage import Dataset

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
MONTHS = months_between("2024-01", "2024-03")
COLUMNS = {
    "source_id": "id",
    "title": "title",
    "employer": "company",
    "posted_date": "date",
    "label": "label",
}


@dataclass
class House:
    """The datasets of one study."""

    root: Path

    def __post_init__(self) -> None:
        def dataset(name: str, schema: pa.Schema, *, partitioned: bool) -> Dataset:
            return Dataset(self.root / name, schema, partitioned=partitioned)

        self.raw = dataset("raw", RAW, partitioned=False)
        self.quarantine_raw = dataset("raw_quarantine", QUARANTINE, partitioned=False)
        self.out = PostingsDatasets(
            dataset("postings", POSTINGS, partitioned=True),
            dataset("quarantine", QUARANTINE, partitioned=True),
            dataset("reobservations", REOBSERVATIONS, partitioned=True),
            dataset("gold", GOLD, partitioned=False),
        )

    def ingest(self, *specs: FileSourceSpec) -> RawReport:
        return ingest_raw(specs, self.raw, self.root / "unreadable.json", self.quarantine_raw)

    def build(self, months: list[str] = MONTHS, wanted: list[str] | None = None) -> BuildReport:
        chosen = [*months, UNKNOWN] if wanted is None else wanted
        return build_postings(self.raw, self.out, months, chosen, quarantine_raw=self.quarantine_raw)

    def account(self) -> list[dict]:
        out = self.out
        table = conservation(self.raw, out.postings, out.reobservations, out.quarantine, self.quarantine_raw)
        return table.to_pylist()

    def fingerprints(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "study")


def board(path: Path, *rows: tuple[str | None, str | None, str | None], label: str = "nurse") -> Path:
    """A Parquet file of (id, title, date)."""
    names = ("id", "title", "date")
    columns = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)}
    columns |= {"company": pa.array(["Acme"] * len(rows)), "label": pa.array([label] * len(rows))}
    pq.write_table(pa.table(columns), path)
    return path


def spec(*paths: Path, batch: str = "1", source: str = "board", **options: str) -> FileSourceSpec:
    return FileSourceSpec(source, paths, COLUMNS, batch=batch, **options)


def raw_table(*rows: dict[str, str]) -> pa.Table:
    origin = {"batch": "1", "source": "s", "file": "f.csv"}
    blank = dict.fromkeys(RAW_FIELDS)
    return pa.Table.from_pylist(
        [{**origin, "row": at, **blank, **row} for at, row in enumerate(rows, start=1)], RAW
    )


def test_a_record_becomes_a_canonical_posting() -> None:
    raw = raw_table(
        {
            "source_id": " 7 ",
            "title": "<b>Senior</b>\nNurse",
            "description": "&lt;p&gt;We care.&lt;/p&gt;",
            "employer": "Acme, Inc.",
            "posted_date": "March 5, 2024",
            "place": "Berlin",
            "pay": "$25/hr",
            "openings": "2",
            "url": "javascript:alert(1)",
            "label": "nurse",
        }
    )
    made = normalise(raw, months=MONTHS)
    (posting,) = made.postings.to_pylist()
    assert posting["title"] == "Senior Nurse"
    assert posting["description"] == "We care."
    assert posting["posting_month"] == "2024-03"
    assert (posting["posted_date"], posting["posted_date_status"]) == (dt.date(2024, 3, 5), "parsed")
    assert (posting["pay_status"], posting["pay_period"], posting["pay_raw"]) == ("parsed", "hour", "$25/hr")
    assert (posting["place_status"], posting["education_status"]) == ("parsed", "missing")
    assert (posting["openings"], posting["url"], posting["language"]) == (2, None, "en")
    assert made.gold.to_pylist() == [{"posting_id": posting["posting_id"], "title_id": "nurse"}]
    assert len(posting["posting_id"]) == 32
    again = normalise(raw, months=MONTHS).postings
    assert again.equals(made.postings)


def test_a_posting_without_an_employer_has_the_unknown_employer() -> None:
    made = normalise(raw_table({"title": "Nurse"}), months=MONTHS)
    assert made.postings["employer_id"].to_pylist() == [UNKNOWN]
    assert made.postings["posting_month"].to_pylist() == [UNKNOWN]


@pytest.mark.parametrize(
    ("record", "field", "reason", "month", "part"),
    [
        (
            {"title": "Nurse", "posted_date": "soon"},
            "posted_date",
            "unparseable_date",
            UNKNOWN,
            "'soon' is no date",
        ),
        (
            {"title": "Nurse", "posted_date": "0001-01-01"},
            "posted_date",
            "absurd_date",
            UNKNOWN,
            "1990 to 2100",
        ),
        (
            {"title": "Nurse", "posted_date": "03/04/2024"},
            "posted_date",
            "ambiguous_date",
            UNKNOWN,
            "date_order",
        ),
        (
            {"title": "Nurse", "posted_date": "2023-12-31"},
            "posted_date",
            "outside_study_months",
            UNKNOWN,
            "months",
        ),
        ({"title": " ", "posted_date": "2024-02-01"}, "title", "no_text", "2024-02", "nothing to classify"),
        (
            {"description": "<p> </p>", "posted_date": "2024-02-01"},
            "title",
            "no_text",
            "2024-02",
            "f.csv, record 1",
        ),
    ],
)
def test_a_record_that_is_no_posting_is_set_aside_with_its_reason(
    record: dict, field: str, reason: str, month: str, part: str
) -> None:
    made = normalise(raw_table(record), months=MONTHS)
    (row,) = made.quarantine.to_pylist()
    assert (row["field"], row["reason"], row["month"]) == (field, reason, month)
    assert part in row["message"]
    assert made.postings.num_rows == made.gold.num_rows == 0


@given(
    st.lists(
        st.dictionaries(st.sampled_from(RAW_FIELDS), st.text(max_size=60), max_size=8), min_size=1, max_size=5
    )
)
@settings(max_examples=100, deadline=None)
def test_every_record_whatever_it_says_is_in_exactly_one_table(records: list[dict[str, str]]) -> None:
    made = normalise(raw_table(*records), months=MONTHS)
    rows = made.postings["row"].to_pylist() + made.quarantine["row"].to_pylist()
    assert sorted(rows) == list(range(1, len(records) + 1))


def test_files_become_postings_by_month_and_the_account_balances(house: House, tmp_path: Path) -> None:
    good = board(
        tmp_path / "a.parquet",
        ("1", "Nurse", "2024-01-05"),
        ("2", "Cook", "2024-02-30"),
        ("3", "Baker", None),
        ("4", None, "2024-03-01"),
        ("5", "Smith", "2031-03-01"),
        ("1", "Nurse", "2024-02-05"),
    )
    report = house.ingest(spec(good))
    assert (report.records, report.set_aside, report.unreadable) == (6, 0, [])
    built = house.build()
    assert {month: (r.postings, r.reobservations, r.quarantined) for month, r in built.rows.items()} == {
        "2024-01": (1, 0, 0),
        "2024-02": (0, 1, 0),
        "2024-03": (0, 0, 1),
        UNKNOWN: (1, 0, 2),
    }
    assert built.gold == 2
    assert house.out.postings.partitions() == ["2024-01", "2024-02", "2024-03", UNKNOWN]
    account = house.account()
    assert sum(row["raw_records"] for row in account) == 6
    assert {row["balance"] for row in account} == {0}


def test_one_bad_file_is_listed_and_the_others_go_through(house: House, tmp_path: Path) -> None:
    good = board(tmp_path / "good.parquet", ("1", "Nurse", "2024-01-05"))
    broken = board(tmp_path / "broken.parquet", ("2", "Cook", "2024-01-05"))
    broken.write_bytes(broken.read_bytes()[:-30])
    other = tmp_path / "other.csv"
    other.write_text("id,name,company,date,label\n1,Nurse,Acme,2024-01-01,x\n")
    huge = tmp_path / "huge.csv"
    huge.write_text(
        "id,title,company,date,label\n8," + "x" * 5_000_000 + ",A,2024-01-01,x\n9,Cook,A,bad date,x\n1,2\n"
    )
    report = house.ingest(spec(good, broken, other, huge))
    assert {(fault.file, fault.reason) for fault in report.unreadable} == {
        ("broken.parquet", "corrupt_parquet"),
        ("other.csv", "mapping"),
    }
    listed = json.loads((house.root / "unreadable.json").read_text())["unreadable"]
    assert [fault["file"] for fault in listed] == ["broken.parquet", "other.csv"]
    assert "'name'" in listed[1]["message"]
    house.build()
    reasons = Counter(house.out.quarantine.table()["reason"].to_pylist())
    assert reasons == {"cell_too_large": 1, "unparseable_date": 1, "wrong_cell_count": 1}
    account = house.account()
    assert sum(row["raw_records"] for row in account) == 4
    assert {row["balance"] for row in account} == {0}


def test_a_study_of_which_no_file_can_be_read_fails_with_every_fault(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceError, match=r"no file could be read:\n.*a\.parquet.*\n.*b\.csv"):
        house.ingest(spec(tmp_path / "a.parquet", tmp_path / "b.csv"))
    assert not house.raw.exists()


def test_running_twice_does_nothing_and_leaves_the_same_files(house: House, tmp_path: Path) -> None:
    path = board(tmp_path / "a.parquet", ("1", "Nurse", "2024-01-05"), ("2", "Cook", "x"))
    first = house.ingest(spec(path))
    house.build()
    before = house.fingerprints()
    second = house.ingest(spec(path))
    assert (first.skipped, second.skipped) == (False, True)
    assert second.files == first.files
    assert house.build().skipped == [*MONTHS, UNKNOWN]
    assert house.fingerprints() == before


def test_the_same_files_give_the_same_bytes_in_another_place(tmp_path: Path) -> None:
    path = board(
        tmp_path / "a.parquet", *((str(n % 40), f"Nurse {n}", f"2024-0{n % 4 + 1}-05") for n in range(60))
    )
    prints = []
    for name in ("one", "two"):
        house = House(tmp_path / name)
        house.ingest(spec(path))
        house.build()
        prints.append(house.fingerprints())
    assert prints[0] == prints[1]


def test_changed_content_or_mapping_is_read_again(house: House, tmp_path: Path) -> None:
    path = board(tmp_path / "a.parquet", ("1", "Nurse", "2024-01-05"))
    house.ingest(spec(path))
    board(path, ("1", "Nurse", "2024-01-05"), ("2", "Cook", "2024-01-06"))
    assert house.ingest(spec(path)).records == 2
    remapped = FileSourceSpec("board", (path,), {**COLUMNS, "employer": 'constant("Beta")'})
    assert not house.ingest(remapped).skipped
    assert set(house.raw.table()["employer"].to_pylist()) == {"Beta"}


def test_only_the_wanted_months_are_written_and_gold_is_whole(house: House, tmp_path: Path) -> None:
    path = board(tmp_path / "a.parquet", ("1", "Nurse", "2024-01-05"), ("2", "Cook", "2024-02-05"))
    house.ingest(spec(path))
    built = house.build(wanted=["2024-02"])
    assert house.out.postings.partitions() == ["2024-02"]
    assert built.rows["2024-02"].postings == 1
    assert built.gold == 2
    with pytest.raises(ValueError, match="2025-01"):
        house.build(wanted=["2025-01"])


def test_a_posting_seen_in_a_later_batch_is_counted_and_not_stored_again(
    house: House, tmp_path: Path
) -> None:
    october = board(tmp_path / "z-october.parquet", ("1", "Nurse, as first seen", "2024-01-05"))
    november = board(
        tmp_path / "a-november.parquet", ("1", "Nurse, reworded", "2024-01-05"), ("2", "Cook", "2024-01-06")
    )
    house.ingest(spec(november, batch="2024-11"), spec(october, batch="2024-10"))
    house.build()
    assert sorted(house.out.postings.table()["title"].to_pylist()) == ["Cook", "Nurse, as first seen"]
    (again,) = house.out.reobservations.table().to_pylist()
    assert (again["batch"], again["file"], again["source_id"]) == ("2024-11", "a-november.parquet", "1")
    assert again["posting_id"] in house.out.postings.table()["posting_id"].to_pylist()


def test_a_record_that_was_set_aside_does_not_hide_a_later_good_one(house: House, tmp_path: Path) -> None:
    path = board(tmp_path / "a.parquet", ("1", "Nurse", "bad date"), ("1", "Nurse", "2024-01-05"))
    house.ingest(spec(path))
    built = house.build()
    assert built.rows["2024-01"].postings == 1
    assert built.rows[UNKNOWN].quarantined == 1


def test_the_same_id_at_two_sources_is_two_postings(house: House, tmp_path: Path) -> None:
    path = board(tmp_path / "a.parquet", ("1", "Nurse", "2024-01-05"))
    house.ingest(spec(path, source="one"), spec(path, source="two"))
    assert house.build().rows["2024-01"].postings == 2


def test_records_without_an_id_are_known_by_what_they_say(house: House, tmp_path: Path) -> None:
    rows = [(None, "Nurse", "2024-01-05"), (None, "Nurse", "2024-01-06"), (None, "Nurse", "2024-01-05")]
    house.ingest(spec(board(tmp_path / "a.parquet", *rows)))
    built = house.build()
    assert (built.rows["2024-01"].postings, built.rows["2024-01"].reobservations) == (2, 1)


def test_two_files_of_one_name_are_told_apart_and_one_file_twice_is_refused(
    house: House, tmp_path: Path
) -> None:
    paths = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        paths.append(board(tmp_path / folder / "a.parquet", (folder, "Nurse", "2024-01-05")))
    report = house.ingest(spec(*paths))
    assert [file.file for file in report.files] == ["x/a.parquet", "y/a.parquet"]
    with pytest.raises(SourceError, match="give it another batch"):
        house.ingest(spec(paths[0]), spec(paths[0]))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_account_balances_for_any_order_of_sightings(house: House, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    sightings = [(rng.choice("abcdefgh"), rng.choice("1357x")) for _ in range(60)]
    rows = [(key, "Nurse", f"2024-0{month}-01") for key, month in sightings]
    paths = [
        board(tmp_path / f"{name}.parquet", *rows[low : low + 20])
        for name, low in (("c", 0), ("a", 20), ("b", 40))
    ]
    house.ingest(spec(paths[0]), spec(paths[1], batch="2"), spec(paths[2], batch="3"))
    house.build()
    assert {row["balance"] for row in house.account()} == {0}
    assert house.out.postings.rows() == len({key for key, month in sightings if month in "13"})
    ids = house.out.postings.table()["posting_id"]
    assert len(ids) == len(pc.unique(ids))


@pytest.fixture
def small_house(house: House, tmp_path: Path) -> House:
    rows = [(str(n), f"Nurse {n}", "2024-01-05") for n in range(10)] + [
        ("3", "Nurse 3", "2024-01-09"),
        ("x", "C", "-1"),
    ]
    house.ingest(spec(board(tmp_path / "a.parquet", *rows)))
    house.build()
    assert {row["balance"] for row in house.account()} == {0}
    return house


@pytest.mark.parametrize("part", ["postings", "reobservations", "quarantine"])
def test_a_row_lost_from_any_part_is_caught(small_house: House, part: str) -> None:
    dataset: Dataset = getattr(small_house.out, part)
    month = next(m for m in dataset.partitions() if dataset.rows([m]))
    table = dataset.table(partitions=[month])
    dataset.write_table(table.slice(1), "damaged", month)
    account = {(row["posting_month"], row["balance"]) for row in small_house.account()}
    assert (UNACCOUNTED, 1) in account


def test_a_lost_row_is_not_hidden_by_another_that_stands_twice(small_house: House) -> None:
    table = small_house.out.postings.table(partitions=["2024-01"])
    twice = pa.concat_tables([table.slice(1), table.slice(1, 1)])
    small_house.out.postings.write_table(twice, "damaged", "2024-01")
    assert {row["posting_month"]: row["balance"] for row in small_house.account()} == {
        "2024-01": -1,
        UNKNOWN: 0,
        UNACCOUNTED: 1,
    }


def test_a_posting_that_no_raw_record_accounts_for_is_caught(small_house: House) -> None:
    table = small_house.out.postings.table(partitions=["2024-01"])
    invented = table.slice(0, 1).set_column(
        table.schema.get_field_index("row"), "row", pa.array([999], pa.int64())
    )
    small_house.out.postings.write_table(
        pa.concat_tables([table, invented.cast(POSTINGS)]), "damaged", "2024-01"
    )
    assert {row["balance"] for row in small_house.account()} == {-1, 0}


def test_months_run_from_the_first_to_the_last() -> None:
    assert months_between("2023-11", "2024-02") == ["2023-11", "2023-12", "2024-01", "2024-02"]
    with pytest.raises(ValueError, match="2024-13"):
        months_between("2024-13", "2025-01")


REAL = {
    "usajobs": (
        "usajobs/announcements_2024_2025.parquet",
        {
            "source_id": "control_number",
            "employer": "subagency else agency",
            "title": "position_title",
            "posted_date": "open_date",
            "label": 'before(first(occupation_series), " - ")',
            "url": "usajobs_url",
        },
        ("2024-02", "2025-12"),
        17_774,
    ),
    "afriworket": (
        "afriworket/postings_2026.parquet",
        {
            "employer": "company",
            "title": "title",
            "posted_date": "posted_date",
            "city": 'before(location, ", ")',
            "description": "full_description",
            "pay": "salary_raw",
            "openings": "vacancies",
        },
        ("2026-01", "2026-04"),
        2_958,
    ),
    "51job": (
        "china_postings/51job_2023_dated.parquet",
        {
            "employer": "company",
            "title": "title",
            "posted_date": "publish_time",
            "city": 'before(location, "·")',
            "pay": "salary",
        },
        ("2023-01", "2023-12"),
        6_824,
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_board_goes_in_to_the_row(house: House, name: str) -> None:
    file, columns, (first, last), expected = REAL[name]
    path = SHARED / file
    if not path.exists():
        pytest.skip(f"{path} is not there: real data stand beside the project, not in it")
    report = house.ingest(FileSourceSpec(name, (path,), columns))
    assert (report.records, report.set_aside) == (expected, 0)
    house.build(months_between(first, last))
    account = house.account()
    assert sum(row["raw_records"] for row in account) == expected
    assert {row["balance"] for row in account} == {0}
    postings = house.out.postings.table()
    pay = Counter(postings["pay_status"].to_pylist())
    assert pay["unparsed"] <= 0.01 * (pay["parsed"] + pay["unparsed"] + 1)
    if name == "usajobs":
        assert house.out.gold.rows() == postings.num_rows
        assert all(
            code.isdecimal() and len(code) == 4 for code in house.out.gold.table()["title_id"].to_pylist()
        )
