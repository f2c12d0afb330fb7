"""The exam of a study on a synthetic market: what is handed in, and where the scorecard goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa

from orchestration.home import StudyPlaces
from orchestration.study import CrowdLabels, Study, StudyError
from orchestration.versions import promoted_version, study_versions, taxonomy_version
from storage import Dataset, DatasetError, file_fingerprint, fingerprint

if TYPE_CHECKING:
    from market.exam.sitting import Crowd, Papers

EXAM_CODE = "5"
"""Raise it when a change of code changes what the exam measures."""


def hold_exam(study: Study, places: StudyPlaces, worker_key: Callable[[], bytes]) -> pa.Table:
    """Score the finished run, write the scorecard and return it; one that is current is returned as it stands.

    A market whose truth is missing or cannot be read gives a scorecard that says so, and no exception.
    Raises StudyError for a study without a market, FileNotFoundError or DatasetError where the run is not finished.
    """
    from market.exam.scorecard import ExamError, refused, scorecard_table
    from market.exam.sitting import sit

    if study.market is None:
        raise StudyError(
            f"study {study.name}: it has no synthetic market, so there is no truth to score it against"
        )
    mark = _mark(study, places)
    if not places.scorecard.is_current(None, mark):
        try:
            scores = sit(_papers(study, places, worker_key))
        except ExamError as error:
            scores, mark = refused(str(error)), "refused"
        places.scorecard.write_table(scorecard_table(scores, study_versions(places)), mark)
    return places.scorecard.table()


def exam_fault(scorecard: pa.Table) -> str | None:
    """Why the exam could not be held, or None where it was."""
    from market.exam.scorecard import NOT_EXAMINED

    rows = scorecard.select(["section", "note"]).to_pylist()
    if any(row["section"] != NOT_EXAMINED for row in rows):
        return None
    return str(rows[0]["note"]) if rows else "the scorecard is empty"


def _papers(study: Study, places: StudyPlaces, worker_key: Callable[[], bytes]) -> Papers:
    from market.exam.sitting import Papers

    return Papers(
        source=places.source,
        truth=places.truth,
        marts=places.marts,
        pairs=[window.pair for window in study.windows],
        postings=_by_month(places.postings),
        classifications=_by_month(places.promoted_classifications()),
        labels=places.labels.table(),
        crowd=_crowd(study, places, worker_key),
    )


def _by_month(dataset: Dataset) -> dict[str, list[str]]:
    return {month: dataset.files([month]) for month in dataset.partitions() if dataset.rows([month])}


def _crowd(study: Study, places: StudyPlaces, worker_key: Callable[[], bytes]) -> Crowd | None:
    from market.exam.sitting import Crowd, worker_ids
    from ml.labels.consensus import consensus
    from ml.labels.pseudonyms import worker_pseudonym

    if not isinstance(study.labels, CrowdLabels):
        return None
    answers = places.answers.table(["task_id", "worker", "title_id", "answered_at"])
    key = worker_key()
    return Crowd(
        answers=answers,
        majority=consensus(answers, "majority", taxonomy_version(places)),
        pseudonyms={
            worker: worker_pseudonym(worker, key) for worker in worker_ids(places.source, places.truth)
        },
    )


def _mark(study: Study, places: StudyPlaces) -> str:
    """The fingerprint of everything that the exam reads."""
    marts = sorted(places.marts.glob("mart_*.parquet"))
    if not marts:
        raise FileNotFoundError(f"{places.marts}: there are no marts here yet")
    manifest = places.source / "market.json"
    read: list[Dataset] = [places.postings, places.classifications(promoted_version(places)), places.labels]
    for dataset in read:
        if not dataset.exists():
            raise DatasetError(f"{dataset.root}: nothing was written here yet; run the stage that makes it")
    return fingerprint(
        "exam",
        EXAM_CODE,
        [dataset.version() for dataset in (*read, places.answers)],
        [[path.name, file_fingerprint(path)] for path in marts],
        file_fingerprint(manifest) if manifest.is_file() else "none",
        [window.pair for window in study.windows],
    )
