"""Writing a market to disk: the source's files in one folder, the truth in another.

What belongs here: the order of the files, streaming, and when a market counts as done. What does not: what stands
in them. The pipeline reads `out` only; nothing but an exam of the pipeline may open `truth`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from market.content import DATA, SEEDS, Content
from market.crowd import (
    DESCRIPTION_CHARACTERS,
    Sampled,
    Task,
    answer,
    recruit,
    sample_postings,
    write_batch_results,
    write_gold,
)
from market.markets import plan_market
from market.planted import FIGURES_HEADER, figure_rows
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
ANSWERS, GOLD, COVERAGE_FILE = "mturk_batch_results.csv", "gold.csv", "coverage.parquet"
TITLES, FIGURES, WORKERS = "titles.csv", "figures.csv", "workers.csv"
LARGEST_SHARD = 250_000
COVERAGE = pa.schema(
    [pa.field(name, pa.string()) for name in ("employer", "industry", "month", "polled_on", "result")]
)
"""One row per poll of an employer's board; result is ok or failed. An employer without a row was not polled."""

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
    applications: int
    files: tuple[str, ...]
    already_there: bool


def generate_market(
    spec: MarketSpec, out: Path, truth: Path, progress: Progress | None = None
) -> GeneratedMarket:
    """Write the market `spec` describes: to `out` what a source gives, to `truth` what is true.

    out:    postings-00000.parquet ... (schema `records.SOURCE`), applications-00000.parquet ... (markets with
            applicants), mturk_batch_results.csv, gold.csv, coverage.parquet, market.json
    truth:  postings-00000.parquet ... (`records.TRUTH`), titles.csv, workers.csv, figures.csv
            (`planted.FIGURES_HEADER`)

    Does nothing when `out` already holds this market, made by this code. `market.json` is removed first and written
    last, so a market that was interrupted is never taken for a whole one; every file appears in one step. Memory is
    bounded by the table of employers, one batch and one Parquet row group, whatever the size. Raises LockedError when
    another process is writing the same market, and OSError when a disk refuses.
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
        plan = plan_market(spec)
        recorder = Recorder(spec, plan)
        _write_titles(truth / TITLES, plan.content)
        _write_csv(truth / FIGURES, FIGURES_HEADER, figure_rows(plan, recorder.seen_volume))
        written = _write_postings(spec, recorder, out, truth, progress or (lambda done, total: None))
        answers = _write_crowd(spec, plan.content, written, out, truth)
        _write_coverage(recorder, out / COVERAGE_FILE)
        for folder in (out, truth):
            for path in [*folder.glob("postings-*.parquet"), *folder.glob("applications-*.parquet")]:
                if path.name not in written.shards:
                    path.unlink()
        made = {
            "fingerprint": mark,
            "postings": spec.postings,
            "records": written.records,
            "broken": written.broken,
            "applications": written.applications,
            "answers": answers,
            "files": [*written.shards, ANSWERS, GOLD, COVERAGE_FILE],
        }
        write_json_atomically(out / MANIFEST, {**made, "spec": spec.as_json()})
        return _generated(made, already_there=False)


def market_fingerprint(spec: MarketSpec) -> str:
    """16 hex digits over the specification, code, authored data and taxonomy: whatever decides the bytes."""
    package = Path(__file__).parent
    sources = sorted([*package.glob("*.py"), *DATA.rglob("*.yaml"), *SEEDS.glob("title*.csv")])
    return fingerprint(spec.as_json(), [[path.name, file_fingerprint(path)] for path in sources])


def _generated(made: dict[str, Any], *, already_there: bool) -> GeneratedMarket:
    counts = {name: made[name] for name in ("postings", "records", "broken", "answers", "applications")}
    return GeneratedMarket(
        fingerprint=made["fingerprint"], files=tuple(made["files"]), already_there=already_there, **counts
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
    expected += [truth / name for name in [*shards, TITLES, FIGURES, WORKERS]]
    return _generated(made, already_there=True) if all(path.is_file() for path in expected) else None


def _shard_batches(spec: MarketSpec) -> int:
    """Batches in one shard, rounded up. Small markets get several shards too: sources deliver piecemeal."""
    wanted = spec.shard_postings or min(LARGEST_SHARD, -(-spec.postings // 4))
    return -(-wanted // BATCH)


@dataclass
class _Written:
    """What the postings' files hold: the crowd's tasks, counts, and the names of the files."""

    tasks: list[Task] = field(default_factory=list)
    gold: list[Task] = field(default_factory=list)
    shards: list[str] = field(default_factory=list)
    records: int = 0
    broken: int = 0
    applications: int = 0


def _write_postings(
    spec: MarketSpec, recorder: Recorder, out: Path, truth: Path, progress: Progress
) -> _Written:
    sampled = sample_postings(spec)
    per_shard = _shard_batches(spec)
    written = _Written()
    for number, first in enumerate(range(0, recorder.batches, per_shard)):
        name = f"postings-{number:05d}.parquet"
        applied = f"applications-{number:05d}.parquet"
        with ExitStack() as stack:

            def writer(path: Path, schema: pa.Schema, stack: ExitStack = stack) -> pq.ParquetWriter:
                # The writers must close before their temporary files are published, hence their order on the stack.
                temporary = stack.enter_context(temporary_beside(path))
                return stack.enter_context(
                    pq.ParquetWriter(temporary, schema, compression="zstd", compression_level=1)
                )

            given, true = writer(out / name, SOURCE), writer(truth / name, TRUTH)
            applications: pq.ParquetWriter | None = None
            for batch_number in range(first, min(first + per_shard, recorder.batches)):
                batch = recorder.draw(batch_number)
                given.write_table(batch.records)
                true.write_table(batch.truth)
                if batch.applications is not None:
                    applications = applications or writer(out / applied, batch.applications.schema)
                    applications.write_table(batch.applications)
                    written.applications += batch.applications.num_rows
                begin = batch_number * BATCH
                _take_tasks(written, recorder, batch, sampled, begin)
                written.records += batch.records.num_rows
                written.broken += batch.broken_records
                progress(begin + batch.truth.num_rows, spec.postings)
        written.shards.append(name)
        if applications is not None:
            written.shards.append(applied)
    return written


def _take_tasks(written: _Written, recorder: Recorder, batch: Batch, sampled: Sampled, begin: int) -> None:
    end = begin + batch.truth.num_rows

    def inside(positions: Any) -> Any:
        return positions[(positions >= begin) & (positions < end)] - begin

    written.tasks += _tasks(batch, inside(sampled.drawn))
    # A requester picks questions whose answer is beyond doubt.
    standard = [title.in_taxonomy for title in recorder.plan.content.titles]
    written.gold += [
        task for task in _tasks(batch, inside(sampled.gold)) if standard[task.title] and not task.obscured
    ]


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


def _write_crowd(spec: MarketSpec, content: Content, written: _Written, out: Path, truth: Path) -> int:
    workers = recruit(spec)
    answers = answer(spec, content, written.tasks, written.gold, workers)
    tasks = [*written.tasks, *written.gold]
    rows = write_batch_results(out / ANSWERS, spec, content, tasks, workers, answers)
    write_gold(out / GOLD, content, written.gold)
    lines = [
        [worker.worker_id, worker.kind, f"{worker.skill:.4f}", f"{worker.seconds:.1f}"] for worker in workers
    ]
    _write_csv(truth / WORKERS, ["worker_id", "kind", "skill", "seconds"], lines)
    return rows


def _write_titles(path: Path, content: Content) -> None:
    lines = [
        [title.title_id, title.en, title.family_id, title.band, title.parent, str(title.in_taxonomy).lower()]
        for title in content.titles
    ]
    header = ["title_id", "title_en", "family_id", "seniority_band", "parent_id", "in_taxonomy"]
    _write_csv(path, header, lines)


def _write_csv(path: Path, header: Iterable[str], lines: Iterable[Iterable[str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *lines])
    write_text_atomically(path, stream.getvalue())


def _write_coverage(recorder: Recorder, path: Path) -> None:
    names = pa.array([industry.names["en"][0] for industry in recorder.plan.content.industries])
    with (
        temporary_beside(path) as temporary,
        pq.ParquetWriter(temporary, COVERAGE, compression="zstd") as writer,
    ):
        for batch in recorder.employers.coverage(names):
            writer.write_batch(batch)
