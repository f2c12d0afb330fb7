"""Answers become labels: what counts, how ties are settled, and how good it is on real crowds."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ml.labels.answers import AnswersFileError
from ml.labels.answers_file import read_answers_file
from ml.labels.consensus import consensus
from ml.labels.pseudonyms import worker_pseudonym
from ml.schema import ANSWERS, LABELS

KEY = b"a key of at least sixteen bytes"
CROWDS = Path(__file__).parent.parent.parent / "shared" / "data" / "crowd_labels"
DAY = datetime(2025, 1, 1, tzinfo=UTC)


def answers(*rows: tuple[str, str, str], days: list[int] | None = None) -> pa.Table:
    return pa.Table.from_pydict(
        {
            "task_id": [task for task, _, _ in rows],
            "worker": [worker for _, worker, _ in rows],
            "title_id": [title for _, _, title in rows],
            "answered_at": [DAY + timedelta(days=day) for day in days or [0] * len(rows)],
            "provider": ["test"] * len(rows),
            "batch": ["b"] * len(rows),
        },
        schema=ANSWERS,
    )


@pytest.mark.parametrize("method", ["majority", "dawid_skene_one_coin"])
def test_the_label_is_what_most_workers_answered(method: str) -> None:
    table = answers(
        *[("t1", w, "nurse") for w in "abc"], ("t1", "d", "cook"), *[("t2", w, "cook") for w in "abcd"]
    )
    labels = consensus(table, method, "t1")  # type: ignore[arg-type]
    assert labels.schema == LABELS
    first, second = labels.to_pylist()
    assert (first["posting_id"], first["title_id"], first["answers"], first["agreement"]) == (
        "t1",
        "nurse",
        4,
        0.75,
    )
    assert (second["title_id"], second["agreement"]) == ("cook", 1.0)
    assert first["label_version"] == second["label_version"]
    assert len(first["label_version"]) == 16
    assert 0.5 < first["confidence"] <= second["confidence"] <= 1.0


def test_a_worker_who_answers_twice_counts_once_with_the_latest_answer() -> None:
    table = answers(("t", "a", "cook"), ("t", "a", "nurse"), ("t", "b", "nurse"), days=[5, 1, 2])
    (label,) = consensus(table, "majority", "t1").to_pylist()
    assert (label["answers"], label["agreement"]) == (2, 0.5)
    swapped = answers(("t", "a", "cook"), ("t", "a", "nurse"), ("t", "b", "nurse"), days=[1, 5, 2])
    (label,) = consensus(swapped, "majority", "t1").to_pylist()
    assert (label["title_id"], label["confidence"]) == ("nurse", 1.0)


@pytest.mark.parametrize("method", ["majority", "dawid_skene_one_coin"])
def test_a_tie_is_settled_the_same_way_whatever_the_order_of_the_rows(method: str) -> None:
    rows = [
        ("t1", "a", "nurse"),
        ("t1", "b", "cook"),
        ("t2", "a", "baker"),
        ("t2", "b", "cook"),
        ("t2", "c", "actor"),
    ]
    forward = consensus(answers(*rows), method, "t1")  # type: ignore[arg-type]
    backward = consensus(answers(*reversed(rows)), method, "t1")  # type: ignore[arg-type]
    assert forward.equals(backward)
    if method == "majority":
        assert forward.column("title_id").to_pylist() == ["cook", "cook"]


def test_a_careless_worker_loses_against_careful_ones_under_one_coin() -> None:
    rows = [(f"t{n}", worker, "nurse" if n % 2 else "cook") for n in range(20) for worker in ("good", "fine")]
    rows += [(f"t{n}", "careless", "baker") for n in range(20)]
    rows += [("contested", "good", "nurse"), ("contested", "careless", "baker")]
    labels = {
        row["posting_id"]: row for row in consensus(answers(*rows), "dawid_skene_one_coin", "t1").to_pylist()
    }
    assert labels["contested"]["title_id"] == "nurse"
    assert labels["contested"]["confidence"] > 0.8


def test_no_answers_give_an_empty_table_and_a_wrong_method_a_plain_message() -> None:
    assert consensus(ANSWERS.empty_table(), "majority", "t1").schema == LABELS
    with pytest.raises(ValueError, match="majority, dawid_skene_one_coin"):
        consensus(answers(("t", "a", "x")), "guess", "t1")  # type: ignore[arg-type]


@pytest.mark.skipif(not CROWDS.is_dir(), reason="the crowd answers with gold are not beside this checkout")
@pytest.mark.parametrize(
    ("crowd", "method", "accuracy"),
    [
        ("dog", "majority", 0.8116),
        ("dog", "dawid_skene_one_coin", 0.8302),
        ("face_sentiment", "majority", 0.6301),
        ("face_sentiment", "dawid_skene_one_coin", 0.6113),
    ],
)
def test_real_crowds_reach_the_known_accuracy(crowd: str, method: str, accuracy: float) -> None:
    def rows(kind: str) -> list[dict[str, str]]:
        with (CROWDS / f"{crowd}_{kind}.csv").open(encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    gold = {row["question"]: row["truth"] for row in rows("truth")}
    table = answers(*[(row["question"], row["worker"], row["answer"]) for row in rows("answer")])
    labels = consensus(table, method, "t1").to_pylist()  # type: ignore[arg-type]
    judged = [row for row in labels if row["posting_id"] in gold]
    assert len(judged) == len(gold)
    right = sum(gold[row["posting_id"]] == row["title_id"] for row in judged)
    assert right / len(judged) == pytest.approx(accuracy, abs=0.005)


def test_the_same_worker_keeps_one_pseudonym_and_another_key_gives_another() -> None:
    assert worker_pseudonym("A1", KEY) == worker_pseudonym("A1", KEY)
    assert (
        len({worker_pseudonym("A1", KEY), worker_pseudonym("A2", KEY), worker_pseudonym("A1", KEY + b"!")})
        == 3
    )
    assert len(worker_pseudonym("A1", KEY)) == 64
    with pytest.raises(ValueError, match="at least 16"):
        worker_pseudonym("A1", b"short")
    with pytest.raises(ValueError, match="empty worker"):
        worker_pseudonym("", KEY)


COLUMNS = {"task": "posting", "worker": "who", "answer": "label", "answered_at": "when"}


def test_csv_and_parquet_answers_of_any_provider_give_the_same_table(tmp_path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    table = pa.table(
        {
            "posting": ["p1", "p2", "p3"],
            "who": ["w", "w", None],
            "label": ["Nurse", "pilot", "nurse"],
            "when": ["2025-03-01T08:00:00Z", "2025-03-01T08:00:00Z", "2025-03-01T08:00:00Z"],
        }
    )
    pyarrow.csv.write_csv(table, tmp_path / "answers.csv")
    pyarrow.parquet.write_table(table, tmp_path / "answers.parquet")
    found = [
        read_answers_file(
            tmp_path / name,
            columns=COLUMNS,
            taxonomy={"nurse": "nurse"},
            known_tasks=None,
            worker_key=KEY,
            provider="own panel",
        )
        for name in ("answers.csv", "answers.parquet")
    ]
    assert found[0].answers.equals(found[1].answers)
    assert found[0].answers.num_rows == 1
    for read in found:
        assert read.rejected.column("reason").to_pylist() == ["unknown_label", "missing_worker"]
        assert read.rejected.column("row").to_pylist() == [2, 3]


def test_an_answers_file_that_lacks_a_column_or_is_cut_off_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("posting,who,label\np,w,nurse\n", "utf-8")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and nothing more")
    for name, said in (("a.csv", "when"), ("b.parquet", "Parquet")):
        with pytest.raises(AnswersFileError, match=rf"{name}.*{said}"):
            read_answers_file(
                tmp_path / name,
                columns=COLUMNS,
                taxonomy={"nurse": "nurse"},
                known_tasks=None,
                worker_key=KEY,
                provider="p",
            )
    with pytest.raises(ValueError, match="answered_at"):
        read_answers_file(
            tmp_path / "a.csv",
            columns={"task": "posting", "worker": "who", "answer": "label"},
            taxonomy={},
            known_tasks=None,
            worker_key=KEY,
            provider="p",
        )


def test_the_fast_one_coin_gives_what_crowd_kit_gives() -> None:
    from crowdkit.aggregation import OneCoinDawidSkene

    from ml.labels.one_coin import FastOneCoinDawidSkene

    random = np.random.default_rng(4)
    truth = random.integers(0, 6, 60)
    rows = []
    for worker, skill in enumerate((0.95, 0.9, 0.7, 0.5, 0.2)):
        for task, title in enumerate(truth):
            if random.random() < 0.8:
                answer = title if random.random() < skill else random.integers(0, 6)
                rows.append((f"task {task}", f"worker {worker}", f"title {answer}"))
    frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
    theirs, ours = OneCoinDawidSkene(n_iter=100), FastOneCoinDawidSkene(n_iter=100)
    expected = theirs.fit_predict_proba(frame)
    found = ours.fit_predict_proba(frame)
    pd.testing.assert_frame_equal(found, expected[found.columns].loc[found.index], atol=1e-9)
    assert len(ours.loss_history_) == len(theirs.loss_history_)


def test_other_pseudonyms_give_the_same_labels_and_the_same_version() -> None:
    rows = [
        (f"task {n % 20}", f"worker {n % 7}", f"title {(n % 20) % 3 if n % 5 else 2}") for n in range(100)
    ]
    renamed = [(task, f"someone {9 - int(worker[-1])}", title) for task, worker, title in rows]
    for method in ("majority", "dawid_skene_one_coin"):
        assert consensus(answers(*rows), method, "t1").equals(consensus(answers(*renamed), method, "t1"))
