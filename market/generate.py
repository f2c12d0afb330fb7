"""Writing a market to disk: the source's files in one folder, the truth in another.

What belongs here: the order of the files, streaming, and when a market counts as done. What does not: what stands
in them. The pipeline reads `out` only; nothing but an exam of the pipeline may open `truth`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from market.content import DATA, Content, load_content
from market.crowd import DESCRIPTION_CHARACTERS, Task, answer, recruit, sample_postings, write_batch_results
from market.employers import Employers
from market.growth import PlantedGrowth, plant_growth
from market.records import BATCH, SOURCE, TRUTH, Batch, Recorder
from market.spec import MarketSpec
from storage import (
    exclusive_lock,
    file_fingerprint,
    fingerprint,
    write_json_atomically,
    write_text_atomically,
)
from storage.atomic import remove_leftovers, temporary_beside

MANIFEST = "market.json"
LARGEST_SHARD = 500_000
COVERAGE = pa.schema(
    [pa.field(name, pa.string()) for name in ("employer", "industry", "month", "polled_on", "result")]
)
"""One row per employer and month that the crawl tried; result is ok or failed."""

Progress = Callable[[int, int], None]
"""Called with (postings done, postings in all)."""


@dataclass(frozen=True)
class GeneratedMarket:
    """What was written, or found up to date. Paths are relative to the folders given to `generate_market`."""

    fingerprint: str
    postings: int
    records: int
    broken: int
    answers: int
    files: tuple[str, ...]
    already_there: bool


def generate_market(
    spec: MarketSpec, out: Path, truth: Path, progress: Progress | None = None
) -> GeneratedMarket:
    """Write the market `spec` describes: to `out` what a source gives, to `truth` what is true.

    out:    postings-00000.parquet ... (schema `records.SOURCE`), mturk_batch_results.csv, coverage.parquet, market.json
    truth:  postings-00000.parquet ... (`records.TRUTH`), titles.csv (yoy as fractions), workers.csv

    Does nothing when `out` already holds this market, made by this code. `market.json` is removed first and written
    last, so a market that was interrupted is never taken for a whole one; every file appears in one step. Memory is
    bounded by one batch and one Parquet row group, whatever the size. Raises LockedError when another process is
    writing the same market, and OSError when a disk refuses.
    """
    mark = market_fingerprint(spec)
    with exclusive_lock(out / ".lock"):
        found = _current(out, truth, mark)
        if found is not None:
            return found
        for folder in (out, truth):
            folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(folder)
        (out / MANIFEST).unlink(missing_ok=True)
        content = load_content()
        growth = plant_growth(spec, content)
        recorder = Recorder(spec, content, growth)
        _write_truth_of_titles(truth / "titles.csv", content, growth)
        tasks, counts, shards = _write_postings(
            spec, recorder, out, truth, progress or (lambda done, total: None)
        )
        answers = _write_crowd(spec, content, tasks, out, truth)
        _write_coverage(recorder.employers, spec, out / "coverage.parquet")
        files = [*shards, "mturk_batch_results.csv", "coverage.parquet"]
        for folder in (out, truth):
            for path in folder.glob("postings-*.parquet"):
                if path.name not in shards:
                    path.unlink()
        made = {"fingerprint": mark, "postings": spec.postings, **counts, "answers": answers, "files": files}
        write_json_atomically(out / MANIFEST, {**made, "spec": spec.as_json()})
        return _generated(made, already_there=False)


def market_fingerprint(spec: MarketSpec) -> str:
    """16 hex digits over the specification, the code and the authored data: whatever decides the bytes."""
    package = Path(__file__).parent
    sources = sorted([*package.glob("*.py"), *DATA.rglob("*.yaml")])
    return fingerprint(
        spec.as_json(), [[str(path.relative_to(package)), file_fingerprint(path)] for path in sources]
    )


def _generated(made: dict[str, Any], *, already_there: bool) -> GeneratedMarket:
    return GeneratedMarket(
        made["fingerprint"],
        made["postings"],
        made["records"],
        made["broken"],
        made["answers"],
        tuple(made["files"]),
        already_there,
    )


def _current(out: Path, truth: Path, mark: str) -> GeneratedMarket | None:
    try:
        made = json.loads((out / MANIFEST).read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if made.get("fingerprint") != mark:
        return None
    shards = [name for name in made["files"] if name.startswith("postings-")]
    expected = [out / name for name in made["files"]]
    expected += [truth / name for name in [*shards, "titles.csv", "workers.csv"]]
    return _generated(made, already_there=True) if all(path.is_file() for path in expected) else None


def _shard_batches(spec: MarketSpec) -> int:
    """Batches in one shard, rounded up. Small markets get several shards too: sources deliver piecemeal."""
    wanted = spec.shard_postings or min(LARGEST_SHARD, -(-spec.postings // 4))
    return -(-wanted // BATCH)


def _write_postings(
    spec: MarketSpec, recorder: Recorder, out: Path, truth: Path, progress: Progress
) -> tuple[list[Task], dict[str, int], list[str]]:
    sampled = sample_postings(spec)
    per_shard = _shard_batches(spec)
    tasks: list[Task] = []
    records = broken = 0
    shards = []
    for number, first in enumerate(range(0, recorder.batches, per_shard)):
        name = f"postings-{number:05d}.parquet"
        with ExitStack() as stack:
            # The writers must close before their temporary files are published, hence their order on the stack.
            paths = [stack.enter_context(temporary_beside(folder / name)) for folder in (out, truth)]
            given = stack.enter_context(
                pq.ParquetWriter(paths[0], SOURCE, compression="zstd", compression_level=1)
            )
            true = stack.enter_context(
                pq.ParquetWriter(paths[1], TRUTH, compression="zstd", compression_level=1)
            )
            for batch_number in range(first, min(first + per_shard, recorder.batches)):
                batch = recorder.draw(batch_number)
                given.write_table(batch.records)
                true.write_table(batch.truth)
                begin = batch_number * BATCH
                end = begin + batch.truth.num_rows
                tasks.extend(_tasks(batch, sampled[(sampled >= begin) & (sampled < end)] - begin))
                records += batch.records.num_rows
                broken += batch.broken_records
                progress(end, spec.postings)
        shards.append(name)
    return tasks, {"records": records, "broken": broken}, shards


def _tasks(batch: Batch, positions: Any) -> list[Task]:
    """The sampled postings of a batch as a worker sees them; a record without any text cannot be shown."""
    take = pa.array(positions)
    shown = batch.postings.select(["id", "title", "description"]).take(take).to_pylist()
    obscured = batch.truth.column("obscured").take(take).to_pylist()
    return [
        Task(
            row["id"],
            row["title"] or "",
            (row["description"] or "")[:DESCRIPTION_CHARACTERS],
            int(title),
            hidden,
        )
        for row, title, hidden in zip(shown, batch.title[np.asarray(positions)], obscured, strict=True)
        if row["title"] or row["description"]
    ]


def _write_crowd(spec: MarketSpec, content: Content, tasks: list[Task], out: Path, truth: Path) -> int:
    workers = recruit(spec)
    answers = answer(spec, content, tasks, workers)
    rows = write_batch_results(out / "mturk_batch_results.csv", spec, content, tasks, workers, answers)
    lines = [[worker.worker_id, worker.kind, f"{worker.skill:.4f}"] for worker in workers]
    _write_csv(truth / "workers.csv", ["worker_id", "kind", "skill"], lines)
    return rows


def _write_truth_of_titles(path: Path, content: Content, growth: PlantedGrowth) -> None:
    """Planted growth per title, as fractions, with where each figure comes from."""
    lines = [
        [
            title.title_id,
            title.family_id,
            title.band,
            f"{growth.yoy[2024][number]:.9f}",
            growth.kind[2024][number],
            f"{growth.yoy[2025][number]:.9f}",
            growth.kind[2025][number],
        ]
        for number, title in enumerate(content.titles)
    ]
    header = ["title_id", "family_id", "seniority_band", "yoy_2024", "kind_2024", "yoy_2025", "kind_2025"]
    _write_csv(path, header, lines)


def _write_csv(path: Path, header: list[str], lines: list[list[str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *lines])
    write_text_atomically(path, stream.getvalue())


def _write_coverage(employers: Employers, spec: MarketSpec, path: Path) -> None:
    with (
        temporary_beside(path) as temporary,
        pq.ParquetWriter(temporary, COVERAGE, compression="zstd") as writer,
    ):
        for batch in employers.coverage(spec.months):
            writer.write_batch(batch)
