"""Crowd answers come in: files of a provider become the provider-neutral table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from ml.labels.answers import AnswersRead
from ml.schema import ANSWERS, REJECTED_ANSWERS
from orchestration.home import StudyPlaces
from orchestration.study import AnswerFileLabels, CrowdLabels, MturkLabels, Study
from orchestration.study_sources import matching_files
from orchestration.taxonomies import accepted_wordings
from storage import file_fingerprint, fingerprint


def read_answers(
    study: Study, labels: CrowdLabels, places: StudyPlaces, home: Path, key: bytes
) -> tuple[pa.Table, pa.Table]:
    """Read all answer files of the study; writes and returns (answers, rejected answers)."""
    files = [path for template in labels.files for path in matching_files(template, study, home)]
    task_id = _task_id(labels.task_source)
    parts = [
        _read(path, labels, accepted_wordings(places.taxonomy), _known_tasks(places, task_id), key)
        for path in files
    ]
    taken = pa.concat_tables([ANSWERS.empty_table(), *(part.answers for part in parts)])
    tasks = pa.array([task_id(task) for task in taken.column("task_id").to_pylist()], pa.string())
    taken = taken.set_column(0, ANSWERS.field("task_id"), tasks)
    rejected = pa.concat_tables([REJECTED_ANSWERS.empty_table(), *(part.rejected for part in parts)])
    mark = fingerprint(
        "answers-1",
        [file_fingerprint(path) for path in files],
        labels.model_dump(),
        places.taxonomy.version(),
        places.postings.version(),
    )
    places.answers.write_table(taken, mark)
    places.rejected_answers.write_table(rejected, mark)
    return taken, rejected


def judge_crowd(
    study: Study, labels: CrowdLabels, places: StudyPlaces, home: Path
) -> tuple[pa.Table, pa.Table]:
    """Judge the workers by the study's gold questions, if it has any; writes and returns (usable answers, workers)."""
    from ml.labels.gold import judge_workers, read_gold, usable_answers

    answers = places.answers.table()
    gold: dict[str, str] = {}
    least, pass_share = 1, 0.0
    if labels.gold is not None:
        least, pass_share = labels.gold.least, labels.gold.pass_share
        task_id = _task_id(labels.task_source)
        for path in matching_files(labels.gold.file, study, home):
            found = read_gold(
                path,
                task_column=labels.gold.task_column,
                title_column=labels.gold.title_column,
                taxonomy=accepted_wordings(places.taxonomy),
            )
            gold |= {task_id(task): title for task, title in found.items()}
    workers = judge_workers(answers, gold, least, pass_share)
    places.workers.write_table(
        workers, fingerprint("workers-1", places.answers.version(), gold, least, pass_share)
    )
    return usable_answers(answers, gold, workers), workers


def _task_id(task_source: str | None) -> Callable[[str], str]:
    """How a task's id becomes a posting id: as it stands, or from the id that the source gives its postings."""
    from postings.schema import posting_id

    if task_source is None:
        return str
    return lambda source_id: posting_id(task_source, source_id)


def _known_tasks(places: StudyPlaces, task_id: Callable[[str], str]) -> Callable[[Sequence[str]], set[str]]:
    """Which tasks are postings of the study; asks the files instead of holding all ids in memory."""
    import duckdb

    files = places.postings.files()

    def known(tasks: Sequence[str]) -> set[str]:
        asked = pa.table(
            {
                "task": pa.array(list(tasks), pa.string()),
                "posting_id": pa.array([task_id(task) for task in tasks], pa.string()),
            }
        )
        with duckdb.connect() as connection:
            connection.register("asked", asked)
            rows = connection.execute(
                "select distinct task from asked semi join read_parquet($files) using (posting_id)",
                {"files": files},
            ).fetchall()
        return {row[0] for row in rows}

    return known


def _read(
    path: Path,
    labels: CrowdLabels,
    taxonomy: dict[str, str],
    known: Callable[[Sequence[str]], set[str]],
    key: bytes,
) -> AnswersRead:
    """One file, by the reader of its kind."""
    from ml.labels.answers_file import read_answers_file
    from ml.labels.mturk import read_mturk_batch

    match labels:
        case MturkLabels():
            return read_mturk_batch(
                path,
                task_column=labels.task_column,
                answer_column=labels.answer_column,
                taxonomy=taxonomy,
                known_tasks=known,
                worker_key=key,
            )
        case AnswerFileLabels():
            return read_answers_file(
                path,
                columns=labels.columns,
                provider=labels.provider,
                taxonomy=taxonomy,
                known_tasks=known,
                worker_key=key,
            )
    raise TypeError(f"no reader for labels of type {type(labels).__name__}")
