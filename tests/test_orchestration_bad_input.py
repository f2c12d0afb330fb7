"""Broken input on the whole path: what a user is told, what is set aside, and that the rest goes through."""

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from orchestration.home import StudyPlaces
from orchestration.runs import RunFailedError, run_study
from orchestration.study import StudyError, read_study
from orchestration.study_sources import check_sources
from tests.conftest import jobtide

GOOD_ROWS = 40


def advertisements(count: int, **changes: list[str]) -> pa.Table:
    columns = {
        "id": [f"a{number}" for number in range(count)],
        "job": ["Nurse", "Cook"] * (count // 2),
        "company": [f"Company {number % 7}" for number in range(count)],
        "text": ["Cares for patients." if number % 2 == 0 else "Cooks meals." for number in range(count)],
        "posted": ["2024-03-05"] * count,
        "code": ["29", "35"] * (count // 2),
    }
    return pa.table({**columns, **changes})


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    folder = tmp_path / "ads"
    folder.mkdir()
    pq.write_table(advertisements(GOOD_ROWS), folder / "good.parquet")
    whole = folder / "truncated.parquet"
    pq.write_table(advertisements(GOOD_ROWS, id=[f"t{n}" for n in range(GOOD_ROWS)]), whole)
    whole.write_bytes(whole.read_bytes()[:-200])
    no_column = advertisements(4, id=[f"n{n}" for n in range(4)]).drop_columns("posted")
    pq.write_table(no_column, folder / "without_a_column.parquet")
    dates = ["2024-03-05", "yesterday-ish", "9999-01-01", "2024-03-06"]
    pq.write_table(advertisements(4, id=[f"d{n}" for n in range(4)], posted=dates), folder / "dates.parquet")
    texts = ["Cares.", "x" * 5_000_000, "<script>alert(1)</script>Cooks.", "Cooks."]
    pq.write_table(advertisements(4, id=[f"h{n}" for n in range(4)], text=texts), folder / "huge.parquet")
    path = tmp_path / "broken.yaml"
    columns = {"source_id": "id", "title": "job", "employer": "company", "description": "text"}
    content = {
        "name": "broken",
        "title": "Broken input",
        "months": {"from": "2024-01", "to": "2024-12"},
        "sources": [
            {
                "name": "ads",
                "path": "ads/*.parquet",
                "columns": {**columns, "posted_date": "posted", "label": "code"},
            }
        ],
        "taxonomy": {"kind": "found"},
        "labels": {"kind": "column", "sample": 10},
        "windows": [
            {"current": {"from": "2024-07", "to": "2024-12"}, "base": {"from": "2024-01", "to": "2024-06"}}
        ],
    }
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def test_each_fault_has_its_message_or_its_quarantine_row_and_the_rest_goes_through(
    study_file: Path, tmp_path: Path
):
    home = tmp_path / "home"
    run_study(read_study(study_file), home, until="conservation")
    places = StudyPlaces(home / "broken")

    listed = {
        entry["file"]: entry for entry in json.loads(places.unreadable.read_text("utf-8"))["unreadable"]
    }
    assert set(listed) == {"truncated.parquet", "without_a_column.parquet"}
    assert "posted" in listed["without_a_column.parquet"]["message"]
    assert "company" in listed["without_a_column.parquet"]["message"], (
        "the columns that are there help to mend it"
    )

    aside = places.quarantine.table().to_pylist()
    assert Counter((row["file"], row["field"]) for row in aside) == {
        ("dates.parquet", "posted_date"): 2,
        ("huge.parquet", "description"): 1,
    }
    for row in aside:
        assert row["file"] in row["message"]
        assert str(row["row"]) in row["message"]
        assert len(row["value"] or "") <= 500

    assert places.postings.rows() == GOOD_ROWS + 2 + 3
    assert all(row["balance"] == 0 for row in places.conservation.table().to_pylist())
    assert "<script>" not in "".join(
        filter(None, places.postings.table(["description"]).column(0).to_pylist())
    )


def test_a_check_names_the_odd_files_and_still_says_that_the_study_can_be_run(
    study_file: Path, tmp_path: Path
):
    oddities = check_sources(read_study(study_file), tmp_path)
    assert len(oddities) == 2
    done = jobtide(tmp_path / "home", "check", str(study_file))
    assert done.returncode == 0, done.stderr
    assert "truncated.parquet" in done.stderr


def test_a_source_without_one_sound_file_fails_before_any_work(study_file: Path, tmp_path: Path):
    for path in (tmp_path / "ads").glob("*.parquet"):
        if path.name not in {"truncated.parquet", "without_a_column.parquet"}:
            path.unlink()
    with pytest.raises(StudyError, match="2 fault"):
        check_sources(read_study(study_file), tmp_path)
    done = jobtide(tmp_path / "home", "run", str(study_file))
    assert done.returncode == 2
    assert not (tmp_path / "home" / "broken").exists()


def test_a_stage_that_fails_says_which_and_why(study_file: Path, tmp_path: Path):
    content = yaml.safe_load(study_file.read_text("utf-8"))
    content["labels"]["sample"] = 10_000
    study_file.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(RunFailedError, match=r"lower labels\.sample"):
        run_study(read_study(study_file), tmp_path / "home", until="labels")
