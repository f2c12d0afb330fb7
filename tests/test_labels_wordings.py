"""Labels from the wordings of titles: which postings get one, and what such a study may not claim."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from ml.classification import Classified
from ml.classification_table import Prediction, classification_table
from ml.labels.wordings import METHOD, wording_labels
from ml.schema import BY_WORDING, LABELS
from ml.titles import TitleHit, TitleSearch
from orchestration.study import StudyError, WordingLabels, read_study
from orchestration.taxonomies import jobtide_seeds

TITLES = {
    "p1": "Accountant",
    "p2": "会计",
    "p3": "Registered Nurse",
    "p4": "Zzyzx quux",
    "p5": None,
    "p6": "Accountant",
}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    path = tmp_path / "postings.parquet"
    pq.write_table(
        pa.table({"posting_id": list(TITLES), "title": pa.array(list(TITLES.values()), pa.string())}), path
    )
    return [str(path)]


def labels(files: list[str], find, size: int = 100, least_score: float = 0.7, seed: int = 0) -> pa.Table:  # type: ignore[no-untyped-def]
    return wording_labels(
        files,
        find,
        size=size,
        least_score=least_score,
        seed=seed,
        label_version="l",
        taxonomy_version="t",
    )


def test_a_posting_is_labelled_where_its_title_is_a_wording_of_the_taxonomy(files: list[str]) -> None:
    table = labels(files, TitleSearch(jobtide_seeds().cards()).find)
    assert table.schema.equals(LABELS)
    found = {row["posting_id"]: row["title_id"] for row in table.to_pylist()}
    assert found == {"p1": "accountant", "p2": "accountant", "p3": "registered-nurse", "p6": "accountant"}
    assert set(table.column("method").to_pylist()) == {METHOD}
    assert min(table.column("confidence").to_pylist()) >= 0.7


def test_each_distinct_title_is_asked_once_and_a_tie_or_a_weak_fit_is_no_label(files: list[str]) -> None:
    asked: list[str] = []
    answers = {
        "Accountant": [TitleHit("accountant", 0.9, ""), TitleHit("bookkeeper", 0.8, "")],
        "会计": [TitleHit("accountant", 0.9, ""), TitleHit("bookkeeper", 0.9, "")],
        "Registered Nurse": [TitleHit("registered-nurse", 0.8, "")],
        "Zzyzx quux": [TitleHit("baker", 0.69, "")],
    }

    def find(title: str, limit: int) -> list[TitleHit]:
        asked.append(title)
        return answers[title]

    found = {row["posting_id"]: row["confidence"] for row in labels(files, find).to_pylist()}
    assert found == {"p1": 0.9, "p3": 0.8, "p6": 0.9}
    assert sorted(asked) == sorted(answers)


def test_the_draw_depends_on_the_seed_alone(files: list[str]) -> None:
    def find(title: str, limit: int) -> list[TitleHit]:
        return [TitleHit(title, 1.0, title)]

    draws = {
        tuple(labels(files, find, size=3, seed=seed).column("posting_id").to_pylist()) for seed in range(9)
    }
    assert len(draws) > 1
    assert labels(files, find, size=3).equals(labels(files, find, size=3))
    assert all(len(draw) == 3 for draw in draws)


def test_titles_that_name_no_standard_title_are_refused_with_the_way_to_mend_it(files: list[str]) -> None:
    with pytest.raises(ValueError, match=r"name 0 of the standard titles; lower labels\.least_score"):
        labels(files, lambda title, limit: [])


def test_a_labelled_posting_keeps_the_title_that_its_wording_says() -> None:
    classified = Classified(
        pa.array(["baker", "baker"]),
        pa.array([0.4, 0.4], pa.float32()),
        pa.array([None, None], pa.string()),
        pa.array([None, None], pa.float32()),
        embeddings=None,  # type: ignore[arg-type]
    )
    known = {"p1": Prediction("accountant", 0.9, None, None)}
    table = classification_table(["p1", "p2"], ["2024-01"] * 2, classified, known, 0.1, "m", BY_WORDING)
    assert table.column("title_id").to_pylist() == ["accountant", "baker"]
    assert table.column("evaluation").to_pylist() == ["wording", "model"]


STUDY = {
    "name": "shops",
    "title": "Shops",
    "months": {"from": "2024-01", "to": "2025-12"},
    "sources": [{"name": "board", "path": "ads.csv", "columns": {"title": "job"}}],
}
WINDOWS = [{"current": {"from": "2025-01", "to": "2025-12"}, "base": {"from": "2024-01", "to": "2024-12"}}]


def written(folder: Path, **more: object) -> Path:
    path = folder / "shops.yaml"
    path.write_text(yaml.safe_dump({**STUDY, **more}), "utf-8")
    return path


def test_unchecked_labels_correct_nothing_and_the_study_has_to_say_so(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cross_fit: false"):
        read_study(written(tmp_path, labels={"kind": "wordings"}, windows=WINDOWS))
    study = read_study(
        written(tmp_path, labels={"kind": "wordings"}, windows=WINDOWS, evaluation={"cross_fit": False})
    )
    assert isinstance(study.labels, WordingLabels)


def test_a_study_without_labels_ends_with_its_postings(tmp_path: Path) -> None:
    study = read_study(written(tmp_path))
    assert not study.classified
    with pytest.raises(StudyError, match="labels: a study with `windows`"):
        read_study(written(tmp_path, windows=WINDOWS))
    with pytest.raises(StudyError, match="windows: name at least one pair"):
        read_study(written(tmp_path, labels={"kind": "wordings"}, evaluation={"cross_fit": False}))
