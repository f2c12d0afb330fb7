"""Gold questions: who does not read them is not believed, and they never become labels themselves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest

from ml.labels.answers import AnswersFileError
from ml.labels.gold import judge_workers, read_gold, usable_answers
from ml.schema import ANSWERS

TAXONOMY = {"Nurse": "nurse", "护士": "nurse", "Welder": "welder", "焊工": "welder"}
GOLD = {"g1": "nurse", "g2": "welder", "g3": "nurse"}


def _answers(*rows: tuple[str, str, str]) -> pa.Table:
    time = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    names = ("task_id", "worker", "title_id", "answered_at", "provider", "batch")
    return pa.Table.from_pylist(
        [dict(zip(names, (*row, time, "p", "b"), strict=True)) for row in rows], ANSWERS
    )


CROWD = _answers(
    ("g1", "reader", "nurse"),
    ("g2", "reader", "welder"),
    ("g3", "reader", "welder"),
    ("t1", "reader", "nurse"),
    ("g1", "clicker", "welder"),
    ("g2", "clicker", "nurse"),
    ("g3", "clicker", "nurse"),
    ("t1", "clicker", "welder"),
    ("g1", "newcomer", "welder"),
    ("t2", "newcomer", "welder"),
)


def _file(folder: Path, text: str) -> Path:
    path = folder / "gold.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_worker_who_misses_too_many_gold_questions_is_not_used_and_one_who_met_few_is_trusted() -> None:
    workers = judge_workers(CROWD, GOLD, least=3, pass_share=0.6).to_pylist()
    assert workers == [
        {"worker": "clicker", "answers": 4, "gold_answers": 3, "gold_right": 1, "used": False},
        {"worker": "newcomer", "answers": 2, "gold_answers": 1, "gold_right": 0, "used": True},
        {"worker": "reader", "answers": 4, "gold_answers": 3, "gold_right": 2, "used": True},
    ]


def test_labels_rest_on_the_other_answers_of_used_workers_and_gold_questions_never_become_labels() -> None:
    usable = usable_answers(CROWD, GOLD, judge_workers(CROWD, GOLD, least=3, pass_share=0.6))
    assert [(row["task_id"], row["worker"]) for row in usable.to_pylist()] == [
        ("t1", "reader"),
        ("t2", "newcomer"),
    ]


def test_without_gold_questions_every_answer_is_used() -> None:
    workers = judge_workers(CROWD, {}, least=1, pass_share=0.0)
    assert usable_answers(CROWD, {}, workers).equals(CROWD)
    assert judge_workers(ANSWERS.empty_table(), GOLD, least=1, pass_share=0.5).num_rows == 0


def test_a_gold_list_may_use_any_wording_of_a_title(tmp_path: Path) -> None:
    path = _file(tmp_path, "source_id,title\ng1, NURSE\n\ng2,焊工\n")
    found = read_gold(path, task_column="source_id", title_column="title", taxonomy=TAXONOMY)
    assert found == {"g1": "nurse", "g2": "welder"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source_id,title\ng1,Nurse\ng2,Plumber\n", "gold.csv, row 2, field title: 'Plumber'"),
        ("source_id,title\ng1\n", "gold.csv, row 1, field title: nothing"),
        ("id,title\ng1,Nurse\n", "lacks the column source_id"),
        ("", "lacks the column source_id, title"),
    ],
)
def test_a_faulty_gold_list_is_refused_with_file_row_and_field(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(AnswersFileError) as error:
        read_gold(_file(tmp_path, text), task_column="source_id", title_column="title", taxonomy=TAXONOMY)
    assert words in str(error.value)
