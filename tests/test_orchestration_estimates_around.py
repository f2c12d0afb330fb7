"""What stands around the estimates, as a study makes it: where it lies, what it waits for, what a faulty file says."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from ml.estimation import decomposition, emerging
from ml.estimation import sensitivity as counting
from orchestration.definitions import build_defs
from orchestration.estimating_around import decompose_market, find_emerging_titles, recount_headlines
from orchestration.home import StudyPlaces
from orchestration.study import StudyError, read_study
from orchestration.study_sources import check_sources
from orchestration.versions import promoted_version
from tests.conftest import TinyRun
from tests.studies import TINY, write_tiny_study

TABLES = (
    "emerging_titles",
    "decomposition",
    "benchmark",
    "watch_list",
    "near_contrasts",
    "sensitivity",
    "seasonal",
)
INDEX = "date,jobcountry,indeed_job_postings_index_SA,indeed_job_postings_index_NSA,variable\n"


@pytest.fixture(scope="module")
def graph(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> dg.AssetGraph:
    home = tmp_path_factory.mktemp("home")
    (home / "studies").mkdir()
    write_tiny_study(home / "studies")
    return build_defs(home).resolve_asset_graph()


@pytest.mark.parametrize("table", TABLES)
def test_each_table_is_an_asset_and_its_mart_stands_on_it(graph: dg.AssetGraph, table: str) -> None:
    assert graph.get(dg.AssetKey(["tiny", table])).group_name == "tiny__estimates"
    above = dg.AssetSelection.assets(dg.AssetKey(["tiny", f"mart_{table}"])).upstream().resolve(graph)
    assert dg.AssetKey(["tiny", table]) in above


@pytest.mark.parametrize("table", ["decomposition", "benchmark", "sensitivity"])
def test_what_knows_a_birth_from_a_new_board_waits_for_the_polls(graph: dg.AssetGraph, table: str) -> None:
    assert dg.AssetKey(["tiny", "coverage"]) in graph.get(dg.AssetKey(["tiny", table])).parent_keys


def test_a_run_writes_every_table_and_leaves_empty_what_the_study_does_not_ask_for(tiny_run: TinyRun) -> None:
    places = StudyPlaces(tiny_run.root)
    for table in TABLES:
        dataset = getattr(places, table)
        assert dataset.exists(), table
        mart = pq.read_table(places.marts / f"mart_{table}.parquet")
        assert mart.num_rows == dataset.rows(), table
    assert places.benchmark.rows() == 0
    assert places.decomposition.rows() > 0
    assert places.seasonal.rows() >= len(read_study(tiny_run.study_file).months.keys())


def test_without_polls_nothing_is_called_a_birth_or_a_death(tiny_run: TinyRun) -> None:
    rows = StudyPlaces(tiny_run.root).decomposition.table().to_pylist()
    employers = {row["component"] for row in rows if row["axis"] == "employers"}
    assert employers == {"continuing_jobs", "continuing_repeats", "began", "ceased"}


def test_every_axis_adds_up_to_the_change_of_the_market(tiny_run: TinyRun) -> None:
    marts = StudyPlaces(tiny_run.root).marts
    with duckdb.connect() as engine:
        off = engine.execute(
            """
            SELECT d.pair, d.axis FROM read_parquet($taken_apart) AS d JOIN read_parquet($market) AS m USING (pair)
            GROUP BY d.pair, d.axis, m.change HAVING abs(sum(d.contribution) - m.change) > 1e-4
            """,
            {
                "taken_apart": str(marts / "mart_decomposition.parquet"),
                "market": str(marts / "mart_market_yoy.parquet"),
            },
        ).fetchall()
    assert off == []


def test_another_model_that_classified_the_same_postings_stands_beside_the_headlines(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    shutil.copytree(tiny_run.root, tmp_path / "tiny")
    places, study = StudyPlaces(tmp_path / "tiny"), read_study(tiny_run.study_file)
    version = promoted_version(places)
    shutil.copytree(places.models / version, places.models / "0123456789abcdef")
    own = places.root / "classifications" / f"model={version}"
    shutil.copytree(own, own.parent / "model=0123456789abcdef")
    made, _ = recount_headlines(study, places, lambda *_: None)
    rows = [row for row in made.table.to_pylist() if row["dimension"] == "encoder"]
    others = [row for row in rows if row["variant"] != "none"]
    assert others
    assert {row["variant"] for row in others} == {f"{study.encoder.name} 0123456789abcdef"}
    assert {row["difference"] for row in others} <= {0.0, None}, "a copy of the model counts as it does"


def test_what_is_current_is_not_made_again(tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(decomposition, "count_cells", refuse)
    monkeypatch.setattr(emerging, "find_concepts", refuse)
    monkeypatch.setattr(counting, "sensitivity", refuse)
    study, places = read_study(tiny_run.study_file), StudyPlaces(tiny_run.root)
    made, _ = decompose_market(study, places, tiny_run.home)
    assert made.table.num_rows == places.decomposition.rows()
    find_emerging_titles(study, places, lambda *_: None)
    recount_headlines(study, places, lambda *_: None)


def _with_benchmark(folder: Path, **benchmark: object) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(
        yaml.safe_dump({**yaml.safe_load(TINY), "benchmark": {"kind": "indeed", **benchmark}}), "utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "no such file or folder; correct the path"),
        ({}, "the folder holds no aggregate_job_postings_DE.csv"),
        (
            {"aggregate_job_postings_DE.csv": "day,level\n"},
            "aggregate_job_postings_DE.csv: has no column date",
        ),
        (
            {"aggregate_job_postings_DE.csv": INDEX + "2024-01-01,DE,much,1,total postings\n"},
            "aggregate_job_postings_DE.csv, row 2, indeed_job_postings_index_SA: 'much' is not a number",
        ),
        (
            {"aggregate_job_postings_DE.csv": INDEX + "2024-01-01,FR,100,1,total postings\n"},
            "says nothing of DE, GB; name others",
        ),
    ],
)
def test_a_faulty_benchmark_ends_a_study_before_any_work(
    tmp_path: Path, written: dict[str, str] | None, said: str
) -> None:
    if written is not None:
        (tmp_path / "index").mkdir()
        for name, text in written.items():
            (tmp_path / "index" / name).write_text(text, "utf-8")
    study = read_study(_with_benchmark(tmp_path, path="index", countries=["DE", "GB"]))
    with pytest.raises(StudyError) as caught:
        check_sources(study, tmp_path / "home")
    assert said in str(caught.value)
    assert "benchmark" in str(caught.value)


def test_a_country_whose_file_is_missing_is_said_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    row = "2024-01-01,DE,100,100,total postings\n"
    (tmp_path / "index" / "aggregate_job_postings_DE.csv").write_text(INDEX + row, "utf-8")
    study = read_study(_with_benchmark(tmp_path, path="index", countries=["DE", "GB"]))
    assert [said for said in check_sources(study, tmp_path / "home") if "no benchmark for GB" in said]


def test_the_same_windows_of_the_index_stand_beside_the_studys_own_countries(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    months = read_study(tiny_run.study_file).months.keys()
    rows = [
        f"{month}-15,US,{90 if month > '2025' else 100},0,{name} postings\n"
        for month in months
        for name in ("total", "new")
    ]
    (folder / "aggregate_job_postings_US.csv").write_text(INDEX + "".join(rows), "utf-8")
    root = tmp_path / "tiny"
    for name in ("postings", "duplicates"):
        shutil.copytree(tiny_run.root / name, root / name)
    study = read_study(_with_benchmark(tmp_path, path="index", countries=["US"]))
    _, made = decompose_market(study, StudyPlaces(root), tmp_path)
    found = made.table.to_pylist()
    assert {(row["country"], row["series"]) for row in found} == {("US", "total"), ("US", "new")}
    for row in found:
        assert row["benchmark_change"] == pytest.approx(-0.1)
        assert row["difference"] == pytest.approx(row["explained_by_mix"] + row["unexplained"])
