"""Speed and memory of the postings stage, on the synthetic market `worldwide` as studies/demo.yaml reads it.

    python -m bench.postings_stage                           # 100 thousand and 1 million postings: print the table
    python -m bench.postings_stage --postings 5000000        # another size
    python -m bench.postings_stage --write                   # and keep the figures in docs/quality/postings/stage.csv
    python -m bench.postings_stage --folder FOLDER           # one size, in a folder that stays; its market is made once

What belongs here: the steps as a run takes them, each in a process of its own, and duplicates against the market's
truth. What does not: making the market, which is not timed.

Seconds are by the clock, with the start of the process and of its workers. Processor seconds tell what a step would
take on cores of its own, where others work on the machine too. Memory is the highest sum over the step's process and
its workers, looked at ten times a second, of their proportional set sizes: pages that processes share count once, and
pages of mapped files count. It is read from /proc, on Linux only.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.home import BUILT_IN_STUDIES, CURRENCY_RATES, REPOSITORY, StudyPlaces
from orchestration.study import Study, read_study
from orchestration.study_sources import source_specs
from storage import write_text_atomically

TABLE = REPOSITORY / "docs" / "quality" / "postings" / "stage.csv"
SIZES = (100_000, 1_000_000)
CANONICAL = ("reading", "canonical", "conservation")
"""The steps from files to canonical postings; duplicates come after them and have an aim of their own."""

AIM_RATE, AIM_DUPLICATES, AIM_MEGABYTES, AIM_F1 = 5_000, 20_000, 2_000, 0.95
HEADER = [
    "machine",
    "postings",
    "step",
    "records",
    "seconds",
    "processor_seconds",
    "per_second",
    "megabytes",
]
QUALITY = ["precision", "recall", "f1"]

Row = dict[str, object]


def _study(postings: int) -> Study:
    study = read_study(BUILT_IN_STUDIES / "demo.yaml")
    if study.market is None:
        raise ValueError("studies/demo.yaml has no synthetic market")
    return study.model_copy(update={"market": study.market.model_copy(update={"postings": postings})})


# ------------------------------------------------------------------------------- the steps, as orchestration calls them


def reading(study: Study, home: Path, places: StudyPlaces) -> int:
    from postings.ingest import ingest_raw

    report = ingest_raw(source_specs(study, home), places.raw, places.unreadable, places.quarantine_raw)
    return report.records + report.set_aside


def canonical(study: Study, home: Path, places: StudyPlaces) -> int:
    from postings.ingest import PostingsDatasets, build_postings
    from postings.normalise.conversion import read_rates

    out = PostingsDatasets(places.postings, places.quarantine, places.reobservations, places.gold)
    months = study.months.keys()
    build_postings(
        places.raw,
        out,
        months,
        [*months, "unknown"],
        quarantine_raw=places.quarantine_raw,
        date_order=study.date_order,
        rates=read_rates(CURRENCY_RATES),
    )
    return places.raw.rows()


def conservation(study: Study, home: Path, places: StudyPlaces) -> int:
    from postings.conservation import conservation as balance

    parts = (places.raw, places.postings, places.reobservations, places.quarantine, places.quarantine_raw)
    table = balance(*parts)
    if any(table.column("balance").to_pylist()):
        raise ValueError("records were lost between raw records and postings")
    return places.raw.rows()


def duplicates(study: Study, home: Path, places: StudyPlaces) -> int:
    from postings.duplicates import find_duplicates

    report = find_duplicates(
        places.postings.files(), places.duplicates, places.root / ".scratch-duplicates", seed=study.seed
    )
    return report.postings


STEPS: dict[str, Callable[[Study, Path, StudyPlaces], int]] = {
    "reading": reading,
    "canonical": canonical,
    "conservation": conservation,
    "duplicates": duplicates,
}


def take(step: str, postings: int, home: Path) -> Row:
    """One step in this process. The import of its libraries is timed with it."""
    study = _study(postings)
    places = StudyPlaces(home / study.name)
    started = time.perf_counter()
    records = STEPS[step](study, home, places)
    took = time.perf_counter() - started
    used = os.times()
    processor = used.user + used.system + used.children_user + used.children_system
    return {"records": records, "seconds": round(took, 1), "processor_seconds": round(processor, 1)}


# ---------------------------------------------------------------------------------------- duplicates against the truth

_PAIRS = """
    WITH ads AS (
        SELECT DISTINCT ON (p.posting_id) p.posting_id, d.cluster_id AS found, coalesce(t.copy_of, t.id) AS planted
        FROM read_parquet($postings) p
        JOIN read_parquet($duplicates) d USING (posting_id)
        JOIN read_parquet($truth) t ON t.id = p.source_id
    ),
    pairs AS (
        SELECT 'found' AS what, sum(n * (n - 1) / 2) AS pairs FROM (SELECT count(*) AS n FROM ads GROUP BY found)
        UNION ALL
        SELECT 'planted', sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM ads GROUP BY planted)
        UNION ALL
        SELECT 'both', sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM ads GROUP BY found, planted)
    )
    SELECT what, pairs::BIGINT FROM pairs
"""


def pairwise(places: StudyPlaces) -> Row:
    """Pairs of postings of one job, as found, against those planted. Postings that were set aside are in no pair."""
    with duckdb.connect(
        config={"memory_limit": "2GB", "temp_directory": str(places.root / ".scratch")}
    ) as connection:
        found = dict(
            connection.execute(
                _PAIRS,
                {
                    "postings": places.postings.files(),
                    "duplicates": places.duplicates.files(),
                    "truth": [str(path) for path in sorted(places.truth.glob("postings-*.parquet"))],
                },
            ).fetchall()
        )
    precision, recall = found["both"] / found["found"], found["both"] / found["planted"]
    f1 = 2 * precision * recall / (precision + recall)
    return dict(zip(QUALITY, (round(value, 4) for value in (precision, recall, f1)), strict=True))


# -------------------------------------------------------------------------------------------------------------- tables


def measure(postings: int, home: Path) -> list[Row]:
    """Make the market of that size, take every step in a new process, and judge the duplicates."""
    from market.generate import generate_market

    study = _study(postings)
    places = StudyPlaces(home / study.name)
    made = places.truth.is_dir() and any(places.truth.glob("postings-*.parquet"))
    if study.market is not None and not made:
        generate_market(study.market.spec(study.months), places.source, places.truth)
    machine = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores"
    rows: list[Row] = []
    for step in STEPS:
        command = [sys.executable, "-m", "bench.postings_stage", "--step", step]
        command += ["--postings", str(postings), "--home", str(home)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
            most = peak_megabytes(process)
            said = process.stdout.read() if process.stdout else ""
        if process.returncode:
            raise ValueError(f"{step} failed at {postings:,} postings")
        row: Row = {"machine": machine, "postings": postings, "step": step, **json.loads(said)}
        row["megabytes"] = round(most)
        rows.append(_with_rate(row))
        print(_line(rows[-1]), flush=True)
    rows.insert(len(CANONICAL), _together(rows))
    rows[-1] |= pairwise(places)
    return rows


def peak_megabytes(process: subprocess.Popen[str]) -> float:
    """Wait for a process that says little; the most memory that it and its children had at one time."""
    most = 0.0
    while process.poll() is None:
        most = max(most, sum(map(_megabytes, _family(process.pid))))
        time.sleep(0.1)
    return most


def _family(pid: int) -> list[int]:
    """A process and all that came of it, as far as they are still there."""
    found = [pid]
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in tasks.read_text("ascii").split():
                found += _family(int(child))
    return found


def _megabytes(pid: int) -> float:
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
    return 0.0


def _with_rate(row: Row) -> Row:
    return {**row, "per_second": round(float(str(row["records"])) / max(float(str(row["seconds"])), 0.05))}


def _together(rows: list[Row]) -> Row:
    """From files to canonical postings: seconds added, the highest memory."""
    steps = [row for row in rows if row["step"] in CANONICAL]
    together: Row = {
        name: round(sum(float(str(row[name])) for row in steps), 1)
        for name in ("seconds", "processor_seconds")
    }
    together["megabytes"] = max(int(str(row["megabytes"])) for row in steps)
    return _with_rate({**steps[0], "step": "files to postings", **together})


def _line(row: Row) -> str:
    return (
        f"{row['postings']:>9,}  {row['step']:18} {row['seconds']:>7} s {row['per_second']:>9,}/s "
        f"{row['processor_seconds']:>7} processor s "
        f"{row['megabytes']:>6,} MB"
    )


def section() -> list[str]:
    """The kept figures as Markdown, for docs/quality/postings.md."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    lines = [
        "| postings | step | seconds | records a second | processor seconds | of them for 100,000 | peak memory, MB |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        each = 100_000 * float(row["processor_seconds"]) / float(row["records"])
        cells = [f"{int(row['postings']):,}", row["step"], row["seconds"], f"{int(row['per_second']):,}"]
        cells += [row["processor_seconds"]]
        lines.append("| " + " | ".join([*cells, f"{each:.1f}", f"{int(row['megabytes']):,}"]) + " |")
    aims = [
        f"Aims on two cores: from files to postings {AIM_RATE:,} postings a second in less than "
        f"{AIM_MEGABYTES:,} MB at any size, duplicates {AIM_DUPLICATES:,} a second. Measured on "
        f"{rows[0]['machine']} by `python -m bench.postings_stage --write`."
    ]
    for row in rows:
        if row["f1"]:
            aims.append(
                f"Pairs of one job at {int(row['postings']):,} postings against those planted: precision "
                f"{float(row['precision']):.3f}, recall {float(row['recall']):.3f}, F1 {float(row['f1']):.3f} "
                f"(aim {AIM_F1})."
            )
    return [*lines, "", *aims]


def _kept_besides(sizes: list[int]) -> list[Row]:
    """The kept figures of sizes that were not measured now."""
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return [dict(row) for row in csv.DictReader(stream) if int(row["postings"]) not in sizes]


def main() -> None:
    """Print the table, or keep it; with --step, be the process of one step."""
    parser = argparse.ArgumentParser(prog="python -m bench.postings_stage", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--postings", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {TABLE.name}")
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help="where to work, for one size; it and its market stay")
    given = parser.parse_args()
    if given.step:
        print(json.dumps(take(given.step, given.postings[0], given.home)))
        return
    rows: list[Row] = []
    if given.folder and len(given.postings) > 1:
        parser.error("--folder holds one size: name it with --postings")
    for postings in given.postings:
        if given.folder:
            rows += measure(postings, given.folder)
            continue
        with tempfile.TemporaryDirectory(prefix="jobtide-stage-") as name:
            rows += measure(postings, Path(name))
    if given.write:
        rows = sorted([*_kept_besides(given.postings), *rows], key=lambda row: int(str(row["postings"])))
        stream = io.StringIO()
        writer = csv.DictWriter(stream, [*HEADER, *QUALITY], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text_atomically(TABLE, stream.getvalue())
        print("\n".join(section()))
    for row in rows:
        print(_line(row), *(f"{name} {row[name]}" for name in QUALITY if name in row))


if __name__ == "__main__":
    main()
