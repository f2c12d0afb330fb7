"""Studies that nobody labelled: what they make, and that neither needs more than their postings."""

from __future__ import annotations

import csv
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest
import yaml

from orchestration.definitions import build_defs
from orchestration.defs.marts import MARTS_OF_POSTINGS
from tests.conftest import jobtide

TITLES = ["Accountant", "Registered Nurse", "Software Engineer", "Sales Representative"]


@pytest.fixture(scope="module")
def graph(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> dg.AssetGraph:  # type: ignore[name-defined]
    return build_defs(tmp_path_factory.mktemp("home")).resolve_asset_graph()


def of_study(graph: dg.AssetGraph, study: str) -> set[str]:  # type: ignore[name-defined]
    return {key.path[-1] for key in graph.get_all_asset_keys() if key.path[0] == study}


def test_a_study_without_labels_makes_nothing_that_needs_a_title(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    made = of_study(graph, "ats")
    assert {"raw_postings", "postings", "duplicates", "conservation", "lifecycle", "data_docs"} <= made
    assert {name for name in made if name.startswith("mart_")} == {*MARTS_OF_POSTINGS, "mart_files"}
    assert not {"labels", "taxonomy", "title_model", "classifications", "estimates", "report"} & made


def test_a_study_labelled_by_wordings_makes_all_that_a_labelled_one_does(graph: dg.AssetGraph) -> None:  # type: ignore[name-defined]
    assert of_study(graph, "afriworket") == of_study(graph, "usajobs")


def write_study(folder: Path, **more: object) -> Path:
    rows = [
        (
            f"{number}",
            TITLES[number % 4],
            f"Employer {number % 23}",
            f"{2024 + number % 2}-01-{number % 28 + 1:02d}",
        )
        for number in range(320)
    ]
    with (folder / "ads.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("id", "job", "company", "day"), *rows, ("x", "Cook", "Inn", "soon")])
    with (folder / "seen.csv").open("w", encoding="utf-8", newline="") as stream:
        seen = [(key, company, f"2024-01-{day:02d}") for key, _, company, _ in rows[:40] for day in (1, 2, 3)]
        csv.writer(stream).writerows([("source_id", "employer", "seen_on"), *seen[:-1]])
    study = {
        "name": "shops",
        "title": "Shops",
        "months": {"from": "2024-01", "to": "2025-01"},
        "sources": [
            {
                "name": "board",
                "path": "ads.csv",
                "columns": {"source_id": "id", "title": "job", "employer": "company", "posted_date": "day"},
            }
        ],
        "lifecycle": {"path": "seen.csv"},
        **more,
    }
    path = folder / "shops.yaml"
    path.write_text(yaml.safe_dump(study), "utf-8")
    return path


def test_a_study_without_labels_runs_to_its_marts(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = jobtide(home, "run", str(write_study(tmp_path)))
    assert done.returncode == 0, done.stdout + done.stderr
    marts = home / "shops" / "marts"
    assert {path.stem for path in marts.glob("*.parquet")} == set(MARTS_OF_POSTINGS)
    (aside,) = pq.read_table(marts / "mart_quarantine.parquet").to_pylist()
    assert (aside["field"], aside["reason"], aside["records"]) == ("posted_date", "unparseable_date", 1)
    (month,) = pq.read_table(marts / "mart_flow_and_stock.parquet").to_pylist()
    assert (month["month"], month["days_observed"], month["closed"]) == ("2024-01", 3, 1)
    shown = jobtide(home, "show", "shops")
    assert "Flow and stock" in shown.stdout
    assert "every one" in shown.stdout


@pytest.mark.slow
def test_a_study_labelled_by_wordings_runs_to_its_report(tmp_path: Path) -> None:
    windows = [
        {"current": {"from": "2025-01", "to": "2025-01"}, "base": {"from": "2024-01", "to": "2024-01"}}
    ]
    path = write_study(
        tmp_path,
        labels={"kind": "wordings"},
        windows=windows,
        text=["title"],
        evaluation={"cross_fit": False, "folds": 2, "grid": []},
        contrastive={"steps": 20},
        forest={"trees": 10},
        estimates={"replicates": 100},
    )
    home = tmp_path / "home"
    done = jobtide(home, "run", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    (market,) = pq.read_table(home / "shops" / "marts" / "mart_market_yoy.parquet").to_pylist()
    assert (market["base_postings"], market["current_postings"]) == (160, 160)
    titles = pq.read_table(home / "shops" / "marts" / "mart_title_yoy.parquet").to_pylist()
    assert {"accountant", "registered-nurse", "software-engineer", "sales-representative"} <= {
        row["title_id"] for row in titles
    }
    assert {row["corrected_change"] for row in titles} == {None}, "unchecked labels correct nothing"
