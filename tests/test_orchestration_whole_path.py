"""The whole path on a tiny market: what a user finds after `jobtide run`, and what a second run does."""

import csv
import json
import os
import subprocess
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow.parquet as pq
import pytest

from orchestration.dbt import dbt_executable
from orchestration.home import DBT_PROJECT, StudyPlaces
from orchestration.study import read_study
from tests.conftest import TinyRun, jobtide

PLACES = [
    "marts/mart_market_yoy.parquet",
    "marts/mart_title_yoy.parquet",
    "marts/mart_title_month.parquet",
    "marts/mart_industry.parquet",
    "marts/mart_city.parquet",
    "marts/mart_salary.parquet",
    "marts/datapackage.json",
    "marts/data_dictionary.csv",
    "marts/data_dictionary.html",
    "models/promoted.json",
    "report/index.html",
    "dbt_docs/index.html",
    "data_docs/index.html",
    "model_card.json",
]


@pytest.mark.parametrize("place", PLACES)
def test_every_promised_output_is_where_the_documentation_says(tiny_run: TinyRun, place: str):
    assert (tiny_run.root / place).stat().st_size > 0


def test_every_posting_is_classified_once_with_the_promoted_model(tiny_run: TinyRun):
    places = StudyPlaces(tiny_run.root)
    classified = places.promoted_classifications().table()
    postings = places.postings.table(["posting_id"])
    assert sorted(classified.column("posting_id").to_pylist()) == sorted(
        postings.column("posting_id").to_pylist()
    )
    promoted = json.loads((tiny_run.root / "models" / "promoted.json").read_text("utf-8"))["model_version"]
    assert set(classified.column("model_version").to_pylist()) == {promoted}


def test_labelled_postings_are_counted_by_their_out_of_fold_prediction(tiny_run: TinyRun):
    places = StudyPlaces(tiny_run.root)
    rows = places.promoted_classifications().table(["posting_id", "evaluation"]).to_pylist()
    out_of_fold = {row["posting_id"] for row in rows if row["evaluation"] == "out_of_fold"}
    assert out_of_fold == set(places.labels.table(["posting_id"]).column(0).to_pylist())


def test_the_data_dictionary_has_every_column_of_every_published_table_with_its_meaning(tiny_run: TinyRun):
    folder = tiny_run.root / "marts"
    published = [
        (path.stem, name) for path in sorted(folder.glob("*.parquet")) for name in pq.read_schema(path).names
    ]
    with (folder / "data_dictionary.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted((row["mart"], row["column"]) for row in rows) == sorted(published)
    assert all(row["type"] and row["description"] for row in rows)
    page = (folder / "data_dictionary.html").read_text("utf-8")
    assert all(f'<h2 id="{mart}">' in page for mart, _ in published)
    assert page.count("<tr><td>") == len(published)


def test_the_market_mart_counts_the_postings_of_its_windows(tiny_run: TinyRun):
    places = StudyPlaces(tiny_run.root)
    (row,) = pq.read_table(tiny_run.root / "marts" / "mart_market_yoy.parquet").to_pylist()
    base = places.postings.rows(["2024-01", "2024-02", "2024-03", "2024-04"])
    current = places.postings.rows(["2025-01", "2025-02", "2025-03", "2025-04"])
    assert (row["base_postings"], row["current_postings"]) == (base, current)
    assert row["change"] == pytest.approx(current / base - 1, abs=1e-6)
    assert row["change_low"] < row["change"] < row["change_high"]
    assert all(row[f"{kind}_version"] for kind in ("model", "label", "taxonomy", "data"))


def test_nothing_is_lost_between_raw_records_and_postings(tiny_run: TinyRun):
    rows = pq.read_table(tiny_run.root / "marts" / "mart_conservation.parquet").to_pylist()
    assert sum(row["raw_records"] for row in rows) > 1_000
    assert all(row["balance"] == 0 for row in rows)


def test_worker_ids_of_the_platform_are_nowhere_in_the_tables(tiny_run: TinyRun):
    batch = (tiny_run.root / "source" / "mturk_batch_results.csv").read_text("utf-8")
    workers = StudyPlaces(tiny_run.root).answers.table(["worker"]).column(0).unique().to_pylist()
    assert len(workers) > 5
    assert not [worker for worker in workers if worker in batch]


def test_the_command_prints_the_time_of_each_stage_and_where_to_look(tiny_run: TinyRun):
    for part in ("Time per step", "title_model", "report/index.html", "checks:"):
        assert part in tiny_run.output


def test_the_run_prints_its_exam_and_the_command_prints_all_of_it(tiny_run: TinyRun):
    assert "The exam: published against planted" in tiny_run.output
    before = StudyPlaces(tiny_run.root).scorecard.table()
    assert {"changes", "classification", "crowd", "records"} <= set(before.column("section").to_pylist())
    done = jobtide(tiny_run.home, "score", "tiny")
    assert done.returncode == 0, done.stderr
    assert "The exam: classification" in done.stdout
    assert "consensus right" in done.stdout
    assert StudyPlaces(tiny_run.root).scorecard.table().equals(before)
    assert "The exam: published against planted" in (tiny_run.root / "report/index.html").read_text("utf-8")


def test_an_exam_whose_truth_is_gone_is_said_to_be_missing_and_can_be_held_again(tiny_run: TinyRun):
    truth, manifest = tiny_run.root / "truth", tiny_run.root / "scorecard" / "manifest.json"
    before = manifest.read_bytes()
    manifest.unlink()
    hidden = truth.rename(tiny_run.root / "truth-away")
    try:
        done = jobtide(tiny_run.home, "score", "tiny")
        assert done.returncode == 1
        assert "could not be held" in done.stderr
    finally:
        hidden.rename(truth)
    assert jobtide(tiny_run.home, "score", "tiny").returncode == 0
    assert manifest.read_bytes() == before


def test_a_second_run_does_no_work_again_and_gives_the_same_marts(tiny_run: TinyRun):
    marts = tiny_run.root / "marts"
    before = {path.name: path.read_bytes() for path in marts.glob("*.parquet")}
    cards = (tiny_run.root / "model_card.json").read_bytes()
    postings = {path: path.stat().st_mtime_ns for path in tiny_run.root.glob("postings/*/*.parquet")}
    done = jobtide(tiny_run.home, "run", str(tiny_run.study_file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "leaked" not in done.stdout + done.stderr
    )  # what DuckDB's binding prints of connections held too long
    assert {path.name: path.read_bytes() for path in marts.glob("*.parquet")} == before
    assert (tiny_run.root / "model_card.json").read_bytes() == cards
    assert {path: path.stat().st_mtime_ns for path in tiny_run.root.glob("postings/*/*.parquet")} == postings


def test_dbt_alone_builds_the_same_marts_and_the_docs_for_people_who_never_open_dagster(
    tiny_run: TinyRun, tmp_path: Path
):
    mine = tmp_path / "mine.duckdb"
    said = jobtide(tiny_run.home, "vars", "tiny", "--warehouse", str(mine))
    assert said.returncode == 0, said.stderr
    before = StudyPlaces(tiny_run.root).warehouse.read_bytes()
    for command in (
        ["build", "--exclude-resource-type", "unit_test"],
        ["docs", "generate", "--static"],
    ):
        done = subprocess.run(
            [
                str(dbt_executable()),
                *command,
                "--vars",
                said.stdout,
                "--target-path",
                str(tmp_path / "target"),
            ],
            cwd=DBT_PROJECT,
            env={**os.environ, "DBT_PROFILES_DIR": ".", "DBT_LOG_PATH": str(tmp_path / "logs")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "mart_title_yoy" in (tmp_path / "target" / "static_index.html").read_text("utf-8")
    assert StudyPlaces(tiny_run.root).warehouse.read_bytes() == before
    published = sorted((tiny_run.root / "marts").glob("*.parquet"))
    assert len(published) > 40
    with duckdb.connect(str(mine), read_only=True) as connection:
        for file in published:
            rows = connection.sql(f"FROM {file.stem}").to_arrow_table().to_pylist()
            assert sorted(map(repr, rows)) == sorted(map(repr, pq.read_table(file).to_pylist())), file.stem


def test_a_run_of_the_command_line_is_seen_in_the_persistent_dagster_home(tiny_run: TinyRun, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tiny_run.home / ".dagster"))
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs(dg.RunsFilter(job_name="study__tiny"))
        assert runs
        assert all(run.status == dg.DagsterRunStatus.SUCCESS for run in runs)
        assert instance.get_latest_materialization_event(dg.AssetKey(["tiny", "report"]))


def test_the_headline_tables_can_be_shown_again(tiny_run: TinyRun):
    done = jobtide(tiny_run.home, "show", "tiny")
    assert done.returncode == 0, done.stderr
    assert "2025" in done.stdout


def test_an_unknown_study_and_a_study_without_results_have_their_exit_codes(
    tiny_run: TinyRun, tmp_path: Path
):
    unknown = jobtide(tiny_run.home, "run", "nosuch")
    assert unknown.returncode == 2
    assert "neither a study file nor a known study" in unknown.stderr
    empty = jobtide(tmp_path, "show", str(tiny_run.study_file))
    assert empty.returncode == 1
    assert "jobtide run" in empty.stderr


def test_the_registered_study_reads_back_equal(tiny_run: TinyRun):
    assert read_study(tiny_run.home / "studies" / "tiny.yaml") == read_study(tiny_run.study_file)
