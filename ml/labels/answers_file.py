"""Provider-neutral answer files: one row an answer, CSV or Parquet, columns of any name.

What belongs here: mapping a file's columns to task, worker, answer and time. The checks are in answers.py.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ml.labels.answers import AnswerCollector, AnswersFileError, AnswersRead, KnownTasks, quoted
from ml.labels.csv_rows import csv_rows
from ml.labels.times import provider_time

NEEDED = ("task", "worker", "answer", "answered_at")
OPTIONAL = ("batch",)


def read_answers_file(
    path: Path,
    *,
    columns: Mapping[str, str],
    taxonomy: Mapping[str, str],
    known_tasks: KnownTasks | None,
    worker_key: bytes,
    provider: str,
    batch: str | None = None,
) -> AnswersRead:
    """Read answers from a CSV file, or from Parquet where the name ends in .parquet.

    columns: the file's column for each of `task`, `worker`, `answer`, `answered_at`, and perhaps `batch`.
    The other parameters are those of `read_mturk_batch`; without a batch column or name, the file's name is
    the batch. Times are ISO 8601 or one of the shapes of times.py; without an offset they are UTC.
    Raises AnswersFileError for an unreadable file or a column that it lacks, ValueError for a wrong mapping.
    """
    unknown = set(columns) - {*NEEDED, *OPTIONAL}
    missing = [name for name in NEEDED if name not in columns]
    if unknown or missing:
        raise ValueError(
            f"the columns of an answers file are {', '.join(NEEDED)} and perhaps batch; "
            f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(sorted(unknown)) or 'none'}"
        )
    collector = AnswerCollector(
        file=path.name, provider=provider, taxonomy=taxonomy, known_tasks=known_tasks, worker_key=worker_key
    )
    rows = _parquet_rows if path.suffix.lower() == ".parquet" else _csv_rows
    for number, values in enumerate(rows(path, columns), start=1):
        if values is None:
            detail = "the row has more or fewer cells than the header"
            collector.reject(number, batch or path.stem, "(row)", "wrong_number_of_cells", detail, None)
            continue
        collector.add(
            number,
            batch=batch or _text(values.get("batch")).strip() or path.stem,
            task=(columns["task"], _text(values["task"])),
            worker=(columns["worker"], _text(values["worker"])),
            answer=(columns["answer"], _text(values["answer"])),
            time=(columns["answered_at"], _time(values["answered_at"])),
        )
    return collector.finish()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _time(value: Any) -> datetime | str:
    """The time in UTC, or the sentence that says why it is none."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        return provider_time(_text(value))
    except ValueError as error:
        return str(error)


def _csv_rows(path: Path, columns: Mapping[str, str]) -> Iterator[dict[str, Any] | None]:
    try:
        with csv_rows(path) as rows:
            header = next(rows, None)
            if header is None:
                raise AnswersFileError(f"{path.name}: the file is empty")
            _require(path.name, header, columns)
            places = {name: header.index(column) for name, column in columns.items()}
            for cells in rows:
                if any(cells):
                    whole = len(cells) == len(header)
                    yield {name: cells[place] for name, place in places.items()} if whole else None
    except (OSError, csv.Error) as error:
        raise AnswersFileError(f"{path.name}: cannot be read as CSV ({error})") from error


def _parquet_rows(path: Path, columns: Mapping[str, str]) -> Iterator[dict[str, Any] | None]:
    try:
        with pq.ParquetFile(path) as parquet:
            _require(path.name, parquet.schema_arrow.names, columns)
            for record_batch in parquet.iter_batches(columns=list(columns.values())):
                for row in record_batch.to_pylist():
                    yield {name: row[column] for name, column in columns.items()}
    except (OSError, pa.ArrowException) as error:
        raise AnswersFileError(f"{path.name}: cannot be read as Parquet ({error})") from error


def _require(file: str, offered: Sequence[str], columns: Mapping[str, str]) -> None:
    missing = [column for column in columns.values() if offered.count(column) != 1]
    if missing:
        raise AnswersFileError(
            f"{file}: needs each of these columns exactly once: {', '.join(missing)}; "
            f"the file has {', '.join(quoted(name) for name in offered[:60])}"
        )
