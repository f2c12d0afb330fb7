"""Gold questions: tasks whose answer the requester knows, mixed into the work to see who reads it.

What belongs here: reading the requester's list, and which workers' answers count. What does not: aggregation
(consensus.py). A gold question itself never becomes a label: it was chosen for being plain, and a label must come
from the random sample.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ml.labels.answers import AnswersFileError, normalised_wording, quoted, wording_index
from ml.labels.csv_rows import csv_rows
from ml.schema import WORKERS


def read_gold(
    path: Path, *, task_column: str, title_column: str, taxonomy: Mapping[str, str]
) -> dict[str, str]:
    """The gold questions of a CSV file with a header: task id -> title id.

    Raises AnswersFileError, naming file, row and field, for a file that is unreadable, lacks a column, or holds an
    answer that the taxonomy does not know: the requester's own list must be right.
    """
    titles = wording_index(taxonomy)
    gold: dict[str, str] = {}
    try:
        with csv_rows(path) as rows:
            header = next(rows, None) or []
            if missing := [name for name in (task_column, title_column) if name not in header]:
                raise AnswersFileError(f"{path.name}: the gold list lacks the column {', '.join(missing)}")
            task, title = header.index(task_column), header.index(title_column)
            for number, cells in enumerate(rows, start=1):
                if not any(cells):
                    continue
                known = (
                    titles.get(normalised_wording(cells[title])) if len(cells) > max(task, title) else None
                )
                if known is None:
                    said = quoted(cells[title]) if len(cells) > title else "nothing"
                    raise AnswersFileError(
                        f"{path.name}, row {number}, field {title_column}: {said} is neither an id nor a wording of "
                        "the taxonomy; correct the gold list"
                    )
                gold[cells[task].strip()] = known
    except (OSError, csv.Error) as error:
        raise AnswersFileError(f"{path.name}: cannot be read as CSV ({error})") from error
    return gold


def judge_workers(answers: pa.Table, gold: Mapping[str, str], least: int, pass_share: float) -> pa.Table:
    """One row per worker, sorted, in the schema WORKERS: answers given, gold questions met and answered right.

    `used` is False for a worker who met at least `least` gold questions and answered fewer than `pass_share` of them
    right. Who met fewer is trusted: too few questions say nothing.
    """
    tasks, titles = list(gold), list(gold.values())
    place = pc.index_in(answers.column("task_id"), value_set=pa.array(tasks, pa.string()))
    known = pa.array(titles, pa.string()).take(place)
    marked = pa.table(
        {
            "worker": answers.column("worker"),
            "gold": pc.is_valid(known).cast(pa.int64()),
            "right": pc.fill_null(pc.equal(known, answers.column("title_id")), False).cast(pa.int64()),
        }
    )
    counted = marked.group_by("worker").aggregate([("gold", "count"), ("gold", "sum"), ("right", "sum")])
    counted = counted.sort_by("worker")
    met, right = counted.column("gold_sum"), counted.column("right_sum")
    enough = pc.greater_equal(met, max(1, least))
    share = pc.divide(right.cast(pa.float64()), pc.max_element_wise(met, 1).cast(pa.float64()))
    return pa.Table.from_arrays(
        [
            counted.column("worker"),
            counted.column("gold_count"),
            met,
            right,
            pc.invert(pc.and_(enough, pc.less(share, pass_share))),
        ],
        schema=WORKERS,
    )


def usable_answers(answers: pa.Table, gold: Mapping[str, str], workers: pa.Table) -> pa.Table:
    """The answers that labels may rest on: those of used workers, to tasks that are not gold."""
    used = workers.filter(workers.column("used")).column("worker")
    return answers.filter(
        pc.and_(
            pc.is_in(answers.column("worker"), value_set=used.combine_chunks()),
            pc.invert(pc.is_in(answers.column("task_id"), value_set=pa.array(list(gold), pa.string()))),
        )
    )
