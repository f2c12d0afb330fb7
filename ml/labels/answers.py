"""The provider-neutral table of crowd answers, and the checks that every answer passes on its way in.

What belongs here: the wording of a taxonomy, the collector that takes an answer or sets it aside
with a reason. What does not: the schemas
(ml/schema.py), file formats (mturk.py, answers_file.py) and aggregation (consensus.py).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from ml.labels.pseudonyms import worker_pseudonym
from ml.schema import ANSWERS, REJECTED_ANSWERS

# A rejected answer quotes foreign text in its message, and a cell may hold megabytes.
QUOTED_CHARACTERS = 80
CHUNK_ROWS = 50_000

KnownTasks = Callable[[Sequence[str]], set[str]]


class AnswersFileError(ValueError):
    """A file of answers cannot be read at all: unreadable, or without a column that is needed."""


@dataclass(frozen=True)
class AnswersRead:
    """What a file of answers gave: the answers taken, and those set aside with their reasons."""

    answers: pa.Table
    rejected: pa.Table


def normalised_wording(text: str) -> str:
    """A label's wording as it is compared: Unicode NFKC, casefolded, white space reduced to single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def wording_index(taxonomy: Mapping[str, str]) -> dict[str, str]:
    """The taxonomy's wordings, normalised, with their title ids.

    Raises ValueError where two titles would share a wording: an answer could then mean either.
    """
    index: dict[str, str] = {}
    for wording, title_id in taxonomy.items():
        key = normalised_wording(wording)
        if index.setdefault(key, title_id) != title_id:
            raise ValueError(
                f"the wording {quoted(wording)} stands for two titles, {index[key]} and {title_id}; "
                "keep it for one of them"
            )
    return index


def quoted(text: str) -> str:
    """Foreign text for a message: one line, bounded, in quotes."""
    flat = " ".join(text[: 4 * QUOTED_CHARACTERS].split())
    return repr(flat if len(flat) <= QUOTED_CHARACTERS else flat[: QUOTED_CHARACTERS - 1] + "…")


@dataclass(frozen=True)
class _Taken:
    row: int
    task_id: str
    worker: str
    title_id: str
    answered_at: datetime
    batch: str


class AnswerCollector:
    """Takes the answers of one file one by one; `finish` gives the two tables.

    Tasks are looked up in batches of 50,000 answers, so `known_tasks` may ask a database.
    Raises ValueError for a taxonomy in which one wording means two titles, or for a short key.
    """

    def __init__(
        self,
        *,
        file: str,
        provider: str,
        taxonomy: Mapping[str, str],
        known_tasks: KnownTasks | None,
        worker_key: bytes,
    ) -> None:
        worker_pseudonym("-", worker_key)  # a short key is reported before any row is read
        self._file = file
        self._provider = provider
        self._titles = wording_index(taxonomy)
        self._known_tasks = known_tasks
        self._key = worker_key
        self._pseudonyms: dict[str, str] = {}
        self._taken: list[_Taken] = []
        self._answer_chunks: list[pa.Table] = []
        self._rejected: list[dict[str, Any]] = []
        self._rejected_chunks: list[pa.Table] = []

    def reject(self, row: int, batch: str, field: str, reason: str, detail: str, task_id: str | None) -> None:
        """Set one row aside. `reason` is a stable code, `detail` the sentence for a person."""
        self._rejected.append(
            {
                "provider": self._provider,
                "batch": batch,
                "file": self._file,
                "row": row,
                "task_id": task_id[:500] if task_id else None,
                "reason": reason,
                "message": f"{self._file}, row {row}, field {field}: {detail}",
            }
        )
        if len(self._rejected) >= CHUNK_ROWS:
            self._flush_rejected()

    def add(
        self,
        row: int,
        *,
        batch: str,
        task: tuple[str, str],
        worker: tuple[str, str],
        answer: tuple[str, str],
        time: tuple[str, datetime | str],
    ) -> None:
        """Take one answer, or set it aside with the first fault found.

        Each of task, worker, answer and time is (field name in the file, value); a time that could not be
        read comes as the sentence that says why.
        """
        task_id = task[1].strip()
        if not task_id:
            return self.reject(row, batch, task[0], "missing_task", "the task id is empty", None)
        if not worker[1].strip():
            return self.reject(row, batch, worker[0], "missing_worker", "the worker id is empty", task_id)
        if not answer[1].strip():
            return self.reject(row, batch, answer[0], "missing_label", "the answer is empty", task_id)
        title_id = self._titles.get(normalised_wording(answer[1]))
        if title_id is None:
            detail = f"{quoted(answer[1])} is neither an id nor a wording of the taxonomy"
            return self.reject(row, batch, answer[0], "unknown_label", detail, task_id)
        if isinstance(time[1], str):
            return self.reject(row, batch, time[0], "bad_time", time[1], task_id)
        self._taken.append(_Taken(row, task_id, self._pseudonym(worker[1].strip()), title_id, time[1], batch))
        if len(self._taken) >= CHUNK_ROWS:
            self._flush_taken(task[0])
        self._task_field = task[0]
        return None

    def finish(self) -> AnswersRead:
        """The tables of answers taken and set aside; the latter in file order."""
        if self._taken:
            self._flush_taken(self._task_field)
        self._flush_rejected()
        answers = pa.concat_tables([ANSWERS.empty_table(), *self._answer_chunks])
        rejected = pa.concat_tables([REJECTED_ANSWERS.empty_table(), *self._rejected_chunks])
        return AnswersRead(answers, rejected.sort_by("row"))

    def _pseudonym(self, worker_id: str) -> str:
        if worker_id not in self._pseudonyms:
            self._pseudonyms[worker_id] = worker_pseudonym(worker_id, self._key)
        return self._pseudonyms[worker_id]

    def _flush_taken(self, task_field: str) -> None:
        tasks = list(dict.fromkeys(taken.task_id for taken in self._taken))
        known = set(tasks) if self._known_tasks is None else self._known_tasks(tasks)
        kept = []
        for taken in self._taken:
            if taken.task_id in known:
                kept.append(taken)
            else:
                detail = f"no posting has the id {quoted(taken.task_id)}"
                self.reject(taken.row, taken.batch, task_field, "unknown_task", detail, taken.task_id)
        columns = {
            "task_id": [taken.task_id for taken in kept],
            "worker": [taken.worker for taken in kept],
            "title_id": [taken.title_id for taken in kept],
            "answered_at": [taken.answered_at for taken in kept],
            "provider": [self._provider] * len(kept),
            "batch": [taken.batch for taken in kept],
        }
        self._answer_chunks.append(pa.Table.from_pydict(columns, schema=ANSWERS))
        self._taken = []

    def _flush_rejected(self) -> None:
        if self._rejected:
            self._rejected_chunks.append(pa.Table.from_pylist(self._rejected, schema=REJECTED_ANSWERS))
            self._rejected = []
