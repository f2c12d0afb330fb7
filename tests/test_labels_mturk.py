"""MTurk result files: what is taken, what is set aside, and what a person is told."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.labels.answers import AnswersFileError, AnswersRead
from ml.labels.mturk import read_mturk_batch
from ml.labels.pseudonyms import worker_pseudonym
from ml.labels.times import provider_time
from ml.schema import ANSWERS, REJECTED_ANSWERS

KEY = b"a key of at least sixteen bytes"
HEADER = [
    "HITId", "RequesterAnnotation", "WorkerId", "AssignmentStatus", "SubmitTime",
    "Input.posting_id", "Answer.title", "Approve", "Reject",
]  # fmt: skip
TAXONOMY = {"data-engineer": "data-engineer", "Data  Engineer": "data-engineer", "Nurse": "nurse"}
REAL = Path(__file__).parent.parent.parent / "shared" / "data" / "mturk"


def row(
    task: str = "p1",
    answer: str = "nurse",
    worker: str = "A1",
    status: str = "Approved",
    time: str = "Wed Apr 04 10:26:53 PDT 2018",
) -> list[str]:
    return ["H", "BatchId:77;OriginalHitTemplateId:1;", worker, status, time, task, answer]


def read(
    path: Path, rows: list[list[str]], header: list[str] = HEADER, known: set[str] | None = None
) -> AnswersRead:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return read_mturk_batch(
        path,
        task_column="Input.posting_id",
        answer_column="Answer.title",
        taxonomy=TAXONOMY,
        known_tasks=None if known is None else lambda tasks: known & set(tasks),
        worker_key=KEY,
    )


def test_a_row_that_ends_before_approve_and_reject_is_taken(tmp_path: Path) -> None:
    found = read(tmp_path / "batch.csv", [row(answer=" DATA engineer "), [*row(task="p2"), "x", ""]])
    assert found.answers.schema == ANSWERS
    assert found.rejected.schema == REJECTED_ANSWERS
    assert found.rejected.num_rows == 0
    assert found.answers.to_pylist()[0] == {
        "task_id": "p1",
        "worker": worker_pseudonym("A1", KEY),
        "title_id": "data-engineer",
        "answered_at": datetime(2018, 4, 4, 17, 26, 53, tzinfo=UTC),
        "provider": "mturk",
        "batch": "77",
    }


def test_no_worker_id_leaves_the_reader(tmp_path: Path) -> None:
    found = read(tmp_path / "b.csv", [row(worker="A1SECRET"), row(worker="A1SECRET", status="Rejected")])
    assert "A1SECRET" not in str(found.answers.to_pylist()) + str(found.rejected.to_pylist())


@pytest.mark.parametrize(
    ("fault", "reason", "field"),
    [
        (row(status="Rejected"), "assignment_rejected", "AssignmentStatus"),
        (row(status="Lost"), "unknown_status", "AssignmentStatus"),
        (row(answer="astronaut"), "unknown_label", "Answer.title"),
        (row(answer=" "), "missing_label", "Answer.title"),
        (row(task=""), "missing_task", "Input.posting_id"),
        (row(task="p9"), "unknown_task", "Input.posting_id"),
        (row(worker=""), "missing_worker", "WorkerId"),
        (row(time="Wed Apr 31 10:26:53 PDT 2018"), "bad_time", "SubmitTime"),
        (row(time="Wed Apr 04 10:26:53 IST 2018"), "bad_time", "SubmitTime"),
        (row()[:-1], "wrong_number_of_cells", "(row)"),
        ([*row(), "", "", "one too many"], "wrong_number_of_cells", "(row)"),
    ],
)
def test_a_faulty_row_is_set_aside_with_file_row_and_field_and_the_rest_goes_through(
    tmp_path: Path, fault: list[str], reason: str, field: str
) -> None:
    found = read(tmp_path / "batch.csv", [row(), fault, row(task="p2")], known={"p1", "p2"})
    assert found.answers.column("task_id").to_pylist() == ["p1", "p2"]
    (rejected,) = found.rejected.to_pylist()
    assert rejected["reason"] == reason
    assert rejected["row"] == 2
    assert rejected["message"].startswith(f"batch.csv, row 2, field {field}: ")


def test_a_submitted_row_counts_before_the_requester_has_approved_it(tmp_path: Path) -> None:
    assert read(tmp_path / "b.csv", [row(status="Submitted")]).answers.num_rows == 1


def test_a_cell_of_five_megabytes_spoils_only_its_own_row(tmp_path: Path) -> None:
    found = read(tmp_path / "b.csv", [row(answer="x" * 5_000_000), row()])
    assert found.answers.num_rows == 1
    (rejected,) = found.rejected.to_pylist()
    assert rejected["reason"] == "unknown_label"
    assert len(rejected["message"]) < 300


def test_a_byte_order_mark_and_foreign_bytes_cost_no_other_row(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    read(path, [row(answer="Nurse"), row(answer="N?rse"), row()])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"N?rse", b"N\xfcrse"))
    found = read_mturk_batch(
        path,
        task_column="Input.posting_id",
        answer_column="Answer.title",
        taxonomy=TAXONOMY,
        known_tasks=None,
        worker_key=KEY,
        batch="named",
    )
    assert found.answers.column("batch").to_pylist() == ["named", "named"]
    assert found.rejected.column("reason").to_pylist() == ["unknown_label"]


def test_a_file_without_a_needed_column_is_refused_with_the_columns_it_has(tmp_path: Path) -> None:
    header = [name if name != "SubmitTime" else "When" for name in HEADER]
    with pytest.raises(AnswersFileError, match=r"batch\.csv.*SubmitTime.*'When'"):
        read(tmp_path / "batch.csv", [row()], header)


def test_an_empty_file_and_a_missing_file_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    for name in ("empty.csv", "absent.csv"):
        with pytest.raises(AnswersFileError, match=name):
            read_mturk_batch(
                tmp_path / name,
                task_column="a",
                answer_column="b",
                taxonomy=TAXONOMY,
                known_tasks=None,
                worker_key=KEY,
            )


def test_one_wording_for_two_titles_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    read(path, [row()])
    with pytest.raises(ValueError, match="two titles"):
        read_mturk_batch(
            path,
            task_column="Input.posting_id",
            answer_column="Answer.title",
            taxonomy={"Nurse": "a", "nurse ": "b"},
            known_tasks=None,
            worker_key=KEY,
        )


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Wed Jan 03 10:26:53 PST 2018", 18),
        ("Wed Jul 04 10:26:53 EDT 2018", 14),
        ("Wed Jul 04 10:26:53 UTC 2018", 10),
        ("2018-07-04 10:26:53 UTC", 10),
        ("2018-07-04T10:26:53+08:00", 2),
        ("2018-07-04 10:26:53", 10),
    ],
)
def test_local_times_become_utc(text: str, hour: int) -> None:
    found = provider_time(text)
    assert (found.hour, found.minute, found.tzinfo) == (hour, 26, UTC)


@given(st.text(max_size=60))
def test_any_text_is_a_time_or_a_plain_refusal(text: str) -> None:
    try:
        zone = provider_time(text).tzinfo
    except ValueError:
        return
    assert zone is UTC


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2100, 1, 1)),
    st.sampled_from(["PDT", "CET"]),
)
def test_every_mturk_time_keeps_its_instant(stamp: datetime, zone: str) -> None:
    stamp = stamp.replace(microsecond=0)
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    text = f"Mon {months[stamp.month - 1]} {stamp:%d %H:%M:%S} {zone} {stamp.year}"
    away = provider_time(text).replace(tzinfo=None) - stamp
    assert away.total_seconds() == {"PDT": 7, "CET": -1}[zone] * 3600


@given(rows=st.lists(st.lists(st.text(max_size=12), max_size=11), max_size=8))
def test_every_row_of_any_file_is_taken_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "b.csv"
    found = read(path, rows)
    with path.open(newline="", encoding="utf-8-sig") as stream:
        written = [cells for cells in list(csv.reader(stream))[1:] if any(cells)]
    assert found.answers.num_rows + found.rejected.num_rows == len(written)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real MTurk files are not beside this checkout")
def test_two_real_batch_files_are_read_to_the_row() -> None:
    path = REAL / "Batch_3180686_bib_number_annotation_results.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        wordings = {cells["Answer.annotation_data"] for cells in csv.DictReader(stream)}
    found = read_mturk_batch(
        path,
        task_column="Input.objects_to_find",
        answer_column="Answer.annotation_data",
        taxonomy=dict.fromkeys(wordings, "marked"),
        known_tasks=None,
        worker_key=KEY,
    )
    assert (found.answers.num_rows, found.rejected.num_rows) == (2096, 136)
    assert set(found.rejected.column("reason").to_pylist()) == {"assignment_rejected"}
    other = read_mturk_batch(
        REAL / "monolingual_alignment_test_batch_results.csv",
        task_column="Input.pairID",
        answer_column="Answer.submit",
        taxonomy={"submit": "done"},
        known_tasks=None,
        worker_key=KEY,
    )
    assert (other.answers.num_rows, other.rejected.num_rows) == (46, 0)
