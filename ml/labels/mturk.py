"""Amazon Mechanical Turk batch result files.

What belongs here: what is peculiar to these CSV files. The checks on an answer are in answers.py.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ml.labels.answers import AnswerCollector, AnswersFileError, AnswersRead, KnownTasks, quoted
from ml.labels.csv_rows import csv_rows
from ml.labels.times import provider_time

PROVIDER = "mturk"
STATUS, WORKER, TIME, ANNOTATION = "AssignmentStatus", "WorkerId", "SubmitTime", "RequesterAnnotation"
TAKEN_STATUSES = frozenset({"Approved", "Submitted"})
# The requester fills these two in later, so a file straight from the site has them in the header only.
LEFT_OUT = ("Approve", "Reject")
_BATCH = re.compile(r"BatchId:(\d+)", re.ASCII)


def read_mturk_batch(
    path: Path,
    *,
    task_column: str,
    answer_column: str,
    taxonomy: Mapping[str, str],
    known_tasks: KnownTasks | None,
    worker_key: bytes,
    batch: str | None = None,
) -> AnswersRead:
    """Read an MTurk batch result file.

    task_column: the input field that holds the task id, e.g. `Input.posting_id`.
    answer_column: the field with the chosen label, e.g. `Answer.title`.
    taxonomy: any accepted wording or id of a title -> title_id.
    known_tasks: given task ids, the subset that exists; None accepts all.
    batch: the batch's name; by default the BatchId of each row, else the file's name.

    Approved and Submitted assignments are taken. Rejected ones, and rows with a fault, are set aside with the
    file, row (first row under the header = 1), field and reason. Worker ids leave only as pseudonyms.
    Raises AnswersFileError for a file that is unreadable, empty, or without a column that is needed.
    """
    collector = AnswerCollector(
        file=path.name, provider=PROVIDER, taxonomy=taxonomy, known_tasks=known_tasks, worker_key=worker_key
    )
    try:
        with csv_rows(path) as rows:
            header = next(rows, None)
            if header is None:
                raise AnswersFileError(f"{path.name}: the file is empty; give an MTurk batch result file")
            places = _places(path.name, header, [task_column, answer_column, STATUS, WORKER, TIME])
            lengths = _lengths(header)
            for number, cells in enumerate(rows, start=1):
                if not any(cells):
                    continue
                row_batch = batch or _row_batch(header, cells) or path.stem
                _take(collector, number, cells, places, lengths, row_batch, task_column, answer_column)
    except (OSError, csv.Error) as error:
        raise AnswersFileError(f"{path.name}: cannot be read as CSV ({error})") from error
    return collector.finish()


def _take(
    collector: AnswerCollector,
    number: int,
    cells: Sequence[str],
    places: Mapping[str, int],
    lengths: tuple[int, int],
    batch: str,
    task_column: str,
    answer_column: str,
) -> None:
    if not lengths[0] <= len(cells) <= lengths[1]:
        detail = f"the row has {len(cells)} cells where the header has {lengths[1]}"
        return collector.reject(number, batch, "(row)", "wrong_number_of_cells", detail, None)
    task_id = cells[places[task_column]]
    status = cells[places[STATUS]].strip()
    if status == "Rejected":
        detail = "the requester rejected this assignment"
        return collector.reject(number, batch, STATUS, "assignment_rejected", detail, task_id)
    if status not in TAKEN_STATUSES:
        detail = f"{quoted(status)} is none of Approved, Submitted, Rejected"
        return collector.reject(number, batch, STATUS, "unknown_status", detail, task_id)
    time_text = cells[places[TIME]]
    try:
        time = provider_time(time_text)
    except ValueError as error:
        time = str(error)  # type: ignore[assignment]
    return collector.add(
        number,
        batch=batch,
        task=(task_column, task_id),
        worker=(WORKER, cells[places[WORKER]]),
        answer=(answer_column, cells[places[answer_column]]),
        time=(TIME, time),
    )


def _places(file: str, header: Sequence[str], needed: Sequence[str]) -> dict[str, int]:
    missing = [name for name in needed if header.count(name) != 1]
    if missing:
        offered = ", ".join(quoted(name) for name in header[:60])
        raise AnswersFileError(
            f"{file}: needs each of these columns exactly once: {', '.join(missing)}; the file has {offered}"
        )
    return {name: header.index(name) for name in needed}


def _lengths(header: Sequence[str]) -> tuple[int, int]:
    """The fewest and the most cells a row may have."""
    left_out = len(LEFT_OUT) if tuple(header[-len(LEFT_OUT) :]) == LEFT_OUT else 0
    return len(header) - left_out, len(header)


def _row_batch(header: Sequence[str], cells: Sequence[str]) -> str | None:
    place = header.index(ANNOTATION) if ANNOTATION in header else len(cells)
    found = _BATCH.search(cells[place]) if place < len(cells) else None
    return found[1] if found else None
