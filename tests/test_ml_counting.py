"""From labels given by a source to a score: sampling, texts, the table of classifications, the scorer."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml.classification import Classified
from ml.classification_table import Prediction, classification_table
from ml.corpus import MAXIMUM_CHARACTERS, compose_texts, labelled_corpus
from ml.labels.sampling import sample_labels
from ml.schema import LABELS
from ml.scoring import score_against_gold


def gold_files(folder: Path, rows: list[tuple[str, str]]) -> list[str]:
    """The rows in two files, the second half first."""
    half = len(rows) // 2
    paths = []
    for name, part in (("b.parquet", rows[half:]), ("a.parquet", rows[:half])):
        table = pa.table({"posting_id": [r[0] for r in part], "title_id": [r[1] for r in part]})
        pq.write_table(table, folder / name)
        paths.append(str(folder / name))
    return paths


def test_a_sample_has_the_asked_size_and_depends_on_the_seed_but_not_on_the_order_of_files(tmp_path: Path):
    files = gold_files(tmp_path, [(f"p{n:03d}", f"t{n % 4}") for n in range(200)])
    sample = sample_labels(files, 50, 1, "l1", "t1")
    assert sample.num_rows == 50
    assert len(set(sample.column("posting_id").to_pylist())) == 50
    assert sample.schema == LABELS
    assert sample.equals(sample_labels(files[::-1], 50, 1, "l1", "t1"))
    other = sample_labels(files, 50, 2, "l1", "t1")
    assert set(other.column("posting_id").to_pylist()) != set(sample.column("posting_id").to_pylist())


def test_a_sample_larger_than_the_labels_that_are_there_is_refused_with_the_number(tmp_path: Path):
    files = gold_files(tmp_path, [("p1", "a"), ("p2", "b")])
    with pytest.raises(ValueError, match="only 2 postings"):
        sample_labels(files, 3, 0, "l1", "t1")


def test_a_text_holds_the_chosen_fields_without_the_empty_ones_and_is_bounded():
    rows = pa.table({"title": ["Cook", None, ""], "description": ["Cooks.", "Nurses.", None]})
    assert compose_texts(rows, ["title", "description"]) == ["Cook\nCooks.", "Nurses.", ""]
    long = pa.table({"title": ["x" * (MAXIMUM_CHARACTERS + 1)]})
    assert len(compose_texts(long, ["title"])[0]) == MAXIMUM_CHARACTERS


def test_labelled_postings_come_with_their_texts_in_the_order_of_their_ids(tmp_path: Path):
    path = tmp_path / "postings.parquet"
    ids = ["c", "a", "b"]
    pq.write_table(pa.table({"posting_id": ids, "employer_id": ["e"] * 3, "title": ["C", "A", "B"]}), path)
    labels = pa.table(
        {"posting_id": ["b", "a", "gone"], "title_id": ["x", "y", "z"], "confidence": [1.0, 0.5, 1.0]}
    )
    corpus = labelled_corpus([str(path)], labels, ["title"])
    assert corpus.select(["posting_id", "title_id", "text"]).to_pylist() == [
        {"posting_id": "a", "title_id": "y", "text": "A"},
        {"posting_id": "b", "title_id": "x", "text": "B"},
    ]


def test_a_labelled_posting_takes_its_out_of_fold_prediction_and_an_unsure_one_is_unassigned():
    found = Classified(
        best_title_id=pa.array(["cook", "cook", "nurse"]),
        probability=pa.array([0.9, 0.05, 1.0], pa.float32()),
        second_title_id=pa.array(["nurse", "nurse", None]),
        second_probability=pa.array([0.1, 0.04, None], pa.float32()),
        embeddings=np.zeros((3, 2), dtype=np.float32),
    )
    honest = {"p3": Prediction("driver", 0.4, "cook", 0.3)}
    rows = classification_table(["p1", "p2", "p3"], ["2024-01"] * 3, found, honest, 0.1, "m1").to_pylist()
    assert [row["title_id"] for row in rows] == ["cook", "unassigned", "driver"]
    assert [row["best_title_id"] for row in rows] == ["cook", "cook", "driver"]
    assert [row["evaluation"] for row in rows] == ["model", "model", "out_of_fold"]
    assert rows[2]["second_title_id"] == "cook"


def test_the_scorer_reads_hidden_labels_only_for_accuracy_and_all_postings_for_the_changes(tmp_path: Path):
    truth, predicted = [], []
    for n in range(400):
        month = "2024-02" if n < 200 else "2025-02"
        title = "a" if n % 2 else "b"
        # Of the b of 2025, a quarter is taken for a.
        guess = "a" if title == "b" and month == "2025-02" and n % 8 == 0 else title
        truth.append((f"p{n:03d}", title))
        predicted.append((f"p{n:03d}", month, guess))
    gold = gold_files(tmp_path, truth)
    table = pa.table(
        {
            name: [r[i] for r in predicted]
            for i, name in enumerate(("posting_id", "posting_month", "title_id"))
        }
    )
    pq.write_table(table, tmp_path / "classified.parquet")
    labelled = [f"p{n:03d}" for n in range(0, 400, 8)]
    score = score_against_gold(
        gold, [str(tmp_path / "classified.parquet")], labelled, ["2024-02"], ["2025-02"], 100
    )
    assert score.hidden == 350
    assert score.hidden_accuracy == 1.0, "the mistakes are all among the labelled"
    assert score.titles == 2
    expected = (math.log(125.5 / 100.5) - math.log(75.5 / 100.5)) / 2
    assert score.log_ratio_error == pytest.approx(expected)
    assert score.points_error == pytest.approx(50 * ((125.5 - 75.5) / 100.5))


def test_a_score_without_hidden_labels_is_refused(tmp_path: Path):
    gold = gold_files(tmp_path, [("p1", "a"), ("p2", "a")])
    table = pa.table({"posting_id": ["p1", "p2"], "posting_month": ["2024-02"] * 2, "title_id": ["a"] * 2})
    pq.write_table(table, tmp_path / "classified.parquet")
    with pytest.raises(ValueError, match="nothing to score"):
        score_against_gold(
            gold, [str(tmp_path / "classified.parquet")], ["p1", "p2"], ["2024-02"], ["2025-02"]
        )
